"""Which term a clock is given: rules by category, urgency, party and place, each in force from a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.errors import N_
from app.rules.maintenance.terms import Measure, Term


class ClockKind(StrEnum):
    """Each kind runs by itself.

    RESPONSE and REPAIR face the residents and never restart when the order changes hands. PARTY_RESPONSE
    starts anew for each party, REWORK at each reopening. REFUSAL is the time in which a party may say “not
    ours”. CONFIRM is the residents' own. APPEAL is the one time after the closing in which they ask for more, be it
    rework, an appeal or a rating; its days are a setting of the estate.
    """

    RESPONSE = "response"
    PARTY_RESPONSE = "party_response"
    REFUSAL = "refusal"
    REPAIR = "repair"
    REWORK = "rework"
    CONFIRM = "confirm"
    APPEAL = "appeal"


CLOCK_NAMES = {
    ClockKind.RESPONSE: N_("响应时限"),
    ClockKind.PARTY_RESPONSE: N_("责任方接单时限"),
    ClockKind.REFUSAL: N_("退单时限"),
    ClockKind.REPAIR: N_("维修时限"),
    ClockKind.REWORK: N_("返工时限"),
    ClockKind.CONFIRM: N_("居民确认时限"),
    ClockKind.APPEAL: N_("申诉和返工期限"),
}


class Urgency(StrEnum):
    """URGENT: water, power, gas, heat or safety. Danger to life is no work order but a telephone call."""

    URGENT = "urgent"
    ORDINARY = "ordinary"
    COMPLEX = "complex"


URGENCY_NAMES = {
    Urgency.URGENT: N_("紧急"),
    Urgency.ORDINARY: N_("一般"),
    Urgency.COMPLEX: N_("复杂"),
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What an order is, as far as clocks care; the place type is private or common."""

    category: str
    urgency: Urgency
    party: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: an empty field fits everything; in force from `valid_from` through `valid_to`."""

    clock: ClockKind
    term: Term
    valid_from: date
    valid_to: date | None = None
    category: str = ""
    urgency: Urgency | None = None
    party: str = ""
    place: str = ""

    def fits(self, clock: ClockKind, order: Situation, on: date) -> bool:
        return (
            self.clock is clock
            and self.valid_from <= on
            and (self.valid_to is None or on <= self.valid_to)
            and self.category in ("", order.category)
            and self.urgency in (None, order.urgency)
            and self.party in ("", order.party)
            and self.place in ("", order.place)
        )

    def precision(self) -> tuple[bool, bool, bool, bool]:
        return bool(self.category), self.urgency is not None, bool(self.party), bool(self.place)


def rule_for(rules: Iterable[Rule], clock: ClockKind, order: Situation, on: date) -> Rule:
    """The rule in force on that day: more fields named first, then in the order of the fields, then the newest.

    `on` is the day the clock starts; the order keeps what it was given. Raises `LookupError` without a rule.
    """
    fitting = [rule for rule in rules if rule.fits(clock, order, on)]
    if not fitting:
        raise LookupError(f"no rule for the {clock.value} clock")
    return max(fitting, key=lambda rule: (sum(rule.precision()), rule.precision(), rule.valid_from))


# How long after closing an order may be opened again; an estate may set its own.
REOPEN_DAYS = 30


def _rule(clock: ClockKind, measure: Measure, amount: int, urgency: Urgency | None = None) -> Rule:
    return Rule(clock, Term(measure, amount), date(2020, 1, 1), urgency=urgency)


SOURCE = N_("参照北京市接诉即办标准2021年征求意见稿的时限和通行做法；小区可以自行约定")
# Emergencies 2 hours, utilities 24 hours, ordinary 7 days, complex 15 days: the draft named above. The rest is
# this product's choice. An estate's own rules come before these.
DEFAULT: Sequence[Rule] = (
    _rule(ClockKind.RESPONSE, Measure.WORKING_DAYS, 1),
    _rule(ClockKind.RESPONSE, Measure.CLOCK_HOURS, 2, Urgency.URGENT),
    _rule(ClockKind.PARTY_RESPONSE, Measure.WORKING_DAYS, 1),
    _rule(ClockKind.PARTY_RESPONSE, Measure.CLOCK_HOURS, 2, Urgency.URGENT),
    _rule(ClockKind.REFUSAL, Measure.WORKING_DAYS, 1),
    _rule(ClockKind.REFUSAL, Measure.CLOCK_HOURS, 2, Urgency.URGENT),
    _rule(ClockKind.REPAIR, Measure.CALENDAR_DAYS, 7),
    _rule(ClockKind.REPAIR, Measure.CLOCK_HOURS, 24, Urgency.URGENT),
    _rule(ClockKind.REPAIR, Measure.CALENDAR_DAYS, 15, Urgency.COMPLEX),
    _rule(ClockKind.REWORK, Measure.CALENDAR_DAYS, 3),
    _rule(ClockKind.REWORK, Measure.CLOCK_HOURS, 12, Urgency.URGENT),
    _rule(ClockKind.CONFIRM, Measure.CALENDAR_DAYS, 7),
    _rule(ClockKind.APPEAL, Measure.CALENDAR_DAYS, REOPEN_DAYS),
)
