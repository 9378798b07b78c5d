"""What a party does with its order: take it, ask back, begin, wait with a reason and an end, and say it is repaired."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session

from app.errors import N_, Conflict, Invalid
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.photos import PhotoKind
from app.rules.calendar import BEIJING
from app.rules.maintenance.pauses import WORK_PAUSES, PauseReason, pause_until
from app.rules.maintenance.responsible import Reply
from app.rules.maintenance.states import Cause, OrderState, move
from app.rules.text import clean_line, clean_text
from app.services.deliberations.attaching import Upload
from app.services.maintenance.desk import Hand, ensure_committee, take_order
from app.services.maintenance.handing import hand_to, handings_of, reply_to
from app.services.maintenance.moving import Step, move_order
from app.services.maintenance.photos import store_photos
from app.services.maintenance.seats import OrderSeat, first_receiver

MOST_NOTE = 1000
MOST_PLAN = 500
_LATEST_PROMISE = timedelta(days=366)


def clean_note(text: str, *, required: bool = False) -> str:
    """What residents will read of a step; raises `Invalid` naming `note`."""
    note = clean_text(text, most=MOST_NOTE, field="note")
    if required and not note:
        raise Invalid(N_("请写明理由，居民会看到"), code="no_note", field="note")
    return note


def accept_order(
    session: Session,
    hand: Hand,
    *,
    worker_name: str,
    worker_number: str,
    plan: str,
    promised_at: datetime | None,
) -> None:
    """Take the order, and say who comes, what he will do, and until when.

    The first receiver may take back what the one it was handed to has not accepted. Raises `Invalid` naming a field.
    """
    order, seat = take_order(session, hand)
    move(order.state, OrderState.ACCEPTED, by=seat.causes)
    worker = clean_line(worker_name, most=50, field="worker_name")
    number = clean_line(worker_number, most=30, field="worker_number")
    plan = clean_text(plan, most=MOST_PLAN, field="plan")
    if not worker:
        raise Invalid(N_("请写维修师傅的姓名，居民要认得来的人"), code="required", field="worker_name")
    if not plan:
        raise Invalid(N_("请写打算怎么修，例如“更换楼道灯具并检查线路”"), code="required", field="plan")
    if promised_at is None or not hand.now < promised_at <= hand.now + _LATEST_PROMISE:
        raise Invalid(
            N_("请填写预计修好的时间，要在现在以后、一年以内"), code="bad_promise", field="promised"
        )
    if order.state is OrderState.ASSIGNED:
        _take_up(session, order, seat, hand)
    order.worker_name, order.worker_number = worker, number
    order.plan, order.promised_at = plan, promised_at
    note = _three_tellings(worker, number, plan, promised_at)
    step = Step(to=OrderState.ACCEPTED, by=seat.causes, actor=hand.actor, note=note)
    move_order(session, order, step, now=hand.now)


def _take_up(session: Session, order: WorkOrder, seat: OrderSeat, hand: Hand) -> None:
    """Write down whose yes it is; the first receiver asks itself again when another was asked meanwhile."""
    mine = next((one.party_id for one in handings_of(session, order.id)[-1:]), None)
    if mine not in seat.party_ids:
        mine = first_receiver(session, order.id) if Cause.FIRST_RECEIVER in seat.causes else None
        if mine is None:
            return
        hand_to(
            session,
            order,
            party_id=mine,
            basis=None,
            by={Cause.FIRST_RECEIVER},
            actor=hand.actor,
            now=hand.now,
        )
    reply_to(session, order, party_id=mine, reply=Reply.ACCEPTED, now=hand.now)


def _three_tellings(worker: str, number: str, plan: str, promised_at: datetime) -> str:
    who = f"{worker}（工号 {number}）" if number else worker
    at = promised_at.astimezone(BEIJING)
    return f"维修师傅：{who}。怎么修：{plan}。预计 {at.month} 月 {at.day} 日 {at:%H:%M} 前修好。"


def start_work(session: Session, hand: Hand, *, note: str = "") -> None:
    """Begin, or go on after waiting."""
    order, seat = take_order(session, hand)
    step = Step(to=OrderState.IN_PROGRESS, by=seat.causes, actor=hand.actor, note=clean_note(note))
    move_order(session, order, step, now=hand.now)


def wait_with_order(session: Session, hand: Hand, *, reason: str, until: date | None, note: str = "") -> None:
    """Wait for one of `WORK_PAUSES` through a day; the clocks stand still meanwhile. Raises `Invalid` (`bad_pause`)."""
    order, seat = take_order(session, hand)
    move(order.state, OrderState.WAITING, by=seat.causes)
    if reason not in set(WORK_PAUSES):
        raise Invalid(N_("请选择等待的原因"), code="bad_reason", field="reason")
    why = PauseReason(reason)
    step = Step(
        to=OrderState.WAITING,
        by=seat.causes,
        actor=hand.actor,
        note=clean_note(note),
        reason=why,
        pause=pause_until(why, _day(until), hand.now),
    )
    move_order(session, order, step, now=hand.now)


def _day(until: date | None) -> date:
    if until is None:
        raise Invalid(N_("请填写日期，例如 2026-12-01"), code="no_day", field="until")
    return until


def ask_for_information(session: Session, hand: Hand, *, note: str, until: date | None) -> None:
    """Ask the reporter; unanswered by the end of that day, the order goes on as it stands."""
    order, seat = take_order(session, hand)
    move(order.state, OrderState.NEED_INFO, by=seat.causes)
    question = clean_note(note)
    if not question:
        raise Invalid(N_("请写清楚要报修人补充什么"), code="no_note", field="note")
    step = Step(
        to=OrderState.NEED_INFO,
        by=seat.causes,
        actor=hand.actor,
        note=question,
        reason=PauseReason.INFORMATION,
        pause=pause_until(PauseReason.INFORMATION, _day(until), hand.now),
    )
    move_order(session, order, step, now=hand.now)


def take_back_question(session: Session, hand: Hand, *, note: str = "") -> None:
    """The committee needs no answer any more: back to the party that was asked, or to where triage looks for one."""
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    # From elsewhere the same step would hand the order on, or bring back what was set aside.
    if order.state is not OrderState.NEED_INFO:
        raise Conflict(N_("这张工单没有在等补充，请看最新状态"), code="bad_move")
    to = OrderState.ASSIGNED if order.party_id else OrderState.SUBMITTED
    step = Step(to=to, by={Cause.COMMITTEE}, actor=hand.actor, note=clean_note(note), party_id=order.party_id)
    move_order(session, order, step, now=hand.now)


def report_repaired(session: Session, hand: Hand, *, photos: Sequence[Upload], note: str = "") -> None:
    """Say that it is repaired, with a picture to prove it; the residents have the last word."""
    order, seat = take_order(session, hand)
    move(order.state, OrderState.REPAIRED, by=seat.causes)
    if not photos:
        raise Invalid(N_("请上传修好后的照片，居民凭照片确认"), code="no_photo", field="photos")
    said = clean_note(note)
    store_photos(
        session,
        order,
        kind=PhotoKind.PROOF,
        uploads=photos,
        uploaded_by=hand.actor.id,
        now=hand.now,
    )
    step = Step(to=OrderState.REPAIRED, by=seat.causes, actor=hand.actor, note=said, proof=True)
    move_order(session, order, step, now=hand.now)
