"""The pages of a vote's evidence: receipts looked up by anybody, packages by those who may have them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.models.trail import TrailRow
from app.models.votes import BallotChannel
from app.rules.votes import evidence
from app.services.votes import evidence_receipts
from app.services.votes.signing import signer
from tests.fixtures.evidence import Kept, failed, unpack
from tests.routers.test_permission_matrix import keep_signed_in
from tests.services.votes.test_checkpoints import meddle

REASON = "异议处理需要逐票核对"


def verify_path(world, kept: Kept) -> str:
    return f"/e/{world.slug}/votes/{kept.id}/verify"


def look_up(web, world, kept: Kept, code: str, somebody=None):
    return web(somebody).get(verify_path(world, kept), params={"code": code})


def test_a_passer_by_learns_when_and_whether_it_counts_and_nothing_else(web, world, closed, clock) -> None:
    clock.instant = closed.vote.closes_at + timedelta(minutes=5)
    first, last = closed.receipts["301"]
    sheet, second = closed.receipts["302"][1:]
    for receipt, words in (
        (first, "这张票已被替代"),
        (last, "这张票已经计入结果"),
        (sheet, "这张票已经计入结果"),
        (second, "这张票留存未计"),
    ):
        page = look_up(web, world, closed, receipt.code).text
        assert words in page
        assert f"第 {receipt.seq} 号" in page
        assert "核对一致" in page
        plain = re.sub(r"[0-9a-f]{64}|[A-Za-z0-9+/]{40,}=*", "#", page)
        for secret in ("301", "302", "li_na", "同意", "反对", str(world.homes["301"].unit_id)):
            assert secret not in plain


def test_a_code_may_be_typed_as_people_type(web, world, closed) -> None:
    code = closed.receipts["301"][1].code
    assert "第 " in look_up(web, world, closed, f"  {code.replace('-', ' ').lower()} ").text


@pytest.mark.parametrize("code", ["AAAA", "ZZZZ-ZZZZ-ZZZZ-ZZZZ-Z", "<script>"])
def test_what_cannot_be_a_code_is_refused_with_what_to_do(web, world, closed, code) -> None:
    answer = look_up(web, world, closed, code)
    assert answer.status_code == 422
    assert "回执码不对" in answer.text


def test_a_forged_code_and_one_of_another_time_are_not_in_this_vote(web, world, closed) -> None:
    forged = evidence.receipt_code(evidence.leaf_hash(b"backdated"))
    answer = look_up(web, world, closed, forged)
    assert answer.status_code == 404
    assert "这次表决里没有这个回执码" in answer.text
    assert forged in answer.text


def test_a_receipt_that_is_younger_than_the_last_checkpoint_says_so(web, world, kept, clock) -> None:
    clock.instant = kept.vote.opens_at + timedelta(hours=4)
    unit, desk = world.homes["601"].unit_id, world.chen_jie.account_id
    kept.cast("601", unit, desk, ("for",), clock(), channel=BallotChannel.PAPER)
    page = look_up(web, world, kept, kept.receipts["601"][0].code).text
    assert "请过一小时再来核对" in page


def test_looking_up_is_counted_by_address_and_not_cached(web, world, closed, monkeypatch) -> None:
    monkeypatch.setattr(evidence_receipts, "MOST", 2)
    code = closed.receipts["301"][1].code
    answers = [look_up(web, world, closed, code) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["cache-control"] == "no-store"
    assert answers[0].headers["x-robots-tag"] == "noindex"
    assert web().get(verify_path(world, closed)).status_code == 200


def test_another_estates_address_does_not_know_the_vote(web, world, closed) -> None:
    code = closed.receipts["301"][1].code
    path = f"/e/{world.other_slug}/votes/{closed.id}/verify"
    assert web().get(path, params={"code": code}).status_code == 404


def test_the_evidence_page_shows_members_head_checkpoints_and_key(web, world, closed, clock) -> None:
    clock.instant = closed.vote.closes_at + timedelta(minutes=5)
    path = f"/e/{world.slug}/votes/{closed.id}/evidence"
    page = web(world.qian_er).get(path).text
    files = unpack(closed.package(full=False))
    newest = json.loads(files["checkpoints.json"])[-1]["note"]
    assert newest.split("\n")[2] in page
    assert signer(closed.secret).fingerprint in page
    for shown in (json.loads(files["manifest.json"])["head"]["hash"], "留存未计的票", "核对一张回执"):
        assert shown in page
    assert "完整的证据包" not in page
    assert web().get(path).status_code == 303
    assert web(world.stranger).get(path).status_code == 404


def test_a_chain_that_does_not_hold_is_said_on_the_desk_its_pages_and_the_evidence_page(
    web, world, kept, clock
) -> None:
    base = f"/desk/{world.slug}"
    desk, alarm = web(world.chen_jie), "存证核对不通过"
    clock.instant = kept.vote.opens_at + timedelta(hours=9)
    keep_signed_in(kept.database, clock)
    quiet = [f"{base}/votes", f"{base}/votes/{kept.id}", f"/e/{world.slug}/votes/{kept.id}/evidence"]
    for path in quiet:
        page = desk.get(path)
        assert (page.status_code, alarm in page.text) == (200, False)
    pile = rf'href="([^"]*)"(?:(?!</a>).)*{alarm}.*?tag ([a-z]+)'
    assert re.search(pile, desk.get(base).text, re.DOTALL).groups() == (f"{base}/votes", "neutral")
    meddle(kept, "UPDATE ballot_event SET channel = 'paper' WHERE seq = 4")
    home = world.homes["601"].unit_id
    kept.cast("601", home, world.chen_jie.account_id, ("for",), clock(), channel=BallotChannel.PAPER)
    kept.tick(clock())
    assert re.search(pile, desk.get(base).text, re.DOTALL).groups() == (quiet[1], "warning")
    assert all(alarm in desk.get(path).text for path in quiet)
    for path in quiet[1:]:
        assert "第 4 号事件的记录和它的原文不符" in desk.get(path).text


def test_every_member_may_download_the_masked_package_from_the_notice_on(web, world, kept) -> None:
    path = f"/e/{world.slug}/votes/{kept.id}/evidence/package.zip"
    answer = web(world.qian_er).get(path)
    assert answer.headers["content-type"] == "application/zip"
    assert failed(answer.content) == []
    assert "openings.jsonl" not in unpack(answer.content)
    assert web().get(path).status_code == 303


def order(web, world, kept: Kept, name: str, reason=REASON, export_id=None):
    path = f"/e/{world.slug}/votes/{kept.id}/evidence/full"
    return web(world.people[name]).post(path, {"id": str(export_id or uuid4()), "reason": reason})


@pytest.mark.parametrize("name", ["sun_li", "chen_jie"])
def test_auditor_and_committee_take_the_full_package_with_a_reason_that_is_told(
    web, database, world, closed, clock, name
) -> None:
    clock.instant = closed.vote.closes_at + timedelta(minutes=5)
    export_id = uuid4()
    answer = order(web, world, closed, name, export_id=export_id)
    assert answer.status_code == 303
    assert order(web, world, closed, name, export_id=export_id).status_code == 303
    browser = web(world.people[name])
    assert str(export_id) in browser.get(answer.headers["location"].partition("#")[0]).text
    path = f"/e/{world.slug}/votes/{closed.id}/evidence/full/{export_id}"
    content = browser.post(path).content
    assert failed(content) == []
    assert "openings.jsonl" in unpack(content)
    with database.session(writing=False) as session:
        [row] = session.exec(select(TrailRow).where(TrailRow.tag == "votes:evidence:export")).all()
        assert (row.reason, row.actor_id) == (REASON, world.people[name].account_id)
    page = web(world.qian_er).get(f"/e/{world.slug}/votes/{closed.id}/evidence").text
    assert REASON in page
    assert f"{name[0]}**" in page
    other = "chen_jie" if name == "sun_li" else "sun_li"
    assert web(world.people[other]).post(path).status_code == 403
    clock.forward(hours=2)
    assert web(world.people[name]).post(path).status_code == 403


def test_a_reason_is_asked_for_and_what_was_typed_stays(web, database, world, closed, clock) -> None:
    clock.instant = closed.vote.closes_at + timedelta(minutes=5)
    answer = order(web, world, closed, "sun_li", reason="看看")
    assert answer.status_code == 422
    assert "请写明为什么要下载" in answer.text
    assert 'value="看看"' in answer.text
    with database.session(writing=False) as session:
        assert session.exec(select(TrailRow).where(TrailRow.tag == "votes:evidence:export")).all() == []


@pytest.mark.parametrize("name", ["li_na", "qian_er", "zhao_min", "ma_chao"])
def test_nobody_else_gets_the_full_package(web, world, closed, clock, name) -> None:
    clock.instant = closed.vote.closes_at + timedelta(minutes=5)
    assert order(web, world, closed, name).status_code == 403
    path = f"/e/{world.slug}/votes/{closed.id}/evidence/full/{uuid4()}"
    assert web(world.people[name]).post(path).status_code == 403


def test_the_operator_reads_no_ballots(web, database, world, closed, clock, now) -> None:
    from app.models.accounts import Grant
    from app.rules.accounts import Duty, Role

    clock.instant = closed.vote.closes_at + timedelta(minutes=5)
    with database.transaction() as session:
        who = world.stranger.account_id
        session.add(
            Grant(
                account_id=who, estate_id=world.estate_id, role=Role.OPERATOR, duty=Duty.NONE, granted_at=now
            )
        )
    assert order(web, world, closed, "stranger").status_code == 403


@pytest.mark.parametrize("name", ["sun_li", "chen_jie"])
def test_before_the_count_is_sealed_nobody_gets_it(web, world, kept, clock, name) -> None:
    clock.instant = kept.vote.opens_at + timedelta(hours=4)
    assert order(web, world, kept, name).status_code == 409
    clock.instant = kept.vote.closes_at + timedelta(seconds=30)
    assert order(web, world, kept, name).status_code == 409
