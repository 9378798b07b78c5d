"""Reading a case: text, whole numbers and instants out of plain JSON, refusing whatever is not exact."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from app.errors import N_, Invalid

_Word = TypeVar("_Word", bound=StrEnum)


def wrong(code: str, where: str) -> Invalid:
    """The refusal for a value that is missing or malformed."""
    return Invalid(N_("“%(where)s”缺失或写法不对，请改正后重算"), code=code, field=where, where=where)


def mapping(value: object, code: str, where: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise wrong(code, where)
    return value


def sequence(value: object, code: str, where: str) -> list[object]:
    if not isinstance(value, list):
        raise wrong(code, where)
    return value


def listed(value: object, code: str, where: str) -> list[object]:
    """A list that may be left out."""
    return [] if value is None else sequence(value, code, where)


def text(value: object, code: str, where: str) -> str:
    """A name, trimmed and in NFC so that equal names are equal; a whole number is taken as its digits."""
    name = unicodedata.normalize("NFC", figure(value)).strip()
    if not 0 < len(name) <= 200 or any("\ud800" <= char <= "\udfff" for char in name):
        raise wrong(code, where)
    return name


def figure(value: object) -> str:
    """Text or a whole number as text, `""` for all else; a float has already lost what was written."""
    if isinstance(value, str):
        return value
    return str(value) if type(value) is int and abs(value) < 10**100 else ""


def whole(value: object, code: str, where: str, most: int = 10**9) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise wrong(code, where)
    return value


def one_of(kind: type[_Word], value: object, default: _Word, code: str, where: str) -> _Word:
    if value is None:
        return default
    if not isinstance(value, str) or value not in list(kind):
        raise wrong(code, where)
    return kind(value)


def instant(value: object, where: str) -> datetime | None:
    """An ISO 8601 time with its offset, in UTC; a time without an offset is refused, not guessed."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise wrong("bad_time", where)
