"""The main job through the web: read, choose, confirm, receipt; and every way it can be refused."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.models.accounts import Grant
from app.models.estates import Ownership
from app.rules.accounts import Duty, Role
from app.rules.votes.states import ChangeRule


@pytest.fixture
def paths(world, vote):
    base = f"/e/{world.slug}/votes/{vote.id}"
    return {
        name: base + tail
        for name, tail in (
            ("show", ""),
            ("ballot", "/ballot"),
            ("confirm", "/ballot/confirm"),
            ("receipt", "/ballot/receipt"),
        )
    }


@pytest.fixture
def opened(vote, clock):
    clock.instant = vote.opens_at
    return vote


def cast(browser, paths, home, choice, key=None):
    return browser.post(
        paths["ballot"], {"unit": str(home.unit_id), "choice": choice, "key": key or uuid4().hex}
    )


def test_an_owner_reads_chooses_confirms_and_gets_a_receipt(web, world, opened, paths) -> None:
    li_na, home = web(world.li_na), world.homes["301"]
    paper = li_na.get(paths["ballot"])
    assert paper.status_code == 200
    assert "3号楼1单元301室" in paper.text
    confirm = li_na.post(paths["confirm"], {"unit": str(home.unit_id), "choice": "for", "has_read": "yes"})
    assert "确认提交：同意" in confirm.text
    key = re.search(r'name="key"\s+value="(\w+)"', confirm.text).group(1)
    answer = cast(li_na, paths, home, "for", key)
    assert answer.status_code == 303
    receipt = li_na.get(answer.headers["location"])
    assert "已经投好了" in receipt.text
    assert "同意" in receipt.text


def test_the_paper_lies_in_its_own_estate_only_also_for_a_member_of_both(
    web, world, opened, paths, database, now
) -> None:
    role = {"role": Role.AUDITOR, "duty": Duty.NONE, "granted_at": now}
    with database.transaction() as session:
        session.add(Grant(account_id=world.li_na.account_id, estate_id=world.other_estate_id, **role))
    li_na = web(world.li_na)
    assert li_na.get(paths["ballot"]).status_code == 200
    assert li_na.get(f"/e/{world.other_slug}").status_code == 200
    assert li_na.get(paths["ballot"].replace(world.slug, world.other_slug, 1)).status_code == 404


def test_who_stands_on_the_roll_and_owns_nothing_any_more_is_a_stranger(
    web, world, opened, paths, database
) -> None:
    with database.transaction() as session:
        session.connection().execute(sa.delete(Ownership))
    assert web(world.li_na).get(paths["ballot"]).status_code == 404


def test_nothing_is_recorded_by_the_confirmation_page(web, world, opened, paths) -> None:
    li_na = web(world.li_na)
    li_na.post(
        paths["confirm"], {"unit": str(world.homes["301"].unit_id), "choice": "against", "has_read": "yes"}
    )
    assert li_na.get(f"{paths['receipt']}?unit={world.homes['301'].unit_id}").status_code == 303


def test_without_a_choice_or_a_tick_the_paper_comes_back_with_what_was_chosen(
    web, world, opened, paths
) -> None:
    li_na, unit = web(world.li_na), str(world.homes["301"].unit_id)
    empty = li_na.post(paths["confirm"], {"unit": unit})
    assert empty.status_code == 422
    assert "请选择同意、反对或弃权中的一项" in empty.text
    unread = li_na.post(paths["confirm"], {"unit": unit, "choice": "against"})
    assert unread.status_code == 422
    assert re.search(r'value="against"[^>]*checked', unread.text)


def test_the_form_sent_twice_is_one_ballot(web, world, opened, paths) -> None:
    li_na, home, key = web(world.li_na), world.homes["301"], uuid4().hex
    assert cast(li_na, paths, home, "for", key).status_code == 303
    assert cast(li_na, paths, home, "for", key).status_code == 303
    receipt = li_na.get(f"{paths['receipt']}?unit={home.unit_id}")
    assert "第 1 次投票" in receipt.text


def test_a_ballot_at_the_closing_second_is_refused_and_the_earlier_one_is_shown(
    web, world, opened, paths, clock
) -> None:
    li_na, home = web(world.li_na), world.homes["301"]
    cast(li_na, paths, home, "against")
    clock.instant = opened.closes_at
    refused = cast(li_na, paths, home, "for")
    assert refused.status_code == 409
    assert "这一票没有计入" in refused.text
    assert "您原来的票仍然有效" in refused.text
    assert "反对" in refused.text


def test_under_once_the_second_ballot_is_refused_with_the_first_shown(web, world, make_vote, clock) -> None:
    vote = make_vote(change=ChangeRule.ONCE)
    clock.instant = vote.opens_at
    base = f"/e/{world.slug}/votes/{vote.id}/ballot"
    li_na, home = web(world.li_na), world.homes["301"]
    cast(li_na, {"ballot": base}, home, "for")
    assert "不能更改" in li_na.get(base).text
    assert cast(li_na, {"ballot": base}, home, "against").status_code == 409


@pytest.mark.parametrize("choice", ["", "yes", "同意", "for;against", "x" * 5000])
def test_a_choice_that_is_none_is_refused_and_nothing_is_written(web, world, opened, paths, choice) -> None:
    li_na, home = web(world.li_na), world.homes["301"]
    assert cast(li_na, paths, home, choice).status_code == 422
    assert li_na.get(f"{paths['receipt']}?unit={home.unit_id}").status_code == 303


def test_another_homes_ballot_is_refused(web, world, opened, paths) -> None:
    li_na = web(world.li_na)
    assert cast(li_na, paths, world.homes["302"], "for").status_code == 403
    assert li_na.get(f"{paths['ballot']}?unit={world.homes['302'].unit_id}").status_code == 403


def test_signed_out_is_sent_to_sign_in_and_a_stranger_finds_nothing(web, world, opened, paths) -> None:
    assert web().get(paths["ballot"]).headers["location"].startswith("/sign-in?next=")
    assert web(world.stranger).get(paths["ballot"]).status_code == 404
    assert web(world.zhou_tao).get(paths["show"]).status_code == 404


def test_before_opening_the_page_says_when(web, world, vote, paths) -> None:
    answer = web(world.li_na).get(paths["ballot"])
    assert answer.status_code == 409
    assert "还没有开始" in answer.text


def test_the_vote_page_shows_the_own_homes_share_first(web, world, make_vote, clock) -> None:
    cost = {
        "cost": "600000",
        "subsidy": {"fixed": "100000"},
        "scheme": {
            "type": "coef",
            "coef": {"1": "0", "2": "0.5", "3": "1", "4": "1.1", "5": "1.2", "6": "1.3"},
        },
    }
    vote = make_vote(cost=cost)
    clock.instant = vote.opens_at
    text = web(world.li_na).get(f"/e/{world.slug}/votes/{vote.id}").text
    assert "49,019.61" in text
    assert text.index("您家要出") < text.index("各户分摊")


def test_turnout_is_live_and_shows_no_tendency(web, world, opened, paths) -> None:
    li_na = web(world.li_na)
    cast(li_na, paths, world.homes["301"], "against")
    page = web(world.wang_wei).get(f"{paths['show']}/progress")
    assert "1 / 12" in page.text
    assert "还差 7 人" in page.text
    fragment = web(world.wang_wei).get(f"{paths['show']}/progress/live")
    assert "<html" not in fragment.text
    assert "反对的" not in fragment.text


def test_the_result_stands_after_the_grace_even_when_no_job_has_run(web, world, opened, paths, clock) -> None:
    cast(web(world.li_na), paths, world.homes["301"], "for")
    clock.instant = opened.closes_at + timedelta(seconds=30)
    assert "正在封存" in web(world.li_na).get(f"{paths['show']}/result").text
    clock.instant = opened.closes_at + timedelta(seconds=60)
    page = web(world.li_na).get(f"{paths['show']}/result").text
    assert "未通过：参加投票的不够" in page
    assert "还差 560.00 平方米" in page
