"""Deliberations: threads with their stages, posts, statements and marks, moderation, and the minutes they end in."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import NO_ID, enum_column
from app.models.search import SubjectKind
from app.rules.accounts import Duty
from app.rules.deliberations.minutes import PointKind
from app.rules.deliberations.moderation import Act, ReportKind
from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Mark, Stance
from app.rules.estates.bands import Band


class Thread(SQLModel, table=True):
    """One deliberation about a proposal. The stage that holds follows from `ThreadStage` and the clock, never from a column."""

    __tablename__ = "thread"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "id"),
        sa.UniqueConstraint("estate_id", "number"),
        sa.CheckConstraint("post_count >= 0", name="posts_not_negative"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    number: int
    proposal_id: UUID = Field(foreign_key="proposal.id", index=True)
    title: str = Field(max_length=60)
    question: str = Field(sa_type=sa.Text)
    opened_by: UUID = Field(foreign_key="account.id")
    opened_at: datetime
    # Posts wait for a moderator before anyone else sees them.
    pre_approval: bool = Field(default=False)
    summary: str = Field(default="", sa_type=sa.Text)
    summary_by: str = Field(default="", max_length=50)
    summary_at: datetime | None = None
    # Under the lock of this row a post gets its number.
    last_seq: int = Field(default=0)
    post_count: int = Field(default=0)
    last_post_at: datetime | None = None


class ThreadStage(SQLModel, table=True):
    """When a stage of a thread begins; it lasts until the next one begins."""

    __tablename__ = "thread_stage"
    thread_id: UUID = Field(foreign_key="thread.id", primary_key=True)
    stage: Stage = Field(sa_column=enum_column(Stage, "stage", primary_key=True))
    starts_at: datetime


class ThreadModerator(SQLModel, table=True):
    """A party member appointed to moderate a thread, in one of his duties."""

    __tablename__ = "thread_moderator"
    thread_id: UUID = Field(foreign_key="thread.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    duty: Duty = Field(sa_column=enum_column(Duty, "duty"))
    # He lives in the scope's own entrance: shown beside all he does here.
    interest: bool = Field(default=False)


class PostState(StrEnum):
    """Who can read a post: its author and moderators while it waits, everyone when visible, its stub when hidden."""

    WAITING = "waiting"
    VISIBLE = "visible"
    HIDDEN = "hidden"
    REFUSED = "refused"


class Post(SQLModel, table=True):
    """One contribution. `seq` counts within the thread and is its permalink; `parent_seq` is 0, or the post it replies to."""

    __tablename__ = "post"
    __table_args__ = (
        sa.UniqueConstraint("thread_id", "seq"),
        sa.CheckConstraint("parent_seq < seq", name="replies_to_an_earlier_one"),
        sa.CheckConstraint("likes >= 0 AND reports >= 0", name="counts_not_negative"),
        sa.Index("ix_post_thread_parent_seq", "thread_id", "parent_seq", "seq"),
        # A thread by 同感, one stance of it, and both: each is read from its mark on, however long the thread is.
        sa.Index("ix_post_thread_likes", "thread_id", "parent_seq", "likes", "seq"),
        sa.Index("ix_post_thread_stance", "thread_id", "parent_seq", "stance", "seq"),
        sa.Index("ix_post_thread_stance_likes", "thread_id", "parent_seq", "stance", "likes", "seq"),
        sa.Index("ix_post_author_created", "author_id", "created_at"),
        sa.Index("ix_post_estate_reports", "estate_id", "reports"),
        sa.Index("ix_post_estate_state", "estate_id", "state"),
        sa.Index("ix_post_estate_answered", "estate_id", "answered_at"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    thread_id: UUID = Field(foreign_key="thread.id")
    seq: int
    parent_seq: int = Field(default=0)
    # The post it quotes, by number; 0 is none.
    quote_seq: int = Field(default=0)
    author_id: UUID = Field(foreign_key="account.id")
    # What the author was when he wrote: "", "committee", or a duty; shown as a badge.
    badge: str = Field(default="", max_length=20)
    stance: Stance | None = Field(default=None, sa_column=enum_column(Stance, "stance", nullable=True))
    text: str = Field(sa_type=sa.Text)
    state: PostState = Field(sa_column=enum_column(PostState, "post_state"))
    created_at: datetime
    likes: int = Field(default=0)
    # Open reports; the queue is sorted by it.
    reports: int = Field(default=0)
    # For a question: the answer's source, who marked it answered and when.
    answer_seq: int = Field(default=0)
    answer_source: str = Field(default="", max_length=200)
    answered_by: str = Field(default="", max_length=50)
    answered_at: datetime | None = None


class PostLike(SQLModel, table=True):
    """同感, once per person."""

    __tablename__ = "post_like"
    post_id: UUID = Field(foreign_key="post.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    at: datetime


class PostFile(SQLModel, table=True):
    """A photo or document of a post."""

    __tablename__ = "post_file"
    post_id: UUID = Field(foreign_key="post.id", primary_key=True)
    file_id: UUID = Field(foreign_key="stored_file.id", primary_key=True)
    title: str = Field(default="", max_length=120)
    position: int


class ThreadRead(SQLModel, table=True):
    """How far a person has read a thread."""

    __tablename__ = "thread_read"
    thread_id: UUID = Field(foreign_key="thread.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    seq: int
    at: datetime


class Statement(SQLModel, table=True):
    """A sentence to agree or disagree with, drafted by a moderator, often from a post. Its text does not change (trigger)."""

    __tablename__ = "statement"
    __table_args__ = (sa.UniqueConstraint("thread_id", "number"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    thread_id: UUID = Field(foreign_key="thread.id")
    number: int
    text: str = Field(max_length=200)
    from_seq: int = Field(default=0)
    by: UUID = Field(foreign_key="account.id")
    at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = Field(default="", max_length=200)


class StatementMark(SQLModel, table=True):
    """One person's mark, with the floor band of his home when he gave it; a later mark replaces it.

    Pictures show marks as of the last full hour: `counted_mark` and `counted_band` are what a changed one showed until then.
    """

    __tablename__ = "statement_mark"
    __table_args__ = (sa.Index("ix_statement_mark_at", "statement_id", "at"),)
    statement_id: UUID = Field(foreign_key="statement.id", primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    mark: Mark = Field(sa_column=enum_column(Mark, "mark"))
    band: Band = Field(sa_column=enum_column(Band, "band"))
    at: datetime
    counted_mark: Mark | None = Field(sa_column=enum_column(Mark, "counted_mark", nullable=True))
    counted_band: Band | None = Field(sa_column=enum_column(Band, "counted_band", nullable=True))


class ContentReport(SQLModel, table=True):
    """A resident says that something breaks the rules of talk; once per person and thing."""

    __tablename__ = "content_report"
    __table_args__ = (
        sa.UniqueConstraint("kind", "subject_id", "reporter_id"),
        sa.Index("ix_content_report_open", "estate_id", "resolved_at"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    kind: SubjectKind = Field(sa_column=enum_column(SubjectKind, "subject"))
    subject_id: UUID
    reporter_id: UUID = Field(foreign_key="account.id")
    why: ReportKind = Field(sa_column=enum_column(ReportKind, "why"))
    text: str = Field(default="", max_length=500)
    at: datetime
    resolved_at: datetime | None = None


class ModerationAct(SQLModel, table=True):
    """One act of moderation, public with its reason; only grows (trigger). The author's name is not in it."""

    __tablename__ = "moderation_act"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "number"),
        sa.Index("ix_moderation_act_author", "author_id"),
        sa.Index("ix_moderation_act_moderator", "moderator_id"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    number: int
    act: Act = Field(sa_column=enum_column(Act, "act"))
    kind: SubjectKind | None = Field(
        default=None, sa_column=enum_column(SubjectKind, "act_subject", nullable=True)
    )
    subject_id: UUID = Field(default=NO_ID)
    thread_id: UUID | None = Field(default=None, foreign_key="thread.id")
    seq: int = Field(default=0)
    author_id: UUID = Field(foreign_key="account.id")
    moderator_id: UUID = Field(foreign_key="account.id")
    moderator_name: str = Field(max_length=50)
    duty: Duty = Field(sa_column=enum_column(Duty, "act_duty"))
    interest: bool = Field(default=False)
    reason: str = Field(default="", max_length=500)
    # For a mute: how many days.
    days: int = Field(default=0)
    at: datetime


class AppealState(StrEnum):
    """Where an appeal to the committee stands."""

    OPEN = "open"
    UPHELD = "upheld"
    REFUSED = "refused"


class Appeal(SQLModel, table=True):
    """The author asks the committee to look at an act again; once per act."""

    __tablename__ = "appeal"
    __table_args__ = (sa.UniqueConstraint("act_id"), sa.Index("ix_appeal_estate_state", "estate_id", "state"))
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    act_id: UUID = Field(foreign_key="moderation_act.id")
    account_id: UUID = Field(foreign_key="account.id")
    text: str = Field(max_length=500)
    at: datetime
    state: AppealState = Field(sa_column=enum_column(AppealState, "appeal_state"))
    reason: str = Field(default="", max_length=500)
    decided_by: UUID | None = Field(default=None, foreign_key="account.id")
    decided_at: datetime | None = None


class Mute(SQLModel, table=True):
    """A person may read but not write in this estate until a day; the act carries the reason."""

    __tablename__ = "mute"
    __table_args__ = (sa.Index("ix_mute_person", "estate_id", "account_id", "until"),)
    act_id: UUID = Field(foreign_key="moderation_act.id", primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    account_id: UUID = Field(foreign_key="account.id")
    until: datetime
    lifted_at: datetime | None = None


class MinutesState(StrEnum):
    """Whether minutes can still be written."""

    DRAFT = "draft"
    PUBLISHED = "published"


class Minutes(SQLModel, table=True):
    """协商纪要 of a thread; once published neither they nor their points change (triggers)."""

    __tablename__ = "minutes"
    __table_args__ = (sa.UniqueConstraint("thread_id"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    thread_id: UUID = Field(foreign_key="thread.id")
    state: MinutesState = Field(sa_column=enum_column(MinutesState, "minutes_state"))
    held_on: date
    present: str = Field(default="", max_length=500)
    digest: str = Field(default="", max_length=64)
    written_by: UUID = Field(foreign_key="account.id")
    changed_at: datetime
    published_by: UUID | None = Field(default=None, foreign_key="account.id")
    published_at: datetime | None = None


class MinutesPoint(SQLModel, table=True):
    """One point of the minutes; a task says who does it and by when."""

    __tablename__ = "minutes_point"
    minutes_id: UUID = Field(foreign_key="minutes.id", primary_key=True)
    position: int = Field(primary_key=True)
    kind: PointKind = Field(sa_column=enum_column(PointKind, "point_kind"))
    text: str = Field(max_length=500)
    who: str = Field(default="", max_length=50)
    due_on: date | None = None
    statement_id: UUID | None = Field(default=None, foreign_key="statement.id")
