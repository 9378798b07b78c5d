"""The speaking order: who has not spoken yet comes first, then who asked earlier; everybody has the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.rules.meetings.kinds import SpeechState


@dataclass(frozen=True, slots=True)
class Request:
    """One request to speak; `who` is the person, `asked` when, `key` tells requests apart."""

    key: Hashable
    who: Hashable
    asked: datetime
    state: SpeechState


def order(requests: Iterable[Request]) -> list[Request]:
    """Those who wait, in the order in which they are called.

    Fewer turns come first, so nobody speaks a third time while somebody waits for the second; among equals the earlier
    request, and of two in the same instant the smaller key. A turn that was given up (`passed`) is no turn.
    """
    listed = list(requests)
    turns = Counter(one.who for one in listed if one.state in (SpeechState.DONE, SpeechState.SPEAKING))
    waiting = [one for one in listed if one.state is SpeechState.WAITING]
    return sorted(waiting, key=lambda one: (turns[one.who], one.asked, str(one.key)))


def next_of(requests: Sequence[Request]) -> Request | None:
    """Who is called next; None when nobody waits."""
    return next(iter(order(requests)), None)


def seconds_left(called: datetime, now: datetime, minutes: int) -> int:
    """How much of a turn is left, never below 0; the chair ends it, the clock only says so."""
    return max(0, minutes * 60 - int((now - called).total_seconds()))
