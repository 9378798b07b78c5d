"""What goes to a phone proves to nobody what a home chose: no message holds a choice, in words or as a value."""

from __future__ import annotations

import re

import pytest

from app.rules.votes.states import Choice
from app.templating import render_message
from tests.routers.test_me import ROOT, values_of

TEMPLATES = sorted(path.stem for path in (ROOT / "templates/messages").glob("*.txt"))
WORDS = {
    "zh": ("赞成", "反对", "弃权", "同意票", "您选了", "选择了"),
    "en": ("against", "abstain", "in favour", "in favor", "approved of", "you chose"),
}
# An appeal is "against" a decision.
APPEALS = frozenset({"appeal_of_yours", "order_appealed"})
VALUES = tuple(choice.value for choice in Choice)
CASTING = sorted(name for name in TEMPLATES if name.startswith(("ballot_", "vote_", "sheet_")))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("template", TEMPLATES)
def test_no_message_names_a_choice(template: str, language: str) -> None:
    text = render_message(template, values_of(template), language=language).lower()
    assert [word for word in WORDS[language] if word in text and template not in APPEALS] == []


@pytest.mark.parametrize("template", CASTING)
def test_no_message_about_a_ballot_takes_an_answer(template: str) -> None:
    source = (ROOT / "templates" / "messages" / f"{template}.txt").read_text()
    assert set(re.findall(r"\b[a-z_]+\b", source)) & {
        "choice",
        "answer",
        "answers",
        "option",
        "options",
        *VALUES,
    } <= {"for"}


def test_there_are_messages_about_ballots() -> None:
    assert {"ballot_cast", "ballot_changed", "ballot_kept", "ballot_assisted", "sheet_void"} <= set(CASTING)
