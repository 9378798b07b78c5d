"""Text typed by people: one normal form, without characters that hide or reorder what is read."""

from __future__ import annotations

import re
import unicodedata

from app.errors import N_, Invalid

# Bidi controls, zero-width characters, tags and other invisibles: Unicode category Cf, plus the filler letters.
_FILLERS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}
_TOO_MANY_MARKS = re.compile(
    r"((?:.))([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{5,})"
)


def _visible(character: str) -> bool:
    if character in "\n\t":
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"} and character not in _FILLERS


def clean_text(text: str, *, most: int, field: str) -> str:
    """NFC, invisible and control characters gone, line ends as `\\n`, at most `most` characters.

    The length is checked before anything else is done with the text. Raises `Invalid`.
    """
    if len(text) > most + most // 10:
        raise _too_long(field, most)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _TOO_MANY_MARKS.sub(r"\1", "".join(filter(_visible, text))).strip()
    if len(text) > most:
        raise _too_long(field, most)
    return text


def clean_line(text: str, *, most: int, field: str) -> str:
    """The same for one line: every run of white space becomes one space."""
    return " ".join(clean_text(text, most=most, field=field).split())


def _too_long(field: str, most: int) -> Invalid:
    return Invalid(N_("文字太长，最多 %(most)s 个字，请缩短"), code="too_long", field=field, most=most)
