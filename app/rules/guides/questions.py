"""Guides: what residents ask about policy, and what makes an answer."""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_, Invalid

MOST_QUESTION = 300
LEAST_QUESTION = 4
MOST_ANSWER = 2000
MOST_SOURCE = 200
# Of one person at a time: more would be a flood, and the answers would come later for all.
MOST_WAITING = 5


class QuestionState(StrEnum):
    """A question is read by all only together with its answer."""

    WAITING = "waiting"
    ANSWERED = "answered"
    REFUSED = "refused"


def ensure_asks(text: str) -> None:
    if len(text) < LEAST_QUESTION:
        raise Invalid(N_("请把问题写清楚，至少 %(least)s 个字"), field="text", least=LEAST_QUESTION)


def ensure_answers(answer: str, source: str) -> None:
    """An answer says what it rests on: an opinion is not presented as law."""
    if not answer:
        raise Invalid(N_("请写解答"), field="answer")
    if not source:
        raise Invalid(
            N_("请写依据，例如“民法典第二百七十八条”。只是个人看法的，请写“个人看法，没有文件依据”"),
            field="source",
        )
