"""Two estates in one database: the demo with a row of every kind, and a second one whose people try to reach it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from app.models.accounts import Account, Grant, LoginSession
from app.models.base import NO_ID
from app.models.estates import Estate, Owner, Ownership, Unit
from app.models.maintenance.parties import Party, PartyStaff
from app.rules.accounts import Duty, Role
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.maintenance.responsible import PartyKind
from tests.fixtures.world import Somebody

SLUG, OWN_SLUG = "xingfuli", "nanyuan"
# What belongs to no estate and has no id in an estate's address.
_NOBODYS = (
    "calendar_",
    "restor",
    "service_",
    "sign_in_code",
    "second_factor",
    "recovery_code",
    "attempt",
    "search",
)
# What the new row hangs on must still take something in.
_STATES = {"vote": "open", "meeting_record": "draft"}
# A row of these is no estate's either, and a visit may write one: the way in, its limits, who guessed too often.
SHARED = {"alembic_version", "attempt", "sign_in_code", "login_session"}


@dataclass(frozen=True)
class Two:
    """The attacked estate and its people by name, the attackers' own, and the attackers by what they are at home."""

    estate_id: UUID
    own_id: UUID
    people: dict[str, Somebody]
    insiders: dict[str, Somebody]


def settle(session: Session, now: datetime) -> Two:
    """A row of every kind for the demo estate, and the second estate with somebody of every role."""
    estate_id = session.exec(select(Estate.id).where(Estate.slug == SLUG)).one()
    fill_empty_tables(session.connection(), estate_id, now)
    own = Estate(slug=OWN_SLUG, name="南苑小区", created_at=now)
    session.add(own)
    session.flush()
    grants = {
        "committee": (own.id, Role.COMMITTEE, Duty.NONE),
        "party member": (own.id, Role.PARTY_MEMBER, Duty.SUPERVISOR),
        "mediator": (own.id, Role.PARTY_MEMBER, Duty.MEDIATOR),
        "auditor": (own.id, Role.AUDITOR, Duty.NONE),
        "party staff": (own.id, Role.PARTY_STAFF, Duty.NONE),
        "operator": (NO_ID, Role.OPERATOR, Duty.NONE),
    }
    people = {
        name: _person(session, name, place, now) for place, name in enumerate((*grants, "owner", "stranger"))
    }
    for name, (where, role, duty) in grants.items():
        account = people[name].account_id
        session.add(Grant(account_id=account, estate_id=where, role=role, duty=duty, granted_at=now))
    _home(session, own.id, people["owner"], now)
    party = Party(estate_id=own.id, kind=PartyKind.PROPERTY, name="南苑物业", created_at=now)
    session.add(party)
    session.flush()
    session.add(PartyStaff(party_id=party.id, account_id=people["party staff"].account_id, since=now))
    session.flush()
    known = session.exec(select(Account).where(sa.not_(col(Account.name).startswith("来人")))).all()
    insiders = {account.name: _sign_in(session, account, now) for account in known if account.phone}
    return Two(estate_id, own.id, people, insiders)


def _person(session: Session, name: str, place: int, now: datetime) -> Somebody:
    account = Account(phone=f"+8613600001{place:03d}", name=f"来人{place}", created_at=now)
    session.add(account)
    return _sign_in(session, account, now)


def _sign_in(session: Session, account: Account, now: datetime) -> Somebody:
    person = Somebody(account.name, str(account.phone), account.id, f"token-{uuid4().hex}{uuid4().hex}")
    session.flush()
    session.add(
        LoginSession(
            account_id=person.account_id,
            token_hash=hashlib.sha256(person.token.encode()).hexdigest(),
            device="测试手机",
            created_at=now,
            seen_at=now,
            expires_at=now + timedelta(days=90),
        )
    )
    session.flush()
    return person


def _home(session: Session, estate_id: UUID, somebody: Somebody, now: datetime) -> None:
    unit = Unit(
        estate_id=estate_id,
        building="1",
        entrance="1",
        floor=1,
        room="101",
        area=8000,
        kind=UnitKind.DWELLING,
        status=UnitStatus.NORMAL,
    )
    owner = Owner(
        estate_id=estate_id,
        name=somebody.name,
        phone=somebody.phone,
        account_id=somebody.account_id,
        bound_at=now,
    )
    session.add_all([unit, owner])
    session.flush()
    session.add(Ownership(unit_id=unit.id, owner_id=owner.id))


def fill_empty_tables(connection: sa.Connection, estate_id: UUID, now: datetime) -> None:
    """One plausible row for each table that has none, so that every kind of id in an address exists."""
    for table in SQLModel.metadata.sorted_tables:
        if table.name.startswith(_NOBODYS):
            continue
        if connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() == 0:
            row = {
                column.name: _value(connection, column, estate_id, now)
                for column in table.columns
                if not column.nullable or column.name == "file_id"
            }
            connection.execute(sa.insert(table), row)


def _value(connection: sa.Connection, column: sa.Column[Any], estate_id: UUID, now: datetime) -> Any:
    for key in column.foreign_keys:
        target = key.column
        # The oldest: by the index over ids, which are drawn by lot, every run would have another.
        query = sa.select(target).order_by(sa.text(f"{target.table.name}.rowid")).limit(1)
        if target.table.name in _STATES:
            frozen = column.table.name == "vote_attachment"
            query = query.where(target.table.c.state == ("draft" if frozen else _STATES[target.table.name]))
        if target.table.name == "estate":
            return estate_id
        return connection.execute(query).scalar_one()
    if column.name == "estate_id":
        return estate_id
    kind = column.type
    if isinstance(kind, sa.Enum) and kind.enum_class:
        member: Enum = next(iter(kind.enum_class))
        return member
    plain: dict[type, Any] = {
        UUID: uuid4(),
        str: "1",
        int: 1,
        bool: False,
        bytes: b"x",
        datetime: now,
        dict: {},
        list: [],
    }
    if isinstance(kind, sa.JSON):
        return {}
    if "DateTime" in type(kind).__name__:
        return now
    return now.date() if isinstance(kind, sa.Date) else plain.get(kind.python_type, "1")


def dump(connection: sa.Connection) -> dict[str, list[str]]:
    """Every table as its rows are, in an order of their own."""
    names = connection.execute(
        sa.text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'fts_%'")
    ).scalars()
    return {
        name: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{name}"').all()))
        for name in sorted(names)
        if name not in SHARED
    }
