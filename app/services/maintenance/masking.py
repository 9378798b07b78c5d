"""Make a photo fit for the public: black boxes burnt into a copy, published as it is, withheld, or taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Invalid, NotAllowed
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.photos import OrderPhoto
from app.rules.maintenance.masking import Box, Cell, boxes_of
from app.rules.text import clean_line
from app.services import trail
from app.services.files import delete_file, read_file, store_image
from app.services.maintenance.picturing import find_photo, may_check
from app.services.maintenance.seats import OrderSeat, seat_of
from app.services.maintenance.sight import find_order, lock_seen
from app.services.pictures.framing import Job
from app.services.trail import Actor

MOST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Who looked at which photo, and when."""

    estate_id: UUID
    order_id: UUID
    photo_id: UUID
    actor: Actor
    now: datetime


def choose_photo(
    session: Session,
    *,
    estate_id: UUID,
    order_id: UUID,
    photo_id: UUID,
    account_id: UUID,
    cells: Collection[Cell],
) -> Job:
    """What `publish_photo` is going to draw, read without a lock; raises what it raises."""
    order = find_order(session, estate_id=estate_id, order_id=order_id)
    photo = find_photo(session, order_id=order.id, photo_id=photo_id)
    _ensure_may_check(seat_of(session, order, account_id=account_id), photo)
    boxes = tuple((box.left, box.top, box.width, box.height) for box in boxes_of(cells))
    return Job(read_file(session, estate_id=estate_id, file_id=photo.file_id).content, boxes)


def publish_photo(session: Session, look: Look, *, cells: Collection[Cell]) -> None:
    """Everyone sees the photo from now on, black where the cells are; a published one is replaced.

    Raises `NotAllowed` for who does not decide about this photo, `NotFound` for one of another order.
    """
    order, photo = _take(session, look)
    boxes = boxes_of(cells)
    if photo.public_file_id is not None and photo.boxes == {"boxes": [list(box) for box in boxes]}:
        return  # the same form once more
    content = read_file(session, estate_id=look.estate_id, file_id=photo.file_id).content
    fresh = store_image(
        session,
        estate_id=look.estate_id,
        name=f"{order.number}.jpg",
        content=content,
        boxes=boxes,
        uploaded_by=look.actor.id,
        now=look.now,
        # A hidden order's photos stay out of reach until it is shown again.
        private=order.hidden_at is not None,
    )
    _settle(session, look, photo, public=fresh, boxes=boxes, withheld="", verb="publish")


def withhold_photo(session: Session, look: Look, *, reason: str) -> None:
    """Nobody but those concerned sees the photo; raises `Invalid` without a reason."""
    _, photo = _take(session, look)
    why = clean_line(reason, most=MOST_REASON, field="reason")
    if not why:
        raise Invalid(N_("请写明为什么不公开，居民会看到"), code="required", field="reason")
    if photo.withheld == why:
        return  # the same form once more
    _settle(session, look, photo, public=None, boxes=(), withheld=why, verb="withhold")


def take_back_photo(session: Session, look: Look) -> None:
    """As if nobody had looked: neither published nor withheld."""
    _, photo = _take(session, look)
    if photo.checked_at is None:
        return
    _settle(session, look, photo, public=None, boxes=(), withheld="", verb="take_back")


def _take(session: Session, look: Look) -> tuple[WorkOrder, OrderPhoto]:
    order, seat = lock_seen(
        session, estate_id=look.estate_id, order_id=look.order_id, account_id=look.actor.id
    )
    photo = find_photo(session, order_id=order.id, photo_id=look.photo_id)
    _ensure_may_check(seat, photo)
    return order, photo


def _ensure_may_check(seat: OrderSeat, photo: OrderPhoto) -> None:
    if not may_check(seat, photo):
        raise NotAllowed(N_("这张照片由居委会检查后公开；维修照片由办理的单位检查"), code="not_your_photo")


def _settle(
    session: Session,
    look: Look,
    photo: OrderPhoto,
    *,
    public: UUID | None,
    boxes: Iterable[Box],
    withheld: str,
    verb: str,
) -> None:
    before, kept = photo.public_file_id, [list(box) for box in boxes]
    photo.public_file_id, photo.withheld, photo.boxes = public, withheld, {"boxes": kept}
    checked = public is not None or bool(withheld)
    photo.checked_by, photo.checked_at = (look.actor.id, look.now) if checked else (None, None)
    session.add(photo)
    session.flush()
    if before is not None:
        delete_file(session, estate_id=look.estate_id, file_id=before)
    trail.record(
        session,
        tag=f"maintenance:photo:{verb}",
        actor=look.actor,
        now=look.now,
        estate_id=look.estate_id,
        subject_kind="order_photo",
        subject_id=photo.id,
        old={"published": before is not None},
        new={"published": public is not None, "boxes": len(kept)},
        reason=withheld,
    )
