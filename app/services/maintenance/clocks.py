"""The clocks of an order: each run gets its term by the rules of its first day and keeps it; all else is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.maintenance.clocks import ClockRule, OrderClock
from app.models.maintenance.orders import OrderMove, WorkOrder
from app.models.maintenance.parties import Party
from app.rules.maintenance.clockrules import DEFAULT, ClockKind, Rule, Situation, rule_for
from app.rules.maintenance.clocks import Clock, Level, Run
from app.rules.maintenance.runs import Step, runs_of
from app.rules.maintenance.states import CLOSED
from app.rules.maintenance.terms import Measure, Term
from app.rules.maintenance.workcalendar import Hours, day_of, read_hours, show_hours
from app.services.maintenance.calendar import load_calendar
from app.services.maintenance.estate_settings import settings_of
from app.services.maintenance.parties import hours_of

# What the residents wait for, the nearest first; an appeal is their own time and no promise to them.
FACING = (ClockKind.CONFIRM, ClockKind.REWORK, ClockKind.REPAIR, ClockKind.RESPONSE)
_LEVELS = tuple(level for level in Level if level is not Level.WITHIN)


@dataclass(frozen=True, slots=True)
class ClockView:
    """One clock as pages show it, exact at the instant of reading; `elapsed` and `length` in whole seconds."""

    kind: ClockKind
    term: Term
    extended: int
    started_at: datetime
    stopped_at: datetime | None
    due_at: datetime
    provisional: bool
    level: Level
    overdue: bool
    paused: bool
    elapsed: int
    length: int


def history_of(session: Session, order_id: UUID) -> list[Step]:
    """Every step of an order as the clocks read it."""
    moves = session.exec(select(OrderMove).where(OrderMove.order_id == order_id).order_by(col(OrderMove.seq)))
    return [Step(move.state, move.at, str(move.party_id or ""), move.until) for move in moves]


def rows_of(session: Session, order_id: UUID) -> list[OrderClock]:
    """All runs that were ever given a term, in the order they started."""
    query = select(OrderClock).where(OrderClock.order_id == order_id)
    return list(session.exec(query.order_by(col(OrderClock.started_at), col(OrderClock.clock))))


def clock_of(session: Session, row: OrderClock, run: Run) -> Clock:
    """The clock of a row: its own term, extension, hours and calendar; when it ran is read from the history."""
    hours = read_hours(row.hours, every_day=row.every_day)
    calendar = load_calendar(session, version=row.calendar_version)
    return Clock(replace(run, extended=row.extended), Term(row.measure, row.amount), calendar, hours)


def follow_history(session: Session, order: WorkOrder, *, now: datetime) -> None:
    """Bring the stored clocks in line with the history: new runs get a term, stopped ones their end.

    Also sets what lists read of the order: `due_*`, `response_due_at`, `overdue`, `next_look_at`. To be called under the
    order's lock after every step, every extension and every change of the calendar.
    """
    runs = runs_of(history_of(session, order.id))
    latest = {row.clock: row for row in rows_of(session, order.id)}
    for kind, run in runs.items():
        row = latest.get(kind)
        if row is None or row.started_at != run.started:
            latest[kind] = _give(session, order, kind, run, 0 if row is None else row.round + 1)
    clocks: dict[ClockKind, Clock] = {}
    for kind, run in runs.items():
        row = latest[kind]
        clock = clock_of(session, row, run)
        due = clock.due()
        row.stopped_at, row.due_at, row.provisional = run.stopped, due.at, due.provisional
        session.add(row)
        clocks[kind] = clock
    _summarise(order, clocks, latest, now)
    session.add(order)
    session.flush()


def _give(session: Session, order: WorkOrder, kind: ClockKind, run: Run, number: int) -> OrderClock:
    party = session.get(Party, order.party_id) if order.party_id else None
    rule = applicable_rule(session, order, kind, run.started)
    calendar = load_calendar(session)
    hours: Hours = hours_of(party)
    due = Clock(run, rule.term, calendar, hours).due()
    return OrderClock(
        order_id=order.id,
        clock=kind,
        round=number,
        started_at=run.started,
        measure=rule.term.measure,
        amount=rule.term.amount,
        hours=show_hours(hours),
        every_day=hours.every_day,
        calendar_version=calendar.version,
        due_at=due.at,
        provisional=due.provisional,
    )


def applicable_rule(session: Session, order: WorkOrder, kind: ClockKind, at: datetime) -> Rule:
    """The rule in force on the day in Beijing: the estate's own where one fits, else the product's.

    The time to ask for more after the closing is one of the estate's settings.
    """
    if kind is ClockKind.APPEAL:
        days = settings_of(session, order.estate_id).reopen_days
        return Rule(kind, Term(Measure.CALENDAR_DAYS, days), day_of(at))
    situation = Situation(
        category=order.category,
        urgency=order.urgency,
        party=str(order.party_id or ""),
        place="private" if order.private else "common",
    )
    rows = session.exec(
        select(ClockRule).where(ClockRule.estate_id == order.estate_id, ClockRule.clock == kind)
    )
    on = day_of(at)
    try:
        return rule_for([_rule(row) for row in rows], kind, situation, on)
    except LookupError:
        return rule_for(DEFAULT, kind, situation, on)


def _rule(row: ClockRule) -> Rule:
    return Rule(
        clock=row.clock,
        term=Term(row.measure, row.amount),
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        category=row.category,
        urgency=row.urgency,
        party=str(row.party_id or ""),
        place=row.place,
    )


def _summarise(
    order: WorkOrder, clocks: dict[ClockKind, Clock], rows: dict[ClockKind, OrderClock], now: datetime
) -> None:
    running = {kind: clock for kind, clock in clocks.items() if clock.run.stopped is None}
    facing = next((kind for kind in FACING if kind in running), None)
    order.due_clock = facing
    order.due_at = rows[facing].due_at if facing else None
    order.due_provisional = rows[facing].provisional if facing else False
    if ClockKind.RESPONSE in rows:
        order.response_due_at = rows[ClockKind.RESPONSE].due_at
    worked = [clocks[kind] for kind in (ClockKind.REPAIR, ClockKind.REWORK) if kind in clocks]
    order.overdue = order.overdue or any(
        clock.run.stopped is not None and clock.is_overdue(now) for clock in worked
    )
    order.next_look_at = _next_look(order, running, rows)


def _next_look(
    order: WorkOrder, running: dict[ClockKind, Clock], rows: dict[ClockKind, OrderClock]
) -> datetime | None:
    """When a running clock reaches the next level it has not told of, or a pause ends."""
    instants = []
    for kind, clock in running.items():
        if kind is ClockKind.APPEAL:
            continue
        untold = next((level for level in _LEVELS if int(level) > rows[kind].told), None)
        if untold is not None:
            instants.append(clock.reaches(untold).at)
        instants += [pause.until for pause in clock.run.pauses if pause.resumed is None]
    return None if order.state in CLOSED or order.held else min(instants, default=None)


def asks_until(session: Session, order: WorkOrder) -> datetime | None:
    """Until when a closed order may be opened again, appealed against and rated; None while it is open or withdrawn.

    The order keeps what it was given at its closing, whatever the estate sets later.
    """
    if order.closed_at is None:
        return None
    query = select(OrderClock.due_at).where(
        OrderClock.order_id == order.id,
        OrderClock.clock == ClockKind.APPEAL,
        OrderClock.started_at == order.closed_at,
    )
    return session.exec(query).one_or_none()


def read_clocks(session: Session, *, order_id: UUID, now: datetime) -> Sequence[ClockView]:
    """The latest run of each clock, computed at `now`: a job that stopped hides nothing here."""
    runs = runs_of(history_of(session, order_id))
    latest = {row.clock: row for row in rows_of(session, order_id)}
    views = []
    for kind, row in latest.items():
        run = runs[kind]
        clock = clock_of(session, row, run)
        due = clock.due()
        views.append(
            ClockView(
                kind=kind,
                term=clock.term,
                extended=row.extended,
                started_at=run.started,
                stopped_at=run.stopped,
                due_at=due.at,
                provisional=due.provisional,
                level=clock.level(now),
                overdue=clock.is_overdue(now),
                paused=clock.is_paused(now),
                elapsed=int(clock.elapsed(now).total_seconds()),
                length=int(clock.length().total_seconds()),
            )
        )
    return views
