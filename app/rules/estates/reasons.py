"""Reasons: a decision about somebody's home says why, in words that can be read again years later."""

from __future__ import annotations

from app.errors import N_, Invalid
from app.rules.text import clean_text

LEAST = 5
MOST = 1000


def clean_reason(text: str) -> str:
    """The cleaned reason; raises `Invalid` (field `reason`) under five characters or over a thousand."""
    reason = clean_text(text, most=MOST, field="reason")
    if len(reason) < LEAST:
        raise Invalid(N_("请写明理由，至少 %(least)s 个字"), field="reason", least=LEAST)
    return reason
