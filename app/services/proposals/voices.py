"""Proposals: carry voices from one proposal to another without losing any, and count those that stand behind it then."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from app.models.base import table_of
from app.models.estates import Unit
from app.models.proposals import EventKind, Proposal, Seconding
from app.rules.proposals.deadlines import answer_due, street_due
from app.rules.proposals.states import ProposalState
from app.services.holidays import is_rest_day
from app.services.proposals.moving import note_event
from app.services.proposals.places import homes_of, place_of, within
from app.services.proposals.settings import read_settings

_SECONDING, _UNIT = table_of(Seconding), table_of(Unit)


def carry_voices(session: Session, *, old: Proposal, into: Proposal) -> None:
    """Every voice of `old` moves, its author's own home with it; a home that seconds both keeps the older of its two there.

    What stays behind with `old` are only the voices of homes that second `into` anyway. The caller holds both locks.
    """
    session.flush()
    mine = _rows(session, old.id)
    theirs = _rows(session, into.id)
    for unit_id in mine.keys() & theirs.keys():
        if mine[unit_id].at < theirs[unit_id].at:
            _take_over(theirs[unit_id], mine[unit_id])
            session.add(theirs[unit_id])
    session.flush()
    move = sa.update(_SECONDING).where(
        _SECONDING.c.proposal_id == old.id, _SECONDING.c.unit_id.in_(mine.keys() - theirs.keys())
    )
    session.connection().execute(move.values(proposal_id=into.id))
    for row in mine.values():  # they have another key now
        session.expunge(row)
    _add_author(session, old, into)


def _rows(session: Session, proposal_id: UUID) -> dict[UUID, Seconding]:
    query = select(Seconding).where(Seconding.proposal_id == proposal_id)
    return {row.unit_id: row for row in session.exec(query)}


def _take_over(row: Seconding, older: Seconding) -> None:
    row.account_id, row.given_to, row.revision, row.at = (
        older.account_id,
        older.given_to,
        older.revision,
        older.at,
    )


def _add_author(session: Session, old: Proposal, into: Proposal) -> None:
    """Whoever proposed what is merged now stands behind the other: his proposal was his voice."""
    if old.author_id == into.author_id:
        return
    homes = _own_homes(session, into, old.author_id) - _own_homes(session, into, into.author_id)
    present = _rows(session, into.id)
    if not homes or homes & present.keys():
        return
    session.add(
        Seconding(
            proposal_id=into.id,
            unit_id=min(homes),
            account_id=old.author_id,
            given_to=old.id,
            revision=old.revision,
            at=old.published_at or old.created_at,
        )
    )
    session.flush()


def _own_homes(session: Session, proposal: Proposal, account_id: UUID) -> frozenset[UUID]:
    return homes_of(session, estate_id=proposal.estate_id, account_id=account_id, place=place_of(proposal))


def copy_voices(session: Session, *, old: Proposal, new: Proposal) -> None:
    """Every voice of `old` also stands behind `new`, and keeps where it came from."""
    session.flush()
    columns = ["proposal_id", "unit_id", "account_id", "given_to", "revision", "at"]
    kept = sa.select(
        sa.literal(new.id, _SECONDING.c.proposal_id.type), *(_SECONDING.c[name] for name in columns[1:])
    ).where(_SECONDING.c.proposal_id == old.id)
    session.connection().execute(sa.insert(_SECONDING).from_select(columns, kept))


def count_supporters(session: Session, proposal: Proposal) -> int:
    """Homes in its scope that second it, the proposer's own left out."""
    own = _own_homes(session, proposal, proposal.author_id)
    query = (
        sa.select(sa.func.count())
        .select_from(_SECONDING.join(_UNIT, _UNIT.c.id == _SECONDING.c.unit_id))
        .where(
            _SECONDING.c.proposal_id == proposal.id,
            within(proposal.estate_id, place_of(proposal)),
            _UNIT.c.id.not_in(own),
        )
    )
    return int(session.connection().execute(query).scalar_one())


def recount(session: Session, proposal: Proposal, *, now: datetime) -> bool:
    """Set the counters anew after voices came; True when it reached its threshold by them."""
    session.flush()
    supporters = count_supporters(session, proposal)
    proposal.warmth = max(0, proposal.warmth + supporters - proposal.supporters)
    proposal.supporters = supporters
    session.add(proposal)
    waits = proposal.state is ProposalState.GATHERING and proposal.reached_at is None
    if not waits or supporters < proposal.needed:
        return False
    rules = read_settings(session, estate_id=proposal.estate_id).answer
    due = answer_due(now, rules, is_rest_day)
    proposal.reached_at, proposal.answer_due_at = now, due
    proposal.street_due_at = street_due(due, rules, is_rest_day)
    session.add(proposal)
    note_event(session, proposal, kind=EventKind.REACHED, now=now)
    return True


def inherit_debt(session: Session, *, old: Proposal, into: Proposal, now: datetime) -> bool:
    """An answer owed to `old` is owed to `into` by the earlier of the two days: merging does not stop a clock.

    True when `into` was owed none before.
    """
    owed = old.state is ProposalState.GATHERING and old.answer_due_at is not None
    if not owed or into.state is not ProposalState.GATHERING:
        return False
    assert old.answer_due_at is not None
    if into.answer_due_at is not None and into.answer_due_at <= old.answer_due_at:
        return False
    first = into.reached_at is None
    into.reached_at, into.answer_due_at = old.reached_at, old.answer_due_at
    into.street_due_at, into.street_told_at = old.street_due_at, old.street_told_at
    session.add(into)
    if first:
        note_event(session, into, kind=EventKind.REACHED, now=now)
    return first
