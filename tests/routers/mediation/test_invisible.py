"""A case is invisible: to every role and at every address but its parties', its mediator's, and the auditor's number."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from app.models.accounts import Grant
from app.models.base import NO_ID
from app.models.mediation import MediationCheck, MediationFile, MediationOffer
from app.models.search import SearchEntry
from app.models.trail import TrailRow
from app.routers import ALL
from app.routers.mediation import ROUTERS
from app.rules.accounts import Duty, Role
from app.services.mediation import performing
from tests.fixtures.mediation import MARK, Quarrel
from tests.routers.test_permission_matrix import paths_of

# Who has no seat. The committee's, the auditor's and the operator's people read most of what else there is.
OUTSIDE = (
    "chen_jie",
    "sun_li",
    "ma_chao",
    "qian_er",
    "zhou_tao",
    "stranger",
    "other_mediator",
    "operator",
    None,
)


def routes() -> Iterator[tuple[str, str]]:
    for router in ROUTERS:
        for route in router.routes:
            if "{case_id" in route.path:
                for method in route.methods:
                    yield method, route.path


@pytest.fixture
def case(database, world, clock, with_mediator) -> dict[str, str]:
    """A case that went all the way, with every kind of row, and two more outsiders; its ids."""
    with database.session(writing=True) as session:
        with_mediator(session)
        with_mediator(session, "stranger")
        session.add(
            Grant(
                account_id=world.zhou_tao.account_id,
                estate_id=NO_ID,
                role=Role.OPERATOR,
                duty=Duty.NONE,
                granted_at=clock(),
            )
        )
        quarrel = Quarrel(session, world, clock)
        quarrel.start()
        quarrel.say(world.li_na)
        quarrel.decide(world.li_na, quarrel.offer(world.wang_wei))
        quarrel.agree()
        performing.add_check(
            session,
            **quarrel.where(world.zhao_min),
            check_id=uuid4(),
            due_on=clock().date(),
            what=f"看隔音窗 {MARK}",
            now=clock(),
        )
        ids = {
            "case_id": quarrel.case_id,
            "offer_id": session.exec(select(MediationOffer.id)).one(),
            "check_id": session.exec(select(MediationCheck.id)).one(),
            "file_id": session.exec(select(MediationFile.file_id)).first(),
            "party_id": world.wang_wei.account_id,
        }
        session.commit()
    return {"slug": world.slug, **{name: str(value) for name, value in ids.items()}}


def person_of(world, name):
    # A mediator of other cases, and the operator, play with the accounts of two strangers.
    return world.people.get({"other_mediator": "stranger", "operator": "zhou_tao"}.get(name, name))


def filled(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)(:\w+)?}", lambda place: ids[place[1]], path)


def without_ids(text: str) -> str:
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{40}", "#", text)


FORM = {
    "id": str(uuid4()),
    "act": "accept",
    "answer": "yes",
    "sure": "yes",
    "text": "在吗",
    "note": "在吗",
    "summary": "一件够长的事情概要",
    "conclusion": "谈不下去了",
    "side": "b",
    "person": str(uuid4()),
    "unit": str(uuid4()),
    "digest": "0" * 64,
    "name": "x",
    "agrees": "yes",
    "kind": "other",
    "last_day": "2026-12-30",
    "signed_on": "2026-11-23",
    "mark": "applied",
    "on": "2026-11-23",
    "due_on": "2026-12-30",
    "what": "看看做好没有",
    "found": "performed",
}


def test_every_address_of_a_case_answers_an_outsider_as_if_there_were_none(web, world, case) -> None:
    all_routes = sorted(routes())
    assert len(all_routes) > 20
    guessed = {**{name: str(uuid4()) for name in case}, "slug": world.slug}
    for name in OUTSIDE:
        browser = web(person_of(world, name) if name else None)
        for method, pattern in all_routes:
            answers = []
            for ids in (case, guessed):
                path = filled(pattern, ids)
                answers.append(browser.get(path) if method == "GET" else browser.post(path, FORM))
            real, none = answers
            assert real.status_code == none.status_code, (name, pattern)
            assert real.status_code in ({303, 401} if name is None else {404}), (name, method, pattern)
            assert without_ids(real.text) == without_ids(none.text), (name, pattern)
            assert MARK not in real.text
            assert real.headers["cache-control"] == "no-store"
            assert real.headers["referrer-policy"] == "same-origin"


def test_the_same_addresses_open_for_whoever_has_a_seat(web, world, case) -> None:
    """The mirror of the test above: were the addresses wrong, that one would prove nothing."""
    tails = ("", "/offers", "/agreement", "/agreement.pdf", "/performing", f"/files/{case['file_id']}")
    for name in ("li_na", "wang_wei", "zhao_min"):
        for tail in tails:
            answer = web(world.people[name]).get(f"/e/{world.slug}/mediation/{case['case_id']}{tail}")
            assert answer.status_code == 200, (name, tail)
            assert answer.headers["cache-control"] == "no-store"
            if not tail.endswith("pdf") and "files" not in tail:
                assert MARK in answer.text


def test_a_file_of_a_case_is_at_no_other_address(web, world, case) -> None:
    for name in ("chen_jie", "li_na", "zhao_min", "sun_li"):
        for tail in ("", "/small"):
            path = f"/e/{world.slug}/files/{case['file_id']}{tail}"
            assert web(world.people[name]).get(path).status_code == 404


def test_no_page_of_the_estate_has_a_word_of_it_and_the_auditor_has_a_number(web, world, case) -> None:
    """Every page without a place in its address, and the search, for everybody who is not of the case."""
    patterns = {path for router in ALL for path in paths_of(router.routes)}
    plain = sorted(path for path in patterns if set(re.findall(r"{(\w+)", path)) <= {"slug"})
    assert len(plain) > 60
    for name in ("chen_jie", "sun_li", "zhou_tao", "qian_er", "stranger"):
        browser = web(world.people[name])
        searched = [f"{path}?q={MARK}" for path in plain if path.endswith("search")]
        for path in [*plain, *searched]:
            answer = browser.get(path.replace("{slug}", world.slug))
            assert answer.status_code < 500, path
            # A search page shows what was asked for.
            said = answer.text.replace(f'value="{MARK}"', "").replace(f"“{MARK}”", "")
            if "?q=" not in path:
                assert MARK not in said, (name, path)
            assert case["case_id"] not in answer.text, (name, path)
    trail = f"/desk/{world.slug}/trail"
    assert "协议已生效：1 件" in web(world.sun_li).get(trail).text
    for name in ("chen_jie", "zhou_tao"):
        assert "调解件数" not in web(world.people[name]).get(trail).text


def test_neither_trail_nor_search_nor_outbox_nor_logs_hold_a_trace(
    web, world, database, case, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    web(world.li_na).get(f"/e/{world.slug}/mediation/{case['case_id']}")
    web(world.chen_jie).get(f"/e/{world.slug}/mediation/{case['case_id']}")
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert not [record for record in ours if case["case_id"] in record.getMessage()]
    with database.session(writing=False) as session:
        assert session.exec(select(TrailRow)).all() == []
        assert session.exec(select(SearchEntry)).all() == []
    assert database.engine.hide_parameters
    assert database.reading_engine.hide_parameters


def test_one_who_may_take_a_case_sees_a_kind_and_no_name(web, world, database, clock, case) -> None:
    with database.session(writing=True) as session:
        quarrel = Quarrel(session, world, clock)
        waiting = quarrel.open()
        session.commit()
    pool = f"/e/{world.slug}/mediation/waiting"
    page = web(world.stranger).get(pool)
    assert page.status_code == 200
    assert "采光" in page.text
    for word in (MARK, "li_na", "301", "302"):
        assert word not in without_ids(page.text)  # a form's token may hold any digits
    assert web(world.chen_jie).get(pool).text.count("我来调解") == 0
    for name in ("li_na", "qian_er", "sun_li", "ma_chao"):
        assert web(world.people[name]).get(pool).status_code == 404
        answer = web(world.people[name]).post(f"{pool}/{waiting}", {"act": "take"})
        assert answer.status_code == 404
    # Somebody else's wish, and a case that was taken, answer like nothing at all.
    first, second = web(world.stranger), web(world.zhao_min)
    assert first.post(f"{pool}/{waiting}", {"act": "take"}).status_code == 303
    late, nothing = (second.post(f"{pool}/{one}", {"act": "take"}) for one in (waiting, UUID(int=3)))
    assert (late.status_code, nothing.status_code) == (404, 404)
    assert without_ids(late.text) == without_ids(nothing.text)


def test_the_server_keeps_no_log_of_addresses(monkeypatch) -> None:
    from app.cli import serve

    given = {}
    monkeypatch.setattr(serve, "create_app", lambda settings: None)
    monkeypatch.setattr(serve.uvicorn, "run", lambda app, **options: given.update(options))
    assert serve.run([]) == 0
    assert given["access_log"] is False
