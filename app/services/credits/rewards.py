"""Credits: the list of what points can be exchanged for, kept by the committee."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.credits import CreditReward
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.credits.ledger import day_of
from app.services.trail import Actor

MOST_POINTS, MOST_STOCK = 10_000, 9_999


@dataclass(frozen=True, slots=True)
class RewardView:
    """One line of the list; `stock` is None where there is enough, `offered` when it can be asked for now."""

    id: UUID
    title: str
    points: int
    stock: int | None
    how: str
    valid_until: date | None
    off: bool
    offered: bool


def view_of(row: CreditReward, today: date) -> RewardView:
    valid = row.valid_until is None or row.valid_until >= today
    return RewardView(
        id=row.id,
        title=row.title,
        points=row.points,
        stock=row.stock,
        how=row.how,
        valid_until=row.valid_until,
        off=row.off_at is not None,
        offered=row.off_at is None and valid and row.stock != 0,
    )


def list_rewards(
    session: Session, *, estate_id: UUID, now: datetime, with_ended: bool = False
) -> Sequence[RewardView]:
    """By points and title; for residents without what was taken off or has run out of time."""
    query = (
        select(CreditReward)
        .where(CreditReward.estate_id == estate_id)
        .order_by(col(CreditReward.points), col(CreditReward.title), col(CreditReward.id))
    )
    today = day_of(now)
    views = [view_of(row, today) for row in session.exec(query)]
    return [one for one in views if with_ended or one.offered or (one.stock == 0 and not one.off)]


def add_reward(
    session: Session,
    *,
    estate_id: UUID,
    reward_id: UUID,
    title: str,
    points: int,
    stock: int | None,
    how: str,
    valid_until: date | None,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Put something on the list; the same id twice is one. Raises `Invalid` for what cannot be offered so."""
    present = session.get(CreditReward, reward_id)
    if present is not None:
        if present.estate_id != estate_id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    title = clean_line(title, most=60, field="title")
    if not title:
        raise Invalid(N_("请填写可以换什么"), field="title")
    if not 1 <= points <= MOST_POINTS:
        raise Invalid(N_("所需积分请填 1 到 %(most)s"), field="points", most=MOST_POINTS)
    row = CreditReward(id=reward_id, estate_id=estate_id, title=title, points=points, how="", created_at=now)
    _set(row, stock=stock, how=how, valid_until=valid_until, now=now)
    session.add(row)
    session.flush()
    _note(session, row, "add", actor, now, old={})
    return reward_id


def change_reward(
    session: Session,
    *,
    estate_id: UUID,
    reward_id: UUID,
    stock: int | None,
    how: str,
    valid_until: date | None,
    off: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Stock, way to collect, last day, on or off the list; title and points stay as they were offered."""
    row = lock_reward(session, estate_id=estate_id, reward_id=reward_id)
    old = _document(row)
    _set(row, stock=stock, how=how, valid_until=valid_until, now=now, keeps=row.valid_until)
    if off != (row.off_at is not None):
        row.off_at = now if off else None
    session.add(row)
    session.flush()
    if _document(row) != old:
        _note(session, row, "change", actor, now, old=old)


def lock_reward(session: Session, *, estate_id: UUID, reward_id: UUID) -> CreditReward:
    """The row under its lock: taken after a member's lock, never before it."""
    query = (
        select(CreditReward)
        .where(CreditReward.estate_id == estate_id, CreditReward.id == reward_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这项可兑换的东西"))
    return row


def _set(
    row: CreditReward,
    *,
    stock: int | None,
    how: str,
    valid_until: date | None,
    now: datetime,
    keeps: date | None = None,
) -> None:
    if stock is not None and not 0 <= stock <= MOST_STOCK:
        raise Invalid(N_("数量请填 0 到 %(most)s，不限就空着"), field="stock", most=MOST_STOCK)
    how = clean_text(how, most=300, field="how")
    if not how:
        raise Invalid(N_("请写明怎么领取，比如“工作日上午到居委会”"), field="how")
    if valid_until is not None and valid_until != keeps and valid_until < day_of(now):
        raise Invalid(N_("截止日期已经过了，请改晚一些"), field="valid_until")
    row.stock, row.how, row.valid_until = stock, how, valid_until


def _document(row: CreditReward) -> dict[str, object]:
    return {
        "title": row.title,
        "points": row.points,
        "stock": "" if row.stock is None else row.stock,
        "how": row.how,
        "until": row.valid_until.isoformat() if row.valid_until else "",
        "off": row.off_at is not None,
    }


def _note(
    session: Session, row: CreditReward, verb: str, actor: Actor, now: datetime, *, old: dict[str, object]
) -> None:
    trail.record(
        session,
        tag=f"credits:reward:{verb}",
        actor=actor,
        now=now,
        estate_id=row.estate_id,
        subject_kind="credit_reward",
        subject_id=row.id,
        old=old,
        new=_document(row),
    )
