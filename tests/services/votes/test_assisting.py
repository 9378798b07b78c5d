"""Assisted voting: the owner's own ballot with the desk's hand, who helped beside it, and no choice for anybody."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import col, select

from app.errors import NotAllowed, NotFound, Refusal
from app.models.estates import Owner
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import BallotChannel, BallotCurrent
from app.models.votes.codes import AssistedBallot
from app.rules.votes.states import ChangeRule, Choice
from app.services.trail import Actor
from app.services.votes import assisting, assisting_witness, counting
from app.services.votes.casting import Cast, Receipt
from tests.fixtures.crowd import faults_of

SEEN = "看了身份证原件，姓名与名册一致"


def read_out(session, world, vote, who="zhao_min", home="301") -> str:
    """What the witness reads on his own page."""
    place = world.homes[home]
    try:
        return assisting_witness.witness_code(
            session,
            vote_id=vote.id,
            unit_id=place.unit_id,
            owner_id=place.owner_id,
            actor=Actor(world.people[who].account_id, who),
            now=vote.opens_at,
            secret=vote.secret,
        )
    except NotAllowed:
        return ""


@pytest.fixture
def helped(session, world, vote):
    """Help the owner of 301 with his ballot, or as told."""

    def help_with(
        choice=Choice.FOR, *, home="301", who="chen_jie", key="", identity=SEEN, witness="zhao_min", estate=None,
        code=None, later=timedelta(0),
    ) -> Receipt:  # fmt: skip
        actor, place = Actor(world.people[who].account_id, who), world.homes[home]
        presence = assisting.read_presence(
            session,
            vote_id=vote.id,
            unit_id=place.unit_id,
            owner_id=place.owner_id,
            identity=identity,
            witness_id=world.people[witness].account_id if witness else None,
            witness_code=read_out(session, world, vote, witness or "zhao_min", home)
            if code is None
            else code,
            actor=actor,
            now=vote.opens_at + later,
            secret=vote.secret,
        )
        cast = Cast(
            estate_id=estate or vote.estate_id,
            vote_id=vote.id,
            unit_id=place.unit_id,
            account_id=actor.id,
            answers=(choice,),
            key=key or uuid4().hex,
            received_at=vote.opens_at,
        )
        read_clock = lambda: vote.opens_at  # noqa: E731
        return assisting.cast_assisted(
            session, cast, presence, actor=actor, read_clock=read_clock, secret=vote.secret
        )

    return help_with


def refused(call) -> str:
    with pytest.raises(Refusal) as error:
        call()
    return error.value.code


def test_an_assisted_ballot_counts_is_marked_so_and_names_helper_and_witness(
    session, world, vote, helped
) -> None:
    receipt = helped()
    current = session.get_one(BallotCurrent, (vote.id, world.homes["301"].unit_id))
    assert current.channel is BallotChannel.ASSISTED
    row = session.get_one(AssistedBallot, (vote.id, receipt.seq))
    assert (row.helper_id, row.witness_id, row.identity) == (
        world.chen_jie.account_id,
        world.zhao_min.account_id,
        SEEN,
    )
    assert row.witness_name == world.zhao_min.name
    assert counting.cast_by_channel(session, vote.id) == {BallotChannel.ASSISTED: 1}
    assert faults_of(session, vote.id, vote.secret) == []


def test_the_owner_is_told_by_whom_and_neither_message_nor_trail_says_the_choice(
    session, world, helped
) -> None:
    helped(Choice.AGAINST)
    told = session.exec(select(Message).where(Message.template == "ballot_assisted")).one()
    assert (told.values["helper"], told.values["witness"]) == (
        "chen_jie",
        world.zhao_min.name,
    )
    row = session.exec(select(TrailRow).where(TrailRow.tag == "votes:ballot:assist")).one()
    everything = f"{told.values} {row.new} {row.reason}"
    assert not any(word in everything for word in ("against", "反对"))


def test_the_form_sent_twice_is_one_ballot_with_one_row(session, helped) -> None:
    first = helped(key="k" * 32)
    assert helped(key="k" * 32) == first
    assert len(session.exec(select(AssistedBallot)).all()) == 1
    tags = session.exec(select(TrailRow).where(col(TrailRow.tag) == "votes:ballot:assist")).all()
    assert len(tags) == 1


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"identity": "看过"}, "invalid"),
        ({"identity": "身份证 320501197001011234"}, "number"),
        ({"witness": None}, "own_witness"),
        ({"witness": "chen_jie"}, "own_witness"),
        ({"witness": "wang_wei"}, "own_witness"),
        ({"code": "123456789012"}, "wrong_witness_code"),
        ({"code": ""}, "wrong_witness_code"),
        ({"later": timedelta(minutes=31)}, "wrong_witness_code"),
        ({"witness": "li_na"}, "own_witness"),
        ({"who": "li_na"}, "own_ballot"),
    ],
)
def test_help_without_identity_or_a_third_person_is_refused(session, helped, typed, code) -> None:
    assert refused(lambda: helped(**typed)) == code
    assert session.exec(select(BallotCurrent)).all() == []


def test_the_desk_widens_nobodys_rights(session, world, vote, helped) -> None:
    assert refused(lambda: helped(estate=world.other_estate_id)) == "notfound"
    with pytest.raises(NotFound):
        assisting.owners_of_home(session, vote.id, uuid4())


def test_under_once_help_comes_too_late(session, world, make_vote) -> None:
    vote = make_vote(change=ChangeRule.ONCE)
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    where = {"unit_id": world.homes["301"].unit_id, "owner_id": world.homes["301"].owner_id}
    code = read_out(session, world, vote)
    presence = assisting.read_presence(
        session, vote_id=vote.id, **where, identity=SEEN, witness_id=world.zhao_min.account_id, witness_code=code,
        actor=actor, now=vote.opens_at, secret=vote.secret,
    )  # fmt: skip
    cast = Cast(
        estate_id=vote.estate_id,
        vote_id=vote.id,
        unit_id=where["unit_id"],
        account_id=actor.id,
        answers=(Choice.AGAINST,),
        key=uuid4().hex,
        received_at=vote.opens_at,
    )
    code = refused(
        lambda: assisting.cast_assisted(
            session, cast, presence, actor=actor, read_clock=lambda: vote.opens_at, secret=vote.secret
        )
    )
    assert code == "already_cast"
    assert session.exec(select(AssistedBallot)).all() == []


def test_the_receipt_names_everybody_and_no_choice(session, vote, helped) -> None:
    receipt = helped()
    shown = assisting.read_receipt(session, vote_id=vote.id, seq=receipt.seq)
    assert (shown.home, shown.owner_name, shown.helper_name) == ("3号楼1单元301室", "li_na", "chen_jie")
    assert shown.code == receipt.code
    assert not any(word in repr(shown) for word in ("'for'", "同意"))
    with pytest.raises(NotFound):
        assisting.read_receipt(session, vote_id=vote.id, seq=receipt.seq - 1)


def test_one_clerk_alone_casts_no_assisted_ballot_with_the_witness_that_is_himself(
    session, world, vote, helped
) -> None:
    mine = read_out(session, world, vote, "chen_jie")
    assert refused(lambda: helped(code=mine)) == "wrong_witness_code"
    assert session.exec(select(AssistedBallot)).all() == []


def test_a_witness_code_serves_one_ballot_of_one_home(session, world, vote, helped) -> None:
    code = read_out(session, world, vote)
    assert refused(lambda: helped(home="302", code=code)) == "wrong_witness_code"
    helped(code=code)
    assert refused(lambda: helped(Choice.AGAINST, code=code)) == "wrong_witness_code"
    assert len(session.exec(select(AssistedBallot)).all()) == 1


def test_an_owner_of_the_home_is_no_witness(session, world, vote) -> None:
    with pytest.raises(NotAllowed):
        assisting_witness.witness_code(
            session, vote_id=vote.id, unit_id=world.homes["301"].unit_id, owner_id=world.homes["301"].owner_id,
            actor=Actor(world.li_na.account_id, "li_na"), now=vote.opens_at, secret=vote.secret,
        )  # fmt: skip


def test_an_absent_owner_without_an_account_is_told_at_the_registers_number(session, world, helped) -> None:
    helped(home="401")
    owner = session.get_one(Owner, world.homes["401"].owner_id)
    told = session.exec(select(Message).where(Message.template == "ballot_assisted")).one()
    assert (told.phone, told.account_id) == (owner.phone, None)
