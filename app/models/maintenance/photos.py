"""Photos of a work order: what was sent in, and what the public may see of it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column, json_column


class PhotoKind(StrEnum):
    """What a photo shows: the fault, or the repair."""

    REPORT = "report"
    PROOF = "proof"


class OrderPhoto(SQLModel, table=True):
    """One picture, made anew when it came. The public sees `public_file_id` alone: black boxes are in its pixels.

    `boxes` are `[left, top, width, height]` in thousandths of the picture's sides.
    """

    __tablename__ = "order_photo"
    __table_args__ = (sa.Index("ix_order_photo_order", "order_id", "kind", "position"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    order_id: UUID = Field(foreign_key="work_order.id")
    kind: PhotoKind = Field(sa_column=enum_column(PhotoKind, "photo_kind"))
    position: int = Field(default=0)
    file_id: UUID = Field(foreign_key="stored_file.id")
    public_file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    boxes: dict[str, object] = Field(sa_column=json_column())
    # Why it is not published; '' while nobody has looked.
    withheld: str = Field(default="", max_length=200)
    uploaded_by: UUID | None = Field(default=None, foreign_key="account.id")
    at: datetime
    checked_by: UUID | None = Field(default=None, foreign_key="account.id")
    checked_at: datetime | None = None
