"""A vote's chain of events read back from its exact bytes: every link, and the course that a vote can take."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.rules.votes.evidence import FIRST_HEAD, canonical, chain_head, leaf_hash

NOTICE, AMEND, OPEN, CAST, KEPT, EXTEND, CLOSE, ANNUL, EPOCH = (
    "notice",
    "roll_amend",
    "open",
    "cast",
    "kept",
    "extend",
    "close",
    "annul",
    "epoch",
)
BALLOTS: Final = frozenset({CAST, KEPT})
# What may follow an event of a kind, first of all nothing but the notice.
_RUNNING: Final = frozenset({CAST, KEPT, EXTEND, CLOSE, ANNUL})
_FOLLOWS: Final[Mapping[str, frozenset[str]]] = {
    "": frozenset({NOTICE}),
    NOTICE: frozenset({AMEND, OPEN, ANNUL}),
    AMEND: frozenset({AMEND, OPEN, ANNUL}),
    OPEN: _RUNNING,
    CAST: _RUNNING,
    KEPT: _RUNNING,
    EXTEND: _RUNNING,
    CLOSE: frozenset({ANNUL}),
    ANNUL: frozenset(),
}
# An epoch says that the chain goes on from a backup. It comes after these, and what may follow stays what it was.
_BEFORE_EPOCH: Final = frozenset({NOTICE, AMEND, OPEN, CAST, KEPT, EXTEND})
_KINDS: Final = frozenset({*_FOLLOWS, EPOCH}) - {""}
_FIELDS: Final[Mapping[str, type]] = {
    "channel": str,
    "commitment": str,
    "details": dict,
    "kind": str,
    "previous": str,
    "recorded_at": int,
    "revision": int,
    "seq": int,
    "unit": str,
    "vote": str,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One link; `unit` is the pseudonym of a home, empty for an event that is no ballot. `recorded_at` in seconds UTC."""

    seq: int
    kind: str
    unit: str
    revision: int
    channel: str
    commitment: str
    details: Mapping[str, Any]
    recorded_at: int
    leaf_hash: bytes
    head: bytes


class BrokenError(ValueError):
    """The first event that does not fit, and in what."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"第 {seq} 号事件{why}")
        self.seq = seq


def read_log(vote: str, links: Iterable[tuple[str, str]]) -> list[Event]:
    """The events from (leaf, head) of each, in order; raises `BrokenError` at the first that does not fit.

    Checked are the bytes' form, the number, the vote, the link to the head before, the head itself, and the order in time.
    """
    events: list[Event] = []
    previous, before = FIRST_HEAD, 0
    for seq, (leaf, head) in enumerate(links, start=1):
        event = _read(vote, seq, leaf, previous)
        if event.head.hex() != head:
            raise BrokenError(seq, "的链值对不上")
        if event.recorded_at < before:
            raise BrokenError(seq, "的时间早于前一号")
        events.append(event)
        previous, before = event.head, event.recorded_at
    return events


def _read(vote: str, seq: int, leaf: str, previous: bytes) -> Event:
    row = _fields(seq, leaf)
    if row["seq"] != seq:
        raise BrokenError(seq, "的编号不连续")
    if row["vote"] != vote:
        raise BrokenError(seq, "不属于这次表决")
    if row["previous"] != previous.hex():
        raise BrokenError(seq, "接不上前一号")
    own = leaf_hash(leaf.encode())
    return Event(
        seq=seq,
        kind=row["kind"],
        unit=row["unit"],
        revision=row["revision"],
        channel=row["channel"],
        commitment=row["commitment"],
        details=row["details"],
        recorded_at=row["recorded_at"],
        leaf_hash=own,
        head=chain_head(previous, own),
    )


def _fields(seq: int, leaf: str) -> dict[str, Any]:
    try:
        row = json.loads(leaf)
        is_exact = isinstance(row, dict) and canonical(row).decode() == leaf
    except (ValueError, TypeError, RecursionError):
        is_exact = False
    if not is_exact or row.keys() != _FIELDS.keys():
        raise BrokenError(seq, "的内容写法不对")
    if any(type(row[name]) is not kind for name, kind in _FIELDS.items()) or row["kind"] not in _KINDS:
        raise BrokenError(seq, "的内容写法不对")
    fields: dict[str, Any] = row
    return fields


def ensure_course(events: Sequence[Event]) -> None:
    """Raises `BrokenError` at the first event that cannot follow the one before it, or is no ballot and looks like one."""
    before, annulled = "", False
    for event in events:
        is_epoch = event.kind == EPOCH and before in _BEFORE_EPOCH
        if (event.kind not in _FOLLOWS[before] and not is_epoch) or annulled:
            raise BrokenError(event.seq, f"（{event.kind}）不能出现在这里")
        if (event.kind in BALLOTS) != bool(event.unit and event.commitment):
            raise BrokenError(event.seq, "的内容和类别不符")
        before, annulled = before if is_epoch else event.kind, event.kind == ANNUL


def only(events: Sequence[Event], kind: str) -> Event | None:
    """The one event of a kind that a vote has once at most."""
    return next((event for event in events if event.kind == kind), None)
