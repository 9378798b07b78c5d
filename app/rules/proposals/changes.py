"""What an edit changed, to be read: sentence by sentence, and by character inside a changed sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

# Beyond this many edits nobody reads a difference, and comparing on would cost time for nothing: with n
# sentences or characters the work stays below n times this.
MOST_EDITS = 300


class ChangeKind(StrEnum):
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


class Change(NamedTuple):
    """A piece of text that stayed, came or went."""

    kind: ChangeKind
    text: str


_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]+[”’」』）)\s]*|[^。！？；!?;\n]+")


def diff(old: str, new: str) -> list[Change]:
    """The old text is what stayed and went, the new one what stayed and came; both are given back whole."""
    pieces: list[Change] = []
    removed: list[str] = []
    added: list[str] = []
    for kind, sentence in _compare(_SENTENCE.findall(old), _SENTENCE.findall(new)):
        if kind is ChangeKind.SAME:
            pieces += _inside("".join(removed), "".join(added))
            pieces.append(Change(kind, sentence))
            removed, added = [], []
        else:
            (added if kind is ChangeKind.ADDED else removed).append(sentence)
    return _joined([*pieces, *_inside("".join(removed), "".join(added))])


def _inside(old: str, new: str) -> list[Change]:
    """Two changed passages by character; whole against whole when less than half of them is common."""
    changes = list(_compare(old, new)) if old and new else []
    same = sum(len(change.text) for change in changes if change.kind is ChangeKind.SAME)
    if 4 * same < len(old) + len(new):
        changes = _replaced(old, new)
    return _without_crumbs(_joined(changes))


def _replaced(old: str, new: str) -> list[Change]:
    both = Change(ChangeKind.REMOVED, old), Change(ChangeKind.ADDED, new)
    return [change for change in both if change.text]


def _without_crumbs(changes: Sequence[Change]) -> list[Change]:
    """One character that stayed between two changes is chance, and harder to read than a longer change."""
    kept: list[Change] = []
    for place, change in enumerate(changes):
        crumb = change.kind is ChangeKind.SAME and len(change.text) == 1 and 0 < place < len(changes) - 1
        kept += _replaced(change.text, change.text) if crumb else [change]
    return _joined(kept)


def _joined(changes: Iterable[Change]) -> list[Change]:
    """Neighbours of one kind as one, and within a run of changes what went before what came."""
    joined: list[Change] = []
    texts = dict.fromkeys(ChangeKind, "")
    for change in [*changes, None]:
        if change is None or change.kind is ChangeKind.SAME:
            joined += _replaced(texts[ChangeKind.REMOVED], texts[ChangeKind.ADDED])
            texts[ChangeKind.REMOVED] = texts[ChangeKind.ADDED] = ""
        if change is None:
            break
        if change.kind is not ChangeKind.SAME:
            texts[change.kind] += change.text
        elif joined and joined[-1].kind is ChangeKind.SAME:
            joined[-1] = Change(ChangeKind.SAME, joined[-1].text + change.text)
        else:
            joined.append(change)
    return joined


def _compare(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """One change for each item of either sequence; equal ends are set aside before anything is compared."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle = _shortest(old[head : len(old) - tail], new[head : len(new) - tail])
    same = [Change(ChangeKind.SAME, item) for item in old]
    return [*same[:head], *middle, *same[len(old) - tail :]]


def _shortest(old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """The shortest edit of Myers (1986), or everything replaced when it takes more than `MOST_EDITS`."""
    reached = {1: 0}
    trace: list[dict[int, int]] = []
    for edits in range(min(len(old) + len(new), MOST_EDITS) + 1):
        trace.append(dict(reached))
        for diagonal in range(-edits, edits + 1, 2):
            x = _start(reached, diagonal, edits)
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            reached[diagonal] = x
            if x >= len(old) and y >= len(new):
                return _walked_back(old, new, trace)
    removed = [Change(ChangeKind.REMOVED, item) for item in old]
    return [*removed, *(Change(ChangeKind.ADDED, item) for item in new)]


def _start(reached: dict[int, int], diagonal: int, edits: int) -> int:
    """Where the furthest path of one edit less enters this diagonal."""
    return reached[diagonal + 1] if _by_adding(reached, diagonal, edits) else reached[diagonal - 1] + 1


def _by_adding(reached: dict[int, int], diagonal: int, edits: int) -> bool:
    return diagonal == -edits or (diagonal != edits and reached[diagonal - 1] < reached[diagonal + 1])


def _walked_back(old: Sequence[str], new: Sequence[str], trace: Sequence[dict[int, int]]) -> list[Change]:
    changes: list[Change] = []
    x, y = len(old), len(new)
    for edits in range(len(trace) - 1, -1, -1):
        diagonal = x - y
        while x > _start(trace[edits], diagonal, edits):
            x, y = x - 1, y - 1
            changes.append(Change(ChangeKind.SAME, old[x]))
        if edits and _by_adding(trace[edits], diagonal, edits):
            y -= 1
            changes.append(Change(ChangeKind.ADDED, new[y]))
        elif edits:
            x -= 1
            changes.append(Change(ChangeKind.REMOVED, old[x]))
    return changes[::-1]


# Typed on another keyboard, not another text: full width and half width, curly quotes and straight ones.
_WIDTHS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord(a): b for a, b in zip("“”‘’、", "\"\"'',", strict=True)
}
_STOP = re.compile(r"。(?![0-9])")
_SPACE = re.compile(r"\s+")
_NEEDLESS_SPACE = re.compile(r"(?<![0-9A-Za-z]) | (?![0-9A-Za-z])")


def is_material(old: str, new: str) -> bool:
    """False when only white space or the width of signs differs; `1 0` and `10` do differ."""
    return _plain(old) != _plain(new)


def _plain(text: str) -> str:
    narrow = _STOP.sub(".", text.translate(_WIDTHS))
    return _NEEDLESS_SPACE.sub("", _SPACE.sub(" ", narrow).strip())
