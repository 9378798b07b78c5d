"""Profile: what a person says of himself."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Invalid
from app.models.accounts import Account
from app.rules.text import clean_name

NAME_MOST = 20


def set_name(session: Session, *, account_id: UUID, name: str) -> None:
    """The name beside what the person writes; the register's names are untouched. Raises `Invalid`."""
    cleaned = clean_name(name, most=NAME_MOST, field="name")
    if not any(character.isalpha() for character in cleaned):
        raise Invalid(N_("请填写姓名，例如：王芳"), field="name")
    account = session.get_one(Account, account_id)
    account.name = cleaned
    session.add(account)
    session.flush()
