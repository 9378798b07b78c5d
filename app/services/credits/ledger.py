"""Credits: write lines into a person's ledger, each under the lock of his membership, and read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.credits import CreditEntry, CreditMember
from app.rules.calendar import BEIJING
from app.rules.credits.ledger import carried_on
from app.rules.credits.reasons import REASON_NAMES, Reason
from app.rules.paging import FIRST, Leaf, Turn, read_leaf

PAGE = 20


@dataclass(frozen=True, slots=True)
class EntryView:
    """One line as its owner reads it; `name` is marked. `reversible` when it was granted and stands."""

    id: UUID
    seq: int
    reason: Reason
    name: str
    amount: int
    balance: int
    on_day: date
    note: str
    at: datetime
    reversible: bool


def lock_member(session: Session, *, estate_id: UUID, account_id: UUID) -> CreditMember | None:
    """Take the lock under which a person's lines are written; None for one who never joined."""
    query = (
        select(CreditMember)
        .where(CreditMember.estate_id == estate_id, CreditMember.account_id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.exec(query).one_or_none()


def lock_joined(session: Session, *, estate_id: UUID, account_id: UUID) -> CreditMember:
    """The same for a deed only those who joined can do. Raises `Conflict` (`not_joined`)."""
    member = lock_member(session, estate_id=estate_id, account_id=account_id)
    if member is None or member.left_at is not None:
        raise Conflict(N_("您还没有加入积分，请先在“我的积分”里加入"), code="not_joined")
    return member


def balance_of(session: Session, *, estate_id: UUID, account_id: UUID) -> int:
    """The balance that the last line carries; 0 without one."""
    last = _last(session, estate_id, account_id)
    return last.balance if last else 0


def write_entry(
    session: Session,
    member: CreditMember,
    *,
    reason: Reason,
    subject: str,
    amount: int,
    now: datetime,
    on_day: date,
    refers_id: UUID | None = None,
    by: UUID | None = None,
    note: str = "",
) -> UUID:
    """Append a line; the caller holds the member's lock. Raises `Conflict` (`too_few`) where it would go below nothing."""
    last = _last(session, member.estate_id, member.account_id)
    entry = CreditEntry(
        id=uuid4(),
        estate_id=member.estate_id,
        account_id=member.account_id,
        seq=last.seq + 1 if last else 1,
        reason=reason,
        subject=subject,
        amount=amount,
        balance=carried_on(last.balance if last else 0, amount),
        on_day=on_day,
        refers_id=refers_id,
        by=by,
        note=note,
        at=now,
    )
    session.add(entry)
    session.flush()
    return entry.id


def _last(session: Session, estate_id: UUID, account_id: UUID) -> CreditEntry | None:
    query = (
        select(CreditEntry)
        .where(CreditEntry.estate_id == estate_id, CreditEntry.account_id == account_id)
        .order_by(col(CreditEntry.seq).desc())
        .limit(1)
    )
    return session.exec(query).one_or_none()


def undone(entry_id: object) -> sa.ColumnElement[bool]:
    """Whether a line has been undone by another."""
    other = sa.orm.aliased(CreditEntry)
    return sa.exists().where(col(other.refers_id) == entry_id)


def live_entry(
    session: Session, *, estate_id: UUID, account_id: UUID, reason: Reason, subject: str
) -> tuple[CreditEntry | None, CreditEntry | None]:
    """The last line granted for a subject, and what undid it; a subject granted anew goes on as `subject#2`."""
    query = (
        select(CreditEntry)
        .where(
            CreditEntry.estate_id == estate_id,
            CreditEntry.account_id == account_id,
            CreditEntry.reason == reason,
            col(CreditEntry.subject).startswith(subject, autoescape=True),
        )
        .order_by(col(CreditEntry.seq).desc())
        .limit(1)
    )
    entry = session.exec(query).one_or_none()
    if entry is None:
        return None, None
    undoing = session.exec(select(CreditEntry).where(CreditEntry.refers_id == entry.id)).one_or_none()
    return entry, undoing


def count_deeds(
    session: Session, *, estate_id: UUID, account_id: UUID, reason: Reason, first: date, after: date
) -> int:
    """How many deeds of a kind count from `first` until before `after`.

    What was taken back does not; what could not be, because it was spent, does: whoever keeps the points had the deed.
    """
    other = sa.orm.aliased(CreditEntry)
    taken = sa.exists().where(col(other.refers_id) == CreditEntry.id, col(other.amount) < 0)
    query = (
        select(sa.func.count())
        .select_from(CreditEntry)
        .where(
            CreditEntry.estate_id == estate_id,
            CreditEntry.account_id == account_id,
            CreditEntry.reason == reason,
            CreditEntry.on_day >= first,
            CreditEntry.on_day < after,
            ~taken,
        )
    )
    return session.exec(query).one()


def read_entries(
    session: Session, *, estate_id: UUID, account_id: UUID, turn: Turn = FIRST, size: int = PAGE
) -> Leaf[EntryView]:
    """A page of a person's ledger, the newest line first."""

    def fetch(turn: Turn) -> Sequence[CreditEntry]:
        query = select(CreditEntry).where(
            CreditEntry.estate_id == estate_id, CreditEntry.account_id == account_id
        )
        seq = col(CreditEntry.seq)
        if turn.back:
            return session.exec(query.where(seq > turn.numbers[0]).order_by(seq.asc()).limit(size + 1)).all()
        if turn.mark:
            query = query.where(seq < turn.numbers[0])
        return session.exec(query.order_by(seq.desc()).limit(size + 1)).all()

    leaf = read_leaf(fetch, turn, size=size, mark_of=lambda row: row.seq)
    ids = [row.id for row in leaf.rows]
    gone = set(session.exec(select(CreditEntry.refers_id).where(col(CreditEntry.refers_id).in_(ids))))
    return Leaf(tuple(_view(row, row.id in gone) for row in leaf.rows), leaf.older, leaf.newer)


_NOT_GRANTED = frozenset({Reason.REVERSAL, Reason.REDEMPTION, Reason.REDEMPTION_BACK, Reason.ERASED})


def _view(row: CreditEntry, is_undone: bool) -> EntryView:
    return EntryView(
        id=row.id,
        seq=row.seq,
        reason=row.reason,
        name=REASON_NAMES[row.reason],
        amount=row.amount,
        balance=row.balance,
        on_day=row.on_day,
        note=row.note,
        at=row.at,
        reversible=not is_undone and row.reason not in _NOT_GRANTED,
    )


def day_of(instant: datetime) -> date:
    """The day in Beijing."""
    return instant.astimezone(BEIJING).date()
