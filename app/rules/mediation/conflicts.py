"""Mediation: what ties a mediator to a case, and what of it may be shown and accepted."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from app.errors import N_, Conflict, NotAllowed


class Interest(StrEnum):
    """Why somebody may not be impartial."""

    PARTY = "party"
    HOUSEHOLD = "household"
    ENTRANCE = "entrance"
    BACKER = "backer"
    RULED = "ruled"


# Nobody judges his own case or that of his own home, whatever the others say.
FORBIDDEN = frozenset({Interest.PARTY, Interest.HOUSEHOLD})


def interests(
    *,
    is_party: bool,
    own_homes: Iterable[object],
    party_homes: Iterable[object],
    own_entrances: Iterable[tuple[str, str]],
    party_entrances: Iterable[tuple[str, str]],
    backs: bool,
    ruled: bool,
) -> frozenset[Interest]:
    """All that ties a mediator to a case. Homes are compared as such, entrances as (building, entrance)."""
    found = {
        Interest.PARTY: is_party,
        Interest.HOUSEHOLD: bool(set(own_homes) & set(party_homes)),
        Interest.ENTRANCE: bool(set(own_entrances) & set(party_entrances)),
        Interest.BACKER: backs,
        Interest.RULED: ruled,
    }
    return frozenset(interest for interest, holds in found.items() if holds)


def ensure_may_mediate(found: frozenset[Interest], *, disclosed: bool) -> None:
    """Raises `NotAllowed` (`own_case`) for one's own case, `Conflict` (`undisclosed`) for an interest not yet shown.

    What is shown must then be accepted by both parties: their consent says so (`consent.all_given`).
    """
    if found & FORBIDDEN:
        raise NotAllowed(N_("这件事和您自己或您家有关，您不能担任调解员，请由别人调解"), code="own_case")
    if found and not disclosed:
        raise Conflict(
            N_(
                "您和这件事可能有关联（同一单元、支持过有关议题，或裁决过有关异议）。要接手，请勾选“向双方说明”"
            ),
            code="undisclosed",
            field="disclose",
        )


def written(found: Iterable[Interest]) -> str:
    """As a column holds them, in one order."""
    return " ".join(sorted(found))


def read(text: str) -> tuple[Interest, ...]:
    return tuple(Interest(word) for word in text.split())
