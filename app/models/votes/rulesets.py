"""Rule sets a locality or an estate adds to the national one: rules as data, with their source and date."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import json_column


class RuleText(SQLModel, table=True):
    """One version of one estate's own rules (议事规则); a version never changes, a later one follows it."""

    __tablename__ = "rule_text"
    __table_args__ = (sa.CheckConstraint("version > 0", name="version_positive"),)
    estate_id: UUID = Field(foreign_key="estate.id", primary_key=True)
    code: str = Field(primary_key=True, max_length=40)
    version: int = Field(primary_key=True)
    title: str = Field(max_length=80)
    adopted_on: date
    rules: dict[str, object] = Field(sa_column=json_column())
    file_id: UUID | None = Field(default=None, foreign_key="stored_file.id")
    added_by: UUID = Field(foreign_key="account.id")
    added_at: datetime
