"""Changes of a published proposal: quiet before anybody seconds it, in the open after that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid, NotFound, TooMany
from app.models.outbox import Channel, Message
from app.models.proposals import EventKind, ProposalEvent, ProposalText
from app.rules.proposals.changes import ChangeKind
from app.rules.proposals.states import ProposalState
from app.services import search
from app.services.proposals import history
from app.templating import render_message
from tests.fixtures.proposals import LAMP, TEXT

NEW = TEXT.replace("一盏", "两盏")


def changed_letters(pen):
    return pen.session.exec(select(Message).where(Message.template == "proposal_changed")).all()


def test_before_anybody_seconds_a_change_tells_nobody_but_is_kept(pen, world) -> None:
    proposal = pen.publish()
    solar = TEXT.replace("感应灯", "太阳能灯")
    assert pen.edit(proposal, text=solar)
    assert (proposal.text, proposal.revision) == (solar, 2)
    assert [text.text for text in pen.session.exec(select(ProposalText))] == [TEXT, solar]
    assert pen.session.exec(select(Message)).all() == []
    assert [event.kind for event in pen.session.exec(select(ProposalEvent))] == [EventKind.PUBLISHED]
    assert search.find(pen.session, estate_id=world.estate_id, query="太阳能")
    assert not search.find(pen.session, estate_id=world.estate_id, query="感应灯")


def test_once_seconded_a_change_needs_a_reason_stands_on_the_way_and_tells_each_seconder(pen, world) -> None:
    proposal = pen.second_rooms(pen.publish(), "302", "401")
    with pytest.raises(Invalid) as refused:
        pen.edit(proposal, text=NEW)
    assert (refused.value.field, proposal.text) == ("reason", TEXT)
    pen.edit(proposal, text=NEW, reason="一盏照不到台阶")
    letters = changed_letters(pen)
    assert {letter.account_id for letter in letters} == {pen.neighbour("302"), pen.neighbour("401")}
    assert {letter.channel for letter in letters} == {Channel.INBOX}
    assert "一盏照不到台阶" in render_message(letters[0].template, letters[0].values)
    assert letters[0].link == f"proposals/{proposal.id}/history?revision=2"
    event = pen.session.exec(select(ProposalEvent).where(ProposalEvent.kind == EventKind.EDITED)).one()
    assert (event.note, event.link) == ("一盏照不到台阶", letters[0].link)
    pen.take_back(proposal, world.wang_wei.account_id)
    assert proposal.supporters == 1


def test_the_change_is_read_as_what_came_and_what_went(pen) -> None:
    proposal = pen.publish()
    pen.edit(proposal, text=NEW)
    change = history.read_change(pen.session, proposal_id=proposal.id, revision=2)
    assert [piece.text for piece in change.text if piece.kind is ChangeKind.ADDED] == ["两"]
    assert [piece.text for piece in change.text if piece.kind is ChangeKind.REMOVED] == ["一"]
    assert [line.revision for line in history.list_texts(pen.session, proposal_id=proposal.id)] == [2, 1]
    with pytest.raises(NotFound):
        history.read_change(pen.session, proposal_id=proposal.id, revision=3)


def test_spaces_and_widths_need_no_reason_and_tell_nobody(pen) -> None:
    proposal = pen.second_rooms(pen.publish(), "302")
    assert pen.edit(proposal, text=TEXT.replace("，", ", "))
    assert changed_letters(pen) == []
    assert not pen.edit(proposal)
    assert proposal.revision == 2


def test_where_and_what_never_change_and_the_threshold_stands(pen) -> None:
    proposal = pen.publish()
    before = (proposal.item_key, proposal.scope_building, proposal.scope_entrance, proposal.needed)
    pen.edit(proposal, title="3号楼门口加两盏路灯", text=NEW)
    assert before == (proposal.item_key, proposal.scope_building, proposal.scope_entrance, proposal.needed)
    assert proposal.title == "3号楼门口加两盏路灯"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"title": "灯"}, "title"), ({"text": "太短"}, "text"), ({"text": "长" * 20_000}, "text"),
     ({"text": NEW, "reason": "长" * 300}, "reason")],
)  # fmt: skip
def test_what_cannot_be_kept_is_named_at_its_field(pen, changes, field) -> None:
    proposal = pen.publish()
    with pytest.raises(Invalid) as refused:
        pen.edit(proposal, **changes)
    assert (refused.value.field, proposal.text, proposal.revision) == (field, TEXT, 1)


def test_a_text_read_before_another_change_does_not_overwrite_it(pen) -> None:
    proposal = pen.publish()
    pen.edit(proposal, text=NEW)
    with pytest.raises(Conflict) as refused:
        pen.edit(proposal, revision=1, text=TEXT + "谢谢！")
    assert (refused.value.field, proposal.text) == ("text", NEW)


def test_only_its_author_edits_and_only_while_it_gathers(pen, world) -> None:
    proposal = pen.publish()
    for changes in (
        {"author": pen.actor(world.wang_wei)},
        {"author": pen.actor(world.chen_jie)},
        {"estate_id": world.other_estate_id},
    ):
        with pytest.raises(NotFound):
            pen.edit(proposal, text=NEW, **changes)
    for state in set(ProposalState) - {ProposalState.GATHERING, ProposalState.DRAFT, ProposalState.MERGED}:
        proposal.state = state
        pen.session.add(proposal)
        pen.session.flush()
        with pytest.raises(Conflict):
            pen.edit(proposal, text=NEW)
    proposal.state, proposal.hidden_at = ProposalState.GATHERING, pen.now
    pen.session.add(proposal)
    pen.session.flush()
    with pytest.raises(Conflict):
        pen.edit(proposal, text=NEW)
    assert proposal.text == TEXT


def test_a_draft_is_not_edited_this_way(pen) -> None:
    with pytest.raises(NotFound):
        pen.edit(pen.save(LAMP), text=NEW)


def test_seconders_are_not_flooded_with_changes(pen) -> None:
    proposal = pen.second_rooms(pen.publish(), "302")
    for turn in range(10):
        pen.edit(proposal, text=f"{TEXT}{turn}。", reason="改一改")
    with pytest.raises(TooMany):
        pen.edit(proposal, text=NEW, reason="再改改")
    pen.edit(proposal, text=NEW, reason="再改改", now=pen.now + timedelta(days=1, seconds=1))
