"""Homes: where a person owns, lives and works, over all estates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from app.errors import N_
from app.models.accounts import Grant
from app.models.base import NO_ID
from app.models.estates import Owner, Ownership, Relation, Residence, Unit
from app.rules.accounts import Duty, Role
from app.rules.estates.addresses import Home
from app.services.estates.standing import EstateView, get_estate, list_estates

RELATION_NAMES = {
    Relation.OWNER: N_("业主"),
    Relation.HEIR: N_("继承人"),
    Relation.TENANT: N_("租户"),
    Relation.FAMILY: N_("家人"),
}


@dataclass(frozen=True, slots=True)
class MyHome:
    """A unit and what the person is to it; `area` in hundredths of a square metre. `shared` when he owns it with others."""

    estate: EstateView
    unit_id: UUID
    home: Home
    area: int
    relation: Relation
    shared: bool


@dataclass(frozen=True, slots=True)
class MyPost:
    """The roles and duties a person holds in one estate."""

    estate: EstateView
    roles: frozenset[Role]
    duties: frozenset[Duty]


def my_homes(session: Session, *, account_id: UUID) -> Sequence[MyHome]:
    """Units owned and lived in, by estate and address; who owns and lives there is its owner."""
    other, person = aliased(Ownership), aliased(Owner)
    with_others = (
        select(other.unit_id)
        .join(person, col(person.id) == other.owner_id)
        .where(other.unit_id == Unit.id, col(person.account_id).is_distinct_from(account_id))
        .correlate(Unit)
        .exists()
    )
    owned = (
        select(Unit, with_others)
        .join(Ownership, col(Ownership.unit_id) == Unit.id)
        .join(Owner, col(Owner.id) == Ownership.owner_id)
        .where(Owner.account_id == account_id)
    )
    lived = (
        select(Unit, Residence.relation)
        .join(Residence, col(Residence.unit_id) == Unit.id)
        .where(Residence.account_id == account_id)
    )
    relations = {unit.id: (unit, relation, False) for unit, relation in session.exec(lived)}
    relations.update({unit.id: (unit, Relation.OWNER, shared) for unit, shared in session.exec(owned)})
    homes = [
        MyHome(
            get_estate(session, estate_id=unit.estate_id),
            unit.id,
            Home(unit.building, unit.entrance, unit.room),
            unit.area,
            Relation(relation),
            shared,
        )
        for unit, relation, shared in relations.values()
    ]
    return sorted(homes, key=lambda mine: (mine.estate.name, str(mine.home)))


def my_posts(session: Session, *, account_id: UUID) -> Sequence[MyPost]:
    """Where the person holds live grants; an operator's reaches every estate."""
    query = select(Grant).where(col(Grant.account_id) == account_id, col(Grant.ended_at).is_(None))
    grants = session.exec(query).all()
    if not grants:
        return []
    posts = []
    for estate in list_estates(session):
        here = [grant for grant in grants if grant.estate_id in {estate.id, NO_ID}]
        if here:
            posts.append(
                MyPost(
                    estate,
                    frozenset(grant.role for grant in here),
                    frozenset(grant.duty for grant in here) - {Duty.NONE},
                )
            )
    return posts


def places_of(session: Session, *, account_id: UUID) -> Sequence[EstateView]:
    """Every estate in which the person owns, lives or works, each once, by name."""
    mine = [home.estate for home in my_homes(session, account_id=account_id)]
    mine += [post.estate for post in my_posts(session, account_id=account_id)]
    return sorted({estate.id: estate for estate in mine}.values(), key=lambda estate: estate.name)
