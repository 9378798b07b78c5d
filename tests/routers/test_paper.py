"""The cupboard through the web: printing, the QR, handing in, keying by two and a third, deliveries, the sample; and who may not."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.models.trail import TrailRow
from app.models.votes import BallotChannel, BallotCurrent
from app.models.votes.paper import Delivery, PaperSheet, SheetState
from app.rules.votes.verification.bundle import unpack
from app.services.votes import paper_codes
from app.services.votes.packages import build_package
from tests.fixtures.paper import hire, picture
from tests.routers.test_permission_matrix import keep_signed_in

FIRST = timedelta(minutes=5)


@pytest.fixture
def desk(web, world):
    return web(world.chen_jie)


@pytest.fixture
def supervisor(web, world):
    return web(world.zhao_min)


@pytest.fixture
def base(world, vote) -> str:
    return f"/desk/{world.slug}/votes/{vote.id}/paper"


@pytest.fixture
def he_fang(database, world, web, clock):
    with database.transaction() as session:
        person = hire(session, world, "he_fang", "+8613900002001", clock())
    return web(person)


@pytest.fixture
def opened(vote, clock, database):
    clock.instant = vote.opens_at + FIRST
    keep_signed_in(database, clock)


@pytest.fixture
def serial(desk, base, database, vote, world) -> str:
    """The sheet of 301, printed before the opening."""
    unit = world.homes["301"].unit_id
    assert desk.post(f"{base}/print", {"unit": str(unit)}).status_code == 303
    with database.session(writing=False) as session:
        return session.exec(select(PaperSheet.serial).where(PaperSheet.unit_id == unit)).one()


@pytest.fixture
def returned(desk, base, serial, opened) -> str:
    answer = desk.post(f"{base}/{serial}/return", files={"scans": ("票.png", picture(), "image/png")})
    assert answer.status_code == 303, answer.text
    return serial


def enter(browser, base, serial, choice):
    return browser.post(f"{base}/{serial}/enter", {"choice": choice})


def refusals(database) -> list[tuple[str, str]]:
    with database.session(writing=False) as session:
        query = select(TrailRow).where(TrailRow.tag == "votes:sheet:refused").order_by(col(TrailRow.seq))
        return [(row.new["act"], row.new["why"]) for row in session.exec(query)]


def state(database, serial) -> SheetState:
    with database.session(writing=False) as session:
        return session.exec(select(PaperSheet.state).where(PaperSheet.serial == serial)).one()


def test_printing_numbers_the_sheets_and_gives_a_pdf_of_two_pages_a_home(desk, base, world) -> None:
    answer = desk.post(f"{base}/print", {"building": "3", "entrance": "1"})
    sheets = desk.get(answer.headers["location"])
    assert sheets.headers["content-type"] == "application/pdf"
    assert len(re.findall(rb"/Type /Page\b", sheets.content)) == 24
    page = desk.get(base).text
    assert "3号楼1单元：已编号 12／12 套" in page
    assert desk.get(f"{base}/sheets.pdf?building=9").status_code == 409
    assert desk.post(f"{base}/print", {"unit": "nonsense"}).status_code == 422


def test_a_draft_has_no_cupboard(desk, world, make_vote) -> None:
    draft = make_vote(notice=False)
    base = f"/desk/{world.slug}/votes/{draft.id}/paper"
    assert desk.get(base).status_code == 404
    assert desk.post(f"{base}/print").status_code == 409
    assert desk.get(f"{base}/sheets.pdf").status_code == 404


def test_the_qr_opens_its_sheet_and_a_forged_one_says_why_not(desk, base, serial, vote, world) -> None:
    def mark(secret):
        return paper_codes.qr_address("", world.slug, vote.id, serial, secret).split("?m=")[1]

    good = desk.get(f"{base}/{serial}?m={mark(vote.secret)}")
    assert "二维码核对无误" in good.text
    assert "3号楼1单元301室" in good.text
    assert "手工打开" in desk.get(f"{base}/{serial}").text
    forged = desk.get(f"{base}/{serial}?m={mark(b'another')}")
    assert forged.status_code == 409
    assert "可能是伪造的" in forged.text


def test_a_forged_qr_opened_by_a_camera_writes_nothing_and_a_button_puts_it_on_the_trail(
    desk, supervisor, base, serial, vote, world, make_vote, database
) -> None:
    there = f"/desk/{world.slug}/votes/{make_vote().id}/paper"
    forged = paper_codes.qr_address("", world.slug, vote.id, serial, b"another")
    for browser, path, status, why in (
        (desk, forged, 409, "forged"),
        (supervisor, f"{there}/{serial}", 409, "other_vote"),
        (desk, f"{base}/0000-0000", 422, "unknown_serial"),
    ):
        before = refusals(database)
        page = browser.get(path)
        assert (page.status_code, refusals(database)) == (status, before)
        code = html.unescape(re.search(r'type="hidden" name="code" value="([^"]+)"', page.text)[1])
        noted = browser.post(f"{path.split('/paper')[0]}/paper/find", {"code": code})
        assert (noted.status_code, refusals(database)) == (status, [*before, ("find", why)])
        assert "已经记入操作记录" in noted.text
        assert "记入操作记录</button>" not in noted.text


def test_finding_by_hand_and_what_is_refused_is_in_the_trail(
    desk, base, serial, vote, world, make_vote, database
) -> None:
    found = desk.post(f"{base}/find", {"code": serial.lower()})
    assert found.headers["location"] == f"{base}/{serial}"
    other = make_vote()
    there = f"/desk/{world.slug}/votes/{other.id}/paper"
    wrong = desk.post(f"{there}/find", {"code": serial})
    assert wrong.status_code == 409
    assert "另一次表决“3号楼1单元加装电梯”的" in wrong.text
    forged = paper_codes.qr_address("https://x.example", world.slug, vote.id, serial, b"another secret")
    assert "可能是伪造的" in desk.post(f"{base}/find", {"code": forged}).text
    assert "编号不对" in desk.post(f"{base}/find", {"code": "123"}).text
    assert refusals(database) == [("find", "other_vote"), ("find", "forged"), ("find", "bad_serial")]


def test_two_people_key_blind_and_the_sheet_counts(
    desk, supervisor, base, returned, database, world, vote
) -> None:
    first = enter(desk, base, returned, "against")
    assert first.headers["location"] == f"{base}?came=first&serial={returned}"
    assert "换一个人再录一次" in desk.get(first.headers["location"]).text
    page = supervisor.get(f"{base}/{returned}").text
    assert "照着票面录入" in page
    assert "checked" not in page
    assert "您已经录过这张票" in desk.get(f"{base}/{returned}").text
    second = enter(supervisor, base, returned, "against")
    assert "came=counted" in second.headers["location"]
    assert "已计入" in supervisor.get(second.headers["location"]).text
    with database.session(writing=False) as session:
        ballot = session.get_one(BallotCurrent, (vote.id, world.homes["301"].unit_id))
        assert ballot.channel is BallotChannel.PAPER
    assert "已经录完" in desk.get(f"{base}/{returned}").text


def test_unequal_entries_go_to_a_third_and_neither_of_the_two_decides(
    desk, supervisor, he_fang, base, returned, database
) -> None:
    enter(desk, base, returned, "for")
    assert "came=disputed" in enter(supervisor, base, returned, "against").headers["location"]
    for one in (desk, supervisor):
        again = enter(one, base, returned, "for")
        assert again.status_code == 409
        assert "要换一个人来做" in again.text
    assert refusals(database) == [("enter", "same_person")] * 2
    assert state(database, returned) is SheetState.DISPUTED
    assert "以您录的为准" in he_fang.get(f"{base}/{returned}").text
    assert "came=counted" in enter(he_fang, base, returned, "abstain").headers["location"]


def test_an_entry_without_a_choice_comes_back_and_says_so(desk, base, returned, database) -> None:
    empty = enter(desk, base, returned, "")
    assert empty.status_code == 422
    assert "请选择同意、反对或弃权中的一项" in empty.text
    assert enter(desk, base, returned, "spoiled").status_code == 303


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"MZ"], ids=["a pdf", "a program"])
def test_a_scan_that_is_no_picture_is_refused_and_everything_typed_stays(
    desk, base, serial, opened, database, content
) -> None:
    form = {"handed_in_at": "2026-12-09T10:01"}
    answer = desk.post(f"{base}/{serial}/return", form, files={"scans": ("票.png", content, "image/png")})
    assert answer.status_code == 422
    assert 'id="f-scans-error"' in answer.text
    assert [act for act, _ in refusals(database)] == ["return"]
    assert state(database, serial) is SheetState.ISSUED


def test_a_sheet_handed_in_before_the_opening_is_refused(desk, base, serial, database) -> None:
    answer = desk.post(f"{base}/{serial}/return", files={"scans": ("票.png", picture(), "image/png")})
    assert answer.status_code == 409
    assert "表决还没有开始" in answer.text
    assert refusals(database) == [("return", "not_open_yet")]


def test_a_lost_sheet_is_replaced_and_handed_in_later_it_is_refused(
    desk, base, serial, opened, database
) -> None:
    short = desk.post(f"{base}/{serial}/void", {"reason": "丢"})
    assert short.status_code == 422
    new = desk.post(f"{base}/{serial}/void", {"reason": "业主说票丢了"}).headers["location"]
    assert new != f"{base}/{serial}"
    old = desk.get(f"{base}/{serial}").text
    assert "业主说票丢了" in old
    assert f'href="{new}"' in old
    late = desk.post(f"{base}/{serial}/return", files={"scans": ("票.png", picture(), "image/png")})
    assert late.status_code == 409
    assert "已经作废" in late.text
    assert refusals(database) == [("void", "invalid"), ("return", "sheet_void")]


def test_after_the_close_nothing_is_keyed(desk, base, returned, clock, vote, database) -> None:
    clock.instant = vote.closes_at + timedelta(seconds=60)
    keep_signed_in(database, clock)
    late = enter(desk, base, returned, "for")
    assert late.status_code == 409
    assert "录入已经截止" in late.text
    assert refusals(database) == [("enter", "closed")]


def test_the_scans_are_for_those_who_may_key(desk, supervisor, web, world, base, returned) -> None:
    assert "/scans/" not in supervisor.get(f"{base}/{returned}").text
    assert supervisor.post(f"{base}/{returned}/look").status_code == 303
    page = supervisor.get(f"{base}/{returned}").text
    path = re.search(r'src="([^"]+/scans/[^"]+)"', page)[1]
    assert supervisor.get(path).headers["content-type"] == "image/jpeg"
    for person in (world.li_na, world.ma_chao, world.sun_li, world.qian_er):
        assert web(person).get(path).status_code == 403
    assert web(world.zhou_tao).get(path).status_code == 404
    assert web(None).get(path).headers["location"].startswith("/sign-in")
    assert supervisor.get(f"{base}/{returned}/scans/{uuid4()}").status_code == 404


def test_who_is_neither_on_the_committee_nor_supervisor_has_no_part_in_paper(
    web, world, base, returned, supervisor, database
) -> None:
    unit = world.homes["301"].unit_id
    gets = ("", f"/{returned}", "/deliveries", f"/deliveries/{unit}", "/sample", "/sheets.pdf")
    posts = (
        "/print",
        "/find",
        f"/{returned}/return",
        f"/{returned}/scans",
        f"/{returned}/enter",
        f"/{returned}/void",
        f"/{returned}/look",
        "/sample/look",
        f"/deliveries/{unit}",
        "/sample",
        "/sample/compared",
    )
    form = {"id": str(uuid4())}
    for person, status in (
        (world.li_na, 403),
        (world.ma_chao, 403),
        (world.sun_li, 403),
        (world.zhou_tao, 404),
    ):
        browser = web(person)
        assert {browser.get(base + path).status_code for path in gets} == {status}
        assert {browser.post(base + path, form).status_code for path in posts} == {status}
    # A supervisor keys and no more.
    assert [supervisor.get(base + path).status_code for path in gets] == [200, 200, 403, 403, 403, 403]
    kept = [path for path in posts if supervisor.post(base + path, form).status_code != 403]
    assert kept == ["/find", f"/{returned}/enter", f"/{returned}/look"]


def test_a_desk_of_another_estate_reaches_no_sheet_through_its_own_address(
    web, world, vote, returned
) -> None:
    other = web(world.zhou_tao)
    base = f"/desk/{world.other_slug}/votes/{vote.id}/paper"
    for path in ("", f"/{returned}", "/deliveries", "/sample", "/sheets.pdf"):
        assert other.get(base + path).status_code == 404
    assert other.post(f"{base}/{returned}/enter", {"choice": "for"}).status_code == 404


def test_deliveries_one_tap_a_home_and_the_rest_on_its_own_page(desk, base, world, database) -> None:
    page = desk.get(f"{base}/deliveries").text
    assert "已送达 0 套，还有 12 套没有送到。" in page
    unit = world.homes["101"].unit_id
    key = re.search(rf'/deliveries/{unit}".*?name="id" value="([^"]+)"', page, re.S)[1]
    tap = {"id": key, "place": "0", "outcome": "hand:delivered"}
    for _ in range(2):
        answer = desk.post(f"{base}/deliveries/{unit}", tap)
        assert answer.headers["location"] == f"{base}/deliveries?place=0#h-{unit}"
    assert "已送达 1 套，还有 11 套没有送到。" in desk.get(f"{base}/deliveries").text
    other = f"{base}/deliveries/{world.homes['102'].unit_id}"
    early = desk.post(other, {"id": str(uuid4()), "outcome": "board:posted", "note": "贴在楼门口"})
    assert early.status_code == 409
    assert "要先送过一次" in early.text
    assert "贴在楼门口" in early.text
    photo = {"photo": ("门口.png", picture(), "image/png")}
    tried = {"id": str(uuid4()), "outcome": "hand:absent", "note": "敲门没有人"}
    assert desk.post(other, tried, files=photo).status_code == 303
    assert "敲门没有人" in desk.get(other).text
    assert desk.post(other, {"id": str(uuid4()), "outcome": "board:posted"}).status_code == 303
    with database.session(writing=False) as session:
        assert len(session.exec(select(Delivery)).all()) == 3
    only = desk.get(f"{base}/deliveries?missing=yes").text
    assert f"h-{world.homes['201'].unit_id}" in only
    assert f"h-{unit}" not in only


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"outcome": "hand:posted"}, "bad_result"),
        ({"outcome": "hand:delivered", "day": "昨天"}, "bad_day"),
        ({"outcome": "hand:delivered", "day": "2020-01-01"}, "bad_day"),
    ],
)
def test_a_delivery_that_cannot_be_is_refused(desk, base, world, database, form, why) -> None:
    path = f"{base}/deliveries/{world.homes['101'].unit_id}"
    assert desk.post(path, {"id": str(uuid4()), **form}).status_code == 422
    assert refusals(database) == [("delivery", why)]


def test_the_sample_is_drawn_on_its_page_once(
    desk, supervisor, base, returned, clock, vote, database
) -> None:
    for one in (desk, supervisor):
        enter(one, base, returned, "against")
    assert "计票封存以后才能抽查" in desk.get(f"{base}/sample").text
    clock.instant = vote.closes_at + timedelta(hours=1)
    keep_signed_in(database, clock)
    with database.transaction() as session:
        assert vote.advance(session, clock())
    assert "只能定一次" in desk.get(f"{base}/sample").text
    assert desk.post(f"{base}/sample", {"seed": ""}).status_code == 422
    assert desk.post(f"{base}/sample", {"seed": "081706"}).status_code == 303
    page = desk.get(f"{base}/sample").text
    assert returned in page
    assert "反对" not in page
    assert desk.post(f"{base}/sample/look", {"reason": "看"}).status_code == 422
    assert desk.post(f"{base}/sample/look", {"reason": "和监督员逐张核对"}).status_code == 303
    page = desk.get(f"{base}/sample").text
    assert "反对" in page
    assert desk.post(f"{base}/sample", {"seed": "081707"}).status_code == 409
    # What came of comparing stays with the vote.
    form = {"id": hidden_id(page), "differing": f" {returned.lower()}；", "remark": "短"}
    compared = f"{base}/sample/compared"
    assert "全部对照完" in desk.post(compared, form).text
    refused = desk.post(compared, {**form, "complete": "yes"})
    assert (refused.status_code, "至少 10 个字" in refused.text, hidden_id(refused.text)) == (
        422,
        True,
        form["id"],
    )
    assert "不在抽查名单里" in desk.post(compared, {**form, "complete": "yes", "differing": "0000-0000"}).text
    good = {**form, "complete": "yes", "remark": "记录和票面不符，已报监督员并申请重新计票"}
    for _ in range(2):
        assert desk.post(compared, good).status_code == 303
    said = "核对 1 张，一致 0 张，不一致 1 张"
    assert desk.get(f"{base}/sample").text.count(said) == 1
    assert said in desk.get(base).text
    assert said not in supervisor.get(base).text
    public = desk.get(base.replace("/desk/", "/e/").replace("/paper", "/result")).text
    assert (said in public, returned in public) == (True, False)
    with database.session(writing=False) as session:
        where = {"estate_id": vote.estate_id, "vote_id": vote.id, "secret": vote.secret}
        files = {full: unpack(build_package(session, **where, full=full).content) for full in (True, False)}
    whole, masked = (files[full]["trail.jsonl"].decode() for full in (True, False))
    assert (f'"differing":["{returned}"]' in whole, good["remark"] in whole) == (True, True)
    assert ("votes:sample:compare" in masked, returned in masked) == (True, False)
    assert desk.post(compared, {**good, "id": str(uuid4()), "differing": ""}).status_code == 303
    assert "核对 1 张，一致 1 张，不一致 0 张" in desk.get(base).text


def hidden_id(page: str) -> str:
    return re.search(r'name="id" value="([0-9a-f-]{36})"', page)[1]


def test_nothing_is_compared_before_a_sample_was_drawn(desk, base, returned, vote) -> None:
    answer = desk.post(f"{base}/sample/compared", {"id": str(uuid4()), "complete": "yes"})
    assert (answer.status_code, "还没有抽出要核对的票" in answer.text) == (409, True)


def test_the_balance_and_the_queue_stand_on_the_cupboard(desk, base, returned) -> None:
    page = desk.get(base).text
    assert "等第一次录入" in page
    assert re.search(r"交回等录入</dt>\s*<dd>\s*1 张", page)
