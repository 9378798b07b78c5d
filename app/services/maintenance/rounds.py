"""Rounds of inspection: planned by an iCalendar rule, done line by line, each failed line an order by itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from dateutil.rrule import rrulestr
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.maintenance.orders import ReportSource
from app.models.maintenance.upkeep import Inspection, InspectionLine, InspectionPlan
from app.rules.maintenance.categories import category_of
from app.rules.maintenance.rounds import (
    CountedFrom,
    Every,
    LineResult,
    ensure_answered,
    read_lines,
    rule_from,
    rule_of,
)
from app.rules.maintenance.workcalendar import day_of
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.maintenance.filing import Report, file_report
from app.services.maintenance.parties import find_party, parties_of
from app.services.maintenance.places import find_place
from app.services.maintenance.rounds_reading import lines_of
from app.services.trail import Actor

Row = TypeVar("Row", InspectionPlan, Inspection)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan:
    """A plan as typed, under the id of its form; `lines` one thing to look at a line."""

    id: UUID
    place_id: UUID
    party_id: UUID
    category: str
    title: str
    every: Every
    interval: int
    counted_from: CountedFrom
    lines: str
    starts_on: date
    source: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What somebody found on one line of the list."""

    result: LineResult
    note: str


def plan_rounds(session: Session, typed: NewPlan, *, estate_id: UUID, actor: Actor, now: datetime) -> UUID:
    """A new plan with its first round on the day it starts; arriving twice is one plan. Raises `Invalid` naming the field."""
    present = session.get(InspectionPlan, typed.id)
    if present is not None:
        if (present.estate_id, present.recorded_by) != (estate_id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    find_place(session, estate_id=estate_id, place_id=typed.place_id)
    find_party(session, estate_id=estate_id, party_id=typed.party_id)
    title = clean_line(typed.title, most=80, field="title")
    if not title:
        raise Invalid(N_("请填写巡检的名称"), field="title")
    if not day_of(now) - timedelta(days=366) <= typed.starts_on <= day_of(now) + timedelta(days=366):
        raise Invalid(N_("开始日期请填前后一年以内的日子"), field="starts_on")
    plan = InspectionPlan(
        id=typed.id,
        estate_id=estate_id,
        place_id=typed.place_id,
        party_id=typed.party_id,
        category=category_of(typed.category).key,
        title=title,
        rule=rule_of(typed.every, typed.interval),
        counted_from=typed.counted_from,
        source=clean_line(typed.source, most=200, field="source"),
        checklist={"lines": read_lines(typed.lines)},
        starts_on=typed.starts_on,
        recorded_by=actor.id,
        recorded_at=now,
    )
    session.add(plan)
    session.flush()
    session.add(Inspection(estate_id=estate_id, plan_id=plan.id, due_on=plan.starts_on))
    _record(session, plan, "add", actor, now)
    return plan.id


def end_plan(session: Session, *, estate_id: UUID, plan_id: UUID, actor: Actor, now: datetime) -> None:
    """No round follows any more; the one not done yet falls away. `Conflict` when it has ended."""
    plan = _find_plan(session, estate_id, plan_id)
    if plan.ended_at is not None:
        raise Conflict(N_("这项巡检已经停止了"))
    plan.ended_at = now
    session.add(plan)
    for open_round in session.exec(
        select(Inspection).where(Inspection.plan_id == plan_id, col(Inspection.done_at).is_(None))
    ):
        session.delete(open_round)
    _record(session, plan, "end", actor, now)


def _record(session: Session, plan: InspectionPlan, verb: str, actor: Actor, now: datetime) -> None:
    session.flush()
    trail.record(
        session,
        tag=f"maintenance:plan:{verb}",
        actor=actor,
        now=now,
        estate_id=plan.estate_id,
        subject_kind="inspection_plan",
        subject_id=plan.id,
        new={"title": plan.title, "rule": plan.rule},
    )


def _find_plan(session: Session, estate_id: UUID, plan_id: UUID) -> InspectionPlan:
    query = select(InspectionPlan).where(InspectionPlan.id == plan_id, InspectionPlan.estate_id == estate_id)
    plan = session.exec(_locked(query)).one_or_none()
    if plan is None:
        raise NotFound(N_("没有找到这项巡检"))
    return plan


def _locked(query: SelectOfScalar[Row]) -> SelectOfScalar[Row]:
    """With the lock, and as it is now: the page may have read the row before."""
    return query.with_for_update(key_share=True).execution_options(populate_existing=True)


def next_due(plan: InspectionPlan, *, planned: date, done: date, taken: Collection[date] = ()) -> date:
    """The day of the round after one that was planned for a day and done on another; none of the days `taken`.

    Counted from the planned days it is the first of them after the round was done, so that a late round is not
    followed by all those missed at once. Counted from the day it was done, a round done early brings the next forward.
    """
    from_done = plan.counted_from is CountedFrom.DONE
    start = done if from_done else plan.starts_on
    rule = rrulestr(rule_from(plan.rule, start), dtstart=datetime.combine(start, time()))
    after: Any = rule.after(datetime.combine(done if from_done else max(planned, done), time()))
    due: date = after.date()
    while due in taken:
        due += timedelta(days=1)
    return due


def finish_round(
    session: Session,
    *,
    estate_id: UUID,
    round_id: UUID,
    found: Sequence[Found],
    inspector: str,
    note: str,
    actor: Actor,
    committee: bool,
    now: datetime,
) -> list[UUID]:
    """Write down what a round found, plan the next, and file an order for each line that failed; their ids.

    By the people of the plan's party, or by the committee. Raises `Conflict` for a round that is done, `Invalid` naming
    `result-N`, `note-N` or `inspector`.
    """
    plan, done = _lock_round(session, estate_id, round_id)
    _ensure_mine(session, plan, actor, committee)
    if done.done_at is not None:
        raise Conflict(N_("这次巡检已经登记过了，请刷新页面"))
    lines = lines_of(plan)
    ensure_answered([one.result for one in found], lines)
    name = clean_line(inspector, most=50, field="inspector")
    if not name:
        raise Invalid(N_("请填写巡检人的姓名或工号"), field="inspector")
    orders = _write_lines(session, plan, done, lines, found, actor, now)
    done.done_at, done.done_by, done.inspector = now, actor.id, name
    done.note = clean_text(note, most=500, field="note")
    session.add(done)
    if plan.ended_at is None:
        taken = {one.due_on for one in session.exec(select(Inspection).where(Inspection.plan_id == plan.id))}
        due = next_due(plan, planned=done.due_on, done=day_of(now), taken=taken)
        session.add(Inspection(estate_id=estate_id, plan_id=plan.id, due_on=due))
    _record(session, plan, "do", actor, now)
    return orders


def _lock_round(session: Session, estate_id: UUID, round_id: UUID) -> tuple[InspectionPlan, Inspection]:
    """The plan's lock before the round's, as whoever ends a plan takes them."""
    query = select(Inspection).where(Inspection.id == round_id, Inspection.estate_id == estate_id)
    plan_id = session.exec(
        select(Inspection.plan_id).where(Inspection.id == round_id, Inspection.estate_id == estate_id)
    ).one_or_none()
    plan = _find_plan(session, estate_id, plan_id) if plan_id else None
    found = session.exec(_locked(query)).one_or_none()
    if plan is None or found is None:
        raise NotFound(N_("没有找到这次巡检"))
    return plan, found


def _ensure_mine(session: Session, plan: InspectionPlan, actor: Actor, committee: bool) -> None:
    mine = {party.id for party in parties_of(session, estate_id=plan.estate_id, account_id=actor.id)}
    if not committee and plan.party_id not in mine:
        raise NotAllowed(N_("这项巡检由另一家单位负责"), code="not_yours")


def _write_lines(
    session: Session,
    plan: InspectionPlan,
    done: Inspection,
    lines: Sequence[str],
    found: Sequence[Found],
    actor: Actor,
    now: datetime,
) -> list[UUID]:
    orders: list[UUID] = []
    for place, (line, one) in enumerate(zip(lines, found, strict=False)):
        note = clean_text(one.note, most=500, field=f"note-{place}")
        order_id = None
        if one.result is LineResult.FAILED:
            if not note:
                raise Invalid(N_("不合格的请写明情况，会自动转成工单"), code="no_note", field=f"note-{place}")
            order_id = file_report(
                session,
                Report(
                    id=uuid4(),
                    estate_id=plan.estate_id,
                    source=ReportSource.INSPECTION,
                    place_id=plan.place_id,
                    category=plan.category,
                    text=f"{plan.title}：{line}。{note}",
                    filed_by=actor.id,
                ),
                actor=actor,
                now=now,
            )
            orders.append(order_id)
        session.add(
            InspectionLine(
                inspection_id=done.id,
                position=place,
                text=line,
                result=one.result,
                note=note,
                order_id=order_id,
            )
        )
    session.flush()
    return orders
