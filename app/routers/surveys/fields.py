"""The questions of a survey as fields of a form: shown, read back as an answer sheet, and given back when refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from app.rules.surveys.answers import MOST_WORDS
from app.rules.surveys.kinds import AGE_NAMES, Kind
from app.rules.surveys.questions import Question, Questions

# What was typed, by the name of its field; a ranking has one for every option.
Typed = Mapping[str, list[str]]

AGES = tuple((age.value, name) for age, name in AGE_NAMES.items())


@dataclass(frozen=True, slots=True)
class When:
    """On which answer to which question it depends, in words and for the script; `options` are keys between spaces."""

    key: str
    options: str
    number: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question on a page. `value` is the single value, `values` several, `ranks` the place given to each option."""

    key: str
    name: str
    number: int
    kind: str
    title: str
    hint: str
    required: bool
    options: tuple[tuple[str, str], ...]
    most: int
    low: str
    high: str
    when: When | None
    value: str = ""
    values: tuple[str, ...] = ()
    ranks: Mapping[str, str] = field(default_factory=dict)
    most_words: int = MOST_WORDS


def fields_of(questions: Questions, typed: Typed) -> tuple[FieldView, ...]:
    numbers = {question.key: number for number, question in enumerate(questions, 1)}
    known = {question.key: question for question in questions}
    return tuple(_field(question, numbers, known, typed) for question in questions)


def _field(
    question: Question, numbers: Mapping[str, int], known: Mapping[str, Question], typed: Typed
) -> FieldView:
    name = f"q-{question.key}"
    values = typed.get(name, [])
    when = question.when
    return FieldView(
        key=question.key,
        name=name,
        number=numbers[question.key],
        kind=question.kind.value,
        title=question.title,
        hint=question.hint,
        required=question.required,
        options=tuple((option.key, option.text) for option in question.options),
        most=question.most,
        low=question.low,
        high=question.high,
        when=When(
            when.question,
            " ".join(when.options),
            numbers[when.question],
            tuple(option_words(known[when.question], key) for key in when.options),
        )
        if when
        else None,
        value=values[0] if values else "",
        values=tuple(values),
        ranks={key: (typed.get(f"{name}-{key}") or [""])[0] for key in question.keys},
    )


def option_words(question: Question, key: str) -> str:
    """An option's own words; a mark of a scale is its number."""
    return key if question.kind is Kind.SCALE else question.text_of(key)


async def _typed(request: Request) -> Typed:
    sent = await request.form()
    return {
        name: [value for value in sent.getlist(name) if isinstance(value, str)]
        for name in sent
        if name.startswith("q-")
    }


TypedDep = Annotated[Typed, Depends(_typed)]


def read_given(questions: Questions, typed: Typed) -> dict[str, Any]:
    """A sheet out of a form; whether it can be used is asked by the rules."""
    given: dict[str, Any] = {}
    for question in questions:
        values = typed.get(f"q-{question.key}", [])
        if question.kind is Kind.RANKING:
            given[question.key] = _ranking(question, typed)
        elif question.kind is Kind.MULTIPLE:
            given[question.key] = values
        else:
            given[question.key] = values[0] if values else None
    return given


def _ranking(question: Question, typed: Typed) -> list[str] | None:
    """Options in the order of their places; None when no place was given, and one short when the places do not fit."""
    ranks = {key: (typed.get(f"q-{question.key}-{key}") or [""])[0] for key in question.keys}
    if not any(ranks.values()):
        return None
    if sorted(ranks.values()) != sorted(str(place) for place in range(1, len(ranks) + 1)):
        return [key for key in ranks if ranks[key]][: len(ranks) - 1]
    return sorted(ranks, key=lambda key: int(ranks[key]))


def typed_of(questions: Sequence[Question], answers: Mapping[str, Any]) -> Typed:
    """An answer sheet as its form would have been typed."""
    typed: dict[str, list[str]] = {}
    for question in questions:
        value = answers.get(question.key)
        if value is None:
            continue
        if question.kind is Kind.RANKING:
            typed.update({f"q-{question.key}-{key}": [str(place)] for place, key in enumerate(value, 1)})
        else:
            typed[f"q-{question.key}"] = list(value) if isinstance(value, list) else [str(value)]
    return typed


@dataclass(frozen=True, slots=True)
class Told:
    """A question with the answer that was given, in words."""

    number: int
    title: str
    words: str


def answers_in_words(questions: Questions, answers: Mapping[str, Any]) -> tuple[Told, ...]:
    return tuple(
        Told(number, question.title, _words(question, answers[question.key]))
        for number, question in enumerate(questions, 1)
        if question.key in answers
    )


def _words(question: Question, value: Any) -> str:
    if question.kind in {Kind.TEXT, Kind.SCALE}:
        return str(value)
    if question.kind is Kind.SINGLE:
        return question.text_of(value)
    if question.kind is Kind.RANKING:
        return "，".join(f"{place}. {question.text_of(key)}" for place, key in enumerate(value, 1))
    return "、".join(question.text_of(key) for key in value)
