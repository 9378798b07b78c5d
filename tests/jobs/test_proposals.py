"""The job that writes down what the clock decided: safe twice, and safe from two workers at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlmodel import select

from app.database import Database
from app.jobs import proposals
from app.models.proposals import EventKind, Proposal, ProposalEvent
from app.rules.proposals.states import ProposalState


def test_a_tick_settles_what_is_due_and_the_next_finds_nothing(database, published, now) -> None:
    lapsed, owed = published(), published(rooms=("401", "402", "501"))
    later = now + timedelta(days=200)
    assert proposals.tick(database, now=now) == 0
    assert proposals.tick(database, now=later) == 2
    assert proposals.tick(database, now=later) == 0
    with database.session(writing=False) as session:
        assert session.get_one(Proposal, lapsed).state is ProposalState.DECLINED
        assert session.get_one(Proposal, owed).state is ProposalState.GATHERING


def test_two_workers_at_once_write_each_step_once(database: Database, published, now) -> None:
    ids = [published(rooms=("401", "402", "501")) for _ in range(3)]
    later = now + timedelta(days=200)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: proposals.tick(database, now=later), range(2)))
    assert sum(done) == 3
    with database.session(writing=False) as session:
        kinds = session.exec(select(ProposalEvent.proposal_id, ProposalEvent.kind)).all()
    for proposal_id in ids:
        assert kinds.count((proposal_id, EventKind.OVERDUE)) == 1
        assert kinds.count((proposal_id, EventKind.ESCALATED)) == 1
