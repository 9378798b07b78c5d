"""The three honest rates of work orders, each a count over a count: answered in time, fixed, satisfied."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeVar

from app.errors import N_
from app.rules.calendar import BEIJING
from app.rules.maintenance.states import CLOSED, NOT_COUNTED, OrderState

Key = TypeVar("Key")

# Below this many a percentage says more about one neighbour than about the work.
LEAST_FOR_PERCENT = 5


class Rating(StrEnum):
    """What a resident said of the repair by himself."""

    SATISFIED = "satisfied"
    FAIR = "fair"
    DISSATISFIED = "dissatisfied"


class CallBack(StrEnum):
    """What staff entered after asking by telephone or at the door (回访)."""

    SATISFIED = "satisfied"
    DISSATISFIED = "dissatisfied"
    NOT_REACHED = "not_reached"


RATING_NAMES = {
    Rating.SATISFIED: N_("满意"),
    Rating.FAIR: N_("还可以"),
    Rating.DISSATISFIED: N_("不满意"),
}
CALL_BACK_NAMES = {
    CallBack.SATISFIED: N_("回访：满意"),
    CallBack.DISSATISFIED: N_("回访：不满意"),
    CallBack.NOT_REACHED: N_("回访：没有联系上"),
}
RATE_NAMES = {
    "answered": N_("响应率：按时响应的 ÷ 已到响应期限的全部工单"),
    "resolved": N_("解决率：一次修好并经居民确认的 ÷ 已办结的（不含重复和撤回，含被要求返工的）"),
    "satisfied": N_("满意率：居民评价满意的 ÷ 居民作出评价的（没有评价和自动办结的不算）"),
    "rated": N_("评价率：居民作出评价的 ÷ 已办结的"),
    "reworked": N_("返工后修好并经居民确认的 ÷ 已办结的"),
    "called_back": N_("工作人员回访中满意的 ÷ 回访联系上的，与居民自己的评价分开"),
}


class Rate(NamedTuple):
    """`top` of `n`, exact; never a rounded number that decides anything."""

    top: int
    n: int

    def tenths(self) -> int | None:
        """Tenths of a percent for display, rounded down so that only all of them are 100; None below five."""
        return self.top * 1000 // self.n if self.n >= LEAST_FOR_PERCENT else None

    def show(self) -> str:
        """`87.5%`, or the bare count where a percentage would mislead."""
        tenths = self.tenths()
        return f"{self.top}/{self.n}" if tenths is None else f"{tenths // 10}.{tenths % 10}%"


@dataclass(frozen=True, slots=True)
class Case:
    """One order as the rates see it; times are None while not reached.

    `answered_at` is when the residents were answered: accepted, or set aside with a reason. `reopened` counts
    how often the work was sent back.
    """

    state: OrderState
    response_due: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    reopened: int = 0
    rating: Rating | None = None
    call_back: CallBack | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """All that is published together: a rate without those beside it misleads."""

    answered: Rate
    resolved: Rate
    satisfied: Rate
    rated: Rate
    reworked: Rate
    called_back: Rate
    not_reached: int


def rates_of(cases: Iterable[Case], now: datetime) -> Rates:
    """The rates of these orders at `now`."""
    all_cases = list(cases)
    due = [case for case in all_cases if _was_due(case, now)]
    finished = [case for case in all_cases if _is_finished(case)]
    rated = [case for case in finished if _own_rating(case)]
    fixed = [case for case in finished if case.state is OrderState.CONFIRMED]
    reached = [case for case in finished if case.call_back not in (None, CallBack.NOT_REACHED)]
    return Rates(
        answered=_share(due, _in_time),
        # Sent back once, it was not solved at first, however it ended.
        resolved=Rate(sum(not case.reopened for case in fixed), len(finished)),
        satisfied=_share(rated, lambda case: case.rating is Rating.SATISFIED),
        rated=Rate(len(rated), len(finished)),
        reworked=Rate(sum(bool(case.reopened) for case in fixed), len(finished)),
        called_back=_share(reached, lambda case: case.call_back is CallBack.SATISFIED),
        not_reached=sum(case.call_back is CallBack.NOT_REACHED for case in finished),
    )


def rates_by(cases: Iterable[Case], key: Callable[[Case], Key], now: datetime) -> dict[Key, Rates]:
    """The rates of each group, by party, building or month, in the order the groups first appear."""
    groups: dict[Key, list[Case]] = {}
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    return {name: rates_of(group, now) for name, group in groups.items()}


def month_of(at: datetime) -> str:
    """The month in Beijing, `2026-11`."""
    return at.astimezone(BEIJING).strftime("%Y-%m")


def _share(cases: list[Case], meets: Callable[[Case], bool]) -> Rate:
    return Rate(sum(map(meets, cases)), len(cases))


def _was_due(case: Case, now: datetime) -> bool:
    """Whether an answer was owed by now; not when the order was withdrawn or merged before that, unanswered."""
    if case.response_due is None or now < case.response_due:
        return False
    dropped = case.state in NOT_COUNTED and case.answered_at is None
    return not (dropped and case.ended_at is not None and case.ended_at < case.response_due)


def _in_time(case: Case) -> bool:
    return (
        case.answered_at is not None
        and case.response_due is not None
        and case.answered_at < case.response_due
    )


def _is_finished(case: Case) -> bool:
    """Closed, or open only because the work was sent back: an order reopened must not vanish from the count."""
    return case.state not in NOT_COUNTED and (case.state in CLOSED or case.reopened > 0)


def _own_rating(case: Case) -> bool:
    return case.rating is not None and case.state in CLOSED and case.state is not OrderState.AUTO_CLOSED
