"""Lists, pages, search, likeness, and one proposal as different people see it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import NotFound
from app.models.proposals import Proposal
from app.rules.paging import FIRST, Leaf, Turn
from app.rules.proposals.catalogue import ItemKind
from app.rules.proposals.deadlines import Level
from app.rules.proposals.states import WHOLE_WAY, ProposalState
from app.rules.proposals.support import Scope
from app.services.proposals import history, lists, reading
from app.services.proposals.drafting import Typed
from app.services.proposals.lists import Filters
from app.services.proposals.similar import find_similar
from tests.fixtures.proposals import LAMP, TEXT


@pytest.fixture
def shown(pen, world):
    def ask(turn: Turn = FIRST, limit: int = 20, viewer=None, **filters) -> Leaf[lists.ProposalLine]:
        return lists.list_proposals(
            pen.session,
            estate_id=world.estate_id,
            filters=Filters(**filters),
            turn=turn,
            viewer_id=(viewer or world.wang_wei).account_id,
            now=pen.now,
            limit=limit,
        )

    return ask


def fill(pen, count: int, **more) -> None:
    """Published proposals straight into the table, numbered from 1."""
    for number in range(1, count + 1):
        given = {
            "estate_id": pen.world.estate_id,
            "author_id": pen.world.li_na.account_id,
            "state": ProposalState.GATHERING,
            "item_kind": ItemKind.BASIC,
            "item_key": "roof",
            "scope": Scope.ESTATE,
            "created_at": pen.now,
            "changed_at": pen.now,
            "published_at": pen.now,
        }
        made = {"title": f"第{number}个", "number": number, "warmth": number % 3}
        pen.session.add(Proposal(id=uuid4(), **{**given, **made, **more}))
    pen.session.flush()


@pytest.mark.parametrize("warmest", [False, True])
def test_pages_follow_each_other_without_a_gap_or_a_double_and_lead_back(pen, shown, warmest) -> None:
    fill(pen, 25)
    pages = [shown(limit=10, warmest=warmest)]
    while pages[-1].older:
        pages.append(shown(Turn(pages[-1].older), limit=10, warmest=warmest))
    seen = [line.number for page in pages for line in page.rows]
    assert [len(page.rows) for page in pages] == [10, 10, 5]
    assert seen == sorted(seen, key=lambda n: (-(n % 3), -n) if warmest else -n)
    assert sorted(seen) == list(range(1, 26))
    assert shown(Turn(pages[2].newer, back=True), limit=10, warmest=warmest) == pages[1]
    assert shown(Turn(pages[1].newer, back=True), limit=10, warmest=warmest) == pages[0]


@pytest.mark.parametrize(("mark", "warmest"), [("2", True), ("2-2", False)])
@pytest.mark.parametrize("back", [False, True])
def test_a_mark_of_the_other_order_gives_the_first_page(pen, shown, mark, warmest, back) -> None:
    fill(pen, 3)
    assert len(shown(Turn(mark, back=back), warmest=warmest).rows) == 3


def test_filters_narrow_by_place_class_and_state(pen, world, shown) -> None:
    lamp = pen.publish()
    roof = pen.publish(pen.save(Typed("屋顶漏水请维修", "roof", "estate", TEXT)))
    tree = pen.publish(pen.save(Typed("三号楼前面种几棵树", "greening", "building:3", TEXT)))

    def ids(**filters):
        return [line.id for line in shown(**filters).rows]

    assert ids() == [tree.id, roof.id, lamp.id]
    assert ids(place="building:3") == [tree.id, lamp.id]
    assert ids(place="entrance:3:1") == [lamp.id]
    assert ids(place="estate") == [roof.id]
    assert ids(kind=ItemKind.BASIC) == [roof.id]
    assert ids(state=ProposalState.ACCEPTED) == []
    roof.state = ProposalState.WITHDRAWN
    pen.session.add(roof)
    pen.session.flush()
    assert ids() == [tree.id, lamp.id]
    assert ids(state=ProposalState.WITHDRAWN) == [roof.id]


def test_drafts_are_in_nobodys_list_but_ones_own(pen, world, shown) -> None:
    draft = pen.save()
    assert shown(viewer=world.li_na).rows == ()
    assert shown(state=ProposalState.DRAFT).rows == ()

    def drafts(person, estate_id=world.estate_id):
        account_id = person.account_id
        return [
            line.id for line in lists.list_drafts(pen.session, estate_id=estate_id, account_id=account_id)
        ]

    assert drafts(world.li_na) == [draft.id]
    assert drafts(world.wang_wei) == drafts(world.li_na, world.other_estate_id) == []


def test_a_hidden_one_is_a_stub_and_its_words_do_not_betray_it(pen, shown) -> None:
    proposal = pen.publish()
    proposal.hidden_at = pen.now
    pen.session.add(proposal)
    pen.session.flush()
    (line,) = shown().rows
    assert (line.hidden, line.title, line.author, line.number) == (True, "", None, 1)
    assert shown(query="感应灯").rows == ()


def test_search_finds_chinese_words_with_the_place_where_they_stand(pen, shown) -> None:
    proposal = pen.publish()
    (line,) = shown(query="感应灯").rows
    assert line.id == proposal.id
    assert "".join(piece for marked, piece in line.found if marked) == "感应灯"
    assert shown(query="游泳池").rows == ()


def test_names_of_neighbours_are_masked_and_ones_own_and_offices_are_not(pen, world, shown) -> None:
    pen.publish()
    assert shown().rows[0].author.name == "l**"
    mine = shown(viewer=world.li_na).rows[0].author
    assert (mine.name, mine.is_me) == ("li_na", True)


def test_another_estate_sees_nothing(pen, world) -> None:
    proposal = pen.publish()
    page = lists.list_proposals(
        pen.session,
        estate_id=world.other_estate_id,
        filters=Filters(),
        viewer_id=world.zhou_tao.account_id,
        now=pen.now,
    )
    assert page.rows == ()
    with pytest.raises(NotFound):
        view(pen, proposal, world.zhou_tao, estate_id=world.other_estate_id)


def view(pen, proposal, person, **changes):
    given = {"estate_id": pen.world.estate_id, "now": pen.now}
    return reading.read_proposal(
        pen.session, proposal_id=proposal.id, viewer_id=person.account_id, **{**given, **changes}
    )


def test_a_proposal_is_read_with_its_author_place_class_and_what_is_missing(pen, world) -> None:
    read = view(pen, pen.second_rooms(pen.publish(), "302"), world.wang_wei)
    assert (read.title, read.item, read.kind, read.label) == (
        LAMP.title,
        "公共照明",
        "improving",
        "extending",
    )
    assert (read.author.name, read.author.home, read.place.label) == ("l**", "3号楼1单元", "3号楼1单元")
    assert (read.supporters, read.needed, read.short, read.level, read.days_left) == (1, 3, 2, None, 61)


def test_an_answer_that_is_late_says_so_and_one_given_does_not(pen, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "302", "401", "402")
    due, street = proposal.answer_due_at, proposal.street_due_at
    levels = [view(pen, proposal, world.wang_wei, now=at).level for at in (pen.now, due, street)]
    assert levels == [Level.WITHIN, Level.OVERDUE, Level.OVERDUE], "nobody has told the street office yet"
    proposal.street_told_at = street
    pen.session.add(proposal)
    pen.session.flush()
    assert view(pen, proposal, world.wang_wei, now=street).level is Level.ESCALATED
    assert view(pen, proposal, world.wang_wei, now=due - timedelta(microseconds=1)).level is Level.WITHIN
    proposal.state, proposal.answered_at = ProposalState.ACCEPTED, due
    pen.session.add(proposal)
    pen.session.flush()
    assert view(pen, proposal, world.wang_wei, now=street).level is None


def test_a_draft_is_not_read_by_its_address_not_even_by_the_committee(pen, world) -> None:
    for person in (world.wang_wei, world.chen_jie):
        with pytest.raises(NotFound):
            view(pen, pen.save(), person, sees_hidden=True)


def test_a_hidden_text_is_read_by_its_author_and_those_who_judge_only(pen, world) -> None:
    proposal = pen.publish()
    proposal.hidden_at = pen.now
    pen.session.add(proposal)
    pen.session.flush()
    assert view(pen, proposal, world.wang_wei).text == ""
    assert view(pen, proposal, world.li_na).text == TEXT
    assert view(pen, proposal, world.chen_jie, sees_hidden=True).text == TEXT


def test_what_is_like_it_is_shown_but_neither_drafts_nor_hidden_ones(pen, world) -> None:
    lamp = pen.publish()
    pen.publish(pen.save(Typed("小区东门增加快递柜", "parcel_lockers", "estate", TEXT)))
    pen.save(Typed("3号楼门口再加一盏路灯", "lighting", "estate", TEXT))

    def alike(title: str, but=None, estate_id=world.estate_id):
        return [
            line.id for line in find_similar(pen.session, estate_id=estate_id, title=title, text="", but=but)
        ]

    assert alike("门口加路灯") == [lamp.id]
    assert alike("门口加路灯", but=lamp.id) == alike("") == alike("加装电梯") == []
    assert alike("门口加路灯", estate_id=world.other_estate_id) == []
    lamp.hidden_at = pen.now
    pen.session.add(lamp)
    pen.session.flush()
    assert alike("门口加路灯") == []


def test_the_way_tells_what_was_and_what_comes(pen) -> None:
    proposal = pen.second_rooms(pen.publish(), "302", "401", "402")
    assert [step.kind for step in history.read_way(pen.session, proposal_id=proposal.id)] == [
        "published",
        "reached",
    ]
    assert history.still_to_come(ProposalState.GATHERING) == WHOLE_WAY[1:]
    assert (
        history.still_to_come(ProposalState.DECLINED) == history.still_to_come(ProposalState.COMPLETED) == ()
    )


def test_a_page_of_many_asks_no_more_than_a_page_of_few(pen, shown) -> None:
    import sqlalchemy as sa

    asked: list[str] = []
    connection = pen.session.connection()
    fill(pen, 5)
    sa.event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
    shown()
    few = len(asked)
    for row in pen.session.exec(select(Proposal)).all():
        pen.session.delete(row)
    pen.session.flush()
    fill(pen, 60)
    asked.clear()
    shown()
    assert len(asked) == few
    assert not any("count(" in text for text in asked)
