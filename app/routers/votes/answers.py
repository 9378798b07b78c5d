"""The questions of a paper as form fields, and what was ticked as the answers of a ballot.

A decision is one pick of three; an election or a menu is ticks, and what is not ticked abstains. Staff who enter a sheet may
also say that a question was left unreadable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import FormData

from app.errors import N_, Invalid, Refusal
from app.rules.votes.questions import Answers, Question, QuestionKind, ensure_answers, field_of, picked
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED

Ticked = Mapping[str, tuple[str, ...]]
NONE = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on a form: its field, and what is ticked in it."""

    field: str
    question: Question
    ticked: tuple[str, ...] = ()


def asked(paper: Sequence[Question], ticked: Ticked | None = None) -> list[Asked]:
    """The paper as `votes/answers.html` draws it."""
    known = ticked or {}
    return [
        Asked(field_of(number), question, known.get(field_of(number), ()))
        for number, question in enumerate(paper)
    ]


def ticked_in(form: FormData, paper: Sequence[Question]) -> Ticked:
    """What was ticked, as typed, to fill the form again or to send it on hidden."""
    return {
        field_of(number): tuple(str(value)[:20] for value in form.getlist(field_of(number)))[:100]
        for number in range(len(paper))
    }


def ticked_of(paper: Sequence[Question], answers: Answers) -> Ticked:
    """The ticks that give these answers: a ballot shown again."""
    found: dict[str, tuple[str, ...]] = {}
    for number, question, mine in _parts(paper, answers):
        if question.kind is QuestionKind.DECISION or SPOILED in mine:
            found[field_of(number)] = (mine[0],)
        else:
            places = tuple(str(place) for place, answer in enumerate(mine) if answer == Choice.FOR)
            found[field_of(number)] = places or (NONE,)
    return found


def read_answers(
    ticked: Ticked, paper: Sequence[Question], *, by_hand: bool = False
) -> tuple[Answers, list[Refusal]]:
    """The answers, and for each question that has none yet the refusal to show at its field.

    With refusals the answers are of no use. `by_hand` allows a question to be spoiled: only a sheet can be.
    """
    answers: list[str] = []
    refusals: list[Refusal] = []
    for number, question in enumerate(paper):
        try:
            answers += _answer(question, ticked.get(field_of(number), ()), field_of(number), by_hand)
        except Invalid as refusal:
            refusals.append(refusal)
    if not refusals:
        try:
            ensure_answers(tuple(answers), paper, by_hand=by_hand)
        except Invalid as refusal:
            refusals.append(refusal)
    return tuple(answers), refusals


def _answer(question: Question, values: tuple[str, ...], field: str, by_hand: bool) -> Answers:
    if by_hand and values == (SPOILED,):
        return (SPOILED,) * question.size
    if question.kind is QuestionKind.DECISION:
        if len(values) != 1 or values[0] not in set(Choice):
            raise Invalid(N_("请选择同意、反对或弃权中的一项"), code="bad_choice", field=field)
        return (Choice(values[0]),)
    if values == (NONE,):
        return picked(question, [])
    places = [int(value) for value in values if value.isascii() and value.isdigit()]
    if not values or len(places) < len(values) or not set(places) <= set(range(question.size)):
        raise Invalid(N_("请勾选您选的几项；一项也不选，请勾“都不选”"), code="bad_choice", field=field)
    return picked(question, places)


def _parts(paper: Sequence[Question], answers: Answers) -> Iterator[tuple[int, Question, Answers]]:
    start = 0
    for number, question in enumerate(paper):
        yield number, question, answers[start : start + question.size]
        start += question.size


@dataclass(frozen=True, slots=True)
class Said:
    """One question answered, for reading: `choice` for a decision (or `spoiled`), else the labels that were picked."""

    title: str
    choice: str
    labels: tuple[str, ...]


def said(paper: Sequence[Question], answers: Answers) -> list[Said]:
    """A ballot in words, question by question."""
    return [
        Said(question.title, mine[0], ())
        if question.kind is QuestionKind.DECISION or SPOILED in mine
        else Said(
            question.title,
            "",
            tuple(label for label, answer in zip(question.labels, mine, strict=True) if answer == Choice.FOR),
        )
        for _, question, mine in _parts(paper, answers)
    ]
