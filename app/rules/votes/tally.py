"""The count: area and heads, who took part and who is in favour, each measured exactly against the rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import gcd
from typing import Final, NamedTuple

from app.errors import N_, Invalid
from app.rules.votes.matters import MatterClass, Threshold, matter_of
from app.rules.votes.rulesets import BallotMode, RuleSet, SilentRule, SpoiledRule
from app.rules.votes.states import Choice

SPOILED: Final = "spoiled"
_MIXED: Final = "mixed"
_ABSENT: Final = "absent"
_RETURNS: Final[frozenset[str | None]] = frozenset({*Choice, SPOILED, None})


class Entry(NamedTuple):
    """One unit on the roll: hundredths of a square metre, its head, what was returned for it (None: nothing).

    `served` means its ballot was provably delivered; it matters only under the silent rule.
    """

    area: int
    head: Hashable
    choice: str | None
    served: bool = False


class Result(StrEnum):
    PASSED = "passed"
    NOT_PASSED = "not_passed"
    QUORUM_NOT_MET = "quorum_not_met"


@dataclass(frozen=True)
class Measure:
    """One test on one measure: this part of that whole against a threshold."""

    threshold: Threshold
    part: int
    whole: int

    @property
    def met(self) -> bool:
        return self.threshold.reached_by(self.part, self.whole)

    @property
    def short(self) -> int:
        """还差: hundredths of a square metre, or heads; 0 exactly when met."""
        return self.threshold.short_by(self.part, self.whole)

    @property
    def fraction(self) -> str | None:
        """`5/8` in lowest terms; None of nothing."""
        if self.whole == 0:
            return None
        common = gcd(self.part, self.whole)
        return f"{self.part // common}/{self.whole // common}"


@dataclass(frozen=True)
class Measures:
    """Area and heads are separate tests; one never makes up for the other."""

    area: Measure
    heads: Measure

    @property
    def met(self) -> bool:
        return self.area.met and self.heads.met


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Six figures and the thresholds they are held against; areas in hundredths of a square metre."""

    kind: MatterClass
    quorum_rule: Threshold
    majority_rule: Threshold
    total_area: int
    total_heads: int
    part_area: int
    part_heads: int
    for_area: int
    for_heads: int

    @property
    def quorum(self) -> Measures:
        """Those who took part, of everybody in scope (Civil Code art. 278 para. 2)."""
        return Measures(
            Measure(self.quorum_rule, self.part_area, self.total_area),
            Measure(self.quorum_rule, self.part_heads, self.total_heads),
        )

    @property
    def majority(self) -> Measures:
        """Those in favour, of those who took part: abstentions are in the denominator."""
        return Measures(
            Measure(self.majority_rule, self.for_area, self.part_area),
            Measure(self.majority_rule, self.for_heads, self.part_heads),
        )

    @property
    def result(self) -> Result:
        if not self.quorum.met:
            return Result.QUORUM_NOT_MET
        return Result.PASSED if self.majority.met else Result.NOT_PASSED


@dataclass(frozen=True, kw_only=True)
class Tally(Verdict):
    """A full count: `part` is for, against, abstain, counted spoiled ballots and mixed heads together.

    `if_spoiled_otherwise` is the result the other treatment of spoiled ballots would give, when it differs;
    `without_silent`, where the silent join the majority, the count of what was returned, published beside this one.
    """

    against_area: int
    against_heads: int
    abstain_area: int
    abstain_heads: int
    spoiled_area: int
    spoiled_heads: int
    mixed_area: int
    mixed_heads: int
    spoiled_ballots: int
    if_spoiled_otherwise: Result | None = None
    without_silent: Tally | None = None


class BothTallies(NamedTuple):
    """What the silent rule changes, published side by side."""

    without_silent: Tally
    with_silent: Tally


def count(entries: Iterable[Entry], rules: RuleSet, matter: int) -> Tally:
    """Count a roll under the rules; the order of the entries changes nothing.

    Raises `Invalid`: `empty_scope` when there is nothing to count, `unknown_matter` for a matter not listed.
    """
    roll = tuple(entries)
    returned = {choice for _, _, choice, _ in roll}
    if not returned <= _RETURNS:
        raise ValueError("a ballot says for, against, abstain or spoiled")
    tally = _tally(roll, rules, matter)
    if SPOILED not in returned:
        return tally
    other = _tally(roll, replace(rules, spoiled=rules.spoiled.opposite), matter).result
    return replace(tally, if_spoiled_otherwise=other if other != tally.result else None)


def count_both(entries: Iterable[Entry], rules: RuleSet, matter: int) -> BothTallies:
    """The tally without and with the silent rule, whichever of them the rules adopt."""
    roll = tuple(entries)
    return BothTallies(
        count(roll, replace(rules, silent=SilentRule.NONE), matter),
        count(roll, replace(rules, silent=SilentRule.FOLLOW_MAJORITY), matter),
    )


def count_by_rules(entries: Iterable[Entry], rules: RuleSet, matter: int) -> Tally:
    """The count the rules adopt; where the silent join the majority, with the count without them beside it."""
    if rules.silent is SilentRule.NONE:
        return count(entries, rules, matter)
    both = count_both(entries, rules, matter)
    return replace(both.with_silent, without_silent=both.without_silent)


class _Sums(NamedTuple):
    area: dict[str, int]
    heads: dict[str, int]


def _tally(roll: Sequence[Entry], rules: RuleSet, matter: int) -> Tally:
    if rules.silent is SilentRule.FOLLOW_MAJORITY:
        roll = _with_silent(roll, rules)
    area, heads = _sums(roll, rules)
    total_area, total_heads = sum(area.values()), sum(heads.values())
    if not total_area or not total_heads:
        raise Invalid(N_("表决范围里没有房屋，请检查楼栋和单元"), code="empty_scope", field="scope")
    return Tally(
        kind=matter_of(matter).kind,
        quorum_rule=rules.quorum,
        majority_rule=rules.majority(matter),
        total_area=total_area,
        total_heads=total_heads,
        part_area=total_area - area[_ABSENT],
        part_heads=total_heads - heads[_ABSENT],
        for_area=area[Choice.FOR],
        for_heads=heads[Choice.FOR],
        against_area=area[Choice.AGAINST],
        against_heads=heads[Choice.AGAINST],
        abstain_area=area[Choice.ABSTAIN],
        abstain_heads=heads[Choice.ABSTAIN],
        spoiled_area=area[SPOILED],
        spoiled_heads=heads[SPOILED],
        mixed_area=area[_MIXED],
        mixed_heads=heads[_MIXED],
        spoiled_ballots=sum(choice == SPOILED for _, _, choice, _ in roll),
    )


def _sums(roll: Sequence[Entry], rules: RuleSet) -> _Sums:
    """Area and heads by what was said: area follows each flat, or with one ballot per head, its head."""
    uncounted = None if rules.spoiled is SpoiledRule.PARTICIPATING else SPOILED
    said = _said_by_head(roll, uncounted)
    area_of: defaultdict[str, int] = defaultdict(int)
    heads_of: defaultdict[str, int] = defaultdict(int)
    for mark in said.values():
        heads_of[mark] += 1
    if rules.ballot_mode is BallotMode.PER_HEAD:
        for area, head, _, _ in roll:
            area_of[said[head]] += area
    else:
        for area, _, choice, _ in roll:
            area_of[_ABSENT if choice is None or choice == uncounted else choice] += area
    return _Sums(area_of, heads_of)


def _said_by_head(roll: Sequence[Entry], uncounted: str | None) -> dict[Hashable, str]:
    """A head says what all its ballots say; when they differ it has taken part, neither for nor against."""
    said: dict[Hashable, str] = {}
    for _, head, choice, _ in roll:
        before = said.get(head)
        if choice is None or choice == uncounted:
            said[head] = before or _ABSENT
        elif before is None or before == _ABSENT:
            said[head] = choice
        elif before != choice:
            said[head] = _MIXED
    return said


def _with_silent(roll: Sequence[Entry], rules: RuleSet) -> Sequence[Entry]:
    """The roll with the silent joined to the leading choice.

    Silent is a head that returned nothing whatever, not even a spoiled ballot, for units provably served;
    where a head has one ballot for all its flats, all must have been served. Nobody is added unless one
    choice leads strictly both by area and by heads.
    """
    sums = _sums(roll, rules)
    leading = _leader(sums.area)
    if leading is None or leading != _leader(sums.heads):
        return roll
    all_served = rules.ballot_mode is BallotMode.PER_HEAD
    not_silent = {
        head for _, head, choice, served in roll if choice is not None or (all_served and not served)
    }
    return [
        Entry(entry.area, entry.head, leading) if entry.served and entry.head not in not_silent else entry
        for entry in roll
    ]


def _leader(sums: dict[str, int]) -> Choice | None:
    first, second, _ = sorted(Choice, key=lambda choice: sums[choice], reverse=True)
    return first if sums[first] > sums[second] else None
