"""What a post and a mark may say, and the roles a post may call upon by name."""

from __future__ import annotations

import re
from enum import StrEnum

from app.errors import N_


class Stance(StrEnum):
    """What a post is: for, against, or asking; never counted as a ballot."""

    SUPPORT = "support"
    CONCERN = "concern"
    QUESTION = "question"


class Mark(StrEnum):
    """What a resident says to a statement."""

    AGREE = "agree"
    DISAGREE = "disagree"
    UNSURE = "unsure"


class Called(StrEnum):
    """A role a post may call upon; a call goes to everyone who holds it, never to a person."""

    COMMITTEE = "committee"
    INITIATOR = "initiator"
    EXPLAINER = "explainer"
    MEDIATOR = "mediator"
    SUPERVISOR = "supervisor"
    PROPERTY = "property"


STANCE_NAMES = {
    Stance.SUPPORT: N_("支持"),
    Stance.CONCERN: N_("担心"),
    Stance.QUESTION: N_("疑问"),
}

MARK_NAMES = {
    Mark.AGREE: N_("同意"),
    Mark.DISAGREE: N_("不同意"),
    Mark.UNSURE: N_("说不清"),
}

CALLED_NAMES = {
    Called.COMMITTEE: N_("居委会／业委会"),
    Called.INITIATOR: N_("发起人"),
    Called.EXPLAINER: N_("政策宣讲员"),
    Called.MEDIATOR: N_("调解员"),
    Called.SUPERVISOR: N_("监督员"),
    Called.PROPERTY: N_("物业"),
}

# The words neighbours use. They are typed, so they stay Chinese in every language of the interface.
CALLED_BY: dict[str, Called] = {
    "居委会": Called.COMMITTEE,
    "居委": Called.COMMITTEE,
    "业委会": Called.COMMITTEE,
    "社区": Called.COMMITTEE,
    "发起人": Called.INITIATOR,
    "发起者": Called.INITIATOR,
    "宣讲员": Called.EXPLAINER,
    "政策宣讲员": Called.EXPLAINER,
    "宣讲者": Called.EXPLAINER,
    "调解员": Called.MEDIATOR,
    "调解者": Called.MEDIATOR,
    "监督员": Called.SUPERVISOR,
    "监督者": Called.SUPERVISOR,
    "物业": Called.PROPERTY,
}

# Longest first, so that 居委会 is not read as 居委; after a letter or digit an @ belongs to an address.
_MENTION = re.compile(
    r"(?<![0-9A-Za-z._-])[@＠][ \u3000]?(" + "|".join(sorted(CALLED_BY, key=len, reverse=True)) + ")"
)


def mentions(text: str) -> list[Called]:
    """The roles called with `@` and a word of `CALLED_BY`, each once, in the order of the text."""
    return list(dict.fromkeys(CALLED_BY[word] for word in _MENTION.findall(text)))
