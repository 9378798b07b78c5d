"""The desk of the votes room: the wizard through the web, who may enter, what a bad form does, and what waits."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from PIL import Image
from sqlmodel import select

from app.models.estates import Ownership, Unit
from app.models.files import StoredFile
from app.models.outcomes import Publication
from app.models.trail import TrailRow
from app.models.votes import Objection, RollCorrection, RollEntry, Vote, VoteAttachment
from app.rules.votes.states import Choice, State
from app.services import trail
from app.services.votes import corrections, objections

TEXT = "在三号楼一单元北侧加装一部电梯，平层入户，由区里招标的单位施工。"
TERMS = {
    "legal_mode": "electronic",
    "legal_basis": "业主大会议事规则第八条",
    "change": "until_close",
    "notice_days": "15",
    "objection_days": "10",
    "opens_at": "2026-12-10T09:00",
    "closes_at": "2026-12-24T21:00",
}
COST = {
    "charge": "yes",
    "cost": "600000",
    "subsidy": "rate",
    "subsidy_rate": "40",
    "subsidy_cap": "280000",
    "shown": "scheme:coef",
    "way": "scheme:coef",
    **{f"floor-{floor}": str(max(floor - 1, 0)) for floor in range(1, 7)},
}


@pytest.fixture
def desk(web, world):
    return web(world.chen_jie)


@pytest.fixture
def base(world) -> str:
    return f"/desk/{world.slug}/votes"


@pytest.fixture
def draft(desk, base):
    """A draft made through the web; returns its address."""
    vote_id = str(uuid4())
    question = {"id": vote_id, "title": "3号楼1单元加装电梯", "matter": "7", "text": TEXT}
    assert desk.post(f"{base}/new", question).status_code == 303
    return f"{base}/{vote_id}"


@pytest.fixture
def ready(desk, draft):
    """The same with all steps filled in."""
    assert desk.post(f"{draft}/scope", {"scope": "entrance:3:1"}).status_code == 303
    assert desk.post(f"{draft}/cost", COST).status_code == 303
    assert desk.post(f"{draft}/terms", TERMS).status_code == 303
    return draft


def give_notice(desk, address):
    seen = re.search(r'name="seen"\s+value="([0-9a-f]+)"', desk.get(f"{address}/preview").text)[1]
    return desk.post(f"{address}/notice", {"seen": seen, "checked": "yes"})


def id_of(address: str) -> str:
    return address.rsplit("/", 1)[1]


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(drawn, "PNG")
    return drawn.getvalue()


def test_the_whole_wizard_ends_with_a_notice_that_hangs_as_previewed(desk, base, database, world) -> None:
    page = desk.get(f"{base}/new").text
    assert re.search(r'<option value="7" selected', page)
    vote_id = re.search(r'name="id" value="([^"]+)"', page)[1]
    address = f"{base}/{vote_id}"
    question = {"id": vote_id, "title": "3号楼1单元加装电梯", "matter": "7", "text": TEXT}
    steps = [desk.post(f"{base}/new", question).headers["location"]]
    steps.append(desk.post(f"{address}/scope", {"scope": "entrance:3:1"}).headers["location"])
    sent = {"file": ("图纸.png", picture(), "image/png")}
    steps.append(desk.post(f"{address}/attachments", {"title": "施工图纸"}, files=sent).headers["location"])
    steps.append(desk.post(f"{address}/cost", COST).headers["location"])
    steps.append(desk.post(f"{address}/terms", TERMS).headers["location"])
    assert [step.rsplit("/", 1)[1] for step in steps] == [
        "scope",
        "attachments",
        "attachments",
        "terms",
        "preview",
    ]
    preview = desk.get(f"{address}/preview").text
    assert "12 套" in preview
    assert "12 人，960.00 ㎡" in preview
    assert give_notice(desk, address).headers["location"] == address
    with database.session(writing=False) as session:
        vote = session.exec(select(Vote)).one()
        posted = session.exec(select(Publication)).one()
        assert vote.state is State.NOTICED
        assert len(session.exec(select(RollEntry)).all()) == 12
        assert session.exec(select(VoteAttachment)).one().title == "施工图纸"
        shares = {entry.room: entry.share for entry in session.exec(select(RollEntry))}
    # 600000 − 40 % = 360000, by floor coefficient 0 to 5, two homes a floor.
    assert (shares["101"], shares["601"]) == (0, 6_000_000)
    for line in posted.text.split("\n"):
        assert line.strip() in preview


def test_a_step_can_be_gone_back_to_and_shows_what_was_saved(desk, ready) -> None:
    assert 'value="3号楼1单元加装电梯"' in desk.get(f"{ready}/question").text
    assert re.search(r'value="entrance:3:1"[^>]*checked', desk.get(f"{ready}/scope").text)
    cost = desk.get(f"{ready}/cost").text
    assert re.search(r'value="600000.00"', cost)
    assert re.search(r'value="40"', cost)
    assert "2026-12-10T09:00" in desk.get(f"{ready}/terms").text


def test_the_proposed_window_leaves_the_notice_its_days(desk, draft) -> None:
    # It is 23 November, 10:00 in Beijing: fifteen days and one, and the next nine o'clock.
    page = desk.get(f"{draft}/terms").text
    assert "2026-12-10T09:00" in page
    assert "2026-12-24T21:00" in page


@pytest.mark.parametrize(
    ("step", "form", "kept"),
    [
        ("question", {"title": "梯", "matter": "7", "text": TEXT}, TEXT),
        ("question", {"title": "3号楼加装电梯", "matter": "x", "text": TEXT}, TEXT),
        ("scope", {"scope": "entrance:9:9"}, "entrance:3:1"),
        ("scope", {}, "entrance:3:1"),
        ("cost", {**COST, "cost": "六十万"}, "六十万"),
        ("cost", {**COST, "floor-3": "三", "running": "每户每月约 35 元"}, "每户每月约 35 元"),
        ("cost", {**COST, "subsidy": "fixed", "subsidy_fixed": "900000"}, "900000"),
        ("terms", {**TERMS, "opens_at": "明天上午"}, "明天上午"),
        ("terms", {**TERMS, "notice_days": "7", "legal_basis": "管理规约第三条"}, "管理规约第三条"),
        ("terms", {**TERMS, "legal_mode": "paper_with_support", "clash": "first"}, "2026-12-24T21:00"),
        ("attachments", {"title": "三家报价对比"}, "三家报价对比"),
    ],
)
def test_a_bad_form_comes_back_with_what_was_typed_and_commits_nothing(
    desk, draft, database, step, form, kept
) -> None:
    before = stored(database)
    answer = desk.post(f"{draft}/{step}", form)
    assert answer.status_code == 422
    assert kept in answer.text
    assert 'class="summary"' in answer.text
    assert stored(database) == before


def stored(database) -> dict:
    with database.session(writing=False) as session:
        return session.exec(select(Vote)).one().model_dump()


def test_a_bad_first_form_opens_no_draft(desk, base, database) -> None:
    answer = desk.post(f"{base}/new", {"id": str(uuid4()), "title": "梯", "matter": "7", "text": TEXT})
    assert answer.status_code == 422
    assert TEXT in answer.text
    with database.session(writing=False) as session:
        assert session.exec(select(Vote)).first() is None


def test_picking_a_ready_table_fills_the_floors_that_are_there_and_keeps_the_rest(desk, draft) -> None:
    desk.post(f"{draft}/scope", {"scope": "entrance:3:1"})
    form = {"charge": "yes", "cost": "512345", "subsidy": "none", "shown": "scheme:area", "act": "pick"}
    page = desk.post(f"{draft}/cost", {**form, "way": "preset:guangzhou_coefficients"}).text
    assert 'value="512345"' in page
    assert re.search(r'value="1\.3"\s+size="7"|value="1\.3"', page)
    assert 'name="floor-7"' not in page
    assert "未核实" in page


def test_a_trial_shows_the_table_and_saves_nothing(desk, draft, database) -> None:
    desk.post(f"{draft}/scope", {"scope": "entrance:3:1"})
    answer = desk.post(f"{draft}/cost", {**COST, "act": "try"})
    assert answer.status_code == 200
    assert "60,000" in answer.text
    assert stored(database)["cost"] == {}


def test_amounts_by_hand_must_come_to_the_net(desk, draft, world, database) -> None:
    desk.post(f"{draft}/scope", {"scope": "entrance:3:1"})
    form = {
        "charge": "yes",
        "cost": "1200",
        "subsidy": "none",
        "shown": "scheme:fixed",
        "way": "scheme:fixed",
    }
    amounts = {f"unit-{home.unit_id}": "100" for home in world.homes.values()}
    wrong = desk.post(f"{draft}/cost", {**form, **amounts, "cost": "1300"})
    assert wrong.status_code == 422
    assert "100.00 元" in wrong.text
    assert desk.post(f"{draft}/cost", {**form, **amounts}).status_code == 303


def test_no_cost_is_a_choice(desk, ready, database) -> None:
    assert desk.post(f"{ready}/cost", {"charge": "no"}).status_code == 303
    assert stored(database)["cost"] == {}


def test_the_preview_lists_what_is_missing_with_the_step_that_mends_it_and_offers_no_button(
    desk, draft
) -> None:
    page = desk.get(f"{draft}/preview").text
    assert f'href="{draft}/terms"' in page
    assert f'action="{draft}/notice"' not in page
    assert desk.post(f"{draft}/notice", {"checked": "yes"}).status_code == 422


def test_the_notice_needs_the_tick_and_the_text_that_was_seen(desk, ready, database) -> None:
    assert desk.post(f"{ready}/notice", {"seen": "x"}).status_code == 422
    unseen = desk.post(f"{ready}/notice", {"seen": "x", "checked": "yes"})
    assert unseen.status_code == 409
    assert "再看一遍" in unseen.text
    assert stored(database)["state"] is State.DRAFT
    assert give_notice(desk, ready).status_code == 303


def test_after_the_notice_every_step_is_refused(desk, vote, base, database) -> None:
    before = stored(database)
    question = {"title": "3号楼加装电梯", "matter": "7", "text": TEXT}
    steps = {
        "question": question,
        "scope": {"scope": "estate"},
        "attachments": {"title": "图纸"},
        "cost": COST,
        "terms": TERMS,
        "preview": None,
        "notice": {"checked": "yes"},
        "discard": {},
    }
    for step, form in steps.items():
        if step not in {"notice", "discard"}:
            assert (step, desk.get(f"{base}/{vote.id}/{step}").status_code) == (step, 409)
        if form is not None:
            assert (step, desk.post(f"{base}/{vote.id}/{step}", form).status_code) == (step, 409)
    assert stored(database) == before


def addresses(base: str, vote_id, base_desk: str) -> list[tuple[str, str]]:
    one = f"{base}/{vote_id}"
    pages = ["", "/new", f"/{vote_id}", f"/{vote_id}/elevation"]
    steps = ["question", "scope", "attachments", "cost", "terms"]
    deeds = ["remind", "annul", "notice", "discard", f"corrections/{uuid4()}", f"objections/{uuid4()}"]
    return [
        *(("GET", f"{base}{page}") for page in pages),
        *((method, f"{one}/{step}") for step in steps for method in ("GET", "POST")),
        ("GET", f"{one}/preview"),
        ("POST", f"{base}/new"),
        ("POST", f"{one}/attachments/{uuid4()}/remove"),
        *(("POST", f"{one}/{deed}") for deed in deeds),
        ("GET", f"{base_desk}/trail"),
    ]


@pytest.mark.parametrize(
    ("who", "status"),
    [("zhou_tao", 404), ("stranger", 404), ("li_na", 403), ("zhao_min", 403), ("ma_chao", 403)],
)
def test_only_this_estates_committee_enters(web, world, vote, base, who, status) -> None:
    browser = web(world.people[who])
    form = {"id": str(uuid4())}
    for method, address in addresses(base, vote.id, f"/desk/{world.slug}"):
        answer = browser.get(address) if method == "GET" else browser.post(address, form)
        assert (address, answer.status_code) == (address, status)


def test_whoever_is_not_signed_in_is_sent_to_the_door(web, world, vote, base) -> None:
    for method, address in addresses(base, vote.id, f"/desk/{world.slug}"):
        answer = web().get(address) if method == "GET" else web().post(address, {"id": str(uuid4())})
        assert (address, answer.status_code) == (address, 303 if method == "GET" else 401)


def test_a_vote_of_this_estate_is_not_found_under_another(web, world, vote) -> None:
    browser = web(world.zhou_tao)
    there = f"/desk/{world.other_slug}/votes/{vote.id}"
    for path in ("", "/question", "/elevation", "/preview"):
        assert browser.get(f"{there}{path}").status_code == 404
    for deed in ("annul", "remind", "notice", f"corrections/{uuid4()}"):
        assert (
            browser.post(f"{there}/{deed}", {"reason": "作废一下别人的表决", "checked": "yes"}).status_code
            == 404
        )


def test_an_auditor_reads_the_trail_and_nothing_else_of_the_desk(web, world, vote, base) -> None:
    browser = web(world.sun_li)
    trail = browser.get(f"/desk/{world.slug}/trail?room=votes&check=true")
    assert trail.status_code == 200
    assert "votes:notice:give" in trail.text
    assert "已从头核对" in trail.text
    assert "votes:notice:give" not in browser.get(f"/desk/{world.slug}/trail?room=estates").text
    for room in ("surveys", "guides", "meetings", "credits"):
        assert f'href="/desk/{world.slug}/trail?room={room}"' in trail.text
    assert browser.get(base).status_code == 403


def test_the_trail_goes_on_page_by_page(web, world, database, now) -> None:
    with database.transaction() as session:
        for number in range(60):
            trail.record(
                session, tag=f"votes:test:n{number}", actor=trail.SYSTEM, now=now, estate_id=world.estate_id
            )
    browser = web(world.sun_li)
    first = browser.get(f"/desk/{world.slug}/trail?room=votes").text
    assert "votes:test:n59" in first
    assert "votes:test:n9<" not in first
    older = re.search(r'href="([^"]+)" rel="next"', first)[1].replace("&amp;", "&")
    assert "votes:test:n9<" in browser.get(older).text


def test_the_desk_sees_who_voted_and_never_what(web, world, vote, base, clock, database) -> None:
    with database.transaction() as session:
        vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.AGAINST, vote.opens_at)
    clock.instant = vote.opens_at + timedelta(hours=1)
    desk = web(world.chen_jie)
    for address in (f"{base}/{vote.id}", f"{base}/{vote.id}/elevation"):
        page = desk.get(address).text
        assert re.search(r'class="home voted">\s*301', page)
        assert re.search(r'class="home not_yet">\s*302', page)
        assert "反对" not in page
    clock.instant = vote.closes_at
    assert web(world.chen_jie).get(f"{base}/{vote.id}/elevation").status_code == 204


def test_the_remind_button_says_whom_it_reached(web, world, vote, base, clock) -> None:
    clock.instant = vote.opens_at
    desk = web(world.chen_jie)
    answer = desk.post(f"{base}/{vote.id}/remind")
    assert answer.headers["location"] == f"{base}/{vote.id}?told=2&before=0#remind"
    page = desk.get(answer.headers["location"].split("#")[0]).text
    assert "已给 2 套" in page
    assert "3号楼1单元602室" in page


def test_a_correction_is_decided_on_the_page_where_it_waits(desk, world, vote, base, database, now) -> None:
    case = uuid4()
    with database.transaction() as session:
        corrections.ask_correction(
            session, estate_id=world.estate_id, vote_id=vote.id, correction_id=case, unit_id=None,
            account_id=world.li_na.account_id, text="我家面积应为 82 平方米", now=now,
        )  # fmt: skip
    assert "1 条名册更正待答复" in desk.get(base).text
    form = {"act": "uphold", "reason": "已核对房产证", "home": "3号楼1单元301室"}
    unchanged = desk.post(f"{base}/{vote.id}/corrections/{case}", form)
    assert unchanged.status_code == 409
    assert "已核对房产证" in unchanged.text
    with database.transaction() as session:
        unit = session.get_one(Unit, world.homes["301"].unit_id)
        unit.area = 8200
        session.add(unit)
    assert desk.post(f"{base}/{vote.id}/corrections/{case}", form).status_code == 303
    with database.session(writing=False) as session:
        assert session.get_one(RollCorrection, case).state == "upheld"
        assert len(session.exec(select(RollEntry)).all()) == 13
    assert "公告后 1 处" in desk.get(f"{base}/{vote.id}").text


def test_an_upheld_objection_is_told_to_need_annulling_and_annulling_is_public(
    web, world, vote, base, database, clock
) -> None:
    case = uuid4()
    at = clock.instant = vote.closes_at + timedelta(minutes=2)
    desk = web(world.chen_jie)
    with database.transaction() as session:
        while vote.advance(session, at):
            pass
        objections.raise_objection(
            session, estate_id=world.estate_id, vote_id=vote.id, objection_id=case,
            account_id=world.li_na.account_id, text="五楼的老人没有收到通知，程序有问题", now=at,
        )  # fmt: skip
    assert "1 条异议待裁决" in desk.get(base).text
    address = f"{base}/{vote.id}/objections/{case}"
    assert desk.post(address, {"act": "uphold", "ruling": "对"}).status_code == 422
    assert desk.post(address, {"act": "uphold", "ruling": "查实确有两户没有送达通知"}).status_code == 303
    assert "不会成为最终结果" in desk.get(f"{base}/{vote.id}").text
    assert desk.post(f"{base}/{vote.id}/annul", {"reason": "重投"}).status_code == 422
    reason = "两户没有送达通知，重新公告后再表决"
    assert desk.post(f"{base}/{vote.id}/annul", {"reason": reason}).status_code == 303
    assert reason in desk.get(f"{base}/{vote.id}").text
    with database.session(writing=False) as session:
        assert (
            session.exec(select(TrailRow).where(TrailRow.tag == "votes:vote:annulled")).one().reason == reason
        )
        assert session.get_one(Objection, case).state == "upheld"


def test_a_removed_document_is_gone_with_its_bytes(desk, draft, database) -> None:
    desk.post(f"{draft}/attachments", {"title": ""}, files={"file": ("图纸.png", picture(), "image/png")})
    removal = re.search(r'action="([^"]+/remove)"', desk.get(f"{draft}/attachments").text)[1]
    assert desk.post(removal).status_code == 303
    with database.session(writing=False) as session:
        assert session.exec(select(VoteAttachment)).first() is None
        assert session.exec(select(StoredFile)).first() is None


def test_an_ownerless_home_is_named_on_the_cost_step_too(desk, draft, world, database) -> None:
    with database.transaction() as session:
        session.delete(session.get_one(Ownership, (world.homes["602"].unit_id, world.homes["602"].owner_id)))
    answer = desk.get(f"{draft}/cost")
    assert answer.status_code in {200, 422}
    assert "602" in answer.text


def test_a_discarded_draft_leaves_the_list_and_takes_its_documents_along(desk, draft, base, database) -> None:
    desk.post(f"{draft}/attachments", {"title": "图纸"}, files={"file": ("图纸.png", picture(), "image/png")})
    assert id_of(draft) in desk.get(base).text
    assert desk.post(f"{draft}/discard").status_code == 303
    assert id_of(draft) not in desk.get(base).text
    with database.session(writing=False) as session:
        assert session.exec(select(StoredFile)).first() is None
