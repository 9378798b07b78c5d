"""Owners who were served and stay silent: on what they join the majority, and when that is refused.

Courts differ (for: Shanghai No. 2 Intermediate Court (2022)沪02民初16号; against: the quorum of Civil Code art. 278 is mandatory),
so it is off unless the adopted rule is named, the service is proved home by home, and every ballot carries the warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from app.errors import N_, Invalid
from app.rules.text import clean_line, clean_text
from app.rules.votes.matters import MatterClass, matter_of
from app.rules.votes.questions import Question, QuestionKind, items_of
from app.rules.votes.states import LegalMode

LEAST_TEXT = 10
MOST_TEXT = 500
LEAST_SIGN_OFF = 10


@dataclass(frozen=True, slots=True)
class Silence:
    """The adopted rule word for word, the day it was adopted, and for items 6 to 8 who answers for it in law."""

    text: str
    adopted_on: date
    sign_off: str = ""

    def to_json(self) -> dict[str, object]:
        """What is stored with the vote and stands in the hash of its text."""
        return {"text": self.text, "adopted_on": self.adopted_on.isoformat(), "sign_off": self.sign_off}


def read_silence(told: Mapping[str, object]) -> Silence | None:
    """What a vote stores, back; None where the silent do not count."""
    if not told:
        return None
    return Silence(
        text=str(told["text"]),
        adopted_on=date.fromisoformat(str(told["adopted_on"])),
        sign_off=str(told.get("sign_off", "")),
    )


def typed_silence(text: str, adopted_on: str, sign_off: str) -> Silence:
    """The three fields of a form; raises `Invalid` for a text or a day that is missing."""
    clause = clean_text(text, most=MOST_TEXT, field="silent_text")
    if len(clause) < LEAST_TEXT:
        raise Invalid(
            N_("请抄写议事规则里关于未投票怎样计算的原文，至少 10 个字；没有这样的条款就不能开启"),
            code="silent_text",
            field="silent_text",
        )
    try:
        day = date.fromisoformat(adopted_on.strip())
    except ValueError:
        raise Invalid(
            N_("请填写业主大会通过这条规则的日期"), code="silent_day", field="silent_adopted_on"
        ) from None
    return Silence(clause, day, clean_line(sign_off, most=300, field="silent_sign_off"))


def ensure_silence(silence: Silence, paper: Iterable[Question], *, mode: LegalMode, today: date) -> None:
    """Raise `Invalid` where the silent may not join the majority: by the kind of the vote, or for want of a condition.

    `silent_mode` in a consultation, `silent_kind` where the paper is more than decisions, `silent_day` for a rule not
    adopted yet, `silent_sign_off` for items 6 to 8 of Civil Code art. 278 without a sign-off.
    """
    paper = tuple(paper)
    if mode is LegalMode.CONSULTATION:
        raise Invalid(
            N_("征求意见不能把没有投票的业主算进多数，请改选正式表决，或者关掉这一项"),
            code="silent_mode",
            field="silent",
        )
    if any(question.kind is not QuestionKind.DECISION for question in paper):
        raise Invalid(
            N_("选举和多个方案里挑选的表决，不能把没有投票的业主算进多数，请关掉这一项"),
            code="silent_kind",
            field="silent",
        )
    if silence.adopted_on > today:
        raise Invalid(N_("通过规则的日期还没有到，请核对"), code="silent_day", field="silent_adopted_on")
    special = any(matter_of(item.matter).kind is MatterClass.SPECIAL for item in items_of(paper))
    if special and len(silence.sign_off) < LEAST_SIGN_OFF:
        raise Invalid(
            N_(
                "筹集维修资金、改建重建、改变共有部分用途这三类事项，要先有书面法律意见：请写明谁、哪一天、根据什么同意"
            ),
            code="silent_sign_off",
            field="silent_sign_off",
        )
