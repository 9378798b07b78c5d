"""Seconding (附议): how many neighbouring homes must stand behind a proposal before it is owed an answer."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from app.errors import N_, Invalid
from app.rules.calendar import BEIJING, period_end

# A fifth may by law call the whole body together: owners (物业管理条例 and the guideline 建房〔2009〕274号) or
# residents (城市居民委员会组织法 art. 10). An answer must never be dearer than a meeting.
MOST_PARTS = 20


class Scope(StrEnum):
    """How far a proposal reaches."""

    ESTATE = "estate"
    BUILDING = "building"
    ENTRANCE = "entrance"


SCOPE_NAMES = {
    Scope.ESTATE: N_("全小区"),
    Scope.BUILDING: N_("本楼栋"),
    Scope.ENTRANCE: N_("本单元"),
}


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """So many homes in a hundred, rounded up, yet no fewer than `minimum` and no more than `maximum`."""

    parts: int
    minimum: int
    maximum: int

    def needed(self, homes: int) -> int:
        """Seconding homes needed out of `homes` that could: all in scope but the proposer's own.

        At least 1, so that a scope without homes is never reached by nobody; never more than there are.
        """
        rounded_up = -(-homes * self.parts // 100)
        return max(1, min(max(rounded_up, self.minimum), self.maximum, homes))


@dataclass(frozen=True, slots=True)
class Support:
    """How far the seconding has come, in homes."""

    homes: int
    needed: int

    @property
    def reached(self) -> bool:
        return self.homes >= self.needed

    @property
    def short(self) -> int:
        """还差几户; 0 exactly when reached."""
        return max(self.needed - self.homes, 0)


@dataclass(frozen=True, slots=True)
class SupportRules:
    """One estate's thresholds and how many days a proposal may gather."""

    entrance: ScopeRule
    building: ScopeRule
    estate: ScopeRule
    gathering_days: int

    def of(self, scope: Scope) -> ScopeRule:
        return {Scope.ENTRANCE: self.entrance, Scope.BUILDING: self.building, Scope.ESTATE: self.estate}[
            scope
        ]

    def to_json(self) -> dict[str, Any]:
        """The form in which an estate's own rules are stored and published."""
        scopes = {
            scope.value: {"parts": rule.parts, "minimum": rule.minimum, "maximum": rule.maximum}
            for scope, rule in ((scope, self.of(scope)) for scope in Scope)
        }
        return {**scopes, "gathering_days": self.gathering_days}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The same rules back; raises `Invalid` (`bad_support_rules`) naming the field at fault."""
        if not isinstance(value, Mapping) or value.keys() != {*Scope, "gathering_days"}:
            raise _wrong("support")
        scopes = {scope.value: _scope_rule(scope.value, value[scope.value]) for scope in Scope}
        return cls(**scopes, gathering_days=_whole("gathering_days", value["gathering_days"], 1, 365))


def _wrong(where: str) -> Invalid:
    return Invalid(
        N_("附议规则里的“%(where)s”缺失或写法不对，请填整数，比例不超过 20，最少户数不超过最多户数"),
        code="bad_support_rules",
        field=where,
        where=where,
    )


def _whole(name: str, value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise _wrong(name)
    return value


def _scope_rule(scope: str, value: object) -> ScopeRule:
    if not isinstance(value, Mapping) or value.keys() != {"parts", "minimum", "maximum"}:
        raise _wrong(scope)
    minimum = _whole(f"{scope}.minimum", value["minimum"], 1, 10_000)
    return ScopeRule(
        parts=_whole(f"{scope}.parts", value["parts"], 1, MOST_PARTS),
        minimum=minimum,
        maximum=_whole(f"{scope}.maximum", value["maximum"], minimum, 10_000),
    )


# No national rule says; small numbers, since the essay's first complaint is that channels are blocked.
DEFAULT = SupportRules(
    entrance=ScopeRule(parts=20, minimum=2, maximum=5),
    building=ScopeRule(parts=10, minimum=3, maximum=12),
    estate=ScopeRule(parts=5, minimum=5, maximum=50),
    gathering_days=60,
)


def count_homes(seconding: Iterable[Hashable], could_second: Collection[Hashable]) -> int:
    """Homes in scope that second: one household counts once, however many of it press the button."""
    return len(set(seconding) & set(could_second))


def gathering_ends(started_at: datetime, days: int) -> datetime:
    """The instant the gathering is over: 24:00 of its last day, the day it began not counted (art. 201)."""
    return period_end(started_at, days, lambda _: False)


def days_left(ends_at: datetime, now: datetime) -> int:
    """Days in Beijing on which one may still second, today among them; 0 exactly when it is over."""
    if now >= ends_at:
        return 0
    last = (ends_at - timedelta(microseconds=1)).astimezone(BEIJING).date()
    return (last - now.astimezone(BEIJING).date()).days + 1
