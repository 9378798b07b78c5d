"""Boards, policy cards, figures, fees and upkeep as programs read them, against the pages that everybody may open."""

from __future__ import annotations

import hashlib

from tests.routers.api.conftest import ROOT, STATEMENT


def test_a_sheet_is_told_with_its_exact_text_its_hash_and_what_the_committee_added(read, web, board) -> None:
    board.bring_to("final")
    told = read(f"/outcomes/{board.sheets['final']}").json()
    assert hashlib.sha256(told["text"].encode()).hexdigest() == told["sha256"]
    assert told["text"] == web().get(told["bare_text"]).text
    assert told["sha256"] in web().get(told["page"]).text.replace("</span> <span>", "")
    assert (told["statement"], told["intact"], told["posted"]) == (STATEMENT, True, True)
    assert told["next_steps"] == [{"what": "公示施工图", "who": "张工", "by": "2027-12-01"}]
    assert web().get(told["poster"]).status_code == 200
    kinds = [one["kind"] for one in read("/outcomes").json()["items"]]
    assert kinds == ["final", "preliminary", "notice"]


def test_a_sheet_that_was_taken_down_is_told_as_no_longer_posted(read, board, clock) -> None:
    assert read("/outcomes").json()["items"][0]["posted"] is True
    clock.instant = board.vote.closes_at
    assert read("/outcomes").json()["items"][0]["posted"] is False


def test_the_board_is_turned_sheet_by_sheet(read, board) -> None:
    board.bring_to("final")
    seen, path = [], f"{ROOT}/outcomes?limit=1"
    while path:
        page = read(path).json()
        seen += [one["kind"] for one in page["items"]]
        path = page["next"]
    assert seen == ["final", "preliminary", "notice"]


def test_estates_are_turned_by_their_names_and_link_to_their_lists(read, world) -> None:
    first = read("/api/v1/estates?limit=1").json()
    second = read(first["next"]).json()
    assert [one["slug"] for one in first["items"] + second["items"]] == ["nanyuan", "xingfuli"]
    assert second["next"] is None
    estate = read(second["items"][0]["href"]).json()
    assert (estate["name"], estate["desk_phone"]) == ("幸福里小区", "0512-65550101")
    for link in estate["links"].values():
        assert read(link).status_code == 200 if link.startswith("/api/") else link


def test_a_card_is_told_without_who_wrote_asked_or_answered(read, web, everything) -> None:
    told = read(f"/guides/{everything.guide_id}").json()
    page = web().get(told["page"]).text
    assert told["title"] in page
    assert (told["badge"], told["revision"], told["unverified"]) == ("explainer", 1, False)
    assert [one["answer"] for one in told["questions"]] == ["不能，只有业主投票。"]
    assert [one["text"] for one in read("/questions").json()["items"]] == ["租客能不能投票？"]
    (line,) = read("/guides").json()["items"]
    assert (line["title"], read("/guides?kind=faq").json()["items"]) == (told["title"], [])


def test_a_draft_of_a_card_is_nowhere(read, guide_desk, database) -> None:
    with database.transaction() as session:
        guide_id = guide_desk.draft(session)
    assert (read(f"/guides/{guide_id}").status_code, read("/guides").json()["items"]) == (404, [])


def test_cards_are_turned_without_one_twice_or_none(read, guide_desk, database) -> None:
    with database.transaction() as session:
        ids = {str(guide_desk.card(session, title=f"政策 {number}")) for number in range(5)}
    seen, path = [], f"{ROOT}/guides?limit=2&kind=law"
    while path:
        page = read(path).json()
        seen += [one["id"] for one in page["items"]]
        path = page["next"]
    assert (len(seen), set(seen)) == (5, ids)


def test_the_figures_are_the_pages_own(read, everything) -> None:
    figures = read("/maintenance/figures").json()["figures"]
    assert (figures["filed"], figures["open"], figures["came_back"]) == (3, 2, 1)
    assert figures["resolved"] == {"count": 1, "of": 1, "per_mille": None}
    assert [one["name"] for one in figures["by_party"]] == ["安居物业"]
    (chain,) = read("/maintenance/chains").json()["chains"]
    assert (chain["times"], chain["place"], [one["number"] for one in chain["orders"]]) == (
        2,
        "3号楼1单元",
        [2, 1],
    )
    empty = read("/api/v1/estates/nanyuan/maintenance/figures").json()
    assert empty["figures"] is None


def test_fees_tell_what_was_collected_and_hide_it_below_five_homes(read, everything, database) -> None:
    from sqlmodel import select

    from app.models.maintenance.fees import FeeTotal

    (service,) = read("/maintenance/fees?month=2026-11").json()["services"]
    assert (service["unit"], service["price_fen"], service["charged"]) == ("square_metre", 55, True)
    assert service["collected"]["homes_due"] == 12
    assert (service["collected"]["paid_fen"], service["collected"]["due_fen"]) == (4400, 52800)
    with database.transaction() as session:
        session.exec(select(FeeTotal)).one().homes = 4
    (service,) = read("/maintenance/fees?month=2026-11").json()["services"]
    assert (service["charged"], service["collected"]) == (True, None)
    (service,) = read("/maintenance/fees?month=2026-10").json()["services"]
    assert (service["charged"], service["collected"]) == (False, None)


def test_upkeep_tells_plans_and_what_rounds_found(read, everything) -> None:
    (plan,) = read("/maintenance/upkeep").json()["plans"]
    assert (plan["title"], plan["party"], plan["every"], plan["interval"]) == (
        "电梯维护保养",
        "安居物业",
        "DAILY",
        15,
    )
    (done,) = read(plan["rounds"]).json()["items"]
    assert [(line["result"], line["note"]) for line in done["lines"]] == [
        ("fine", ""),
        ("failed", "灯管坏了"),
    ]
    assert plan["next_due"] > done["due_on"]
    assert (
        read(f"/maintenance/upkeep/{everything.plan_id}/rounds?cursor={done['due_on']}").json()["items"] == []
    )
