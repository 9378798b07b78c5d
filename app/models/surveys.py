"""Surveys: questionnaires, what homes and persons answered, and where the answers came from."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column, json_column
from app.rules.estates.bands import Band
from app.rules.surveys.kinds import Age, Channel, Per, Reach


class Survey(SQLModel, table=True):
    """One survey. Its state follows from `published_at`, the window and the clock; `draft` holds the questions being written."""

    __tablename__ = "survey"
    __table_args__ = (
        sa.UniqueConstraint("estate_id", "number"),
        sa.CheckConstraint(
            "published_at IS NULL OR (opens_at IS NOT NULL AND closes_at IS NOT NULL AND closes_at >= opens_at)",
            name="published_has_window",
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    number: int
    title: str = Field(max_length=60)
    intro: str = Field(default="", sa_type=sa.Text)
    per: Per = Field(sa_column=enum_column(Per, "per"))
    reach: Reach = Field(sa_column=enum_column(Reach, "reach"))
    building: str = Field(default="", max_length=20)
    entrance: str = Field(default="", max_length=20)
    # While it is open, how many have answered is shown to residents; what they answered never is.
    shows_participation: bool = Field(default=True)
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    # The document of the questions as the desk writes them; residents see the latest edition only.
    draft: dict[str, object] = Field(sa_column=json_column())
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime
    published_at: datetime | None = None
    invited_at: datetime | None = None
    reminded_at: datetime | None = None


class SurveyEdition(SQLModel, table=True):
    """The questionnaire as it was asked from an instant on; an edition never changes (trigger)."""

    __tablename__ = "survey_edition"
    survey_id: UUID = Field(foreign_key="survey.id", primary_key=True)
    number: int = Field(primary_key=True)
    document: dict[str, object] = Field(sa_column=json_column())
    digest: str = Field(max_length=64)
    by: UUID = Field(foreign_key="account.id")
    at: datetime


class AnswerSheet(SQLModel, table=True):
    """What one home or person answered, to one edition; only grows (trigger).

    `subject_id` is the home or the person that may answer once. A correction is a further row with the next `version`;
    the highest counts.
    """

    __tablename__ = "answer_sheet"
    __table_args__ = (
        sa.UniqueConstraint("survey_id", "subject_id", "version"),
        sa.ForeignKeyConstraint(
            ["survey_id", "edition"], ["survey_edition.survey_id", "survey_edition.number"]
        ),
        sa.CheckConstraint("version >= 1", name="version_counts_from_one"),
        sa.CheckConstraint("subject_id = unit_id OR subject_id = account_id", name="subject_is_known"),
        sa.CheckConstraint("(channel = 'door') = (account_id IS NULL)", name="door_has_no_account"),
        sa.CheckConstraint("account_id IS NULL OR account_id = filled_by", name="own_sheet_is_own"),
        sa.CheckConstraint("channel <> 'door' OR consented", name="door_has_consent"),
        sa.Index("ix_answer_sheet_estate_received", "estate_id", "received_at"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    survey_id: UUID = Field(foreign_key="survey.id")
    edition: int
    subject_id: UUID
    version: int
    unit_id: UUID = Field(foreign_key="unit.id")
    # Whose answer it is; at the door the resident needs no account.
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    filled_by: UUID = Field(foreign_key="account.id")
    channel: Channel = Field(sa_column=enum_column(Channel, "channel"))
    age: Age = Field(sa_column=enum_column(Age, "age"))
    # As the home lay when it answered.
    band: Band = Field(sa_column=enum_column(Band, "band"))
    building: str = Field(max_length=20)
    answers: dict[str, object] = Field(sa_column=json_column())
    # At the door the resident was told what it is for and agreed (PIPL arts. 13 and 17).
    consented: bool = Field(default=False)
    # By the clock of the device it was filled in on, and by ours.
    answered_at: datetime
    received_at: datetime
