"""Times as Open311 writes them: the W3C profile of ISO 8601, never without a zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from app.errors import N_, Invalid
from app.rules.calendar import BEIJING

_W3C = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
# A plus that was not escaped in the address arrives as a space.
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:[0-9]{2}$)")
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def read_instant(text: str, *, field: str) -> datetime:
    """The instant in UTC; raises `Invalid` (`bad_time`) for anything else, a time without a zone included."""
    written = _LOST_PLUS.sub("+", text.strip())
    try:
        if not _W3C.fullmatch(written) or not _FIRST_YEAR <= int(written[:4]) <= _LAST_YEAR:
            raise ValueError("not a time of this contract")
        return datetime.fromisoformat(written).astimezone(UTC)
    except ValueError:
        raise Invalid(
            N_("参数 %(name)s 请写成带时区的时间，例如 2026-11-23T09:00:00+08:00"),
            code="bad_time",
            field=field,
            name=field,
        ) from None


def show_instant(at: datetime) -> str:
    """`2026-11-23T09:00:00+08:00`, whole seconds; raises `ValueError` for a time without an offset."""
    if at.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return at.astimezone(BEIJING).isoformat(timespec="seconds")


def show_changeset(at: datetime) -> str:
    """`2026-11-23 09:00` in UTC, without a zone as in the specification; read as Beijing time it is never in the future."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
