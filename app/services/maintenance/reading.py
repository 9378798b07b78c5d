"""One order as its page shows it: what, where, who answers and why, the warranty, the clocks, the history, the cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.maintenance.orders import CostLine, WorkOrder
from app.models.maintenance.parties import Party
from app.models.maintenance.places import Place, WarrantyItem
from app.rules.maintenance import costs
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.clockrules import CLOCK_NAMES, URGENCY_NAMES, ClockKind, Urgency
from app.rules.maintenance.clocks import LEVEL_NAMES, Level
from app.rules.maintenance.costs import CostStage, MoneySource
from app.rules.maintenance.responsible import BASIS_NAMES, PARTY_KIND_NAMES
from app.rules.maintenance.states import STATE_NAMES, OrderState, ending_of
from app.rules.maintenance.warranty import COVER_NAMES, Cover
from app.services.maintenance import voting
from app.services.maintenance.clocks import FACING, ClockView, read_clocks
from app.services.maintenance.history import (
    JoinerLine,
    MoveLine,
    NoteLine,
    party_names,
    read_joiners,
    read_moves,
    read_notes,
)
from app.services.maintenance.picturing import PhotoLine, read_photos
from app.services.maintenance.places import label_of, way_of
from app.services.maintenance.related import Related, read_related
from app.services.maintenance.sight import Eye
from app.services.maintenance.warranties import decide_item


@dataclass(frozen=True, slots=True)
class PartyLine:
    """Who answers for an order; `kind` and `basis` are marked words."""

    name: str
    kind: str
    phone: str
    basis: str


@dataclass(frozen=True, slots=True)
class WarrantyLine:
    """What the warranty said on the day of the report; `sentence` is marked, `last_day` included."""

    cover: Cover
    sentence: str
    last_day: date | None
    provisional: bool
    item: str
    contractor: str
    lot: str
    supervisor: str


@dataclass(frozen=True, slots=True)
class ClockLine:
    """One clock in words; `percent` is how much of it has run, at most 100. `name` and `level_name` are marked."""

    kind: ClockKind
    name: str
    due_at: datetime
    provisional: bool
    running: bool
    overdue: bool
    paused: bool
    extended: bool
    level: Level
    level_name: str
    percent: int


@dataclass(frozen=True, slots=True)
class CostRow:
    """The sums of one stage in fen, each with its marked source."""

    stage: str
    sums: tuple[tuple[str, int], ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """One order; words that come from tables (`state_name`, `category` and so on) are marked.

    `by_proxy` when somebody wrote it down for the reporter.
    """

    id: UUID
    number: int
    state: OrderState
    state_name: str
    ending: str
    category: str
    urgent: bool
    urgency: str
    text: str
    answers: Sequence[tuple[str, Sequence[str]]]
    place: str
    private: bool
    held: bool
    hidden_reason: str
    hidden_at: datetime | None
    reporter: str
    by_me: bool
    by_proxy: bool
    filed_at: datetime
    closed_at: datetime | None
    party: PartyLine | None
    recipient: str
    warranty: WarrantyLine | None
    worker_name: str
    worker_number: str
    plan: str
    promised_at: datetime | None
    clock: ClockLine | None
    clocks: Sequence[ClockLine]
    moves: Sequence[MoveLine]
    notes: Sequence[NoteLine]
    photos: Sequence[PhotoLine]
    joiners: int
    joiner_lines: Sequence[JoinerLine]
    reopened: int
    costs: Sequence[CostRow]
    needs_vote: bool
    vote_id: UUID | None
    related: Related
    is_staff: bool

    @property
    def waits(self) -> MoveLine | None:
        """The step by which it waits, with its reason and end date."""
        last = self.moves[-1] if self.moves else None
        return last if last and last.state in (OrderState.WAITING, OrderState.NEED_INFO) else None


def view_order(session: Session, order: WorkOrder, eye: Eye, *, now: datetime) -> OrderView:
    """The order for this person, who may see it (`sight.stub_of`)."""
    category = CATEGORIES.get(order.category)
    clocks = [_clock(one) for one in read_clocks(session, order_id=order.id, now=now)]
    sums = _sums(session, order)
    return OrderView(
        id=order.id,
        number=order.number,
        state=order.state,
        state_name=STATE_NAMES[order.state],
        ending=ending_of(order.state).value,
        category=category.title if category else order.category,
        urgent=order.urgency is Urgency.URGENT,
        urgency=URGENCY_NAMES[order.urgency],
        text=order.text,
        answers=_answers(order),
        place=label_of(way_of(session, session.get_one(Place, order.place_id))),
        private=order.private,
        held=order.held,
        hidden_reason=order.hidden_reason if order.hidden_at else "",
        hidden_at=order.hidden_at,
        reporter=_reporter(session, order, eye),
        by_me=order.reporter_id is not None and order.reporter_id == eye.account_id,
        by_proxy=order.filed_by is not None and order.filed_by != order.reporter_id,
        filed_at=order.filed_at,
        closed_at=order.closed_at,
        party=_party(session, order),
        recipient=order.recipient,
        warranty=_warranty(session, order),
        worker_name=order.worker_name if eye.sees_names else "",
        worker_number=order.worker_number,
        plan=order.plan,
        promised_at=order.promised_at,
        clock=next((one for kind in FACING for one in clocks if one.kind is kind and one.running), None),
        clocks=clocks,
        moves=read_moves(session, order, eye),
        notes=read_notes(session, order, eye),
        photos=read_photos(session, order, eye),
        joiners=order.joiners,
        joiner_lines=read_joiners(session, order, eye),
        reopened=order.reopened,
        costs=_cost_rows(sums),
        needs_vote=costs.needs_vote(sums),
        vote_id=voting.announced_vote(session, order),
        related=read_related(session, order, eye),
        is_staff=eye.seat.is_staff,
    )


def _reporter(session: Session, order: WorkOrder, eye: Eye) -> str:
    if order.reporter_id is None:
        return eye.name(None, order.contact_name)
    return eye.name(order.reporter_id, session.get_one(Account, order.reporter_id).name)


def _answers(order: WorkOrder) -> list[tuple[str, list[str]]]:
    """What was asked and answered, both in words; an answer to a question nobody asks any more stays out."""
    category = CATEGORIES.get(order.category)
    lines = []
    for question in category.questions if category else ():
        given = order.answers.get(question.code)
        if isinstance(given, list) and given:
            names = {value.key: value.name for value in question.values}
            lines.append((question.title, [names.get(str(one), str(one)) for one in given]))
    return lines


def _party(session: Session, order: WorkOrder) -> PartyLine | None:
    if order.party_id is None:
        return None
    party = session.get_one(Party, order.party_id)
    return PartyLine(
        name=party.name,
        kind=PARTY_KIND_NAMES[party.kind],
        phone=party.phone,
        basis=BASIS_NAMES[order.basis] if order.basis else "",
    )


def _warranty(session: Session, order: WorkOrder) -> WarrantyLine | None:
    """The cover as it was decided at filing; the last day as the item's row has it."""
    if order.cover is None:
        return None
    item = session.get(WarrantyItem, order.warranty_item_id) if order.warranty_item_id else None
    decision = decide_item(session, item, order.filed_at) if item else None
    contractor = party_names(session, [item.contractor_id]) if item else {}
    return WarrantyLine(
        cover=order.cover,
        sentence=COVER_NAMES[order.cover],
        last_day=(item.last_day if item else None) or (decision.last_day if decision else None),
        provisional=bool(decision and decision.provisional),
        item=item.title if item else "",
        contractor=next(iter(contractor.values()), ""),
        lot=item.lot if item else "",
        supervisor=item.supervisor if item else "",
    )


def _clock(one: ClockView) -> ClockLine:
    return ClockLine(
        kind=one.kind,
        name=CLOCK_NAMES[one.kind],
        due_at=one.due_at,
        provisional=one.provisional,
        running=one.stopped_at is None,
        overdue=one.overdue,
        paused=one.paused,
        extended=bool(one.extended),
        level=one.level,
        level_name=LEVEL_NAMES[one.level],
        percent=min(one.elapsed * 100 // one.length, 100),
    )


def _sums(session: Session, order: WorkOrder) -> list[costs.Sum]:
    rows = session.exec(
        select(CostLine).where(CostLine.order_id == order.id).order_by(col(CostLine.at), col(CostLine.id))
    )
    return [costs.Sum(row.stage, row.source, row.amount) for row in rows]


def _cost_rows(sums: Sequence[costs.Sum]) -> list[CostRow]:
    names: dict[MoneySource, str] = costs.SOURCE_NAMES
    return [
        CostRow(
            stage=costs.STAGE_NAMES[CostStage(stage)],
            sums=tuple((names[source], amount) for source, amount in standing.items()),
            total=sum(standing.values()),
        )
        for stage, standing in costs.current(sums).items()
    ]
