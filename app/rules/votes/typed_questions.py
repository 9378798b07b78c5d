"""A question as typed at the desk: its lines cleaned, its numbers read, its labels one to a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.errors import N_, Invalid
from app.rules.text import clean_line, clean_text
from app.rules.votes.matters import matter_of
from app.rules.votes.questions import MOST_LABELS, Question, QuestionKind

LEAST_TITLE: Final = 4
MOST_TITLE: Final = 80
MOST_TEXT: Final = 2_000
MOST_LABEL: Final = 60
# Electing the owners' committee is item 3 of Civil Code art. 278 and no other.
ELECTION_MATTER: Final = 3
FIELDS: Final = ("title", "text", "matter", "labels", "most", "seats")


def kind_of(typed: str) -> QuestionKind:
    """The kind of that name; anything else is a plain decision."""
    return QuestionKind(typed) if typed in set(QuestionKind) else QuestionKind.DECISION


def read_question(kind: QuestionKind, typed: Mapping[str, str]) -> Question:
    """The question of a form's `FIELDS`; what a kind has no use for is left aside. Raises `Invalid` with the field to mend."""
    title = clean_line(typed["title"], most=MOST_TITLE, field="title")
    if len(title) < LEAST_TITLE:
        raise Invalid(N_("请写这一项的标题，至少 4 个字"), field="title")
    text = clean_text(typed["text"], most=MOST_TEXT, field="text")
    if kind is QuestionKind.DECISION:
        return Question(title=title, text=text, matter=_matter(typed["matter"]))
    election = kind is QuestionKind.ELECTION
    question = Question(
        title=title,
        text=text,
        matter=ELECTION_MATTER if election else _matter(typed["matter"]),
        kind=kind,
        labels=_labels(typed["labels"]),
        most=_number(typed["most"], "most"),
        seats=_number(typed["seats"], "seats") if election else 0,
    )
    question.ensure_sound()
    return question


def typed_of(question: Question) -> dict[str, str]:
    """The same back as a form shows it."""
    return {
        "title": question.title,
        "text": question.text,
        "matter": str(question.matter),
        "labels": "\n".join(question.labels),
        "most": str(question.most or ""),
        "seats": str(question.seats or ""),
    }


def _labels(typed: str) -> tuple[str, ...]:
    lines = clean_text(typed, most=(MOST_LABEL + 1) * MOST_LABELS, field="labels").split("\n")
    labels = (clean_line(line, most=MOST_LABEL, field="labels") for line in lines)
    return tuple(label for label in labels if label)


def _number(typed: str, field: str) -> int:
    typed = typed.strip()
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3):
        raise Invalid(N_("请写整数，例如 3"), field=field)
    return int(typed)


def _matter(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) == 1):
        raise Invalid(N_("请选择表决事项"), field="matter")
    return matter_of(int(typed)).code
