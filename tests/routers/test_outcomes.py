"""The notice board for passers-by, the poster for the stairwell, and publishing at the desk."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.database import Database
from app.models.accounts import LoginSession
from app.services import outcomes
from app.services.trail import Actor
from app.services.votes import closing

STEPS = {"what": ["公示施工图", "", ""], "who": ["张工", "", ""], "by": ["2027-02-01", "", ""]}
FORM = {"statement": "感谢各位业主参加表决。", "days": "10", **STEPS}


@pytest.fixture
def vote_id(database: Database, vote, world, now) -> UUID:
    """The elevator vote, its notice on the board."""
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    with database.transaction() as session:
        outcomes.post_notice(session, estate_id=vote.estate_id, vote_id=vote.id, actor=actor, now=now)
    return vote.id


@pytest.fixture
def advance(database: Database, vote, vote_id: UUID, clock) -> Callable[..., None]:
    def forward(**by: float) -> None:
        at = clock.forward(**by)
        with database.transaction() as session:
            while vote.advance(session, at):
                pass
            # Staff who are idle for hours are signed out; here they sign in again.
            session.connection().execute(sa.update(LoginSession).values(seen_at=at))

    return forward


@pytest.fixture
def closed(advance, vote_id: UUID) -> UUID:
    advance(days=24)
    return vote_id


def desk(vote_id: UUID, kind: str = "preliminary") -> str:
    return f"/desk/xingfuli/votes/{vote_id}/outcome/{kind}"


def seen_in(html: str) -> str:
    return re.search(r'name="seen" value="([0-9a-f]{64})"', html).group(1)


def publish(browser, vote_id: UUID, kind: str = "preliminary", **changes):
    form = {"id": str(uuid4()), **FORM, **changes}
    shown = browser.post(desk(vote_id, kind), {**form, "act": "preview"})
    return browser.post(desk(vote_id, kind), {**form, "seen": seen_in(shown.text), "act": "publish"})


def test_a_passer_by_reads_the_board_and_the_notice_without_signing_in(web, vote_id):
    board = web().get("/e/xingfuli/outcomes")
    address = re.search(r'href="(/e/xingfuli/outcomes/[0-9a-f-]{36})"', board.text).group(1)
    notice = web().get(address)
    assert (board.status_code, notice.status_code) == (200, 200)
    assert "3号楼1单元，共 12 人，960.00 ㎡" in notice.text


def test_an_empty_board_says_so(web, world):
    assert "现在没有正在公示的内容" in web().get("/e/nanyuan/outcomes").text


def test_another_estates_board_does_not_show_or_open_a_posting(web, world, vote_id):
    address = re.search(r"/outcomes/([0-9a-f-]{36})", web().get("/e/xingfuli/outcomes").text).group(1)
    for page in ("", "/poster", "/text"):
        assert web().get(f"/e/nanyuan/outcomes/{address}{page}").status_code == 404


def test_no_name_room_or_telephone_of_an_owner_is_on_the_public_pages(web, world, closed):
    where = publish(web(world.chen_jie), closed).headers["location"]
    for page in ("", "/poster", "/text"):
        html = web().get(where + page).text
        assert not any(word in html for word in ("301", "li_na", "业主101", "13900001"))


def test_the_downloaded_text_has_the_hash_that_the_page_and_the_poster_print(web, world, closed):
    where = publish(web(world.chen_jie), closed).headers["location"]
    digest = hashlib.sha256(web().get(f"{where}/text").content).hexdigest()
    for page in ("", "/poster"):
        assert digest in re.sub(r"</span>\s*<span>", "", web().get(where + page).text)


def test_the_poster_carries_a_code_and_prints_on_both_papers(web, vote_id):
    address = re.search(
        r'"(/e/xingfuli/outcomes/[0-9a-f-]{36})"', web().get("/e/xingfuli/outcomes").text
    ).group(1)
    small, large = web().get(f"{address}/poster").text, web().get(f"{address}/poster?paper=a3").text
    assert '<svg viewBox="0 0 ' in small
    assert 'class="sheet a4 poster"' in small
    assert 'class="sheet a3 poster"' in large
    assert "style=" not in small
    assert "127.0.0.1:8000" in small


def test_only_the_committee_reaches_the_form(web, world, closed):
    for somebody, status in (
        (world.chen_jie, 200),
        (world.li_na, 403),
        (world.zhao_min, 403),
        (world.zhou_tao, 404),
    ):
        assert web(somebody).get(desk(closed)).status_code == status
        if status != 200:
            assert web(somebody).post(desk(closed), {"id": str(uuid4()), **FORM}).status_code == status
    assert web().get(desk(closed)).status_code == 303


def test_the_committee_sees_the_whole_text_and_then_publishes_exactly_that(web, world, closed):
    browser, form = web(world.chen_jie), {"id": str(uuid4()), **FORM}
    shown = browser.post(desk(closed), {**form, "act": "preview"})
    answer = browser.post(desk(closed), {**form, "seen": seen_in(shown.text), "act": "publish"})
    text = web().get(f"{answer.headers['location']}/text").text
    assert (shown.status_code, answer.status_code) == (200, 303)
    assert hashlib.sha256(text.encode()).hexdigest() == seen_in(shown.text)
    assert "1. 公示施工图（张工负责，2027 年 2 月 1 日前）" in text


def test_words_changed_after_the_last_look_are_shown_again_and_not_published(web, world, closed):
    browser, form = web(world.chen_jie), {"id": str(uuid4()), **FORM}
    seen = seen_in(browser.post(desk(closed), {**form, "act": "preview"}).text)
    changed = {**form, "statement": "换成另一份说明，看看行不行。", "seen": seen, "act": "publish"}
    answer = browser.post(desk(closed), changed)
    assert answer.status_code == 409
    assert "公示内容有变化" in answer.text
    assert seen_in(answer.text) != seen
    assert "初步结果" not in web().get("/e/xingfuli/outcomes").text


def test_a_half_filled_step_keeps_everything_typed_and_points_at_its_field(web, world, closed):
    form = {"id": str(uuid4()), **FORM, "who": ["", "王主任", ""], "what": ["公示施工图", "开会", ""]}
    answer = web(world.chen_jie).post(desk(closed), {**form, "act": "preview"})
    assert answer.status_code == 422
    assert 'href="#f-who-1"' in answer.text
    assert 'id="f-who-1-error"' in answer.text
    assert all(word in answer.text for word in ("感谢各位业主参加表决。", "王主任", "开会", form["id"]))


@pytest.mark.parametrize("days", ["", "abc", "十", "1.5", "99999", "0"])
def test_a_term_that_is_no_number_of_days_is_asked_again(web, world, closed, days):
    answer = web(world.chen_jie).post(
        desk(closed), {"id": str(uuid4()), **FORM, "days": days, "act": "preview"}
    )
    assert answer.status_code == 422
    assert 'href="#f-days"' in answer.text


def test_the_second_to_publish_is_led_to_the_first_posting(web, world, closed):
    browser = web(world.chen_jie)
    first = publish(browser, closed).headers["location"]
    again = browser.post(desk(closed), {"id": str(uuid4()), **FORM, "act": "publish", "seen": "0" * 64})
    assert (again.status_code, again.headers["location"]) == (303, first)
    assert browser.get(desk(closed)).headers["location"] == first


def test_before_its_time_the_form_says_why_and_what_to_wait_for(web, world, vote_id, advance):
    browser = web(world.chen_jie)
    early = browser.get(desk(vote_id))
    assert (early.status_code, "计票还没有封存" in early.text) == (409, True)
    advance(days=24)
    waiting = browser.get(desk(vote_id, "final"))
    assert (waiting.status_code, "异议期还没有结束" in waiting.text) == (409, True)
    advance(days=30)
    assert publish(browser, vote_id, "final").status_code == 303


@pytest.mark.parametrize("kind", ["notice", "other"])
def test_an_address_with_another_kind_is_not_found(web, world, closed, kind):
    assert web(world.chen_jie).get(desk(closed, kind)).status_code == 404


def test_another_estates_vote_is_not_published_from_this_desk(web, world, closed):
    address = f"/desk/nanyuan/votes/{closed}/outcome/preliminary"
    assert web(world.zhou_tao).get(address).status_code == 404
    assert (
        web(world.zhou_tao).post(address, {"id": str(uuid4()), **FORM, "act": "publish"}).status_code == 404
    )


def test_markup_in_the_statement_is_shown_as_typed(web, world, closed):
    where = publish(web(world.chen_jie), closed, statement="<script>alert(1)</script>谢谢大家").headers[
        "location"
    ]
    for page in ("", "/poster"):
        html = web().get(where + page).text
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)" in html


def test_an_annulled_vote_is_marked_on_board_posting_and_poster(web, world, database, vote_id, now):
    with database.transaction() as session:
        closing.annul_vote(
            session, estate_id=world.estate_id, vote_id=vote_id, reason="名册漏了两户，需要重新表决。", now=now,
            actor=Actor(world.chen_jie.account_id, "chen_jie"),
        )  # fmt: skip
    board = web().get("/e/xingfuli/outcomes").text
    where = re.search(r'"(/e/xingfuli/outcomes/[0-9a-f-]{36})"', board).group(1)
    assert "已作废" in board
    for page in ("", "/poster"):
        assert "名册漏了两户" in web().get(where + page).text


def test_when_the_term_is_over_the_posting_moves_down_and_still_opens(web, world, vote_id, clock):
    clock.forward(days=23)
    board = web().get("/e/xingfuli/outcomes").text
    assert board.index("以前公示过") < board.index("3号楼1单元加装电梯")
    where = re.search(r'"(/e/xingfuli/outcomes/[0-9a-f-]{36})"', board).group(1)
    assert web().get(where).status_code == 200
