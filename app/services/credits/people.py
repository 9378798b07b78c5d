"""Credits: the names and homes of people who joined, in the order of the houses and never by points."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.accounts import Account
from app.models.credits import CreditMember
from app.rules.estates.labels import in_order
from app.rules.text import clean_line
from app.services.proposals.people import show_people

MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by his whole name and the house he lives in."""

    id: UUID
    name: str
    home: str


def people_of(session: Session, *, estate_id: UUID, account_ids: Collection[UUID]) -> Sequence[Person]:
    """By house and entrance, then by name."""
    if not account_ids:
        return []
    query = select(Account.id, Account.name).where(col(Account.id).in_(account_ids))
    shown = show_people(session, estate_id=estate_id, account_ids=account_ids, with_homes=True)
    people = [Person(whose, name, shown[whose].home) for whose, name in session.exec(query)]
    return sorted(people, key=lambda one: (in_order(one.home), one.name, one.id))


def find_members(session: Session, *, estate_id: UUID, words: str) -> Sequence[Person]:
    """Those who take part now and whose name has these words, a few at most; nobody without words."""
    words = clean_line(words, most=50, field="q")
    if not words:
        return []
    query = (
        select(CreditMember.account_id)
        .join(Account, col(Account.id) == CreditMember.account_id)
        .where(
            CreditMember.estate_id == estate_id,
            col(CreditMember.left_at).is_(None),
            col(Account.name).contains(words, autoescape=True),
        )
        .order_by(col(Account.name), col(Account.id))
        .limit(MOST_FOUND)
    )
    return people_of(session, estate_id=estate_id, account_ids=session.exec(query).all())


def get_member(session: Session, *, estate_id: UUID, account_id: UUID) -> Person:
    """One who takes part or did. Raises `NotFound`."""
    if session.get(CreditMember, (estate_id, account_id)) is None:
        raise NotFound(N_("没有找到这位居民"))
    return people_of(session, estate_id=estate_id, account_ids=[account_id])[0]
