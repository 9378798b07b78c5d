"""Mandates: who may cast another's ballot in one vote: an agent, an heir on proof, a guardian."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import NO_ID, enum_column


class MandateKind(StrEnum):
    """Where the right comes from: Civil Code arts. 161 and 165 (agents), 230 (heirs), 23 and 34 (guardians)."""

    DIGITAL = "digital"
    LETTER = "letter"
    HEIR = "heir"
    GUARDIAN = "guardian"


class MandateState(StrEnum):
    """Offered until the agent (digital) or the desk (with a paper) accepts; in force until it ends."""

    OFFERED = "offered"
    IN_FORCE = "in_force"
    USED = "used"
    REVOKED = "revoked"
    REFUSED = "refused"


LIVE_MANDATES = "state IN ('offered', 'in_force', 'used')"


class Mandate(SQLModel, table=True):
    """One owner's right in one vote in another's hands. `unit_id` is set for heirs only: proof is per home."""

    __tablename__ = "mandate"
    __table_args__ = (
        sa.Index(
            "uq_mandate_live",
            "vote_id",
            "owner_id",
            "unit_id",
            unique=True,
            sqlite_where=sa.text(LIVE_MANDATES),
            postgresql_where=sa.text(LIVE_MANDATES),
        ),
        sa.Index("ix_mandate_agent", "agent_id", "vote_id"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vote_id: UUID = Field(foreign_key="vote.id")
    owner_id: UUID
    unit_id: UUID = Field(default=NO_ID)
    kind: MandateKind = Field(sa_column=enum_column(MandateKind, "kind"))
    agent_id: UUID = Field(foreign_key="account.id")
    agent_name: str = Field(max_length=50)
    # The letter or the proof; NULL only for a digital mandate.
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    state: MandateState = Field(sa_column=enum_column(MandateState, "state"))
    given_by: UUID = Field(foreign_key="account.id")
    given_at: datetime
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str = Field(default="", max_length=500)
