"""Credits: the honour roll of a quarter: whom the committee may honour, whom it did, and whose name may be shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.credits import CreditEntry, CreditHonour, CreditMember
from app.rules.credits.honours import Honour, before, earned, quarter_of, span
from app.rules.credits.reasons import Reason
from app.rules.text import clean_text
from app.services import outbox, trail
from app.services.credits.ledger import day_of, undone
from app.services.credits.people import Person, people_of
from app.services.trail import Actor

LEAST_REASON = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whose deeds of the quarter are enough; how many they are is not told."""

    person: Person
    honour: Honour
    shown: bool


@dataclass(frozen=True, slots=True)
class Honoured:
    """Somebody honoured, as the desk sees it; `shown` when his name stands on the page."""

    id: UUID
    person: Person
    honour: Honour
    shown: bool


@dataclass(frozen=True, slots=True)
class Roll:
    """One kind of honour of a quarter for everybody: names in the order of the houses, and how many stay unnamed."""

    honour: Honour
    people: tuple[Person, ...]
    unnamed: int


def quarters(now: datetime) -> tuple[str, ...]:
    """The quarter that runs and the four before it, the newest first."""
    found = [quarter_of(day_of(now))]
    while len(found) < 5:
        found.append(before(found[-1]))
    return tuple(found)


def candidates(session: Session, *, estate_id: UUID, quarter: str) -> Sequence[Candidate]:
    """Who may be honoured and is not yet, by house; only of those who take part now."""
    first, after = span(quarter)
    query = (
        select(CreditEntry.account_id, CreditEntry.reason, sa.func.count())
        .join(
            CreditMember,
            sa.and_(
                col(CreditMember.estate_id) == CreditEntry.estate_id,
                col(CreditMember.account_id) == CreditEntry.account_id,
            ),
        )
        .where(
            CreditEntry.estate_id == estate_id,
            CreditEntry.on_day >= first,
            CreditEntry.on_day < after,
            col(CreditMember.left_at).is_(None),
            ~undone(CreditEntry.id),
        )
        .group_by(col(CreditEntry.account_id), col(CreditEntry.reason))
    )
    deeds: dict[UUID, dict[Reason, int]] = defaultdict(dict)
    for account_id, reason, count in session.exec(query):
        deeds[account_id][Reason(reason)] = count
    # Whoever was taken off for a reason is not offered again.
    present = {(row.honour, row.account_id) for row in _rows(session, estate_id, quarter, ended=True)}
    due = {
        account_id: [honour for honour in Honour if honour in earned(done)]
        for account_id, done in deeds.items()
        if earned(done)
    }
    shown = _shown(session, estate_id)
    return [
        Candidate(person, honour, person.id in shown)
        for person in people_of(session, estate_id=estate_id, account_ids=due)
        for honour in due[person.id]
        if (honour, person.id) not in present
    ]


def confirm(
    session: Session,
    *,
    estate_id: UUID,
    quarter: str,
    chosen: Collection[tuple[Honour, UUID]],
    actor: Actor,
    now: datetime,
) -> int:
    """Honour those chosen, tell each of them, and give the number of new ones; who is there already stays.

    Raises `Conflict` (`running`) before the quarter is over, `NotAllowed` (`own_case`) for oneself, `Invalid` for nobody,
    and for one whose deeds are not enough.
    """
    if day_of(now) < span(quarter)[1]:
        raise Conflict(N_("这个季度还没有结束，结束以后再确认"), code="running")
    if not chosen:
        raise Invalid(N_("请至少勾选一位"), field="chosen")
    possible = {
        (one.honour, one.person.id): one for one in candidates(session, estate_id=estate_id, quarter=quarter)
    }
    present = {(row.honour, row.account_id) for row in _rows(session, estate_id, quarter, ended=True)}
    new = sorted(set(chosen) - present)
    if any(account_id == actor.id for _, account_id in new):
        raise NotAllowed(N_("您自己的荣誉请由另一位工作人员确认"), code="own_case")
    if any(one not in possible for one in new):
        raise Invalid(N_("名单有变化，请重新核对再确认"), field="chosen")
    done = 0
    for honour, account_id in new:
        row = CreditHonour(
            estate_id=estate_id,
            quarter=quarter,
            honour=honour,
            account_id=account_id,
            confirmed_by=actor.id,
            confirmed_at=now,
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:  # another of the committee confirmed the same this very moment
            continue
        done += 1
        _tell(session, row, shown=possible[(honour, account_id)].shown, now=now)
        _note(session, row, "confirm", actor, now)
    return done


def take_off(
    session: Session, *, estate_id: UUID, honour_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """Take an honour back with a reason; twice is once."""
    query = (
        select(CreditHonour)
        .where(CreditHonour.id == honour_id, CreditHonour.estate_id == estate_id)
        .with_for_update(key_share=True)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound(N_("没有找到这项荣誉"))
    if row.ended_at is not None:
        return
    reason = clean_text(reason, most=500, field="reason")
    if len(reason) < LEAST_REASON:
        raise Invalid(N_("请写明为什么，至少 5 个字"), field="reason")
    row.ended_at, row.end_reason = now, reason
    session.add(row)
    session.flush()
    _note(session, row, "take_off", actor, now, reason=reason)


def list_honoured(session: Session, *, estate_id: UUID, quarter: str) -> Sequence[Honoured]:
    """Everybody honoured in a quarter, for the desk, by house."""
    rows = _rows(session, estate_id, quarter)
    shown = _shown(session, estate_id)
    whose = {row.account_id for row in rows}
    return [
        Honoured(row.id, person, row.honour, person.id in shown)
        for person in people_of(session, estate_id=estate_id, account_ids=whose)
        for row in rows
        if row.account_id == person.id
    ]


def read_roll(session: Session, *, estate_id: UUID, quarter: str) -> Sequence[Roll]:
    """The roll that everybody may read: names only of those who consent now."""
    honoured = list_honoured(session, estate_id=estate_id, quarter=quarter)
    rolls = []
    for honour in Honour:
        of_kind = [one for one in honoured if one.honour is honour]
        if of_kind:
            named = tuple(one.person for one in of_kind if one.shown)
            rolls.append(Roll(honour, named, len(of_kind) - len(named)))
    return rolls


def my_honours(session: Session, *, estate_id: UUID, account_id: UUID) -> Sequence[tuple[str, Honour]]:
    """A person's own honours by quarter, the newest first."""
    query = (
        select(CreditHonour.quarter, CreditHonour.honour)
        .where(
            CreditHonour.estate_id == estate_id,
            CreditHonour.account_id == account_id,
            col(CreditHonour.ended_at).is_(None),
        )
        .order_by(col(CreditHonour.quarter).desc(), col(CreditHonour.honour))
    )
    return [(quarter, Honour(honour)) for quarter, honour in session.exec(query)]


def _rows(session: Session, estate_id: UUID, quarter: str, *, ended: bool = False) -> Sequence[CreditHonour]:
    query = select(CreditHonour).where(CreditHonour.estate_id == estate_id, CreditHonour.quarter == quarter)
    if not ended:
        query = query.where(col(CreditHonour.ended_at).is_(None))
    return session.exec(query.order_by(col(CreditHonour.honour))).all()


def _shown(session: Session, estate_id: UUID) -> frozenset[UUID]:
    query = select(CreditMember.account_id).where(
        CreditMember.estate_id == estate_id, col(CreditMember.shown_since).is_not(None)
    )
    return frozenset(session.exec(query))


def _tell(session: Session, row: CreditHonour, *, shown: bool, now: datetime) -> None:
    outbox.post(
        session,
        outbox.Draft(
            key=f"credits_honour:{row.id}",
            template="credits_honour",
            now=now,
            account_id=row.account_id,
            estate_id=row.estate_id,
            values={"quarter": row.quarter, "honour": row.honour.value, "shown": shown},
            link="honours?quarter=" + row.quarter if shown else "credits",
        ),
    )


def _note(
    session: Session, row: CreditHonour, verb: str, actor: Actor, now: datetime, *, reason: str = ""
) -> None:
    trail.record(
        session,
        tag=f"credits:honour:{verb}",
        actor=actor,
        now=now,
        estate_id=row.estate_id,
        subject_kind="credit_honour",
        subject_id=row.id,
        new={"quarter": row.quarter, "honour": row.honour.value},
        reason=reason,
    )
