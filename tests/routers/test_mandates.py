"""Mandates through the web: given, accepted, voted, taken back; strangers, the desk's papers, assistance and letters."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.models.trail import TrailRow
from app.models.votes.mandates import Mandate, MandateState
from app.rules.votes.states import ChangeRule, Choice


@pytest.fixture
def base(world, vote) -> str:
    return f"/e/{world.slug}/votes/{vote.id}"


@pytest.fixture
def opened(vote, clock):
    clock.instant = vote.opens_at
    return vote


def give(browser, world, base, *, phone="13900001006", name="钱二", home="301"):
    form = {"id": str(uuid4()), "owner": str(world.homes[home].owner_id), "phone": phone, "name": name}
    return browser.post(f"{base}/mandates", form)


def only_mandate(database) -> Mandate:
    with database.session(writing=False) as session:
        return session.exec(select(Mandate)).one()


@pytest.fixture
def agreed(web, database, world, opened, base) -> str:
    """A mandate of li_na for qian_er in force; the address of his ballot."""
    assert give(web(world.li_na), world, base).status_code == 303
    address = f"{base}/mandates/{only_mandate(database).id}"
    assert web(world.qian_er).post(f"{address}/accept").status_code == 303
    return f"{address}/ballot"


def vote_as_agent(browser, world, address, choice="for", home="301"):
    unit = str(world.homes[home].unit_id)
    confirm = browser.post(f"{address}/confirm", {"unit": unit, "choice": choice, "has_read": "yes"})
    key = re.search(r'name="key"\s+value="(\w+)"', confirm.text).group(1)
    return browser.post(address, {"unit": unit, "choice": choice, "key": key})


def test_an_owner_names_an_agent_who_accepts_and_votes_and_only_says_for_whom(
    web, world, base, agreed
) -> None:
    agent, unit = web(world.qian_er), world.homes["301"].unit_id
    paper = agent.get(agreed)
    assert "您在代li_na投票，房屋是 3号楼1单元301室" in paper.text
    confirm = agent.post(f"{agreed}/confirm", {"unit": str(unit), "choice": "against", "has_read": "yes"})
    assert "您代他选的是" in confirm.text
    assert "反对" in confirm.text
    answer = vote_as_agent(agent, world, agreed, "against")
    receipt = agent.get(answer.headers["location"])
    assert "已经代为投好了" in receipt.text
    assert "反对" not in receipt.text


def test_the_owner_sees_that_her_agent_voted_never_what_and_replaces_it(web, world, base, agreed) -> None:
    vote_as_agent(web(world.qian_er), world, agreed, "against")
    owner, unit = web(world.li_na), str(world.homes["301"].unit_id)
    for page in (owner.get(base), owner.get(f"{base}/mandates")):
        assert "您的代理人已投票" in page.text
        assert "反对" not in page.text
    paper = owner.get(f"{base}/ballot?unit={unit}")
    assert not re.search(r'value="against"[^>]*checked', paper.text)
    own = owner.post(f"{base}/ballot", {"unit": unit, "choice": "for", "key": uuid4().hex})
    assert own.status_code == 303
    refused = web(world.qian_er).get(f"{agreed}?unit={unit}")
    assert refused.status_code == 409
    assert "业主本人已经为这套房屋投票" in refused.text


def test_the_answer_to_the_owner_is_the_same_for_a_known_and_an_unknown_number(
    web, world, opened, base
) -> None:
    known = give(web(world.li_na), world, base)
    unknown = give(web(world.wang_wei), world, base, phone="13912345678", home="302")
    assert (known.status_code, known.headers["location"]) == (
        unknown.status_code,
        unknown.headers["location"],
    )
    for owner in (world.li_na, world.wang_wei):
        assert "等待对方确认" in web(owner).get(f"{base}/mandates").text


def test_what_was_typed_comes_back_with_the_refusal(web, world, opened, base) -> None:
    answer = give(web(world.li_na), world, base, phone="123", name="钱二")
    assert answer.status_code == 422
    assert 'value="钱二"' in answer.text
    assert 'value="123"' in answer.text


def test_a_stranger_finds_nothing_until_a_mandate_names_him(web, database, world, opened, base) -> None:
    stranger = web(world.stranger)
    assert stranger.get(f"{base}/mandates").status_code == 404
    give(web(world.li_na), world, base, phone=world.stranger.phone, name="外人")
    assert "li_na委托您投票" in stranger.get(f"{base}/mandates").text
    assert stranger.get(base).status_code == 404
    address = f"{base}/mandates/{only_mandate(database).id}"
    assert stranger.get(f"{address}/ballot").status_code == 404
    stranger.post(f"{address}/accept")
    assert stranger.get(f"{address}/ballot").status_code == 200
    assert vote_as_agent(stranger, world, f"{address}/ballot").status_code == 303


@pytest.mark.parametrize("name", ["wang_wei", "chen_jie", "sun_li", "zhou_tao", "stranger", "li_na"])
def test_nobody_but_the_agent_opens_or_sends_his_ballot(web, world, agreed, name) -> None:
    browser, unit = web(world.people[name]), str(world.homes["301"].unit_id)
    assert browser.get(agreed).status_code == 404
    form = {"unit": unit, "choice": "for", "key": uuid4().hex}
    assert browser.post(agreed, form).status_code == 404


def refusals_in_trail(database) -> list[object]:
    with database.session(writing=False) as session:
        query = select(TrailRow).where(col(TrailRow.tag).endswith(":refused")).order_by(col(TrailRow.seq))
        return [row.new["code"] for row in session.exec(query)]


def test_what_the_rules_refuse_is_in_the_trail_with_its_reason(
    web, database, world, make_vote, clock
) -> None:
    vote = make_vote(change=ChangeRule.ONCE)
    clock.instant, base = vote.opens_at, f"/e/{world.slug}/votes/{vote.id}"
    give(web(world.li_na), world, base)
    give(web(world.li_na), world, base, phone="12")
    give(web(world.li_na), world, base)
    address = f"{base}/mandates/{only_mandate(database).id}"
    agent = web(world.qian_er)
    agent.post(f"{address}/accept")
    assert vote_as_agent(agent, world, f"{address}/ballot").status_code == 303
    again = {"unit": str(world.homes["301"].unit_id), "choice": "for", "key": uuid4().hex}
    assert agent.post(f"{address}/ballot", again).status_code == 409
    assert web(world.li_na).post(f"{address}/revoke").status_code == 409
    assert refusals_in_trail(database) == ["already_given", "already_cast", "mandate_used"]


def test_property_staff_may_only_refuse(web, database, world, opened, base) -> None:
    give(web(world.li_na), world, base, phone=world.ma_chao.phone, name="马超")
    page = web(world.ma_chao).get(f"{base}/mandates")
    assert "您只能拒绝这份委托" in page.text
    address = f"{base}/mandates/{only_mandate(database).id}"
    assert web(world.ma_chao).post(f"{address}/accept").status_code == 403


def test_a_revoked_mandate_leads_nowhere(web, database, world, base, agreed) -> None:
    web(world.li_na).post(agreed.replace("/ballot", "/revoke"))
    assert only_mandate(database).state is MandateState.REVOKED
    form = {"unit": str(world.homes["301"].unit_id), "choice": "for", "key": uuid4().hex}
    assert web(world.qian_er).post(agreed, form).status_code == 404


def test_the_result_says_by_which_way_ballots_came(web, database, world, clock, base, opened, agreed) -> None:
    vote_as_agent(web(world.qian_er), world, agreed)
    with database.transaction() as session:
        opened.cast(
            session,
            world.homes["302"].unit_id,
            world.wang_wei.account_id,
            Choice.FOR,
            opened.opens_at + timedelta(minutes=1),
        )
    clock.instant = opened.closes_at + timedelta(minutes=2)
    text = re.sub(r"\s+", " ", web(world.li_na).get(f"{base}/result").text)
    assert "<dt>代理人投票</dt> <dd> 1 套房屋" in text
    assert "<dt>业主用手机投票</dt> <dd> 1 套房屋" in text


def test_the_agent_finds_his_mandates_in_the_list_of_votes_and_at_home(web, world, base, agreed) -> None:
    agent = web(world.qian_er)
    listed, home = agent.get(f"/e/{world.slug}/votes").text, agent.get(f"/e/{world.slug}").text
    assert "您受委托代 1 套房投票" in listed
    assert "其中 1 套还没有投" in listed
    assert f'href="{base}/mandates"' in listed
    assert "还有 1 套房没有代投" in home
    assert f'href="{base}/mandates"' in home
    for other in (world.li_na, world.wang_wei):
        assert "您受委托" not in web(other).get(f"/e/{world.slug}/votes").text
    vote_as_agent(agent, world, agreed)
    assert "都投好了" in agent.get(f"/e/{world.slug}/votes").text
    assert "没有代投" not in agent.get(f"/e/{world.slug}").text


def test_an_offered_mandate_is_not_yet_the_agents_vote(web, world, opened, base) -> None:
    give(web(world.li_na), world, base)
    assert "您受委托" not in web(world.qian_er).get(f"/e/{world.slug}/votes").text
