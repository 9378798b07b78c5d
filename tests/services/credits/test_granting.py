"""The job that grants for what took place in the earlier rooms: once, after joining, never for a choice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from app.database import Database
from app.jobs import credits as job
from app.jobs import maintenance
from app.models.credits import CreditCursor, CreditEntry
from app.models.maintenance.orders import WorkOrder
from app.rules.credits.rates import Rate
from app.rules.credits.reasons import Reason
from app.rules.deliberations.moderation import Act
from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Mark
from app.rules.maintenance.states import OrderState
from app.rules.votes.states import Choice
from app.services.credits import granting, ledger, members, rates
from app.services.credits.sources import Fact
from app.services.trail import Actor
from tests.fixtures.world import Somebody, World


def join(session: Session, world: World, who: Somebody, at: datetime) -> None:
    members.join(
        session,
        estate_id=world.estate_id,
        account_id=who.account_id,
        is_resident=True,
        agreed=True,
        now=at,
    )


def run(database: Database, at: datetime) -> int:
    job._last.clear()
    return job.tick(database, now=at)


def lines_of(database: Database, who: Somebody) -> list[tuple[str, int]]:
    with database.session(writing=False) as session:
        query = select(CreditEntry).where(CreditEntry.account_id == who.account_id)
        return [(row.reason.value, row.amount) for row in session.exec(query.order_by(CreditEntry.seq))]


def test_talk_earns_once_a_thread_hidden_it_is_taken_back_and_restored_it_comes_again(
    database: Database, world, talk, bench, consensus, session, now
) -> None:
    li_na, wang_wei = world.li_na, world.wang_wei
    begins = talk.begins[Stage.OPINIONS]
    join(session, world, li_na, now + timedelta(minutes=1))  # her proposal was before
    first = begins + timedelta(hours=2)
    talk.post(session, li_na, "我也同意这样做。", at=first)
    talk.post(session, wang_wei, "我不同意。", at=first)
    session.commit()
    assert run(database, first + timedelta(minutes=1)) == 1  # wang_wei never joined
    assert run(database, first + timedelta(minutes=2)) == 0
    # The same minute asks nothing of the database at all.
    assert job.tick(database, now=first + timedelta(minutes=3)) == 0
    assert lines_of(database, li_na) == [("post", 2)]

    # One of her two posts hidden: the other is still there. Both hidden: taken back, once.
    bench.now = first + timedelta(hours=1)
    bench.act(world.zhao_min, Act.HIDE)
    session.commit()
    assert run(database, first + timedelta(hours=1)) == 0
    other = ledger_post(session, li_na)
    bench.act(world.zhao_min, Act.HIDE, target=other)
    session.commit()
    assert run(database, first + timedelta(hours=2)) == 1
    assert run(database, first + timedelta(hours=3)) == 0
    assert lines_of(database, li_na) == [("post", 2), ("reversal", -2)]
    bench.now = first + timedelta(hours=4)
    bench.act(world.zhao_min, Act.RESTORE, target=other)
    session.commit()
    assert run(database, first + timedelta(hours=4)) == 1
    assert run(database, first + timedelta(hours=5)) == 0
    assert lines_of(database, li_na) == [("post", 2), ("reversal", -2), ("post", 2)]

    # Marks: once a thread, and the same for every mark.
    for text, mark in (("电梯装在北侧", Mark.DISAGREE), ("一楼少出钱", Mark.UNSURE)):
        number = consensus.state(text)
        consensus.mark(li_na.account_id, mark, number)
    session.commit()
    assert run(database, consensus.now + timedelta(hours=1)) == 1
    assert lines_of(database, li_na)[-1] == ("statements", 2)
    assert run(database, consensus.now + timedelta(hours=2)) == 0


def ledger_post(session: Session, who: Somebody):
    from app.models.deliberations import Post
    from app.services.deliberations.cases import Target

    query = select(Post).where(Post.author_id == who.account_id).order_by(Post.seq.desc())
    newest = session.exec(query).first()
    return Target(thread_id=newest.thread_id, seq=newest.seq)


def test_ballots_earn_after_the_count_alike_whatever_was_cast_and_whoever_joined_too_late_gets_none(
    database: Database, world, vote, session, now
) -> None:
    li_na, wang_wei = world.li_na, world.wang_wei
    join(session, world, li_na, now)
    session.commit()
    for who, room, choice in ((li_na, "301", Choice.AGAINST), (wang_wei, "302", Choice.FOR)):
        with database.transaction() as writing:
            unit = world.homes[room].unit_id
            vote.cast(writing, unit, who.account_id, choice, vote.opens_at + timedelta(hours=1))
    assert run(database, vote.opens_at + timedelta(hours=2)) == 0  # a cast tells nothing before the close
    sealed = vote.closes_at + timedelta(minutes=2)
    join(session, world, wang_wei, vote.closes_at + timedelta(seconds=1))
    session.commit()
    for _ in range(2):
        with database.transaction() as writing:
            vote.advance(writing, sealed)
    assert run(database, sealed + timedelta(minutes=1)) == 1
    assert run(database, sealed + timedelta(hours=1)) == 0
    assert lines_of(database, li_na) == [("ballot", 10)]
    assert lines_of(database, wang_wei) == []
    with database.session(writing=False) as reading:
        entry = reading.exec(select(CreditEntry)).one()
    assert entry.on_day == ledger.day_of(vote.closes_at - timedelta(seconds=1))
    assert (entry.subject, entry.note) == (f"vote:{vote.id}", "3号楼1单元加装电梯")


def test_proposals_and_reports_earn_within_the_limits_and_by_the_rate_of_their_day(
    database: Database, world, pen, upkeep, session, now
) -> None:
    li_na = world.li_na
    join(session, world, li_na, now)
    actor = Actor(world.chen_jie.account_id, "陈洁")
    rates.set_rate(
        session,
        estate_id=world.estate_id,
        rate_id=uuid4(),
        reason=Reason.PROPOSAL,
        valid_from=ledger.day_of(now) + timedelta(days=1),
        rate=Rate(50, 1, 3),
        actor=actor,
        now=now,
    )
    for _ in range(2):  # one a day counts
        pen.publish(by=li_na)
    session.commit()
    maintenance.tick(database, now=now)
    filed = upkeep.report(session, now)
    session.connection().execute(
        sa.update(WorkOrder)
        .where(WorkOrder.id == filed)
        .values(
            state=OrderState.AUTO_CLOSED,
            is_open=False,
            listed=True,
            reporter_id=li_na.account_id,
            closed_at=now + timedelta(minutes=5),
        )
    )
    session.commit()
    assert run(database, now + timedelta(minutes=6)) == 2
    # Two workers at once, or one that lost its cursor, tell the same again.
    with database.transaction() as writing:
        writing.connection().execute(sa.delete(CreditCursor))
    assert run(database, now + timedelta(days=2)) == 0
    assert sorted(lines_of(database, li_na)) == [("proposal", 5), ("report", 3)]


def test_whoever_left_earns_nothing_and_what_he_has_stays_until_he_asks(
    database: Database, world, talk, session, now
) -> None:
    who = {"estate_id": world.estate_id, "account_id": world.li_na.account_id}
    at = talk.begins[Stage.OPINIONS] + timedelta(hours=2)
    join(session, world, world.li_na, now + timedelta(minutes=1))
    talk.post(session, world.li_na, "我来说两句。", at=at)
    members.leave(session, **who, now=at + timedelta(minutes=1))
    session.commit()
    assert run(database, at + timedelta(hours=1)) == 0
    join(session, world, world.li_na, at + timedelta(hours=2))
    session.commit()
    assert run(database, at + timedelta(hours=3)) == 0  # nothing for what was while she was away
    member = ledger.lock_joined(session, **who)
    give(session, member, 7, at)
    with pytest.raises(Exception, match="先退出"):
        members.erase(session, **who, now=at)
    members.leave(session, **who, now=at)
    for _ in range(2):
        members.erase(session, **who, now=at)
    assert ledger.balance_of(session, **who) == 0
    assert [(row.reason.value, row.amount) for row in ledger.read_entries(session, **who).rows] == [
        ("erased", -7),
        ("meeting", 7),
    ]


def test_what_was_spent_before_it_was_hidden_is_not_granted_anew_and_counts_as_done(
    session: Session, world, now
) -> None:
    who = {"estate_id": world.estate_id, "account_id": world.li_na.account_id}
    join(session, world, world.li_na, now)
    member = ledger.lock_joined(session, **who)
    give(session, member, 1, now)
    fact = Fact(world.li_na.account_id, Reason.POST, "thread:1", now)

    def settle(*, hidden: bool = False) -> bool:
        told = replace(fact, hidden=hidden)
        return granting.settle_fact(session, estate_id=world.estate_id, fact=told, lines=(), now=now)

    def spend(points: int) -> None:
        what = {"reason": Reason.REDEMPTION, "subject": f"redemption:{uuid4()}", "amount": -points}
        ledger.write_entry(session, member, **what, now=now, on_day=ledger.day_of(now))

    def deeds() -> int:
        today = ledger.day_of(now)
        span = {"first": today, "after": today + timedelta(days=1)}
        return ledger.count_deeds(session, **who, reason=Reason.POST, **span)

    assert settle()
    spend(2)
    assert settle(hidden=True)  # one of the two was left
    assert deeds() == 0
    assert settle()
    spend(1)
    assert settle(hidden=True)
    assert not settle()
    assert deeds() == 1
    lines = [(row.reason.value, row.amount) for row in reversed(ledger.read_entries(session, **who).rows)]
    assert lines == [
        ("meeting", 1),
        ("post", 2),
        ("redemption", -2),
        ("reversal", -1),
        ("post", 1),
        ("redemption", -1),
        ("reversal", 0),
    ]


def give(session: Session, member, points: int, at: datetime, subject: str = "") -> UUID:
    return ledger.write_entry(
        session,
        member,
        reason=Reason.MEETING,
        subject=subject or f"meeting:{uuid4()}",
        amount=points,
        now=at,
        on_day=ledger.day_of(at),
    )


def test_the_database_itself_refuses_a_second_grant_a_change_a_gap_and_a_debt(
    database: Database, world, session, now
) -> None:
    join(session, world, world.li_na, now)
    member = ledger.lock_joined(session, estate_id=world.estate_id, account_id=world.li_na.account_id)
    entry = give(session, member, 7, now, subject="meeting:1")
    session.commit()
    row = {
        "id": uuid4(),
        "estate_id": world.estate_id,
        "account_id": world.li_na.account_id,
        "seq": 2,
        "reason": Reason.MEETING,
        "subject": "meeting:2",
        "amount": 3,
        "balance": 10,
        "on_day": ledger.day_of(now),
        "note": "",
        "at": now,
    }
    redemption = {**row, "reason": Reason.REDEMPTION, "amount": -8, "balance": -1}
    wrong = [
        sa.insert(CreditEntry).values(**{**row, "subject": "meeting:1"}),
        sa.insert(CreditEntry).values(**{**row, "balance": 11}),
        sa.insert(CreditEntry).values(**{**row, "seq": 3, "balance": 3}),
        sa.insert(CreditEntry).values(**{**row, "seq": 1, "balance": 3}),
        sa.insert(CreditEntry).values(**{**row, "amount": -3, "balance": 4}),
        sa.insert(CreditEntry).values(**{**row, "refers_id": entry}),
        sa.insert(CreditEntry).values(**redemption),
        sa.update(CreditEntry).values(note="x"),
        sa.delete(CreditEntry),
    ]
    for statement in wrong:
        with database.session(writing=True) as other, pytest.raises(DBAPIError):
            other.connection().execute(statement)
    with database.transaction() as other:
        other.connection().execute(sa.insert(CreditEntry).values(**row))
