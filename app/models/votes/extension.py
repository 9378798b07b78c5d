"""Extensions: a later closing that one person proposes and another confirms; only then does the vote change."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column


class ExtensionState(StrEnum):
    """Where a proposed extension stands."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


WAITING = sa.text("state = 'open'")


class VoteExtension(SQLModel, table=True):
    """A proposal to close an open vote at `closes_at` instead; the database knows none that its proposer confirmed."""

    __tablename__ = "vote_extension"
    __table_args__ = (
        sa.Index(
            "uq_vote_extension_waiting",
            "vote_id",
            unique=True,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
        sa.CheckConstraint(
            "state <> 'confirmed' OR (decided_by IS NOT NULL AND decided_by <> proposed_by)",
            name="two_persons",
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    vote_id: UUID = Field(foreign_key="vote.id", index=True)
    closes_at: datetime
    reason: str = Field(max_length=2000)
    state: ExtensionState = Field(sa_column=enum_column(ExtensionState, "state"))
    proposed_by: UUID = Field(foreign_key="account.id")
    proposed_at: datetime
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = None
