"""Mediation: whether what was agreed is done on its day."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from app.errors import N_, Conflict
from app.rules.calendar import BEIJING


class CheckState(StrEnum):
    """What the mediator found at a check of performance (人民调解法 art. 31)."""

    WAITING = "waiting"
    PERFORMED = "performed"
    PARTLY = "partly"
    NOT_PERFORMED = "not_performed"


def is_due(state: CheckState, due_on: date, now: datetime) -> bool:
    """From its day on, until the mediator has looked."""
    return state is CheckState.WAITING and due_on <= now.astimezone(BEIJING).date()


def settle(before: CheckState, found: CheckState) -> CheckState:
    """Found once; a later look is a check of its own. Raises `Conflict` (`settled`)."""
    if before not in {CheckState.WAITING, found}:
        raise Conflict(N_("这次回访已经登记过结果。情况有变化的话，请另加一次回访"), code="settled")
    return found
