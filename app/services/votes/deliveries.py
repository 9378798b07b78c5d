"""Votes: the log of how each home was brought its ballot, which homes count as served, and who still has nothing.

指导规则 (建房〔2009〕274号) art. 22: the ballot paper is delivered to every owner; where that fails, it is posted in the area.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.votes import RollEntry, Vote
from app.models.votes.paper import Delivery, DeliveryResult, DeliveryWay
from app.rules.calendar import BEIJING
from app.rules.estates import labels
from app.rules.text import clean_line
from app.rules.votes.states import State
from app.rules.votes.windows import paper_until
from app.services import files, trail
from app.services.trail import Actor
from app.services.votes import chain
from app.services.votes.counting import state_at
from app.services.votes.roll import ON_ROLL, current_entries, home_label

__all__ = [
    "DeliveryResult",
    "DeliveryWay",
    "deliveries_of",
    "home_delivery",
    "record_delivery",
]

SERVED = (DeliveryResult.DELIVERED, DeliveryResult.POSTED)
_FAILED = (DeliveryResult.REFUSED, DeliveryResult.ABSENT)
# What can come of which way. A letter proves itself by the scan of its code at home.
_POSSIBLE = {
    DeliveryWay.HAND: {DeliveryResult.DELIVERED, DeliveryResult.REFUSED, DeliveryResult.ABSENT},
    DeliveryWay.MAIL: {DeliveryResult.DELIVERED, DeliveryResult.REFUSED, DeliveryResult.ABSENT},
    DeliveryWay.BOARD: {DeliveryResult.POSTED},
    DeliveryWay.LETTER: {DeliveryResult.DELIVERED},
}
MAX_NOTE = 200


@dataclass(frozen=True, slots=True)
class Try:
    """One line of a home's log; `by_owner` when the scan of the letter was the proof."""

    way: str
    result: str
    on_day: date
    note: str
    photo_id: UUID | None
    by_owner: bool
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class HomeDelivery:
    """A home of the roll and its tries, the newest first. `failed`: somebody tried and it was refused or nobody was in."""

    unit_id: UUID
    label: str
    room: str
    served: bool
    failed: bool
    tries: tuple[Try, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One building or entrance of the list, with its numbers."""

    label: str
    homes: tuple[HomeDelivery, ...]
    served: int

    @property
    def missing(self) -> int:
        return len(self.homes) - self.served


def record_delivery(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    unit_id: UUID,
    way: DeliveryWay,
    result: DeliveryResult,
    on_day: date,
    actor: Actor | None,
    now: datetime,
    note: str = "",
    photo: bytes = b"",
    delivery_id: UUID | None = None,
) -> UUID:
    """Write one try into the log, under the vote's lock; `delivery_id` makes a form sent twice one deed.

    `actor` is None when the owner's own scan of his letter is the proof (`DeliveryWay.LETTER`): that is no act of staff and
    leaves no row in the trail. Raises `Conflict`: `not_noticed` for a draft, `closed` once sheets can no longer be entered,
    `not_tried` for posting before anybody tried to deliver (art. 22); `Invalid` for a day before the notice or in the
    future, or a result the way cannot have; `NotFound` for a home that is not on the roll.
    """
    vote = _lock_running(session, estate_id=estate_id, vote_id=vote_id, now=now)
    delivery_id = delivery_id or uuid4()
    present = session.get(Delivery, delivery_id)
    if present is not None:
        if (present.vote_id, present.unit_id) != (vote_id, unit_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    home = _home(session, vote_id, unit_id)
    _ensure_possible(session, vote, unit_id, way, result, on_day, now)
    note = clean_line(note, most=MAX_NOTE, field="note")
    by = actor.id if actor else None
    photo_id = None
    if photo:
        photo_id = files.store_image(
            session, estate_id=estate_id, name="delivery.jpg", content=photo, uploaded_by=by, now=now, private=True
        )  # fmt: skip
    session.add(
        Delivery(
            id=delivery_id, vote_id=vote_id, unit_id=unit_id, way=way, result=result, on_day=on_day,
            note=note, photo_id=photo_id, recorded_by=by, recorded_at=now,
        )
    )  # fmt: skip
    session.flush()
    if actor:
        said = {
            "home": home_label(home), "way": way.value, "result": result.value, "day": on_day.isoformat()
        }  # fmt: skip
        trail.record(
            session, tag="votes:delivery:record", actor=actor, now=now, estate_id=estate_id,
            subject_kind="vote", subject_id=vote_id, new=said,
        )  # fmt: skip
    return delivery_id


def _lock_running(session: Session, *, estate_id: UUID, vote_id: UUID, now: datetime) -> Vote:
    """The vote under its lock, so that no line slips in while the count reads who was served."""
    if chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id) is None:
        raise NotFound(N_("没有找到这次表决"))
    vote = session.get_one(Vote, vote_id, populate_existing=True)
    state = state_at(vote, now)
    if state is State.DRAFT:
        raise Conflict(N_("公告发布以后才能登记送达"), code="not_noticed")
    assert vote.closes_at is not None
    last = paper_until(vote.closes_at, int(str(vote.rules.get("paper_days", 0))))
    if vote.state not in {State.NOTICED, State.OPEN} or now >= last:
        raise Conflict(N_("表决已经截止，不能再登记送达"), code="closed")
    return vote


def _home(session: Session, vote_id: UUID, unit_id: UUID) -> RollEntry:
    query = select(RollEntry).where(RollEntry.vote_id == vote_id, RollEntry.unit_id == unit_id, *ON_ROLL)
    home = session.exec(query).one_or_none()
    if home is None:
        raise NotFound(N_("这套房屋不在本次表决的名册上"))
    return home


def _ensure_possible(
    session: Session,
    vote: Vote,
    unit_id: UUID,
    way: DeliveryWay,
    result: DeliveryResult,
    on_day: date,
    now: datetime,
) -> None:
    if result not in _POSSIBLE[way]:
        raise Invalid(N_("请选择送达的方式和结果"), code="bad_result", field="outcome")
    assert vote.noticed_at is not None
    assert vote.closes_at is not None
    first = vote.noticed_at.astimezone(BEIJING).date()
    if not first <= on_day <= min(now, vote.closes_at).astimezone(BEIJING).date():
        raise Invalid(N_("送达的日期要在公告发布以后，不能晚于今天和截止那天"), code="bad_day", field="day")
    if result is DeliveryResult.POSTED:
        tried = select(Delivery.id).where(
            Delivery.vote_id == vote.id,
            Delivery.unit_id == unit_id,
            col(Delivery.result).in_(_FAILED),
            Delivery.on_day <= on_day,
        )
        if session.exec(tried).first() is None:
            raise Conflict(
                N_("要先送过一次：登记了“没人”或“拒收”以后，才能在小区里张贴代替送达"),
                code="not_tried",
                field="outcome",
            )


def deliveries_of(session: Session, *, vote_id: UUID, building: str | None = None) -> list[Block]:
    """The roll entrance by entrance with every home's log; `building` narrows it to one."""
    entries = [
        entry for entry in current_entries(session, vote_id) if building is None or entry.building == building
    ]
    log = _tries(session, vote_id)
    entries.sort(
        key=lambda entry: (
            labels.in_order(entry.building),
            labels.in_order(entry.entrance),
            entry.floor,
            labels.in_order(entry.room),
        )
    )
    blocks = []
    for (name, entrance), homes in groupby(entries, key=lambda entry: (entry.building, entry.entrance)):
        drawn = tuple(_drawn(entry, log.get(entry.unit_id, [])) for entry in homes)
        label = labels.building_label(name) + labels.entrance_label(entrance)
        blocks.append(Block(label, drawn, sum(home.served for home in drawn)))
    return blocks


def home_delivery(session: Session, *, vote_id: UUID, unit_id: UUID) -> HomeDelivery:
    """One home's log; raises `NotFound` when it is not on the roll."""
    return _drawn(_home(session, vote_id, unit_id), _tries(session, vote_id, unit_id).get(unit_id, []))


def _tries(session: Session, vote_id: UUID, unit_id: UUID | None = None) -> dict[UUID, list[Delivery]]:
    query = select(Delivery).where(Delivery.vote_id == vote_id)
    if unit_id is not None:
        query = query.where(Delivery.unit_id == unit_id)
    log: dict[UUID, list[Delivery]] = {}
    for row in session.exec(query.order_by(col(Delivery.on_day).desc(), col(Delivery.recorded_at).desc())):
        log.setdefault(row.unit_id, []).append(row)
    return log


def _drawn(entry: RollEntry, rows: Sequence[Delivery]) -> HomeDelivery:
    return HomeDelivery(
        unit_id=entry.unit_id,
        label=home_label(entry),
        room=labels.home_label("", "", entry.room) if entry.room else home_label(entry),
        served=any(row.result in SERVED for row in rows),
        failed=any(row.result in _FAILED for row in rows),
        tries=tuple(
            Try(
                row.way.value,
                row.result.value,
                row.on_day,
                row.note,
                row.photo_id,
                row.recorded_by is None,
                row.recorded_at,
            )
            for row in rows
        ),
    )
