"""The heights of moderation's piles on the committee's desk: what waits, counted once and only so far."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa

from app.models.base import table_of
from app.models.deliberations import ContentReport
from app.models.search import SubjectKind
from app.rules.deliberations.moderation import Act, ReportKind
from app.services.deliberations import appeals, muting
from app.services.deliberations.cases import Target
from app.services.deliberations.piles import MOST_COUNTED, Piles, count_waiting
from tests.fixtures.moderation import REASON, Bench


def heights(bench: Bench) -> Piles:
    return count_waiting(bench.session, estate_id=bench.world.estate_id)


def test_each_pile_grows_with_what_waits_and_falls_when_it_is_done(bench: Bench) -> None:
    world = bench.world
    assert heights(bench) == Piles(0, 0, 0)
    for who in (world.wang_wei, world.qian_er):
        bench.report(who)
    bench.report(world.wang_wei, bench.proposal)
    muting.set_pre_approval(bench.session, **bench.talk.where, on=True, order=bench.order(world.chen_jie))
    bench.talk.post(bench.session, world.wang_wei, "等一等。")
    number = bench.act(world.zhao_min, Act.HIDE, bench.post)
    bench.report(world.qian_er, bench.proposal)
    where = {"estate_id": world.estate_id, "number": number}
    appeals.appeal(
        bench.session,
        **where,
        appeal_id=uuid4(),
        account_id=world.li_na.account_id,
        text="我没有骂人，请再看一看",
        now=bench.now,
    )
    assert heights(bench) == Piles(reported=1, unread=1, appeals=1)
    assert count_waiting(bench.session, estate_id=world.other_estate_id) == Piles(0, 0, 0)
    bench.act(world.chen_jie, Act.DISMISS, bench.proposal, reason="")
    bench.act(world.chen_jie, Act.APPROVE, Target(thread_id=bench.talk.id, seq=2), reason="")
    appeals.decide_appeal(bench.session, **where, upheld=False, order=bench.order(world.chen_jie, REASON))
    assert heights(bench) == Piles(0, 0, 0)


def test_a_thing_that_many_report_is_one_thing_and_counting_ends_at_a_hundred(bench: Bench) -> None:
    rows = [
        {
            "id": uuid4(),
            "estate_id": bench.world.estate_id,
            "kind": SubjectKind.POST,
            "subject_id": uuid4(),
            "reporter_id": bench.world.wang_wei.account_id,
            "why": ReportKind.OTHER,
            "text": "",
            "at": bench.now,
        }
        for _ in range(MOST_COUNTED + 20)
    ]
    twice = {**rows[0], "id": uuid4(), "reporter_id": bench.world.qian_er.account_id}
    table = table_of(ContentReport)
    bench.session.connection().execute(sa.insert(table), [rows[0], twice])
    assert heights(bench).reported == 1
    bench.session.connection().execute(sa.insert(table), rows[1:])
    assert heights(bench).reported == MOST_COUNTED + 1
