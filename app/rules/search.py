"""Full text in Chinese without a dictionary: pairs of neighbouring characters, and words where spaces part them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

MOST_QUERY = 200
MOST_QUERY_TERMS = 20
# A longer word is an address or noise; an index entry has its limits.
MOST_WORD = 40

_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"([{_HAN}]+)|((?:(?![{_HAN}])[^\W_])+)")
_FILLERS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}


def normalize(text: str) -> str:
    """One form for text and query: NFKC, case folded, zero-width and other invisible characters gone."""
    return unicodedata.normalize("NFKC", "".join(map(_folded, unicodedata.normalize("NFKC", text))))


def _folded(character: str) -> str:
    hidden = unicodedata.category(character) == "Cf" or character in _FILLERS
    return "" if hidden else character.casefold()


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Each run of the normalized text as (Chinese characters, word); one of the two is empty."""
    for found in _RUN.finditer(normalize(text)):
        yield found[1] or "", (found[2] or "")[:MOST_WORD]


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def terms(text: str) -> list[str]:
    """The different terms in order: pairs of Chinese characters, a lone one by itself, words and numbers."""
    found: dict[str, None] = {}
    for run, word in _runs(text):
        found.update(dict.fromkeys(_pairs(run) if run else [word]))
    return list(found)


def index_terms(text: str) -> list[str]:
    """What to store for a text: its terms and each single Chinese character, so that a query of one finds it.

    A text holds a query's words when it has every one of `query_terms`; equality alone decides, in any database.
    """
    found = dict.fromkeys(terms(text))
    for run, _ in _runs(text):
        found.update(dict.fromkeys(run))
    return list(found)


def query_terms(text: str) -> list[str]:
    """The terms of what was typed, at most `MOST_QUERY_TERMS`; none for an empty query, and never a refusal."""
    return terms(text[:MOST_QUERY])[:MOST_QUERY_TERMS]


def highlight(text: str, wanted: Sequence[str]) -> list[tuple[bool, str]]:
    """The text in pieces, True where a term stands; the pieces together are the text, unchanged."""
    marked = bytearray(len(text))
    for start, end in _hits(text, wanted):
        marked[start:end] = b"\x01" * (end - start)
    return _pieces(text, marked)


def snippet(text: str, wanted: Sequence[str], around: int = 40) -> list[tuple[bool, str]]:
    """The first place where a term stands, with `around` characters each side, in pieces as `highlight` gives.

    White space becomes one space, and “…” stands where text was left out; without a hit it is the beginning.
    """
    line = " ".join(text.split())
    first, last = next(_hits(line, wanted), (0, around))
    start, end = max(first - around, 0), last + around
    pieces = highlight(line[start:end], wanted)
    before = [(False, "…")] if start else []
    after = [(False, "…")] if end < len(line) else []
    return [*before, *pieces, *after]


def _hits(text: str, wanted: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Where terms stand in the text as it is, though they are sought in its normal form."""
    if not wanted:
        return
    places: list[int] = []
    folded = []
    for place, character in enumerate(text):
        normal = normalize(character)
        folded.append(normal)
        places += [place] * len(normal)
    # Looked ahead for, since pairs overlap; a word counts only when it stands by itself.
    choices = "|".join(map(_pattern, sorted(wanted, key=len, reverse=True)))
    for found in re.finditer(f"(?=({choices}))", "".join(folded)):
        yield places[found.start(1)], places[found.end(1) - 1] + 1


def _pattern(term: str) -> str:
    if re.match(f"[{_HAN}]", term):
        return re.escape(term)
    edge = rf"(?:(?![{_HAN}])[^\W_])"
    rest = f"{edge}*" if len(term) == MOST_WORD else ""
    return f"(?<!{edge}){re.escape(term)}{rest}(?!{edge})"


def _pieces(text: str, marked: bytearray) -> list[tuple[bool, str]]:
    pieces: list[tuple[bool, str]] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or marked[place] != marked[start]:
            pieces.append((bool(marked[start]), text[start:place]))
            start = place
    return pieces
