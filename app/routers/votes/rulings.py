"""The desk decides: corrections of the posted roll before opening, objections after the count."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, NotAllowed
from app.routers.forms import attempt, see_other
from app.routers.votes.desk import vote_page
from app.routers.votes.frames import desk_address
from app.routers.votes.mandate_frames import keep_refusal
from app.services.votes import corrections, objections

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}")


@router.post("/corrections/{correction_id}")
def decide_correction(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    correction_id: UUID,
    act: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    home: Annotated[str, Form()] = "",
) -> Response:
    where = {"estate_id": visit.estate.id, "vote_id": vote_id, "correction_id": correction_id}
    with attempt(session) as tried:
        if act == "uphold":
            corrections.uphold_correction(
                session, **where, actor=visit.actor, reason=reason, now=now, home=home
            )
        elif act == "refuse":
            corrections.refuse_correction(session, **where, actor=visit.actor, reason=reason, now=now)
        else:
            raise Invalid(N_("请选择更正或不更正"), field="reason")
    if tried.refusal:
        typed = {f"reason-{correction_id}": reason, f"home-{correction_id}": home}
        return vote_page(
            request, visit, session, now, vote_id, typed=typed, refusal=tried.refusal, row=correction_id
        )
    return see_other(f"{desk_address(visit.estate.slug, vote_id)}#corrections")


@router.post("/objections/{objection_id}")
def rule_objection(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    objection_id: UUID,
    act: Annotated[str, Form()] = "",
    ruling: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        if act not in {"uphold", "dismiss"}:
            raise Invalid(N_("请选择成立或不成立"), field="ruling")
        objections.rule_objection(
            session, estate_id=visit.estate.id, vote_id=vote_id, objection_id=objection_id,
            upheld=act == "uphold", ruling=ruling, actor=visit.actor, now=now,
        )  # fmt: skip
    if tried.refusal:
        # Ruling in one's own case is tried knowingly; a page that is out of date is not.
        if isinstance(tried.refusal, NotAllowed):
            keep_refusal(visit, session, now, vote_id, tried.refusal, thing="objection")
        typed = {f"ruling-{objection_id}": ruling}
        return vote_page(
            request, visit, session, now, vote_id, typed=typed, refusal=tried.refusal, row=objection_id
        )
    return see_other(f"{desk_address(visit.estate.slug, vote_id)}#objections")
