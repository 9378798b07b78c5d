"""Staff without their second factor are neighbours: every page of their work leads to where they show it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, select

from app import dependencies
from app.models.accounts import Grant, LoginSession
from app.models.base import NO_ID
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.routers import ALL
from app.rules.accounts import Role
from app.services import files
from app.services.accounts.hashing import token_hash
from app.services.accounts.sessions import find_person
from tests.fixtures.second_factor import Authenticator, set_up
from tests.fixtures.world import make_person
from tests.services.test_files import PDF

MINUTE = timedelta(minutes=1)
FACTOR, SET_UP, SECOND = "/me/second-factor", "/me/second-factor/set-up", "/sign-in/second"
REASON = "手机丢失，已核对身份证"
STAFF_GUARDS = {dependencies._committee, dependencies._auditing, dependencies._operating}


def routes_of(routes: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for route in routes:
        if hasattr(route, "original_router"):
            yield from routes_of(route.original_router.routes, prefix + route.include_context.prefix)
        else:
            yield prefix + route.path, route


def guards_of(dependant: Any) -> set[Any]:
    return {dependant.call}.union(*(guards_of(one) for one in dependant.dependencies))


def staff_addresses() -> list[tuple[str, str]]:
    """Everything under /desk/, and what a staff guard stands before wherever it is: method and pattern."""
    found = set()
    for router in ALL:
        for path, route in routes_of(router.routes):
            if path.startswith("/desk/") or guards_of(route.dependant) & STAFF_GUARDS:
                found |= {(method, path) for method in route.methods}
    return sorted(found)


def filled(pattern: str, slug: str) -> str:
    """An address with every id that of nothing, and every number one."""
    values = {"slug": slug}
    return re.sub(
        r"{(\w+)(:\w+)?}",
        lambda place: values.get(place[1], "1" if place[2] == ":int" else str(UUID(int=5))),
        pattern,
    )


def content_of(database) -> dict[str, list[Any]]:
    """Every row but what notes that a device was used."""
    tables = [table for table in SQLModel.metadata.sorted_tables if table.name != "login_session"]
    with database.session(writing=False) as session:
        return {table.name: session.connection().execute(sa.select(table)).all() for table in tables}


def grant(database, somebody, role, estate_id, now) -> None:
    with database.transaction() as session:
        session.add(Grant(account_id=somebody.account_id, estate_id=estate_id, role=role, granted_at=now))


@pytest.fixture
def operator(database, world, now):
    with database.transaction() as session:
        person = make_person(session, "he_ping", "+8613900001900", now)
    grant(database, person, Role.OPERATOR, NO_ID, now)
    return person


@pytest.fixture
def required(app):
    app.state.settings = app.state.settings.model_copy(update={"staff_second_factor": "required"})


@pytest.fixture
def desk(world):
    return f"/desk/{world.slug}"


def equip(database, somebody, now, secret) -> Authenticator:
    """She set a factor up some minutes ago on this very phone, and has signed in anew since."""
    with database.transaction() as session:
        phone, _ = set_up(session, somebody, now=now - 2 * MINUTE, secret=secret)
    sign_in_anew(database, somebody, now)
    return phone


def sign_in_anew(database, somebody, now) -> None:
    with database.transaction() as session:
        session.add(
            LoginSession(
                account_id=somebody.account_id,
                token_hash=token_hash(somebody.token),
                created_at=now,
                seen_at=now,
                expires_at=now + timedelta(days=9),
            )
        )


def show(browser, phone, now, onward=""):
    return browser.post(SECOND, {"code": phone.at(now), "next": onward})


@pytest.mark.parametrize("has_factor", [False, True])
@pytest.mark.parametrize("who", ["chen_jie", "sun_li", "operator", "li_na"])
def test_every_address_of_staff_leads_who_has_shown_no_factor_there_and_writes_nothing(
    web, database, world, operator, required, now, secret, who, has_factor
):
    somebody = operator if who == "operator" else world.people[who]
    if who == "li_na":  # she lives here too, and so may enter as a neighbour
        grant(database, somebody, Role.COMMITTEE, world.estate_id, now)
    if has_factor:
        equip(database, somebody, now, secret)
    browser, before, wrong = web(somebody), content_of(database), []
    for method, pattern in staff_addresses():
        path = filled(pattern, world.slug)
        answer = browser.get(path) if method in {"GET", "HEAD"} else browser.post(path, {})
        there = f"{SECOND if has_factor else FACTOR}?next="
        if answer.status_code != 303 or not answer.headers["location"].startswith(there):
            wrong.append((method, pattern, answer.status_code, answer.headers.get("location")))
    assert wrong == []
    assert content_of(database) == before


def test_the_walk_sees_the_desk_the_trail_and_the_roles():
    addresses = staff_addresses()
    assert len(addresses) > 150
    for one in (("GET", "/desk/{slug}"), ("GET", "/desk/{slug}/trail"), ("POST", "/desk/{slug}/roles")):
        assert one in addresses


def test_a_neighbours_page_still_works_for_staff_who_live_there_and_has_nothing_of_the_desk(
    web, database, world, required, now
):
    grant(database, world.li_na, Role.COMMITTEE, world.estate_id, now)
    shown = web(world.li_na).get(f"/e/{world.slug}")
    assert shown.status_code == 200
    assert "/desk/" not in shown.text
    assert web(world.li_na).get("/me").status_code == 200


def test_the_right_code_opens_the_page_he_wanted_under_a_new_token_and_the_old_one_is_dead(
    web, database, world, required, desk, now, secret
):
    phone = equip(database, world.chen_jie, now, secret)
    browser, old = web(world.chen_jie), world.chen_jie.token
    asked = browser.get(f"{desk}/votes?page=2").headers["location"]
    assert asked == f"{SECOND}?next=/desk/{world.slug}/votes%3Fpage%3D2"
    answer = show(browser, phone, now, f"{desk}/votes")
    assert answer.headers["location"] == f"{desk}/votes"
    assert browser.cookies["session"] != old
    assert browser.get(f"{desk}/votes").status_code == 200
    with database.session(writing=False) as session:
        assert find_person(session, token=old, now=now) is None
    browser.cookies["session"] = old
    assert browser.get(desk).headers["location"].startswith("/sign-in?next=")


def test_after_signing_in_anew_it_is_asked_again(web, database, world, required, desk, now, secret, clock):
    phone = equip(database, world.chen_jie, now, secret)
    browser = web(world.chen_jie)
    show(browser, phone, now)
    assert browser.get(desk).status_code == 200
    browser.post("/sign-out")
    assert browser.get(desk).headers["location"].startswith("/sign-in?")
    browser.cookies.pop("session")
    browser.post("/sign-in", {"phone": world.chen_jie.phone})
    with database.session(writing=False) as session:
        query = select(Message.values).where(Message.template == "sign_in_code")
        code = session.exec(query).one()["code"]
    answer = browser.post("/sign-in/code", {"code": code})
    assert answer.headers["location"].startswith(f"{SECOND}?next=")
    assert browser.get(desk).headers["location"].startswith(SECOND)


def test_half_an_hour_idle_ends_what_was_shown(web, database, world, required, desk, now, secret, clock):
    phone = equip(database, world.chen_jie, now, secret)
    browser = web(world.chen_jie)
    show(browser, phone, now)
    clock.forward(minutes=30)
    assert browser.get(desk).status_code == 200
    clock.forward(minutes=31)
    assert browser.get(desk).headers["location"].startswith("/sign-in?next=")


def test_a_wrong_code_opens_nothing_and_the_sixth_is_told_to_wait(
    web, database, world, required, desk, now, secret
):
    phone = equip(database, world.chen_jie, now, secret)
    browser = web(world.chen_jie)
    for _ in range(5):
        answer = browser.post(SECOND, {"code": "000000"})
        assert answer.status_code == 422
        assert "口令不对" in answer.text
    answer = show(browser, phone, now)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert browser.get(desk).status_code == 303


def test_where_it_is_offered_staff_work_without_and_whoever_set_one_up_is_asked(
    web, database, world, desk, now, secret
):
    assert web(world.chen_jie).get(desk).status_code == 200
    equip(database, world.chen_jie, now, secret)
    assert web(world.chen_jie).get(desk).headers["location"].startswith(SECOND)


@pytest.mark.parametrize("who", ["zhao_min", "ma_chao"])
def test_party_members_and_the_people_of_firms_are_not_asked(web, world, required, desk, who):
    path = {"zhao_min": f"{desk}/duties", "ma_chao": f"{desk}/orders/work"}[who]
    assert web(world.people[who]).get(path).status_code == 200
    assert web(world.people[who]).get(FACTOR).status_code == 404


def begin_and_confirm(browser, now):
    """Through the pages, with an authenticator that reads the secret off the page."""
    answer = browser.post(FACTOR, {"deed": "begin", "next": "/desk/xingfuli"})
    assert answer.headers["location"].startswith(SET_UP)
    shown = browser.get(answer.headers["location"]).text
    groups = re.search(r'id="secret">(.*?)</p>', shown, re.S)[1]
    phone = Authenticator("".join(re.findall(r"<span>(\w{4})</span>", groups)))
    return phone, browser.post(SET_UP, {"code": phone.at(now), "next": "/desk/xingfuli"})


def test_set_up_through_the_pages_gives_ten_codes_once_and_opens_the_desk(
    web, database, world, required, desk, now, secret
):
    browser = web(world.chen_jie)
    assert browser.get(desk).headers["location"] == f"{FACTOR}?next={desk}"
    assert "才能进入工作台" in browser.get(FACTOR).text
    _, answer = begin_and_confirm(browser, now)
    codes = re.findall(r"<code>([0-9A-Z]{5}-[0-9A-Z]{5})</code>", answer.text)
    assert len(set(codes)) == 10
    assert f'href="{desk}"' in answer.text
    assert browser.get(desk).status_code == 200
    assert not any(code in browser.get(FACTOR).text for code in codes)
    assert browser.get(SET_UP).headers["location"] == FACTOR
    assert browser.client.get("/healthz").status_code == 200


def test_a_recovery_code_opens_the_desk_when_the_phone_is_lost(
    web, database, world, required, desk, now, secret
):
    browser = web(world.chen_jie)
    _, answer = begin_and_confirm(browser, now)
    code = re.findall(r"<code>(\S+)</code>", answer.text)[0]
    sign_in_anew(database, world.chen_jie, now)
    browser = web(world.chen_jie)
    assert 'autocomplete="one-time-code"' in browser.get(SECOND).text
    assert "备用码" in browser.get(f"{SECOND}?with=recovery").text
    assert browser.post(SECOND, {"code": code, "recovery": "yes"}).status_code == 303
    assert browser.get(desk).status_code == 200


def test_the_factors_own_page_asks_for_it_first(web, database, world, now, secret):
    equip(database, world.chen_jie, now, secret)
    browser = web(world.chen_jie)
    for answer in (browser.get(FACTOR), browser.get(SET_UP), browser.post(FACTOR, {"deed": "remove"})):
        assert answer.headers["location"] == f"{SECOND}?next={FACTOR}"


def test_removing_needs_a_code_and_is_not_there_where_it_is_required(
    app, web, database, world, now, secret, clock
):
    phone = equip(database, world.chen_jie, now, secret)
    browser = web(world.chen_jie)
    show(browser, phone, now)
    later = clock.forward(minutes=1)
    assert 'value="remove"' in browser.get(FACTOR).text
    assert browser.post(FACTOR, {"deed": "remove", "code": "000000"}).status_code == 422
    app.state.settings = app.state.settings.model_copy(update={"staff_second_factor": "required"})
    assert 'value="remove"' not in browser.get(FACTOR).text
    assert browser.post(FACTOR, {"deed": "remove", "code": phone.at(later)}).status_code == 403
    app.state.settings = app.state.settings.model_copy(update={"staff_second_factor": "offered"})
    assert browser.post(FACTOR, {"deed": "remove", "code": phone.at(later)}).headers["location"] == FACTOR
    assert "开始设置" in browser.get(FACTOR).text


def test_the_way_on_stays_on_this_site(web, database, world, now, secret):
    phone = equip(database, world.chen_jie, now, secret)
    assert show(web(world.chen_jie), phone, now, "//evil.example/").headers["location"].startswith("/")
    assert "evil" not in show(web(world.chen_jie), phone, now, "//evil.example/").headers.get("location", "")


def test_the_operator_resets_a_lost_factor_with_a_reason(web, database, world, operator, desk, now, secret):
    equip(database, world.chen_jie, now, secret)
    with database.session(writing=False) as session:
        held = session.exec(select(Grant.id).where(Grant.account_id == world.chen_jie.account_id)).one()
    page, browser = f"{desk}/roles/{held}", web(operator)
    assert "重置动态口令" in browser.get(page).text
    refused = browser.post(f"{page}/second-factor", {"reason": "丢"})
    assert refused.status_code == 422
    assert 'href="#f-factor-reason"' in refused.text
    assert browser.post(f"{page}/second-factor", {"reason": REASON}).headers["location"] == page
    assert "重置动态口令" not in browser.get(page).text
    with database.session(writing=False) as session:
        tags = session.exec(select(TrailRow.tag).where(TrailRow.estate_id == world.estate_id)).all()
        assert "accounts:second_factor:reset" in tags
        assert find_person(session, token=world.chen_jie.token, now=now) is None
    assert REASON in browser.get(f"{desk}/trail").text


@pytest.mark.parametrize("who", ["chen_jie", "sun_li", "li_na"])
def test_nobody_but_the_operator_resets(web, database, world, desk, now, secret, who):
    with database.session(writing=False) as session:
        held = session.exec(select(Grant.id).where(Grant.role == Role.AUDITOR)).one()
    answer = web(world.people[who]).post(f"{desk}/roles/{held}/second-factor", {"reason": REASON})
    assert answer.status_code == 403


def test_ones_own_page_names_it_for_staff_only(web, world):
    assert FACTOR in web(world.chen_jie).get("/me").text
    assert FACTOR not in web(world.li_na).get("/me").text


def pages_of(browser, places) -> dict[str, str]:
    """What one person reads in the estate, and on his own page, without what is random by design."""
    patterns = {path for router in ALL for path, route in routes_of(router.routes) if "GET" in route.methods}
    read = {}
    for pattern in sorted(path for path in patterns if path.startswith("/e/{slug}") or path == "/me/name"):
        path = re.sub(r"{(\w+)(:\w+)?}", lambda place: str(places.get(place[1], UUID(int=5))), pattern)
        answer = browser.get(path)
        text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "#", answer.text)
        withheld = answer.status_code == 303 and answer.headers["location"].startswith(FACTOR)
        read[pattern] = "none" if withheld or answer.status_code in {403, 404} else text
    return read


def test_until_it_is_shown_no_page_gives_a_committee_member_more_than_a_neighbour(
    app, web, database, world, make_vote, upkeep, talk, now
):
    """Also where a use case looks the role up itself, as an order's page does."""
    draft = make_vote(notice=False)
    with database.transaction() as session:
        order = upkeep.report(session, now)
    places = {"slug": world.slug, "vote_id": draft.id, "order_id": order, "thread_id": talk.id}
    places |= {"proposal_id": talk.proposal_id, "unit_id": world.homes["302"].unit_id}
    browser = web(world.wang_wei)
    as_neighbour = pages_of(browser, places)
    grant(database, world.wang_wei, Role.COMMITTEE, world.estate_id, now)
    as_committee = pages_of(browser, places)
    app.state.settings = app.state.settings.model_copy(update={"staff_second_factor": "required"})
    assert pages_of(browser, places) == as_neighbour
    more = {path for path, text in as_committee.items() if text != as_neighbour[path]}
    assert {"/e/{slug}", "/e/{slug}/maintenance/{order_id:uuid}"} <= more


def test_what_was_put_in_at_work_does_not_open_without_the_factor(web, database, world, required, now):
    with database.transaction() as session:
        file_id = files.store_document(
            session,
            estate_id=world.estate_id,
            name="a.pdf",
            content=PDF,
            uploaded_by=world.sun_li.account_id,
            private=True,
            now=now,
        )
    assert web(world.sun_li).get(f"/e/{world.slug}/files/{file_id}").status_code != 200
