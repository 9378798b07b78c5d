"""Photos of an order: taken in by re-encoding, seen by those who work on it, and by all once somebody looked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.photos import OrderPhoto, PhotoKind
from app.services.deliberations.attaching import Upload
from app.services.files import store_image

MOST_PHOTOS = 6


def store_photos(
    session: Session,
    order: WorkOrder,
    *,
    kind: PhotoKind,
    uploads: Sequence[Upload],
    uploaded_by: UUID | None,
    now: datetime,
) -> int:
    """Keep pictures of the fault or of the repair, private until checked; the number kept.

    Raises `Invalid` or `TooLarge` naming `photos` for what is no picture, too large, or too many.
    """
    if len(uploads) > MOST_PHOTOS:
        raise Invalid(N_("照片最多 %(most)s 张，请减少后再发"), field="photos", most=MOST_PHOTOS)
    last = session.exec(
        select(sa.func.coalesce(sa.func.max(OrderPhoto.position), -1)).where(
            col(OrderPhoto.order_id) == order.id
        )
    ).one()
    for place, upload in enumerate(uploads, last + 1):
        file_id = store_image(
            session,
            estate_id=order.estate_id,
            name=upload.name,
            content=upload.content,
            uploaded_by=uploaded_by,
            now=now,
            private=True,
            field="photos",
        )
        session.add(
            OrderPhoto(
                estate_id=order.estate_id,
                order_id=order.id,
                kind=kind,
                position=place,
                file_id=file_id,
                boxes={},
                uploaded_by=uploaded_by,
                at=now,
            )
        )
    session.flush()
    return len(uploads)
