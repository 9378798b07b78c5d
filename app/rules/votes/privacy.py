"""What a published count may say of a small scope, where totals alone point at people."""

from __future__ import annotations

# Below this many heads "1 against" points at a neighbour. The tests of Civil Code art. 278 para. 2 need the
# whole, those who took part and those in favour, so these are always published; how the others said no is not
# needed and is not (PIPL arts. 6 and 25). Nothing is ever published per home.
SMALL_SCOPE = 10


def is_small(total_heads: int) -> bool:
    return total_heads < SMALL_SCOPE
