"""What the pages of credits have in common: their frames, and how forms send numbers and days."""

from __future__ import annotations

from datetime import date
from functools import partial

from app.errors import N_, Invalid
from app.routers.forms import visit_page

my_page = partial(visit_page, tab="me")
desk_page = partial(visit_page, tab="", staff=True)


def read_number(text: str, *, field: str) -> int:
    """A whole number as typed. Raises `Invalid`."""
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Invalid(N_("请填一个整数"), field=field)
    return int(text)


def read_day(text: str, *, field: str) -> date:
    """A day as a date field sends it. Raises `Invalid`."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(N_("请选择日期"), field=field) from None
