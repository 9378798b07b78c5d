"""Evidence packages made from either database: they hold as they are, the same bytes twice, and tell no more than they should."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.errors import Conflict, NotFound
from app.models.base import table_of
from app.models.votes import BallotSecret
from app.models.votes.paper import Delivery, DeliveryResult, DeliveryWay
from app.rules.votes import evidence
from app.rules.votes.verification.bundle import unpack
from app.services.trail import Actor
from app.services.votes.extensions import confirm_extension, propose_extension
from app.services.votes.packages import build_package
from tests.fixtures.evidence import Kept, failed, findings_of, resealed


def test_the_untouched_packages_hold_and_are_the_same_bytes_twice(closed: Kept) -> None:
    for full in (True, False):
        content = closed.package(full=full)
        assert failed(content) == []
        assert closed.package(full=full) == content
    assert {found.said for found in findings_of(closed.package(full=True)).values()} == {"相符", "未核"}


@pytest.mark.parametrize("full", [True, False])
def test_what_needs_the_full_package_is_said(closed: Kept, full: bool) -> None:
    found = findings_of(closed.package(full=full))
    assert found["选票内容"].said == ("相符" if full else "未核")
    assert ("完整包" in found["计票"].sentence) is not full


def test_a_masked_package_holds_no_name_no_home_no_choice(closed: Kept, world) -> None:
    files = unpack(closed.package(full=False))
    everything = b"".join(files.values()).decode()
    units = [str(home.unit_id) for home in world.homes.values()]
    owners = [str(home.owner_id) for home in world.homes.values()]
    for secret in ("li_na", "业主402", "陈洁", "核对过房产证", '"room"', *units, *owners):
        assert secret not in everything
    names = {json.loads(json.loads(line)["leaf"])["unit"] for line in files["events.jsonl"].splitlines()}
    homes = {line["home"] for line in json.loads(files["roll.json"])["lines"]}
    assert names & homes == set()


def test_the_roll_tells_the_areas_and_the_heads_and_nothing_of_who_has_voted(closed: Kept) -> None:
    lines = json.loads(unpack(closed.package(full=False))["roll.json"])["lines"]
    assert sorted(line["area"] for line in lines) == [8000] * 12 + [8200]
    assert len({line["head"] for line in lines}) == 12


def test_before_the_count_there_is_a_masked_package_and_no_full_one(kept: Kept) -> None:
    assert failed(kept.package(full=False)) == []
    with pytest.raises(Conflict) as refused:
        kept.package(full=True)
    assert refused.value.code == "not_sealed"


def test_a_draft_has_no_evidence(session, make_vote, secret) -> None:
    vote = make_vote(notice=False)
    with pytest.raises(NotFound):
        build_package(session, estate_id=vote.estate_id, vote_id=vote.id, full=False, secret=secret)


def test_contents_deleted_after_their_term_leave_the_masked_package_whole(closed: Kept) -> None:
    with closed.database.transaction() as session:
        session.connection().execute(sa.delete(table_of(BallotSecret)))
    assert failed(closed.package(full=False)) == []
    with pytest.raises(Conflict) as refused:
        closed.package(full=True)
    assert refused.value.code == "contents_gone"


def test_several_questions_on_one_paper_are_counted_again_item_by_item(crowd_vote, now) -> None:
    options = {
        "title": "装哪些",
        "kind": "options",
        "matter": 9,
        "labels": ["雨棚", "充电桩"],
        "most": 1,
        "seats": 0,
    }
    made, crowd = crowd_vote(12, questions=[{"title": "加装电梯", "matter": 7}, options])
    made.tick(made.vote.opens_at)
    at = made.vote.opens_at + timedelta(minutes=1)
    for place, home in enumerate(crowd.homes[:9]):
        answers = ("for" if place % 3 else "against", "for", "abstain")
        made.cast(str(place), home.unit_id, home.account_id, answers, at)
    made.close()
    content = made.package(full=True)
    assert failed(content) == []
    files = unpack(content)
    result = json.loads(files["result.json"])
    result["tally"]["items"][2]["abstain_heads"] -= 1
    files["result.json"] = evidence.canonical(result)
    assert "计票" in failed(resealed(files, made.secret))


def test_an_annulled_vote_keeps_its_evidence(closed: Kept, world) -> None:
    from app.services.votes.closing import annul_vote

    with closed.database.transaction() as session:
        actor = Actor(world.chen_jie.account_id, "陈洁")
        at = closed.vote.closes_at + timedelta(days=1)
        annul_vote(
            session,
            estate_id=world.estate_id,
            vote_id=closed.id,
            actor=actor,
            reason="名册有误，重新表决一次",
            now=at,
        )
    closed.tick(at)
    for full in (True, False):
        assert failed(closed.package(full=full)) == []


def test_a_vote_that_was_extended_and_counts_the_silent_is_counted_again_the_same_way(crowd_vote) -> None:
    silence = {
        "text": "送达后不投票的，算入多数意见",
        "adopted_on": "2026-05-01",
        "sign_off": "张律师 2026 年 5 月的书面意见",
    }
    rules = {"silent": "follow_majority", "extension_days": 10}
    made, crowd = crowd_vote(12, silence=silence, rules=rules)
    made.tick(made.vote.opens_at)
    at = made.vote.opens_at + timedelta(minutes=1)
    for place, home in enumerate(crowd.homes[:6]):
        made.cast(str(place), home.unit_id, home.account_id, ("for",), at)
    where = {"estate_id": crowd.estate_id, "vote_id": made.id, "extension_id": uuid4(), "now": at}
    later = made.vote.closes_at + timedelta(days=3)
    two, three = (Actor(home.account_id, "干事") for home in crowd.homes[1:3])
    with made.database.transaction() as session:
        propose_extension(session, closes_at=later, reason="到访的人太少，再给三天", actor=two, **where)
        confirm_extension(session, actor=three, read_clock=lambda: at, **where)
        for home in crowd.homes[6:10]:
            brought = {"way": DeliveryWay.HAND, "result": DeliveryResult.DELIVERED}
            session.add(
                Delivery(vote_id=made.id, unit_id=home.unit_id, on_day=at.date(), recorded_at=at, **brought)
            )
    made.vote.closes_at = later
    made.close()
    content = made.package(full=True)
    assert failed(content) == failed(made.package(full=False)) == []
    assert "延长一次" in findings_of(content)["表决过程"].sentence
    files = unpack(content)
    tally, roll = json.loads(files["result.json"])["tally"], json.loads(files["roll.json"])
    assert (tally["silent"]["without"]["part_heads"], tally["silent"]["with"]["part_heads"]) == (6, 10)
    roll["served"].pop()
    files["roll.json"] = evidence.canonical(roll)
    assert failed(resealed(files, made.secret)) == ["计票"]
