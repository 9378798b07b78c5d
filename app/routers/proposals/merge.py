"""Merging a proposal into another, and splitting one in two, at the desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Conflict, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.proposals.desk import Forms, proposal_page
from app.routers.proposals.desk_frames import desk_address, desk_page, read_state
from app.rules.proposals.catalogue import KIND_NAMES, ItemKind
from app.services.proposals import merging, reading, splitting
from app.services.proposals.catalogue import ItemView, list_items
from app.services.proposals.drafting import MOST_TEXT, MOST_TITLE
from app.services.proposals.places import place_of
from app.services.proposals.splitting import Part
from app.services.votes.scopes import DrawnBuilding, draw_estate

router = APIRouter(prefix="/desk/{slug}/proposals")


@dataclass(frozen=True, slots=True)
class SplitPage:
    """The form for the second proposal; `id` becomes its id, `seen` is the state of the first it was made for."""

    number: int
    old_title: str
    old_text: str
    supporters: int
    seen: str
    id: str
    title: str
    text: str
    item: str
    scope: str
    reason: str
    buildings: list[DrawnBuilding]
    items: list[ItemView]
    kind_names: dict[ItemKind, str]
    most_title: int
    most_text: int
    most_reason: int
    errors: Errors
    address: str


@router.post("/{proposal_id}/merge")
def merge_proposal(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    into: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = "",
) -> Response:
    estate_id = visit.estate.id
    with attempt(session) as tried:
        merging.merge_proposals(
            session,
            estate_id=estate_id,
            proposal_id=proposal_id,
            into_id=merging.find_target(session, estate_id=estate_id, number=into),
            seen=read_state(seen),
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        forms = Forms(form="merge", into=into, reason=reason)
        return proposal_page(request, visit, session, now, proposal_id, forms=forms, refusal=tried.refusal)
    return see_other(desk_address(visit.estate.slug, proposal_id))


def _split_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    proposal_id: UUID,
    part: Part | None = None,
    refusal: Refusal | None = None,
) -> Response:
    old = reading.get_published(session, estate_id=visit.estate.id, proposal_id=proposal_id)
    if part is None and old.state not in splitting.SPLIT_IN:
        raise Conflict(N_("只有征集附议和已采纳的议题可以拆分"), code="past_splitting")
    part = part or Part(uuid4(), "", "", old.item_key, "", place_of(old).value)
    data = SplitPage(
        number=old.number or 0,
        old_title=old.title,
        old_text=old.text,
        supporters=old.supporters,
        # Whoever sends it again has seen the page as it is now.
        seen=old.state.value,
        id=str(part.id),
        title=part.title,
        text=part.text,
        item=part.item,
        scope=part.scope,
        reason=part.reason,
        buildings=draw_estate(session, estate_id=visit.estate.id),
        items=list_items(session, estate_id=visit.estate.id),
        kind_names=KIND_NAMES,
        most_title=MOST_TITLE,
        most_text=MOST_TEXT,
        most_reason=merging.MOST_REASON,
        errors=errors_of(request, refusal),
        address=desk_address(visit.estate.slug, proposal_id),
    )
    return desk_page(request, visit, "proposals/desk_split.html", data, refusal=refusal)


@router.get("/{proposal_id}/split")
def show_split(request: Request, visit: CommitteeVisit, session: SessionDep, proposal_id: UUID) -> Response:
    return _split_page(request, visit, session, proposal_id)


@router.post("/{proposal_id}/split")
def split_proposal(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    id: Annotated[UUID, Form()],
    title: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    item: Annotated[str, Form()] = "",
    scope: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    seen: Annotated[str, Form()] = "",
) -> Response:
    part = Part(id, title, text, item, reason, scope)
    with attempt(session) as tried:
        new_id = splitting.split_proposal(
            session,
            estate_id=visit.estate.id,
            proposal_id=proposal_id,
            part=part,
            seen=read_state(seen),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _split_page(request, visit, session, proposal_id, part, tried.refusal)
    return see_other(desk_address(visit.estate.slug, new_id))
