"""Rounds of inspection as pages show them: the plans with what is due next, what was found, and how many are late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.base import table_of
from app.models.maintenance.parties import Party
from app.models.maintenance.places import Place
from app.models.maintenance.upkeep import Inspection, InspectionLine, InspectionPlan
from app.rules.maintenance.rounds import CountedFrom, Every, LineResult, read_rule
from app.rules.maintenance.workcalendar import day_of
from app.services.maintenance.places import label_of, places_by_id, way_of

# Beyond this the desk says only "99+".
MOST_COUNTED = 99


@dataclass(frozen=True, slots=True)
class PlanView:
    """A round as pages show it; `next_id` is the one to be done next, None once the plan has ended."""

    id: UUID
    title: str
    place: str
    party: str
    party_id: UUID
    every: Every
    interval: int
    counted_from: CountedFrom
    source: str
    lines: tuple[str, ...]
    next_id: UUID | None
    next_due: date | None
    last_done: datetime | None
    ended: bool


@dataclass(frozen=True, slots=True)
class LineView:
    """What one line of a done round found."""

    text: str
    result: LineResult
    note: str
    order_id: UUID | None


@dataclass(frozen=True, slots=True)
class RoundView:
    """One round, done or to be done."""

    id: UUID
    plan: PlanView
    due_on: date
    done_at: datetime | None
    inspector: str
    note: str
    lines: tuple[LineView, ...]


def lines_of(plan: InspectionPlan) -> list[str]:
    """What there is to look at, one thing a line."""
    lines: Any = plan.checklist["lines"]
    return [str(line) for line in lines]


def count_late(session: Session, *, estate_id: UUID, now: datetime) -> int:
    """How many rounds should have been done before today, at most one more than `MOST_COUNTED`.

    A plan that ended has no round left to do (`rounds.end_plan`).
    """
    one = table_of(Inspection).c
    late = sa.select(sa.literal(1)).where(
        one.estate_id == estate_id, one.done_at.is_(None), one.due_on < day_of(now)
    )
    some = late.limit(MOST_COUNTED + 1).subquery()
    return int(session.connection().execute(sa.select(sa.func.count()).select_from(some)).scalar_one())


def list_plans(session: Session, *, estate_id: UUID) -> list[PlanView]:
    """All plans that go on, the one due first at the head; their number is the estate's facilities, not its past."""
    rows = session.exec(
        select(InspectionPlan, Place, Party)
        .join(Place, col(Place.id) == InspectionPlan.place_id)
        .join(Party, col(Party.id) == InspectionPlan.party_id)
        .where(InspectionPlan.estate_id == estate_id, col(InspectionPlan.ended_at).is_(None))
    ).all()
    known = places_by_id(session, estate_id=estate_id)
    following, last = _following(session, estate_id), _last(session, estate_id)
    views = [
        _shown(
            plan,
            label_of(way_of(session, place, known)),
            party,
            following.get(plan.id),
            last.get(plan.id),
        )
        for plan, place, party in rows
    ]
    return sorted(views, key=lambda view: (view.next_due or date.max, view.title))


def read_plan(session: Session, *, estate_id: UUID, plan_id: UUID) -> PlanView:
    """One plan, ended or not; `NotFound` for another estate's."""
    plan = session.exec(
        select(InspectionPlan).where(InspectionPlan.id == plan_id, InspectionPlan.estate_id == estate_id)
    ).one_or_none()
    if plan is None:
        raise NotFound(N_("没有找到这项巡检"))
    return _view(session, plan, session.get_one(Place, plan.place_id), session.get_one(Party, plan.party_id))


def _following(session: Session, estate_id: UUID) -> dict[UUID, Inspection]:
    """The round to be done next, of every plan."""
    query = select(Inspection).where(Inspection.estate_id == estate_id, col(Inspection.done_at).is_(None))
    return {one.plan_id: one for one in session.exec(query)}


def _last(session: Session, estate_id: UUID) -> dict[UUID, datetime | None]:
    """When the latest round of every plan was done."""
    one = table_of(Inspection).c
    done = sa.and_(one.estate_id == estate_id, one.done_at.is_not(None))
    latest = sa.select(one.plan_id, sa.func.max(one.due_on).label("due_on")).where(done)
    found = latest.group_by(one.plan_id).subquery().c
    query = sa.select(one.plan_id, one.done_at).where(
        done, one.plan_id == found.plan_id, one.due_on == found.due_on
    )
    return {row.plan_id: row.done_at for row in session.connection().execute(query)}


def _view(session: Session, plan: InspectionPlan, place: Place, party: Party) -> PlanView:
    query = select(Inspection).where(Inspection.plan_id == plan.id)
    following = session.exec(query.where(col(Inspection.done_at).is_(None))).first()
    last = session.exec(
        query.where(col(Inspection.done_at).is_not(None)).order_by(col(Inspection.due_on).desc()).limit(1)
    ).first()
    return _shown(plan, label_of(way_of(session, place)), party, following, last.done_at if last else None)


def _shown(
    plan: InspectionPlan, place: str, party: Party, following: Inspection | None, last_done: datetime | None
) -> PlanView:
    every, interval = read_rule(plan.rule)
    return PlanView(
        id=plan.id,
        title=plan.title,
        place=place,
        party=party.name,
        party_id=party.id,
        every=every,
        interval=interval,
        counted_from=plan.counted_from,
        source=plan.source,
        lines=tuple(lines_of(plan)),
        next_id=following.id if following else None,
        next_due=following.due_on if following else None,
        last_done=last_done,
        ended=plan.ended_at is not None,
    )


def read_round(session: Session, *, estate_id: UUID, round_id: UUID) -> RoundView:
    """One round with what it found; `NotFound` for another estate's."""
    found = session.exec(
        select(Inspection).where(Inspection.id == round_id, Inspection.estate_id == estate_id)
    ).one_or_none()
    if found is None:
        raise NotFound(N_("没有找到这次巡检"))
    plan = read_plan(session, estate_id=estate_id, plan_id=found.plan_id)
    return _views(session, plan, [found])[0]


def list_rounds(
    session: Session, *, estate_id: UUID, plan_id: UUID, before: date | None = None, limit: int = 20
) -> list[RoundView]:
    """The done rounds of a plan, the latest first, below a due day when given."""
    plan = read_plan(session, estate_id=estate_id, plan_id=plan_id)
    query = select(Inspection).where(Inspection.plan_id == plan_id, col(Inspection.done_at).is_not(None))
    if before is not None:
        query = query.where(Inspection.due_on < before)
    return _views(
        session, plan, session.exec(query.order_by(col(Inspection.due_on).desc()).limit(limit)).all()
    )


def _views(session: Session, plan: PlanView, rounds: Sequence[Inspection]) -> list[RoundView]:
    """Rounds of one plan with their lines, in one question however many there are."""
    lines: dict[UUID, list[LineView]] = {one.id: [] for one in rounds}
    for line in session.exec(
        select(InspectionLine)
        .where(col(InspectionLine.inspection_id).in_(lines))
        .order_by(col(InspectionLine.position))
    ):
        lines[line.inspection_id].append(LineView(line.text, line.result, line.note, line.order_id))
    return [
        RoundView(one.id, plan, one.due_on, one.done_at, one.inspector, one.note, tuple(lines[one.id]))
        for one in rounds
    ]
