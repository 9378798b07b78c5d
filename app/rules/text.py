"""Text typed by people: one normal form, without characters that hide or reorder what is read."""

from __future__ import annotations

import unicodedata
from itertools import groupby

from app.errors import N_, Invalid

# Bidi controls, zero-width characters, tags and other invisibles: Unicode category Cf, plus the filler letters.
_FILLERS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}
# No script that is read here puts more on a letter.
_MOST_MARKS = 4


def _visible(character: str) -> bool:
    if character in "\n\t":
        return True
    return unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"} and character not in _FILLERS


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _without_towers(text: str) -> str:
    """No marks where more stand on one letter than any script has. They cover other lines, and putting thousands
    of them into their normal order takes seconds, which is why this comes first.
    """
    if text.isascii() or not any(map(_is_mark, text)):
        return text
    runs = ((marks, "".join(run)) for marks, run in groupby(text, _is_mark))
    return "".join(run for marks, run in runs if not marks or len(run) <= _MOST_MARKS)


def clean_text(text: str, *, most: int, field: str) -> str:
    """NFC, invisible and control characters gone, line ends as `\\n`, at most `most` characters.

    The length is checked before anything else is done with the text. Raises `Invalid`.
    """
    if len(text) > most + most // 10:
        raise _too_long(field, most)
    text = "".join(filter(_visible, text.replace("\r\n", "\n").replace("\r", "\n")))
    text = unicodedata.normalize("NFC", _without_towers(text)).strip()
    if len(text) > most:
        raise _too_long(field, most)
    return text


def clean_line(text: str, *, most: int, field: str) -> str:
    """The same for one line: every run of white space becomes one space."""
    return " ".join(clean_text(text, most=most, field=field).split())


def clean_name(text: str, *, most: int, field: str) -> str:
    """A person's name: one line, compatibility forms as what they stand for, and one alphabet at most beside Han.

    A Cyrillic letter among Latin ones looks the same and makes another name of it. Raises `Invalid`.
    """
    name = unicodedata.normalize("NFKC", clean_line(text, most=most, field=field))
    if len(name) > most:
        raise _too_long(field, most)
    scripts = {unicodedata.name(letter, "UNKNOWN").split()[0] for letter in name if letter.isalpha()}
    if len(scripts - {"CJK"}) > 1:
        raise Invalid(
            N_("姓名里混有几种外观相近的字母，请只用汉字或一种字母写"), code="mixed_scripts", field=field
        )
    return name


def _too_long(field: str, most: int) -> Invalid:
    return Invalid(N_("文字太长，最多 %(most)s 个字，请缩短"), code="too_long", field=field, most=most)
