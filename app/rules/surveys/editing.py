"""How a questionnaire is written: questions added, changed, moved and taken out, with keys that stay their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.errors import N_, Conflict, NotFound
from app.rules.surveys.questions import (
    Condition,
    Option,
    Question,
    Questions,
    check_question,
    check_questions,
)
from app.rules.text import clean_line

NewKey = Callable[[], str]


def read_options(text: str, before: Sequence[Option], new_key: NewKey, *, most: int) -> tuple[Option, ...]:
    """Options typed one to a line. A line that was there keeps its key; any other wording is another option.

    Raises `Invalid` (field `options`) for a line that is too long.
    """
    known = {option.text: option.key for option in before}
    lines = (clean_line(line, most=most, field="options") for line in text.splitlines())
    return tuple(Option(known.get(line) or new_key(), line) for line in lines if line)


def find_question(questions: Sequence[Question], key: str) -> Question:
    found = next((question for question in questions if question.key == key), None)
    if found is None:
        raise NotFound(N_("这道题已经不在问卷里了，请从题目列表重新进入"))
    return found


def put_question(questions: Questions, question: Question) -> Questions:
    """The question in the place of the one with its key, or at the end. Raises `Invalid` when they do not hang together."""
    check_question(question)
    keys = [each.key for each in questions]
    if question.key in keys:
        changed = tuple(question if each.key == question.key else each for each in questions)
    else:
        changed = (*questions, question)
    check_questions(changed)
    return changed


def renew_key(questions: Questions, key: str, new_key: NewKey) -> Questions:
    """The question under a new key, and conditions that look at it likewise: what was answered before stays with the old."""
    find_question(questions, key)
    fresh = new_key()
    return tuple(
        replace(
            each,
            key=fresh if each.key == key else each.key,
            when=Condition(fresh, each.when.options)
            if each.when and each.when.question == key
            else each.when,
        )
        for each in questions
    )


def move_question(questions: Questions, key: str, *, up: bool) -> Questions:
    """One place up or down; at the end of the list it stays. Raises `Invalid` where a condition would look ahead."""
    place = questions.index(find_question(questions, key))
    other = place - 1 if up else place + 1
    if not 0 <= other < len(questions):
        return questions
    moved = list(questions)
    moved[place], moved[other] = moved[other], moved[place]
    check_questions(moved)
    return tuple(moved)


def remove_question(questions: Questions, key: str) -> Questions:
    """The others. Raises `Conflict` while a later question depends on it."""
    find_question(questions, key)
    for number, each in enumerate(questions, 1):
        if each.when and each.when.question == key:
            raise Conflict(
                N_("第 %(number)s 题要看这道题的回答才显示，请先改第 %(number)s 题的条件"),
                code="depended_on",
                number=number,
            )
    return tuple(each for each in questions if each.key != key)
