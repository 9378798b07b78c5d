"""What a questionnaire is made of, when it is fit to be asked, and the form in which an edition keeps it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from app.errors import N_, Invalid
from app.rules.surveys.kinds import Kind

MOST_QUESTIONS, MOST_OPTIONS = 60, 40
MOST_TITLE, MOST_HINT, MOST_OPTION, MOST_END = 100, 200, 60, 20
MARKS = ("1", "2", "3", "4", "5")

_CHOICES = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.RANKING})
# What a later question may depend on: an answer that is one or several of a few known things.
LEADING = frozenset({Kind.SINGLE, Kind.MULTIPLE, Kind.SCALE})


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose; `key` stays when the list around it changes."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Only who gave one of these answers to an earlier question is asked."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `most` is how many may be chosen, 0 for any number; `low` and `high` name the ends of a scale."""

    key: str
    kind: Kind
    title: str
    hint: str = ""
    required: bool = False
    options: tuple[Option, ...] = ()
    most: int = 0
    low: str = ""
    high: str = ""
    when: Condition | None = None

    @property
    def has_options(self) -> bool:
        return self.kind in _CHOICES

    @property
    def keys(self) -> tuple[str, ...]:
        """What an answer can be made of; nothing for free text."""
        if self.kind is Kind.SCALE:
            return MARKS
        return tuple(option.key for option in self.options)

    def text_of(self, key: str) -> str:
        return next((option.text for option in self.options if option.key == key), key)


Questions = tuple[Question, ...]


def check_question(question: Question) -> None:
    """Whether the question can be asked at all; raises `Invalid` naming the field of its form."""
    if not question.title:
        raise Invalid(N_("请写题目"), field="title")
    if question.has_options:
        _check_options(question)
    if question.kind is Kind.MULTIPLE and not 0 <= question.most <= len(question.options):
        raise Invalid(
            N_("最多选几项，请写 0 到 %(most)s 之间的整数；0 就是不限"),
            field="most",
            most=len(question.options),
        )
    if question.kind is Kind.SCALE and not (question.low and question.high):
        raise Invalid(N_("请写明 1 分和 5 分各是什么意思"), field="high" if question.low else "low")


def _check_options(question: Question) -> None:
    texts = [option.text for option in question.options]
    if len(texts) < 2:
        raise Invalid(N_("请至少写两个选项，一行一个"), field="options")
    if len(texts) > MOST_OPTIONS:
        raise Invalid(N_("选项最多 %(most)s 个，请分成几题"), field="options", most=MOST_OPTIONS)
    if question.kind is Kind.RANKING and len(texts) > 10:
        raise Invalid(N_("排先后的选项最多 10 个，再多就排不清了"), field="options")
    twice = next((text for place, text in enumerate(texts) if text in texts[:place]), None)
    if twice is not None:
        raise Invalid(N_("选项“%(option)s”写了两遍，请删去一个"), field="options", option=twice)


def check_questions(questions: Sequence[Question]) -> None:
    """Whether these questions hang together.

    Raises `Invalid` (field `questions`): none or too many, a key twice, a condition on a question that is missing, is
    not before it, is free text or a ranking, or on an option that it has not. Since a condition looks back only,
    no circle can arise.
    """
    if not questions:
        raise Invalid(N_("问卷里还没有题目，请先加题目"), code="no_questions", field="questions")
    if len(questions) > MOST_QUESTIONS:
        raise Invalid(
            N_("题目最多 %(most)s 道。太长的问卷没有人答得完，请删去一些"),
            field="questions",
            most=MOST_QUESTIONS,
        )
    earlier: dict[str, Question] = {}
    for number, question in enumerate(questions, 1):
        check_question(question)
        if question.key in earlier:
            raise Invalid(N_("有两道题用了同一个编号，请删去一道再加"), code="key_twice", field="questions")
        if question.when is not None:
            _check_condition(question.when, earlier, number)
        earlier[question.key] = question


def _check_condition(when: Condition, earlier: Mapping[str, Question], number: int) -> None:
    asked = earlier.get(when.question)
    if asked is None:
        raise Invalid(
            N_("第 %(number)s 题的条件指向的题目不在它前面，请先改条件"),
            code="condition_not_before",
            field="questions",
            number=number,
        )
    if asked.kind not in LEADING:
        raise Invalid(N_("第 %(number)s 题的条件只能看单选、多选或打分题"), field="questions", number=number)
    if not when.options or not set(when.options) <= set(asked.keys):
        raise Invalid(
            N_("第 %(number)s 题的条件里的选项已经不在那道题里了，请重新选条件"),
            code="condition_option_gone",
            field="questions",
            number=number,
        )


def to_json(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """The questions as an edition keeps them."""
    return [
        {
            "key": question.key,
            "kind": question.kind.value,
            "title": question.title,
            "hint": question.hint,
            "required": question.required,
            "options": [{"key": option.key, "text": option.text} for option in question.options],
            "most": question.most,
            "low": question.low,
            "high": question.high,
            "when": {"question": question.when.question, "options": list(question.when.options)}
            if question.when
            else None,
        }
        for question in questions
    ]


def from_json(document: Mapping[str, Any]) -> Questions:
    """The questions of a document that `to_json` wrote under `questions`."""
    return tuple(_question(line) for line in document.get("questions", ()))


def _question(line: Mapping[str, Any]) -> Question:
    when = line["when"]
    return Question(
        key=line["key"],
        kind=Kind(line["kind"]),
        title=line["title"],
        hint=line["hint"],
        required=line["required"],
        options=tuple(Option(option["key"], option["text"]) for option in line["options"]),
        most=line["most"],
        low=line["low"],
        high=line["high"],
        when=Condition(when["question"], tuple(when["options"])) if when else None,
    )


def digest_of(document: Mapping[str, Any]) -> str:
    """The hash of an edition: of sorted keys without spaces, so that anybody gets the same."""
    plain = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(plain.encode("utf-8")).hexdigest()
