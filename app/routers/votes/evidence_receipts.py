"""Votes: looking up a receipt code, open to everybody who has one, and counted by address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from app.database import Database
from app.dependencies import AddressDep, Now, PublicVisit, SecretDep, SessionDep
from app.errors import Invalid, NotFound, Refusal
from app.routers.forms import Errors, errors_of, visit_page
from app.routers.votes.pages import address_of
from app.services.votes import evidence_receipts, reading
from app.services.votes.evidence_receipts import ReceiptView
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/e/{slug}/votes/{vote_id}/verify")


@dataclass(frozen=True, slots=True)
class VerifyPage:
    """The form, and what became of the ballot when a code was given that is one."""

    vote: VoteSheet
    receipt: ReceiptView | None
    member: bool
    code: str
    errors: Errors
    address: str


async def _counted(
    request: Request,
    address: AddressDep,
    now: Now,
    code: Annotated[str, Query(max_length=100)] = "",
) -> str:
    """The code; each look-up is counted in a transaction of its own, because the page itself only reads."""
    if code.strip():
        database: Database = request.app.state.database
        async with database.gate(writing=True):
            await anyio.to_thread.run_sync(partial(_count, database, address, now))
    return code.strip()


def _count(database: Database, address: str, now: Now) -> None:
    with database.transaction() as session:
        evidence_receipts.count_look_up(session, address=address, now=now)


@router.get("")
def verify_receipt(
    request: Request,
    code: Annotated[str, Depends(_counted)],
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    vote_id: UUID,
) -> HTMLResponse:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    receipt: ReceiptView | None = None
    refused: Refusal | None = None
    if code:
        try:
            receipt = evidence_receipts.look_up(session, vote_id=vote_id, typed=code, secret=secret)
        except (Invalid, NotFound) as refusal:
            refused = refusal
    data = VerifyPage(
        vote=vote,
        receipt=receipt,
        member=visit.standing.is_member,
        code=code,
        errors=errors_of(request, refused),
        address=address_of(visit.estate.slug, vote_id),
    )
    return visit_page(request, visit, "votes/verify.html", data, tab="votes", refusal=refused)
