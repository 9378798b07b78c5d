"""Open311: the programs that may send reports, and when the list of services last changed."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel


class ApiClient(SQLModel, table=True):
    """A program with a key of its own; only the key's hash is kept. `daily` is how many reports it may send a day."""

    __tablename__ = "api_client"
    __table_args__ = (
        sa.UniqueConstraint("key_hash"),
        sa.Index("ix_api_client_estate", "estate_id"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    estate_id: UUID = Field(foreign_key="estate.id")
    name: str = Field(max_length=60)
    contact: str = Field(default="", max_length=120)
    key_hash: str = Field(max_length=64)
    daily: int = Field(default=200)
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime
    seen_at: datetime | None = None
    ended_at: datetime | None = None


class ServiceChange(SQLModel, table=True):
    """A state of the list of services: its fingerprint, and since when it stands; discovery names the newest."""

    __tablename__ = "service_change"
    fingerprint: str = Field(max_length=64, primary_key=True)
    at: datetime
