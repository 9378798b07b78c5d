"""Saying home and name: whoever knows both as the register has them is the one it means; tries are counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid, Refusal, TooMany
from app.models.accounts import Account
from app.models.estates import Owner, Ownership, Unit
from app.rules.accounts import CONFIRM_TRIES
from app.rules.estates.addresses import Home, read_home
from app.rules.estates.cells import compact
from app.services.accounts import limits as tries
from app.services.accounts.guesses import HOUR
from app.services.estates.units import home_of, label_of

MOST_TYPED = 100


@dataclass(frozen=True, slots=True)
class Bound:
    """A home, and under which name the register or a claim knows the person there; `owner_id` of a row not bound yet."""

    unit: Unit
    name: str
    owner_id: UUID | None = None


def find_bound(
    session: Session, account: Account, known: Iterable[Bound], *, home: str, name: str, now: datetime
) -> Bound | Refusal:
    """The one of `known` that home and name mean. One sentence for everything that does not agree, counted by account.

    Commit whatever comes back.
    """
    if not compact(home[:MOST_TYPED]) or not compact(name[:MOST_TYPED]):
        return Invalid(N_("请把房屋和姓名都填上"), field="home")
    key = f"confirm:account:{account.id}"
    try:
        tries.lock(session, key=key)
        tries.check(session, key=key, limit=CONFIRM_TRIES, window=HOUR, now=now)
    except TooMany as refusal:
        return refusal
    found = next((bound for bound in known if _agrees(bound, home, name)), None)
    if found is not None:
        return found
    tries.add(session, key=key, now=now)
    return Invalid(
        N_("房屋或姓名和登记的不一致。请按不动产权证填写，或者到居委会办理"),
        code="not_the_same",
        field="home",
    )


def _agrees(bound: Bound, home: str, name: str) -> bool:
    typed = compact(home[:MOST_TYPED])
    known = home_of(bound.unit)
    same = typed in {compact(str(known)), compact(label_of(bound.unit))} or _read(typed) == known
    return same and compact(name[:MOST_TYPED]) == compact(bound.name)


def _read(typed: str) -> Home | None:
    try:
        return read_home("", "", "", typed)
    except Invalid:
        return None


def homes_where(session: Session, which: sa.ColumnElement[bool]) -> list[tuple[Unit, Owner]]:
    """The homes of these owners."""
    query = select(Unit, Owner).join(Ownership, col(Ownership.unit_id) == Unit.id)
    query = query.join(Owner, col(Owner.id) == Ownership.owner_id).where(which)
    return list(session.exec(query))
