"""Estates: which estate an address names, and what a person is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app import confinement
from app.errors import N_, Conflict, Invalid, NotFound
from app.models.accounts import Account, Grant, LoginSession
from app.models.base import NO_ID, table_of
from app.models.estates import Estate, Owner, Ownership, Residence, Unit
from app.rules.accounts import STAFF_ROLES, Duty, Role
from app.services.accounts.grants import is_withheld, reaches
from app.services.accounts.sessions import IS_LIVE, PERSON, Person, live, person_of


@dataclass(frozen=True, slots=True)
class EstateView:
    """An estate as every page shows it."""

    id: UUID
    slug: str
    name: str
    address: str
    committee_name: str
    desk_phone: str
    desk_address: str
    desk_hours: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is in one estate; the empty standing is a stranger's. `duties` are a party member's.

    `withheld` are roles he holds and has to show his second factor for: they give nothing until then.
    """

    roles: frozenset[Role] = frozenset()
    duties: frozenset[Duty] = frozenset()
    is_owner: bool = False
    is_resident: bool = False
    withheld: frozenset[Role] = frozenset()

    def without_staff(self) -> Standing:
        """As it is in a session that has not shown the second factor."""
        return replace(self, roles=self.roles - STAFF_ROLES, withheld=self.roles & STAFF_ROLES)

    @property
    def is_member(self) -> bool:
        return bool(self.roles) or self.is_owner or self.is_resident

    @property
    def is_committee(self) -> bool:
        return Role.COMMITTEE in self.roles

    @property
    def may_audit(self) -> bool:
        return bool(self.roles & {Role.AUDITOR, Role.COMMITTEE, Role.OPERATOR})


ESTATE, _GRANT, SESSION, _ACCOUNT = (table_of(model) for model in (Estate, Grant, LoginSession, Account))


def _with_roles(account_id: sa.ColumnElement[UUID], *more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """A row for each grant of the account in an estate, or one without any."""
    owns = (
        sa.exists()
        .select_from(table_of(Ownership).join(table_of(Owner)))
        .where(col(Owner.estate_id) == ESTATE.c.id, col(Owner.account_id) == account_id)
    )
    lives = (
        sa.exists()
        .select_from(table_of(Residence).join(table_of(Unit)))
        .where(col(Unit.estate_id) == ESTATE.c.id, col(Residence.account_id) == account_id)
    )
    return sa.select(
        owns.correlate(ESTATE, SESSION).label("owns"),
        lives.correlate(ESTATE, SESSION).label("lives"),
        _GRANT.c.role,
        _GRANT.c.duty,
        *(ESTATE.c[field.name] for field in fields(EstateView)),
        *more,
    )


# Asked at every request, so each is built once and is one statement.
_ACCOUNT_ID: sa.BindParameter[UUID] = sa.bindparam("account_id")
_ROLES_HERE = ESTATE.outerjoin(_GRANT, reaches(ESTATE.c.id, _ACCOUNT_ID))
ENTRY = (
    _with_roles(SESSION.c.account_id, *PERSON)
    .select_from(
        ESTATE.outerjoin(SESSION, IS_LIVE)
        .outerjoin(_ACCOUNT, _ACCOUNT.c.id == SESSION.c.account_id)
        .outerjoin(_GRANT, reaches(ESTATE.c.id, SESSION.c.account_id))
    )
    .where(ESTATE.c.slug == sa.bindparam("slug"))
)
_ENTRY = ENTRY.add_columns(confinement.confining(ESTATE.c.id))
_ARRIVAL = (
    _with_roles(_ACCOUNT_ID, confinement.confining(ESTATE.c.id))
    .select_from(_ROLES_HERE)
    .where(ESTATE.c.slug == sa.bindparam("slug"))
)
_STANDING = _with_roles(_ACCOUNT_ID).select_from(_ROLES_HERE).where(ESTATE.c.id == sa.bindparam("estate_id"))


_NO_ESTATE = N_("没有这个小区。请检查网址，或从首页进入")


def _view(estate: Any) -> EstateView:
    return EstateView(**{field.name: getattr(estate, field.name) for field in fields(EstateView)})


def _standing(rows: Sequence[Any]) -> Standing:
    first = rows[0]
    return Standing(
        roles=frozenset(row.role for row in rows if row.role is not None),
        duties=frozenset(row.duty for row in rows if row.role is Role.PARTY_MEMBER),
        is_owner=bool(first.owns),
        is_resident=bool(first.owns or first.lives),
    )


def arrive(session: Session, *, slug: str, account_id: UUID | None) -> tuple[EstateView, Standing]:
    """The estate an address names, and what the person is there by grant and by the register.

    What follows in the session is confined to the estate.
    """
    where = {"slug": slug, "account_id": account_id or NO_ID, **confinement.begin(session)}
    rows = session.connection().execute(_ARRIVAL, where).all()
    if not rows:
        raise NotFound(_NO_ESTATE)
    confinement.keep(session, rows[0].id)
    return _view(rows[0]), _standing(rows)


def enter(
    session: Session, *, slug: str, token: str, now: datetime
) -> tuple[EstateView, Standing, Person | None]:
    """`arrive` for whoever the token is the key of: nobody, and the empty standing, when its session has ended."""
    where = {"slug": slug, **live(token, now), **confinement.begin(session)}
    rows = session.connection().execute(_ENTRY, where).all()
    if not rows:
        raise NotFound(_NO_ESTATE)
    confinement.keep(session, rows[0].id)
    return entered(rows, now)


def entered(rows: Sequence[Any], now: datetime) -> tuple[EstateView, Standing, Person | None]:
    """What the rows of `ENTRY` say, also of a statement that asks for more beside it; there is at least one."""
    person = person_of(rows[0], now)
    return _view(rows[0]), _standing(rows) if person else Standing(), person


def visit_estate(session: Session, *, slug: str) -> EstateView:
    """`arrive` for an address that does not look who asks."""
    return arrive(session, slug=slug, account_id=None)[0]


def find_estate(session: Session, *, slug: str) -> EstateView:
    """For commands: what follows is not confined to it."""
    estate = session.exec(select(Estate).where(Estate.slug == slug)).one_or_none()
    if estate is None:
        raise NotFound(_NO_ESTATE)
    return _view(estate)


def get_estate(session: Session, *, estate_id: UUID) -> EstateView:
    return _view(session.get_one(Estate, estate_id))


def list_estates(session: Session) -> Sequence[EstateView]:
    return [_view(estate) for estate in session.exec(select(Estate).order_by(col(Estate.name)))]


def list_my_estates(session: Session, *, account_id: UUID) -> Sequence[EstateView]:
    """Estates in which the person owns or lives."""
    owned = select(Owner.estate_id).where(Owner.account_id == account_id)
    lived = (
        select(Unit.estate_id)
        .join(Residence, col(Residence.unit_id) == Unit.id)
        .where(Residence.account_id == account_id)
    )
    query = (
        select(Estate)
        .where(sa.or_(col(Estate.id).in_(owned), col(Estate.id).in_(lived)))
        .order_by(col(Estate.name))
    )
    return [_view(estate) for estate in session.exec(query)]


def standing_of(session: Session, *, estate_id: UUID, account_id: UUID) -> Standing:
    where = {"estate_id": estate_id, "account_id": account_id}
    standing = _standing(session.connection().execute(_STANDING, where).all())
    return standing.without_staff() if is_withheld(session, account_id=account_id) else standing


def create_estate(
    session: Session,
    *,
    slug: str,
    name: str,
    now: datetime,
    address: str = "",
    committee_name: str = "",
    desk_phone: str = "",
    desk_address: str = "",
    desk_hours: str = "",
) -> EstateView:
    """Open an estate. Raises `Invalid` for a slug that is no plain word, `Conflict` when it is taken."""
    if not (slug.isascii() and slug.replace("-", "").isalnum() and slug == slug.lower()):
        raise Invalid(N_("网址名只能用小写字母、数字和连字符"), field="slug")
    if session.exec(select(Estate).where(Estate.slug == slug)).first() is not None:
        raise Conflict(N_("网址名“%(slug)s”已被使用，请换一个"), field="slug", slug=slug)
    estate = Estate(
        slug=slug,
        name=name,
        address=address,
        committee_name=committee_name,
        desk_phone=desk_phone,
        desk_address=desk_address,
        desk_hours=desk_hours,
        created_at=now,
    )
    session.add(estate)
    session.flush()
    return _view(estate)
