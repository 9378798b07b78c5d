"""Where the next page of a public list begins: after one instant and one id, written as a word for an address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from uuid import UUID

from app.errors import N_, Invalid

_START = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_MARK = re.compile(r"([0-9]{1,18})-([0-9a-f]{32})")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_WORD = re.compile(r"[a-z0-9-]{1,100}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A row of a list that has the newest first, and among equals the smaller id."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.ticks}-{self.id.hex}"

    @property
    def ticks(self) -> int:
        """Microseconds since the beginning of 1970."""
        return (self.at - _START) // _TICK

    def is_before(self, other: Mark) -> bool:
        """Whether this row stands further up."""
        return self.at > other.at or (self.at == other.at and self.id.hex < other.id.hex)

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises `Invalid` (`bad_cursor`) for what was never given out."""
        found = _MARK.fullmatch(text)
        try:
            if found:
                return cls(_START + int(found[1]) * _TICK, UUID(found[2]))
        except OverflowError:
            pass
        raise bad_cursor()


def read_number(text: str) -> int:
    """The cursor of a list by number; raises `Invalid` (`bad_cursor`)."""
    if not _NUMBER.fullmatch(text):
        raise bad_cursor()
    return int(text)


def read_word(text: str) -> str:
    """The cursor of a list by the word that stands in addresses; raises `Invalid` (`bad_cursor`)."""
    if not _WORD.fullmatch(text):
        raise bad_cursor()
    return text


def bad_cursor() -> Invalid:
    return Invalid(
        N_("cursor 不是这里给出的，请从第一页重新开始，按 next 翻页"), code="bad_cursor", field="cursor"
    )
