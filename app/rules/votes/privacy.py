"""What a published count may say of a small scope, where totals alone point at people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

# Below this many heads "1 against" points at a neighbour. The tests of Civil Code art. 278 para. 2 need the
# whole, those who took part and those in favour, so these are always published; how the others said no is not
# needed and is not (PIPL arts. 6 and 25). Nothing is ever published per home.
SMALL_SCOPE = 10
_NEEDED: Final = (
    *(f"{part}_{unit}" for part in ("total", "part", "for") for unit in ("area", "heads")),
    "result",
)


def is_small(total_heads: int) -> bool:
    return total_heads < SMALL_SCOPE


def needed_only(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a count (`rules/votes/figures.py`) that the two tests need, for a small scope; of every item of a paper."""
    needed = {name: figures[name] for name in _NEEDED if name in figures}
    if "items" in figures:
        needed["items"] = [needed_only(item) for item in figures["items"]]
    if "silent" in figures:
        needed["silent"] = {name: needed_only(count) for name, count in figures["silent"].items()}
    return needed
