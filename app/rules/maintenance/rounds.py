"""Rounds of inspection: how often they come, what a list of them holds, and what a result must say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.errors import N_, Invalid
from app.rules.text import clean_line

MOST_LINES, MOST_LINE = 20, 120
_MOST_INTERVAL = 60
# Every month has this day.
_SURE_DAY = 28
_FEBRUARY, _LEAP_DAY = 2, 29


class Every(StrEnum):
    """What an interval counts, in the words of RFC 5545."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class CountedFrom(StrEnum):
    """From when the next round is counted: the day it was planned for, or the day it was done."""

    PLANNED = "planned"
    DONE = "done"


class LineResult(StrEnum):
    """What a line of a round's list found."""

    FINE = "fine"
    FAILED = "failed"
    ABSENT = "absent"


EVERY_NAMES = {
    Every.DAILY: N_("天"),
    Every.WEEKLY: N_("周"),
    Every.MONTHLY: N_("个月"),
    Every.YEARLY: N_("年"),
}


@dataclass(frozen=True, slots=True)
class Preset:
    """A round that most estates need. `lines` and `title` are marked Chinese; `source` is '' where it is only good practice."""

    key: str
    title: str
    category: str
    every: Every
    interval: int
    lines: tuple[str, ...]
    source: str = ""


PRESETS = (
    Preset(
        "lift",
        N_("电梯维护保养"),
        "lift",
        Every.DAILY,
        15,
        (
            N_("轿厢、层门开关正常"),
            N_("平层准确"),
            N_("对讲、应急照明有效"),
            N_("机房、底坑清洁无积水"),
            N_("维保记录已张贴"),
        ),
        # 特种设备安全监察条例 art. 31: cleaned, oiled, adjusted and checked at least every fifteen days.
        N_("《特种设备安全监察条例》第三十一条：电梯应当至少每15日进行一次清洁、润滑、调整和检查"),
    ),
    Preset(
        "fire",
        N_("消防设施巡查"),
        "fire_safety",
        Every.MONTHLY,
        1,
        (
            N_("灭火器压力正常、没有过期"),
            N_("消火栓有水、配件齐全"),
            N_("疏散通道和楼道没有堵塞"),
            N_("应急照明和指示灯亮"),
        ),
    ),
    Preset(
        "roof",
        N_("雨季前屋面、落水管检查"),
        "roof_leak",
        Every.YEARLY,
        1,
        (N_("屋面没有积水、鼓包、开裂"), N_("天沟、雨水口没有堵塞"), N_("落水管完好、固定牢")),
    ),
    Preset(
        "sewer",
        N_("化粪池、下水道清掏"),
        "drainage",
        Every.MONTHLY,
        6,
        (N_("化粪池已清掏"), N_("检查井盖完好"), N_("管道排水通畅")),
    ),
)


def rule_of(every: Every, interval: int) -> str:
    """The iCalendar rule; raises `Invalid` (`bad_interval`) for an interval below one or above sixty."""
    if type(interval) is not int or not 1 <= interval <= _MOST_INTERVAL:
        raise Invalid(
            N_("间隔请填 1 到 %(most)s 的整数"), code="bad_interval", field="interval", most=_MOST_INTERVAL
        )
    return f"FREQ={every.value};INTERVAL={interval}"


def read_rule(rule: str) -> tuple[Every, int]:
    """The same back, for rules that `rule_of` wrote."""
    parts = dict(part.split("=", 1) for part in rule.split(";"))
    return Every(parts["FREQ"]), int(parts["INTERVAL"])


def rule_from(rule: str, first: date) -> str:
    """The rule as it goes on from a day: RFC 5545 leaves out a month without the 31st, a round comes on its last day."""
    every, _ = read_rule(rule)
    if every is Every.MONTHLY and first.day > _SURE_DAY:
        days = ",".join(str(day) for day in range(_SURE_DAY, first.day + 1))
        return f"{rule};BYMONTHDAY={days};BYSETPOS=-1"
    if every is Every.YEARLY and (first.month, first.day) == (_FEBRUARY, _LEAP_DAY):
        return f"{rule};BYMONTH={_FEBRUARY};BYMONTHDAY={_SURE_DAY},{_LEAP_DAY};BYSETPOS=-1"
    return rule


def read_lines(text: str) -> list[str]:
    """What a round looks at, one thing a line; raises `Invalid` naming `lines` for none, too many, or too long."""
    lines = [clean_line(line, most=MOST_LINE, field="lines") for line in text.splitlines()]
    lines = [line for line in lines if line]
    if not lines or len(lines) > MOST_LINES:
        raise Invalid(
            N_("检查项目请写 1 到 %(most)s 项，一行一项"), code="bad_lines", field="lines", most=MOST_LINES
        )
    return lines


def ensure_answered(given: Sequence[str], lines: Sequence[str]) -> None:
    """Raises `Invalid` (`unanswered`) naming the first line without a result."""
    for place, line in enumerate(lines):
        if place >= len(given) or not given[place]:
            raise Invalid(
                N_("请给“%(line)s”选一个结果"), code="unanswered", field=f"result-{place}", line=line
            )
