"""Merging and splitting: no voice is lost, none counts twice, and no clock stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid, NotFound
from app.models.proposals import EventKind, Proposal, ProposalText, Seconding
from app.models.search import SubjectKind
from app.rules.proposals.states import ProposalState
from app.rules.proposals.support import Scope
from app.services import search
from app.services.proposals import merging
from app.services.proposals.voices import count_supporters
from app.services.trail import list_rows
from tests.fixtures.proposals import LAMP

WHOLE = replace(LAMP, title="全小区加路灯", scope="estate")


@pytest.fixture
def two(pen, world):
    """李娜's of 301 with 401 and 402 behind it, and 王伟's of 302 with 402 and 501."""
    old = pen.second_rooms(pen.publish(), "401", "402")
    into = pen.publish(pen.save(by=world.wang_wei), by=world.wang_wei)
    pen.now += timedelta(hours=1)
    pen.second_rooms(into, "402", "501")
    return old, into


def test_every_voice_is_carried_and_keeps_where_it_was_given(pen, committee, two) -> None:
    old, into = two
    committee.merge(old, into)
    # 402 gave its voice to the first one earlier; 301 proposed it.
    assert committee.voices(into) == {"301": old.id, "401": old.id, "402": old.id, "501": into.id}
    assert committee.voices(old) == {"402": old.id}
    assert (into.supporters, into.warmth) == (4, 4)
    assert into.supporters == count_supporters(pen.session, into)
    assert (committee.state(old), old.merged_into, old.supporters) == (ProposalState.MERGED, into.id, 2)


def test_the_older_of_two_voices_of_a_home_stays(pen, committee, two) -> None:
    old, into = two
    committee.merge(into, old)
    assert committee.voices(old)["402"] == old.id
    assert committee.voices(old)["501"] == into.id
    assert committee.voices(old)["302"] == into.id


def test_voices_carried_twice_still_tell_where_they_were_given_first(pen, committee, world, two) -> None:
    old, into = two
    last = pen.publish(pen.save(by=world.wang_wei), by=world.wang_wei)
    committee.merge(old, into)
    committee.merge(into, last)
    assert committee.voices(last) == {"301": old.id, "401": old.id, "402": old.id, "501": into.id}


def test_the_threshold_reached_by_a_merge_starts_the_clock(pen, committee, two) -> None:
    old, into = two
    assert (into.needed, into.reached_at) == (3, None)
    committee.merge(old, into)
    assert into.reached_at == pen.now
    assert into.street_due_at > into.answer_due_at > pen.now
    assert EventKind.REACHED in committee.way(into)


def test_an_answer_owed_to_the_first_is_owed_by_the_same_day_after_it(pen, committee, world) -> None:
    """A wider one needs more voices: merging into it must not be a way out of answering."""
    owed = pen.second_rooms(pen.publish(), "401", "402", "501")
    due = owed.answer_due_at
    wider = pen.publish(pen.save(WHOLE, by=world.wang_wei), by=world.wang_wei)
    pen.now += timedelta(days=3)
    wider.needed = 50
    committee.merge(owed, wider)
    assert due is not None
    assert (wider.answer_due_at, wider.reached_at) == (due, owed.reached_at)
    assert committee.way(wider).count(EventKind.REACHED) == 1


def test_the_earlier_of_two_owed_days_stays(pen, committee, world) -> None:
    early = pen.second_rooms(pen.publish(), "401", "402", "501")
    pen.now += timedelta(days=5)
    late = pen.publish(pen.save(by=world.wang_wei), by=world.wang_wei)
    pen.second_rooms(late, "401", "402", "601")
    due = early.answer_due_at
    committee.merge(late, early)
    assert early.answer_due_at == due


def test_a_home_outside_the_others_scope_is_kept_and_not_counted(pen, committee, world) -> None:
    from app.models.estates import Owner, Ownership, Unit
    from app.rules.estates.units import UnitKind, UnitStatus

    flat = Unit(
        estate_id=world.estate_id,
        building="5",
        entrance="1",
        floor=1,
        room="101",
        area=7000,
        kind=UnitKind.DWELLING,
        status=UnitStatus.NORMAL,
    )
    owner = Owner(estate_id=world.estate_id, name="远邻", account_id=world.ma_chao.account_id)
    pen.session.add_all([flat, owner])
    pen.session.flush()
    pen.session.add(Ownership(unit_id=flat.id, owner_id=owner.id))
    whole = pen.publish(pen.save(WHOLE))
    pen.second(whole, world.ma_chao.account_id)
    narrow = pen.publish(pen.save(by=world.wang_wei), by=world.wang_wei)
    committee.merge(whole, narrow)
    rows = pen.session.exec(select(Seconding.unit_id).where(Seconding.proposal_id == narrow.id)).all()
    assert set(rows) == {flat.id, world.homes["301"].unit_id}
    assert narrow.supporters == 1


def test_all_behind_the_merged_one_are_told_and_both_ways_say_it(pen, committee, world, two) -> None:
    old, into = two
    committee.merge(old, into)
    for account in (world.li_na.account_id, pen.neighbour("401"), pen.neighbour("402")):
        assert len(committee.letters(account, "proposal_merged")) == 1
    assert committee.letters(pen.neighbour("501"), "proposal_merged") == []
    assert committee.way(old)[-1] is EventKind.MERGED
    assert EventKind.MERGED in committee.way(into)
    row = list_rows(pen.session, estate_id=world.estate_id)[0]
    assert (row.tag, row.reason) == ("proposals:proposal:merge", "说的是同一件事")


def test_merging_twice_is_merging_once(pen, committee, two) -> None:
    old, into = two
    for _ in range(2):
        committee.merge(old, into, seen=ProposalState.GATHERING)
    assert committee.way(old).count(EventKind.MERGED) == 1
    assert into.supporters == 4


def test_what_cannot_be_merged_is_refused_and_nothing_moves(pen, committee, world, two) -> None:
    old, into = two
    before = committee.voices(into)
    committee.decline(into)
    with pytest.raises(Invalid) as refusal:
        committee.merge(old, into)
    assert refusal.value.field == "into"
    with pytest.raises(Invalid):
        committee.merge(old, old)
    with pytest.raises(NotFound):
        committee.merge(old, into, estate_id=world.other_estate_id)
    with pytest.raises(NotFound):
        committee.merge(old, pen.save())
    with pytest.raises(Conflict):
        committee.merge(into, old)
    with pytest.raises(Invalid):
        committee.merge(old, into, reason="同")
    assert (committee.voices(into), committee.state(old)) == (before, ProposalState.GATHERING)


def test_a_gathering_the_clock_has_ended_takes_nothing_in(pen, committee, two) -> None:
    old, into = two
    pen.now = into.gathering_until
    for pair in ((old, into), (into, old)):
        with pytest.raises(Conflict):
            committee.merge(*pair)


def test_one_the_clock_has_ended_is_not_saved_by_one_that_goes_on(pen, committee, two) -> None:
    old, into = two
    pen.second_rooms(into, "601")
    assert into.reached_at is not None
    pen.now = old.gathering_until
    with pytest.raises(Conflict):
        committee.merge(old, into)


def test_the_voice_of_the_others_own_home_is_kept_and_not_counted(pen, committee, world, two) -> None:
    old, into = two
    pen.second(old, world.wang_wei.account_id)
    before = into.supporters
    committee.merge(old, into)
    assert committee.voices(into)["302"] == old.id
    # 301 and 401 came; 402 was there.
    assert into.supporters == before + 2 == count_supporters(pen.session, into)


@pytest.mark.parametrize("typed", ["2", " 第2号 ", "第 2 号"])
def test_a_target_is_found_by_its_number(pen, world, two, typed) -> None:
    found = merging.find_target(pen.session, estate_id=world.estate_id, number=typed)
    assert found == two[1].id


@pytest.mark.parametrize("typed", ["", "0", "99", "-1", "２", "²", "1 OR 1=1", "9" * 20])
def test_a_number_that_is_none_is_refused_beside_its_field(pen, world, two, typed) -> None:
    with pytest.raises(Invalid) as refusal:
        merging.find_target(pen.session, estate_id=world.estate_id, number=typed)
    assert refusal.value.field == "into"
    with pytest.raises(Invalid):
        merging.find_target(pen.session, estate_id=world.other_estate_id, number="1")


def test_a_split_stands_with_the_same_voices_clocks_and_place(pen, committee, world) -> None:
    old = pen.second_rooms(pen.publish(), "401", "402", "501")
    text = old.text
    new = pen.session.get_one(Proposal, committee.split(old))
    assert committee.voices(new) == committee.voices(old) == dict.fromkeys(("401", "402", "501"), old.id)
    assert (new.split_from, new.number, new.author_id) == (old.id, 2, world.li_na.account_id)
    for name in ("state", "scope_building", "needed", "supporters", "reached_at", "answer_due_at"):
        assert getattr(new, name) == getattr(old, name)
    assert (old.text, new.title, new.revision) == (text, "3号楼楼道换窗户", 1)
    assert pen.session.get_one(ProposalText, (new.id, 1)).by == world.chen_jie.account_id
    found = search.find(pen.session, estate_id=world.estate_id, query="窗户", kind=SubjectKind.PROPOSAL)
    assert [one.subject_id for one in found] == [new.id]


def test_a_split_into_another_place_counts_the_voices_and_the_need_of_that_place(pen, committee) -> None:
    old = pen.second_rooms(pen.publish(pen.save(WHOLE)), "302", "401", "402")
    assert (old.scope, old.reached_at) == (Scope.ESTATE, None)
    new = pen.session.get_one(Proposal, committee.split(old, committee.part(scope="entrance:3:1")))
    assert (new.scope, new.scope_building, new.scope_entrance) == (Scope.ENTRANCE, "3", "1")
    assert (new.needed, new.supporters, new.warmth) == (3, 3, 3)
    assert set(committee.voices(new)) == {"302", "401", "402"}
    assert new.reached_at == pen.now, "enough neighbours of the entrance stand behind it"
    assert EventKind.REACHED in committee.way(new)
    assert (old.scope, old.reached_at) == (Scope.ESTATE, None)


def test_an_answer_owed_stays_owed_when_a_split_goes_to_a_wider_place(pen, committee) -> None:
    old = pen.second_rooms(pen.publish(), "401", "402", "501")
    new = pen.session.get_one(Proposal, committee.split(old, committee.part(scope="estate")))
    assert new.needed > old.needed
    assert (new.reached_at, new.answer_due_at) == (old.reached_at, old.answer_due_at)


def test_a_voice_is_taken_back_from_one_of_the_two_alone(pen, committee) -> None:
    old = pen.second_rooms(pen.publish(), "401", "402")
    new = pen.session.get_one(Proposal, committee.split(old))
    pen.take_back(new, pen.neighbour("401"))
    assert set(committee.voices(new)) == {"402"}
    assert set(committee.voices(old)) == {"401", "402"}
    assert (new.supporters, old.supporters) == (1, 2)


def test_all_behind_a_split_are_told_and_the_form_sent_twice_splits_once(pen, committee, world) -> None:
    old = pen.second_rooms(pen.publish(), "401")
    part = committee.part()
    assert {committee.split(old, part) for _ in range(2)} == {part.id}
    for account in (world.li_na.account_id, pen.neighbour("401")):
        assert len(committee.letters(account, "proposal_split")) == 1
    assert committee.way(old).count(EventKind.SPLIT) == 1
    assert committee.way(pen.session.get_one(Proposal, part.id)) == [EventKind.SPLIT]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("text", "短"),
        ("item", "nothing"),
        ("reason", ""),
        ("title", "长" * 61),
        ("scope", "building:99"),
    ],
)
def test_a_split_says_what_is_missing(pen, committee, field, value) -> None:
    old = pen.publish()
    with pytest.raises(Invalid) as refusal:
        committee.split(old, committee.part(**{field: value}))
    assert refusal.value.field == field


def test_what_is_past_splitting_is_refused(pen, committee, world) -> None:
    old = pen.publish()
    committee.decline(old)
    with pytest.raises(Conflict):
        committee.split(old)
    with pytest.raises(NotFound):
        committee.split(pen.publish(), estate_id=world.other_estate_id)
    # An id that is another proposal's already.
    with pytest.raises(NotFound):
        committee.split(pen.publish(), committee.part(id=old.id))
