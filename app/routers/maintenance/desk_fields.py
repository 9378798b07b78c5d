"""The fields of the desk's forms as they are typed, and the reading of days, instants, numbers and ids out of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import Form

from app.clock import BEIJING
from app.errors import N_, Invalid

_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class DeskForm:
    """Whatever a deed may need, as typed; `id` becomes that of what it writes, `seen` is the step the page showed."""

    id: str = ""
    seen: str = ""
    note: str = ""
    worker_name: str = ""
    worker_number: str = ""
    plan: str = ""
    promised: str = ""
    party: str = ""
    ruled: str = ""
    until: str = ""
    reason: str = ""
    number: str = ""
    recipient: str = ""
    amount: str = ""
    stage: str = ""
    source: str = ""
    category: str = ""
    urgency: str = ""
    place: str = ""
    again: str = ""
    private: str = ""


Text = Annotated[str, Form()]


async def read_desk_form(
    id: Text = "",
    seen: Text = "",
    note: Text = "",
    worker_name: Text = "",
    worker_number: Text = "",
    plan: Text = "",
    promised: Text = "",
    party: Text = "",
    ruled: Text = "",
    until: Text = "",
    reason: Text = "",
    number: Text = "",
    recipient: Text = "",
    amount: Text = "",
    stage: Text = "",
    source: Text = "",
    category: Text = "",
    urgency: Text = "",
    place: Text = "",
    again: Text = "",
    private: Text = "",
) -> DeskForm:
    return DeskForm(
        id, seen, note, worker_name, worker_number, plan, promised, party, ruled, until, reason, number,
        recipient, amount, stage, source, category, urgency, place, again, private,
    )  # fmt: skip


def read_day(text: str, field: str) -> date | None:
    """None where nothing was typed; raises `Invalid` naming the field for what is no day."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(N_("请填写日期，例如 2026-12-01"), code="bad_day", field=field) from None


def read_instant(text: str, field: str) -> datetime | None:
    """A time of the wall clock in Beijing, in UTC; None where nothing was typed, `Invalid` naming the field."""
    if not text.strip():
        return None
    try:
        local = datetime.fromisoformat(text.strip())
        return local.replace(tzinfo=BEIJING).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid(N_("请填写日期和时间，例如 2026-12-01 17:00"), code="bad_moment", field=field) from None


def read_whole(text: str) -> int | None:
    """A whole number above zero, with or without `#`; None for anything else."""
    digits = text.strip().lstrip("#＃")
    whole = digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(digits) if whole and int(digits) else None


def read_key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def new_key(text: str) -> UUID:
    """The id that came with the form; one that is none gets a new one, since nothing was written under it."""
    return read_key(text) or uuid4()
