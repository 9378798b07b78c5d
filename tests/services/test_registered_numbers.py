"""A number that stands in a register before anybody has confirmed it: who is offered the home, and who must say it."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.errors import Invalid, NotFound, TooMany
from app.models.accounts import Account, Grant, LoginSession
from app.models.estates import Owner
from app.rules.accounts import CONFIRM_TRIES, Duty, Role
from app.services.accounts.proofs import begin_proof
from app.services.estates.binding import asks_home, confirm_home, find_matches, prove_home
from app.services.estates.holders import confirm_by_home, hand_over
from tests.fixtures.world import make_person

PHONE = "+8613900001777"
LONG = timedelta(days=61)


@pytest.fixture
def owner(session, world, now):
    """The owner of 401, by his number in the register and bound to nobody."""
    row = session.get_one(Owner, world.homes["401"].owner_id)
    row.name, row.phone, row.entered_at = "周平", PHONE, now
    session.add(row)
    session.flush()
    return row


def bound(session, owner):
    session.expire_all()
    return session.get_one(Owner, owner.id).account_id


def offered(session, world):
    return [match.owner_id for match in find_matches(session, estate_id=world.estate_id, phone=PHONE)]


def say(session, world, somebody, now, home="3-1-401", name="周平"):
    return prove_home(
        session,
        estate_id=world.estate_id,
        account_id=somebody.account_id,
        home=home,
        name=name,
        now=now,
    )


def test_soon_after_the_import_one_tap_is_enough(session, world, now, owner):
    made = now + timedelta(days=60)
    somebody = make_person(session, "", PHONE, made)
    assert offered(session, world) == [owner.id]
    assert not asks_home(session, estate_id=world.estate_id, phone=PHONE)
    confirm_home(
        session, estate_id=world.estate_id, account_id=somebody.account_id, owner_id=owner.id, now=made
    )
    assert bound(session, owner) == somebody.account_id


def test_who_comes_later_is_shown_nothing_and_binds_nothing_with_a_tap(session, world, now, owner):
    somebody = make_person(session, "", PHONE, now + LONG)
    assert offered(session, world) == []
    assert asks_home(session, estate_id=world.estate_id, phone=PHONE)
    with pytest.raises(NotFound):
        confirm_home(
            session,
            estate_id=world.estate_id,
            account_id=somebody.account_id,
            owner_id=owner.id,
            now=now + LONG,
        )
    assert bound(session, owner) is None


def test_who_comes_later_and_says_home_and_name_is_bound(session, world, now, owner):
    somebody = make_person(session, "", PHONE, now + LONG)
    assert isinstance(say(session, world, somebody, now + LONG, name="li_na"), Invalid)
    assert isinstance(say(session, world, somebody, now + LONG, home="3-1-301", name="li_na"), Invalid)
    assert bound(session, owner) is None
    assert say(session, world, somebody, now + LONG) is None
    assert bound(session, owner) == somebody.account_id


def test_guesses_at_the_home_are_counted(session, world, now, owner):
    somebody = make_person(session, "", PHONE, now + LONG)
    for _ in range(CONFIRM_TRIES):
        say(session, world, somebody, now + LONG, name="猜的")
    assert isinstance(say(session, world, somebody, now + LONG), TooMany)
    assert bound(session, owner) is None


def test_a_row_without_a_day_is_as_old_as_its_estate(session, world, now, owner):
    owner.entered_at = None
    session.add(owner)
    make_person(session, "", PHONE, now + LONG)
    assert offered(session, world) == []


def test_an_account_without_anything_is_asked_when_a_register_knows_its_number(session, world, now, owner):
    somebody = make_person(session, "周", PHONE, now)
    later = now + LONG
    proof = begin_proof(session, account_id=somebody.account_id, known_at=None, now=later)
    assert proof
    assert confirm_by_home(session, proof=proof, home="3-1-401", name="别人", now=later)
    assert confirm_by_home(session, proof=proof, home="3-1-401", name="周平", now=later) is None


def test_a_new_holder_of_a_registered_number_is_offered_nothing(session, world, now, owner):
    somebody = make_person(session, "周", PHONE, now)
    later = now + LONG
    proof = begin_proof(session, account_id=somebody.account_id, known_at=None, now=later)
    assert hand_over(session, proof=proof, now=later) != somebody.account_id
    assert offered(session, world) == []
    assert not asks_home(session, estate_id=world.estate_id, phone=PHONE)


def test_a_number_put_down_lately_asks_nothing_of_an_old_account(session, world, now, owner):
    somebody = make_person(session, "", PHONE, now)
    owner.entered_at = now + timedelta(days=30)
    session.add(owner)
    assert begin_proof(session, account_id=somebody.account_id, known_at=None, now=now + LONG) is None


def test_whoever_begins_on_an_old_number_has_neither_its_sessions_nor_its_name(session, world, now):
    later = now + LONG
    assert begin_proof(session, account_id=world.stranger.account_id, known_at=None, now=later) is None
    session.expire_all()
    assert session.get_one(Account, world.stranger.account_id).name == ""
    ended = select(LoginSession.ended_at).where(LoginSession.account_id == world.stranger.account_id)
    assert session.exec(ended).all() == [later]


def test_a_role_given_in_advance_begins_with_the_day_it_was_given(session, world, now):
    account = Account(phone=PHONE, name="新来的", created_at=now)
    session.add(account)
    session.flush()
    given = now + timedelta(days=50)
    session.add(
        Grant(
            account_id=account.id,
            estate_id=world.estate_id,
            role=Role.PARTY_MEMBER,
            duty=Duty.INITIATOR,
            granted_at=given,
        )
    )
    session.flush()
    asked = [
        begin_proof(session, account_id=account.id, known_at=None, now=given + timedelta(days=days))
        for days in (60, 61)
    ]
    assert [proof is None for proof in asked] == [True, False]
    session.add(
        LoginSession(
            account_id=account.id, token_hash="x", created_at=now, seen_at=now, expires_at=given, ended_at=now
        )
    )
    session.flush()
    used = select(LoginSession).where(col(LoginSession.account_id) == account.id)
    assert session.exec(used).one()
    assert begin_proof(session, account_id=account.id, known_at=None, now=given + timedelta(days=20))
