"""What the forms of moderation send: the id of the deed, and days as a number."""

from __future__ import annotations

from uuid import UUID

from app.errors import N_, Invalid


def read_form_id(text: str) -> UUID:
    """The id a form carries; raises `Invalid` for one that somebody has taken out."""
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(N_("这个表单不完整，请刷新页面再提交")) from None


def read_number(text: str) -> int:
    """A whole number typed into a field, or -1, which no rule accepts."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else -1
