"""Works: the project that carries out what was agreed, as a list of tasks with who and by when."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column


class Project(SQLModel, table=True):
    """What carries out a proposal; it is completed when every task is done or given up with a reason."""

    __tablename__ = "project"
    __table_args__ = (sa.UniqueConstraint("estate_id", "id"), sa.UniqueConstraint("estate_id", "number"))
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    number: int
    proposal_id: UUID = Field(foreign_key="proposal.id", index=True)
    minutes_id: UUID | None = Field(default=None, foreign_key="minutes.id")
    title: str = Field(max_length=80)
    opened_by: UUID = Field(foreign_key="account.id")
    opened_at: datetime
    completed_at: datetime | None = None


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class ProjectTask(SQLModel, table=True):
    """One thing to do; who and by when as the minutes say, and how it ended."""

    __tablename__ = "project_task"
    __table_args__ = (sa.UniqueConstraint("project_id", "position"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    project_id: UUID = Field(foreign_key="project.id")
    position: int
    text: str = Field(max_length=500)
    who: str = Field(default="", max_length=50)
    due_on: date | None = None
    state: TaskState = Field(sa_column=enum_column(TaskState, "task_state"))
    note: str = Field(default="", max_length=500)
    photo_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    settled_by: UUID | None = Field(default=None, foreign_key="account.id")
    settled_at: datetime | None = None
