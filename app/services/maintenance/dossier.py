"""All that the desk shows of one order: what was reported, who answers and why, its clocks, its history, its money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.estates import Unit
from app.models.maintenance.orders import ReportSource, WorkOrder
from app.models.maintenance.parties import Party
from app.models.maintenance.photos import OrderPhoto, PhotoKind
from app.models.maintenance.places import Place, WarrantyItem
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.clockrules import Urgency
from app.rules.maintenance.kinds import Family
from app.rules.maintenance.questions import Question
from app.rules.maintenance.responsible import BASIS_NAMES, MOST_REFUSALS, refusals
from app.rules.maintenance.states import Cause, OrderState
from app.rules.maintenance.terms import Measure
from app.rules.maintenance.warranty import COVER_NAMES
from app.services.files import StoredFileView, read_file
from app.services.maintenance import amending, voting
from app.services.maintenance.clocks import ClockView, read_clocks
from app.services.maintenance.costs import CostView, list_costs, wants_vote
from app.services.maintenance.desk import Deed, asked_last, deeds_of, ensure_staff, last_step
from app.services.maintenance.desk_history import AnswerView, HistoryLine, list_said, tell_history
from app.services.maintenance.filing import ADDRESS
from app.services.maintenance.handing import as_rule, handings_of
from app.services.maintenance.lines import where_words
from app.services.maintenance.seats import OrderSeat, seat_of
from app.services.maintenance.sight import find_order
from app.services.maintenance.voting import VoteLink


@dataclass(frozen=True, slots=True)
class PhotoView:
    id: UUID
    kind: PhotoKind
    at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """Another order."""

    id: UUID
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One order at the desk. Words that may be marked: `category`, `family`, `basis`, `cover`, the questions.

    `seen` is the number of its last step, which every form carries. `needs_ruling` when the committee has to decide;
    `asked` is who has not answered yet. `extension` is the measure and the most of what the committee may add.
    """

    id: UUID
    number: int
    state: OrderState
    is_open: bool
    held: bool
    private: bool
    source: ReportSource
    category_key: str
    category: str
    family: Family
    urgency: Urgency
    place_id: UUID
    place: str
    text: str
    answers: tuple[tuple[str, tuple[str, ...]], ...]
    photos: tuple[PhotoView, ...]
    filed_at: datetime
    due_at: datetime | None
    overdue: bool
    joiners: int
    reopened: int
    party_id: UUID | None
    party: str
    party_phone: str
    basis: str
    cover: str
    warranty: str
    warranty_until: date | None
    worker: str
    worker_number: str
    plan: str
    promised_at: datetime | None
    recipient: str
    follows: Link | None
    duplicate_of: Link | None
    vote: VoteLink | None
    hotline_number: str
    clocks: tuple[ClockView, ...]
    history: tuple[HistoryLine, ...]
    said: tuple[AnswerView, ...]
    costs: tuple[CostView, ...]
    wants_vote: bool
    asked: str
    refuse_by: datetime | None
    ruled: bool
    needs_ruling: bool
    is_first: bool
    is_committee: bool
    sees_contact: bool
    deeds: tuple[Deed, ...]
    extension: tuple[Measure, int] | None
    seen: int


def read_dossier(
    session: Session, *, estate_id: UUID, order_id: UUID, account_id: UUID, now: datetime
) -> Dossier:
    """The order as this person sees it; `NotFound` for who does not work on it."""
    order = find_order(session, estate_id=estate_id, order_id=order_id)
    seat = seat_of(session, order, account_id=account_id)
    ensure_staff(seat)
    category = CATEGORIES[order.category]
    place = session.get_one(Place, order.place_id)
    unit = session.get(Unit, order.unit_id) if order.unit_id else None
    costs = list_costs(session, order_id=order.id)
    return Dossier(
        id=order.id,
        number=order.number,
        state=order.state,
        is_open=order.is_open,
        held=order.held,
        private=order.private,
        source=order.source,
        category_key=category.key,
        category=category.title,
        family=order.family,
        urgency=order.urgency,
        place_id=place.id,
        place=where_words(
            order.building, order.entrance, place.kind, place.name, unit.room if unit else None
        ),
        text=order.text,
        answers=_answers(order, category.questions),
        photos=_photos(session, order.id),
        filed_at=order.filed_at,
        due_at=order.due_at,
        overdue=order.overdue or bool(order.is_open and order.due_at and order.due_at <= now),
        joiners=order.joiners,
        reopened=order.reopened,
        **_answering(session, order),
        follows=_link(session, order.follows_id),
        duplicate_of=_link(session, order.duplicate_of),
        vote=voting.vote_of(session, order),
        hotline_number=order.hotline_number or "",
        clocks=tuple(read_clocks(session, order_id=order.id, now=now)),
        history=tell_history(session, order),
        said=list_said(session, order.id),
        costs=tuple(costs),
        wants_vote=wants_vote(costs),
        seen=last_step(session, order.id),
        is_committee=Cause.COMMITTEE in seat.causes,
        is_first=Cause.FIRST_RECEIVER in seat.causes and Cause.PARTY not in seat.causes,
        sees_contact=Cause.COMMITTEE in seat.causes or (Cause.PARTY in seat.causes and order.is_open),
        extension=_extension(session, order, seat),
        **_asking(session, order, seat, costs, now),
    )


class _Answering(TypedDict):
    party_id: UUID | None
    party: str
    party_phone: str
    basis: str
    cover: str
    warranty: str
    warranty_until: date | None
    worker: str
    worker_number: str
    plan: str
    promised_at: datetime | None
    recipient: str


def _answering(session: Session, order: WorkOrder) -> _Answering:
    """Who answers, why, and what he has said."""
    party = session.get(Party, order.party_id) if order.party_id else None
    item = session.get(WarrantyItem, order.warranty_item_id) if order.warranty_item_id else None
    return _Answering(
        party_id=order.party_id,
        party=party.name if party else "",
        party_phone=party.phone if party else "",
        basis=BASIS_NAMES[order.basis] if order.basis else "",
        cover=COVER_NAMES[order.cover] if order.cover else "",
        warranty=item.title if item else "",
        warranty_until=item.last_day if item else None,
        worker=order.worker_name,
        worker_number=order.worker_number,
        plan=order.plan,
        promised_at=order.promised_at,
        recipient=order.recipient,
    )


class _Asking(TypedDict):
    asked: str
    refuse_by: datetime | None
    ruled: bool
    needs_ruling: bool
    deeds: tuple[Deed, ...]


def _asking(
    session: Session, order: WorkOrder, seat: OrderSeat, costs: Sequence[CostView], now: datetime
) -> _Asking:
    """Who has been asked and has not answered, whether the committee must decide, and what this person may do."""
    handings = handings_of(session, order.id)
    last = handings[-1] if handings else None
    waiting = last is not None and last.reply is None and order.state is OrderState.ASSIGNED
    asked = asked_last(session, order, handings) if handings else None
    refused = refusals([as_rule(one) for one in handings])
    silent = waiting and asked is not None and not asked.ruled and now >= asked.refuse_by
    assigned = order.state is OrderState.ASSIGNED
    deeds = deeds_of(session, order, seat, handings, now=now)
    if _may_vote(session, order, seat, costs):
        deeds.append(Deed.VOTE)
    if Cause.COMMITTEE in seat.causes and _extension(session, order, seat):
        deeds.append(Deed.EXTEND)
    party = session.get(Party, last.party_id) if last is not None and waiting else None
    return _Asking(
        asked=party.name if party else "",
        refuse_by=asked.refuse_by if waiting and asked and not asked.ruled else None,
        ruled=bool(waiting and last and last.ruled),
        needs_ruling=bool(assigned and (silent or refused >= MOST_REFUSALS)),
        deeds=tuple(deed for deed in Deed if deed in deeds),
    )


def _may_vote(session: Session, order: WorkOrder, seat: OrderSeat, costs: Sequence[CostView]) -> bool:
    return (
        Cause.COMMITTEE in seat.causes
        and order.is_open
        and not order.private
        and not order.held
        and wants_vote(costs)
        and not voting.is_running(session, order)
    )


def _extension(session: Session, order: WorkOrder, seat: OrderSeat) -> tuple[Measure, int] | None:
    if Cause.COMMITTEE not in seat.causes or not order.is_open or order.held:
        return None
    found = amending.running_clock(session, order.id)
    return (found[0].measure, found[0].amount) if found and not found[0].extended else None


def _answers(order: WorkOrder, questions: Sequence[Question]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each question that was answered with what was said; a choice by its marked name. And what came unasked."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for question in questions:
        given = order.answers.get(question.code)
        if isinstance(given, list):
            names = {value.key: value.name for value in question.values}
            found.append((question.title, tuple(names.get(str(one), str(one)) for one in given)))
    address = order.answers.get(ADDRESS)
    if isinstance(address, list):
        found.append((N_("报修人写的位置"), tuple(map(str, address))))
    if order.media_url:
        found.append((N_("对方给的图片网址"), (order.media_url,)))
    return tuple(found)


def _photos(session: Session, order_id: UUID) -> tuple[PhotoView, ...]:
    query = select(OrderPhoto).where(OrderPhoto.order_id == order_id).order_by(col(OrderPhoto.position))
    return tuple(PhotoView(photo.id, photo.kind, photo.at) for photo in session.exec(query))


def _link(session: Session, order_id: UUID | None) -> Link | None:
    other = session.get(WorkOrder, order_id) if order_id else None
    return Link(other.id, other.number) if other else None


def read_order_document(
    session: Session, *, estate_id: UUID, order_id: UUID, file_id: UUID, account_id: UUID
) -> StoredFileView:
    """The paper behind a sum of the order, for those who work on it; `NotFound` for everybody else."""
    order = find_order(session, estate_id=estate_id, order_id=order_id)
    ensure_staff(seat_of(session, order, account_id=account_id))
    if all(one.file_id != file_id for one in list_costs(session, order_id=order.id)):
        raise NotFound(N_("没有找到这个文件，可能已经删除"))
    return read_file(session, estate_id=estate_id, file_id=file_id)
