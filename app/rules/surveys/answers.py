"""What a person answered, held against the questions he was asked, and what still stands when they have changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import N_, Invalid
from app.rules.surveys.kinds import Kind
from app.rules.surveys.questions import MARKS, Question
from app.rules.text import clean_text

MOST_WORDS = 500

# By question: a key, keys in their order, a number from 1 to 5, or words.
Answers = dict[str, Any]


def picked(question: Question, value: Any) -> tuple[str, ...]:
    """The keys that an answer is made of, nothing for words."""
    if value is None or question.kind is Kind.TEXT:
        return ()
    if question.kind in {Kind.SINGLE, Kind.SCALE}:
        return (str(value),)
    return tuple(value)


def is_asked(question: Question, questions: Sequence[Question], answers: Mapping[str, Any]) -> bool:
    """Whether the answers given so far, to questions that were asked themselves, lead to this one."""
    if question.when is None:
        return True
    leading = next(each for each in questions if each.key == question.when.question)
    return bool(set(picked(leading, answers.get(leading.key))) & set(question.when.options))


def read_answers(questions: Sequence[Question], given: Mapping[str, Any]) -> Answers:
    """The sheet as it counts: in the order asked, without what was left blank or was answered though not asked.

    Raises `Invalid` with the field `q-KEY`: a question or option the edition has not, more than may be chosen, a
    ranking that does not name each option once, and no answer where one is required.
    """
    unknown = set(given) - {question.key for question in questions}
    if unknown:
        raise Invalid(
            N_("答卷里有这一版问卷没有的题目，请核对用的是哪一版问卷"), code="unknown_question", field=""
        )
    answers: Answers = {}
    for number, question in enumerate(questions, 1):
        if not is_asked(question, questions, answers):
            continue
        value = _read(question, given.get(question.key), number)
        if value is not None:
            answers[question.key] = value
        elif question.required:
            raise _wrong(question, N_("第 %(number)s 题要回答才能交"), "required", number=number)
    return answers


def _read(question: Question, value: Any, number: int) -> Any:
    """None for a blank."""
    if value is None or value in ("", []):
        return None
    if question.kind is Kind.TEXT:
        if not isinstance(value, str):
            raise _unknown(question, number)
        return clean_text(value, most=MOST_WORDS, field=f"q-{question.key}") or None
    if question.kind is Kind.SCALE:
        # A form sends text, a device a number; a bool is an int in Python and no mark.
        if isinstance(value, bool) or str(value) not in MARKS:
            raise _unknown(question, number)
        return int(value)
    if question.kind is Kind.SINGLE:
        if not isinstance(value, str) or value not in question.keys:
            raise _unknown(question, number)
        return value
    return _read_several(question, value, number)


def _read_several(question: Question, value: Any, number: int) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(key, str) for key in value):
        raise _unknown(question, number)
    if not set(value) <= set(question.keys):
        raise _unknown(question, number)
    if question.kind is Kind.RANKING:
        if len(value) != len(question.keys) or len(set(value)) != len(value):
            raise _wrong(
                question, N_("第 %(number)s 题请给每一项排一个名次，不要重复"), "not_a_ranking", number=number
            )
        return value
    chosen = [key for key in question.keys if key in value]
    if question.most and len(chosen) > question.most:
        raise _wrong(
            question,
            N_("第 %(number)s 题最多选 %(most)s 项，您选了 %(chosen)s 项"),
            "too_many",
            number=number,
            most=question.most,
            chosen=len(chosen),
        )
    return chosen


def _unknown(question: Question, number: int) -> Invalid:
    return _wrong(
        question, N_("第 %(number)s 题选了问卷里没有的选项，请重新选"), "unknown_option", number=number
    )


def _wrong(question: Question, message: str, code: str, **values: Any) -> Invalid:
    return Invalid(message, code=code, field=f"q-{question.key}", **values)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A sheet under the present questions: what counts, and the titles of those whose answer no longer does."""

    answers: Answers
    lost: tuple[str, ...]


def map_answers(answers: Mapping[str, Any], asked: Sequence[Question], present: Sequence[Question]) -> Mapped:
    """What of a sheet to `asked` still counts under `present`: by the keys of questions and options, never by their words.

    The sheet itself is kept whole. Options that are gone fall out of several chosen; a ranking stands only while it
    names every option there is now.
    """
    now = {question.key: question for question in present}
    standing: Answers = {}
    lost: list[str] = []
    for question in asked:
        if question.key not in answers:
            continue
        value, whole = _carry(question, answers[question.key], now.get(question.key))
        if value is not None:
            standing[question.key] = value
        if not whole:
            lost.append(question.title)
    counted: Answers = {}
    for question in present:
        if question.key not in standing:
            continue
        if is_asked(question, present, counted):
            counted[question.key] = standing[question.key]
        else:
            lost.append(question.title)
    return Mapped(counted, tuple(dict.fromkeys(lost)))


def _carry(old: Question, value: Any, new: Question | None) -> tuple[Any, bool]:
    """What the answer is to the question as it stands now, None for nothing; and whether all of it could be taken along."""
    if new is None or new.kind is not old.kind:
        return None, False
    if new.kind in {Kind.TEXT, Kind.SCALE}:
        return value, True
    if new.kind is Kind.SINGLE:
        return (value, True) if value in new.keys else (None, False)
    kept = [key for key in value if key in new.keys]
    if new.kind is Kind.RANKING:
        whole = set(kept) == set(new.keys)
        return (kept, len(kept) == len(value)) if whole else (None, False)
    if new.most and len(kept) > new.most:
        return None, False
    return kept or None, len(kept) == len(value)
