"""Votes: objections to the roll, the conduct or the result, and the rulings on them; nobody's name is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.models.accounts import Account
from app.models.votes import Objection, ObjectionKind, ObjectionState, Vote
from app.models.votes.paper import PaperEntry, PaperSheet
from app.rules.calendar import period_end
from app.rules.text import clean_text
from app.rules.votes.states import State
from app.services import outbox, trail
from app.services.estates.standing import standing_of
from app.services.holidays import is_rest_day as by_calendar
from app.services.trail import Actor
from app.services.votes import chain
from app.services.votes.counting import state_at

__all__ = [
    "DeskObjection",
    "ObjectionKind",
    "ObjectionView",
    "Pile",
    "count_pile",
    "kinds_now",
    "list_for_desk",
    "list_objections",
    "raise_objection",
    "rule_objection",
    "withdraw_objection",
]

MAX_OPEN = 5
LEAST = 10
# No national rule says how soon an objection is ruled on: 建房〔2009〕274号 art. 12 only that it is recorded and answered.
# Ten days is the term this software promises, as long as the posting itself; counted as Civil Code arts. 201 and 203 do.
RULING_DAYS = 10
# What can be ruled on: from the notice until the result is final or the vote annulled.
_RULED_IN = frozenset({State.NOTICED, State.OPEN, State.CLOSED, State.PRELIMINARY})


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """What everybody may read of an objection: never who raised it; `is_mine` only for the reader himself.

    `rule_by` is the end of the term for the ruling, None for those raised before there was one; `overdue` is past it
    without a ruling.
    """

    id: UUID
    kind: ObjectionKind
    text: str
    state: ObjectionState
    ruling: str
    created_at: datetime
    rule_by: datetime | None
    ruled_at: datetime | None
    overdue: bool
    is_mine: bool


@dataclass(frozen=True, slots=True)
class DeskObjection:
    """The same at the desk, which must ask back; `refused` says why the reader may not rule: "own", "keyed" or ""."""

    id: UUID
    kind: ObjectionKind
    text: str
    state: ObjectionState
    ruling: str
    created_at: datetime
    rule_by: datetime | None
    ruled_at: datetime | None
    overdue: bool
    raiser_name: str
    refused: str


@dataclass(frozen=True, slots=True)
class Pile:
    """How many objections of an estate wait for a ruling, and how many of them are past their day."""

    waiting: int
    overdue: int


def kinds_now(state: State, objections_until: datetime | None, now: datetime) -> tuple[ObjectionKind, ...]:
    """What may be objected to at `now`: the roll until the opening, the conduct until the time for objections is over,
    the result from the count until then."""
    if state is State.NOTICED:
        return (ObjectionKind.ROLL, ObjectionKind.CONDUCT)
    if state in {State.OPEN, State.CLOSED}:
        return (ObjectionKind.CONDUCT,)
    if state is State.PRELIMINARY and objections_until is not None and now < objections_until:
        return (ObjectionKind.RESULT, ObjectionKind.CONDUCT)
    return ()


def raise_objection(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    objection_id: UUID,
    account_id: UUID,
    text: str,
    now: datetime,
    kind: ObjectionKind = ObjectionKind.RESULT,
    is_rest_day: Callable[[date], bool] = by_calendar,
) -> UUID:
    """Object; the same id a second time is the same objection. From here `RULING_DAYS` run for the ruling.

    Owners and verified residents may, to what `kinds_now` names: raises `Conflict` (`no_objections_now`) for anything
    else. The text has 10 to 2000 characters.
    """
    locked, vote = _lock(session, estate_id, vote_id)
    present = session.get(Objection, objection_id)
    if present is not None:
        if (present.vote_id, present.account_id) != (vote_id, account_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    at = _not_before(locked, now)
    _ensure_window(vote, kind, at)
    if not standing_of(session, estate_id=estate_id, account_id=account_id).is_resident:
        raise NotAllowed(N_("只有本小区的业主和住户可以提出异议。请先认领您的房屋"))
    text = clean_text(text, most=2000, field="text")
    if len(text) < LEAST:
        raise Invalid(N_("请写明异议的内容和理由，至少 10 个字"), field="text")
    _refuse_too_many(session, vote_id, account_id)
    session.add(
        Objection(
            id=objection_id,
            vote_id=vote_id,
            account_id=account_id,
            kind=kind,
            rule_by=period_end(at, RULING_DAYS, is_rest_day),
            text=text,
            state=ObjectionState.OPEN,
            created_at=at,
        )
    )
    session.flush()
    return objection_id


def withdraw_objection(
    session: Session, *, estate_id: UUID, vote_id: UUID, objection_id: UUID, account_id: UUID, now: datetime
) -> None:
    """Take one's own objection back while it has no ruling; a second time changes nothing."""
    _locked, vote = _lock(session, estate_id, vote_id)
    objection = _objection(session, vote, objection_id)
    if objection.account_id != account_id:
        raise NotFound(N_("没有找到这条异议"))
    if objection.state is ObjectionState.WITHDRAWN:
        return
    if objection.state is not ObjectionState.OPEN:
        raise Conflict(N_("这条异议已有裁决，不能撤回"), code="ruled")
    objection.state, objection.ruled_at = ObjectionState.WITHDRAWN, now
    session.add(objection)
    session.flush()


def rule_objection(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    objection_id: UUID,
    upheld: bool,
    ruling: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Rule with reasons, at least 10 characters; not by the person who raised it (`own_case`), nor, about anything but the
    roll, by one who entered sheets of this vote (`keyed`).

    An upheld objection keeps the vote from becoming final; what follows from it is `closing.annul_vote`.
    """
    locked, vote = _lock(session, estate_id, vote_id)
    objection = _objection(session, vote, objection_id)
    _ensure_may_rule(session, vote, objection, actor)
    ruling = clean_text(ruling, most=2000, field="ruling")
    if len(ruling) < LEAST:
        raise Invalid(N_("请写明裁决的理由，至少 10 个字，会公开"), field="ruling")
    objection.state = ObjectionState.UPHELD if upheld else ObjectionState.DISMISSED
    objection.ruling, objection.ruled_by = ruling, actor.id
    objection.ruled_at = max(_not_before(locked, now), objection.created_at)
    session.add(objection)
    session.flush()
    trail.record(
        session,
        tag=f"votes:objection:{'uphold' if upheld else 'dismiss'}",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote_id,
        old={
            "objection": str(objection_id),
            "about": objection.kind.value,
            "state": ObjectionState.OPEN.value,
        },
        new={"objection": str(objection_id), "state": objection.state.value},
        reason=ruling,
    )
    outbox.post(
        session,
        outbox.Draft(
            key=f"objection:{objection_id}:ruled",
            template="objection_upheld" if upheld else "objection_dismissed",
            now=now,
            account_id=objection.account_id,
            estate_id=estate_id,
            values={"title": vote.title},
            link=f"votes/{vote_id}/objections",
        ),
    )


def _ensure_may_rule(session: Session, vote: Vote, objection: Objection, actor: Actor) -> None:
    if objection.account_id == actor.id:
        raise NotAllowed(N_("这条异议是您自己提的，请由另一位工作人员裁决"), code="own_case")
    if objection.kind is not ObjectionKind.ROLL and _has_keyed(session, vote.id, actor.id):
        raise NotAllowed(
            N_("您录入过这次表决的纸质票，不能裁决对它的异议，请由没有录入过的工作人员裁决"), code="keyed"
        )
    if objection.state is not ObjectionState.OPEN:
        raise Conflict(N_("这条异议已经裁决或撤回，请刷新页面"), code="ruled")
    if vote.state not in _RULED_IN:
        raise Conflict(N_("这次表决已经结束，不能再裁决异议"), code="no_objections_now")


def list_objections(
    session: Session, *, vote_id: UUID, account_id: UUID, now: datetime
) -> list[ObjectionView]:
    """The public list, oldest first, as `account_id` reads it."""
    query = select(Objection).where(Objection.vote_id == vote_id).order_by(col(Objection.created_at))
    return [
        ObjectionView(
            id=row.id,
            kind=row.kind,
            text=row.text,
            state=row.state,
            ruling=row.ruling,
            created_at=row.created_at,
            rule_by=row.rule_by,
            ruled_at=row.ruled_at,
            overdue=_is_overdue(row, now),
            is_mine=row.account_id == account_id,
        )
        for row in session.exec(query)
    ]


def list_for_desk(session: Session, *, vote_id: UUID, account_id: UUID, now: datetime) -> list[DeskObjection]:
    """With names, those without a ruling first."""
    query = (
        select(Objection, Account.name)
        .join(Account, col(Account.id) == Objection.account_id)
        .where(Objection.vote_id == vote_id)
        .order_by(
            sa.case((col(Objection.state) == ObjectionState.OPEN, 0), else_=1), col(Objection.created_at)
        )
    )
    rows = session.exec(query).all()
    keyed = bool(rows) and _has_keyed(session, vote_id, account_id)
    return [
        DeskObjection(
            id=row.id,
            kind=row.kind,
            text=row.text,
            state=row.state,
            ruling=row.ruling,
            created_at=row.created_at,
            rule_by=row.rule_by,
            ruled_at=row.ruled_at,
            overdue=_is_overdue(row, now),
            raiser_name=name,
            refused=_why_not(row, account_id, keyed),
        )
        for row, name in rows
    ]


def count_pile(session: Session, *, estate_id: UUID, now: datetime) -> Pile:
    """What waits at the desk; objections to an annulled vote wait for nothing."""
    query = (
        sa.select(
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(sa.case((col(Objection.rule_by) <= now, 1), else_=0)), 0),
        )
        .select_from(Objection)
        .join(Vote, col(Vote.id) == Objection.vote_id)
        .where(
            col(Vote.estate_id) == estate_id,
            col(Vote.state).in_(_RULED_IN),
            col(Objection.state) == ObjectionState.OPEN,
        )
    )
    waiting, overdue = session.connection().execute(query).one()
    return Pile(int(waiting), int(overdue))


def _is_overdue(objection: Objection, now: datetime) -> bool:
    return (
        objection.state is ObjectionState.OPEN and objection.rule_by is not None and now >= objection.rule_by
    )


def _why_not(objection: Objection, account_id: UUID, keyed: bool) -> str:
    if objection.account_id == account_id:
        return "own"
    return "keyed" if keyed and objection.kind is not ObjectionKind.ROLL else ""


def _has_keyed(session: Session, vote_id: UUID, account_id: UUID) -> bool:
    query = (
        select(PaperEntry.sheet_id)
        .join(PaperSheet, col(PaperSheet.id) == PaperEntry.sheet_id)
        .where(PaperSheet.vote_id == vote_id, PaperEntry.entered_by == account_id)
        .limit(1)
    )
    return session.exec(query).first() is not None


def _lock(session: Session, estate_id: UUID, vote_id: UUID) -> tuple[chain.LockedVote, Vote]:
    """Under the vote's lock: the step to final asks for open objections under the same one."""
    locked = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if locked is None:
        raise NotFound(N_("没有找到这次表决"))
    return locked, session.get_one(Vote, vote_id, populate_existing=True)


def _not_before(locked: chain.LockedVote, now: datetime) -> datetime:
    """A clock that was set back does not reach behind what the chain has recorded."""
    return max(now, locked.head_time or now)


def _objection(session: Session, vote: Vote, objection_id: UUID) -> Objection:
    objection = session.get(Objection, objection_id, populate_existing=True)
    if objection is None or objection.vote_id != vote.id:
        raise NotFound(N_("没有找到这条异议"))
    return objection


def _ensure_window(vote: Vote, kind: ObjectionKind, at: datetime) -> None:
    if vote.state is State.DRAFT:
        raise NotFound(N_("没有找到这次表决"))
    allowed = kinds_now(state_at(vote, at), vote.objections_until, at)
    if kind in allowed:
        return
    if kind is ObjectionKind.ROLL and allowed:
        raise Conflict(
            N_("对名册的异议要在投票开始前提出，现在已经开始；对投票过程有异议的，请改选“投票过程”"),
            code="no_objections_now",
            field="kind",
        )
    if kind is ObjectionKind.RESULT and allowed:
        raise Conflict(
            N_("计票结果还没有公布，请等公布以后再对结果提出异议"), code="no_objections_now", field="kind"
        )
    raise Conflict(N_("现在不在异议期内，不能提出异议；有疑问请联系居委会"), code="no_objections_now")


def _refuse_too_many(session: Session, vote_id: UUID, account_id: UUID) -> None:
    mine = select(Objection.id).where(
        Objection.vote_id == vote_id,
        Objection.account_id == account_id,
        Objection.state == ObjectionState.OPEN,
    )
    if len(session.exec(mine).all()) >= MAX_OPEN:
        raise TooMany(N_("您已有 %(most)s 条异议在等裁决，请等裁决后再提"), most=MAX_OPEN, seconds=86400)
