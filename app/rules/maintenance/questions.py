"""The questions a category asks, and the reading of their answers: one refusal for each that cannot be used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.errors import N_, Invalid, Refusal
from app.rules.maintenance.emergencies import BLOCKING, EMERGENCIES, Danger
from app.rules.text import clean_line, clean_text

MOST_LINE, MOST_TEXT = 200, 4_000
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(?:\.[0-9]{1,6})?")


class Datatype(StrEnum):
    """The words of GeoReport v2."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    ONE = "singlevaluelist"
    MANY = "multivaluelist"


@dataclass(frozen=True, slots=True)
class Value:
    """One answer to choose; a `danger` shows telephone numbers first, and a blocking one stops the form."""

    key: str
    name: str
    danger: Danger | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """`title` is a marked Chinese sentence; a question that is not `variable` is only read, never answered."""

    code: str
    title: str
    datatype: Datatype = Datatype.STRING
    required: bool = False
    values: tuple[Value, ...] = ()
    variable: bool = True


Answers = Mapping[str, Sequence[str]]


def faults_of(questions: Sequence[Question], answers: Answers) -> list[Refusal]:
    """One `Invalid` for each question whose answers cannot be used; codes `required`, `bad_answer`, `danger`."""
    faults: list[Refusal] = []
    for question in questions:
        try:
            _read(question, answers.get(question.code, ()))
        except Invalid as fault:
            faults.append(fault)
    return faults


def read_answers(questions: Sequence[Question], answers: Answers) -> dict[str, list[str]]:
    """What was answered, cleaned, by question; unknown codes are left out. Raises the first of `faults_of`."""
    read = {question.code: _read(question, answers.get(question.code, ())) for question in questions}
    return {code: values for code, values in read.items() if values}


def dangers_in(questions: Sequence[Question], answers: Answers) -> list[Danger]:
    """The dangers that the chosen answers tell of, in the order of the questions."""
    return [
        value.danger
        for question in questions
        for value in question.values
        if value.danger is not None and value.key in answers.get(question.code, ())
    ]


def _read(question: Question, given: Sequence[str]) -> list[str]:
    values = [value for value in given if value.strip()]
    if not question.variable:
        return []
    if not values:
        if question.required:
            raise Invalid(
                N_("请回答“%(title)s”"), code="required", field=question.code, title=Refusal(question.title)
            )
        return []
    if question.datatype in (Datatype.ONE, Datatype.MANY):
        return _chosen(question, list(dict.fromkeys(values)))
    if len(values) > 1:
        raise _bad(question)
    return [_typed(question, values[0])]


def _chosen(question: Question, keys: list[str]) -> list[str]:
    known = {value.key: value for value in question.values}
    if any(key not in known for key in keys) or (question.datatype is Datatype.ONE and len(keys) > 1):
        raise _bad(question)
    for key in keys:
        if (danger := known[key].danger) in BLOCKING and danger is not None:
            emergency = EMERGENCIES[danger]
            raise Invalid(
                N_("“%(title)s”有危险，不要等维修，请马上打 %(number)s；%(todo)s"),
                code="danger",
                field=question.code,
                title=Refusal(emergency.title),
                number=emergency.phones[0].number,
                todo=Refusal(emergency.todo),
            )
    return keys


def _typed(question: Question, value: str) -> str:
    match question.datatype:
        case Datatype.NUMBER:
            if not _NUMBER.fullmatch(value.strip()):
                raise _bad(question)
            return value.strip()
        case Datatype.DATETIME:
            return _instant(question, value.strip())
        case Datatype.TEXT:
            return clean_text(value, most=MOST_TEXT, field=question.code)
        case _:
            return clean_line(value, most=MOST_LINE, field=question.code)


def _instant(question: Question, text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise _bad(question) from None
    if at.tzinfo is None:
        raise _bad(question)
    return at.isoformat()


def _bad(question: Question) -> Invalid:
    return Invalid(
        N_("“%(title)s”的回答不能用，请从列出的选项里选，或按要求填写"),
        code="bad_answer",
        field=question.code,
        title=Refusal(question.title),
    )
