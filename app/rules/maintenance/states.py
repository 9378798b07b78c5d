"""The life of a work order as a table: which step may follow which, and whose act it is."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from app.errors import N_, Conflict, NotAllowed, Refusal


class OrderState(StrEnum):
    SUBMITTED = "submitted"
    NEED_INFO = "need_info"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    REPAIRED = "repaired"
    CONFIRMED = "confirmed"
    AUTO_CLOSED = "auto_closed"
    REOPENED = "reopened"
    DUPLICATE = "duplicate"
    NOT_OURS = "not_ours"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Ending(StrEnum):
    """Closed is not repaired: only what a resident confirmed counts as fixed."""

    OPEN = "open"
    FIXED = "fixed"
    CLOSED = "closed"


class Cause(StrEnum):
    """What somebody is to one order; a person may be several of these at once."""

    REPORTER = "reporter"
    JOINER = "joiner"
    PARTY = "party"
    FIRST_RECEIVER = "first_receiver"
    COMMITTEE = "committee"
    SYSTEM = "system"


STATE_NAMES = {
    OrderState.SUBMITTED: N_("已上报"),
    OrderState.NEED_INFO: N_("待补充"),
    OrderState.ASSIGNED: N_("已派单"),
    OrderState.ACCEPTED: N_("已接单"),
    OrderState.IN_PROGRESS: N_("处理中"),
    OrderState.WAITING: N_("等待"),
    OrderState.REPAIRED: N_("待确认"),
    OrderState.CONFIRMED: N_("已确认修好"),
    OrderState.AUTO_CLOSED: N_("超期自动办结"),
    OrderState.REOPENED: N_("返工"),
    OrderState.DUPLICATE: N_("重复"),
    OrderState.NOT_OURS: N_("转出"),
    OrderState.DECLINED: N_("不予办理"),
    OrderState.WITHDRAWN: N_("已撤回"),
}

_S = OrderState
_REPORTER = frozenset({Cause.REPORTER})
_RESIDENTS = frozenset({Cause.REPORTER, Cause.JOINER})
_PARTY = frozenset({Cause.PARTY})
# 首接负责制: who got the order first leads until another has accepted it.
_HOLDERS = frozenset({Cause.PARTY, Cause.FIRST_RECEIVER})
_COMMITTEE = frozenset({Cause.COMMITTEE})
_SYSTEM = frozenset({Cause.SYSTEM})
_TRIAGE = _COMMITTEE | _SYSTEM
# None of these may be the holder's act, or refusing would be a way of closing.
_SET_ASIDE = {_S.DUPLICATE: _COMMITTEE, _S.NOT_OURS: _COMMITTEE, _S.DECLINED: _COMMITTEE}
_ANY_TIME = {**_SET_ASIDE, _S.WITHDRAWN: _REPORTER}
_AGAIN = {_S.REOPENED: _REPORTER | _TRIAGE}

MOVES: dict[OrderState, dict[OrderState, frozenset[Cause]]] = {
    _S.SUBMITTED: {_S.ASSIGNED: _TRIAGE, _S.NEED_INFO: _COMMITTEE, **_ANY_TIME},
    # Unanswered by its end date a question no longer holds the order up: it goes back as it stands.
    _S.NEED_INFO: {
        _S.SUBMITTED: _RESIDENTS | _TRIAGE,
        _S.ASSIGNED: _RESIDENTS | _TRIAGE,
        **_ANY_TIME,
    },
    # To itself: handed to another party, or back to the first receiver when that one refuses.
    _S.ASSIGNED: {
        _S.ACCEPTED: _HOLDERS,
        _S.ASSIGNED: _HOLDERS | _TRIAGE,
        _S.NEED_INFO: _HOLDERS | _COMMITTEE,
        **_ANY_TIME,
    },
    _S.ACCEPTED: {
        _S.IN_PROGRESS: _PARTY,
        _S.WAITING: _PARTY,
        _S.REPAIRED: _PARTY,
        _S.ASSIGNED: _COMMITTEE,
        **_ANY_TIME,
    },
    _S.IN_PROGRESS: {_S.WAITING: _PARTY, _S.REPAIRED: _PARTY, _S.ASSIGNED: _COMMITTEE, **_ANY_TIME},
    _S.WAITING: {
        _S.IN_PROGRESS: _PARTY | _TRIAGE,
        _S.REPAIRED: _PARTY,
        _S.ASSIGNED: _COMMITTEE,
        **_ANY_TIME,
    },
    # The claim of who did the work; another's act closes it. The system acts when joiners have outvoted it.
    _S.REPAIRED: {_S.CONFIRMED: _RESIDENTS, **_AGAIN, _S.AUTO_CLOSED: _SYSTEM},
    _S.CONFIRMED: _AGAIN,
    _S.AUTO_CLOSED: _AGAIN,
    _S.REOPENED: {
        _S.ACCEPTED: _HOLDERS,
        _S.IN_PROGRESS: _PARTY,
        _S.ASSIGNED: _TRIAGE,
        **_ANY_TIME,
    },
    # After an appeal, or when the recipient sent it back.
    _S.DUPLICATE: {_S.SUBMITTED: _COMMITTEE},
    _S.NOT_OURS: {_S.SUBMITTED: _COMMITTEE},
    _S.DECLINED: {_S.SUBMITTED: _COMMITTEE},
    _S.WITHDRAWN: {},
}

FIXED = frozenset({_S.CONFIRMED})
CLOSED = FIXED | {_S.AUTO_CLOSED, _S.DUPLICATE, _S.NOT_OURS, _S.DECLINED, _S.WITHDRAWN}
OPEN = frozenset(OrderState) - CLOSED
# Where triage has not yet found who answers.
UNASSIGNED = frozenset({_S.SUBMITTED})
# Where somebody's hands are expected to move.
WITH_A_PARTY = frozenset({_S.ASSIGNED, _S.ACCEPTED, _S.IN_PROGRESS, _S.WAITING, _S.REOPENED})
OPEN_FOR_JOINING = OPEN
# Neither a repair nor a refusal: one fault counts once, and what was taken back was nobody's to mend.
NOT_COUNTED = frozenset({_S.DUPLICATE, _S.WITHDRAWN})


def ending_of(state: OrderState) -> Ending:
    if state in OPEN:
        return Ending.OPEN
    return Ending.FIXED if state in FIXED else Ending.CLOSED


def move(current: OrderState, target: OrderState, *, by: Collection[Cause]) -> OrderState:
    """The target, when the table allows the step to somebody who is `by` to this order, all hats named.

    Raises `Conflict` (`bad_move`) for a step nobody may take, `NotAllowed` (`own_work`) when the confirming
    person also stands for the party, whatever else that person is, and `NotAllowed` (`not_your_move`).
    """
    causes = MOVES[current].get(target, frozenset())
    if not causes:
        raise Conflict(
            N_("工单现在是“%(current)s”，不能改成“%(target)s”，请刷新页面看最新状态"),
            code="bad_move",
            current=Refusal(STATE_NAMES[current]),
            target=Refusal(STATE_NAMES[target]),
        )
    if target in FIXED and _HOLDERS.intersection(by):
        raise NotAllowed(N_("责任方不能确认自己的维修，请等报修人或一同上报的邻居确认"), code="own_work")
    if not causes.intersection(by):
        raise NotAllowed(
            N_("把工单改成“%(target)s”不由您操作；有疑问请联系居委会"),
            code="not_your_move",
            target=Refusal(STATE_NAMES[target]),
        )
    return target


def next_states(current: OrderState, *, by: Collection[Cause]) -> list[OrderState]:
    """What somebody who is `by` to this order may do next, in the order of the table: the buttons to draw."""
    own = bool(_HOLDERS.intersection(by))
    return [
        target
        for target, causes in MOVES[current].items()
        if causes.intersection(by) and not (own and target in FIXED)
    ]
