"""A vote as programs read it: in every state exactly what its sheets on the board say, and never a choice."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.models.outcomes import PublicationKind
from app.rules.votes.states import Choice
from app.services.trail import Actor
from tests.routers.api.conftest import ROOT, Board

FOR, AGAINST, ABSTAIN = Choice


def cast_two(board: Board, world) -> None:
    board.bring_to("open")
    board.cast(world.homes["301"].unit_id, world.li_na.account_id, FOR)
    board.cast(world.homes["302"].unit_id, world.wang_wei.account_id, AGAINST)


def test_a_draft_and_a_vote_without_a_sheet_on_the_board_have_no_address(read, make_vote) -> None:
    for vote in (make_vote(notice=False), make_vote()):
        assert read(f"/votes/{vote.id}").status_code == 404
    assert read("/votes").json()["items"] == []


def test_a_noticed_vote_says_what_its_notice_prints(read, web, board) -> None:
    told = read(f"/votes/{board.vote.id}").json()
    notice = web().get(f"/e/xingfuli/outcomes/{board.sheets['notice']}").text
    assert told["title"] in notice
    assert told["text"] in notice
    assert told["text_fingerprint"] in notice
    assert told["roll_fingerprint"] in notice
    assert told["rules"]["source"] in notice
    assert told["questions"][0]["matter_title"] in notice
    assert (told["state"], told["result"]) == ("noticed", None)
    assert (told["opens_at"], told["closes_at"]) == ("2026-12-09T02:00:00Z", "2026-12-16T02:00:00Z")
    assert told["rules"]["quorum"] == {"numerator": 2, "denominator": 3, "strict": False}
    assert told["questions"][0]["majority"] == {"numerator": 3, "denominator": 4, "strict": False}
    assert (told["scope"], told["legal_mode"]) == ({"building": "3", "entrance": "1"}, "electronic")


@pytest.mark.parametrize("state", ["open", "closed", "sealed"])
def test_before_an_outcome_is_posted_nothing_of_the_ballots_is_told(read, web, board, world, state) -> None:
    empty = read(f"/votes/{board.vote.id}").json()
    cast_two(board, world)
    board.bring_to(state)
    told = read(f"/votes/{board.vote.id}").json()
    assert told["state"] == {"sealed": "preliminary"}.get(state, state)
    assert {**told, "state": ""} == {**empty, "state": ""}
    # The page of receipts, which is open to everybody, names the same state.
    page = web().get(f"/e/xingfuli/votes/{board.vote.id}/verify").text
    assert {"open": "表决中", "closed": "已截止", "sealed": "初步结果"}[state] in page


@pytest.mark.parametrize("state", ["preliminary", "final"])
def test_a_posted_outcome_has_the_figures_of_its_sheet(read, web, board, world, state) -> None:
    cast_two(board, world)
    board.bring_to(state)
    told = read(f"/votes/{board.vote.id}").json()
    (counted,) = told["result"]["questions"]
    count = counted["count"]
    assert (told["state"], told["result"]["final"]) == (state, state == "final")
    assert (count["total_heads"], count["part_heads"], count["for_heads"]) == (12, 2, 1)
    assert (count["total_area"], count["part_area"], count["for_area"]) == (96000, 16000, 8000)
    assert (count["split"]["against_heads"], count["split"]["abstain_area"]) == (1, 0)
    assert count["quorum"]["heads"] == {"part": 2, "whole": 12, "met": False, "short": 6}
    assert (count["quorum"]["area"]["short"], count["result"]) == (48000, "quorum_not_met")
    sheet = web().get(f"/e/xingfuli/outcomes/{board.sheets[state]}/text").text
    for words in ("参与表决 2 人，160.00 ㎡", "反对 1 人，80.00 ㎡", "还差 6 人", "还差 480.00 ㎡"):
        assert words in sheet
    assert [one["kind"] for one in told["postings"]] == list(board.sheets)


def test_an_annulled_vote_keeps_its_posted_figures_and_says_why_they_are_void(
    read, web, board, world
) -> None:
    cast_two(board, world)
    board.bring_to("preliminary")
    board.annul()
    told = read(f"/votes/{board.vote.id}").json()
    page = web().get(f"/e/xingfuli/outcomes/{board.sheets['preliminary']}").text
    assert (told["state"], told["annul_reason"] in page) == ("annulled", True)
    assert told["annulled_at"] == board.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert told["result"]["final"] is False
    (line,) = read("/votes").json()["items"]
    assert (line["state"], line["annul_reason"]) == ("annulled", told["annul_reason"])


def test_of_seven_heads_the_others_are_told_together_as_the_sheet_tells_them(
    read, web, database, crowd_vote, clock, now
) -> None:
    kept, crowd = crowd_vote(7)
    board = Board(database, kept.vote, Actor(crowd.homes[6].account_id, "陈洁"), clock)
    board.notice()
    board.bring_to("open")
    for home, choice in zip(crowd.homes, (FOR, FOR, FOR, FOR, AGAINST, ABSTAIN), strict=False):
        board.cast(home.unit_id, home.account_id, choice)
    board.bring_to("preliminary")
    answer = read(f"/api/v1/estates/renhai/votes/{kept.id}")
    count = answer.json()["result"]["questions"][0]["count"]
    assert (count["part_heads"], count["for_heads"], count["others_heads"], count["split"]) == (6, 4, 2, None)
    assert not re.search("against|abstain|spoiled_heads|mixed", answer.text)
    assert (
        "其余（反对、弃权等）合计 2 人" in web().get(f"/e/renhai/outcomes/{board.sheets['preliminary']}").text
    )


def test_an_election_is_told_line_by_line_and_a_survey_without_tests(
    database, read, crowd_vote, clock
) -> None:
    paper = [
        {
            "title": "选三名委员",
            "matter": 3,
            "kind": "election",
            "labels": ["甲", "乙", "丙"],
            "most": 2,
            "seats": 2,
        },
        {"title": "用维修资金", "matter": 5, "kind": "decision"},
    ]
    kept, crowd = crowd_vote(12, paper)
    board = Board(database, kept.vote, Actor(crowd.homes[0].account_id, "陈洁"), clock)
    board.notice()
    board.bring_to("open")
    for home in crowd.homes[:9]:
        kept.cast("", home.unit_id, home.account_id, (FOR, AGAINST, FOR, FOR), clock())
    board.bring_to("preliminary")
    told = read(f"/api/v1/estates/renhai/votes/{kept.id}").json()
    election, decision = told["result"]["questions"]
    assert [(one["label"], one["for_heads"], one["seated"]) for one in election["lines"]] == [
        ("甲", 9, True),
        ("丙", 9, True),
        ("乙", 0, False),
    ]
    assert (election["count"], decision["count"]["for_heads"], decision["lines"]) == (None, 9, [])
    assert [one["labels"] for one in told["questions"]] == [["甲", "乙", "丙"], []]


def test_a_long_text_stands_neither_on_the_notice_nor_here(read, board, monkeypatch) -> None:
    assert read(f"/votes/{board.vote.id}").json()["text"]
    monkeypatch.setattr("app.services.outcomes.posted_votes.QUESTION_ON_POSTER", 10)
    assert read(f"/votes/{board.vote.id}").json()["text"] is None


def test_another_estates_vote_is_not_found_here(read, board) -> None:
    assert read(f"/votes/{board.vote.id}").status_code == 200
    assert read(f"/api/v1/estates/nanyuan/votes/{board.vote.id}").status_code == 404
    assert read("/api/v1/estates/nanyuan/votes").json() == {"items": [], "next": None}
    assert read(f"/api/v1/estates/nanyuan/outcomes/{board.sheets['notice']}").status_code == 404


def test_the_list_is_turned_by_its_cursor_and_costs_the_same_however_long_it_is(
    read, make_vote, database, world, clock, statements
) -> None:
    actor, counts = Actor(world.chen_jie.account_id, "陈洁"), []
    for _ in range(3):
        Board(database, make_vote(), actor, clock).notice()
        with statements() as asked:
            read("/votes")
        counts.append(len(asked))
    assert counts[0] == counts[2]
    first = read("/votes?limit=2").json()
    second = read(first["next"]).json()
    assert [one["number"] for one in first["items"] + second["items"]] == [3, 2, 1]
    assert first["next"] == f"{ROOT}/votes?limit=2&cursor=2"
    assert second["next"] is None


def test_an_extension_moves_the_closing_and_says_so(read, board, database) -> None:
    from app.models.votes import Vote

    later = board.vote.closes_at + timedelta(days=3)
    board.bring_to("open")
    board.advance()
    with database.transaction() as session:
        vote = session.get_one(Vote, board.vote.id)
        vote.closed_before, vote.closes_at, vote.extended_at = vote.closes_at, later, board.clock()
        session.add(vote)
    told = read(f"/votes/{board.vote.id}").json()
    (sheet,) = read("/outcomes").json()["items"]
    assert (told["extended"], told["closes_at"]) == (True, later.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert (sheet["extended_to"], sheet["changed_at"]) == (
        told["closes_at"],
        board.clock().strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def test_kinds_are_the_boards_own(board) -> None:
    assert {kind.value for kind in PublicationKind} == {"notice", "preliminary", "final"}
