"""Credits: what each kind of taking part earns here, from when, and the committee's changes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.credits import CreditRate
from app.models.estates import Estate
from app.rules.credits.rates import Rate, RateLine, check_line, rate_on
from app.rules.credits.reasons import EARNING, REASON_HINTS, REASON_NAMES, Reason
from app.services import trail
from app.services.credits.ledger import day_of
from app.services.trail import Actor


@dataclass(frozen=True, slots=True)
class RateView:
    """A kind of taking part and what it earns today; `coming` are the changes that wait for their day."""

    reason: Reason
    name: str
    hint: str
    rate: Rate
    coming: tuple[RateLine, ...]


def read_lines(session: Session, *, estate_id: UUID) -> tuple[RateLine, ...]:
    """All lines the estate ever set, as the rules read them."""
    rows = session.exec(
        select(CreditRate).where(CreditRate.estate_id == estate_id).order_by(col(CreditRate.number))
    )
    return tuple(
        RateLine(row.reason, row.valid_from, row.number, Rate(row.points, row.per_day, row.per_quarter))
        for row in rows
    )


def read_sheet(session: Session, *, estate_id: UUID, now: datetime) -> Sequence[RateView]:
    """The rules of today, in their order."""
    lines, today = read_lines(session, estate_id=estate_id), day_of(now)
    return [
        RateView(
            reason=reason,
            name=REASON_NAMES[reason],
            hint=REASON_HINTS[reason],
            rate=rate_on(lines, reason, today),
            coming=_coming(lines, reason, today),
        )
        for reason in EARNING
    ]


def _coming(lines: Sequence[RateLine], reason: Reason, today: date) -> tuple[RateLine, ...]:
    """One for each day on which it changes: a later line of the same day replaces an earlier one."""
    by_day = {line.valid_from: line for line in lines if line.reason is reason and line.valid_from > today}
    return tuple(by_day[day] for day in sorted(by_day))


def set_rate(
    session: Session,
    *,
    estate_id: UUID,
    rate_id: UUID,
    reason: Reason,
    valid_from: date,
    rate: Rate,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Set what a deed earns from a day on; past lines stay as they are. The same id twice is one change.

    Raises `Invalid` for a day before tomorrow or a number out of bounds.
    """
    present = session.get(CreditRate, rate_id)
    if present is not None:
        if (present.estate_id, present.by) != (estate_id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    # Locking the estate keeps two from taking the same number.
    session.exec(select(Estate.id).where(Estate.id == estate_id).with_for_update(key_share=True)).one()
    highest = session.exec(
        select(sa.func.max(CreditRate.number)).where(CreditRate.estate_id == estate_id)
    ).one()
    number = (highest or 0) + 1
    check_line(RateLine(reason, valid_from, number, rate), today=day_of(now))
    session.add(
        CreditRate(
            id=rate_id,
            estate_id=estate_id,
            number=number,
            reason=reason,
            valid_from=valid_from,
            points=rate.points,
            per_day=rate.per_day,
            per_quarter=rate.per_quarter,
            by=actor.id,
            at=now,
        )
    )
    session.flush()
    trail.record(
        session,
        tag="credits:rate:set",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="credit_rate",
        subject_id=rate_id,
        new={
            "reason": reason.value,
            "from": valid_from.isoformat(),
            "points": rate.points,
            "per_day": rate.per_day,
            "per_quarter": rate.per_quarter,
        },
    )
    return rate_id
