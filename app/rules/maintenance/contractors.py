"""The public table of contractors: what went wrong with what each one built, and how it was put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from app.rules.maintenance.rates import Rate
from app.rules.maintenance.states import NOT_COUNTED, OrderState


@dataclass(frozen=True, slots=True)
class Work:
    """One order about what a contractor built; `took` is from filing to the repair, None while not repaired."""

    state: OrderState
    in_warranty: bool
    reopened: int = 0
    came_back: bool = False
    overdue: bool = False
    took: timedelta | None = None


class PerHundred(NamedTuple):
    """Faults to a number of households, exact; shown per hundred."""

    faults: int
    households: int

    def tenths(self) -> int | None:
        """Tenths of a fault per hundred households, rounded up, so that no fault shows as none."""
        return -(-self.faults * 1000 // self.households) if self.households else None

    def show(self) -> str:
        """`8.4`; "" without households."""
        tenths = self.tenths()
        return "" if tenths is None else f"{tenths // 10}.{tenths % 10}"


@dataclass(frozen=True, slots=True)
class Line:
    """One contractor's line; `median` is of the repaired alone, and `repaired` says of how many."""

    faults: PerHundred
    in_warranty: Rate
    reworked: Rate
    overdue: Rate
    median: timedelta | None
    repaired: int

    @property
    def median_days(self) -> int | None:
        """The median as shown; None where nothing was repaired."""
        return None if self.median is None else whole_days(self.median)


def line_of(works: Sequence[Work], households: int) -> Line:
    """The line for these orders; duplicates and withdrawn ones are left out.

    Rework is what was sent back, or whose fault `came_back` by the recurrence rule, over what was repaired.
    """
    counted = [work for work in works if work.state not in NOT_COUNTED]
    times = sorted(work.took for work in counted if work.took is not None)
    done = [work for work in counted if work.took is not None or work.reopened]
    return Line(
        faults=PerHundred(len(counted), households),
        in_warranty=Rate(sum(work.in_warranty for work in counted), len(counted)),
        reworked=Rate(sum(bool(work.reopened) or work.came_back for work in done), len(done)),
        overdue=Rate(sum(work.overdue for work in counted), len(counted)),
        median=median(times),
        repaired=len(times),
    )


def median(times: Sequence[timedelta]) -> timedelta | None:
    """The middle of sorted times, halfway between two when their number is even; None of none."""
    if not times:
        return None
    return (times[(len(times) - 1) // 2] + times[len(times) // 2]) // 2


def whole_days(took: timedelta) -> int:
    """For display: days begun count as days."""
    return -(-took // timedelta(days=1))
