"""Outbox: messages written in the transaction of their cause and delivered later by a job."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import enum_column, json_column


class Channel(StrEnum):
    """Where a message goes: a text message, or only the person's message page."""

    SMS = "sms"
    INBOX = "inbox"


class Message(SQLModel, table=True):
    """One message to one person. `key` is unique, so the same cause never speaks twice."""

    __tablename__ = "message"
    __table_args__ = (
        sa.Index("ix_message_due", "sent_at", "failed_at", "due_at"),
        sa.CheckConstraint("account_id IS NOT NULL OR phone IS NOT NULL", name="addressed"),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    key: str = Field(max_length=160, unique=True)
    estate_id: UUID | None = Field(default=None, index=True)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    phone: str | None = Field(default=None, max_length=20)
    channel: Channel = Field(sa_column=enum_column(Channel, "channel"))
    template: str = Field(max_length=60)
    values: dict[str, object] = Field(sa_column=json_column())
    link: str = Field(default="", max_length=300)
    created_at: datetime
    due_at: datetime
    attempts: int = Field(default=0)
    lease_until: datetime | None = None
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    error: str = Field(default="", max_length=300)
    read_at: datetime | None = None
