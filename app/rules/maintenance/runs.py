"""The clocks' runs read from an order's history: what started, paused and stopped each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.clocks import Pause, Run
from app.rules.maintenance.states import CLOSED, OrderState


class Step(NamedTuple):
    """One move of the history: the state entered, when, who answers from then on, and a pause's end."""

    state: OrderState
    at: datetime
    party: str = ""
    until: datetime | None = None


_S = OrderState
_ANSWERED = CLOSED | {_S.ACCEPTED, _S.IN_PROGRESS, _S.REPAIRED}
_APPEALABLE = CLOSED - {_S.WITHDRAWN}
_PAUSED = frozenset({_S.NEED_INFO, _S.WAITING})
# An answer to the residents stops the first of these; being sent elsewhere does not stop the second.
_STOPPED_BY: dict[ClockKind, frozenset[OrderState]] = {
    ClockKind.RESPONSE: _ANSWERED,
    ClockKind.PARTY_RESPONSE: _ANSWERED | {_S.SUBMITTED},
    ClockKind.REFUSAL: _ANSWERED | {_S.SUBMITTED},
    ClockKind.REPAIR: CLOSED | {_S.REPAIRED},
    ClockKind.REWORK: CLOSED | {_S.REPAIRED},
    ClockKind.CONFIRM: frozenset(OrderState) - {_S.REPAIRED},
    ClockKind.APPEAL: frozenset(OrderState) - CLOSED,
}
_STARTED_BY: dict[OrderState, tuple[ClockKind, ...]] = {
    _S.REPAIRED: (ClockKind.CONFIRM,),
    _S.REOPENED: (ClockKind.REWORK,),
    **dict.fromkeys(_APPEALABLE, (ClockKind.APPEAL,)),
}


def runs_of(history: Sequence[Step]) -> dict[ClockKind, Run]:
    """The latest run of each clock that has ever started, by the moves in the order they were made."""
    runs: dict[ClockKind, Run] = {}
    before: Step | None = None
    asked = ""
    for step in history:
        for kind, run in runs.items():
            if run.stopped is None:
                runs[kind] = _continued(kind, run, step)
        running = {kind for kind, run in runs.items() if run.stopped is None}
        for kind in _started(step, before, running, asked):
            runs[kind] = Run(step.at)
        asked = step.party if step.state is _S.ASSIGNED else asked
        before = step
    return runs


def _continued(kind: ClockKind, run: Run, step: Step) -> Run:
    pauses = run.pauses
    if pauses and pauses[-1].resumed is None:
        pauses = (*pauses[:-1], pauses[-1]._replace(resumed=step.at))
    if step.state in _STOPPED_BY[kind]:
        return replace(run, pauses=pauses, stopped=step.at)
    if step.state in _PAUSED and step.until is not None:
        pauses = (*pauses, Pause(step.at, step.until))
    return replace(run, pauses=pauses)


def _started(step: Step, before: Step | None, running: set[ClockKind], asked: str) -> tuple[ClockKind, ...]:
    match step.state:
        case _S.SUBMITTED:
            return (ClockKind.RESPONSE,) if before is None or before.state in CLOSED else ()
        case _S.ASSIGNED:
            # The same party, back from a question, goes on with the time it had.
            same = step.party == asked and ClockKind.PARTY_RESPONSE in running
            return () if same else (ClockKind.PARTY_RESPONSE, ClockKind.REFUSAL)
        case _S.ACCEPTED:
            return () if running & {ClockKind.REPAIR, ClockKind.REWORK} else (ClockKind.REPAIR,)
        case state:
            return _STARTED_BY.get(state, ())
