"""Quorum and majority of a residents' meeting, compared exactly; the shares come with each meeting and its source.

城市居民委员会组织法 of 2018, art. 9: more than half must attend, more than half of those present decide. The law was revised
with effect from 2026-01-01 and its new figures are not verified here, so both shares are settings of the meeting.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.errors import N_, Invalid

MOST_PEOPLE = 99_999
MOST_DECISIONS = 20
SOURCE = "《城市居民委员会组织法》（2018 年修正）第九条；该法 2026 年 1 月 1 日起施行新修订文本，新的人数要求尚未核实"


@dataclass(frozen=True, slots=True)
class Share:
    """A share that must be exceeded: exactly half is not more than half."""

    num: int
    den: int

    def exceeded(self, part: int, whole: int) -> bool:
        """part / whole > num / den, by cross multiplication; never of nothing."""
        return whole > 0 and part * self.den > whole * self.num

    def least(self, whole: int) -> int:
        """The smallest part that exceeds the share of `whole`."""
        return whole * self.num // self.den + 1


HALF = Share(1, 2)


@dataclass(frozen=True, slots=True)
class Quorum:
    """How many there are, and the two shares to exceed."""

    eligible: int
    attend: Share
    decide: Share


@dataclass(frozen=True, slots=True)
class Hands:
    """A show of hands as counted in the room."""

    text: str
    hands_for: int
    against: int
    abstain: int

    @property
    def raised(self) -> int:
        return self.hands_for + self.against + self.abstain


class Outcome(StrEnum):
    """What became of one item."""

    PASSED = "passed"
    NOT_PASSED = "not_passed"
    TOO_FEW = "too_few"


OUTCOME_NAMES = {
    Outcome.PASSED: N_("获得通过"),
    Outcome.NOT_PASSED: N_("没有通过"),
    Outcome.TOO_FEW: N_("到会人数不够，不能作出决定"),
}


def outcome(hands: Hands, *, voters: int, quorum: Quorum) -> Outcome:
    """Too few present decide nothing; else more than the share of those present, not of those who raised a hand."""
    if not quorum.attend.exceeded(voters, quorum.eligible):
        return Outcome.TOO_FEW
    return Outcome.PASSED if quorum.decide.exceeded(hands.hands_for, voters) else Outcome.NOT_PASSED


def problems(decisions: Sequence[Hands], *, voters: int, quorum: Quorum) -> list[Invalid]:
    """All that cannot be true of the figures, in order, each with its field such as `for-2`."""
    found = []
    if quorum.eligible < 1:
        found.append(Invalid(N_("请先写明应到多少人，再登记表决"), code="no_eligible", field="voters"))
    elif not 1 <= voters <= quorum.eligible:
        found.append(
            Invalid(
                N_("有权表决的到会人数要在 1 和应到的 %(eligible)s 之间"),
                code="bad_voters",
                field="voters",
                eligible=quorum.eligible,
            )
        )
    for place, hands in enumerate(decisions, 1):
        if not hands.text.strip():
            found.append(
                Invalid(
                    N_("第 %(place)s 项没有写决定什么"),
                    code="bad_hands",
                    field=f"decision-{place}",
                    place=place,
                )
            )
        if hands.raised > voters:
            found.append(
                Invalid(
                    N_("第 %(place)s 项举手一共 %(raised)s 人，比到会的 %(voters)s 人还多，请重新核对"),
                    code="bad_hands",
                    field=f"for-{place}",
                    place=place,
                    raised=hands.raised,
                    voters=voters,
                )
            )
    return found


def ensure_share(share: Share, *, field: str) -> None:
    """A share lies between nothing and the whole; raises `Invalid`."""
    if not 0 < share.num < share.den <= 100:
        raise Invalid(N_("请写成几分之几，例如 1 和 2 是二分之一"), code="bad_share", field=field)
