"""The desk's board: what waits, in the order of its haste, with bounded counts."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from app.models.proposals import Proposal
from app.rules.proposals.catalogue import ItemKind
from app.rules.proposals.deadlines import Level
from app.rules.proposals.states import ProposalState
from app.rules.proposals.support import Scope
from app.services.proposals import board
from app.services.proposals.board import Column
from app.services.proposals.voices_by_place import voices_by_origin, voices_by_place


@pytest.fixture
def put(session, world, now):
    """A bare proposal in any state; the number counts up."""
    numbers = iter(range(1, 1000))

    def make(state: ProposalState = ProposalState.GATHERING, **more) -> Proposal:
        given = {
            "estate_id": world.estate_id,
            "author_id": world.li_na.account_id,
            "item_kind": ItemKind.BASIC,
            "scope": Scope.ESTATE,
            "title": "议题",
            "gathering_until": now + timedelta(days=60),
            "created_at": now,
            "changed_at": now,
        }
        if state is not ProposalState.DRAFT:
            given["number"] = next(numbers)
        proposal = Proposal(id=uuid4(), state=state, **{**given, **more})
        session.add(proposal)
        session.flush()
        return proposal

    return make


def owed(now, days: int) -> dict[str, object]:
    due = now + timedelta(days=days)
    return {"reached_at": now, "answer_due_at": due, "street_due_at": due + timedelta(days=7)}


def numbers_of(session, world, now, column, **more) -> list[int]:
    pile = board.read_pile(session, estate_id=world.estate_id, column=column, now=now, **more)
    return [line.number for line in pile.lines]


def test_the_most_overdue_stand_first_and_tell_how_late_they_are(session, world, now, put) -> None:
    put(**owed(now, 3)), put(**owed(now, -1)), put(**owed(now, -30), street_told_at=now - timedelta(days=20))
    put(**owed(now, -31))
    pile = board.read_pile(session, estate_id=world.estate_id, column=Column.OWED, now=now)
    assert [(line.number, line.level) for line in pile.lines] == [
        (4, Level.OVERDUE),
        (3, Level.ESCALATED),
        (2, Level.OVERDUE),
        (1, Level.WITHIN),
    ]
    assert numbers_of(session, world, now, Column.GATHERING) == []


def test_the_warmest_stand_first_and_the_newer_of_equals(session, world, now, put) -> None:
    for warmth in (2, 9, 2):
        put(ProposalState.ACCEPTED, warmth=warmth)
    assert numbers_of(session, world, now, Column.ACCEPTED) == [2, 3, 1]


@pytest.mark.parametrize("column", [Column.OWED, Column.DECLINED])
def test_pages_of_a_column_hold_each_proposal_once(session, world, now, put, column) -> None:
    for place in range(7):
        if column is Column.OWED:
            put(**owed(now, place % 3))
        else:
            put(ProposalState.DECLINED, warmth=place % 3)
    everything = numbers_of(session, world, now, column)
    after, seen = "", []
    for _ in range(4):
        pile = board.read_pile(
            session, estate_id=world.estate_id, column=column, now=now, after=after, limit=2
        )
        seen += [line.number for line in pile.lines]
        after = pile.after
    assert (seen, after, len(everything)) == (everything, "", 7)


@pytest.mark.parametrize("after", ["x", "1", "1-", "-1-1", "9" * 40 + "-1", "1-1; DROP TABLE proposal"])
def test_a_mark_that_is_none_gives_the_first_page(session, world, now, put, after) -> None:
    put(ProposalState.ACCEPTED)
    assert numbers_of(session, world, now, Column.ACCEPTED, after=after) == [1]


def test_counts_stop_at_one_hundred(session, world, now, put) -> None:
    for _ in range(103):
        put(**owed(now, -1))
    pile = board.read_board(session, estate_id=world.estate_id, now=now)[0]
    assert (pile.column, pile.count, len(pile.lines)) == (Column.OWED, 100, board.TOP)
    assert board.count_owed(session, estate_id=world.estate_id, now=now) == (100, 100)


def test_a_column_of_many_is_in_the_same_order_as_one_of_few(session, world, now, put) -> None:
    """SQLite is led to another index beyond ninety-nine."""
    rows = [put(ProposalState.DECLINED, warmth=place * 37 % 11) for place in range(103)]
    put(ProposalState.ACCEPTED, warmth=99)
    wanted = [row.number for row in sorted(rows, key=lambda row: (-row.warmth, -row.number))]
    assert numbers_of(session, world, now, Column.DECLINED, limit=200) == wanted


def test_the_board_holds_no_drafts_and_nothing_of_another_estate(session, world, now, put) -> None:
    put(ProposalState.DRAFT)
    put(estate_id=world.other_estate_id, **owed(now, -1))
    assert [pile.count for pile in board.read_board(session, estate_id=world.estate_id, now=now)] == [0] * 10
    assert board.count_owed(session, estate_id=world.estate_id, now=now) == (0, 0)


def test_an_answer_due_later_is_owed_and_not_overdue(session, world, now, put) -> None:
    put(**owed(now, 1)), put(**owed(now, 0))
    assert board.count_owed(session, estate_id=world.estate_id, now=now) == (2, 1)


def test_voices_are_counted_by_entrance_and_by_origin(pen, committee, world) -> None:
    old = pen.second_rooms(pen.publish(), "401", "402")
    into = pen.second_rooms(pen.publish(pen.save(by=world.wang_wei), by=world.wang_wei), "501")
    committee.merge(old, into)
    (house,) = voices_by_place(pen.session, proposal_id=into.id)
    assert (house.building, house.homes, house.entrances) == ("3号楼", 4, (("1单元", 4),))
    (origin,) = voices_by_origin(pen.session, proposal_id=into.id)
    assert (origin.number, origin.homes) == (1, 3)
