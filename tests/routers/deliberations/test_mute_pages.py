"""Pages around a mute and a queue: the muted reads where and until when, the desk how much waits."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from app.rules.deliberations.stages import Stage
from app.services.deliberations import piles

REASON = "这句话辱骂邻居，违反协商公约"


@pytest.fixture
def thread(database, talk, clock) -> str:
    """A thread with li_na's post, two hours into the opinions; the end of its address."""
    with database.transaction() as session:
        talk.post(session, talk.world.li_na, "三楼的人都是骗子，真不像话。")
    clock.instant = talk.begins[Stage.OPINIONS] + timedelta(hours=2)
    return f"{talk.world.slug}/deliberations/{talk.id}"


def judge(web, who, talk, act: str, seq: int = 1, **more: str):
    form = {"id": str(uuid4()), "act": act, "reason": REASON, **more}
    address = f"/desk/{talk.world.slug}/moderation/posts/{seq}?thread={talk.id}"
    return web(who).post(address, form)


def test_who_is_muted_in_a_thread_reads_where_and_until_when(web, talk, thread) -> None:
    world = talk.world
    assert judge(web, world.zhao_min, talk, "mute", days="3").status_code == 303
    li_na = web(world.li_na)
    for page in ("", "/posts/1/reply", "/statements"):
        text = li_na.get(f"/e/{thread}{page}").text
        assert "您在这次协商里被禁言，到 2026 年 11 月 29 日 24:00 为止" in text, page
    assert "禁言（3 天，只在这次协商）" in web(world.wang_wei).get(f"/e/{world.slug}/moderation").text
    refused = li_na.post(f"/e/{thread}/posts", {"id": str(uuid4()), "text": "我再说一句"})
    assert (refused.status_code, "我再说一句" in refused.text) == (403, True)


def test_who_is_muted_by_the_committee_reads_that_it_is_everywhere(web, talk, thread) -> None:
    world = talk.world
    judge(web, world.chen_jie, talk, "mute", days="3")
    assert "您在全小区被禁言，到 2026 年 11 月 29 日 24:00 为止" in web(world.li_na).get(f"/e/{thread}").text
    assert "禁言（3 天，全小区）" in web(world.wang_wei).get(f"/e/{world.slug}/moderation/1").text
    mutes = f"/desk/{world.slug}/moderation/mutes"
    assert "在全小区" in web(world.chen_jie).get(mutes).text
    page = web(world.zhao_min).get(mutes).text
    assert "现在没有人被禁言" in page
    end = {"id": str(uuid4()), "reason": ""}
    assert web(world.zhao_min).post(f"{mutes}/1", end).status_code == 403
    assert web(world.chen_jie).post(f"{mutes}/1", end).status_code == 303


def test_a_form_for_a_mute_says_how_far_it_goes_and_is_not_there_for_staff(
    web, talk, thread, database
) -> None:
    world = talk.world
    with database.transaction() as session:
        talk.post(session, world.chen_jie, "居委会量过了。")
    address = f"/desk/{world.slug}/moderation/posts/{{}}?thread={talk.id}"
    assert "在全小区禁言由居委会决定" in web(world.zhao_min).get(address.format(1)).text
    assert "在全小区可以阅读，不能发言" in web(world.chen_jie).get(address.format(1)).text
    assert 'value="mute"' not in web(world.zhao_min).get(address.format(2)).text
    assert judge(web, world.zhao_min, talk, "mute", seq=2, days="3").status_code == 403


def test_the_desk_shows_what_waits_and_where(web, talk, thread, database, monkeypatch) -> None:
    world, desk = talk.world, f"/desk/{talk.world.slug}"

    def height(name: str) -> tuple[str, str]:
        page = web(world.chen_jie).get(desk).text
        row = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>(?:(?!</a>).)*{name}.*?</a>', page, re.DOTALL)
        return row[1], re.search(r"(\d+\+?)\s*<", row[0].split(name)[1])[1]

    assert height("举报等待处理") == (f"{desk}/moderation", "0")
    web(world.qian_er).post(f"/e/{thread}/posts/1/report", {"why": "insult"})
    assert height("举报等待处理") == (f"{desk}/moderation", "1")
    judge(web, world.zhao_min, talk, "hide")
    appeal = {"id": str(uuid4()), "text": "我说的是事实，没有骂人"}
    assert height("申诉等待决定") == (f"{desk}/moderation/appeals", "0")
    web(world.li_na).post(f"/e/{world.slug}/moderation/1/appeal", appeal)
    assert height("申诉等待决定") == (f"{desk}/moderation/appeals", "1")
    assert height("举报等待处理") == (f"{desk}/moderation", "0")
    monkeypatch.setattr(piles, "MOST_COUNTED", 0)
    assert height("申诉等待决定") == (f"{desk}/moderation/appeals", "0+")
