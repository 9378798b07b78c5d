"""Rules as data: what national law fixes and what it leaves to a locality or the rules of procedure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Self

from app.errors import N_, Invalid
from app.rules.votes.clashes import ClashRule
from app.rules.votes.matters import MatterClass, Threshold, matter_of
from app.rules.votes.states import ChangeRule


class BallotMode(StrEnum):
    """One ballot for each flat, or one for all the flats of a head."""

    PER_UNIT = "per_unit"
    PER_HEAD = "per_head"


class SpoiledRule(StrEnum):
    """Whether a spoiled ballot has taken part; no national rule says, so the rules of procedure must."""

    PARTICIPATING = "participating"
    NOT_PARTICIPATING = "not_participating"

    @property
    def opposite(self) -> SpoiledRule:
        return (
            SpoiledRule.NOT_PARTICIPATING if self is SpoiledRule.PARTICIPATING else SpoiledRule.PARTICIPATING
        )


class SilentRule(StrEnum):
    """Whether served owners who return nothing join the majority; contested in court, so off by default."""

    NONE = "none"
    FOLLOW_MAJORITY = "follow_majority"


class Inclusion(StrEnum):
    """Whether parking or storage units count: as area and as heads alike, or not at all."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """One version of one place's rules; frozen with the vote when notice is given."""

    code: str
    version: int
    place: str
    source: str
    quorum: Threshold
    special: Threshold
    ordinary: Threshold
    ballot_mode: BallotMode
    spoiled: SpoiledRule
    silent: SilentRule
    parking: Inclusion
    storage: Inclusion
    proxy_limit: int | None
    change: ChangeRule
    notice_days: int
    objection_days: int
    min_window_days: int
    max_window_days: int
    # What came after the first votes were noticed: a stored set without them means these.
    clash: ClashRule = ClashRule.PAPER_LOCKS
    # Days after closing in which sheets handed in before may still be entered, and by which one extension may go on.
    paper_days: int = 0
    extension_days: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.min_window_days <= self.max_window_days:
            raise _wrong("min_window_days")

    def majority(self, matter: int) -> Threshold:
        """The share of those taking part that must be in favour; raises `Invalid` (`unknown_matter`)."""
        return self.special if matter_of(matter).kind is MatterClass.SPECIAL else self.ordinary

    def to_json(self) -> dict[str, Any]:
        """Plain values only, one key per field: the form that is stored, hashed and published."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The same set back; raises `Invalid` (`bad_rules`) for a key missing, unknown or malformed."""
        if not isinstance(value, Mapping) or not _FIRST <= value.keys() <= _READERS.keys():
            raise _wrong("rules")
        return cls(**{name: _READERS[name](name, told) for name, told in value.items()})

    @staticmethod
    def read_figure(name: str, value: object) -> Any:
        """One figure from its plain form, as `from_json` reads it; raises `Invalid` (`bad_rules`)."""
        if name not in _READERS:
            raise _wrong(name)
        return _READERS[name](name, value)


def _wrong(where: str) -> Invalid:
    return Invalid(
        N_("表决规则里的“%(where)s”缺失或写法不对，请对照规则说明改正"),
        code="bad_rules",
        field=where,
        where=where,
    )


def _plain(value: object) -> object:
    if isinstance(value, Threshold):
        return {"top": value.top, "bottom": value.bottom, "strict": value.strict}
    return value.value if isinstance(value, StrEnum) else value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _wrong(name)
    return value


def _whole(least: int, most: int) -> Callable[[str, object], int]:
    def read(name: str, value: object) -> int:
        if type(value) is not int or not least <= value <= most:
            raise _wrong(name)
        return value

    return read


def _limit(name: str, value: object) -> int | None:
    return None if value is None else _whole(0, 10_000)(name, value)


def _one_of(kind: type[StrEnum]) -> Callable[[str, object], StrEnum]:
    def read(name: str, value: object) -> StrEnum:
        if not isinstance(value, str) or value not in list(kind):
            raise _wrong(name)
        return kind(value)

    return read


def _threshold(name: str, value: object) -> Threshold:
    if not isinstance(value, Mapping) or value.keys() != {"top", "bottom", "strict"}:
        raise _wrong(name)
    top, bottom, strict = value["top"], value["bottom"], value["strict"]
    if type(top) is not int or type(bottom) is not int or not isinstance(strict, bool):
        raise _wrong(name)
    # More than the whole could never be reached; less than nothing, or nothing itself, would always be.
    if not (0 < top < bottom <= 10_000 or (top == bottom == 1 and not strict)):
        raise _wrong(name)
    return Threshold(top, bottom, strict)


_DAYS = _whole(0, 3_650)
_READERS: dict[str, Callable[[str, object], Any]] = {
    "code": _text,
    "version": _whole(1, 1_000_000),
    "place": _text,
    "source": _text,
    "quorum": _threshold,
    "special": _threshold,
    "ordinary": _threshold,
    "ballot_mode": _one_of(BallotMode),
    "spoiled": _one_of(SpoiledRule),
    "silent": _one_of(SilentRule),
    "parking": _one_of(Inclusion),
    "storage": _one_of(Inclusion),
    "proxy_limit": _limit,
    "change": _one_of(ChangeRule),
    "notice_days": _DAYS,
    "objection_days": _DAYS,
    "min_window_days": _whole(1, 3_650),
    "max_window_days": _whole(1, 3_650),
    "clash": _one_of(ClashRule),
    "paper_days": _whole(0, 60),
    "extension_days": _whole(0, 90),
}
_FIRST = _READERS.keys() - {"clash", "paper_days", "extension_days"}

# Quorum and majorities: Civil Code art. 278 para. 2. Notice: 物业管理条例 art. 14. The days of the window and
# of objection have no national rule; these follow Hangzhou 2021 art. 20 and common practice.
NATIONAL = RuleSet(
    code="national",
    version=1,
    place=N_("全国"),
    source=N_("《民法典》第二百七十八条；《物业管理条例》第十四条；法释〔2009〕7号第八、九条（2020年修正）"),
    quorum=Threshold(2, 3, strict=False),
    special=Threshold(3, 4, strict=False),
    ordinary=Threshold(1, 2, strict=True),
    ballot_mode=BallotMode.PER_UNIT,
    spoiled=SpoiledRule.NOT_PARTICIPATING,
    silent=SilentRule.NONE,
    parking=Inclusion.EXCLUDE,
    storage=Inclusion.EXCLUDE,
    proxy_limit=None,
    change=ChangeRule.ONCE,
    notice_days=15,
    objection_days=10,
    min_window_days=5,
    max_window_days=60,
)
