"""Guides: policy cards with a source and a date, and what residents asked about them."""

from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column
from app.rules.guides.cards import GuideKind, GuideState, Mark
from app.rules.guides.links import SubjectKind
from app.rules.guides.questions import QuestionState

_ATTACHED = sa.text("removed_at IS NULL")


class Guide(SQLModel, table=True):
    """One policy card. Its words stand in `GuideRevision`; which of them residents read, in `GuidePublication`."""

    __tablename__ = "guide"
    __table_args__ = (
        sa.Index("ix_guide_estate_state", "estate_id", "state"),
        sa.CheckConstraint(
            "revision >= 1 AND published_revision >= 0 AND published_revision <= revision",
            name="publishes_a_revision",
        ),
        sa.CheckConstraint("state <> 'published' OR published_revision > 0", name="published_has_words"),
        sa.CheckConstraint("state <> 'withdrawn' OR withdrawn_at IS NOT NULL", name="withdrawn_has_instant"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    state: GuideState = Field(sa_column=enum_column(GuideState, "guide_state"))
    # The newest text, and the one that residents read; 0 is none.
    revision: int
    published_revision: int = Field(default=0)
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime
    # Somebody of the staff says that it is outdated; the next publication clears it.
    flagged_at: datetime | None = None
    flagged_by: str = Field(default="", max_length=50)
    flagged_reason: str = Field(default="", max_length=200)
    withdrawn_at: datetime | None = None
    withdrawn_by: str = Field(default="", max_length=50)
    withdrawn_reason: str = Field(default="", max_length=200)


class GuideRevision(SQLModel, table=True):
    """One text of a card with its source; only grows (trigger)."""

    __tablename__ = "guide_revision"
    guide_id: UUID = Field(foreign_key="guide.id", primary_key=True)
    revision: int = Field(primary_key=True)
    kind: GuideKind = Field(sa_column=enum_column(GuideKind, "guide_kind"))
    title: str = Field(max_length=60)
    body: str = Field(sa_type=sa.Text)
    source: str = Field(max_length=120)
    reference: str = Field(max_length=200)
    address: str = Field(default="", max_length=300)
    source_date: date
    checked_on: date
    review_after: date
    by: UUID = Field(foreign_key="account.id")
    at: datetime


class GuidePublication(SQLModel, table=True):
    """A revision went out under a name; only grows (trigger). The reason is needed where a vote stands beside the card."""

    __tablename__ = "guide_publication"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["guide_id", "revision"], ["guide_revision.guide_id", "guide_revision.revision"]
        ),
    )
    guide_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    by: UUID = Field(foreign_key="account.id")
    name: str = Field(max_length=50)
    # What he was when he published: "committee" or a duty; shown as a badge.
    badge: str = Field(max_length=20)
    reason: str = Field(default="", max_length=200)
    at: datetime


class GuideLink(SQLModel, table=True):
    """A card stands beside a proposal, a thread or a vote; taken away, the row stays with its end."""

    __tablename__ = "guide_link"
    __table_args__ = (
        sa.Index("ix_guide_link_subject", "subject_id", "kind"),
        sa.Index(
            "uq_guide_link_attached",
            "guide_id",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=_ATTACHED,
            postgresql_where=_ATTACHED,
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    guide_id: UUID = Field(foreign_key="guide.id")
    kind: SubjectKind = Field(sa_column=enum_column(SubjectKind, "link_subject"))
    subject_id: UUID
    # The subject's title when the card was put beside it, for lists that show where a card stands.
    title: str = Field(max_length=120)
    by: str = Field(max_length=50)
    reason: str = Field(default="", max_length=200)
    at: datetime
    removed_at: datetime | None = None
    removed_by: str = Field(default="", max_length=50)


class GuideQuestion(SQLModel, table=True):
    """A resident asks about a card, or about policy at large; once answered or refused it does not change (trigger)."""

    __tablename__ = "guide_question"
    __table_args__ = (
        sa.Index("ix_guide_question_estate_state", "estate_id", "state", "at"),
        sa.Index("ix_guide_question_guide_id", "guide_id"),
        sa.Index("ix_guide_question_asker_id", "asker_id"),
        sa.CheckConstraint("state = 'waiting' OR settled_at IS NOT NULL", name="settled_has_instant"),
        sa.CheckConstraint(
            "state <> 'answered' OR (answer <> '' AND source <> '')", name="answer_has_source"
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    guide_id: UUID | None = Field(default=None, foreign_key="guide.id")
    asker_id: UUID = Field(foreign_key="account.id")
    text: str = Field(max_length=300)
    at: datetime
    state: QuestionState = Field(sa_column=enum_column(QuestionState, "question_state"))
    answer: str = Field(default="", sa_type=sa.Text)
    source: str = Field(default="", max_length=200)
    refused_reason: str = Field(default="", max_length=200)
    settled_by: UUID | None = Field(default=None, foreign_key="account.id")
    settled_name: str = Field(default="", max_length=50)
    settled_badge: str = Field(default="", max_length=20)
    settled_at: datetime | None = None


class GuideMark(SQLModel, table=True):
    """有用 or 看不懂, once per person; a later mark replaces it. The sentence is for the explainer, without a name."""

    __tablename__ = "guide_mark"
    guide_id: UUID = Field(foreign_key="guide.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    mark: Mark = Field(sa_column=enum_column(Mark, "guide_mark"))
    text: str = Field(default="", max_length=200)
    at: datetime
