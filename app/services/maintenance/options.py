"""What a person may do with an order now, and what has been said of its repair: the buttons and the words beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.maintenance.orders import Joiner, RepairAnswer, WorkOrder
from app.rules.maintenance.confirmation import Answer
from app.rules.maintenance.rates import CALL_BACK_NAMES, RATING_NAMES, Rating
from app.rules.maintenance.states import CLOSED, Cause, OrderState, next_states
from app.services.maintenance.appeals import MyAppeal, may_appeal, my_appeal
from app.services.maintenance.calling_back import may_call_back
from app.services.maintenance.clocks import asks_until
from app.services.maintenance.confirming import RATEABLE, answers_of
from app.services.maintenance.sight import Eye, is_reporter

_HOLDS = frozenset({Cause.PARTY, Cause.FIRST_RECEIVER})


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """What one resident said of the latest repair; `rating` is a marked word, "" for none."""

    name: str
    is_me: bool
    is_reporter: bool
    fixed: bool
    rating: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Options:
    """`asked` is the question “is it repaired”, `confirms` whether this person may say yes; `round` goes with the form.

    `unsaid` when he rates without having said whether it is repaired. `rating` and `call_back` are marked words.
    """

    asked: bool
    confirms: bool
    round: int
    mine: AnswerLine | None
    my_rating: Rating | None
    answers: Sequence[AnswerLine]
    may_rate: bool
    unsaid: bool
    may_inform: bool
    may_join: bool
    joined: bool
    may_leave: bool
    may_withdraw: bool
    may_reopen: bool
    reopen_until: datetime | None
    may_appeal: bool
    appeal: MyAppeal | None
    rating: str
    call_back: str
    call_back_note: str
    may_call_back: bool
    is_committee: bool
    may_check_photos: bool


def options_of(session: Session, order: WorkOrder, eye: Eye, *, resident: bool, now: datetime) -> Options:
    """`resident` says whether he owns or lives in the estate. The use cases ask again."""
    seat, state = eye.seat, order.state
    causes = seat.causes
    nexts = next_states(state, by=causes)
    rows = answers_of(session, order)
    lines = _lines(session, order, rows, eye)
    mine = next((row for row in rows if row.account_id == eye.account_id), None)
    joiner = session.get(Joiner, (order.id, eye.account_id)) if eye.account_id else None
    until = asks_until(session, order)
    in_window = until is not None and now < until
    rates = seat.is_resident and not causes & _HOLDS and state in RATEABLE
    own = is_reporter(seat)
    return Options(
        asked=seat.is_resident and state is OrderState.REPAIRED,
        confirms=OrderState.CONFIRMED in nexts and (own or _joined_before(order, joiner)),
        round=order.reopened,
        mine=next((line for line in lines if line.is_me), None),
        my_rating=mine.rating if mine else None,
        answers=lines,
        may_rate=rates and (in_window if state in CLOSED else mine is not None),
        unsaid=mine is None,
        may_inform=seat.is_resident and state is OrderState.NEED_INFO,
        may_join=resident and order.listed and order.is_open and not own and joiner is None,
        joined=joiner is not None,
        may_leave=joiner is not None and order.is_open,
        may_withdraw=OrderState.WITHDRAWN in nexts and not order.joiners,
        may_reopen=own and state in CLOSED and OrderState.REOPENED in nexts and in_window,
        reopen_until=until,
        may_appeal=may_appeal(session, order, own=own, now=now),
        appeal=my_appeal(session, order) if own or seat.is_staff else None,
        rating=RATING_NAMES[order.rating] if order.rating else "",
        call_back=CALL_BACK_NAMES[order.call_back] if order.call_back else "",
        call_back_note=order.call_back_note if seat.is_staff or own else "",
        may_call_back=Cause.COMMITTEE in causes and may_call_back(order),
        is_committee=Cause.COMMITTEE in causes,
        may_check_photos=bool(causes & {Cause.COMMITTEE, Cause.PARTY}),
    )


def _joined_before(order: WorkOrder, joiner: Joiner | None) -> bool:
    return joiner is not None and order.repaired_at is not None and joiner.at < order.repaired_at


def _lines(session: Session, order: WorkOrder, rows: Sequence[RepairAnswer], eye: Eye) -> list[AnswerLine]:
    ids = {row.account_id for row in rows}
    query = select(Account.id, Account.name).where(col(Account.id).in_(ids))
    names = dict(session.exec(query).all()) if ids else {}
    return [
        AnswerLine(
            name=eye.name(row.account_id, names.get(row.account_id, "")),
            is_me=row.account_id == eye.account_id,
            is_reporter=row.account_id == order.reporter_id,
            fixed=row.answer is Answer.FIXED,
            rating=RATING_NAMES[row.rating] if row.rating else "",
            text=row.text,
            at=row.at,
        )
        for row in rows
    ]
