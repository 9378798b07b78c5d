"""Is it under warranty, and who answers: decided for a place, a family of faults and the day of the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.maintenance.parties import Responsibility
from app.models.maintenance.places import Place, SeasonKind, SeasonRow, WarrantyItem
from app.rules.maintenance.kinds import Family
from app.rules.maintenance.responsible import Basis, Duty, responsible_for
from app.rules.maintenance.warranty import Cover, Decision, Item, Season, WarrantyClass, decide, may_cause
from app.rules.maintenance.workcalendar import day_of

_SEASON_OF = {WarrantyClass.HEATING: SeasonKind.HEATING, WarrantyClass.COOLING: SeasonKind.COOLING}
# What speaks most for the contractor comes last.
_ORDER = (Cover.UNKNOWN, Cover.EXPIRED, Cover.COVERED, Cover.NOT_ACCEPTED)


@dataclass(frozen=True, slots=True)
class Answerable:
    """Who answers, why, and what the warranty says; `decision` is None where nothing renovated is registered."""

    party_id: UUID
    basis: Basis
    decision: Decision | None
    item_id: UUID | None


def who_answers(
    session: Session,
    *,
    way: Sequence[Place],
    family: Family,
    filed_at: datetime,
    fallback: UUID,
    category: str = "",
) -> Answerable:
    """The contractor while the item is covered, else the nearest row of the table of parties, else `fallback`.

    `way` is the places from the root down to the fault; an item or a row of any of them counts, the nearest first.
    """
    decision, item = _decide(session, way, family, category, filed_at)
    contractor = str(item.contractor_id) if item and item.contractor_id else ""
    duties = list(
        session.exec(
            select(Responsibility).where(
                Responsibility.estate_id == way[0].estate_id,
                col(Responsibility.place_id).is_(None)
                | col(Responsibility.place_id).in_([p.id for p in way]),
            )
        )
    )
    for place in (*reversed(way), None):
        found = responsible_for(
            [_duty(row) for row in duties if row.place_id == (place.id if place else None)],
            facility=str(place.id) if place else "",
            fault=family.value,
            on=day_of(filed_at),
            fallback=str(fallback),
            warranty=decision,
            contractor=contractor,
        )
        if found.basis is not Basis.DEFAULT:
            break
    return Answerable(UUID(found.party), found.basis, decision, item.id if item else None)


def _duty(row: Responsibility) -> Duty:
    return Duty(
        party=str(row.party_id),
        basis=row.basis,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        facility=str(row.place_id or ""),
        fault=row.family.value if row.family else "",
    )


def _decide(
    session: Session, way: Sequence[Place], family: Family, category: str, filed_at: datetime
) -> tuple[Decision | None, WarrantyItem | None]:
    """The decision that lasts longest among the items of the nearest place that has any that such a fault can come from."""
    for place in reversed(way):
        items = session.exec(
            select(WarrantyItem).where(WarrantyItem.place_id == place.id, WarrantyItem.family == family)
        ).all()
        decided = [
            (decide_item(session, item, filed_at), item)
            for item in items
            if may_cause(item.warranty_class, category)
        ]
        if decided:
            return max(
                decided, key=lambda pair: (_ORDER.index(pair[0].cover), pair[0].last_day or day_of(filed_at))
            )
    return None, None


def decide_item(session: Session, item: WarrantyItem, filed_at: datetime) -> Decision:
    """Whether one item was under warranty on the day of a report."""
    rule = Item(kind=item.warranty_class, accepted_on=item.accepted_on, agreed=item.agreed)
    return decide(rule, filed_at, seasons_of(session, item.estate_id, item.warranty_class))


def seasons_of(session: Session, estate_id: UUID, kind: WarrantyClass) -> list[Season]:
    """The city's seasons of that kind as the estate's table has them; none for what is counted in years."""
    if kind not in _SEASON_OF:
        return []
    rows = session.exec(
        select(SeasonRow).where(SeasonRow.estate_id == estate_id, SeasonRow.kind == _SEASON_OF[kind])
    )
    return [Season(row.first_day, row.last_day) for row in rows]
