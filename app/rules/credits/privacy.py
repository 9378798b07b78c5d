"""What the desk may see of sums: no figure of a few people, and no total that would give one away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.rules.credits.reasons import Reason
from app.rules.votes.privacy import SMALL_SCOPE


@dataclass(frozen=True, slots=True)
class Sum:
    """Of one reason: people, lines and points."""

    reason: Reason
    people: int
    lines: int
    points: int


@dataclass(frozen=True, slots=True)
class Shown:
    """The sums that may be shown, the reasons that are too small, and the points of all, None where that would tell."""

    sums: tuple[Sum, ...]
    small: tuple[Reason, ...]
    total: int | None


def shown(sums: Sequence[Sum]) -> Shown:
    """Sums of fewer than ten people are left out; so is the total as soon as one is."""
    open_ones = tuple(one for one in sums if one.people >= SMALL_SCOPE)
    small = tuple(one.reason for one in sums if one.people < SMALL_SCOPE)
    return Shown(open_ones, small, None if small else sum(one.points for one in open_ones))
