"""What the pages of mandates have in common: who may be there, and the form with its unknown number of fields."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from starlette.datastructures import FormData

from app.dependencies import Now, SessionDep, Visit
from app.errors import N_, Invalid, NotFound, NotSignedIn, Refusal, TooMany
from app.services.votes import mandates, mandates_reading


def let_in(visit: Visit, session: SessionDep, vote_id: UUID) -> UUID:
    """The account of a member, or of a stranger whom a mandate of this vote names; everybody else finds nothing."""
    if visit.person is None:
        raise NotSignedIn(N_("请先登录"))
    account_id = visit.person.account_id
    where = {"estate_id": visit.estate.id, "vote_id": vote_id, "account_id": account_id}
    if not visit.standing.is_member and not mandates_reading.is_agent(session, **where):
        raise NotFound(N_("没有找到这个页面。如果您住在这个小区，请先认领您的房屋"))
    return account_id


def keep_refusal(
    visit: Visit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    refusal: Refusal | None,
    *,
    thing: str = "mandate",
    slips: bool = False,
) -> None:
    """Put into the trail what the rules refused; what was mistyped is none of its business unless `slips`."""
    if refusal is not None and (slips or not isinstance(refusal, Invalid | TooMany)):
        mandates.note_refused(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            refusal=refusal,
            actor=visit.actor,
            now=now,
            thing=thing,
        )


async def keep_refused_ballot(
    request: Request, visit: Visit, now: Now, vote_id: UUID, refusal: Refusal
) -> None:
    """The same for a ballot that the writer refused: the request's own session has ended by then."""
    database = request.app.state.database
    async with database.gate(writing=True):
        with database.session(writing=True) as session:
            keep_refusal(visit, session, now, vote_id, refusal)
            await database.commit(session)


async def _sent_form(request: Request) -> FormData:
    return await request.form()


# The fields of a paper are not known before it is read, so a handler cannot name them.
SentForm = Annotated[FormData, Depends(_sent_form)]


def text_in(form: FormData, name: str, most: int = 300) -> str:
    """A typed field; nothing for a file or a field that is not there."""
    value = form.get(name)
    return value[:most] if isinstance(value, str) else ""
