"""Accounts: people who sign in, their codes, sessions, attempts and granted roles."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from app.models.base import NO_ID, enum_column
from app.rules.accounts import Duty, Role


class Account(SQLModel, table=True):
    """A person who can sign in. The phone is a contact that can change hands, never the identity.

    `proved_at` is when it was last proved that whoever has the phone is the person; None: not since `created_at`.
    Browsers that were signed in up to `forgotten_at` count as strangers' again. `reissued_at` is set on the account
    of somebody who said that the number was another person's before: what a register says of it is not about him.
    """

    __tablename__ = "account"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    phone: str | None = Field(default=None, max_length=20, unique=True)
    name: str = Field(default="", max_length=50)
    created_at: datetime
    proved_at: datetime | None = None
    forgotten_at: datetime | None = None
    reissued_at: datetime | None = None


class CodeKind(StrEnum):
    """How a sign-in code reached its person."""

    SMS = "sms"
    DESK = "desk"


class SignInCode(SQLModel, table=True):
    """A one-time code. `subject` is the keyed hash of a phone (sms) or of the code itself (desk)."""

    __tablename__ = "sign_in_code"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: CodeKind = Field(sa_column=enum_column(CodeKind, "kind"))
    subject: str = Field(max_length=64, index=True)
    phone: str | None = Field(default=None, max_length=20)
    account_id: UUID | None = Field(default=None, foreign_key="account.id")
    code_hash: str = Field(max_length=200)
    request_hash: str = Field(default="", max_length=64)
    tries: int = Field(default=0)
    sent_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class LoginSession(SQLModel, table=True):
    """A signed-in device; only the hash of its token is stored."""

    __tablename__ = "login_session"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    device: str = Field(default="", max_length=120)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    # When this session showed the second factor; whoever signs in anew is asked anew.
    second_factor_at: datetime | None = None


class SecondFactor(SQLModel, table=True):
    """A person's time-based code. Secrets are sealed; `last_step` is the newest step that was used, so a code works once.

    `pending` waits for its first right code, for the session that asked for it only; the confirmed one works until then.
    """

    __tablename__ = "second_factor"
    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    sealed: bytes | None = Field(default=None)
    confirmed_at: datetime | None = None
    last_step: int = Field(default=0, sa_type=sa.BigInteger)
    pending: bytes | None = Field(default=None)
    pending_session_id: UUID | None = Field(default=None, foreign_key="login_session.id", ondelete="SET NULL")
    pending_at: datetime | None = None
    created_at: datetime


class RecoveryCode(SQLModel, table=True):
    """One of the codes for when the phone is lost: its keyed hash, and when it was used."""

    __tablename__ = "recovery_code"
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    code_hash: str = Field(max_length=64, unique=True)
    used_at: datetime | None = None


class Attempt(SQLModel, table=True):
    """One counted try; limits look back over these rows, so they survive a restart."""

    __tablename__ = "attempt"
    __table_args__ = (sa.Index("ix_attempt_key_at", "key", "at"),)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    key: str = Field(max_length=120)
    at: datetime


class Grant(SQLModel, table=True):
    """A role given to an account in an estate; `estate_id` is the zero UUID for an operator of the installation."""

    __tablename__ = "role_grant"
    __table_args__ = (
        sa.Index(
            "uq_role_grant_live",
            "account_id",
            "estate_id",
            "role",
            "duty",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id")
    estate_id: UUID = Field(default=NO_ID)
    role: Role = Field(sa_column=enum_column(Role, "role"))
    duty: Duty = Field(default=Duty.NONE, sa_column=enum_column(Duty, "duty"))
    granted_at: datetime
    ended_at: datetime | None = None
