"""What a count says of a paper, question by question: what passed, in which order, and who takes a seat.

A decision has passed or not. Of a menu every option that reached the majority has passed. Of an election those who reached
it take the seats, those with the most heads first (`questions.elected`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.rules.votes.matters import matter_of
from app.rules.votes.questions import Question, QuestionKind, elected
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.tally import Result, Verdict

V = TypeVar("V", bound=Verdict)


@dataclass(frozen=True, slots=True)
class Line(Generic[V]):
    """One item of a question as counted; `seated` and `tied` only in an election."""

    label: str
    tally: V
    seated: bool = False
    tied: bool = False

    @property
    def passed(self) -> bool:
        return self.tally.result is Result.PASSED


@dataclass(frozen=True, slots=True)
class Found(Generic[V]):
    """One question as counted; `number` from 1. A decision's one line has no label, other lines come with the best first."""

    number: int
    question: Question
    lines: tuple[Line[V], ...]

    @property
    def tally(self) -> V:
        """Of any line: who took part in one item of a question took part in all of them."""
        return self.lines[0].tally

    @property
    def passed(self) -> tuple[str, ...]:
        """The labels that reached the majority."""
        return tuple(line.label for line in self.lines if line.passed)

    @property
    def seated(self) -> tuple[str, ...]:
        return tuple(line.label for line in self.lines if line.seated)

    @property
    def tied(self) -> tuple[str, ...]:
        """Who has as many heads and as much area as another for the last seats: another round decides."""
        return tuple(line.label for line in self.lines if line.tied)

    @property
    def vacant(self) -> int:
        """Seats that nobody takes."""
        return self.question.seats - len(self.seated)

    @property
    def settled(self) -> bool:
        """Whether it came to what it asked for: passed, at least one option passed, every seat taken."""
        return not self.vacant if self.question.kind is QuestionKind.ELECTION else bool(self.passed)


@dataclass(frozen=True, slots=True)
class Score:
    """A whole paper in two numbers: questions settled, options passed, or seats taken, of how many."""

    kind: str
    reached: int
    of: int


def results_of(paper: Sequence[Question], tallies: Sequence[V]) -> tuple[Found[V], ...]:
    """The tallies of all items, in the paper's order, put together to questions."""
    return tuple(_results(paper, tallies))


def _results(paper: Sequence[Question], tallies: Sequence[V]) -> Iterator[Found[V]]:
    start = 0
    for number, question in enumerate(paper, start=1):
        mine = tallies[start : start + question.size]
        start += question.size
        yield Found(number, question, tuple(_lines(question, mine)))


def _lines(question: Question, tallies: Sequence[V]) -> Iterator[Line[V]]:
    if question.kind is QuestionKind.DECISION:
        yield Line("", tallies[0])
        return
    seated: list[int] = []
    tied: list[int] = []
    if question.kind is QuestionKind.ELECTION:
        seated, tied = elected(
            question,
            {place: tally.for_heads for place, tally in enumerate(tallies)},
            {place: tally.for_area for place, tally in enumerate(tallies)},
            frozenset(place for place, tally in enumerate(tallies) if tally.result is Result.PASSED),
        )
    best = sorted(
        range(len(tallies)),
        key=lambda place: (-tallies[place].for_heads, -tallies[place].for_area, place),
    )
    for place in best:
        yield Line(question.labels[place], tallies[place], place in seated, place in tied)


def score_of(results: Sequence[Found[V]]) -> Score | None:
    """How a list says it; None for one decision, which passed or did not."""
    first = results[0]
    if len(results) > 1:
        return Score("several", sum(found.settled for found in results), len(results))
    if first.question.kind is QuestionKind.ELECTION:
        return Score("election", len(first.seated), first.question.seats)
    if first.question.kind is QuestionKind.OPTIONS:
        return Score("options", len(first.passed), len(first.lines))
    return None


def verdict_of(figures: Mapping[str, int], rules: RuleSet, matter: int) -> Verdict:
    """The tests again from the integers of a sealed count (`for_heads` and so on)."""
    names = ("total", "part", "for")
    return Verdict(
        kind=matter_of(matter).kind,
        quorum_rule=rules.quorum,
        majority_rule=rules.majority(matter),
        **{f"{name}_{unit}": figures[f"{name}_{unit}"] for name in names for unit in ("area", "heads")},
    )
