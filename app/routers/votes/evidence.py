"""Votes: the evidence page with its checkpoints, and the packages an outsider can check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import MemberVisit, Now, SecretDep, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.records import WHOLE, spends
from app.routers.votes.pages import address_of
from app.rules.votes.looks import LookKind
from app.services.votes import evidence_exports, looks, reading
from app.services.votes.evidence_exports import EvidenceView
from app.services.votes.packages import Package, build_package
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/e/{slug}/votes/{vote_id}/evidence")


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """Head, checkpoints and fingerprints; the form for the full package only for those who may have it."""

    vote: VoteSheet
    evidence: EvidenceView
    may_export: bool
    ready: UUID | None
    export_id: UUID
    reason: str
    errors: Errors
    address: str


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    secret: bytes,
    vote_id: UUID,
    *,
    ready: UUID | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> HTMLResponse:
    vote = reading.read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    evidence = evidence_exports.read_evidence(
        session, estate_id=visit.estate.id, vote_id=vote_id, secret=secret
    )
    may = evidence_exports.may_export(visit.standing.roles, sealed=evidence.sealed)
    data = EvidencePage(
        vote=vote,
        evidence=evidence,
        may_export=may,
        ready=ready if may else None,
        export_id=uuid4(),
        reason=reason,
        errors=errors_of(request, refusal),
        address=address_of(visit.estate.slug, vote_id),
    )
    return visit_page(request, visit, "votes/evidence.html", data, tab="votes", refusal=refusal)


@router.get("")
def show_evidence(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    vote_id: UUID,
    ready: UUID | None = None,
) -> HTMLResponse:
    return _page(request, visit, session, now, secret, vote_id, ready=ready)


@router.get("/package.zip")
def send_masked(visit: MemberVisit, session: SessionDep, secret: SecretDep, vote_id: UUID) -> Response:
    package = build_package(session, estate_id=visit.estate.id, vote_id=vote_id, full=False, secret=secret)
    return _as_file(package)


@router.post("/full")
def order_full(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        evidence_exports.order_export(
            session,
            estate_id=visit.estate.id,
            vote_id=vote_id,
            export_id=id,
            actor=visit.actor,
            roles=visit.standing.roles,
            reason=reason,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, now, secret, vote_id, reason=reason, refusal=tried.refusal)
    return see_other(f"{address_of(visit.estate.slug, vote_id)}/evidence?ready={id}#full")


@router.post("/full/{export_id}", dependencies=[spends(MemberVisit, WHOLE)])
def send_full(
    visit: MemberVisit, session: SessionDep, now: Now, secret: SecretDep, vote_id: UUID, export_id: UUID
) -> Response:
    """Every download is a look of its own, with the reason that the form before took: each home's owners read it."""
    reason = evidence_exports.ensure_ordered(
        session,
        vote_id=vote_id,
        export_id=export_id,
        actor=visit.actor,
        roles=visit.standing.roles,
        now=now,
    )
    package = build_package(session, estate_id=visit.estate.id, vote_id=vote_id, full=True, secret=secret)
    looks.record_look(
        session,
        estate_id=visit.estate.id,
        vote_id=vote_id,
        unit_ids=looks.EVERY_HOME,
        kind=LookKind.PACKAGE,
        actor=visit.actor,
        now=now,
        reason=reason,
    )
    return _as_file(package)


def _as_file(package: Package) -> Response:
    return Response(
        package.content,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{package.name}"'},
    )
