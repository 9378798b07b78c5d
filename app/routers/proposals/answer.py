"""The committee's answer to a proposal, and the party member who stands sponsor for one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, MemberVisit, Now, SessionDep
from app.errors import N_, Invalid
from app.routers.forms import attempt, see_other
from app.routers.proposals.desk import Forms, proposal_page
from app.routers.proposals.desk_frames import desk_address, read_state
from app.routers.proposals.frames import address_of
from app.services.proposals import answering

router = APIRouter()


@router.post("/desk/{slug}/proposals/{proposal_id}/answer")
def answer_proposal(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    outcome: Annotated[str, Form()] = "",
    answer: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = "",
) -> Response:
    deeds = {"accept": answering.accept, "decline": answering.decline}
    with attempt(session) as tried:
        if outcome not in deeds:
            raise Invalid(N_("请选择采纳或不采纳"), field="outcome")
        deeds[outcome](
            session,
            estate_id=visit.estate.id,
            proposal_id=proposal_id,
            seen=read_state(seen),
            text=answer,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        forms = Forms(form="answer", outcome=outcome, answer=answer)
        return proposal_page(request, visit, session, now, proposal_id, forms=forms, refusal=tried.refusal)
    return see_other(desk_address(visit.estate.slug, proposal_id))


@router.post("/e/{slug}/proposals/{proposal_id}/sponsor")
def sponsor_proposal(visit: MemberVisit, session: SessionDep, now: Now, proposal_id: UUID) -> Response:
    answering.sponsor(session, estate_id=visit.estate.id, proposal_id=proposal_id, actor=visit.actor, now=now)
    return see_other(address_of(visit.estate.slug, proposal_id))
