"""The names of what a meeting's columns hold, as templates look them up by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.rules.deliberations.minutes import KIND_NAMES as POINT_NAMES
from app.rules.deliberations.minutes import PointKind
from app.rules.meetings.kinds import (
    BASIS_NAMES,
    GUEST_NAMES,
    KIND_NAMES,
    REPLY_NAMES,
    ROLE_NAMES,
    Basis,
    GuestKind,
    MeetingKind,
    Reply,
    RoomRole,
)
from app.rules.meetings.quorum import OUTCOME_NAMES, Outcome
from app.rules.meetings.states import PHASE_NAMES, Phase


@dataclass(frozen=True, slots=True)
class Words:
    """Each maps a value to its marked name."""

    kinds: Mapping[MeetingKind, str]
    phases: Mapping[Phase, str]
    roles: Mapping[RoomRole, str]
    guests: Mapping[GuestKind, str]
    replies: Mapping[Reply, str]
    bases: Mapping[Basis, str]
    outcomes: Mapping[Outcome, str]
    points: Mapping[PointKind, str]


_WORDS = Words(
    kinds=KIND_NAMES,
    phases=PHASE_NAMES,
    roles=ROLE_NAMES,
    guests=GUEST_NAMES,
    replies=REPLY_NAMES,
    bases=BASIS_NAMES,
    outcomes=OUTCOME_NAMES,
    points=POINT_NAMES,
)


def words() -> Words:
    return _WORDS
