"""Deliberations: sentences to agree or disagree with, residents' marks on them, and what may be shown of those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.accounts import Account
from app.models.base import table_of
from app.models.deliberations import Post, PostState, Statement, StatementMark, Thread, ThreadModerator
from app.models.proposals import Proposal
from app.rules.accounts import Role
from app.rules.deliberations.agreement import Agreement, Counts, agreement
from app.rules.deliberations.stages import Verb, ensure_open, stage_at
from app.rules.deliberations.stances import Mark
from app.rules.estates.bands import Band
from app.rules.text import clean_line
from app.services import trail
from app.services.accounts.grants import roles_of
from app.services.deliberations.bands import band_in_scope
from app.services.deliberations.threads import ensure_may_write, get_thread, lock_thread, plan_of, seat_of
from app.services.trail import Actor

LEAST_TEXT, MOST_TEXT = 4, 200
LEAST_REASON, MOST_REASON = 10, 200
# More than this nobody marks to the end.
MOST_STATEMENTS = 40

_MARK, _STATEMENT = table_of(StatementMark), table_of(Statement)
_STANDS = _MARK.c.at < sa.bindparam("until", type_=_MARK.c.at.type)
# Who changes his mark is counted with the old one until the next full hour: nobody sees it leave.
_SHOWN = (
    sa.select(
        _MARK.c.statement_id,
        sa.case((_STANDS, _MARK.c.band), else_=_MARK.c.counted_band).label("band"),
        sa.case((_STANDS, _MARK.c.mark), else_=_MARK.c.counted_mark).label("mark"),
    )
    .select_from(_STATEMENT.join(_MARK, _MARK.c.statement_id == _STATEMENT.c.id))
    .where(
        _STATEMENT.c.thread_id == sa.bindparam("thread_id"),
        sa.or_(_STANDS, _MARK.c.counted_mark.is_not(None)),
    )
    .subquery()
    .c
)
_COUNTS = sa.select(_SHOWN.statement_id, _SHOWN.band, _SHOWN.mark, sa.func.count()).group_by(
    _SHOWN.statement_id, _SHOWN.band, _SHOWN.mark
)
_MINE = (
    sa.select(_MARK.c.statement_id, _MARK.c.mark)
    .select_from(_STATEMENT.join(_MARK, _MARK.c.statement_id == _STATEMENT.c.id))
    .where(
        _STATEMENT.c.thread_id == sa.bindparam("thread_id"), _MARK.c.account_id == sa.bindparam("account_id")
    )
)


def _upsert(insert: Callable[..., Any]) -> Any:
    statement = insert(_MARK)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["statement_id", "account_id"],
        set_={
            "mark": new.mark,
            "band": new.band,
            "at": new.at,
            "counted_mark": sa.case((_STANDS, _MARK.c.mark), else_=_MARK.c.counted_mark),
            "counted_band": sa.case((_STANDS, _MARK.c.band), else_=_MARK.c.counted_band),
        },
        where=_MARK.c.mark != new.mark,
    )


_PUT = {"postgresql": _upsert(postgresql.insert), "sqlite": _upsert(sqlite.insert)}


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement as a reader sees it: his own mark at once, everybody's as of the last full hour."""

    id: UUID
    number: int
    text: str
    from_seq: int
    by_name: str
    badge: str
    interest: bool
    at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str
    mine: Mark | None
    picture: Agreement


def counted_until(now: datetime) -> datetime:
    """Marks given before this instant are shown: the last full hour, so that nobody watches a single one arrive."""
    return now.replace(minute=0, second=0, microsecond=0)


def list_statements(
    session: Session, *, estate_id: UUID, thread_id: UUID, account_id: UUID, now: datetime
) -> list[StatementView]:
    """All statements of a thread in their order, those withdrawn with their reason."""
    get_thread(session, estate_id=estate_id, thread_id=thread_id)
    counts = _counts(session, thread_id, now)
    connection = session.connection()
    mine = {
        statement_id: Mark(mark)
        for statement_id, mark in connection.execute(
            _MINE, {"thread_id": thread_id, "account_id": account_id}
        )
    }
    seats = _seats(session, estate_id, thread_id)
    query = (
        select(Statement, Account.name)
        .join(Account, col(Account.id) == Statement.by)
        .where(Statement.thread_id == thread_id)
        .order_by(col(Statement.number))
    )
    return [
        StatementView(
            id=row.id,
            number=row.number,
            text=row.text,
            from_seq=row.from_seq,
            by_name=name,
            badge=seats[row.by][0],
            interest=seats[row.by][1],
            at=row.at,
            withdrawn_at=row.withdrawn_at,
            withdrawn_reason=row.withdrawn_reason,
            mine=mine.get(row.id),
            picture=agreement(counts.get(row.id, {})),
        )
        for row, name in session.exec(query)
    ]


def _seats(session: Session, estate_id: UUID, thread_id: UUID) -> dict[UUID, tuple[str, bool]]:
    """Badge and interest of each person who drafted here."""
    appointed = {
        row.account_id: (row.duty.value, row.interest)
        for row in session.exec(select(ThreadModerator).where(ThreadModerator.thread_id == thread_id))
    }
    drafters = session.exec(select(Statement.by).where(Statement.thread_id == thread_id).distinct())
    for account_id in drafters.all():
        is_committee = Role.COMMITTEE in roles_of(session, account_id=account_id, estate_id=estate_id)
        appointed.setdefault(account_id, ("committee" if is_committee else "", False))
    return appointed


def _counts(session: Session, thread_id: UUID, now: datetime) -> dict[UUID, dict[Band, Counts]]:
    rows = session.connection().execute(_COUNTS, {"thread_id": thread_id, "until": counted_until(now)})
    found: dict[UUID, dict[Band, Counts]] = {}
    for statement_id, band, mark, number in rows:
        bands = found.setdefault(statement_id, {})
        bands[Band(band)] = bands.get(Band(band), Counts()) + Counts(**{Mark(mark).value: number})
    return found


def may_mark(session: Session, *, estate_id: UUID, thread_id: UUID, account_id: UUID) -> bool:
    """Whether the person has a home in the scope of the thread's proposal."""
    thread = get_thread(session, estate_id=estate_id, thread_id=thread_id)
    proposal = session.get_one(Proposal, thread.proposal_id)
    return band_in_scope(session, proposal=proposal, account_id=account_id) is not None


def words_of_post(session: Session, *, thread_id: UUID, seq: int) -> str:
    """The beginning of a post that all can read, to draw a statement from; empty when there is none."""
    query = select(Post.text).where(
        Post.thread_id == thread_id, Post.seq == seq, Post.state == PostState.VISIBLE
    )
    return " ".join((session.exec(query).first() or "").split())[:MOST_TEXT]


def draft_statement(
    session: Session,
    *,
    estate_id: UUID,
    thread_id: UUID,
    statement_id: UUID,
    text: str,
    from_seq: int,
    actor: Actor,
    now: datetime,
) -> int:
    """Put a sentence up for marking; its number. The id the form carried makes a second arrival the same deed.

    `from_seq` is the post it was drawn from, 0 for none. Raises `NotAllowed` for all but moderators of the thread.
    """
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    present = session.get(Statement, statement_id)
    if present is not None:
        if (present.thread_id, present.by) != (thread_id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.number
    _ensure_moderator(session, thread, actor, now)
    ensure_open(stage_at(plan_of(session, thread_id), now), Verb.DRAFT_STATEMENT)
    text = clean_line(text, most=MOST_TEXT, field="text")
    if len(text) < LEAST_TEXT:
        raise Invalid(
            N_("请写一句可以表示同意或不同意的话，至少 %(least)s 个字"), field="text", least=LEAST_TEXT
        )
    _ensure_readable(session, thread_id, from_seq)
    last = session.exec(
        select(sa.func.coalesce(sa.func.max(Statement.number), 0)).where(Statement.thread_id == thread_id)
    ).one()
    if last >= MOST_STATEMENTS:
        raise Conflict(
            N_("一次协商最多 %(most)s 条共识点，请用已有的，或者在纪要里写明"),
            code="full",
            most=MOST_STATEMENTS,
        )
    number = last + 1
    session.add(
        Statement(
            id=statement_id,
            thread_id=thread_id,
            number=number,
            text=text,
            from_seq=from_seq,
            by=actor.id,
            at=now,
        )
    )
    session.flush()
    _note(session, thread, "draft", actor, now, new={"number": number, "text": text, "from": from_seq})
    return number


def withdraw_statement(
    session: Session,
    *,
    estate_id: UUID,
    thread_id: UUID,
    number: int,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Take a statement out of the marking with a public reason; it stays to be read. Twice is once."""
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    _ensure_moderator(session, thread, actor, now)
    ensure_open(stage_at(plan_of(session, thread_id), now), Verb.DRAFT_STATEMENT)
    statement = get_statement(session, thread_id=thread_id, number=number)
    if statement.withdrawn_at is not None:
        return
    reason = clean_line(reason, most=MOST_REASON, field="reason")
    if len(reason) < LEAST_REASON:
        raise Invalid(
            N_("请写明撤回的理由，至少 %(least)s 个字，居民会看到"), field="reason", least=LEAST_REASON
        )
    statement.withdrawn_at, statement.withdrawn_reason = now, reason
    session.add(statement)
    session.flush()
    _note(session, thread, "withdraw", actor, now, new={"number": number}, reason=reason)


def mark_statement(
    session: Session,
    *,
    estate_id: UUID,
    thread_id: UUID,
    number: int,
    mark: Mark,
    account_id: UUID,
    now: datetime,
) -> None:
    """Give one's mark, or put another in its place; the band is that of one's home today.

    Raises `NotAllowed` (`no_home`) for a person without a home in the scope, `Conflict` for a closed stage and for
    a withdrawn statement.
    """
    thread = get_thread(session, estate_id=estate_id, thread_id=thread_id)
    ensure_open(stage_at(plan_of(session, thread_id), now), Verb.MARK)
    statement = get_statement(session, thread_id=thread_id, number=number)
    if statement.withdrawn_at is not None:
        raise Conflict(N_("这条共识点已经撤回，不用再表态"), code="withdrawn")
    proposal = session.get_one(Proposal, thread.proposal_id)
    band = band_in_scope(session, proposal=proposal, account_id=account_id)
    if band is None:
        raise NotAllowed(
            N_("这个议题的范围里没有您的房屋，您可以看，不能表态。住在这里的，请先认领房屋"), code="no_home"
        )
    ensure_may_write(
        seat_of(session, estate_id=estate_id, thread_id=thread_id, account_id=account_id, now=now), now
    )
    _put(session, statement.id, account_id, mark, band, now)


def _put(
    session: Session, statement_id: UUID, account_id: UUID, mark: Mark, band: Band, now: datetime
) -> None:
    """In one statement: two taps at once are one mark. The same mark again stays counted where it was."""
    connection = session.connection()
    row = {"statement_id": statement_id, "account_id": account_id, "mark": mark, "band": band, "at": now}
    connection.execute(_PUT[connection.dialect.name], {**row, "until": counted_until(now)})


def get_statement(session: Session, *, thread_id: UUID, number: int) -> Statement:
    query = select(Statement).where(Statement.thread_id == thread_id, Statement.number == number)
    statement = session.exec(query).one_or_none()
    if statement is None:
        raise NotFound(N_("没有找到这条共识点"))
    return statement


def _ensure_moderator(session: Session, thread: Thread, actor: Actor, now: datetime) -> None:
    seat = seat_of(session, estate_id=thread.estate_id, thread_id=thread.id, account_id=actor.id, now=now)
    if not seat.is_moderator:
        raise NotAllowed(N_("共识点由居委会或者这次协商的主持党员提炼，您可以在发言里提出来"))


def _ensure_readable(session: Session, thread_id: UUID, seq: int) -> None:
    if seq == 0:
        return
    query = select(Post.id).where(
        Post.thread_id == thread_id, Post.seq == seq, Post.state == PostState.VISIBLE
    )
    if session.exec(query).first() is None:
        raise Invalid(N_("没有这一楼，或者它没有公开；请核对楼号，不是从发言来的请留空"), field="from_seq")


def _note(
    session: Session,
    thread: Thread,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    new: dict[str, object],
    reason: str = "",
) -> None:
    trail.record(
        session,
        tag=f"deliberations:statement:{verb}",
        actor=actor,
        now=now,
        estate_id=thread.estate_id,
        subject_kind="thread",
        subject_id=thread.id,
        new=new,
        reason=reason,
    )
