"""The city's heating and cooling seasons, by which some warranties are counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.maintenance.places import SeasonKind, SeasonRow, WarrantyItem
from app.rules.maintenance.warranty import CLASSES, Unit, WarrantyClass
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.duty_table import read_day
from app.services.maintenance.warranties import decide_item
from app.services.trail import Actor

SEASON_NAMES = {SeasonKind.HEATING: N_("供暖季"), SeasonKind.COOLING: N_("供冷季")}
# No city heats or cools the whole year.
_MOST_DAYS = 300
_BY_SEASONS = [kind for kind in WarrantyClass if CLASSES[kind].unit is Unit.SEASONS]


@dataclass(frozen=True, slots=True)
class SeasonLine:
    """One season, last day included."""

    kind: SeasonKind
    first: date
    last: date


def list_seasons(session: Session, *, estate_id: UUID) -> Sequence[SeasonLine]:
    query = select(SeasonRow).where(SeasonRow.estate_id == estate_id)
    rows = session.exec(query.order_by(col(SeasonRow.kind).desc(), col(SeasonRow.first_day).desc()))
    return [SeasonLine(row.kind, row.first_day, row.last_day) for row in rows]


def add_season(
    session: Session, *, estate_id: UUID, kind: str, first: str, last: str, actor: Actor, now: datetime
) -> None:
    """Write down a season as the city announced it; warranties counted in seasons get their last day anew.

    The same one twice is one. Raises `Invalid` naming `kind`, `first` or `last`, `Conflict` (`overlap`).
    """
    if kind not in list(SeasonKind):
        raise Invalid(N_("请选择供暖季还是供冷季"), code="required", field="kind")
    begins, ends = read_day(first, "first"), read_day(last, "last")
    if not 0 < (ends - begins).days < _MOST_DAYS:
        raise Invalid(
            N_("最后一天要晚于第一天，一季不超过 %(most)s 天"), code="bad_day", field="last", most=_MOST_DAYS
        )
    lock_register(session, estate_id=estate_id)
    for other in list_seasons(session, estate_id=estate_id):
        if other == SeasonLine(SeasonKind(kind), begins, ends):
            return
        if other.kind == kind and other.first <= ends and begins <= other.last:
            raise Conflict(N_("这一季和已经登记的重叠了，请核对日期"), code="overlap", field="first")
    session.add(SeasonRow(estate_id=estate_id, kind=SeasonKind(kind), first_day=begins, last_day=ends))
    _settle(session, estate_id, "add", f"{kind} {begins} {ends}", actor, now)


def remove_season(
    session: Session, *, estate_id: UUID, kind: str, first: str, actor: Actor, now: datetime
) -> None:
    """Take away a season that was written down wrongly; `NotFound` when there is none such."""
    lock_register(session, estate_id=estate_id)
    row = None
    if kind in list(SeasonKind):
        row = session.get(SeasonRow, (estate_id, SeasonKind(kind), read_day(first, "first")))
    if row is None:
        raise NotFound(N_("没有找到这一季，请刷新页面"))
    session.delete(row)
    _settle(session, estate_id, "remove", f"{kind} {row.first_day} {row.last_day}", actor, now)


def _settle(session: Session, estate_id: UUID, verb: str, said: str, actor: Actor, now: datetime) -> None:
    session.flush()
    items = session.exec(
        select(WarrantyItem).where(
            WarrantyItem.estate_id == estate_id, col(WarrantyItem.warranty_class).in_(_BY_SEASONS)
        )
    )
    for item in items.all():
        item.last_day = decide_item(session, item, now).last_day
        session.add(item)
    session.flush()
    trail.record(
        session,
        tag=f"maintenance:season:{verb}",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="season",
        new={"season": said},
    )
