"""A number that nobody signed in with for long: who has it now, shown or not, and what a new holder gets."""

import threading
from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.errors import Conflict, Invalid, NotFound, TooMany
from app.models.accounts import Account, Grant, LoginSession
from app.models.base import NO_ID
from app.models.estates import Owner
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.accounts import CONFIRM_LIFE, CONFIRM_TRIES, PROOF_BY_USE, Role
from app.services.accounts.proofs import begin_proof, confirm_phone, has_something, is_open, mark_proved
from app.services.accounts.sessions import end_all, find_person, start_session, touch
from app.services.estates.binding import confirm_home, find_matches
from app.services.estates.holders import confirm_by_home, hand_over
from app.services.trail import Actor
from tests.fixtures.world import make_person

LONG = timedelta(days=61)
HOME = "3-1-301"


@pytest.fixture
def later(now):
    return now + LONG


def proof_of(session, somebody, later, known_at=None):
    return begin_proof(session, account_id=somebody.account_id, known_at=known_at, now=later)


def confirm(session, proof, home=HOME, name="li_na", at=None):
    return confirm_by_home(session, proof=proof, home=home, name=name, now=at or proof.at)


def test_sixty_days_to_the_second_ask_nothing_and_one_more_does(session, world, now):
    exactly = now + timedelta(days=60)
    assert proof_of(session, world.li_na, exactly) is None
    assert proof_of(session, world.li_na, exactly + timedelta(seconds=1))


def test_a_known_browser_is_asked_nothing_until_the_person_signs_out_everywhere(session, world, now, later):
    assert proof_of(session, world.li_na, later, known_at=now) is None
    end_all(session, account_id=world.li_na.account_id, now=later)
    session.expire_all()
    assert proof_of(session, world.li_na, later, known_at=now)
    assert proof_of(session, world.li_na, later, known_at=later + timedelta(seconds=1)) is None


@pytest.mark.parametrize("name", ["li_na", "qian_er", "chen_jie", "zhao_min", "ma_chao"])
def test_an_owner_a_resident_and_whoever_has_a_role_have_something_to_lose(session, world, name):
    assert has_something(session, account_id=world.people[name].account_id)


def test_an_account_without_anything_is_not_asked(session, world, later):
    assert not has_something(session, account_id=world.stranger.account_id)
    assert proof_of(session, world.stranger, later) is None


@pytest.mark.parametrize(
    ("home", "name"),
    [
        ("3-1-301", "li_na"),
        ("３号楼1单元301室", " li_na "),
        ("三栋一单元301", "ｌｉ＿ｎａ"),
        ("3 # 1 单元 301 号", "li_ na"),
    ],
)
def test_home_and_name_are_compared_as_the_register_reads_them(session, world, later, home, name):
    assert confirm(session, proof_of(session, world.li_na, later), home, name) is None


def test_every_wrong_answer_gets_one_sentence(session, world, later):
    proof = proof_of(session, world.li_na, later)
    wrong = [("3-1-302", "li_na"), ("3-1-301", "wang_wei"), ("9-9-999", "nobody"), ("???", "li_na")]
    refusals = [confirm(session, proof, home, name) for home, name in wrong]
    assert len({(refusal.message, refusal.field, refusal.code) for refusal in refusals}) == 1


def test_the_home_of_somebody_else_does_not_confirm_with_his_name(session, world, later):
    assert confirm(session, proof_of(session, world.li_na, later), "3-1-302", "wang_wei")


def test_the_sixth_try_in_an_hour_waits_even_when_it_is_right(session, world, later):
    proof = proof_of(session, world.li_na, later)
    for _ in range(CONFIRM_TRIES):
        assert isinstance(confirm(session, proof, name="wrong"), Invalid)
    assert isinstance(confirm(session, proof), TooMany)
    hour = later + timedelta(hours=1)
    assert confirm(session, proof_of(session, world.li_na, hour)) is None


def test_an_empty_form_costs_no_try(session, world, later):
    proof = proof_of(session, world.li_na, later)
    for _ in range(CONFIRM_TRIES + 1):
        assert confirm(session, proof, home="", name="").field == "home"
    assert confirm(session, proof) is None


def test_a_tenant_is_known_by_the_home_he_lives_in(session, world, later):
    assert confirm(session, proof_of(session, world.qian_er, later), "3-1-501", "qian_er") is None


def test_a_proof_runs_out_and_is_used_once(session, world, later):
    proof = proof_of(session, world.li_na, later)
    assert is_open(session, proof=proof, now=later + CONFIRM_LIFE - timedelta(seconds=1))
    with pytest.raises(Conflict):
        confirm(session, proof, at=later + CONFIRM_LIFE)
    mark_proved(session, account_id=world.li_na.account_id, now=later)
    with pytest.raises(Conflict):
        confirm(session, proof)
    with pytest.raises(Conflict):
        hand_over(session, proof=proof, now=later)


def test_the_new_holder_gets_the_number_and_nothing_else(session, world, later):
    old = session.get_one(Account, world.li_na.account_id)
    fresh_id = hand_over(session, proof=proof_of(session, world.li_na, later), now=later)
    assert (old.phone, session.get_one(Account, fresh_id).phone) == (None, world.li_na.phone)
    assert not has_something(session, account_id=fresh_id)
    assert session.exec(select(Owner.account_id).where(Owner.name == "li_na")).one() == old.id
    assert find_person(session, token=world.li_na.token, now=later) is None
    ended = select(LoginSession.ended_at).where(LoginSession.account_id == old.id)
    assert session.exec(ended).all() == [later]
    session.refresh(old)
    assert old.forgotten_at == later


def test_the_committee_learns_of_it_without_a_full_name_and_the_trail_without_a_number(session, world, later):
    hand_over(session, proof=proof_of(session, world.li_na, later), now=later)
    told = session.exec(select(Message).where(Message.template == "phone_changed_hands")).one()
    assert told.account_id == world.chen_jie.account_id
    assert told.values == {"homes": "3号楼1单元301室", "name": "l**"}
    row = session.exec(select(TrailRow).where(TrailRow.tag == "accounts:phone:hand_over")).one()
    assert (row.estate_id, row.subject_id) == (world.estate_id, world.li_na.account_id)
    assert row.old == {"phone": "139****1000"}


def test_a_role_stays_with_the_old_account_and_the_operators_are_told(session, world, later):
    operator = make_person(session, "he_ping", "+8613900001900", later)
    session.add(Grant(account_id=operator.account_id, estate_id=NO_ID, role=Role.OPERATOR, granted_at=later))
    fresh_id = hand_over(session, proof=proof_of(session, world.sun_li, later), now=later)
    told = session.exec(select(Message).where(Message.template == "phone_changed_hands_staff")).one()
    assert (told.account_id, told.values) == (operator.account_id, {"name": "s**"})
    roles = select(Grant.account_id, Grant.role).where(
        col(Grant.account_id).in_([fresh_id, world.sun_li.account_id])
    )
    assert session.exec(roles).all() == [(world.sun_li.account_id, Role.AUDITOR)]


def test_what_the_register_says_of_the_number_is_not_about_its_new_holder(session, world, later):
    """Without this he would be offered a home as soon as the desk parts the old account from it."""
    fresh_id = hand_over(session, proof=proof_of(session, world.li_na, later), now=later)
    owner = session.exec(select(Owner).where(Owner.name == "li_na")).one()
    owner.account_id = None
    session.add(owner)
    session.flush()
    assert find_matches(session, estate_id=world.estate_id, phone=world.li_na.phone) == []
    with pytest.raises(NotFound):
        confirm_home(session, estate_id=world.estate_id, account_id=fresh_id, owner_id=owner.id, now=later)


def test_of_two_at_once_one_makes_the_fresh_account(database, world, later):
    with database.session(writing=False) as session:
        proof = proof_of(session, world.li_na, later)
    done = []

    def take() -> None:
        with database.transaction() as session:
            try:
                done.append(hand_over(session, proof=proof, now=later))
            except Conflict:
                done.append(None)

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found is None for found in done) == [False, True]
    with database.session(writing=False) as session:
        held = select(Account.id).where(Account.phone == world.li_na.phone)
        assert session.exec(held).one() in done


def proved_at(session, somebody):
    return session.exec(select(Account.proved_at).where(Account.id == somebody.account_id)).one()


def use(session, token, at):
    touch(session, session_id=find_person(session, token=token, now=at).session_id, now=at)


def test_use_renews_the_proof_once_a_day(session, world, now):
    use(session, world.li_na.token, now + timedelta(hours=23))
    assert proved_at(session, world.li_na) is None
    use(session, world.li_na.token, now + timedelta(hours=25))
    use(session, world.li_na.token, now + timedelta(hours=26))
    assert proved_at(session, world.li_na) == now + timedelta(hours=25)
    assert proved_at(session, world.wang_wei) is None


def test_use_renews_nothing_when_the_phone_was_proved_too_long_ago(session, world, now):
    for day in range(1, 50):
        use(session, world.li_na.token, now + timedelta(days=day))
    assert proved_at(session, world.li_na) == now + PROOF_BY_USE - timedelta(days=1)


def test_use_of_a_session_begun_with_a_desk_code_renews_nothing(session, world, now):
    at = now + timedelta(days=70)
    token = start_session(session, account_id=world.li_na.account_id, device="", now=at, previous_token=None)
    use(session, token, at + timedelta(days=2))
    assert proved_at(session, world.li_na) is None


def test_vouching_needs_a_reason_and_a_number_and_lets_the_next_code_in(session, world, later):
    actor = Actor(world.chen_jie.account_id, "陈洁")
    with pytest.raises(Invalid):
        confirm_phone(session, account_id=world.sun_li.account_id, actor=actor, reason="", now=later)
    confirm_phone(session, account_id=world.sun_li.account_id, actor=actor, reason="当面核对过", now=later)
    session.expire_all()
    assert proof_of(session, world.sun_li, later + timedelta(days=1)) is None
    row = session.exec(select(TrailRow).where(TrailRow.tag == "accounts:phone:confirm")).one()
    assert (row.reason, row.new) == ("当面核对过", {"phone": "139****1004"})
    hand_over(session, proof=proof_of(session, world.li_na, later), now=later)
    with pytest.raises(Invalid):
        confirm_phone(session, account_id=world.li_na.account_id, actor=actor, reason="当面核对过", now=later)
