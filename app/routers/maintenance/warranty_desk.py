"""Warranties at the desk: an item of a place written down, and its acceptance, term or contractor corrected."""

from __future__ import annotations

from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.routers.forms import attempt, see_other
from app.routers.maintenance.facility_desk import Tried, node_page, root
from app.services.maintenance import warranty_register
from app.services.maintenance.warranty_register import TypedItem

router = APIRouter(prefix="/desk/{slug}/facilities/{place_id:uuid}/items")


async def _item(
    title: Annotated[str, Form()] = "",
    family: Annotated[str, Form()] = "",
    warranty_class: Annotated[str, Form()] = "",
    accepted_on: Annotated[str, Form()] = "",
    agreed: Annotated[str, Form()] = "",
    contractor: Annotated[str, Form()] = "",
    project: Annotated[str, Form()] = "",
    lot: Annotated[str, Form()] = "",
    supervisor: Annotated[str, Form()] = "",
    document: Annotated[str, Form()] = "",
) -> TypedItem:
    return TypedItem(
        title=title,
        family=family,
        warranty_class=warranty_class,
        accepted_on=accepted_on,
        agreed=agreed,
        contractor=contractor,
        project=project,
        lot=lot,
        supervisor=supervisor,
        document=document,
    )


TypedItemDep: TypeAlias = Annotated[TypedItem, Depends(_item)]


@router.post("")
def add(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    place_id: UUID,
    id: Annotated[UUID, Form()],
    typed: TypedItemDep,
) -> Response:
    with attempt(session) as tried:
        warranty_register.add_item(
            session,
            estate_id=visit.estate.id,
            place_id=place_id,
            item_id=id,
            typed=typed,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        refused = Tried("item", str(id), item=typed, refusal=tried.refusal)
        return node_page(request, visit, session, now, place_id, tried=refused)
    return see_other(f"{root(visit)}/{place_id}?saved=yes#items")


@router.post("/{item_id:uuid}")
def change(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    place_id: UUID,
    item_id: UUID,
    typed: TypedItemDep,
) -> Response:
    with attempt(session) as tried:
        warranty_register.change_item(
            session,
            estate_id=visit.estate.id,
            place_id=place_id,
            item_id=item_id,
            typed=typed,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        refused = Tried("one", row=str(item_id), item=typed, refusal=tried.refusal)
        return node_page(request, visit, session, now, place_id, tried=refused)
    return see_other(f"{root(visit)}/{place_id}?saved=yes#items")
