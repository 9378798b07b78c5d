"""Photos of an order by address, and the page where those who work on it make them fit for the public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from app.dependencies import Now, PartyVisit, PublicVisit, SessionDep, Visit, draws_stored
from app.errors import N_, NotFound, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.maintenance.order_page import address_of, desk_of, eye_at
from app.rules.maintenance.masking import Cell, all_cells, read_cells
from app.services.maintenance import masking
from app.services.maintenance.masking import MOST_REASON, Look
from app.services.maintenance.picturing import PhotoToCheck, open_photo, photos_to_check
from app.services.maintenance.sight import find_order
from app.services.pictures.framing import Job

router = APIRouter(prefix="/e/{slug}/maintenance/{order_id:uuid}/photos")
desk_router = APIRouter(prefix="/desk/{slug}/orders/{order_id:uuid}/photos")


@dataclass(frozen=True, slots=True)
class PhotosPage:
    """`grid` is laid over each picture; `failed` is the photo whose form was refused, with the reason typed."""

    number: int
    address: str
    order_address: str
    photos: Sequence[PhotoToCheck]
    grid: list[list[Cell]]
    most_reason: int
    failed: UUID | None
    reason: str
    errors: Errors


@router.get("/{photo_id:uuid}")
def send_photo(
    visit: PublicVisit, session: SessionDep, order_id: UUID, photo_id: UUID, original: str = ""
) -> Response:
    file = open_photo(
        session,
        estate_id=visit.estate.id,
        order_id=order_id,
        photo_id=photo_id,
        account_id=visit.person.account_id if visit.person else None,
        original=original == "1",
    )
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    order_id: UUID,
    *,
    failed: UUID | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    eye, _ = eye_at(session, visit, order_id)
    if not eye.seat.is_staff:
        raise NotFound(N_("没有找到这张工单"))
    order = find_order(session, estate_id=visit.estate.id, order_id=order_id)
    data = PhotosPage(
        number=order.number,
        address=f"{desk_of(visit.estate.slug, order_id)}/photos",
        order_address=address_of(visit.estate.slug, order_id),
        photos=photos_to_check(session, order, eye.seat),
        grid=all_cells(),
        most_reason=MOST_REASON,
        failed=failed,
        reason=reason,
        errors=errors_of(request, refusal, row=failed or ""),
    )
    return visit_page(request, visit, "maintenance/order_photos.html", data, tab="repairs", refusal=refusal)


@desk_router.get("")
def show_photos(request: Request, visit: PartyVisit, session: SessionDep, order_id: UUID) -> Response:
    return _page(request, visit, session, order_id)


def _look(visit: Visit, now: Now, order_id: UUID, photo_id: UUID) -> Look:
    return Look(estate_id=visit.estate.id, order_id=order_id, photo_id=photo_id, actor=visit.actor, now=now)


def _to_draw(session: SessionDep, visit: Visit, path: Mapping[str, UUID], form: FormData) -> Job:
    """The photo that `publish` has drawn before its transaction begins."""
    return masking.choose_photo(
        session,
        estate_id=visit.estate.id,
        order_id=path["order_id"],
        photo_id=path["photo_id"],
        account_id=visit.actor.id,
        cells=read_cells([str(cell) for cell in form.getlist("cells")]),
    )


@desk_router.post("/{photo_id:uuid}/publish")
@draws_stored(_to_draw)
def publish(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    photo_id: UUID,
    cells: Annotated[list[str], Form(default_factory=list)],
) -> Response:
    with attempt(session) as tried:
        masking.publish_photo(session, _look(visit, now, order_id, photo_id), cells=read_cells(cells))
    if tried.refusal:
        return _page(request, visit, session, order_id, failed=photo_id, refusal=tried.refusal)
    return see_other(f"{desk_of(visit.estate.slug, order_id)}/photos#p-{photo_id}")


@desk_router.post("/{photo_id:uuid}/withhold")
def withhold(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    photo_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        masking.withhold_photo(session, _look(visit, now, order_id, photo_id), reason=reason)
    if tried.refusal:
        return _page(request, visit, session, order_id, failed=photo_id, reason=reason, refusal=tried.refusal)
    return see_other(f"{desk_of(visit.estate.slug, order_id)}/photos#p-{photo_id}")


@desk_router.post("/{photo_id:uuid}/take-back")
def take_back(visit: PartyVisit, session: SessionDep, now: Now, order_id: UUID, photo_id: UUID) -> Response:
    masking.take_back_photo(session, _look(visit, now, order_id, photo_id))
    return see_other(f"{desk_of(visit.estate.slug, order_id)}/photos#p-{photo_id}")
