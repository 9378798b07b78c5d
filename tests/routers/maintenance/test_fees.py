"""Fees as pages: prices and rates for everybody, deeds for members, who has paid for the home and the committee alone."""

from __future__ import annotations

import io
import re
from uuid import UUID, uuid4

import pytest
from openpyxl import Workbook
from PIL import Image
from sqlmodel import select

from app.models.maintenance.fees import ChargeState, FeeCharge, FeeService, Hardship, ServiceDeed
from app.models.trail import TrailRow

MONTH = "2026-11"
OUTSIDE = ("li_na", "wang_wei", "zhao_min", "sun_li", "qian_er")
REASON = "家里有长期病人"


def service_form(upkeep, **changes: str) -> dict[str, str]:
    form = {
        "id": str(uuid4()),
        "title": "楼道保洁",
        "text": "每天扫一次",
        "party": str(upkeep.manager),
        "basis": "area",
        "price": "0.55",
        "document": "2026年第3号决定",
        "vote": "",
        "first_month": "2026-08",
    }
    return {**form, **changes}


@pytest.fixture
def desk(web, world, upkeep):
    """chen_jie's browser and the root of fees at her desk."""
    return web(world.chen_jie), f"/desk/{world.slug}/fees"


@pytest.fixture
def service(desk, upkeep, database) -> UUID:
    """A service with November charged to all twelve homes."""
    browser, root = desk
    assert browser.post(f"{root}/new", service_form(upkeep)).status_code == 303
    with database.session(writing=False) as session:
        service_id = session.exec(select(FeeService.id)).one()
    answer = browser.post(f"{root}/services/{service_id}/charge", {"month": MONTH})
    assert answer.headers["location"] == f"{root}?month={MONTH}&charged=12"
    return service_id


@pytest.fixture
def settled(desk, service, world) -> UUID:
    """301 has paid on receipt PAID-301, 302 is on the hardship list."""
    browser, root = desk
    home = world.homes["301"].unit_id
    paid = {"charges": [f"{service}:{MONTH}"], "receipt": "PAID-301"}
    assert browser.post(f"{root}/homes/{home}/pay", paid).status_code == 303
    listed = {
        "id": str(uuid4()),
        "home": "3-1-302",
        "reason": REASON,
        "first_month": MONTH,
        "last_month": MONTH,
    }
    assert browser.post(f"{root}/hardship", listed).status_code == 303
    return service


def test_passers_by_see_services_and_rates_and_nothing_of_any_home(web, world, desk, settled) -> None:
    browser, root = desk
    browser.post(f"{root}/services/{settled}/deeds", {"id": str(uuid4()), "month": MONTH, "text": "洗了地面"})
    for visitor in (web(), web(world.stranger)):
        text = visitor.get(f"/e/{world.slug}/maintenance/fees").text
        assert "每平方米每月 0.55 元" in text
        assert "9.0%（1/11 户）" in text
        assert "9.0%（44/484 元）" in text
        for private in ("PAID-301", REASON, "301室", "302室", "洗了地面"):
            assert private not in text


def test_only_the_home_itself_sees_its_payments_and_its_relief(web, world, settled) -> None:
    path = f"/e/{world.slug}/maintenance/fees"
    seen = {
        name: web(world.people[name]).get(path).text for name in (*OUTSIDE, "ma_chao", "chen_jie", "stranger")
    }
    assert {name for name, text in seen.items() if "PAID-301" in text} == {"li_na"}
    assert {name for name, text in seen.items() if REASON in text} == {"wang_wei"}
    assert {name for name, text in seen.items() if "301室" in text} == {"li_na"}
    assert "没有欠费" in seen["li_na"]
    assert "还应缴 44 元" in seen["qian_er"]


def test_below_five_homes_no_rate_is_published(web, world, upkeep, desk, service, database) -> None:
    with database.transaction() as session:
        for room in ("401", "402", "501", "502", "601", "602", "101", "102"):
            unit_id = world.homes[room].unit_id
            session.add(
                Hardship(
                    estate_id=world.estate_id,
                    unit_id=unit_id,
                    reason="低保",
                    first_month="2026-10",
                    last_month="2026-10",
                    by=world.chen_jie.account_id,
                    at=upkeep_now(session),
                )
            )
    browser, root = desk
    browser.post(f"{root}/services/{service}/charge", {"month": "2026-10"})
    text = web(world.li_na).get(f"/e/{world.slug}/maintenance/fees?month=2026-10").text
    assert "应缴不足 5 户，不公布收缴率" in text
    assert "户已缴" not in text


def upkeep_now(session):
    return session.exec(select(FeeService.recorded_at)).first()


@pytest.mark.parametrize("name", [*OUTSIDE, "ma_chao"])
def test_who_has_paid_is_the_committees_alone(web, world, desk, settled, database, name) -> None:
    _, root = desk
    browser, home = web(world.people[name]), world.homes["301"].unit_id
    charge = f"{settled}:{MONTH}"
    for path in (
        f"{root}/homes",
        f"{root}/homes?building=3&entrance=1",
        f"{root}/homes/{home}",
        f"{root}/hardship",
        f"{root}/new",
        f"{root}/services/{settled}/price",
        f"{root}/services/{settled}/import",
    ):
        answer = browser.get(path)
        assert answer.status_code == 403, path
        assert "PAID-301" not in answer.text
        assert REASON not in answer.text
    for path, form in (
        (f"{root}/homes", {"home": "3-1-301"}),
        (f"{root}/homes/{home}/pay", {"charges": [charge], "receipt": "1"}),
        (f"{root}/homes/{home}/undo", {"charge": charge, "reason": "错"}),
        (f"{root}/hardship", {"id": str(uuid4()), "home": "3-1-401"}),
        (f"{root}/hardship/{uuid4()}/end", {"from_month": MONTH}),
        (f"{root}/new", {}),
        (f"{root}/services/{settled}/price", {}),
        (f"{root}/services/{settled}/charge", {"month": "2026-10"}),
        (f"{root}/services/{settled}/end", {"last_month": MONTH}),
        (f"{root}/services/{settled}/import", {"month": MONTH}),
        (f"{root}/services/{settled}/import/confirm", {"month": MONTH, "rows": f"{home} 1"}),
    ):
        assert browser.post(path, form).status_code == 403, path
    with database.session(writing=False) as session:
        states = [one.state for one in session.exec(select(FeeCharge))]
    assert (len(states), states.count(ChargeState.PAID), states.count(ChargeState.RELIEVED)) == (12, 1, 1)


def test_another_estates_committee_finds_nothing(web, world, desk, settled) -> None:
    browser, own = web(world.zhou_tao), f"/desk/{world.other_slug}/fees"
    home = world.homes["301"].unit_id
    assert browser.get(f"{own}/homes/{home}").status_code == 404
    assert browser.get(f"{own}/services/{settled}/deeds").status_code == 404
    assert browser.get(f"{own}/services/{settled}/import").status_code == 404
    assert browser.post(f"{own}/services/{settled}/charge", {"month": MONTH}).status_code == 404
    assert browser.post(f"{own}/homes", {"home": "3-1-301"}).status_code == 422
    assert browser.get(f"/desk/{world.slug}/fees").status_code == 404
    assert "楼道保洁" not in web().get(f"/e/{world.other_slug}/maintenance/fees").text


def test_party_staff_see_their_services_and_tell_deeds_but_no_money(
    web, world, upkeep, desk, settled, database
) -> None:
    chen_jie, root = desk
    chen_jie.post(f"{root}/new", service_form(upkeep, title="绿化养护", party=str(upkeep.builder)))
    browser = web(world.ma_chao)
    text = browser.get(root).text
    assert "楼道保洁" in text
    assert "绿化养护" not in text
    assert "工作台菜单" not in text
    for money in ("收缴率", "减免", "登记缴费", "PAID-301"):
        assert money not in text
    picture = io.BytesIO()
    Image.new("RGB", (900, 600), "green").save(picture, "JPEG")
    deed = {"id": str(uuid4()), "month": MONTH, "text": "清洗了三栋楼道"}
    path = f"{root}/services/{settled}/deeds"
    for _ in range(2):
        sent = browser.post(path, deed, files={"photo": ("a.jpg", picture.getvalue(), "image/jpeg")})
        assert sent.headers["location"] == f"{path}?month={MONTH}"
    assert "清洗了三栋楼道" in browser.get(path).text
    with database.session(writing=False) as session:
        told = session.exec(select(ServiceDeed)).one()
        green = session.exec(select(FeeService.id).where(FeeService.title == "绿化养护")).one()
    shown = web(world.li_na).get(f"/e/{world.slug}/maintenance/fees").text
    assert "清洗了三栋楼道" in shown
    assert f"/files/{told.photo_id}/small" in shown
    other = f"{root}/services/{green}/deeds"
    assert browser.get(other).status_code == 403
    assert browser.post(other, {**deed, "id": str(uuid4())}).status_code == 403
    for name in OUTSIDE:
        assert web(world.people[name]).post(path, deed).status_code == 403


def test_a_deed_refused_keeps_its_words_and_asks_for_the_photo_again(web, world, desk, service) -> None:
    browser, root = desk
    form = {"id": str(uuid4()), "month": MONTH, "text": "洗了地面"}
    answer = browser.post(
        f"{root}/services/{service}/deeds", form, files={"photo": ("a.jpg", b"%PDF-1.7", "image/jpeg")}
    )
    assert answer.status_code == 422
    assert "洗了地面" in answer.text
    assert "照片没有保留" in answer.text


def test_a_month_is_charged_at_one_click_and_a_second_says_so(desk, service) -> None:
    browser, root = desk
    answer = browser.post(f"{root}/services/{service}/charge", {"month": MONTH})
    assert answer.headers["location"].endswith("charged=0")
    assert "没有新的" in browser.get(answer.headers["location"]).text
    early = browser.post(f"{root}/services/{service}/charge", {"month": "2026-12"})
    assert early.status_code == 422
    assert "还没有到" in early.text


def test_a_payment_is_written_down_and_taken_back(desk, world, settled, database) -> None:
    browser, root = desk
    path = f"{root}/homes/{world.homes['301'].unit_id}"
    key = f"{settled}:{MONTH}"
    assert "PAID-301" in browser.get(path).text
    refused = browser.post(f"{path}/undo", {"charge": key, "reason": ""})
    assert refused.status_code == 422
    assert re.search(rf'id="f-reason-{key}"', refused.text)
    assert browser.post(f"{path}/undo", {"charge": key, "reason": "登记错户"}).status_code == 303
    assert "还应缴 44 元" in browser.get(path).text
    assert browser.post(f"{path}/undo", {"charge": key, "reason": "登记错户"}).status_code == 409
    assert browser.post(f"{path}/undo", {"charge": "x", "reason": "登记错户"}).status_code == 404
    with database.session(writing=False) as session:
        row = session.exec(select(TrailRow).where(TrailRow.tag == "maintenance:fee:undo")).one()
    assert (row.reason, row.old["receipt"]) == ("登记错户", "PAID-301")


@pytest.mark.parametrize(
    "form",
    [
        {"charges": [], "receipt": "1"},
        {"charges": ["nothing"], "receipt": "1"},
        {"receipt": "1"},
        {"charges": None, "receipt": "长" * 70},
    ],
)
def test_a_payment_that_cannot_be_used_comes_back_as_typed(desk, world, service, form, database) -> None:
    browser, root = desk
    if form.get("charges", ()) is None:
        form = {**form, "charges": [f"{service}:{MONTH}"]}
    answer = browser.post(f"{root}/homes/{world.homes['301'].unit_id}/pay", form)
    assert answer.status_code == 422
    assert f'value="{form["receipt"]}"' in answer.text
    with database.session(writing=False) as session:
        assert {one.state for one in session.exec(select(FeeCharge))} == {ChargeState.DUE}


def test_a_home_is_found_by_its_number_or_its_entrance(desk, world, service) -> None:
    browser, root = desk
    found = browser.post(f"{root}/homes", {"home": "3栋1单元301"})
    assert found.headers["location"] == f"{root}/homes/{world.homes['301'].unit_id}"
    assert "欠 1 笔 44 元" in browser.get(f"{root}/homes?building=3&entrance=1").text
    lost = browser.post(f"{root}/homes", {"home": "九栋"})
    assert lost.status_code == 422
    assert "九栋" in lost.text


def test_a_sheet_is_shown_first_and_written_when_confirmed(desk, world, service, database) -> None:
    browser, root = desk
    path = f"{root}/services/{service}/import"
    content = "房屋,收据号,金额\n3-1-301,B1,44\n3-1-302,B2,45\n".encode("gb18030")
    shown = browser.post(path, {"month": MONTH}, files={"file": ("缴费.csv", content, "text/csv")})
    assert shown.status_code == 200
    assert "可以登记 1 户，共 44 元；有 1 行不登记" in shown.text
    assert "表里写 45.00 元，应缴 44.00 元" in shown.text
    packed = re.search(r'name="rows"\s+value="([^"]*)"', shown.text)
    with database.session(writing=False) as session:
        assert {one.state for one in session.exec(select(FeeCharge))} == {ChargeState.DUE}
    form = {"month": MONTH, "rows": packed[1]}
    for _ in range(2):
        assert browser.post(f"{path}/confirm", form).status_code == 303
    with database.session(writing=False) as session:
        paid = session.exec(select(FeeCharge).where(FeeCharge.state == ChargeState.PAID)).one()
    assert (paid.unit_id, paid.receipt) == (world.homes["301"].unit_id, "B1")
    assert browser.post(f"{path}/confirm", {"month": MONTH, "rows": "rubbish"}).status_code == 422
    assert browser.post(f"{path}/confirm", {"month": "x", "rows": packed[1]}).status_code == 422
    assert browser.post(path, {"month": MONTH}).status_code == 422


def test_an_xlsx_is_read_as_well(desk, world, service) -> None:
    book, written = Workbook(), io.BytesIO()
    book.active.append(["楼栋", "单元", "房号", "收据号"])
    book.active.append([3, 1, 301, "C1"])
    book.save(written)
    browser, root = desk
    shown = browser.post(
        f"{root}/services/{service}/import",
        {"month": MONTH},
        files={"file": ("缴费.xlsx", written.getvalue(), "application/octet-stream")},
    )
    assert "可以登记 1 户" in shown.text


@pytest.mark.parametrize(
    "changes",
    [{"price": "免费"}, {"basis": ""}, {"document": ""}, {"first_month": "x"}, {"title": ""}, {"id": "x"}],
)
def test_a_service_that_cannot_be_used_comes_back_as_typed(desk, upkeep, database, changes) -> None:
    browser, root = desk
    answer = browser.post(f"{root}/new", service_form(upkeep, text="每周两次", **changes))
    assert answer.status_code == 422
    assert "每周两次" in answer.text
    with database.session(writing=False) as session:
        assert session.exec(select(FeeService.id)).all() == []


def test_a_new_price_is_announced_and_the_old_one_stays_to_be_read(web, world, desk, upkeep, service) -> None:
    browser, root = desk
    form = service_form(upkeep, price="0.60", first_month="2026-12")
    assert 'value="0.55"' in browser.get(f"{root}/services/{service}/price").text
    assert browser.post(f"{root}/services/{service}/price", {**form, "first_month": MONTH}).status_code == 409
    assert browser.post(f"{root}/services/{service}/price", form).status_code == 303
    assert "2026-12 起" in browser.get(root).text
    assert "2026-08 到 2026-11" in web().get(f"/e/{world.slug}/maintenance/fees").text


def test_a_service_ends_and_relief_ends(desk, world, settled, database) -> None:
    browser, root = desk
    refused = browser.post(f"{root}/services/{settled}/end", {"last_month": "2026-10"})
    assert refused.status_code == 409
    assert browser.post(f"{root}/services/{settled}/end", {"last_month": MONTH}).status_code == 303
    with database.session(writing=False) as session:
        listed = session.exec(select(Hardship.id)).one()
    assert REASON in browser.get(f"{root}/hardship").text
    assert browser.post(f"{root}/hardship/{listed}/end", {"from_month": "bad"}).status_code == 422
    assert browser.post(f"{root}/hardship/{listed}/end", {"from_month": MONTH}).status_code == 303
    assert browser.post(f"{root}/hardship/{listed}/end", {"from_month": MONTH}).status_code == 404
    with database.session(writing=False) as session:
        states = {one.state for one in session.exec(select(FeeCharge))}
    assert states == {ChargeState.DUE, ChargeState.PAID}


def test_pages_of_any_month_open_even_when_it_is_nonsense(web, world, desk, service) -> None:
    browser, root = desk
    for month in ("2026-08", "2000-01", "2099-12", "x", ""):
        assert web().get(f"/e/{world.slug}/maintenance/fees?month={month}").status_code == 200
        assert browser.get(f"{root}?month={month}").status_code == 200
        assert browser.get(f"{root}/services/{service}/deeds?month={month}").status_code == 200


def test_the_committee_alone_hides_a_deed_and_residents_see_the_reason_in_its_place(
    web, world, desk, service
) -> None:
    browser, root = desk
    picture = io.BytesIO()
    Image.new("RGB", (900, 600), "green").save(picture, "JPEG")
    path, form = f"{root}/services/{service}/deeds", {"id": str(uuid4()), "month": MONTH, "text": "洗了地面"}
    browser.post(path, form, files={"photo": ("a.jpg", picture.getvalue(), "image/jpeg")})
    said = {"month": MONTH, "reason": "拍到了住户"}
    for name in ("li_na", "sun_li", "ma_chao", "zhao_min"):
        assert web(world.people[name]).post(f"{path}/{form['id']}/hide", said).status_code == 403
    assert browser.post(f"{path}/{form['id']}/burn", said).status_code == 422
    public, resident = f"/e/{world.slug}/maintenance/fees", web(world.li_na)
    photo = re.search(rf"/e/{world.slug}/files/[0-9a-f-]+", resident.get(public).text)[0]
    assert resident.get(photo).status_code == 200
    blank = browser.post(f"{path}/{form['id']}/hide", {"month": MONTH, "reason": " "})
    assert blank.status_code == 422
    assert f'href="#f-reason-{form["id"]}"' in blank.text
    assert browser.post(f"{path}/{form['id']}/hide", said).headers["location"] == f"{path}?month={MONTH}"
    text = resident.get(public).text
    assert "拍到了住户" in text
    assert "洗了地面" not in text
    assert photo not in text
    assert resident.get(photo).status_code == resident.get(photo + "/small").status_code == 403
    assert "洗了地面" in browser.get(path).text
    assert "洗了地面" not in web(world.ma_chao).get(path).text
    browser.post(f"{path}/{form['id']}/show", said)
    assert "洗了地面" in resident.get(public).text
    assert resident.get(photo).status_code == 200
