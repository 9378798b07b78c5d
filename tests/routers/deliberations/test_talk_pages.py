"""A thread through the web: reading, posting, what is refused and comes back, and the desk that opens it."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from PIL import Image
from sqlmodel import select

from app.models.deliberations import Post, PostState, Thread, ThreadModerator, ThreadRead
from app.models.proposals import Proposal
from app.rules.deliberations.stages import Stage
from app.rules.proposals.states import ProposalState


@pytest.fixture
def base(world, talk):
    return f"/e/{world.slug}/deliberations/{talk.id}"


@pytest.fixture
def opened(talk, clock):
    """The clock stands an hour into the opinions."""
    clock.instant = talk.begins[Stage.OPINIONS] + timedelta(hours=1)
    return talk


def send(browser, base, text="我支持。", tail="/posts", **more):
    return browser.post(base + tail, {"id": str(uuid4()), "text": text, **more})


def set_state(database, talk, seq, state) -> None:
    with database.transaction() as session:
        query = select(Post).where(Post.thread_id == talk.id, Post.seq == seq)
        session.exec(query).one().state = state


def count_posts(database) -> int:
    with database.session(writing=False) as session:
        return len(session.exec(select(Post)).all())


def test_a_post_is_written_and_its_permalink_leads_back_to_it(web, world, opened, base) -> None:
    li_na = web(world.li_na)
    assert 'name="text"' in li_na.get(base).text
    sent = send(li_na, base, "三楼支持。", stance="support")
    assert (sent.status_code, sent.headers["location"]) == (303, f"{base}/posts/1")
    place = li_na.get(f"{base}/posts/1")
    assert place.headers["location"] == f"{base}#p1"
    assert "三楼支持。" in web(world.wang_wei).get(base).text


def test_the_permalink_of_a_late_reply_leads_to_the_page_of_replies(web, world, opened, base, clock) -> None:
    send(web(world.li_na), base)
    for seq in range(7):
        clock.forward(minutes=2)
        send(web(world.wang_wei), base, f"回复 {seq}", "/posts/1/reply")
    place = web(world.li_na).get(f"{base}/posts/8").headers["location"]
    assert place == f"{base}/posts/1/replies?after=7#p8"
    assert "回复 6" in web(world.li_na).get(place.partition("#")[0]).text
    assert "再看 2 条回复" in web(world.li_na).get(base).text


def test_markup_in_a_post_is_shown_as_text(web, world, opened, base) -> None:
    send(web(world.li_na), base, "<script>alert(1)</script><img src=x onerror=alert(1)>")
    for path in ("", "/new?after=0", "/print", "/unread"):
        text = web(world.wang_wei).get(base + path).text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(
    ("text", "status", "sentence"),
    [
        ("长" * 100_000, 422, "文字太长"),
        ("\u200b\u202e", 422, "请写下您想说的话"),
        ("", 422, "请写下您想说的话"),
    ],
)
def test_a_refused_post_comes_back_in_its_form(
    web, database, world, opened, base, text, status, sentence
) -> None:
    answer = send(web(world.li_na), base, text, stance="concern")
    assert answer.status_code == status
    assert sentence in answer.text
    assert f">\n{text}</textarea>" in answer.text
    assert re.search(r'value="concern"[^>]*checked', answer.text)
    assert count_posts(database) == 0


def test_the_third_post_in_a_minute_comes_back_with_the_wait(web, database, world, opened, base) -> None:
    li_na = web(world.li_na)
    for _ in range(2):
        send(li_na, base)
    answer = send(li_na, base, "第三条也很重要")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert "第三条也很重要</textarea>" in answer.text
    assert count_posts(database) == 2


@pytest.mark.parametrize("stage", [Stage.NOTICE, Stage.CONSENSUS, Stage.CLOSED])
def test_a_post_for_a_closed_stage_comes_back_and_the_page_offers_no_form(
    web, database, world, talk, base, clock, stage
) -> None:
    clock.instant = talk.begins[stage]
    li_na = web(world.li_na)
    assert 'name="text"' not in li_na.get(base).text
    answer = send(li_na, base, "写了很久的话")
    assert answer.status_code == 409
    assert "写了很久的话</textarea>" in answer.text
    assert count_posts(database) == 0


def test_a_reply_to_a_hidden_post_comes_back(web, database, world, opened, base) -> None:
    send(web(world.li_na), base)
    set_state(database, opened, 1, PostState.HIDDEN)
    for tail, more in (("/posts/1/reply", {}), ("/posts", {"quote": "1"})):
        answer = send(web(world.wang_wei), base, "想回一句", tail, **more)
        assert answer.status_code == 409
        assert "想回一句</textarea>" in answer.text
        assert "已被隐藏" in answer.text
    assert count_posts(database) == 1


def test_what_is_no_picture_is_refused_and_the_words_stay(web, database, world, opened, base) -> None:
    files = [("photos", ("病毒.jpg", b"MZ\x00", "image/jpeg"))]
    li_na = web(world.li_na)
    token = re.search(r'name="csrf" value="(\w+)"', li_na.get(base).text).group(1)
    form = {"csrf": token, "id": str(uuid4()), "text": "看照片"}
    answer = li_na.client.post(f"{base}/posts", data=form, files=files, headers=li_na._headers())
    assert answer.status_code == 422
    assert "看照片</textarea>" in answer.text
    assert "请重新选择" in answer.text
    assert count_posts(database) == 0


def test_a_photo_is_shown_with_its_post(web, world, opened, base) -> None:
    written = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(written, "PNG")
    li_na = web(world.li_na)
    token = re.search(r'name="csrf" value="(\w+)"', li_na.get(base).text).group(1)
    form = {"csrf": token, "id": str(uuid4()), "text": "看照片"}
    files = [("photos", ("门口.png", written.getvalue(), "image/png"))]
    answer = li_na.client.post(
        f"{base}/posts", data=form, files=files, headers=li_na._headers(), follow_redirects=False
    )
    assert answer.status_code == 303
    page = web(world.wang_wei).get(base).text
    small = re.search(r'src="(/e/\w+/files/[\w-]+/small)"', page).group(1)
    assert f'href="{small.removesuffix("/small")}"' in page
    for address in (small, small.removesuffix("/small")):
        assert web(world.wang_wei).get(address).headers["content-type"] == "image/jpeg"


def test_the_form_sent_twice_is_one_post(web, database, world, opened, base) -> None:
    li_na, key = web(world.li_na), str(uuid4())
    for _ in range(2):
        assert li_na.post(f"{base}/posts", {"id": key, "text": "一次"}).status_code == 303
    assert count_posts(database) == 1


@pytest.mark.parametrize(
    "tail", ["/posts", "/posts/1/reply", "/posts/1/like", "/read", "/summary", "/posts/1/answer"]
)
def test_another_estates_thread_is_not_reached_by_any_address(web, world, opened, base, tail) -> None:
    send(web(world.li_na), base)
    foreign = f"/e/{world.other_slug}/deliberations/{opened.id}"
    zhou_tao = web(world.zhou_tao)
    assert zhou_tao.post(foreign + tail, {"id": str(uuid4()), "text": "别处", "on": "yes"}).status_code == 404
    assert zhou_tao.post(base + tail, {"id": str(uuid4()), "text": "别处"}).status_code == 404
    for path in ("", "/print", "/new", "/unread", "/posts/1", "/posts/1/replies", "/summary"):
        assert zhou_tao.get(foreign + path).status_code == 404
        assert web(world.stranger).get(base + path).status_code == 404
    assert zhou_tao.get(f"/desk/{world.other_slug}/deliberations/{opened.id}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/posts/99",
        "/posts/99999999999999999999",
        "/posts/99/reply",
        "/posts?quote=99",
        "/print?part=2",
        "/posts/0",
    ],
)
def test_numbers_that_are_none_are_not_found(web, world, opened, base, path) -> None:
    assert web(world.li_na).get(base + path).status_code == 404


@pytest.mark.parametrize(
    "query", ["after=x", "before=9-9-9", "after=99999999999999999999", "only=all", "order=hot", "after=5-0"]
)
def test_odd_cursors_and_filters_show_a_page_all_the_same(web, world, opened, base, query) -> None:
    assert web(world.li_na).get(f"{base}?{query}").status_code == 200


def test_a_like_counts_once_and_can_be_taken_back(web, database, world, opened, base) -> None:
    send(web(world.li_na), base)
    wang_wei = web(world.wang_wei)

    def likes():
        with database.session(writing=False) as session:
            return session.exec(select(Post.likes)).one()

    for on, wanted in (("yes", 1), ("yes", 1), ("", 0), ("", 0)):
        assert wang_wei.post(f"{base}/posts/1/like", {"on": on}).status_code == 303
        assert likes() == wanted
    assert web(world.li_na).post(f"{base}/posts/1/like", {"on": "yes"}).status_code == 403
    set_state(database, opened, 1, PostState.HIDDEN)
    assert wang_wei.post(f"{base}/posts/1/like", {"on": "yes"}).status_code == 409
    assert likes() == 0


def test_new_posts_reach_a_neighbours_open_page(web, world, opened, base, clock) -> None:
    wang_wei = web(world.wang_wei)
    live = re.search(r'data-live="([^"]+)"', wang_wei.get(base).text).group(1)
    empty = wang_wei.get(live)
    assert (empty.status_code, empty.text) == (200, "")
    send(web(world.li_na), base, "刚写的话")
    fresh = wang_wei.get(live)
    assert "有 1 条新发言" in fresh.text
    assert "刚写的话" in fresh.text
    assert wang_wei.get(fresh.headers["live-next"]).text == ""
    clock.instant = opened.begins[Stage.CLOSED]
    assert web(world.wang_wei).get(live).status_code == 204


def test_reading_marks_nothing_until_it_is_said(web, database, world, opened, base) -> None:
    send(web(world.li_na), base)
    wang_wei = web(world.wang_wei)
    mark = re.search(r'data-seen>.*?name="seq" value="(\d+)"', wang_wei.get(base).text, re.S).group(1)
    with database.session(writing=False) as session:
        assert session.exec(select(ThreadRead)).all() == []
    assert "1 条没读" in wang_wei.get(f"/e/{world.slug}/deliberations").text
    assert wang_wei.post(f"{base}/read", {"seq": mark}).status_code == 303
    assert "条没读" not in wang_wei.get(f"/e/{world.slug}/deliberations").text
    assert "data-seen" not in wang_wei.get(base).text
    send(web(world.qian_er), base, "又来一条")
    assert "看没读过的 1 条" in wang_wei.get(base).text
    assert "又来一条" in wang_wei.get(f"{base}/unread").text


def test_only_explainers_and_the_committee_mark_a_question_answered(
    web, database, world, opened, base
) -> None:
    send(web(world.li_na), base, "补贴有多少？", stance="question")
    send(web(world.chen_jie), base, "每台 20 万。", "/posts/1/reply")
    form = {"answer_seq": "2", "source": "苏建房〔2024〕1号第三条"}
    for who in ("wang_wei", "zhao_min"):
        assert web(world.people[who]).post(f"{base}/posts/1/answer", form).status_code == 403
    chen_jie = web(world.chen_jie)
    empty = chen_jie.post(f"{base}/posts/1/answer", {**form, "source": " "})
    assert empty.status_code == 422
    assert 'value="2"' in empty.text
    assert chen_jie.post(f"{base}/posts/1/answer", {**form, "answer_seq": "9"}).status_code == 422
    assert chen_jie.post(f"{base}/posts/2/answer", form).status_code == 409
    assert chen_jie.post(f"{base}/posts/1/answer", form).status_code == 303
    assert "苏建房〔2024〕1号第三条" in web(world.wang_wei).get(base).text
    assert "补贴有多少" not in web(world.wang_wei).get(f"{base}?only=unanswered").text


def test_only_moderators_pin_a_summary(web, world, opened, base) -> None:
    assert web(world.li_na).post(f"{base}/summary", {"summary": "我的小结"}).status_code == 403
    assert web(world.zhao_min).post(f"{base}/summary", {"summary": "长" * 2001}).status_code == 422
    assert web(world.zhao_min).post(f"{base}/summary", {"summary": "大家都支持"}).status_code == 303
    assert "大家都支持" in web(world.li_na).get(base).text


def test_a_waiting_post_is_shown_to_its_author_and_moderators(web, database, world, opened, base) -> None:
    with database.transaction() as session:
        session.get_one(Thread, opened.id).pre_approval = True
    send(web(world.li_na), base, "等主持人看")
    assert "等待审核" in web(world.li_na).get(base).text
    assert "等主持人看" in web(world.zhao_min).get(base).text
    for path in ("", "/new?after=0", "/print", "/unread"):
        assert "等主持人看" not in web(world.wang_wei).get(base + path).text
    assert web(world.wang_wei).get(f"{base}/posts/1").status_code == 404


def test_a_thread_is_found_by_its_words_with_the_words_marked(web, world, opened, base) -> None:
    send(web(world.li_na), base, "一楼采光怎么办 <b>")
    found = web(world.wang_wei).get(f"/e/{world.slug}/deliberations?q=采光")
    assert "<mark>采光</mark>" in found.text
    assert "&lt;b&gt;" in found.text
    assert "没有找到" in web(world.wang_wei).get(f"/e/{world.slug}/deliberations?q=停车位").text


def desk_form(world, accepted, now, **changes):
    def local(days):
        return (now + timedelta(days=days, hours=8)).strftime("%Y-%m-%dT%H:%M")

    return {
        "id": str(uuid4()),
        "proposal": str(accepted),
        "title": "电梯怎么装",
        "question": "装在哪里？",
        "opinions": local(4),
        "consensus": local(14),
        "closed": local(20),
        "moderators": [f"{world.zhao_min.account_id}:supervisor"],
        **changes,
    }


def test_the_committee_opens_a_thread_for_an_accepted_proposal(web, database, world, accepted, now) -> None:
    chen_jie, desk = web(world.chen_jie), f"/desk/{world.slug}/deliberations"
    assert f"new?proposal={accepted}" in chen_jie.get(desk).text
    assert chen_jie.get(f"{desk}/new?proposal={accepted}").status_code == 200
    answer = chen_jie.post(f"{desk}/new", desk_form(world, accepted, now))
    assert answer.status_code == 303
    assert (
        "赵" in chen_jie.get(answer.headers["location"]).text
        or "zhao_min" in chen_jie.get(answer.headers["location"]).text
    )
    with database.session(writing=False) as session:
        assert session.get_one(Proposal, accepted).state is ProposalState.DELIBERATING
        assert len(session.exec(select(ThreadModerator)).all()) == 1
    assert "电梯怎么装" in web(world.li_na).get(f"/e/{world.slug}/deliberations").text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"opinions": "2026-11-24T09:00"}, "opinions"),
        ({"opinions": "下周一"}, "opinions"),
        ({"consensus": "2026-11-24T09:00"}, "consensus"),
        ({"moderators": ["nobody"]}, "moderators"),
        ({"moderators": [f"{uuid4()}:mediator"]}, "moderators"),
    ],
)
def test_a_form_that_cannot_be_used_comes_back_whole(
    web, database, world, accepted, now, changes, field
) -> None:
    form = desk_form(world, accepted, now, question="问题很长写了半天", **changes)
    answer = web(world.chen_jie).post(f"/desk/{world.slug}/deliberations/new", form)
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.text
    assert "问题很长写了半天" in answer.text
    with database.session(writing=False) as session:
        assert session.exec(select(Thread)).all() == []


@pytest.mark.parametrize("name", ["li_na", "zhao_min", "sun_li", "ma_chao", "qian_er"])
def test_nobody_else_comes_to_the_desk(web, world, talk, accepted, now, name) -> None:
    browser, desk = web(world.people[name]), f"/desk/{world.slug}/deliberations"
    for path in ("", f"/new?proposal={accepted}", f"/{talk.id}"):
        assert browser.get(desk + path).status_code == 403
    for path in ("/new", f"/{talk.id}/plan", f"/{talk.id}/stage", f"/{talk.id}/moderators"):
        assert browser.post(desk + path, desk_form(world, accepted, now)).status_code == 403


def test_the_desk_moves_the_stage_and_the_dates(web, world, opened) -> None:
    chen_jie, desk = web(world.chen_jie), f"/desk/{world.slug}/deliberations/{opened.id}"
    assert chen_jie.post(f"{desk}/stage", {"target": "notice"}).status_code == 409
    assert chen_jie.post(f"{desk}/stage", {}).status_code == 422
    dates = {"meeting": "", "consensus": "2026-12-20T09:00", "closed": "2026-12-30T09:00"}
    assert chen_jie.post(f"{desk}/plan", {**dates, "closed": "2026-12-01T09:00"}).status_code == 422
    assert chen_jie.post(f"{desk}/plan", dates).status_code == 303
    assert 'value="2026-12-20T09:00"' in chen_jie.get(desk).text
    assert chen_jie.post(f"{desk}/stage", {"target": "consensus"}).status_code == 303
    assert "形成共识" in chen_jie.get(desk).text
