"""When the maintenance fund is to pay, the owners decide: an order becomes the draft of a vote, and each names the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.estates import Unit
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.parties import Party
from app.models.maintenance.places import Place
from app.models.votes import ScopeLevel, Vote
from app.rules.maintenance.categories import category_of
from app.rules.maintenance.costs import STAGE_NAMES, CostStage, MoneySource
from app.rules.maintenance.pauses import PAUSES, PauseReason, pause_until
from app.rules.maintenance.states import MOVES, Cause, OrderState
from app.rules.maintenance.workcalendar import DAY, day_of
from app.rules.quantities import show_money
from app.rules.votes.states import State
from app.services import trail
from app.services.maintenance.costs import CostView, list_costs, wants_vote
from app.services.maintenance.desk import Hand, ensure_committee, take_order
from app.services.maintenance.moving import Step, lock_order, move_order
from app.services.maintenance.places import label_of, way_of
from app.services.maintenance.telling import people_of_party, tell
from app.services.trail import Actor
from app.services.votes import drafting

# Use of the maintenance fund: Civil Code art. 278 para. 1 (5).
MATTER = 5
_SETTLED = frozenset({State.FINAL, State.ANNULLED})
_MOST_TOLD = 1_500


@dataclass(frozen=True, slots=True)
class OrderLink:
    """The order a vote is about."""

    id: UUID
    number: int


@dataclass(frozen=True, slots=True)
class VoteLink:
    """The vote an order waits for; a draft is for the committee alone."""

    id: UUID
    number: int
    title: str
    state: State


def open_vote(session: Session, hand: Hand, *, vote_id: UUID) -> UUID:
    """Draft a vote about paying an order from the maintenance fund; the form's id makes a second arrival the same draft.

    The order waits for it where its holder is the committee; any other party is told, and waits by its own step. Raises
    `Conflict` (`no_fund`, `private_fund`, `closed`, `vote_running`). The caller holds the estate's lock.
    """
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    present = session.get(Vote, vote_id)
    if present is not None and order.vote_id == vote_id:
        return vote_id
    costs = list_costs(session, order_id=order.id)
    _ensure_votable(session, order, costs)
    place = session.get_one(Place, order.place_id)
    title = f"使用维修资金维修{label_of(way_of(session, place))}：{category_of(order.category).title}"
    drafting.start_draft(
        session,
        estate_id=order.estate_id,
        vote_id=vote_id,
        title=title[:80],
        matter=MATTER,
        text=_text(session, order, place, costs),
        actor=hand.actor,
        now=hand.now,
    )
    _set_scope(session, order, vote_id)
    order.vote_id, order.changed_at = vote_id, hand.now
    session.add(order)
    session.flush()
    if OrderState.WAITING in MOVES[order.state] and Cause.PARTY in seat.causes:
        _wait(session, order, hand)
    elif order.party_id:
        tell(
            session,
            order,
            people_of_party(session, order, order.party_id),
            template="order_vote",
            occasion=str(vote_id),
            now=hand.now,
            but=hand.actor.id,
        )
    return vote_id


def _ensure_votable(session: Session, order: WorkOrder, costs: list[CostView]) -> None:
    if not order.is_open:
        raise Conflict(N_("工单已经办结，不用再发起表决"), code="closed")
    if order.private:
        raise Conflict(
            N_("住宅专项维修资金只能用于共用部位和共用设施，户内维修不能动用"), code="private_fund"
        )
    if not wants_vote(costs):
        raise Conflict(N_("费用里还没有“住宅专项维修资金”这一项，请先登记估算或核定的金额"), code="no_fund")
    vote = session.get(Vote, order.vote_id) if order.vote_id else None
    if vote is not None and is_running(session, order):
        raise Conflict(
            N_("这张工单已经有一次表决（第 %(number)s 号）还没有结束，请先办完那一次"),
            code="vote_running",
            number=vote.number,
        )


def _text(session: Session, order: WorkOrder, place: Place, costs: list[CostView]) -> str:
    party = session.get(Party, order.party_id) if order.party_id else None
    lines = [
        f"一、要修什么：{label_of(way_of(session, place))}，{category_of(order.category).title}"
        f"（报修第 {order.number} 号）。",
        f"二、报修时的说明：{order.text[:_MOST_TOLD] or '见照片'}",
        f"三、怎么修：{order.plan or '由责任方提出维修方案后填写。'}",
        f"四、由谁修：{party.name if party else '待定'}。",
        "五、要花多少钱、由谁出：",
        *(
            f"　　{STAGE_NAMES[one.stage]}，使用住宅专项维修资金 {show_money(one.amount)} 元"
            + (f"（{one.note}）" if one.note else "")
            for one in costs
            if one.stands
            and one.source is MoneySource.MAINTENANCE_FUND
            and one.stage is not CostStage.INVOICE
        ),
        "六、是否同意按上述方案使用住宅专项维修资金？",
    ]
    return "\n".join(lines)


def _set_scope(session: Session, order: WorkOrder, vote_id: UUID) -> None:
    """Who shares the part decides: the entrance, the building, or everyone; the committee may change it in the draft."""
    level = (
        ScopeLevel.ENTRANCE
        if order.entrance
        else ScopeLevel.BUILDING
        if order.building
        else ScopeLevel.ESTATE
    )
    query = select(Unit.id).where(Unit.estate_id == order.estate_id, Unit.building == order.building)
    if level is not ScopeLevel.ESTATE and session.exec(query.limit(1)).first() is None:
        return
    drafting.save_scope(
        session,
        estate_id=order.estate_id,
        vote_id=vote_id,
        level=level,
        building=order.building,
        entrance=order.entrance,
    )


def _wait(session: Session, order: WorkOrder, hand: Hand) -> None:
    last = day_of(hand.now) + DAY * PAUSES[PauseReason.VOTE].most_days
    step = Step(
        to=OrderState.WAITING,
        by={Cause.PARTY},
        actor=hand.actor,
        reason=PauseReason.VOTE,
        pause=pause_until(PauseReason.VOTE, last, hand.now),
    )
    move_order(session, order, step, now=hand.now)


def is_running(session: Session, order: WorkOrder) -> bool:
    """Whether a vote about this order has not ended yet, its draft included."""
    vote = session.get(Vote, order.vote_id) if order.vote_id else None
    return vote is not None and vote.state not in _SETTLED


def vote_of(session: Session, order: WorkOrder) -> VoteLink | None:
    vote = session.get(Vote, order.vote_id) if order.vote_id else None
    return VoteLink(vote.id, vote.number, vote.title, vote.state) if vote else None


def announced_vote(session: Session, order: WorkOrder) -> UUID | None:
    """The vote about this order once its notice is out: nobody but the committee reads a draft."""
    vote = vote_of(session, order)
    return vote.id if vote is not None and vote.state is not State.DRAFT else None


def order_of(session: Session, *, estate_id: UUID, vote_id: UUID, matter: int = MATTER) -> OrderLink | None:
    """The order a vote about the maintenance fund came from; no other matter has one."""
    if matter != MATTER:
        return None
    query = select(WorkOrder.id, WorkOrder.number).where(
        WorkOrder.estate_id == estate_id, WorkOrder.vote_id == vote_id
    )
    found = session.exec(query.order_by(col(WorkOrder.number)).limit(1)).one_or_none()
    return OrderLink(*found) if found else None


def forget_vote(session: Session, *, estate_id: UUID, vote_id: UUID, actor: Actor, now: datetime) -> None:
    """Before a draft is thrown away: the order it came from, when there is one, no longer names it."""
    found = order_of(session, estate_id=estate_id, vote_id=vote_id)
    if found is None:
        return
    order = lock_order(session, estate_id=estate_id, order_id=found.id)
    order.vote_id = None
    session.add(order)
    session.flush()
    trail.record(
        session,
        tag="maintenance:vote:forget",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="work_order",
        subject_id=order.id,
        old={"vote": str(vote_id)},
    )
