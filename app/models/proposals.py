"""Proposals: the spine; its texts as they stood, who seconds it, what happened to it, and an estate's own settings."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column, json_column
from app.rules.proposals.catalogue import ItemKind, ItemLabel
from app.rules.proposals.states import ProposalState
from app.rules.proposals.support import Scope


class ConsultationSettings(SQLModel, table=True):
    """What an estate sets for itself; an empty document means the defaults of `rules/proposals/`."""

    __tablename__ = "consultation_settings"
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    support: dict[str, object] = Field(sa_column=json_column())
    answer: dict[str, object] = Field(sa_column=json_column())
    # One word a line: a hint to moderators, never a gate.
    words: str = Field(default="", sa_type=sa.Text)
    # Whom an answer twice overdue is told to, by text message; empty where the street office has given no number.
    street_name: str = Field(default="", max_length=50)
    street_phone: str = Field(default="", max_length=20)


class CatalogueItem(SQLModel, table=True):
    """An estate's own line of the catalogue, or its change of a national one with the same `key`."""

    __tablename__ = "catalogue_item"
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    key: str = Field(max_length=40, primary_key=True)
    title: str = Field(max_length=60)
    kind: ItemKind = Field(sa_column=enum_column(ItemKind, "kind"))
    label: ItemLabel = Field(sa_column=enum_column(ItemLabel, "label"))
    source: str = Field(default="", max_length=200)
    hidden: bool = Field(default=False)


class Proposal(SQLModel, table=True):
    """One idea from draft to completion. `number` is counted per estate and given when it is published."""

    __tablename__ = "proposal"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.UniqueConstraint("estate_id", "number"),
        sa.CheckConstraint(
            "state = 'draft' OR number > 0 OR state = 'withdrawn'", name="published_has_number"
        ),
        sa.CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name="merged_into_another"),
        sa.CheckConstraint("supporters >= 0 AND warmth >= 0", name="counts_not_negative"),
        sa.Index("ix_proposal_estate_state_number", "estate_id", "state", "number"),
        sa.Index("ix_proposal_estate_kind_number", "estate_id", "item_kind", "number"),
        sa.Index(
            "ix_proposal_estate_place_number", "estate_id", "scope_building", "scope_entrance", "number"
        ),
        sa.Index("ix_proposal_estate_warmth", "estate_id", "warmth", "number"),
        sa.Index("ix_proposal_author", "author_id"),
        sa.Index("ix_proposal_sponsor", "sponsor_id"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    number: int | None = None
    author_id: UUID = Field(foreign_key="account.id")
    state: ProposalState = Field(sa_column=enum_column(ProposalState, "state"))
    # The text that stands; every text it ever had is a `ProposalText`.
    title: str = Field(default="", max_length=60)
    text: str = Field(default="", sa_type=sa.Text)
    revision: int = Field(default=0)
    item_key: str = Field(default="", max_length=40)
    item_kind: ItemKind = Field(sa_column=enum_column(ItemKind, "item_kind"))
    scope: Scope = Field(sa_column=enum_column(Scope, "scope"))
    scope_building: str = Field(default="", max_length=20)
    scope_entrance: str = Field(default="", max_length=20)
    created_at: datetime
    changed_at: datetime
    published_at: datetime | None = None
    gathering_until: datetime | None = None
    # Homes that second it, homes needed (fixed at publication), and posts and supporters together.
    supporters: int = Field(default=0)
    needed: int = Field(default=0)
    warmth: int = Field(default=0)
    reached_at: datetime | None = None
    answer_due_at: datetime | None = None
    street_due_at: datetime | None = None
    street_told_at: datetime | None = None
    answer: str = Field(default="", sa_type=sa.Text)
    answered_at: datetime | None = None
    answered_by: UUID | None = Field(default=None, foreign_key="account.id")
    # The party member with the duty of initiator who sponsors it.
    sponsor_id: UUID | None = Field(default=None, foreign_key="account.id")
    merged_into: UUID | None = Field(default=None, foreign_key="proposal.id")
    split_from: UUID | None = Field(default=None, foreign_key="proposal.id")
    hidden_at: datetime | None = None


class ProposalText(SQLModel, table=True):
    """One text a published proposal had; only grows (trigger)."""

    __tablename__ = "proposal_text"
    proposal_id: UUID = Field(foreign_key="proposal.id", primary_key=True)
    revision: int = Field(primary_key=True)
    title: str = Field(max_length=60)
    text: str = Field(sa_type=sa.Text)
    reason: str = Field(default="", max_length=200)
    by: UUID = Field(foreign_key="account.id")
    at: datetime


class ProposalPhoto(SQLModel, table=True):
    """A picture of a proposal, made anew when it was uploaded."""

    __tablename__ = "proposal_photo"
    proposal_id: UUID = Field(foreign_key="proposal.id", primary_key=True)
    file_id: UUID = Field(foreign_key="stored_file.id", primary_key=True)
    position: int


class Seconding(SQLModel, table=True):
    """One home's voice for a proposal, given by one of its people; a home counts once.

    `given_to` is the proposal it was given to first: merging and splitting move voices and keep where they came from.
    """

    __tablename__ = "seconding"
    __table_args__ = (sa.Index("ix_seconding_account", "account_id"),)
    proposal_id: UUID = Field(foreign_key="proposal.id", primary_key=True)
    unit_id: UUID = Field(foreign_key="unit.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    given_to: UUID = Field(foreign_key="proposal.id")
    # The text that was seconded.
    revision: int
    at: datetime


class EventKind(StrEnum):
    """What a line of a proposal's way tells."""

    PUBLISHED = "published"
    EDITED = "edited"
    REACHED = "reached"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    ANSWERED = "answered"
    SPONSORED = "sponsored"
    MOVED = "moved"
    MERGED = "merged"
    SPLIT = "split"
    THREAD = "thread"
    STAGE = "stage"
    MINUTES = "minutes"
    VOTE = "vote"
    OUTCOME = "outcome"
    PROJECT = "project"
    TASK = "task"


class ProposalEvent(SQLModel, table=True):
    """One step of the whole way, public; only grows (trigger). `link` is read from the estate's home on."""

    __tablename__ = "proposal_event"
    proposal_id: UUID = Field(foreign_key="proposal.id", primary_key=True)
    seq: int = Field(primary_key=True)
    kind: EventKind = Field(sa_column=enum_column(EventKind, "event_kind"))
    state: ProposalState = Field(sa_column=enum_column(ProposalState, "event_state"))
    actor_name: str = Field(default="", max_length=50)
    note: str = Field(default="", max_length=500)
    link: str = Field(default="", max_length=120)
    at: datetime
