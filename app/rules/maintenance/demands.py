"""What a step of a work order must bring, and the windows and neighbours that stand in its way."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from app.errors import N_, Conflict, Invalid
from app.rules.maintenance.states import OrderState


class Need(StrEnum):
    """What a step must bring besides its actor and time."""

    NOTE = "note"
    RECIPIENT = "recipient"
    ORIGINAL = "original"
    PAUSE = "pause"
    PHOTO = "photo"


NEEDS: dict[OrderState, frozenset[Need]] = {
    OrderState.NEED_INFO: frozenset({Need.NOTE, Need.PAUSE}),
    OrderState.WAITING: frozenset({Need.PAUSE}),
    OrderState.REPAIRED: frozenset({Need.PHOTO}),
    OrderState.REOPENED: frozenset({Need.NOTE}),
    OrderState.DUPLICATE: frozenset({Need.ORIGINAL}),
    OrderState.NOT_OURS: frozenset({Need.RECIPIENT, Need.NOTE}),
    OrderState.DECLINED: frozenset({Need.NOTE}),
}
_MISSING = {
    Need.NOTE: N_("请写明理由，居民会看到"),
    Need.RECIPIENT: N_("请写明转给了哪个单位"),
    Need.ORIGINAL: N_("请写明与哪一张工单重复"),
    Need.PAUSE: N_("请选等待的原因，并填写到哪一天为止"),
    Need.PHOTO: N_("请上传修好后的照片"),
}


def ensure_brought(target: OrderState, brought: Collection[Need]) -> None:
    """Raises `Invalid` (code and field are the need's name) for the first thing the step lacks."""
    for need in Need:
        if need in NEEDS.get(target, frozenset()) and need not in brought:
            raise Invalid(_MISSING[need], code=f"no_{need.value}", field=need.value)


def ensure_reopenable(until: datetime | None, now: datetime) -> None:
    """Raises `Conflict` (`reopen_late`) from the end of the order's APPEAL clock on, and where it has none."""
    if until is None or now >= until:
        raise Conflict(
            N_("办结以后要求返工和评价的期限已过；问题又出现请重新报修，系统会关联以前的记录"),
            code="reopen_late",
        )


def ensure_withdrawable(joiners: int) -> None:
    """Raises `Conflict` (`joined`): once neighbours have joined, the fault is no longer one person's to withdraw."""
    if joiners:
        raise Conflict(
            N_("已有 %(joiners)s 位邻居也遇到这个问题，不能撤回；您可以不再接收这张工单的消息"),
            code="joined",
            joiners=joiners,
        )
