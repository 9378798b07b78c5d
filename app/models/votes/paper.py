"""Paper: the sheets printed for one vote, their way to the homes and back, their scans, and what two people read on them."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column


class SheetState(StrEnum):
    """Where a printed sheet stands; issued = returned + counted + kept + spoiled + void + still out."""

    ISSUED = "issued"
    RETURNED = "returned"  # its scan is here, two entries are not
    DISPUTED = "disputed"  # two entries differ, a third person decides
    COUNTED = "counted"  # it became a ballot
    KEPT = "kept"  # it is in the chain, but by the vote's rule another ballot counts
    VOID = "void"  # lost or torn; a new sheet was printed


# One live sheet per home: only these may be followed by a new one of the same home.
LIVE_SHEETS = "state <> 'void'"


class PaperSheet(SQLModel, table=True):
    """One numbered paper ballot of one home; `seq` is the chain's event it became."""

    __tablename__ = "paper_sheet"
    __table_args__ = (
        sa.UniqueConstraint("vote_id", "serial"),
        sa.Index(
            "uq_paper_sheet_live",
            "vote_id",
            "unit_id",
            unique=True,
            sqlite_where=sa.text(LIVE_SHEETS),
            postgresql_where=sa.text(LIVE_SHEETS),
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vote_id: UUID = Field(foreign_key="vote.id")
    unit_id: UUID
    serial: str = Field(max_length=20)
    state: SheetState = Field(sa_column=enum_column(SheetState, "state"))
    printed_at: datetime
    printed_by: UUID = Field(foreign_key="account.id")
    handed_in_at: datetime | None = None
    seq: int | None = None
    void_reason: str = Field(default="", max_length=500)


class PaperScan(SQLModel, table=True):
    """A picture of a returned sheet; never changed or deleted. `sha256` is of the stored bytes."""

    __tablename__ = "paper_scan"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    sheet_id: UUID = Field(foreign_key="paper_sheet.id", index=True)
    file_id: UUID = Field(foreign_key="stored_file.id")
    sha256: str = Field(max_length=64)
    scanned_by: UUID = Field(foreign_key="account.id")
    scanned_at: datetime


class PaperEntry(SQLModel, table=True):
    """What one person read on a sheet, sealed; never changed. The database knows no second entry by one person."""

    __tablename__ = "paper_entry"
    __table_args__ = (
        sa.UniqueConstraint("sheet_id", "entered_by"),
        sa.CheckConstraint("position BETWEEN 1 AND 3", name="three_at_most"),
    )
    sheet_id: UUID = Field(foreign_key="paper_sheet.id", primary_key=True)
    position: int = Field(primary_key=True)
    entered_by: UUID = Field(foreign_key="account.id")
    sealed_choices: bytes = Field(sa_column=sa.Column(sa.LargeBinary, nullable=False))
    entered_at: datetime


class DeliveryWay(StrEnum):
    """How a ballot or a letter went to a home."""

    HAND = "hand"
    MAIL = "mail"
    BOARD = "board"  # posted in the area after it could not be delivered (指导规则 art. 22)
    LETTER = "letter"  # the code of a household letter was scanned at home


class DeliveryResult(StrEnum):
    """What came of one try to deliver."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    ABSENT = "absent"
    POSTED = "posted"


class Delivery(SQLModel, table=True):
    """One try to bring a home its ballot; a log that only grows. A home is served when one row says `delivered` or `posted`."""

    __tablename__ = "delivery"
    __table_args__ = (sa.Index("ix_delivery_home", "vote_id", "unit_id"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vote_id: UUID = Field(foreign_key="vote.id")
    unit_id: UUID
    way: DeliveryWay = Field(sa_column=enum_column(DeliveryWay, "way"))
    result: DeliveryResult = Field(sa_column=enum_column(DeliveryResult, "result"))
    on_day: date
    note: str = Field(default="", max_length=300)
    photo_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    # NULL when the owner's own scan of the letter is the proof.
    recorded_by: UUID | None = Field(default=None, foreign_key="account.id")
    recorded_at: datetime
