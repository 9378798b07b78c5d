"""The photos of an order as each person may see them: what was published for all, the originals for those concerned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.photos import OrderPhoto, PhotoKind
from app.rules.maintenance.masking import Box, Cell, cells_of
from app.rules.maintenance.states import Cause
from app.services.files import StoredFileView, read_file
from app.services.maintenance.seats import OrderSeat
from app.services.maintenance.sight import Eye, eye_of, find_order, stub_of

_GONE = N_("没有找到这张照片，可能还没有公开")


@dataclass(frozen=True, slots=True)
class PhotoLine:
    """One photo: `kind` is `report` or `proof`; `shown` when this person sees any version, `original` the one as it came.

    `withheld` is why it stays unpublished, "" while nobody has looked or when it is published.
    """

    id: UUID
    kind: PhotoKind
    shown: bool
    original: bool
    published: bool
    withheld: str


@dataclass(frozen=True, slots=True)
class PhotoToCheck:
    """One photo on the page where it is made fit for the public; `may` when this person decides about it."""

    id: UUID
    kind: PhotoKind
    at: datetime
    published: bool
    withheld: str
    cells: frozenset[Cell]
    checked_at: datetime | None
    may: bool


def photos_of(session: Session, order_id: UUID) -> list[OrderPhoto]:
    """All photos of an order, those of the fault before those of the repair, in the order they came."""
    rows = session.exec(
        select(OrderPhoto).where(OrderPhoto.order_id == order_id).order_by(col(OrderPhoto.position))
    )
    return sorted(rows, key=lambda photo: photo.kind is PhotoKind.PROOF)


def read_photos(session: Session, order: WorkOrder, eye: Eye) -> list[PhotoLine]:
    """Every photo, also those that this person may not see: that there are some is no secret."""
    return [
        PhotoLine(
            id=photo.id,
            kind=photo.kind,
            shown=eye.sees_originals or photo.public_file_id is not None,
            original=eye.sees_originals,
            published=photo.public_file_id is not None,
            withheld=photo.withheld,
        )
        for photo in photos_of(session, order.id)
    ]


def may_check(seat: OrderSeat, photo: OrderPhoto) -> bool:
    """The committee decides about every photo, the party about those of its own repair."""
    return Cause.COMMITTEE in seat.causes or (photo.kind is PhotoKind.PROOF and Cause.PARTY in seat.causes)


def photos_to_check(session: Session, order: WorkOrder, seat: OrderSeat) -> list[PhotoToCheck]:
    return [
        PhotoToCheck(
            id=photo.id,
            kind=photo.kind,
            at=photo.at,
            published=photo.public_file_id is not None,
            withheld=photo.withheld,
            cells=cells_of(kept_boxes(photo)),
            checked_at=photo.checked_at,
            may=may_check(seat, photo),
        )
        for photo in photos_of(session, order.id)
    ]


def kept_boxes(photo: OrderPhoto) -> list[Box]:
    boxes = photo.boxes.get("boxes", [])
    return [Box(*box) for box in boxes] if isinstance(boxes, list) else []


def find_photo(session: Session, *, order_id: UUID, photo_id: UUID) -> OrderPhoto:
    """A photo of this order; `NotFound` for any other's."""
    photo = session.get(OrderPhoto, photo_id)
    if photo is None or photo.order_id != order_id:
        raise NotFound(_GONE)
    return photo


def open_photo(
    session: Session,
    *,
    estate_id: UUID,
    order_id: UUID,
    photo_id: UUID,
    account_id: UUID | None,
    original: bool,
    follower: bool = False,
) -> StoredFileView:
    """The file of a photo for this person: the published one, or the original for those who may see it.

    Raises `NotFound` for everything else, whether it exists or not.
    """
    order = find_order(session, estate_id=estate_id, order_id=order_id)
    eye = eye_of(session, order, account_id=account_id, member=False, follower=follower)
    photo = find_photo(session, order_id=order_id, photo_id=photo_id)
    file_id = photo.file_id if original and eye.sees_originals else None if original else photo.public_file_id
    if stub_of(order, eye) is not None or file_id is None:
        raise NotFound(_GONE)
    return read_file(session, estate_id=estate_id, file_id=file_id)
