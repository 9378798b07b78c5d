"""Tell of the levels that the clocks of an order have reached: the party, the residents, the committee, the street office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.models.maintenance.clocks import OrderClock
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.parties import Party
from app.rules.maintenance.clockrules import CLOCK_NAMES, ClockKind
from app.rules.maintenance.clocks import TELLS, Level, Told
from app.rules.maintenance.responsible import PartyKind, holding
from app.rules.maintenance.runs import runs_of
from app.services import outbox, trail
from app.services.estates.standing import get_estate
from app.services.maintenance.clocks import clock_of, history_of, rows_of
from app.services.maintenance.confirming import close_unanswered
from app.services.maintenance.handing import as_rule, handings_of
from app.services.maintenance.telling import committee_of, people_of_party, residents_of, tell
from app.services.proposals.settings import read_settings
from app.services.trail import SYSTEM

# What is promised to the residents is told to all; the party's own time to the party alone.
_PROMISED = (ClockKind.RESPONSE, ClockKind.REPAIR, ClockKind.REWORK)
_TO_TAKE = ClockKind.PARTY_RESPONSE


@dataclass(frozen=True, slots=True)
class Reached:
    """A level that a running clock has come to and nobody was told of yet."""

    row: OrderClock
    level: Level

    @property
    def kind(self) -> ClockKind:
        return self.row.clock

    @property
    def occasion(self) -> str:
        return f"{self.kind.value}:{self.row.round}:{int(self.level)}"

    def values(self) -> dict[str, object]:
        return {
            "clock": CLOCK_NAMES[self.kind],
            "due": self.row.due_at.isoformat(),
            "level": int(self.level),
        }


def tell_levels(session: Session, order: WorkOrder, *, now: datetime) -> None:
    """Tell once of each level reached, of several at once only the highest; the order's lock is held.

    The confirmation that nobody gave in time is settled here too.
    """
    reached = _reached(session, order, now)
    for one in reached:
        one.row.told = int(one.level)
        session.add(one.row)
    promised = [one for one in reached if one.kind in _PROMISED]
    _tell_party(session, order, [one for one in reached if one.kind in (*_PROMISED, _TO_TAKE)], now)
    for one in promised:
        _tell_others(session, order, one, now)
    for one in reached:
        if one.kind is ClockKind.REFUSAL and one.level >= Level.DUE:
            _ask_for_ruling(session, order, now)
        if one.kind is ClockKind.CONFIRM:
            _remind_or_settle(session, order, one, now)


def _reached(session: Session, order: WorkOrder, now: datetime) -> list[Reached]:
    rows = {row.clock: row for row in rows_of(session, order.id)}
    found = []
    for kind, run in runs_of(history_of(session, order.id)).items():
        if run.stopped is not None or kind is ClockKind.APPEAL:
            continue
        level = clock_of(session, rows[kind], run).level(now)
        if int(level) > rows[kind].told:
            found.append(Reached(rows[kind], level))
    return found


def _tell_party(session: Session, order: WorkOrder, reached: Sequence[Reached], now: datetime) -> None:
    """One message about the clock that stands worst: several often reach a level in the same minute."""
    if not reached:
        return
    worst = max(reached, key=lambda one: (one.level, one.kind in _PROMISED))
    tell(
        session,
        order,
        people_of_party(session, order, order.party_id),
        template="order_late" if worst.level >= Level.DUE else "order_due_soon",
        occasion=worst.occasion,
        now=now,
        values=worst.values(),
    )


def _tell_others(session: Session, order: WorkOrder, reached: Reached, now: datetime) -> None:
    told = TELLS[reached.level]
    street = Told.STREET in told and _text_street(session, order, reached, now)
    values = {**reached.values(), "street": street}
    if Told.RESIDENTS in told:
        people = residents_of(session, order)
        tell(
            session,
            order,
            people,
            template="order_overdue",
            occasion=reached.occasion,
            now=now,
            values=values,
        )
    if Told.COMMITTEE in told:
        staff = committee_of(session, order.estate_id)
        tell(
            session,
            order,
            staff,
            template="order_escalated",
            occasion=reached.occasion,
            now=now,
            values=values,
        )
    if reached.level >= Level.DUE:
        trail.record(
            session,
            tag="maintenance:order:overdue",
            actor=SYSTEM,
            now=now,
            estate_id=order.estate_id,
            subject_kind="work_order",
            subject_id=order.id,
            new={"clock": reached.kind.value, "level": int(reached.level), "street": street},
        )


def _text_street(session: Session, order: WorkOrder, reached: Reached, now: datetime) -> bool:
    """A text to the street office; False where it left no number, and then nobody says that it was told."""
    phone = read_settings(session, estate_id=order.estate_id).street_phone
    if phone:
        outbox.post(
            session,
            outbox.Draft(
                key=f"order_street:{order.id}:{reached.occasion}",
                template="order_street",
                now=now,
                phone=phone,
                estate_id=order.estate_id,
                values={
                    "number": order.number,
                    "estate": get_estate(session, estate_id=order.estate_id).name,
                    **reached.values(),
                },
            ),
        )
    return bool(phone)


def _ask_for_ruling(session: Session, order: WorkOrder, now: datetime) -> None:
    """A party that was asked and said nothing: silence is no acceptance, the committee decides who must."""
    handings = handings_of(session, order.id)
    if not handings or handings[-1].reply is not None or handings[-1].ruled:
        return
    asked = session.get_one(Party, handings[-1].party_id)
    if asked.kind is PartyKind.COMMITTEE or not holding([as_rule(one) for one in handings], now).needs_ruling:
        return
    tell(
        session,
        order,
        committee_of(session, order.estate_id),
        template="order_needs_ruling",
        occasion=str(handings[-1].seq),
        now=now,
        values={"party": asked.name},
    )


def _remind_or_settle(session: Session, order: WorkOrder, reached: Reached, now: datetime) -> None:
    if reached.level >= Level.DUE:
        close_unanswered(session, order, now=now)
        return
    tell(
        session,
        order,
        residents_of(session, order),
        template="order_confirm_soon",
        occasion=reached.occasion,
        now=now,
        values=reached.values(),
    )
