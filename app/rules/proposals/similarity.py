"""How alike two proposals are, as exact fractions, to show a neighbour what has been proposed already."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cmp_to_key
from typing import TypeVar

from app.rules.search import terms

Key = TypeVar("Key")
Fraction = tuple[int, int]

# From here on two proposals are shown to each other; found by trying titles such as those in the tests.
THRESHOLD: Fraction = (1, 3)
# A title says what is wanted; a text tells the story, and stories share words by chance.
TITLE_WEIGHT = 3
# Words every proposal has say nothing about any, and where it is wanted is told by its scope.
COMMON = frozenset(
    term
    for phrase in (
        "我们", "小区", "居民", "业主", "建议", "希望", "要求", "申请", "请求", "关于", "改造", "问题", "解决",
        "可以", "能否", "尽快", "进行", "一个", "大家", "号楼", "单元",
    )
    for term in terms(phrase)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording:
    """The telling terms of a proposal, its title apart from its text."""

    title: frozenset[str]
    text: frozenset[str]


def wording_of(title: str, text: str) -> Wording:
    return Wording(_telling(title), _telling(text))


def _telling(text: str) -> frozenset[str]:
    return frozenset(term for term in terms(text) if term not in COMMON and not term.isdigit())


def similar(mine: Collection[str], other: Collection[str]) -> Fraction:
    """The Dice fraction of two sets of terms, twice the common over the sum; nothing is like nothing: 0/1."""
    one, two = frozenset(mine), frozenset(other)
    whole = len(one) + len(two)
    return (2 * len(one & two), whole) if whole else (0, 1)


def likeness(mine: Wording, other: Wording) -> Fraction:
    """Titles and texts weighted; while one of the texts is still empty the titles alone decide."""
    top, bottom = similar(mine.title, other.title)
    if not mine.text or not other.text:
        return top, bottom
    text_top, text_bottom = similar(mine.text, other.text)
    return TITLE_WEIGHT * top * text_bottom + text_top * bottom, (TITLE_WEIGHT + 1) * bottom * text_bottom


def compare(one: Fraction, two: Fraction) -> int:
    """Above 0 when the first is larger, 0 when equal, below 0 when smaller; cross-multiplied."""
    return one[0] * two[1] - two[0] * one[1]


def rank(mine: Wording, others: Iterable[tuple[Key, Wording]], *, most: int = 5) -> list[Key]:
    """The keys of those at least `THRESHOLD` alike, most alike first; equals keep the order they came in."""
    scored = [(likeness(mine, other), key) for key, other in others]
    alike = [pair for pair in scored if compare(pair[0], THRESHOLD) >= 0]
    by_likeness = cmp_to_key(compare)
    # Sorting in reverse leaves equals in their order.
    alike.sort(key=lambda pair: by_likeness(pair[0]), reverse=True)
    return [key for _, key in alike[:most]]
