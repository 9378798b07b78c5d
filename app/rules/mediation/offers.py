"""Mediation: offers from one side to the other, and what the clock makes of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.rules.mediation.cases import Side


class OfferKind(StrEnum):
    """What is offered."""

    ONE_OFF = "one_off"
    YEARLY = "yearly"
    FREE_USE = "free_use"
    NO_RUNNING_COST = "no_running_cost"
    SOUND_INSULATION = "sound_insulation"
    GLASS = "glass"
    MOVE_SHAFT = "move_shaft"
    HALF_LANDING = "half_landing"
    OTHER = "other"


class OfferState(StrEnum):
    """Where an offer stands; `expired` is never stored, it follows from the clock."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class OfferVerb(StrEnum):
    """What is done with an offer."""

    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"


SUMS = frozenset({OfferKind.ONE_OFF, OfferKind.YEARLY})
# A hundred million yuan: more is a slip of the finger.
MOST_FEN = 10_000_000_000

_DONE = {
    OfferVerb.ACCEPT: OfferState.ACCEPTED,
    OfferVerb.DECLINE: OfferState.DECLINED,
    OfferVerb.WITHDRAW: OfferState.WITHDRAWN,
}


def state_at(state: OfferState, valid_until: datetime, now: datetime) -> OfferState:
    """`valid_until` is the first instant after its last day."""
    return OfferState.EXPIRED if state is OfferState.OPEN and now >= valid_until else state


def check_amount(kind: OfferKind, fen: int) -> int:
    """Money goes with a sum and with nothing else. Raises `Invalid` naming `amount`."""
    if kind not in SUMS:
        if fen:
            raise Invalid(N_("这一种方案不写金额，请把金额留空，或改选一次性补偿、每年补偿"), field="amount")
        return 0
    if not 0 < fen <= MOST_FEN:
        raise Invalid(N_("请填写补偿的金额，要大于 0 元，不超过一亿元"), field="amount")
    return fen


def decide(state: OfferState, verb: OfferVerb, *, is_own_side: bool) -> OfferState:
    """What an open offer becomes; `state` is that of `state_at`.

    The other side answers, one's own takes back. Raises `NotAllowed` for the wrong side, `Conflict` for an offer that is
    not open any more; the same deed a second time is no fault.
    """
    if is_own_side is not (verb is OfferVerb.WITHDRAW):
        raise NotAllowed(N_("方案由另一方答复，提出的一方只能撤回"), code="wrong_side")
    wanted = _DONE[verb]
    if state not in {OfferState.OPEN, wanted}:
        raise Conflict(_LATE[state], code="not_open")
    return wanted


_LATE = {
    OfferState.ACCEPTED: N_("这个方案已经接受了。想改变的话，请提出一个新方案"),
    OfferState.DECLINED: N_("这个方案已经答复为不接受。请提出一个新方案"),
    OfferState.WITHDRAWN: N_("这个方案已经被撤回了，请刷新页面"),
    OfferState.EXPIRED: N_("这个方案过了有效期，已经失效。可以请对方重新提出"),
}


def other(side: Side) -> Side:
    return Side.B if side is Side.A else Side.A
