"""Votes: objections to a preliminary result, and the rulings on them; nobody's name is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.models.accounts import Account
from app.models.votes import Objection, ObjectionState, Vote
from app.rules.text import clean_text
from app.rules.votes.states import State
from app.services import outbox, trail
from app.services.estates.standing import standing_of
from app.services.trail import Actor
from app.services.votes import chain

MAX_OPEN = 5
LEAST = 10


@dataclass(frozen=True, slots=True)
class ObjectionView:
    """What everybody may read of an objection: never who raised it; `is_mine` only for the reader himself."""

    id: UUID
    text: str
    state: ObjectionState
    ruling: str
    created_at: datetime
    ruled_at: datetime | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class DeskObjection:
    """The same at the desk, which must ask back and must not rule on its own objection."""

    id: UUID
    text: str
    state: ObjectionState
    ruling: str
    created_at: datetime
    ruled_at: datetime | None
    is_mine: bool
    raiser_name: str


def raise_objection(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    objection_id: UUID,
    account_id: UUID,
    text: str,
    now: datetime,
) -> UUID:
    """Object to the conduct or the result; the same id a second time is the same objection.

    Owners and verified residents may, from the sealed count until `objections_until`: raises `Conflict`
    (`no_objections_now`) outside of it. The text has 10 to 2000 characters.
    """
    vote = _lock(session, estate_id, vote_id)
    present = session.get(Objection, objection_id)
    if present is not None:
        if (present.vote_id, present.account_id) != (vote_id, account_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    _ensure_window(vote, now)
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
            text=text,
            state=ObjectionState.OPEN,
            created_at=now,
        )
    )
    session.flush()
    return objection_id


def withdraw_objection(
    session: Session, *, estate_id: UUID, vote_id: UUID, objection_id: UUID, account_id: UUID, now: datetime
) -> None:
    """Take one's own objection back while it has no ruling; a second time changes nothing."""
    vote = _lock(session, estate_id, vote_id)
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
    """Rule with reasons, at least 10 characters; not by the person who raised it.

    An upheld objection keeps the vote from becoming final; what follows from it is `closing.annul_vote`.
    """
    vote = _lock(session, estate_id, vote_id)
    objection = _objection(session, vote, objection_id)
    if objection.account_id == actor.id:
        raise NotAllowed(N_("这条异议是您自己提的，请由另一位工作人员裁决"), code="own_case")
    if objection.state is not ObjectionState.OPEN:
        raise Conflict(N_("这条异议已经裁决或撤回，请刷新页面"), code="ruled")
    if vote.state is not State.PRELIMINARY:
        raise Conflict(N_("这次表决不在异议期，不能裁决"), code="no_objections_now")
    ruling = clean_text(ruling, most=2000, field="ruling")
    if len(ruling) < LEAST:
        raise Invalid(N_("请写明裁决的理由，至少 10 个字，会公开"), field="ruling")
    objection.state = ObjectionState.UPHELD if upheld else ObjectionState.DISMISSED
    objection.ruling, objection.ruled_by, objection.ruled_at = ruling, actor.id, now
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
        old={"objection": str(objection_id), "state": ObjectionState.OPEN.value},
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
            link=f"votes/{vote_id}/result",
        ),
    )


def list_objections(session: Session, *, vote_id: UUID, account_id: UUID) -> list[ObjectionView]:
    """The public list, oldest first, as `account_id` reads it."""
    query = select(Objection).where(Objection.vote_id == vote_id).order_by(col(Objection.created_at))
    return [
        ObjectionView(
            row.id,
            row.text,
            row.state,
            row.ruling,
            row.created_at,
            row.ruled_at,
            row.account_id == account_id,
        )
        for row in session.exec(query)
    ]


def list_for_desk(session: Session, *, vote_id: UUID, account_id: UUID) -> list[DeskObjection]:
    """With names, those without a ruling first."""
    query = (
        select(Objection, Account.name)
        .join(Account, col(Account.id) == Objection.account_id)
        .where(Objection.vote_id == vote_id)
        .order_by(
            sa.case((col(Objection.state) == ObjectionState.OPEN, 0), else_=1), col(Objection.created_at)
        )
    )
    return [
        DeskObjection(
            row.id,
            row.text,
            row.state,
            row.ruling,
            row.created_at,
            row.ruled_at,
            row.account_id == account_id,
            name,
        )
        for row, name in session.exec(query)
    ]


def _lock(session: Session, estate_id: UUID, vote_id: UUID) -> Vote:
    """Under the vote's lock: the step to final asks for open objections under the same one."""
    if chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id) is None:
        raise NotFound(N_("没有找到这次表决"))
    return session.get_one(Vote, vote_id, populate_existing=True)


def _objection(session: Session, vote: Vote, objection_id: UUID) -> Objection:
    objection = session.get(Objection, objection_id, populate_existing=True)
    if objection is None or objection.vote_id != vote.id:
        raise NotFound(N_("没有找到这条异议"))
    return objection


def _ensure_window(vote: Vote, now: datetime) -> None:
    if vote.state is State.DRAFT:
        raise NotFound(N_("没有找到这次表决"))
    if vote.state is not State.PRELIMINARY or vote.objections_until is None or now >= vote.objections_until:
        raise Conflict(N_("现在不在异议期内，不能提出异议；有疑问请联系居委会"), code="no_objections_now")


def _refuse_too_many(session: Session, vote_id: UUID, account_id: UUID) -> None:
    mine = select(Objection.id).where(
        Objection.vote_id == vote_id,
        Objection.account_id == account_id,
        Objection.state == ObjectionState.OPEN,
    )
    if len(session.exec(mine).all()) >= MAX_OPEN:
        raise TooMany(N_("您已有 %(most)s 条异议在等裁决，请等裁决后再提"), most=MAX_OPEN, seconds=86400)
