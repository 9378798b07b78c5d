"""The residents' pages of proposals: writing, publishing, seconding, changing, searching; and who sees what."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlmodel import select

from app.models.accounts import Grant
from app.models.deliberations import ModerationAct, Mute
from app.models.proposals import Proposal, ProposalPhoto, Seconding
from app.rules.accounts import Duty, Role
from app.rules.deliberations.moderation import Act
from app.rules.proposals.states import ProposalState
from tests.fixtures.proposals import LAMP, TEXT

FORM = {"title": LAMP.title, "item": LAMP.item, "scope": LAMP.scope, "text": LAMP.text}


@pytest.fixture
def home(world) -> str:
    return f"/e/{world.slug}/proposals"


@pytest.fixture
def rows(database):
    def read(model):
        with database.session(writing=False) as session:
            return session.exec(select(model)).all()

    return read


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(written, "PNG")
    return written.getvalue()


def start(browser, home: str) -> str:
    answer = browser.get(f"{home}/new")
    assert answer.status_code == 303
    return answer.headers["location"].removesuffix("/draft")


def test_the_whole_way_from_the_button_to_a_seconded_proposal(web, world, home, rows) -> None:
    author, neighbour = web(world.li_na), web(world.wang_wei)
    assert "写议题" in author.get(home).text
    address = start(author, home)
    assert author.get(f"{address}/draft").status_code == 200
    saved = author.post(f"{address}/draft", {**FORM, "act": "save"})
    assert saved.headers["location"] == f"{address}/draft"
    assert LAMP.title in author.get(home).text
    assert LAMP.title not in neighbour.get(home).text
    assert neighbour.get(address).status_code == 404
    assert neighbour.get(f"{address}/draft").status_code == 404
    published = author.post(f"{address}/draft", {**FORM, "act": "publish"})
    assert published.headers["location"] == address
    page = neighbour.get(address).text
    assert "还差 3 户" in page
    assert "l**（3号楼1单元）" in page
    for _ in range(2):
        assert neighbour.post(f"{address}/second").headers["location"] == f"{address}#support"
    assert len(rows(Seconding)) == 1
    assert "还差 2 户" in author.get(address).text
    assert "收回附议" in neighbour.get(address).text
    neighbour.post(f"{address}/unsecond")
    assert rows(Seconding) == []


def test_autosave_answers_with_a_line_and_writes_no_file_and_takes_none_away(web, world, home, rows) -> None:
    browser = web(world.li_na)
    address = start(browser, home)
    files = {"photos": ("a.png", picture(), "image/png")}
    browser.post(f"{address}/draft", {**FORM, "act": "save"}, files=files)
    (photo,) = rows(ProposalPhoto)
    again = {**FORM, "title": "改一改", "saved": "yes", "remove": str(photo.file_id)}
    answer = browser.post(f"{address}/draft", again, files=files)
    assert (answer.status_code, answer.text) == (200, "已保存 10:00")
    assert answer.headers["content-type"].startswith("text/plain")
    assert rows(Proposal)[0].title == "改一改"
    assert [one.file_id for one in rows(ProposalPhoto)] == [photo.file_id]
    long = browser.post(f"{address}/draft", {**FORM, "title": "长" * 90, "saved": "yes"})
    assert long.status_code == 422
    assert "最多 60 个字" in long.text
    assert rows(Proposal)[0].title == "改一改"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": "灯"}, "请写标题"),
        ({"item": ""}, "请从目录里重新选择"),
        ({"text": "太短了"}, "请把内容写清楚"),
        ({"text": "长" * 100_000}, "文字太长"),
        ({"scope": "building:99"}, "请在图上选择"),
    ],
)
def test_a_refused_publication_comes_back_with_everything_typed(
    web, world, home, rows, changes, said
) -> None:
    browser = web(world.li_na)
    address = start(browser, home)
    typed = {**FORM, **changes}
    answer = browser.post(f"{address}/draft", {**typed, "act": "publish"})
    assert answer.status_code == 422
    assert said in answer.text
    assert typed["title"] in answer.text
    assert typed["text"] in answer.text
    assert rows(Proposal) == []


def test_what_is_no_picture_keeps_the_text_and_a_good_one_is_shown_and_can_go(web, world, home, rows) -> None:
    browser = web(world.li_na)
    address = start(browser, home)
    bad = browser.post(
        f"{address}/draft",
        {**FORM, "act": "save"},
        files={"photos": ("x.png", b"<svg onload=alert(1)>", "image/png")},
    )
    assert bad.status_code == 422
    assert "读不出来" in bad.text
    assert TEXT in bad.text
    two = [("photos", (name, picture(), "image/png")) for name in ("a.png", "b.png")]
    assert browser.post(f"{address}/draft", {**FORM, "act": "save"}, files=two).status_code == 303
    first, second = rows(ProposalPhoto)
    assert str(first.file_id) in browser.get(f"{address}/draft").text
    browser.post(f"{address}/draft", {**FORM, "act": "publish", "remove": str(first.file_id)})
    page = web(world.wang_wei).get(address).text
    assert str(second.file_id) in page
    assert str(first.file_id) not in page
    assert web(world.wang_wei).get(f"/e/{world.slug}/files/{second.file_id}").status_code == 200


def test_typed_markup_is_shown_as_text(web, world, home) -> None:
    browser = web(world.li_na)
    address = start(browser, home)
    evil = {"title": "<script>alert(1)</script>灯", "text": f"<img src=x onerror=alert(1)>{TEXT}"}
    browser.post(f"{address}/draft", {**FORM, **evil, "act": "publish"})
    for path in (address, home, f"{address}/history", f"{home}?q=onerror"):
        text = web(world.wang_wei).get(path).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


def test_a_form_sent_twice_publishes_once(web, world, home, rows) -> None:
    browser = web(world.li_na)
    address = start(browser, home)
    for _ in range(2):
        answer = browser.post(f"{address}/draft", {**FORM, "act": "publish"})
        assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert [row.number for row in rows(Proposal)] == [1]
    assert browser.get(f"{address}/draft").headers["location"] == address


def test_similar_ones_are_shown_while_writing_and_end_with_the_draft(web, world, home, published) -> None:
    published(by=world.wang_wei)
    browser = web(world.li_na)
    address = start(browser, home)
    assert "类似议题" not in browser.get(f"{address}/similar").text
    browser.post(f"{address}/draft", {**FORM, "title": "门口加路灯", "saved": "yes"})
    for path in (f"{address}/similar", f"{address}/draft"):
        assert LAMP.title in browser.get(path).text
    browser.post(f"{address}/draft", {**FORM, "act": "publish"})
    assert browser.get(f"{address}/similar").status_code == 204


def test_people_who_do_not_live_here_get_no_form(web, world, home, rows) -> None:
    for name, status in (("chen_jie", 403), ("sun_li", 403), ("zhou_tao", 404), ("stranger", 404)):
        browser, address = web(world.people[name]), f"{home}/{uuid4()}/draft"
        assert browser.get(address).status_code == status
        assert browser.get(address.replace("/draft", "/similar")).status_code == status
        assert browser.post(address, {**FORM, "act": "publish"}).status_code == status
    assert web().get(home).headers["location"].startswith("/sign-in")
    assert rows(Proposal) == []


def test_a_muted_neighbour_keeps_his_text_and_publishes_nothing(
    web, database, world, home, rows, now
) -> None:
    browser = web(world.li_na)
    address = start(browser, home)
    act = ModerationAct(
        estate_id=world.estate_id,
        number=1,
        act=Act.MUTE,
        author_id=world.li_na.account_id,
        moderator_id=world.chen_jie.account_id,
        moderator_name="chen_jie",
        duty=Duty.NONE,
        at=now,
    )
    with database.transaction() as session:
        session.add(act)
        session.flush()
        session.add(
            Mute(
                act_id=act.id,
                estate_id=world.estate_id,
                account_id=world.li_na.account_id,
                until=now + timedelta(days=3),
            )
        )
    answer = browser.post(f"{address}/draft", {**FORM, "act": "publish"})
    assert answer.status_code == 403
    assert "禁言" in answer.text
    assert TEXT in answer.text
    assert rows(Proposal) == []


def test_who_may_not_second_is_refused_and_who_edits_anothers_does_not_find_it(
    web, world, home, published
) -> None:
    address = f"{home}/{published()}"
    assert web(world.li_na).post(f"{address}/second").status_code == 403
    assert web(world.chen_jie).post(f"{address}/second").status_code == 403
    for name in ("wang_wei", "chen_jie", "zhao_min"):
        browser = web(world.people[name])
        assert browser.get(f"{address}/edit").status_code == 404
        assert browser.post(f"{address}/edit", {**FORM, "revision": "1"}).status_code == 404
        assert browser.post(f"{address}/withdraw").status_code == 404


def test_nothing_of_one_estate_opens_under_anothers_address(web, world, home, published) -> None:
    proposal_id = published()
    browser = web(world.zhou_tao)
    for tail in ("", "/edit", "/history"):
        assert browser.get(f"/e/{world.other_slug}/proposals/{proposal_id}{tail}").status_code == 404
    for tail in ("/second", "/unsecond", "/withdraw"):
        assert browser.post(f"/e/{world.other_slug}/proposals/{proposal_id}{tail}").status_code == 404
        assert browser.post(f"{home}/{proposal_id}{tail}").status_code == 404


def test_an_edit_after_seconding_asks_why_and_shows_what_changed(web, world, home, published) -> None:
    address = f"{home}/{published(rooms=('302',))}"
    browser = web(world.li_na)
    page = browser.get(f"{address}/edit").text
    assert "已有 1 户附议" in page
    form = {"title": LAMP.title, "text": TEXT.replace("一盏", "两盏"), "revision": "1"}
    refused = browser.post(f"{address}/edit", form)
    assert refused.status_code == 422
    assert "两盏" in refused.text
    assert browser.post(f"{address}/edit", {**form, "reason": "一盏不够"}).status_code == 303
    history = web(world.wang_wei).get(f"{address}/history").text
    assert re.search(r"<ins>.*?两</ins>", history)
    assert re.search(r"<del>.*?一</del>", history)
    assert "一盏不够" in history
    assert "改过 1 次" in web(world.wang_wei).get(address).text
    stale = browser.post(f"{address}/edit", {**form, "text": TEXT + "谢谢。", "reason": "再改"})
    assert stale.status_code == 409
    assert "谢谢。" in stale.text
    assert browser.get(f"{address}/history?revision=99").status_code == 404


def test_a_draft_is_deleted_and_a_published_one_withdrawn_in_the_open(
    web, world, home, published, rows
) -> None:
    browser = web(world.li_na)
    address = start(browser, home)
    browser.post(f"{address}/draft", {**FORM, "act": "save"})
    assert browser.post(f"{address}/withdraw").headers["location"] == home
    assert browser.get(address).status_code == 404
    address = f"{home}/{published()}"
    assert browser.post(f"{address}/withdraw", {"reason": "已经装好了"}).headers["location"] == address
    page = web(world.wang_wei).get(address)
    assert page.status_code == 200
    assert "已经装好了" in page.text
    assert {row.state for row in rows(Proposal)} == {ProposalState.WITHDRAWN}


def test_a_hidden_proposal_is_a_stub_for_neighbours(web, database, world, home, published, now) -> None:
    proposal_id = published()
    with database.transaction() as session:
        row = session.get_one(Proposal, proposal_id)
        row.hidden_at = now
        session.add(row)
    neighbour = web(world.wang_wei)
    for path in (home, f"{home}/{proposal_id}"):
        text = neighbour.get(path).text
        assert "已被隐藏" in text
        assert LAMP.title not in text
    assert neighbour.get(f"{home}/{proposal_id}/history").status_code == 303
    for name in ("li_na", "chen_jie", "zhao_min"):
        assert TEXT in web(world.people[name]).get(f"{home}/{proposal_id}").text
    assert web(world.li_na).get(f"{home}/{proposal_id}/edit").status_code == 409


def test_the_list_searches_and_filters_and_survives_nonsense(web, world, home, published) -> None:
    published()
    browser = web(world.wang_wei)
    assert "<mark>" in browser.get(f"{home}?q=感应灯").text
    assert (
        LAMP.title
        in browser.get(f"{home}?place=entrance:3:1&kind=improving&state=gathering&sort=warmest").text
    )
    assert LAMP.title not in browser.get(f"{home}?kind=basic").text
    for query in ("q=%00%27%22*()", "q=" + "长" * 900, "after=x&kind=y&state=draft&place=::&sort=z"):
        assert browser.get(f"{home}?{query}").status_code == 200


def test_an_overdue_answer_shows_to_everybody(web, world, home, published, clock) -> None:
    proposal_id = published(rooms=("302", "401", "402"))
    assert (
        "居委会应在 2026 年 12 月 7 日 24:00 前答复" in web(world.wang_wei).get(f"{home}/{proposal_id}").text
    )
    clock.forward(days=15)
    browser = web(world.wang_wei)
    assert "现在已经超期" in browser.get(f"{home}/{proposal_id}").text
    assert "超期未答复" in browser.get(home).text


def test_ids_that_are_none_are_refused_kindly(web, world, home) -> None:
    browser = web(world.li_na)
    assert browser.get(f"{home}/{UUID(int=7)}").status_code == 404
    assert browser.get(f"{home}/nonsense").status_code == 422


def test_an_initiator_sees_how_to_sponsor_and_a_neighbour_how_to_report(
    web, database, world, home, published, now
) -> None:
    address = f"{home}/{published()}"
    with database.transaction() as session:
        session.add(
            Grant(
                account_id=world.sun_li.account_id,
                estate_id=world.estate_id,
                role=Role.PARTY_MEMBER,
                duty=Duty.INITIATOR,
                granted_at=now,
            )
        )
    for name, sponsors, reports in (
        ("sun_li", True, True),
        ("zhao_min", False, True),
        ("li_na", False, False),
    ):
        text = web(world.people[name]).get(address).text
        assert (f"{address}/sponsor" in text, f"{address}/report" in text) == (sponsors, reports)
    assert web(world.sun_li).post(f"{address}/sponsor").status_code == 303
    assert "联名" in web(world.wang_wei).get(address).text
    assert web(world.wang_wei).get(f"{address}/report").status_code == 200
