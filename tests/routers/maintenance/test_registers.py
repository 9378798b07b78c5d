"""The registers of maintenance at the desk: who may open them, what a form does, and what comes back refused."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import select

from app.models.accounts import Grant, LoginSession
from app.models.base import NO_ID
from app.models.maintenance.clocks import CalendarDay, ClockRule, MaintenanceSettings
from app.models.maintenance.parties import Party, PartyStaff, Responsibility
from app.models.maintenance.places import Facility, LocalPhone, Place, SeasonRow, WarrantyItem
from app.models.works import Project
from app.rules.accounts import Duty, Role
from app.rules.deliberations.stages import Stage
from tests.fixtures.consensus import AGREED, TASK, Consensus

PAGES = (
    "/facilities",
    "/facilities/new",
    "/facilities/phones",
    "/facilities/seasons",
    "/parties",
    "/parties/duties",
    "/clocks",
    "/clocks/calendar",
)


@pytest.fixture
def desk(web, world, upkeep):
    """chen_jie's browser and the root of her desk."""
    return web(world.chen_jie), f"/desk/{world.slug}"


@pytest.fixture
def operator(database, world, now):
    """zhao_min keeps the installation."""
    with database.transaction() as session:
        session.add(
            Grant(
                account_id=world.zhao_min.account_id,
                estate_id=NO_ID,
                role=Role.OPERATOR,
                duty=Duty.NONE,
                granted_at=now,
            )
        )
    return world.zhao_min


@pytest.mark.parametrize("tail", PAGES)
def test_the_registers_are_the_committees_and_nobody_elses(web, world, upkeep, tail) -> None:
    path = f"/desk/{world.slug}{tail}"
    assert web(world.chen_jie).get(path).status_code == 200
    for name, status in (("ma_chao", 403), ("li_na", 403), ("zhou_tao", 404), ("stranger", 404)):
        assert web(world.people[name]).get(path).status_code == status, name
    assert web().get(path).headers["location"].startswith("/sign-in")


def test_a_page_of_another_estates_place_or_party_is_not_there(desk, upkeep, world, database, now) -> None:
    browser, root = desk
    with database.transaction() as session:
        place = Place(estate_id=world.other_estate_id, kind="estate", name="南苑小区", code="ZZZZ2222")
        party = Party(estate_id=world.other_estate_id, kind="property", name="别家物业", created_at=now)
        session.add_all([place, party])
        session.flush()
        ids = place.id, party.id
    assert browser.get(f"{root}/facilities/{ids[0]}").status_code == 404
    assert browser.get(f"{root}/parties/{ids[1]}").status_code == 404
    form = {"id": str(uuid4()), "name": "水泵", "family": "water"}
    assert browser.post(f"{root}/facilities/{ids[0]}/facilities", form).status_code == 404
    assert browser.post(f"{root}/parties/{ids[1]}/end", {"reason": "到期"}).status_code == 404


def rule_form(**changes: str) -> dict[str, str]:
    return {
        "id": str(uuid4()),
        "clock": "repair",
        "amount": "3",
        "measure": "working_days",
        "valid_from": "2026-11-24",
        "source": "物业服务合同第十二条",
        **changes,
    }


def test_a_rule_is_told_in_words_from_tomorrow_on(desk, database) -> None:
    browser, root = desk
    assert browser.post(f"{root}/clocks/rules", rule_form()).status_code == 303
    text = browser.get(f"{root}/clocks").text
    assert "维修时限：3 个工作日（从第二天起计算" in text
    assert "以后生效" in text
    with database.session(writing=False) as session:
        assert session.exec(select(ClockRule.valid_from)).all() == [date(2026, 11, 24)]


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-01", "", "明天", "2026-13-40"])
def test_a_rule_for_today_or_before_is_refused_and_what_was_typed_stays(desk, database, day) -> None:
    browser, root = desk
    answer = browser.post(f"{root}/clocks/rules", rule_form(valid_from=day))
    assert answer.status_code == 422
    assert "物业服务合同第十二条" in answer.text
    if day.startswith("2026-11"):
        assert "已经在办的工单按原来的时限办" in answer.text
    with database.session(writing=False) as session:
        assert session.exec(select(ClockRule)).all() == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("clock", "appeal"),
        ("clock", ""),
        ("amount", "0"),
        ("amount", "1.5"),
        ("amount", "1001"),
        ("amount", "９"),
        ("measure", "weeks"),
        ("category", "no_such"),
        ("urgency", "soon"),
        ("place", "moon"),
        ("party", "x"),
        ("source", " "),
        ("source", "长" * 300),
    ],
)
def test_a_rule_that_cannot_be_is_refused(desk, field, value) -> None:
    browser, root = desk
    assert browser.post(f"{root}/clocks/rules", rule_form(**{field: value})).status_code == 422


def test_the_settings_are_kept_and_nonsense_is_refused(desk, database, world) -> None:
    browser, root = desk
    form = {"reopen_days": "60", "recurrence_days": "120", "zipcode": "215000"}
    assert browser.post(f"{root}/clocks/settings", form).status_code == 303
    for wrong in ({"reopen_days": "0"}, {"recurrence_days": "x"}, {"zipcode": "21500"}):
        assert browser.post(f"{root}/clocks/settings", form | wrong).status_code == 422
    with database.session(writing=False) as session:
        row = session.get_one(MaintenanceSettings, world.estate_id)
        assert (row.reopen_days, row.recurrence_days, row.zipcode) == (60, 120, "215000")


def test_only_the_operator_changes_the_calendar(desk, web, world, database, operator) -> None:
    browser, root = desk
    form = {
        "first": "2026-12-01",
        "last": "2026-12-02",
        "kind": "rest",
        "name": "防汛停工",
        "reason": "指挥部通知",
    }
    path = f"{root}/clocks/calendar/days"
    assert browser.post(path, form).status_code == 403
    assert web(world.sun_li).post(path, form).status_code == 403
    assert web(operator).post(path, form).status_code == 303
    with database.session(writing=False) as session:
        rows = session.exec(select(CalendarDay).where(CalendarDay.version == 2)).all()
    assert {(row.day, row.workday) for row in rows} == {
        (date(2026, 12, 1), False),
        (date(2026, 12, 2), False),
    }
    assert "防汛停工" in browser.get(f"{root}/clocks/calendar").text
    again = web(operator).post(path, form)
    assert again.status_code == 409
    assert "防汛停工" in again.text
    assert web(operator).post(path, form | {"first": "2026-11-01"}).status_code == 422


def test_from_november_on_the_pages_say_that_next_years_notice_is_missing(desk) -> None:
    browser, root = desk
    for page in ("/clocks", "/clocks/calendar"):
        assert "2027 年的放假通知还没有录入" in browser.get(f"{root}{page}").text


def test_a_party_is_added_with_its_hours_and_a_taken_name_is_refused(desk, database, world) -> None:
    browser, root = desk
    form = {"id": str(uuid4()), "kind": "utility", "name": "华润燃气", "hours": "08:30-11:30 13:00-17:00"}
    assert browser.post(f"{root}/parties", form).status_code == 303
    assert browser.post(f"{root}/parties", form).status_code == 303
    other = {**form, "id": str(uuid4())}
    assert browser.post(f"{root}/parties", other).status_code == 409
    for wrong in ({"hours": "9点到5点"}, {"kind": "committee"}, {"name": ""}, {"phone": "打我手机"}):
        assert browser.post(f"{root}/parties", {**other, "name": "另一家", **wrong}).status_code == 422
    with database.session(writing=False) as session:
        found = session.exec(select(Party.hours).where(Party.name == "华润燃气")).all()
    assert found == ["08:30-11:30 13:00-17:00"]


def test_a_person_of_a_party_gets_in_with_his_phone_and_loses_it_again(
    desk, web, world, upkeep, database
) -> None:
    browser, root = desk
    page = f"{root}/parties/{upkeep.builder}"
    form = {"phone": world.stranger.phone.removeprefix("+86"), "name": "stranger"}
    assert web(world.stranger).get(f"{root}/orders").status_code == 404
    assert browser.post(f"{page}/staff", form).status_code == 303
    assert "stranger" in browser.get(page).text
    assert web(world.stranger).get(f"{root}/orders").status_code == 303  # who is given a role signs in anew
    with database.session(writing=True) as session:
        session.connection().execute(sa.update(LoginSession).values(ended_at=None))
        session.commit()
    assert web(world.stranger).get(f"{root}/orders").status_code == 200
    assert browser.post(f"{page}/staff", form).status_code == 409
    assert browser.post(f"{page}/staff/{world.stranger.account_id}/end").status_code == 303
    assert web(world.stranger).get(f"{root}/orders").status_code == 404


def test_a_number_does_not_tell_whose_it_is(desk, world, upkeep, database) -> None:
    browser, root = desk
    answer = browser.post(
        f"{root}/parties/{upkeep.builder}/staff", {"phone": world.zhou_tao.phone, "name": "某某"}
    )
    assert answer.status_code == 422
    assert "zhou_tao" not in answer.text
    own = {"phone": world.chen_jie.phone, "name": "chen_jie"}
    assert browser.post(f"{root}/parties/{upkeep.builder}/staff", own).status_code == 403
    with database.session(writing=False) as session:
        assert session.get(PartyStaff, (upkeep.builder, world.zhou_tao.account_id)) is None


def test_the_table_answers_who_it_was_on_that_day(desk, upkeep) -> None:
    browser, root = desk
    asked = f"{root}/parties/duties?ask_place={upkeep.building}&ask_family=envelope&ask_day="
    assert "由建安公司负责" in browser.get(f"{asked}2026-11-23").text
    assert "由安居物业负责" in browser.get(f"{asked}2030-01-01").text
    before = asked.replace("envelope", "green")
    assert "由幸福里居委会负责" in browser.get(f"{before}2020-01-01").text
    assert browser.get(f"{asked}gestern").status_code == 422
    assert (
        browser.get(f"{root}/parties/duties?ask_place=x&ask_family=water&ask_day=2026-01-01").status_code
        == 422
    )


def test_a_duty_is_written_down_and_ends(desk, upkeep, database) -> None:
    browser, root = desk
    form = {
        "id": str(uuid4()),
        "party": str(upkeep.builder),
        "family": "green",
        "basis": "contract",
        "document": "绿化养护合同 2026-7",
        "valid_from": "2026-01-01",
    }
    for wrong in ({"document": ""}, {"basis": "warranty"}, {"valid_to": "2025-12-31"}, {"party": ""}):
        assert browser.post(f"{root}/parties/duties", {**form, **wrong}).status_code == 422
    assert browser.post(f"{root}/parties/duties", form).status_code == 303
    ending = f"{root}/parties/duties/{form['id']}/end"
    assert browser.post(ending, {"last_day": "2025-01-01"}).status_code == 422
    assert browser.post(ending, {"last_day": "2026-11-22"}).status_code == 303
    with database.session(writing=False) as session:
        row = session.get_one(Responsibility, UUID(form["id"]))
        assert (row.valid_to, row.recorded_at.year) == (date(2026, 11, 22), 2026)
    assert browser.post(ending, {"last_day": "2026-11-23"}).status_code == 409


def test_a_facility_gets_a_code_of_its_own_and_can_be_retired(desk, upkeep, database) -> None:
    browser, root = desk
    form = {"id": str(uuid4()), "name": "1单元电梯", "family": "lift", "certificate_until": "2027-03-31"}
    assert browser.post(f"{root}/facilities/{upkeep.entrance}/facilities", form).status_code == 303
    with database.session(writing=False) as session:
        place = session.get_one(Place, UUID(form["id"]))
        assert (place.building, place.entrance, len(place.code)) == ("3", "1", 8)
        assert session.get_one(Facility, place.id).certificate_until == date(2027, 3, 31)
    page = f"{root}/facilities/{form['id']}"
    assert place.code in browser.get(page).text
    nested = {"id": str(uuid4()), "name": "轿厢", "family": "lift"}
    assert browser.post(f"{page}/facilities", nested).status_code == 409
    assert browser.post(f"{page}/retire", {"reason": ""}).status_code == 422
    assert browser.post(f"{page}/retire", {"reason": "更换"}).status_code == 303
    assert browser.get(page).status_code == 404


@pytest.mark.parametrize(
    ("lat", "long", "status"),
    [
        ("31.299379", "120.619585", 303),
        ("-0.0000005", "180", 303),
        ("", "", 303),
        ("120.619585", "31.299379", 422),
        ("31.3", "", 422),
        ("3e1", "120", 422),
        ("31,3", "120,6", 422),
        ("NaN", "120", 422),
        ("３１.3", "120", 422),
        ("90.000001", "0", 422),
    ],
)
def test_impossible_coordinates_are_refused(desk, upkeep, lat, long, status) -> None:
    browser, root = desk
    answer = browser.post(f"{root}/facilities/{upkeep.building}/spot", {"lat": lat, "long": long})
    assert answer.status_code == status


def test_coordinates_are_kept_to_the_millionth(desk, upkeep, database) -> None:
    browser, root = desk
    browser.post(f"{root}/facilities/{upkeep.building}/spot", {"lat": "31.299379", "long": "120.6"})
    with database.session(writing=False) as session:
        place = session.get_one(Place, upkeep.building)
        assert (place.lat, place.long) == (31_299_379, 120_600_000)
    assert "31.299379，120.600000" in browser.get(f"{root}/facilities/{upkeep.building}").text


def item_form(**changes: str) -> dict[str, str]:
    return {
        "id": str(uuid4()),
        "title": "3栋外墙保温",
        "family": "envelope",
        "warranty_class": "insulation",
        "accepted_on": "2024-05-10",
        **changes,
    }


def test_a_warranty_shows_its_last_day_and_article(desk, upkeep, database) -> None:
    browser, root = desk
    page = f"{root}/facilities/{upkeep.building}"
    assert browser.post(f"{page}/items", item_form(contractor=str(upkeep.builder))).status_code == 303
    text = browser.get(page).text
    assert "2029 年 5 月 10 日" in text
    assert "《民用建筑节能条例》第二十三条" in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"agreed": "4"},
        {"agreed": "101"},
        {"agreed": "五年"},
        {"warranty_class": "agreed"},
        {"warranty_class": "eternal"},
        {"accepted_on": "2026-11-24"},
        {"accepted_on": "2026-02-30"},
        {"title": ""},
        {"family": "moon"},
    ],
)
def test_a_warranty_shorter_than_the_law_or_not_of_this_world_is_refused(desk, upkeep, wrong) -> None:
    browser, root = desk
    answer = browser.post(f"{root}/facilities/{upkeep.building}/items", item_form(**wrong))
    assert answer.status_code == 422
    assert "3栋外墙保温" in answer.text or "title" in wrong


def test_a_warranty_in_seasons_is_settled_when_the_seasons_are_known(desk, upkeep, database) -> None:
    browser, root = desk
    form = item_form(warranty_class="heating", title="换热站", accepted_on="2024-05-10")
    browser.post(f"{root}/facilities/{upkeep.building}/items", form)
    assert "最晚 2027 年 5 月 10 日" in browser.get(f"{root}/facilities/{upkeep.building}").text
    seasons = f"{root}/facilities/seasons"
    for first, last in (("2024-11-15", "2025-03-15"), ("2025-11-15", "2026-03-15")):
        assert browser.post(seasons, {"kind": "heating", "first": first, "last": last}).status_code == 303
    overlap = {"kind": "heating", "first": "2025-03-01", "last": "2025-04-01"}
    assert browser.post(seasons, overlap).status_code == 409
    assert browser.post(seasons, overlap | {"last": "2024-01-01"}).status_code == 422
    with database.session(writing=False) as session:
        assert session.get_one(WarrantyItem, UUID(form["id"])).last_day == date(2026, 3, 15)
    assert browser.post(f"{seasons}/remove", {"kind": "heating", "first": "2025-11-15"}).status_code == 303
    with database.session(writing=False) as session:
        assert len(session.exec(select(SeasonRow)).all()) == 1
        assert session.get_one(WarrantyItem, UUID(form["id"])).last_day == date(2027, 5, 10)


def test_a_correction_of_a_warranty_is_kept_with_old_and_new(desk, upkeep, database) -> None:
    browser, root = desk
    form = {"accepted_on": "2024-05-10", "agreed": "8", "contractor": str(upkeep.builder)}
    page = f"{root}/facilities/{upkeep.building}/items/{upkeep.roof}"
    assert browser.post(page, form).status_code == 303
    assert browser.post(page, form | {"agreed": "3"}).status_code == 422
    with database.session(writing=False) as session:
        assert session.get_one(WarrantyItem, upkeep.roof).last_day == date(2032, 5, 10)
    elsewhere = f"{root}/facilities/{upkeep.entrance}/items/{upkeep.roof}"
    assert browser.post(elsewhere, form).status_code == 404


def test_a_local_number_stands_before_the_national_ones_and_can_be_taken_away(desk, database) -> None:
    browser, root = desk
    form = {"id": str(uuid4()), "danger": "lift", "name": "电梯24小时救援", "number": "0512-96333"}
    page = f"{root}/facilities/phones"
    assert browser.post(page, form).status_code == 303
    text = browser.get(page).text
    assert re.search(r"0512-96333.*119", text[text.index("电梯困人</h2>") :], re.S)
    assert browser.post(page, {**form, "id": str(uuid4())}).status_code == 409
    assert browser.post(page, {**form, "id": str(uuid4()), "number": "javascript:1"}).status_code == 422
    assert browser.post(f"{page}/{form['id']}/remove").status_code == 303
    with database.session(writing=False) as session:
        assert session.exec(select(LocalPhone)).all() == []


def test_a_megabyte_of_name_is_refused(desk, upkeep) -> None:
    browser, root = desk
    for length, status in ((100_000, 422), (400_000, 400)):
        form = {"id": str(uuid4()), "kind": "utility", "name": "长" * length}
        assert browser.post(f"{root}/parties", form).status_code == status


def test_tomorrow_begins_at_midnight_in_beijing(web, world, upkeep, clock) -> None:
    path = f"/desk/{world.slug}/clocks/rules"
    clock.instant += timedelta(hours=13, minutes=59)  # 23:59
    assert web(world.chen_jie).post(path, rule_form(valid_from="2026-11-24")).status_code == 303
    clock.instant += timedelta(minutes=1)
    late = rule_form(valid_from="2026-11-24", category="lighting")
    assert web(world.chen_jie).post(path, late).status_code == 422


@pytest.fixture
def project(talk, database, clock, upkeep) -> UUID:
    """Works of one task."""
    clock.instant = talk.begins[Stage.CONSENSUS] + timedelta(hours=2)
    with database.transaction() as session:
        consensus = Consensus(talk, session, clock.instant)
        consensus.publish([AGREED, TASK])
        return consensus.project()


def test_finished_works_become_a_facility(web, world, upkeep, database, project, clock) -> None:
    browser, root = web(world.chen_jie), f"/desk/{world.slug}"
    link = f"{root}/facilities/new?project={project}"
    assert link not in browser.get(f"{root}/projects/{project}").text
    with database.transaction() as session:
        row = session.get_one(Project, project)
        row.completed_at = clock.instant
        session.add(row)
    assert link in browser.get(f"{root}/projects/{project}").text
    assert f'value="{row.title}"' in browser.get(link).text
    form = {
        "id": str(uuid4()),
        "project": str(project),
        "above": str(upkeep.entrance),
        "name": "1单元电梯",
        "family": "lift",
    }
    assert browser.post(f"{root}/facilities/new", form | {"above": ""}).status_code == 422
    assert browser.post(f"{root}/facilities/new", form | {"project": str(uuid4())}).status_code == 404
    assert browser.post(f"{root}/facilities/new", form).status_code == 303
    with database.session(writing=False) as session:
        assert session.get_one(Facility, UUID(form["id"])).project_id == project
    assert row.title in browser.get(f"{root}/facilities/{form['id']}").text
