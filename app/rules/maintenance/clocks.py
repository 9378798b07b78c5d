"""The clocks of a work order: the rule it was given, its pauses, how much has run, when it is due, how late it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import NamedTuple

from app.errors import N_, Conflict, Invalid
from app.rules.maintenance.terms import IN_DAYS, Measure, Term
from app.rules.maintenance.workcalendar import (
    ALWAYS,
    WORKING_DAYS,
    Hours,
    Reached,
    WorkCalendar,
    add_time,
    next_midnight,
    time_between,
)


class Level(IntEnum):
    """How much of its time a clock has used, in hundredths; each level includes what those before it do."""

    WITHIN = 0
    HALF = 50
    NEAR = 80
    DUE = 100
    DOUBLE = 200
    TRIPLE = 300


LEVEL_NAMES = {
    Level.WITHIN: N_("在时限内"),
    Level.HALF: N_("时限已过半"),
    Level.NEAR: N_("快到期"),
    Level.DUE: N_("超期"),
    Level.DOUBLE: N_("超期一倍"),
    Level.TRIPLE: N_("超期两倍"),
}


class Told(StrEnum):
    """Who hears of a level when it is reached."""

    PARTY = "party"
    RESIDENTS = "residents"
    COMMITTEE = "committee"
    STREET = "street"


TELLS: dict[Level, tuple[Told, ...]] = {
    Level.WITHIN: (),
    Level.HALF: (Told.PARTY,),
    Level.NEAR: (Told.PARTY,),
    Level.DUE: (Told.PARTY, Told.RESIDENTS),
    Level.DOUBLE: (Told.PARTY, Told.RESIDENTS, Told.COMMITTEE),
    Level.TRIPLE: (Told.PARTY, Told.RESIDENTS, Told.COMMITTEE, Told.STREET),
}


class Pause(NamedTuple):
    """A time that does not count: it ends when the work is taken up, or by itself on its end date."""

    start: datetime
    until: datetime
    resumed: datetime | None = None

    @property
    def end(self) -> datetime:
        return self.until if self.resumed is None else min(self.until, self.resumed)


@dataclass(frozen=True, slots=True)
class Run:
    """One clock of one order: from when, paused when, stopped when; `extended` is added to the term, once."""

    started: datetime
    pauses: tuple[Pause, ...] = ()
    stopped: datetime | None = None
    extended: int = 0


@dataclass(frozen=True, slots=True)
class Clock:
    """A run by a term, in somebody's hours and one version of the calendar: everything about it is computed on read."""

    run: Run
    term: Term
    calendar: WorkCalendar
    hours: Hours = WORKING_DAYS

    def elapsed(self, now: datetime) -> timedelta:
        """The time that has counted by `now`; it never shrinks."""
        end = now if self.run.stopped is None else min(now, self.run.stopped)
        total = self._counted(self._origin(), end)
        return total - sum(
            (self._counted(max(start, self._origin()), min(stop, end)) for start, stop in self._paused()),
            timedelta(0),
        )

    def length(self) -> timedelta:
        return self.term.length(self.run.extended)

    def reaches(self, level: Level) -> Reached:
        """When the level is reached, by what is known of pauses: an open one lasts until its end date.

        Provisional when the way there crosses days whose notice is not out. `WITHIN` is the start itself.
        """
        at = self._origin()
        if level is Level.WITHIN:
            return Reached(at, provisional=False)
        left = self.length() * int(level) // 100
        provisional = False
        for start, stop in self._paused():
            before = self._counted(at, start)
            if before >= left:
                break
            provisional |= before > timedelta(0) and self._add(at, before).provisional
            left -= before
            at = max(at, stop)
        reached = self._add(at, left)
        return Reached(reached.at, provisional or reached.provisional)

    def due(self) -> Reached:
        return self.reaches(Level.DUE)

    def level(self, now: datetime) -> Level:
        used, length = self.elapsed(now) * 100, self.length()
        return max(level for level in Level if used >= int(level) * length)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it ran out before it was stopped: what was answered late stays late."""
        return self.elapsed(now) >= self.length()

    def is_paused(self, now: datetime) -> bool:
        return self.run.stopped is None and any(start <= now < stop for start, stop in self._paused())

    def _origin(self) -> datetime:
        return next_midnight(self.run.started) if self.term.measure in IN_DAYS else self.run.started

    def _paused(self) -> list[tuple[datetime, datetime]]:
        """The pauses in order, as pieces that do not overlap; one that ends before it starts is none."""
        pieces: list[tuple[datetime, datetime]] = []
        for pause in sorted(self.run.pauses, key=lambda pause: pause.start):
            start = max(pause.start, pieces[-1][1]) if pieces else pause.start
            if pause.end > start:
                pieces.append((start, pause.end))
        return pieces

    def _used_hours(self) -> Hours:
        match self.term.measure:
            case Measure.WORKING_HOURS:
                return self.hours
            case Measure.WORKING_DAYS:
                return WORKING_DAYS
            case _:
                return ALWAYS

    def _counted(self, start: datetime, end: datetime) -> timedelta:
        return time_between(start, end, self._used_hours(), self.calendar)

    def _add(self, start: datetime, amount: timedelta) -> Reached:
        return add_time(start, amount, self._used_hours(), self.calendar)


def level_of(instants: Sequence[tuple[Level, datetime]], now: datetime) -> Level:
    """The level by instants that were stored, for lists that cannot compute every clock."""
    return max((level for level, at in instants if now >= at), default=Level.WITHIN)


def ensure_extendable(run: Run, amount: int, term: Term) -> None:
    """Raises `Conflict` (`extended`) for a second extension, `Invalid` (`bad_term`) for one above the term itself."""
    if run.extended:
        raise Conflict(N_("这张工单的时限已经延长过一次，不能再延长"), code="extended")
    if type(amount) is not int or not 1 <= amount <= term.amount:
        raise Invalid(
            N_("延长的时间请填 1 到 %(most)s 的整数，不能超过原来的时限"),
            code="bad_term",
            field="amount",
            most=term.amount,
        )
