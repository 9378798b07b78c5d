"""Faults that come back: reports about the same thing soon after a repair was closed, linked into chains."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

# No rule says within how many days a fault has come back; an estate may set its own.
DEFAULT_DAYS = 90


class Link(IntEnum):
    """How near two faults are; the nearer counts more."""

    SAME_BUILDING = 1
    SAME_FACILITY = 2


@dataclass(frozen=True, slots=True)
class Fault(Generic[Key]):
    """One order: `facility` and `building` empty when unknown; `closed_at` is when a repair was closed, else None."""

    key: Key
    fault: str
    filed_at: datetime
    closed_at: datetime | None = None
    facility: str = ""
    building: str = ""


def link_between(earlier: Fault[Key], later: Fault[Key], days: int = DEFAULT_DAYS) -> Link | None:
    """How `later` follows `earlier`: filed at or after its closing, and within `days` times 24 hours of it."""
    if earlier.closed_at is None or earlier.fault != later.fault:
        return None
    if not earlier.closed_at <= later.filed_at < earlier.closed_at + timedelta(days=days):
        return None
    if earlier.facility and earlier.facility == later.facility:
        return Link.SAME_FACILITY
    if earlier.building and earlier.building == later.building:
        return Link.SAME_BUILDING
    return None


def predecessor(
    later: Fault[Key], others: Iterable[Fault[Key]], days: int = DEFAULT_DAYS
) -> tuple[Fault[Key], Link] | None:
    """The nearest order it follows, the one closed last among equals; None when it is the first of its kind."""
    found = [
        (other, link)
        for other in others
        if other.key != later.key and (link := link_between(other, later, days)) is not None
    ]
    return max(found, key=lambda pair: (pair[1], pair[0].closed_at or pair[0].filed_at), default=None)


def chains(faults: Sequence[Fault[Key]], days: int = DEFAULT_DAYS) -> list[list[Key]]:
    """Every chain of two or more, its orders by the time they were filed; an order stands in one chain at most."""
    chain_of: dict[Key, list[Key]] = {}
    for fault in sorted(faults, key=lambda fault: fault.filed_at):
        before = predecessor(fault, (other for other in faults if other.key in chain_of), days)
        chain = chain_of[before[0].key] if before else []
        chain.append(fault.key)
        chain_of[fault.key] = chain
    found = {id(chain): chain for chain in chain_of.values() if len(chain) > 1}
    return list(found.values())


def linked(follows: Mapping[Key, Key | None]) -> list[list[Key]]:
    """The chains that stored links make: each fault with the one it follows, in the order they were filed.

    What follows a fault that is not named begins a chain of its own; a chain may have one link only.
    """
    chain_of: dict[Key, list[Key]] = {}
    found: list[list[Key]] = []
    for key, before in follows.items():
        chain = chain_of.get(before) if before is not None else None
        if chain is None:
            chain = []
            found.append(chain)
        chain.append(key)
        chain_of[key] = chain
    return found
