"""Household codes (一户一码): letters with a code per home; only its hash is here, the plain code never."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

LIVE_CODES = "used_at IS NULL AND voided_at IS NULL"


class HouseholdCode(SQLModel, table=True):
    """One printed letter. A home has one living code; a new letter voids the old one."""

    __tablename__ = "household_code"
    __table_args__ = (
        sa.Index(
            "uq_household_code_live",
            "estate_id",
            "unit_id",
            unique=True,
            sqlite_where=sa.text(LIVE_CODES),
            postgresql_where=sa.text(LIVE_CODES),
        ),
        sa.CheckConstraint("tries >= 0", name="tries_counted"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    unit_id: UUID
    # The vote the letter brings, when it brings one: then a scan counts as its delivery.
    vote_id: UUID | None = Field(default=None, foreign_key="vote.id", index=True)
    code_hash: str = Field(max_length=64, unique=True)
    issued_by: UUID = Field(foreign_key="account.id")
    issued_at: datetime
    # Printed for this home, or again, and not with a whole building: what it binds waits for a second person.
    singled: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    # Names tried with it that did not fit.
    tries: int = Field(default=0)
    used_by: UUID | None = Field(default=None, foreign_key="account.id")
    used_at: datetime | None = None
    voided_at: datetime | None = None


class AssistedBallot(SQLModel, table=True):
    """A ballot cast at the desk or the door with staff's hand, the owner present: who helped, who saw it, how he was known."""

    __tablename__ = "assisted_ballot"
    __table_args__ = (
        sa.ForeignKeyConstraint(["vote_id", "seq"], ["ballot_event.vote_id", "ballot_event.seq"]),
    )
    vote_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    owner_id: UUID
    helper_id: UUID = Field(foreign_key="account.id")
    witness_name: str = Field(max_length=50)
    # Who confirmed it in his own session; None where the witness was a typed name, as it was before.
    witness_id: UUID | None = None
    identity: str = Field(max_length=200)
    at: datetime
