"""The life of a redemption as a table: asked for, then handed over, taken back or refused; an end is an end."""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_, Conflict


class RedemptionState(StrEnum):
    """Where a redemption stands; the points are taken while it waits and after it was handed over."""

    WAITING = "waiting"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"
    REFUSED = "refused"


STATE_NAMES = {
    RedemptionState.WAITING: N_("等您来领"),
    RedemptionState.HANDED_OVER: N_("已领取"),
    RedemptionState.CANCELLED: N_("已取消，积分已退回"),
    RedemptionState.REFUSED: N_("未能兑换，积分已退回"),
}


def move(state: RedemptionState, to: RedemptionState) -> bool:
    """Whether something changes: False when it is there already. Raises `Conflict` for any way out of an end."""
    if state is to:
        return False
    if state is not RedemptionState.WAITING:
        raise Conflict(N_("这次兑换已经处理过了，请刷新页面"), code="decided")
    return True
