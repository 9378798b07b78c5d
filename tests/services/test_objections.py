"""Objections: raised in the window, ruled by somebody else, and what they do to the final result."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge, TooMany
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import Vote
from app.rules.votes.states import Choice, State
from app.services.trail import Actor
from app.services.votes import closing, objections

TEXT = "三单元的老人没有收到通知，我认为程序有问题。"
RULING = "已查通知记录，当天已送达并有签收。"


@pytest.fixture
def counted(session, world, vote):
    """The vote, closed and sealed with one ballot."""
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    assert vote.advance(session, vote.closes_at + timedelta(seconds=60))
    return vote


@pytest.fixture
def until(session, counted):
    return session.get_one(Vote, counted.id).objections_until


@pytest.fixture
def object_to(session, world, counted, until):
    def object_to(who="li_na", text=TEXT, at=None, objection_id=None):
        return objections.raise_objection(
            session,
            estate_id=world.estate_id,
            vote_id=counted.id,
            objection_id=objection_id or uuid4(),
            account_id=world.people[who].account_id,
            text=text,
            now=at or until - timedelta(days=1),
        )

    return object_to


@pytest.fixture
def rule(session, world, counted, until):
    def rule(objection_id, *, upheld=False, who="chen_jie", ruling=RULING, estate_id=None):
        objections.rule_objection(
            session,
            estate_id=estate_id or world.estate_id,
            vote_id=counted.id,
            objection_id=objection_id,
            upheld=upheld,
            ruling=ruling,
            actor=Actor(world.people[who].account_id, who),
            now=until,
        )

    return rule


def state_after(session, vote, at) -> State:
    while vote.advance(session, at):
        pass
    return session.get_one(Vote, vote.id).state


def test_owners_and_verified_residents_object_and_nobody_else(object_to) -> None:
    object_to("li_na")
    object_to("qian_er")
    for other in ("stranger", "zhou_tao", "sun_li"):
        with pytest.raises(NotAllowed):
            object_to(other)


def test_the_window_ends_with_its_last_instant(object_to, until) -> None:
    object_to(at=until - timedelta(seconds=1))
    with pytest.raises(Conflict) as refused:
        object_to(at=until)
    assert refused.value.code == "no_objections_now"


def test_before_the_count_is_sealed_there_is_nothing_to_object_to(session, world, vote) -> None:
    with pytest.raises(Conflict):
        objections.raise_objection(
            session, estate_id=world.estate_id, vote_id=vote.id, objection_id=uuid4(),
            account_id=world.li_na.account_id, text=TEXT, now=vote.closes_at + timedelta(minutes=5),
        )  # fmt: skip


@pytest.mark.parametrize("text", ["太短", " " * 50, "长" * 2001])
def test_an_objection_has_between_ten_and_two_thousand_characters(object_to, text) -> None:
    with pytest.raises((Invalid, TooLarge)) as refused:
        object_to(text=text)
    assert refused.value.field == "text"


def test_the_public_list_never_names_who_objected(session, world, counted, object_to) -> None:
    object_to()
    [shown] = objections.list_objections(session, vote_id=counted.id, account_id=world.wang_wei.account_id)
    assert (shown.text, shown.is_mine) == (TEXT, False)
    values = [str(getattr(shown, field.name)) for field in fields(shown)]
    assert not any("li_na" in value or str(world.li_na.account_id) in value for value in values)


def test_a_ruling_is_given_once_with_reasons_by_somebody_else(session, world, object_to, rule) -> None:
    objection = object_to()
    with pytest.raises(Invalid):
        rule(objection, ruling="不成立")
    with pytest.raises(NotAllowed):
        rule(objection, who="li_na")
    rule(objection)
    with pytest.raises(Conflict):
        rule(objection, upheld=True)
    row = session.exec(select(TrailRow).where(TrailRow.tag == "votes:objection:dismiss")).one()
    assert row.reason == RULING
    told = session.exec(select(Message).where(Message.template == "objection_dismissed")).one()
    assert told.account_id == world.li_na.account_id


def test_another_estates_committee_rules_on_nothing(world, object_to, rule) -> None:
    with pytest.raises(NotFound):
        rule(object_to(), estate_id=world.other_estate_id, who="zhou_tao")


def test_the_result_becomes_final_by_itself_but_not_while_an_objection_is_open(
    session, counted, until, object_to, rule
) -> None:
    objection = object_to()
    assert state_after(session, counted, until + timedelta(days=30)) is State.PRELIMINARY
    rule(objection)
    assert state_after(session, counted, until - timedelta(seconds=1)) is State.PRELIMINARY
    assert state_after(session, counted, until) is State.FINAL


def test_an_upheld_objection_blocks_the_final_result_until_the_vote_is_annulled(
    session, world, counted, until, object_to, rule
) -> None:
    rule(object_to(), upheld=True)
    late = until + timedelta(days=30)
    assert state_after(session, counted, late) is State.PRELIMINARY
    assert closing.due_votes(session, now=late, grace=timedelta(0)) == []
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    closing.annul_vote(
        session,
        estate_id=world.estate_id,
        vote_id=counted.id,
        actor=actor,
        reason="通知没有送达，程序有误",
        now=late,
    )
    assert session.get_one(Vote, counted.id).state is State.ANNULLED


def test_a_withdrawn_objection_no_longer_holds_anything_up(
    session, world, counted, until, object_to, rule
) -> None:
    objection = object_to()
    where = {"estate_id": world.estate_id, "vote_id": counted.id, "objection_id": objection, "now": until}
    with pytest.raises(NotFound):
        objections.withdraw_objection(session, **where, account_id=world.wang_wei.account_id)
    objections.withdraw_objection(session, **where, account_id=world.li_na.account_id)
    with pytest.raises(Conflict):
        rule(objection)
    assert state_after(session, counted, until) is State.FINAL


def test_the_same_form_twice_is_one_objection_and_six_are_too_many(
    session, world, counted, object_to
) -> None:
    first = uuid4()
    assert object_to(objection_id=first) == object_to(objection_id=first)
    for _ in range(4):
        object_to()
    with pytest.raises(TooMany):
        object_to()
