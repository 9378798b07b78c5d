"""Heads (人数): identical owners are one head; the developer's unsold and undelivered units are one too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.errors import N_, Invalid
from app.rules.estates.heads import head_key
from app.rules.estates.units import UnitStatus

_DEVELOPERS = (UnitStatus.UNSOLD, UnitStatus.UNDELIVERED)


@dataclass(frozen=True)
class Holding:
    """Who owns a unit, and whether it is still the developer's; owners are any stable names or numbers."""

    owners: frozenset[str]
    status: UnitStatus = UnitStatus.NORMAL


def developer_of(register: Iterable[Holding]) -> frozenset[str]:
    """The owners of the unsold units of the whole register; empty when no developer holds any."""
    unsold = (holding.owners for holding in register if holding.status is UnitStatus.UNSOLD)
    return frozenset[str]().union(*unsold)


def exercised_by(holding: Holding, developer: frozenset[str]) -> frozenset[str]:
    """Whose ballot it is: an undelivered unit's vote is the developer's, not its buyer's (SPC art. 9).

    Where the register knows no developer, the owners listed for the unit stand in.
    """
    return developer if developer and holding.status in _DEVELOPERS else holding.owners


def head_of(holding: Holding, developer: frozenset[str]) -> str:
    """The head a unit counts for; equal values are one head (SPC interpretation 2009 No. 7, art. 9).

    A couple's joint flat and the flat one of them holds alone are two heads: the owner sets differ. A unit
    the developer keeps like any other owner joins the developer's head, as its owners are identical.
    Raises `Invalid` (code `no_owner`) for a unit without owners.
    """
    if not holding.owners:
        raise Invalid(N_("名册里有房屋没有登记业主，请先补上业主再计票"), code="no_owner", field="owners")
    status = UnitStatus.UNSOLD if holding.owners == developer else holding.status
    return head_key(holding.owners, status)
