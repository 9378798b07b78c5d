"""What the answers come to: counts in whole numbers, over all and by groups large enough to be shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.rules.estates.bands import Band
from app.rules.surveys.answers import Answers, picked
from app.rules.surveys.kinds import Age, Kind
from app.rules.surveys.masking import SMALLEST, Column, Members, columns_of
from app.rules.surveys.questions import Question

# The ways in which people are grouped, the most telling for renovation first.
BAND, AGE, BUILDING = "band", "age", "building"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One home's or person's answers under the present questions, and where it stands."""

    answers: Answers
    band: Band
    age: Age
    building: str


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by group: `rows` in the order of the question's keys, each with a count for every column."""

    way: str
    columns: tuple[tuple[str, ...], ...]
    sizes: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Mean:
    """The exact mean of a scale: `total` marks over `answered` answers."""

    total: int
    answered: int

    @property
    def hundredths(self) -> int:
        """For reading only, half up."""
        return (200 * self.total + self.answered) // (2 * self.answered)


@dataclass(frozen=True, slots=True)
class Places:
    """How often an option was put on each place, and its Borda points: as many as options it was put before."""

    key: str
    counts: tuple[int, ...]
    points: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What one question came to. `counts` is None where too few answered for any figure but that.

    `counts` are by key: who chose it, who gave that mark, or, in a ranking, who put it first.
    """

    question: Question
    answered: int
    counts: tuple[tuple[str, int], ...] | None
    mean: Mean | None
    places: tuple[Places, ...]
    tables: tuple[Table, ...]


def count_answers(
    questions: Sequence[Question], sheets: Sequence[Sheet], *, least: int = SMALLEST
) -> list[Figures]:
    """The figures of every question; with `least` 1 nothing is masked, which is for the desk alone."""
    # Most questions were answered by the same people: their columns are worked out once.
    known: dict[Members, dict[str, tuple[Column, ...]]] = {}
    found = []
    for question in questions:
        who = frozenset(place for place, sheet in enumerate(sheets) if question.key in sheet.answers)
        if who not in known:
            known[who] = columns_of(_ways(sheets, who), who, least=least)
        found.append(_figures(question, sheets, who, known[who], least))
    return found


def _ways(sheets: Sequence[Sheet], who: Members) -> dict[str, Mapping[str, Members]]:
    def grouped(keys: Sequence[str], key_of: Mapping[int, str]) -> dict[str, Members]:
        return {key: frozenset(place for place in who if key_of[place] == key) for key in keys}

    buildings = {place: sheets[place].building for place in who}
    return {
        BAND: grouped([band.value for band in Band], {place: sheets[place].band.value for place in who}),
        AGE: grouped([age.value for age in Age], {place: sheets[place].age.value for place in who}),
        BUILDING: grouped(sorted(set(buildings.values())), buildings),
    }


def _figures(
    question: Question,
    sheets: Sequence[Sheet],
    who: Members,
    columns: Mapping[str, tuple[Column, ...]],
    least: int,
) -> Figures:
    given = {place: sheets[place].answers[question.key] for place in sorted(who)}
    if not given or len(given) < least:
        return Figures(question, len(given), None, None, (), ())
    if question.kind is Kind.TEXT:
        return Figures(question, len(given), (), None, (), ())
    picks = {place: _first(question, value) for place, value in given.items()}
    mean = Mean(sum(given.values()), len(given)) if question.kind is Kind.SCALE else None
    return Figures(
        question=question,
        answered=len(given),
        counts=tuple((key, _count(picks, who, key)) for key in question.keys),
        mean=mean,
        places=_places(question, list(given.values())) if question.kind is Kind.RANKING else (),
        tables=tuple(
            Table(
                way,
                tuple(column.keys for column in shown),
                tuple(len(column.members) for column in shown),
                tuple(tuple(_count(picks, column.members, key) for column in shown) for key in question.keys),
            )
            for way, shown in columns.items()
            if shown
        ),
    )


def _first(question: Question, value: object) -> tuple[str, ...]:
    keys = picked(question, value)
    return keys[:1] if question.kind is Kind.RANKING else keys


def _count(picks: Mapping[int, tuple[str, ...]], members: Members, key: str) -> int:
    return sum(key in picks[place] for place in members)


def _places(question: Question, given: Sequence[Sequence[str]]) -> tuple[Places, ...]:
    """The options by their points, the most first; equal ones in the order asked."""
    size = len(question.keys)
    lines = []
    for key in question.keys:
        counts = tuple(sum(order[place] == key for order in given) for place in range(size))
        points = sum((size - 1 - place) * number for place, number in enumerate(counts))
        lines.append(Places(key, counts, points))
    return tuple(sorted(lines, key=lambda line: -line.points))
