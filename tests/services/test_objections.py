"""Objections: raised in the window, ruled by somebody else, and what they do to the final result."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge, TooMany
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import Objection, ObjectionKind, ObjectionState, Vote
from app.models.votes.paper import PaperEntry, PaperSheet, SheetState
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


@pytest.fixture
def object_early(session, world, vote):
    """Object before the count, at a moment of one's choice."""

    def object_early(kind, at, who="li_na"):
        objection_id = uuid4()
        objections.raise_objection(
            session, estate_id=world.estate_id, vote_id=vote.id, objection_id=objection_id,
            account_id=world.people[who].account_id, text=TEXT, kind=kind, now=at,
        )  # fmt: skip
        return objection_id

    return object_early


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
    [shown] = objections.list_objections(
        session, vote_id=counted.id, account_id=world.wang_wei.account_id, now=counted.closes_at
    )
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


ROLL, CONDUCT, RESULT = ObjectionKind
SECOND = timedelta(seconds=1)


def refused_kinds(object_early, at) -> set[ObjectionKind]:
    refused = set()
    for kind in ObjectionKind:
        try:
            object_early(kind, at)
        except Conflict as refusal:
            refused.add(kind if refusal.code == "no_objections_now" else refusal.code)
    return refused


def test_the_roll_until_the_opening_the_conduct_all_along_the_result_once_it_is_there(
    session, vote, object_early
) -> None:
    assert refused_kinds(object_early, vote.opens_at - SECOND) == {RESULT}
    assert refused_kinds(object_early, vote.opens_at) == {ROLL, RESULT}
    vote.advance(session, vote.opens_at)
    vote.advance(session, vote.closes_at + timedelta(minutes=1))
    assert refused_kinds(object_early, vote.closes_at + timedelta(minutes=2)) == {ROLL}
    until = session.get_one(Vote, vote.id).objections_until
    assert refused_kinds(object_early, until) == set(ObjectionKind)


def test_an_objection_to_the_roll_is_ruled_on_before_and_after_the_opening_and_upheld_ends_the_way(
    session, world, vote, object_early
) -> None:
    first, second = (object_early(ROLL, vote.opens_at - timedelta(days=day)) for day in (2, 1))
    where = {"estate_id": world.estate_id, "vote_id": vote.id, "ruling": RULING}
    desk = Actor(world.chen_jie.account_id, "chen_jie")
    objections.rule_objection(
        session, **where, objection_id=first, upheld=False, actor=desk, now=vote.opens_at - timedelta(hours=1)
    )
    objections.rule_objection(
        session, **where, objection_id=second, upheld=True, actor=desk, now=vote.opens_at
    )
    assert state_after(session, vote, vote.closes_at + timedelta(days=60)) is State.PRELIMINARY


@pytest.mark.parametrize(
    ("rest", "until"),
    [
        # The tenth day after 25 November is 5 December, which ends at 24:00 in Beijing.
        (set(), datetime(2026, 12, 5, 16, tzinfo=UTC)),
        ({date(2026, 12, 5), date(2026, 12, 6)}, datetime(2026, 12, 7, 16, tzinfo=UTC)),
    ],
)
def test_the_ruling_is_due_as_the_civil_code_counts_days(session, world, vote, rest, until) -> None:
    # 23:59 in Beijing on the 25th: the day itself does not count, whatever is left of it.
    at, objection_id = datetime(2026, 11, 25, 15, 59, tzinfo=UTC), uuid4()
    objections.raise_objection(
        session, estate_id=world.estate_id, vote_id=vote.id, objection_id=objection_id, text=TEXT, now=at,
        account_id=world.li_na.account_id, kind=CONDUCT, is_rest_day=rest.__contains__,
    )  # fmt: skip
    assert session.get_one(Objection, objection_id).rule_by == until


def test_an_overdue_ruling_is_shown_to_everybody_and_counted_on_the_desk(
    session, world, vote, object_early
) -> None:
    objection = session.get_one(Objection, object_early(CONDUCT, vote.opens_at - timedelta(days=1)))
    due = objection.rule_by
    for at, overdue in ((due - SECOND, 0), (due, 1)):
        [shown] = objections.list_objections(
            session, vote_id=vote.id, account_id=world.wang_wei.account_id, now=at
        )
        pile = objections.count_pile(session, estate_id=world.estate_id, now=at)
        assert (shown.overdue, pile) == (bool(overdue), objections.Pile(1, overdue))
    assert objections.count_pile(session, estate_id=world.other_estate_id, now=due).waiting == 0


def test_who_entered_sheets_of_the_vote_rules_on_its_roll_only(session, world, vote, object_early) -> None:
    keyer = world.chen_jie.account_id
    at = vote.opens_at - SECOND
    sheet = PaperSheet(
        vote_id=vote.id, unit_id=world.homes["101"].unit_id, serial="1-0001", state=SheetState.RETURNED,
        printed_at=at, printed_by=keyer,
    )  # fmt: skip
    session.add(sheet)
    session.flush()
    session.add(
        PaperEntry(sheet_id=sheet.id, position=1, entered_by=keyer, sealed_choices=b"x", entered_at=at)
    )
    roll, conduct = object_early(ROLL, at), object_early(CONDUCT, at)
    where = {"estate_id": world.estate_id, "vote_id": vote.id, "upheld": False, "ruling": RULING, "now": at}
    with pytest.raises(NotAllowed) as refused:
        objections.rule_objection(session, **where, objection_id=conduct, actor=Actor(keyer, "chen_jie"))
    assert refused.value.code == "keyed"
    [shown] = [
        row
        for row in objections.list_for_desk(session, vote_id=vote.id, account_id=keyer, now=at)
        if row.refused
    ]
    assert shown.id == conduct
    objections.rule_objection(session, **where, objection_id=roll, actor=Actor(keyer, "chen_jie"))
    objections.rule_objection(
        session, **where, objection_id=conduct, actor=Actor(world.zhao_min.account_id, "zhao_min")
    )
    assert session.get_one(Objection, conduct).state is ObjectionState.DISMISSED


def test_a_clock_set_back_an_hour_reopens_nothing_and_shortens_no_term(
    session, world, counted, until, object_to, rule
) -> None:
    back = counted.closes_at - timedelta(hours=1)
    with pytest.raises(Conflict):
        objections.raise_objection(
            session, estate_id=world.estate_id, vote_id=counted.id, objection_id=uuid4(), text=TEXT,
            account_id=world.li_na.account_id, kind=ROLL, now=back,
        )  # fmt: skip
    objection = session.get_one(Objection, object_to(at=back))
    assert objection.created_at >= counted.closes_at
    assert state_after(session, counted, until) is State.PRELIMINARY
    rule(objection.id)
    assert state_after(session, counted, until) is State.FINAL
    with pytest.raises(Conflict):
        object_to(at=until - timedelta(hours=1))
