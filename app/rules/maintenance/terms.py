"""The term a clock gives: so many hours or days, and how they are counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self

from app.errors import N_, Invalid
from app.rules.maintenance.workcalendar import DAY

MOST_AMOUNT = 1_000


class Measure(StrEnum):
    """What a rule counts in.

    Hours run from the minute, working hours from the next opening when filed outside them. Days run from the
    midnight after the event, which is not counted itself, and end at 24:00 (Civil Code arts. 201, 203).
    """

    CLOCK_HOURS = "clock_hours"
    WORKING_HOURS = "working_hours"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"


MEASURE_NAMES = {
    Measure.CLOCK_HOURS: N_("小时（昼夜连续计算）"),
    Measure.WORKING_HOURS: N_("个工作小时（从上班时间起计算）"),
    Measure.CALENDAR_DAYS: N_("天（从第二天起计算，到最后一天24时）"),
    Measure.WORKING_DAYS: N_("个工作日（从第二天起计算，到最后一天24时）"),
}
IN_DAYS = frozenset({Measure.CALENDAR_DAYS, Measure.WORKING_DAYS})


@dataclass(frozen=True, slots=True)
class Term:
    """The time a clock gives, as its order keeps it: later rules and calendars do not move it."""

    measure: Measure
    amount: int

    def __post_init__(self) -> None:
        if type(self.amount) is not int or not 1 <= self.amount <= MOST_AMOUNT:
            raise _wrong_term()

    def length(self, extended: int = 0) -> timedelta:
        return (self.amount + extended) * (DAY if self.measure in IN_DAYS else timedelta(hours=1))

    def to_json(self) -> dict[str, Any]:
        return {"measure": self.measure.value, "amount": self.amount}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The same term back; raises `Invalid` (`bad_term`)."""
        if not isinstance(value, Mapping) or value.keys() != {"measure", "amount"}:
            raise _wrong_term()
        if value["measure"] not in list(Measure):
            raise _wrong_term()
        return cls(Measure(value["measure"]), value["amount"])


def _wrong_term() -> Invalid:
    return Invalid(
        N_("时限请选计算方式，并填 1 到 %(most)s 的整数"), code="bad_term", field="amount", most=MOST_AMOUNT
    )
