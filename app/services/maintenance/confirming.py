"""Is it repaired: the reporter and the neighbours answer, and their answers close the order, send it back, or wait."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.models.maintenance.orders import Joiner, RepairAnswer, WorkOrder
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.confirmation import STEP_OF, Answer, Verdict, judge, step_cause
from app.rules.maintenance.demands import ensure_reopenable
from app.rules.maintenance.rates import Rating
from app.rules.maintenance.states import Cause, OrderState
from app.rules.text import clean_text
from app.services.maintenance.clocks import asks_until, read_clocks
from app.services.maintenance.moving import Step, lock_order, move_order
from app.services.maintenance.seats import OrderSeat
from app.services.maintenance.sight import lock_seen
from app.services.maintenance.telling import committee_of, tell
from app.services.trail import SYSTEM, Actor

MOST_TEXT = 500
# Once the repair is claimed or the order is over: what a rating can be of.
RATEABLE = frozenset({OrderState.REPAIRED, OrderState.CONFIRMED, OrderState.AUTO_CLOSED})
_HOLDS = frozenset({Cause.PARTY, Cause.FIRST_RECEIVER})
# Public words that the history keeps where nobody wrote any.
_NOT_FIXED = "居民说没有修好"
_SILENCE = "确认期限已到，没有人回答，系统自动办结；不算居民确认修好，也不算满意"
_DISPUTED = "确认期限已到，居民的意见不一致，系统自动办结；不算居民确认修好，也不算满意"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What somebody says of one repair; `round` is the repair his page showed, `rating` None for none."""

    answer: Answer
    round: int
    rating: Rating | None = None
    text: str = ""


def answer_repair(
    session: Session, *, estate_id: UUID, order_id: UUID, word: Word, actor: Actor, now: datetime
) -> Verdict:
    """Take one person's answer and do what follows of all of this round; the same answer again is the same deed.

    As long as the order waits an answer may be changed. Raises `NotFound` for an order he may not see, `NotAllowed`
    (`not_resident`, `own_work`, `joined_late`), `Conflict` (`not_asked`) before the repair is claimed and after the end.
    """
    word = replace(word, text=clean_text(word.text, most=MOST_TEXT, field="text"))
    order, seat = lock_seen(session, estate_id=estate_id, order_id=order_id, account_id=actor.id)
    before = _my_answer(session, order, word.round, actor.id)
    if order.state is not OrderState.REPAIRED or word.round != order.reopened:
        if before is not None and before.answer is word.answer:
            return Verdict.WAIT
        raise Conflict(N_("这次维修现在不用确认，请刷新页面看最新状态"), code="not_asked")
    _ensure_may_answer(session, order, seat, word.answer, actor.id)
    _keep(session, order, word, actor.id, now)
    return _follow(session, order, seat, word.text, actor, now)


def _ensure_may_answer(
    session: Session, order: WorkOrder, seat: OrderSeat, answer: Answer, account_id: UUID
) -> None:
    if not seat.is_resident:
        raise NotAllowed(N_("修好没有由报修人和一同上报的邻居说，您没有参与这张工单"), code="not_resident")
    if answer is not Answer.FIXED:
        return
    if _HOLDS & seat.causes:
        raise NotAllowed(N_("责任方不能确认自己的维修，请等报修人或一同上报的邻居确认"), code="own_work")
    joined = session.get(Joiner, (order.id, account_id))
    late = joined is not None and order.repaired_at is not None and joined.at >= order.repaired_at
    if late and Cause.REPORTER not in seat.causes:
        # Or anybody could join for the sake of closing it, before the reporter has looked.
        raise NotAllowed(N_("您是在报修好之后才加入的，请让早先上报的邻居来确认"), code="joined_late")


def _my_answer(session: Session, order: WorkOrder, number: int, account_id: UUID) -> RepairAnswer | None:
    return session.get(RepairAnswer, (order.id, number, account_id))


def _keep(session: Session, order: WorkOrder, word: Word, account_id: UUID, now: datetime) -> None:
    row = _my_answer(session, order, order.reopened, account_id)
    if row is None:
        row = RepairAnswer(
            order_id=order.id, round=order.reopened, account_id=account_id, answer=word.answer, at=now
        )
    row.answer, row.at = word.answer, now
    row.rating, row.text = word.rating or row.rating, word.text or row.text
    session.add(row)
    session.flush()
    _note_rating(session, order)


def _note_rating(session: Session, order: WorkOrder) -> None:
    """The order's rating is the reporter's own of the latest repair, else the latest that a joiner gave."""
    rated = [row for row in answers_of(session, order) if row.rating is not None]
    own = [row for row in rated if row.account_id == order.reporter_id]
    latest = max(own or rated, key=lambda row: row.at, default=None)
    order.rating = latest.rating if latest else None
    session.add(order)
    session.flush()


def answers_of(session: Session, order: WorkOrder) -> list[RepairAnswer]:
    """What was said of the latest repair, in the order it was said."""
    query = select(RepairAnswer).where(
        RepairAnswer.order_id == order.id, RepairAnswer.round == order.reopened
    )
    return list(session.exec(query.order_by(col(RepairAnswer.at), col(RepairAnswer.account_id))))


def _sides(session: Session, order: WorkOrder) -> tuple[Answer | None, list[Answer]]:
    rows = answers_of(session, order)
    own = next((row.answer for row in rows if row.account_id == order.reporter_id), None)
    return own, [row.answer for row in rows if row.account_id != order.reporter_id]


def _follow(
    session: Session, order: WorkOrder, seat: OrderSeat, text: str, actor: Actor, now: datetime
) -> Verdict:
    reporter, joiners = _sides(session, order)
    verdict = judge(reporter, joiners)
    if verdict is Verdict.REVIEW:
        ask_committee(session, order, now=now)
    if verdict not in STEP_OF:
        return verdict
    # One person's own answer is his step; several that outvote somebody are nobody's.
    counted = verdict is Verdict.REOPEN and step_cause(reporter, joiners) is Cause.SYSTEM
    step = Step(
        to=STEP_OF[verdict],
        by={Cause.SYSTEM} if counted else seat.causes,
        actor=SYSTEM if counted else actor,
        note=text or (_NOT_FIXED if verdict is Verdict.REOPEN else ""),
    )
    move_order(session, order, step, now=now)
    return verdict


def ask_committee(session: Session, order: WorkOrder, *, now: datetime) -> None:
    """A neighbour says that it is not repaired: the committee looks, once for each repair."""
    tell(
        session,
        order,
        committee_of(session, order.estate_id),
        template="order_disputed",
        occasion=str(order.reopened),
        now=now,
    )


def rate_repair(
    session: Session,
    *,
    estate_id: UUID,
    order_id: UUID,
    rating: Rating | None,
    answer: Answer | None,
    text: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Rate the latest repair, or rate it again; it moves nothing, and on an order closed by the system never counts.

    Who has not said whether it is repaired says so here. Raises `NotAllowed` (`not_resident`, `own_work`), `Invalid`
    naming `rating` or `answer`, `Conflict` (`not_asked`, `reopen_late`) when there is nothing to rate, or no more.
    """
    if rating is None:
        raise Invalid(N_("请选择您对维修是否满意"), code="required", field="rating")
    words = clean_text(text, most=MOST_TEXT, field="text")
    order, seat = lock_seen(session, estate_id=estate_id, order_id=order_id, account_id=actor.id)
    if order.state not in RATEABLE:
        raise Conflict(N_("这张工单现在不能评价，请刷新页面看最新状态"), code="not_asked")
    if order.closed_at is not None:
        ensure_reopenable(asks_until(session, order), now)
    if not seat.is_resident:
        raise NotAllowed(N_("只有报修人和一同上报的邻居可以评价"), code="not_resident")
    if _HOLDS & seat.causes:
        raise NotAllowed(N_("责任方不能评价自己的维修"), code="own_work")
    row = _my_answer(session, order, order.reopened, actor.id)
    # While the order waits, saying that it is repaired is a step, and has its own two buttons.
    said = row.answer if row else None if order.state is OrderState.REPAIRED else answer
    if said is None:
        raise Invalid(N_("请先说修好了没有"), code="required", field="answer")
    _keep(session, order, Word(answer=said, round=order.reopened, rating=rating, text=words), actor.id, now)
    if row is None and said is Answer.NOT_FIXED:
        ask_committee(session, order, now=now)


def settle_confirmation(session: Session, *, estate_id: UUID, order_id: UUID, now: datetime) -> bool:
    """Close by the system an order whose time to confirm has run out; whether it did."""
    return close_unanswered(session, lock_order(session, estate_id=estate_id, order_id=order_id), now=now)


def close_unanswered(session: Session, order: WorkOrder, *, now: datetime) -> bool:
    """The same for an order whose lock the caller holds.

    What stays disputed is closed too, in other words: neither is a confirmation, and the reporter may reopen it.
    """
    if order.state is not OrderState.REPAIRED:
        return False
    clocks = {clock.kind: clock for clock in read_clocks(session, order_id=order.id, now=now)}
    if not clocks[ClockKind.CONFIRM].overdue:
        return False
    disputed = judge(*_sides(session, order)) is Verdict.REVIEW
    note = _DISPUTED if disputed else _SILENCE
    step = Step(to=OrderState.AUTO_CLOSED, by={Cause.SYSTEM}, actor=SYSTEM, note=note)
    move_order(session, order, step, now=now)
    return True
