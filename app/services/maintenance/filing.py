"""File a report: one fault at one place becomes an order, with its warranty, who answers, and its clocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid
from app.models.maintenance.orders import Joiner, ReportSource, WorkOrder
from app.models.maintenance.photos import PhotoKind
from app.models.maintenance.places import Place
from app.rules.maintenance.categories import category_of, urgency_of
from app.rules.maintenance.questions import read_answers
from app.rules.maintenance.recurrence import Fault, predecessor
from app.rules.maintenance.states import NOT_COUNTED, Cause, OrderState
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.deliberations.attaching import Upload
from app.services.estates.units import lock_register
from app.services.maintenance.clocks import follow_history
from app.services.maintenance.estate_settings import settings_of
from app.services.maintenance.handing import hand_to
from app.services.maintenance.moving import Step, count_fault, lock_order, note_move
from app.services.maintenance.parties import committee_party
from app.services.maintenance.photos import store_photos
from app.services.maintenance.places import find_place, way_of
from app.services.maintenance.warranties import who_answers
from app.services.trail import SYSTEM, Actor

MOST_TEXT = 4_000
# Beside the answers to the questions, whose codes never begin so.
ADDRESS = "_address"
# Who wrote these down had no form with questions before him.
_UNASKED = frozenset({ReportSource.INSPECTION, ReportSource.HOTLINE})
# A chain looks back over no more than this many closed orders of the place.
_MOST_BEFORE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is told of one fault. `id` comes with the form: sent twice, it is one order.

    `reporter_id` is whose report it is (None without an account), `filed_by` who wrote it down for somebody else.
    `token_hash` is of the secret by which a report without an account is followed. A `held` report waits until the
    committee has looked at it, and no party is asked before.
    """

    id: UUID
    estate_id: UUID
    source: ReportSource
    place_id: UUID
    category: str
    text: str
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    photos: Sequence[Upload] = ()
    reporter_id: UUID | None = None
    filed_by: UUID | None = None
    contact_name: str = ""
    contact_phone: str = ""
    token_hash: str | None = None
    unit_id: UUID | None = None
    media_url: str = ""
    # Where it is in words of somebody who knows no place of the tree.
    address: str = ""
    hotline_number: str | None = None
    held: bool = False


def file_report(session: Session, report: Report, *, actor: Actor, now: datetime) -> UUID:
    """The id of the order. A `unit_id` makes it a fault inside that flat, which only those concerned see.

    Raises `Invalid` naming `category`, `place`, `text`, `photos`, a contact field or a question's code; `Conflict` when
    the id is another report's.
    """
    lock_register(session, estate_id=report.estate_id)
    present = session.get(WorkOrder, report.id)
    if present is not None:
        if (present.estate_id, present.reporter_id) != (report.estate_id, report.reporter_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    place = find_place(session, estate_id=report.estate_id, place_id=report.place_id)
    order = _order(session, report, place, now)
    session.add(order)
    session.flush()
    if report.photos:
        store_photos(
            session,
            order,
            kind=PhotoKind.REPORT,
            uploads=report.photos,
            uploaded_by=report.filed_by or report.reporter_id,
            now=now,
        )
    cause = Cause.REPORTER if report.reporter_id else Cause.SYSTEM
    first = Step(to=OrderState.SUBMITTED, by={cause}, actor=actor)
    note_move(session, order, cause=cause, step=first, now=now)
    follow_history(session, order, now=now)
    count_fault(session, order, was_counted=False)
    trail.record(
        session,
        tag="maintenance:order:file",
        actor=actor,
        now=now,
        estate_id=order.estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        new={"number": order.number, "category": order.category, "source": order.source.value},
    )
    if not order.held:
        dispatch(session, order, way=way_of(session, place), now=now)
    return order.id


def _order(session: Session, report: Report, place: Place, now: datetime) -> WorkOrder:
    category = category_of(report.category)
    text = clean_text(report.text, most=MOST_TEXT, field="text")
    bare = not text and not report.photos and not report.media_url
    # A program need not send any words (GeoReport v2).
    if bare and report.source is not ReportSource.OPEN311:
        raise Invalid(
            N_("请用一两句话写明哪里坏了、是什么样子，或者拍一张照片"), code="required", field="text"
        )
    asked = [one for one in category.questions if report.source not in _UNASKED or one.code in report.answers]
    answers = read_answers(asked, report.answers)
    private = report.unit_id is not None
    return WorkOrder(
        id=report.id,
        estate_id=report.estate_id,
        number=_next_number(session, report.estate_id),
        source=report.source,
        reporter_id=report.reporter_id,
        filed_by=report.filed_by,
        contact_name=clean_line(report.contact_name, most=50, field="contact_name"),
        contact_phone=clean_line(report.contact_phone, most=30, field="contact_phone"),
        token_hash=report.token_hash,
        category=category.key,
        family=category.family,
        urgency=urgency_of(category, answers),
        place_id=place.id,
        building=place.building,
        entrance=place.entrance,
        private=private,
        unit_id=report.unit_id,
        text=text,
        answers={**answers, **({ADDRESS: [report.address]} if report.address else {})},
        media_url=report.media_url,
        state=OrderState.SUBMITTED,
        listed=not private and not report.held,
        held=report.held,
        hotline_number=report.hotline_number,
        filed_at=now,
        changed_at=now,
        follows_id=_follows(session, report, place, category.family, now),
    )


def _next_number(session: Session, estate_id: UUID) -> int:
    last = session.exec(
        select(sa.func.max(WorkOrder.number)).where(col(WorkOrder.estate_id) == estate_id)
    ).one()
    return (last or 0) + 1


def _follows(session: Session, report: Report, place: Place, family: str, now: datetime) -> UUID | None:
    """The order whose fault has come back: of the same family, at this place or in this building, closed lately."""
    days = settings_of(session, report.estate_id).recurrence_days
    query = select(WorkOrder).where(
        WorkOrder.estate_id == report.estate_id,
        WorkOrder.family == family,
        col(WorkOrder.closed_at) > now - timedelta(days=days),
        col(WorkOrder.state).not_in(NOT_COUNTED),
        col(WorkOrder.repaired_at).is_not(None),
        (col(WorkOrder.place_id) == place.id)
        | ((col(WorkOrder.building) == place.building) & (col(WorkOrder.building) != "")),
    )
    if report.unit_id is not None:
        query = query.where(WorkOrder.unit_id == report.unit_id)
    earlier = [
        Fault(
            key=one.id,
            fault=family,
            filed_at=one.filed_at,
            closed_at=one.closed_at,
            facility=str(one.place_id),
            building=one.building,
        )
        for one in session.exec(query.order_by(col(WorkOrder.closed_at).desc()).limit(_MOST_BEFORE))
    ]
    mine = Fault(key=report.id, fault=family, filed_at=now, facility=str(place.id), building=place.building)
    found = predecessor(mine, earlier, days)
    return found[0].key if found else None


def dispatch(session: Session, order: WorkOrder, *, way: Sequence[Place], now: datetime) -> None:
    """Decide warranty and who answers by the day of filing, and ask that party; the order's lock is held."""
    fallback = committee_party(session, estate_id=order.estate_id, now=now)
    found = who_answers(
        session,
        way=way,
        family=order.family,
        category=order.category,
        filed_at=order.filed_at,
        fallback=fallback.id,
    )
    order.cover = found.decision.cover if found.decision else None
    order.warranty_item_id = found.item_id
    hand_to(
        session,
        order,
        party_id=found.party_id,
        basis=found.basis,
        by={Cause.SYSTEM},
        actor=SYSTEM,
        now=now,
    )


def release_report(session: Session, *, estate_id: UUID, order_id: UUID, actor: Actor, now: datetime) -> None:
    """The committee has looked at a report without an account: it becomes public, and a party is asked."""
    lock_register(session, estate_id=estate_id)
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    if not order.held:
        return
    order.held, order.listed = False, not order.private and order.hidden_at is None
    count_fault(session, order, was_counted=False)
    trail.record(
        session,
        tag="maintenance:order:release",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="work_order",
        subject_id=order_id,
    )
    place = session.get_one(Place, order.place_id)
    dispatch(session, order, way=way_of(session, place), now=now)


def join_report(
    session: Session, *, estate_id: UUID, order_id: UUID, account_id: UUID, text: str, now: datetime
) -> None:
    """A neighbour has the same fault: he gets its news and may confirm. Twice is once.

    Raises `Conflict` for an order that is over, or his own.
    """
    order = lock_order(session, estate_id=estate_id, order_id=order_id)
    if order.reporter_id == account_id or session.get(Joiner, (order_id, account_id)) is not None:
        return
    if not order.is_open or not order.listed:
        raise Conflict(N_("这张工单已经办结，问题又出现请重新报修，系统会关联以前的记录"), code="closed")
    session.add(
        Joiner(
            order_id=order_id,
            account_id=account_id,
            text=clean_text(text, most=500, field="text"),
            at=now,
        )
    )
    order.joiners += 1
    order.changed_at = now
    session.add(order)
    session.flush()
