"""Heads: one per identical owner set, one for what the developer still holds (SPC interpretation, art. 9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.rules.estates.units import UnitStatus

DEVELOPER = "developer"


def head_key(owner_keys: Iterable[str], status: UnitStatus, *, unit_key: str = "") -> str:
    """The head a unit belongs to: equal keys are one head, whatever the order of the co-owners.

    Unsold and undelivered units are the developer's. A unit whose owner is not known is a head of its own and
    needs `unit_key`; without it `ValueError`, because all such units would silently fall into one head.
    """
    if status in {UnitStatus.UNSOLD, UnitStatus.UNDELIVERED}:
        return DEVELOPER
    keys = sorted(set(owner_keys))
    if keys:
        # The length in front keeps {"a", "b"} and {"a&b"} apart whatever the keys contain.
        return "owners:" + "&".join(f"{len(key)}.{key}" for key in keys)
    if not unit_key:
        raise ValueError("a unit without owners needs unit_key")
    return f"unknown:{unit_key}"


def head_keys(units: Sequence[tuple[Iterable[str], UnitStatus]]) -> list[str]:
    """`head_key` of each unit in turn; a unit without owners is a head of its own.

    A unit the developer holds like any other owner joins his head: its owners are those of the unsold units.
    """
    listed = [(frozenset(owners), status) for owners, status in units]
    unsold = {owners for owners, status in listed if owners and status is UnitStatus.UNSOLD}
    return [
        DEVELOPER if owners in unsold else head_key(owners, status, unit_key=str(place))
        for place, (owners, status) in enumerate(listed)
    ]
