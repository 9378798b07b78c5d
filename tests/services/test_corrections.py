"""Corrections of the posted roll: asked by owners, decided before opening, appended and never an edit."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.models.estates import Owner, Ownership, Unit
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import BallotEvent, EventKind, RollEntry
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.votes.states import Choice
from app.services.trail import Actor
from app.services.votes import corrections, roll

COST = {"cost": "600000.00", "scheme": {"type": "household"}}


@pytest.fixture
def ask(session, world, vote, now):
    def ask(text="我家面积应为 82.00 平方米", unit="301", who="li_na", at=None, correction_id=None):
        return corrections.ask_correction(
            session,
            estate_id=world.estate_id,
            vote_id=vote.id,
            correction_id=correction_id or uuid4(),
            unit_id=world.homes[unit].unit_id if unit else None,
            account_id=world.people[who].account_id,
            text=text,
            now=at or now,
        )

    return ask


@pytest.fixture
def uphold(session, world, vote, now):
    def uphold(correction_id, at=None, home="", who="chen_jie", vote_id=None):
        return corrections.uphold_correction(
            session,
            estate_id=world.estate_id,
            vote_id=vote_id or vote.id,
            correction_id=correction_id,
            actor=Actor(world.people[who].account_id, who),
            reason="已核对房产证",
            now=at or now,
            home=home,
        )

    return uphold


def change_area(session, world, room, area):
    unit = session.get_one(Unit, world.homes[room].unit_id)
    unit.area = area
    session.add(unit)
    session.flush()


def entry(session, vote, world, room):
    current = roll.current_entries(session, vote.id)
    return next((line for line in current if line.unit_id == world.homes[room].unit_id), None)


def test_an_upheld_correction_appends_a_revision_and_keeps_the_posted_line(
    session, world, vote, ask, uphold
) -> None:
    correction = ask()
    change_area(session, world, "301", 8200)
    assert uphold(correction).revision == 2
    query = select(RollEntry).where(RollEntry.unit_id == world.homes["301"].unit_id)
    lines = session.exec(query.order_by(col(RollEntry.revision))).all()
    assert [(line.revision, line.area) for line in lines] == [(1, 8000), (2, 8200)]
    assert entry(session, vote, world, "301").area == 8200


def test_the_chain_binds_the_amended_roll_and_names_nobody(session, world, vote, ask, uphold) -> None:
    correction = ask()
    change_area(session, world, "301", 8200)
    uphold(correction)
    event = session.exec(select(BallotEvent).where(BallotEvent.kind == EventKind.ROLL_AMEND)).one()
    details = json.loads(event.leaf)["details"]
    assert details["correction"] == str(correction)
    assert details["roll"] == roll.roll_hash(
        [line.entry_hash for line in roll.current_entries(session, vote.id)]
    )
    assert not any(word in event.leaf for word in ("li_na", "3号楼", str(world.homes["301"].unit_id)))


def test_the_trail_holds_old_and_new_without_names(session, world, vote, ask, uphold) -> None:
    correction = ask()
    change_area(session, world, "301", 8200)
    uphold(correction)
    row = session.exec(select(TrailRow).where(TrailRow.tag == "votes:correction:uphold")).one()
    assert (row.old["area"], row.new["area"], row.reason) == ("80.00", "82.00", "已核对房产证")
    assert "li_na" not in json.dumps([row.old, row.new])


def test_the_register_is_mended_first_so_an_unchanged_line_is_refused(
    session, world, vote, ask, uphold
) -> None:
    with pytest.raises(Conflict) as refused:
        uphold(ask())
    assert refused.value.code == "same_line"
    assert corrections.list_corrections(session, vote_id=vote.id)[0].state == "open"


def test_a_new_owner_of_the_register_casts_and_the_old_one_does_not(
    session, world, vote, ask, uphold
) -> None:
    correction = ask("房子已经过户给我了", who="wang_wei", unit="301")
    session.delete(session.get_one(Ownership, (world.homes["301"].unit_id, world.homes["301"].owner_id)))
    session.add(Ownership(unit_id=world.homes["301"].unit_id, owner_id=world.homes["302"].owner_id))
    session.flush()
    uphold(correction)
    home = world.homes["301"].unit_id
    with pytest.raises(NotAllowed):
        vote.cast(session, home, world.li_na.account_id, Choice.FOR, vote.opens_at)
    assert vote.cast(session, home, world.wang_wei.account_id, Choice.FOR, vote.opens_at).revision == 1
    # 301 and 302 now have the same owner: one head.
    assert entry(session, vote, world, "301").head_key == entry(session, vote, world, "302").head_key


def test_a_home_that_no_longer_votes_is_struck_and_stays_readable(session, world, vote, ask, uphold) -> None:
    correction = ask("这一套是储藏室，不是住宅")
    unit = session.get_one(Unit, world.homes["301"].unit_id)
    unit.kind = UnitKind.STORAGE
    session.add(unit)
    session.flush()
    assert uphold(correction).struck
    assert entry(session, vote, world, "301") is None
    with pytest.raises(NotAllowed) as refused:
        vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    assert refused.value.code == "not_on_roll"


def test_a_home_the_roll_lacks_is_added_as_its_first_revision_without_a_share(
    session, world, make_vote, now
) -> None:
    vote = make_vote(cost=COST)
    where = {"estate_id": world.estate_id, "vote_id": vote.id, "now": now}
    correction = uuid4()
    corrections.ask_correction(
        session,
        **where,
        correction_id=correction,
        unit_id=None,
        account_id=world.li_na.account_id,
        text="名册里漏了 701 室",
    )
    unit = Unit(
        estate_id=world.estate_id, building="3", entrance="1", floor=7, room="701", area=6000,
        kind=UnitKind.DWELLING, status=UnitStatus.NORMAL,
    )  # fmt: skip
    session.add(unit)
    session.flush()
    session.add(Ownership(unit_id=unit.id, owner_id=world.homes["301"].owner_id))
    session.flush()
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    done = corrections.uphold_correction(
        session, **where, correction_id=correction, actor=actor, reason="已经补登", home="3号楼1单元701室"
    )
    assert (done.added, done.revision) == (True, 1)
    shares = {line.room: line.share for line in roll.current_entries(session, vote.id)}
    assert shares["701"] is None
    assert {shares[room] for room in world.homes} == {5_000_000}


def test_an_amended_home_keeps_the_share_that_was_posted(session, world, make_vote, now) -> None:
    vote = make_vote(cost={"cost": "600000.00", "scheme": {"type": "area"}})
    where = {"estate_id": world.estate_id, "vote_id": vote.id, "now": now}
    correction = uuid4()
    corrections.ask_correction(
        session, **where, correction_id=correction, unit_id=world.homes["301"].unit_id,
        account_id=world.li_na.account_id, text="面积不对，应为 90",
    )  # fmt: skip
    change_area(session, world, "301", 9000)
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    corrections.uphold_correction(
        session, **where, correction_id=correction, actor=actor, reason="已核对房产证"
    )
    assert entry(session, vote, world, "301").share == 5_000_000


def test_a_request_that_names_no_home_needs_one_from_the_desk(session, world, vote, ask, uphold) -> None:
    correction = ask("我家面积不对，应为 82", unit=None)
    change_area(session, world, "301", 8200)
    with pytest.raises(Invalid) as refused:
        uphold(correction, home="没有这一套")
    assert refused.value.field == "home"
    assert uphold(correction, home=" 3号楼1单元301室 ").revision == 2


@pytest.mark.parametrize("late", ["ask", "uphold"])
def test_from_the_opening_second_on_the_roll_is_settled(session, world, vote, ask, uphold, late) -> None:
    at = vote.opens_at
    correction = ask(at=at - timedelta(seconds=1))
    change_area(session, world, "301", 8200)
    with pytest.raises(Conflict) as refused:
        ask(at=at) if late == "ask" else uphold(correction, at=at)
    assert refused.value.code == "roll_settled"


def test_a_late_request_is_still_answered(session, world, vote, ask) -> None:
    correction = ask()
    corrections.refuse_correction(
        session,
        estate_id=world.estate_id,
        vote_id=vote.id,
        correction_id=correction,
        actor=Actor(world.chen_jie.account_id, "chen_jie"),
        reason="投票前没有收到房产证",
        now=vote.opens_at,
    )
    [answered] = corrections.list_corrections(session, vote_id=vote.id, account_id=world.li_na.account_id)
    assert (answered.state, answered.reason) == ("refused", "投票前没有收到房产证")


def test_nobody_decides_his_own_request_and_none_is_decided_twice(session, world, vote, ask, uphold) -> None:
    correction = ask()
    change_area(session, world, "301", 8200)
    with pytest.raises(NotAllowed):
        uphold(correction, who="li_na")
    uphold(correction)
    with pytest.raises(Conflict) as refused:
        uphold(correction)
    assert refused.value.code == "decided"


def test_the_owners_of_the_home_hear_of_it_whoever_asked(session, world, vote, ask, uphold) -> None:
    correction = ask(who="wang_wei", unit="301")
    change_area(session, world, "301", 8200)
    uphold(correction)
    told = session.exec(select(Message.account_id).where(Message.template == "correction_upheld")).all()
    assert set(told) == {world.wang_wei.account_id, world.li_na.account_id}


def test_owners_and_residents_ask_and_nobody_else(session, world, ask) -> None:
    assert ask(who="qian_er", unit="501")
    for stranger in ("stranger", "zhou_tao", "chen_jie"):
        with pytest.raises(NotAllowed):
            ask(who=stranger)


def test_the_same_form_twice_is_one_request_and_six_are_too_many(session, world, vote, ask) -> None:
    first = uuid4()
    assert ask(correction_id=first) == ask(correction_id=first) == first
    for _ in range(4):
        ask()
    with pytest.raises(TooMany):
        ask()
    assert len(corrections.list_corrections(session, vote_id=vote.id)) == 5


def test_another_estates_desk_finds_nothing(session, world, vote, ask, now) -> None:
    correction = ask()
    actor = Actor(world.zhou_tao.account_id, "zhou_tao")
    with pytest.raises(NotFound):
        corrections.refuse_correction(
            session, estate_id=world.other_estate_id, vote_id=vote.id, correction_id=correction, actor=actor,
            reason="不归您管的", now=now,
        )  # fmt: skip


def test_an_unknown_owner_elsewhere_does_not_block_the_correction(session, world, vote, ask, uphold) -> None:
    correction = ask()
    change_area(session, world, "301", 8200)
    session.delete(session.get_one(Ownership, (world.homes["602"].unit_id, world.homes["602"].owner_id)))
    session.flush()
    assert uphold(correction).revision == 2
    assert session.get(Owner, world.homes["602"].owner_id) is not None
