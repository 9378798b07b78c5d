"""The published figures of an estate's orders: computed by a job from one year, kept as they stood, shown with their hour."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.base import table_of
from app.models.estates import Unit
from app.models.maintenance.orders import CostLine, RatesSnapshot, WorkOrder
from app.models.maintenance.parties import Party
from app.models.maintenance.places import Place, WarrantyItem
from app.rules.calendar import BEIJING
from app.rules.estates.units import UnitKind
from app.rules.maintenance.contractors import Line, PerHundred, Work, line_of
from app.rules.maintenance.costs import CostStage, MoneySource, Sum, current
from app.rules.maintenance.rates import Case, Rate, Rates, month_of, rates_by, rates_of
from app.rules.maintenance.warranty import Cover
from app.services.maintenance.chains import longest

YEAR = timedelta(days=365)
RENEWED = timedelta(hours=1)
_UNDER_WARRANTY = frozenset({Cover.COVERED, Cover.NOT_ACCEPTED})
_ORDER = table_of(WorkOrder).c


@dataclass(frozen=True, slots=True)
class Group:
    """The rates of one party, building or month."""

    name: str
    rates: Rates


@dataclass(frozen=True, slots=True)
class ContractorLine:
    """One contractor's line of the public table."""

    name: str
    line: Line


@dataclass(frozen=True, slots=True)
class QuarterSum:
    """What one source paid in one quarter by invoice, in fen; `2026-4` is the fourth quarter."""

    quarter: str
    source: MoneySource
    amount: int


@dataclass(frozen=True, slots=True)
class Published:
    """All figures as they stood `at`, of the orders filed since `since`; numbers of orders beside every rate."""

    at: datetime
    since: datetime
    filed: int
    open: int
    overdue: int
    came_back: int
    all: Rates
    parties: tuple[Group, ...]
    buildings: tuple[Group, ...]
    months: tuple[Group, ...]
    contractors: tuple[ContractorLine, ...]
    costs: tuple[QuarterSum, ...]


def estates_due(session: Session, *, now: datetime) -> list[UUID]:
    """Estates with orders whose figures are older than an hour, or that have none."""
    table = table_of(RatesSnapshot).c
    query = (
        sa.select(_ORDER.estate_id)
        .distinct()
        .join_from(
            table_of(WorkOrder), table_of(RatesSnapshot), table.estate_id == _ORDER.estate_id, isouter=True
        )
        .where(sa.or_(table.at.is_(None), table.at <= now - RENEWED))
    )
    return list(session.connection().execute(query).scalars())


def renew(session: Session, *, estate_id: UUID, now: datetime) -> None:
    """Compute the figures and keep them; its cost grows with the orders of a year, and no page waits for it."""
    document = _document(session, estate_id, now)
    kept = session.get(RatesSnapshot, estate_id) or RatesSnapshot(estate_id=estate_id, at=now, document={})
    kept.at, kept.document = now, document
    session.add(kept)
    session.flush()


def read_published(session: Session, *, estate_id: UUID) -> Published | None:
    """The figures as last computed; None before the first order's hour."""
    kept = session.get(RatesSnapshot, estate_id)
    return _published(kept.at, kept.document) if kept else None


def _rows(session: Session, estate_id: UUID, since: datetime) -> list[Any]:
    query = sa.select(
        _ORDER.id, _ORDER.state, _ORDER.response_due_at, _ORDER.answered_at, _ORDER.closed_at, _ORDER.reopened,
        _ORDER.rating, _ORDER.call_back, _ORDER.party_id, _ORDER.building, _ORDER.filed_at, _ORDER.repaired_at,
        _ORDER.is_open, _ORDER.overdue, _ORDER.due_at, _ORDER.cover, _ORDER.warranty_item_id, _ORDER.follows_id,
        _ORDER.number, _ORDER.listed,
    )  # fmt: skip
    query = query.where(_ORDER.estate_id == estate_id, _ORDER.filed_at >= since, _ORDER.held.is_(False))
    return list(session.connection().execute(query).all())


def _case(row: Any) -> Case:
    return Case(
        state=row.state,
        response_due=row.response_due_at,
        answered_at=row.answered_at,
        ended_at=row.closed_at,
        reopened=row.reopened,
        rating=row.rating,
        call_back=row.call_back,
    )


def _document(session: Session, estate_id: UUID, now: datetime) -> dict[str, object]:
    since = now - YEAR
    rows = _rows(session, estate_id, since)
    names = {
        party.id: party.name for party in session.exec(select(Party).where(Party.estate_id == estate_id))
    }
    cases = [(row, _case(row)) for row in rows]

    def grouped(key: Callable[[Any], str]) -> list[dict[str, object]]:
        keys = {id(case): key(row) for row, case in cases}
        groups = rates_by((case for _, case in cases), lambda case: keys[id(case)], now)
        return [{"name": name, "rates": _pairs(groups[name])} for name in sorted(groups) if name]

    return {
        "since": since.isoformat(),
        "filed": len(rows),
        "open": sum(row.is_open for row in rows),
        "overdue": sum(_is_late(row, now) for row in rows),
        "came_back": sum(row.follows_id is not None for row in rows),
        "all": _pairs(rates_of((case for _, case in cases), now)),
        "parties": grouped(lambda row: names.get(row.party_id, "")),
        "buildings": grouped(lambda row: row.building),
        "months": grouped(lambda row: month_of(row.filed_at)),
        "contractors": _contractors(session, estate_id, rows, names, now),
        "costs": _costs(session, estate_id, since),
        "chains": longest(rows),
    }


def _is_late(row: Any, now: datetime) -> bool:
    return bool(row.is_open and row.due_at is not None and row.due_at <= now)


def _pairs(rates: Rates) -> dict[str, object]:
    return asdict(rates)


def _contractors(
    session: Session, estate_id: UUID, rows: Iterable[Any], names: Mapping[UUID, str], now: datetime
) -> list[dict[str, object]]:
    """One line for each contractor with items, also for the one about whose work nobody complained."""
    items = session.exec(
        select(WarrantyItem, Place)
        .join(Place, col(Place.id) == WarrantyItem.place_id)
        .where(WarrantyItem.estate_id == estate_id, col(WarrantyItem.contractor_id).is_not(None))
    ).all()
    homes = _households(session, estate_id)
    built: dict[UUID, set[str]] = {}
    contractor_of: dict[UUID, UUID] = {}
    for item, place in items:
        assert item.contractor_id is not None
        built.setdefault(item.contractor_id, set()).update({place.building} if place.building else homes)
        contractor_of[item.id] = item.contractor_id
    rows = list(rows)
    came_back = {row.follows_id for row in rows if row.follows_id is not None}
    works: dict[UUID, list[Work]] = {party: [] for party in built}
    for row in rows:
        contractor = contractor_of.get(row.warranty_item_id)
        if contractor is not None:
            works[contractor].append(
                Work(
                    state=row.state,
                    in_warranty=row.cover in _UNDER_WARRANTY,
                    reopened=row.reopened,
                    came_back=row.id in came_back,
                    overdue=row.overdue or _is_late(row, now),
                    took=row.repaired_at - row.filed_at if row.repaired_at else None,
                )
            )
    lines: list[dict[str, object]] = []
    for party in sorted(built, key=lambda key: names.get(key, "")):
        line = line_of(works[party], sum(homes.get(building, 0) for building in built[party]))
        seconds = None if line.median is None else int(line.median.total_seconds())
        lines.append({"name": names.get(party, ""), "line": {**asdict(line), "median": seconds}})
    return lines


def _households(session: Session, estate_id: UUID) -> dict[str, int]:
    query = (
        select(Unit.building, sa.func.count())
        .where(Unit.estate_id == estate_id, Unit.kind == UnitKind.DWELLING)
        .group_by(Unit.building)
    )
    return dict(session.exec(query).all())


def _costs(session: Session, estate_id: UUID, since: datetime) -> list[dict[str, object]]:
    """Invoices by quarter and source; a later line of an order's same source replaces the earlier one."""
    lines = session.exec(
        select(CostLine)
        .where(CostLine.estate_id == estate_id, CostLine.stage == CostStage.INVOICE, CostLine.at >= since)
        .order_by(col(CostLine.at))
    )
    by_order: dict[UUID, list[CostLine]] = {}
    for line in lines:
        by_order.setdefault(line.order_id, []).append(line)
    sums: dict[tuple[str, str], int] = {}
    for own in by_order.values():
        standing = current(Sum(line.stage, line.source, line.amount) for line in own)[CostStage.INVOICE]
        for source, amount in standing.items():
            last = next(line for line in reversed(own) if line.source is source)
            key = (_quarter(last.at), source.value)
            sums[key] = sums.get(key, 0) + amount
    return [
        {"quarter": quarter, "source": source, "amount": amount}
        for (quarter, source), amount in sorted(sums.items(), reverse=True)
    ]


def _quarter(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.year}-{(local.month + 2) // 3}"


def _published(at: datetime, document: Mapping[str, Any]) -> Published:
    def groups(name: str) -> tuple[Group, ...]:
        return tuple(Group(one["name"], _rates(one["rates"])) for one in document[name])

    return Published(
        at=at,
        since=datetime.fromisoformat(document["since"]),
        filed=document["filed"],
        open=document["open"],
        overdue=document["overdue"],
        came_back=document["came_back"],
        all=_rates(document["all"]),
        parties=groups("parties"),
        buildings=groups("buildings"),
        months=tuple(reversed(groups("months"))),
        contractors=tuple(ContractorLine(one["name"], _line(one["line"])) for one in document["contractors"]),
        costs=tuple(
            QuarterSum(one["quarter"], MoneySource(one["source"]), one["amount"]) for one in document["costs"]
        ),
    )


def _rates(pairs: Mapping[str, Any]) -> Rates:
    kept = dict(pairs)
    not_reached: int = kept.pop("not_reached")
    return Rates(**{name: Rate(*pair) for name, pair in kept.items()}, not_reached=not_reached)


def _line(kept: Mapping[str, Any]) -> Line:
    return Line(
        faults=PerHundred(*kept["faults"]),
        in_warranty=Rate(*kept["in_warranty"]),
        reworked=Rate(*kept["reworked"]),
        overdue=Rate(*kept["overdue"]),
        median=None if kept["median"] is None else timedelta(seconds=kept["median"]),
        repaired=kept["repaired"],
    )
