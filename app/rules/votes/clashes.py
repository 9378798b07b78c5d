"""Two ballots of one home by two ways: which counts, by the vote's published rule. Both are kept in any case.

No national rule says so (law.md knows none); the rules of procedure do, and the notice prints what they say.
"""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_, Conflict
from app.rules.votes.states import ChangeRule


class ClashRule(StrEnum):
    """A signed sheet counts and ends the home's vote; or whatever was handed in first counts."""

    PAPER_LOCKS = "paper_locks"
    FIRST = "first"


class Way(StrEnum):
    """Whose hand a ballot came by: the owner's own (phone, or assisted), an agent's, or a signed sheet."""

    OWN = "own"
    AGENT = "agent"
    PAPER = "paper"


class Fate(StrEnum):
    """What becomes of a ballot that finds another one there: it takes its place, or is kept beside it and not counted."""

    REPLACES = "replaces"
    KEPT = "kept"


def settle(was: Way | None, way: Way, *, clash: ClashRule, change: ChangeRule, earlier: bool = False) -> Fate:
    """Whether a ballot that comes by `way` counts, when one that came by `was` counts now; `earlier`: it was handed in before that.

    Raises `Conflict` for a ballot that is refused at the door, so that its owner can act: `paper_counts` after a signed sheet,
    `owner_voted` for an agent after the owner, `already_cast` when the rule allows no change. A sheet is never
    refused at the door, for it was signed and handed in: it is kept.
    """
    if was is None:
        return Fate.REPLACES
    if way is Way.PAPER:
        counts = was is not Way.PAPER and (clash is ClashRule.PAPER_LOCKS or earlier)
        return Fate.REPLACES if counts else Fate.KEPT
    if was is Way.PAPER:
        raise Conflict(N_("这套房屋已经交了纸质表决票，以纸质票为准，不能再用手机投票"), code="paper_counts")
    if was is Way.OWN and way is Way.AGENT:
        # The owner always beats his agent, whatever may be changed.
        raise Conflict(N_("业主本人已经为这套房屋投票，代理人不能再投"), code="owner_voted")
    if change is ChangeRule.ONCE:
        raise Conflict(N_("这套房屋已经投过票，本次表决规定投票后不能更改"), code="already_cast")
    return Fate.REPLACES
