"""Estates: which estate an address names, and what a person is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.base import table_of
from app.models.estates import Estate, Owner, Ownership, Residence, Unit
from app.rules.accounts import Role
from app.services.accounts.grants import ROLES


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
    """What a person is in one estate; the empty standing is a stranger's."""

    roles: frozenset[Role] = frozenset()
    is_owner: bool = False
    is_resident: bool = False

    @property
    def is_member(self) -> bool:
        return bool(self.roles) or self.is_owner or self.is_resident

    @property
    def is_committee(self) -> bool:
        return Role.COMMITTEE in self.roles

    @property
    def may_audit(self) -> bool:
        return bool(self.roles & {Role.AUDITOR, Role.COMMITTEE, Role.OPERATOR})


# Asked at every request, so it is built once and is one statement: a word for each thing the person is.
_OWNS, _LIVES = "owns a home", "lives in a home"
_STANDING = sa.union_all(
    sa.select(sa.literal(_OWNS, sa.String)).where(
        sa.exists()
        .select_from(table_of(Ownership).join(table_of(Owner)))
        .where(
            col(Owner.estate_id) == sa.bindparam("estate_id"),
            col(Owner.account_id) == sa.bindparam("account_id"),
        )
    ),
    sa.select(sa.literal(_LIVES, sa.String)).where(
        sa.exists()
        .select_from(table_of(Residence).join(table_of(Unit)))
        .where(
            col(Unit.estate_id) == sa.bindparam("estate_id"),
            col(Residence.account_id) == sa.bindparam("account_id"),
        )
    ),
    ROLES.with_only_columns(sa.type_coerce(ROLES.selected_columns.role, sa.String)),
)
_BY_SLUG = select(Estate).where(Estate.slug == sa.bindparam("slug"))


def _view(estate: Estate) -> EstateView:
    return EstateView(
        id=estate.id,
        slug=estate.slug,
        name=estate.name,
        address=estate.address,
        committee_name=estate.committee_name,
        desk_phone=estate.desk_phone,
        desk_address=estate.desk_address,
        desk_hours=estate.desk_hours,
    )


def find_estate(session: Session, *, slug: str) -> EstateView:
    estate = session.exec(_BY_SLUG, params={"slug": slug}).one_or_none()
    if estate is None:
        raise NotFound(N_("没有这个小区。请检查网址，或从首页进入"))
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
    """The person's roles by grant, and what the register makes of him."""
    where = {"estate_id": estate_id, "account_id": account_id}
    found = set(session.connection().execute(_STANDING, where).scalars())
    return Standing(
        roles=frozenset(Role(word) for word in found - {_OWNS, _LIVES}),
        is_owner=_OWNS in found,
        is_resident=_OWNS in found or _LIVES in found,
    )


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
