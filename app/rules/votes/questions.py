"""What a paper asks: decisions, an election, a menu of options; and what a ballot may answer.

A question is a row of items, and each item is answered with 同意, 反对 or 弃权. A decision has one item, an election one per
candidate, a menu one per option. So one count serves all: every item is counted like a single question (Civil Code
art. 278), and a question may limit how many of its items one ballot may be for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from app.errors import N_, Invalid
from app.rules.votes.matters import matter_of
from app.rules.votes.reading import mapping, one_of, sequence, text, whole, wrong
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED

MOST_QUESTIONS: Final = 20
MOST_LABELS: Final = 60
# One answer per item of the paper, in its order: a `Choice`, or `spoiled` where paper left it unreadable.
Answers = tuple[str, ...]
_ANSWERS: Final = frozenset({*Choice, SPOILED})


class QuestionKind(StrEnum):
    DECISION = "decision"
    ELECTION = "election"
    OPTIONS = "options"


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question; `labels` are candidates or options and are empty for a decision.

    `most` limits how many of the labels one ballot may be for; `seats` how many can be elected. Both 0 for a decision.
    """

    title: str
    text: str = ""
    matter: int = 9
    kind: QuestionKind = QuestionKind.DECISION
    labels: tuple[str, ...] = ()
    most: int = 0
    seats: int = 0

    @property
    def size(self) -> int:
        """How many items it has."""
        return len(self.labels) or 1

    def to_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "text": self.text,
            "matter": self.matter,
            "kind": self.kind.value,
            "labels": list(self.labels),
            "most": self.most,
            "seats": self.seats,
        }

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The same back; raises `Invalid` (`bad_question`, `unknown_matter`) for what no paper can ask."""
        row = mapping(value, "bad_question", "questions")
        kind = one_of(QuestionKind, row.get("kind"), QuestionKind.DECISION, "bad_question", "kind")
        labels = tuple(
            text(label, "bad_question", "labels")
            for label in sequence(row.get("labels", []), "bad_question", "labels")
        )
        question = cls(
            title=text(row.get("title"), "bad_question", "title"),
            text=str(row.get("text", "")),
            matter=matter_of(row.get("matter")).code,
            kind=kind,
            labels=labels,
            most=whole(row.get("most", 0), "bad_question", "most"),
            seats=whole(row.get("seats", 0), "bad_question", "seats"),
        )
        question.ensure_sound()
        return question

    def ensure_sound(self) -> None:
        """Raises `Invalid` with the field to mend."""
        if self.kind is QuestionKind.DECISION:
            if self.labels or self.most or self.seats:
                raise wrong("bad_question", "labels")
            return
        if not 2 <= len(self.labels) <= MOST_LABELS:
            raise Invalid(
                N_("候选人或选项要有 2 到 %(most)s 个，请增减"),
                code="bad_question",
                field="labels",
                most=MOST_LABELS,
            )
        if len(set(self.labels)) < len(self.labels):
            raise Invalid(N_("有两个候选人或选项写得一样，请区分开"), code="bad_question", field="labels")
        if not 1 <= self.most <= len(self.labels):
            raise Invalid(N_("最多可选几项，要在 1 和选项总数之间"), code="bad_question", field="most")
        if self.kind is QuestionKind.ELECTION and not 1 <= self.seats <= len(self.labels):
            raise Invalid(N_("应选人数要在 1 和候选人总数之间"), code="bad_question", field="seats")


@dataclass(frozen=True)
class Item:
    """One line to answer: the place of its question on the paper, its own place on the ballot, its label if it has one."""

    place: int
    question: int
    label: str
    matter: int


def items_of(paper: Sequence[Question]) -> tuple[Item, ...]:
    """Every line of the paper, in the order in which a ballot answers them."""
    return tuple(_items(paper))


def _items(paper: Sequence[Question]) -> Iterator[Item]:
    place = 0
    for number, question in enumerate(paper):
        for label in question.labels or ("",):
            yield Item(place, number, label, question.matter)
            place += 1


def read_paper(title: str, text: str, matter: int, stored: Sequence[object]) -> tuple[Question, ...]:
    """The questions of a vote from what is stored: none stored means the one question of its title and text."""
    if not stored:
        return (Question(title=title, text=text, matter=matter),)
    if len(stored) > MOST_QUESTIONS:
        raise Invalid(
            N_("一张表决票最多 %(most)s 个问题"), code="bad_question", field="questions", most=MOST_QUESTIONS
        )
    return tuple(Question.from_json(row) for row in stored)


def field_of(question: int) -> str:
    """The name of a question's field on a form, which a refusal points to."""
    return f"choice-{question}" if question else "choice"


def ensure_answers(answers: Answers, paper: Sequence[Question], *, by_hand: bool = False) -> None:
    """Refuse a ballot that does not answer this paper; `by_hand` allows spoiled items, which only paper can have.

    Raises `Invalid`: `bad_choice` for a wrong number or word, `too_many` with the question's number when more of its items
    are answered 同意 than it allows.
    """
    allowed = _ANSWERS if by_hand else _ANSWERS - {SPOILED}
    if len(answers) != sum(question.size for question in paper) or not allowed.issuperset(answers):
        raise Invalid(N_("请对每一项选择同意、反对或弃权"), code="bad_choice", field="choice")
    start = 0
    for number, question in enumerate(paper):
        mine = answers[start : start + question.size]
        start += question.size
        if question.most and mine.count(Choice.FOR) > question.most:
            raise Invalid(
                N_("“%(title)s”最多选 %(most)s 项，请去掉几项"),
                code="too_many",
                field=field_of(number),
                title=question.title,
                most=question.most,
            )


def picked(question: Question, chosen: Sequence[int]) -> Answers:
    """The answers of an election or a menu from the places picked: for the picked, abstaining for all others.

    Who hands in such a paper has taken part in every item; a name not picked is not voted against.
    """
    return tuple(Choice.FOR if place in set(chosen) else Choice.ABSTAIN for place in range(question.size))


def elected(
    question: Question, for_heads: Mapping[int, int], for_area: Mapping[int, int], passed: frozenset[int]
) -> tuple[list[int], list[int]]:
    """Who of an election's items takes a seat, best first, and who is tied for the last seats and needs another round.

    Only items that passed the ordinary test can (`passed`, places within the question). More heads come first, then more
    area; who is equal in both across the last seat is not chosen between: no rule gives a founder's lot the power to decide.
    """
    order = sorted(passed, key=lambda place: (-for_heads[place], -for_area[place], place))
    if len(order) <= question.seats:
        return order, []
    last = order[question.seats - 1]
    edge = (for_heads[last], for_area[last])
    tied = [place for place in order if (for_heads[place], for_area[place]) == edge]
    if order.index(tied[-1]) < question.seats:
        return order[: question.seats], []
    sure = [place for place in order[: question.seats] if place not in tied]
    return sure, tied
