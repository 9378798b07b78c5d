"""After a restore: pages are read, nobody casts, and the vote's page and an unknown receipt say why, for good."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from app.rules.votes import evidence
from app.services.trail import Actor
from app.services.votes import restorations

SAID = "第 2 号以后、恢复以前的票可能缺失"


@pytest.fixture
def restored(database, world, vote, clock, now):
    clock.instant = vote.opens_at
    with database.transaction() as session:
        assert vote.advance(session, vote.opens_at)
        restorations.record_restoration(
            session, restoration_id=uuid4(), taken_at=now, revision="x", now=vote.opens_at
        )
        restorations.note_witnessed(session, sizes={vote.id: 9})
    clock.instant = vote.opens_at + timedelta(minutes=5)
    return f"/e/{world.slug}/votes/{vote.id}"


def test_who_casts_is_told_that_it_waits_and_after_it_was_accepted_casts(
    web, world, database, restored, clock
) -> None:
    li_na, home = web(world.li_na), world.homes["301"]
    address = restored

    def cast():
        form = {"unit": str(home.unit_id), "choice": "for", "key": uuid4().hex}
        return li_na.post(f"{address}/ballot", form)

    refused = cast()
    assert refused.status_code == 503
    assert "系统刚从备份恢复" in refused.text
    shown = li_na.get(address)
    assert SAID in shown.text
    assert "第 3 号到第 9 号" in shown.text
    assert "现在暂停投票" in shown.text
    assert "去投票" not in shown.text
    with database.transaction() as session:
        actor, reason = Actor(uuid4(), "运维"), "已经在楼道和业主群告知全体业主"
        restorations.accept(session, actor=actor, reason=reason, now=clock.instant)
    assert cast().status_code == 303
    shown = li_na.get(address).text
    assert "看回执" in shown
    assert "已经在楼道和业主群告知全体业主" in shown
    assert SAID in shown
    assert "现在暂停投票" not in shown
    assert "从备份恢复后继续" in li_na.get(f"{address}/evidence").text


def test_an_unknown_receipt_of_such_a_vote_may_be_of_a_lost_ballot(web, world, restored) -> None:
    code = evidence.receipt_code(evidence.leaf_hash(b"lost"))
    answer = web(None).get(f"{restored}/verify", params={"code": code})
    assert answer.status_code == 404
    assert "这张票可能缺失了" in answer.text
    assert "记录可能被改过" not in answer.text
