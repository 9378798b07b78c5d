"""The second factor: a code works once, a wrong one counts, and what was shown holds for one session."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from sqlmodel import col, select

from app.errors import Conflict, Invalid, NotAllowed, TooMany
from app.models.accounts import Grant, LoginSession, RecoveryCode, SecondFactor
from app.models.base import NO_ID
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.accounts import Role
from app.services.accounts import second_factor as factors
from app.services.accounts import second_factor_codes as codes
from app.services.accounts.grants import ensure_shown, roles_of, withhold
from app.services.accounts.sessions import find_person, start_session
from app.services.estates.standing import standing_of
from app.services.trail import Actor
from tests.fixtures.second_factor import person_of, set_up, waiting
from tests.fixtures.world import make_person

STEP = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)
REASON = "手机丢失，已核对身份证"


@pytest.fixture
def phone(session, world, now, secret):
    """Her authenticator, confirmed two minutes ago."""
    return set_up(session, world.chen_jie, now=now - 2 * MINUTE, secret=secret)[0]


@pytest.fixture
def anew(session, world, phone, now):
    """She signs in again."""
    token = start_session(
        session, account_id=world.chen_jie.account_id, device="", now=now, previous_token=None
    )
    return person_of(session, world.chen_jie, now, token)


def show(session, person, typed, now, secret):
    return factors.show(session, person, typed=typed, now=now, secret=secret)


def letters(session, account_id):
    return [message.template for message in session.exec(select(Message)) if message.account_id == account_id]


def test_the_first_right_code_makes_the_factor_and_ten_recovery_codes(session, world, now, secret):
    phone, shown = set_up(session, world.chen_jie, now=now, secret=secret)
    assert len(set(shown.recovery_codes)) == 10
    person = person_of(session, world.chen_jie, now, shown.token)
    assert (person.has_second_factor, person.second_factor_shown) == (True, True)
    assert letters(session, person.account_id) == ["second_factor_set_up"]
    assert phone.at(now) != phone.at(now + STEP)


def test_neither_the_secret_nor_a_recovery_code_is_in_the_database(session, world, now, secret):
    phone, shown = set_up(session, world.chen_jie, now=now, secret=secret)
    row = session.get_one(SecondFactor, world.chen_jie.account_id)
    assert phone.maker.secret.encode() not in row.sealed
    assert codes.unseal(row.sealed, account_id=row.account_id, secret=secret) == phone.maker.secret
    hashes = {row.code_hash for row in session.exec(select(RecoveryCode))}
    assert not hashes & {code.replace("-", "") for code in shown.recovery_codes}
    assert len(hashes) == 10


def test_a_sealed_secret_opens_neither_for_another_account_nor_under_another_secret(secret):
    sealed = codes.seal("ABCD", account_id=UUID(int=1), secret=secret)
    for account, key in ((UUID(int=2), secret), (UUID(int=1), b"another secret")):
        with pytest.raises(InvalidTag):
            codes.unseal(sealed, account_id=account, secret=key)


def test_a_wrong_first_code_confirms_nothing(session, world, now, secret):
    person = person_of(session, world.chen_jie, now)
    factors.begin(session, person, now=now, secret=secret)
    assert isinstance(
        factors.confirm(session, person, typed="000000", now=now, secret=secret).refusal, Invalid
    )
    assert not person_of(session, world.chen_jie, now).has_second_factor


def test_only_the_session_that_began_sees_and_confirms_the_new_secret(session, world, now, secret):
    mine = person_of(session, world.chen_jie, now)
    factors.begin(session, mine, now=now, secret=secret)
    token = start_session(session, account_id=mine.account_id, device="", now=now, previous_token=None)
    other = person_of(session, world.chen_jie, now, token)
    assert factors.read_set_up(session, other, now=now, secret=secret) is None
    code = waiting(session, mine, now=now, secret=secret).at(now)
    with pytest.raises(Conflict):
        factors.confirm(session, other, typed=code, now=now, secret=secret)


def test_a_set_up_ends_after_a_quarter_of_an_hour(session, world, now, secret):
    person = person_of(session, world.chen_jie, now)
    factors.begin(session, person, now=now, secret=secret)
    later = now + 15 * MINUTE
    code = waiting(session, person, now=later - MINUTE, secret=secret).at(later)
    assert factors.read_set_up(session, person, now=later, secret=secret) is None
    with pytest.raises(Conflict):
        factors.confirm(session, person, typed=code, now=later, secret=secret)


def test_showing_the_code_changes_the_token_and_kills_the_old_one(session, world, phone, now, secret):
    old = start_session(
        session, account_id=world.chen_jie.account_id, device="", now=now, previous_token=None
    )
    person = person_of(session, world.chen_jie, now, old)
    assert person.owes_second_factor(required=False)
    shown = show(session, person, phone.at(now), now, secret)
    assert find_person(session, token=old, now=now) is None
    after = person_of(session, world.chen_jie, now, shown.token)
    assert after.session_id == person.session_id
    assert not after.owes_second_factor(required=True)


def test_what_one_session_showed_no_other_session_has(session, world, phone, anew, now, secret):
    show(session, anew, phone.at(now), now, secret)
    token = start_session(session, account_id=anew.account_id, device="", now=now, previous_token=None)
    assert person_of(session, world.chen_jie, now, token).owes_second_factor(required=False)


@pytest.mark.parametrize(
    ("offset", "passes"), [(-2 * STEP, False), (-STEP, True), (STEP, True), (2 * STEP, False)]
)
def test_a_clock_may_be_one_step_off_and_no_more(session, phone, anew, now, secret, offset, passes):
    assert (show(session, anew, phone.at(now + offset), now, secret).refusal is None) is passes


def test_full_width_digits_and_gaps_are_read(session, phone, anew, now, secret):
    digits = phone.at(now).translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert show(session, anew, f"{digits[:3]} {digits[3:]}", now, secret).refusal is None


def test_a_code_works_once_and_an_older_one_not_after_it(session, phone, anew, now, secret):
    assert show(session, anew, phone.at(now), now, secret).refusal is None
    assert isinstance(show(session, anew, phone.at(now), now, secret).refusal, Invalid)
    assert isinstance(show(session, anew, phone.at(now - STEP), now, secret).refusal, Invalid)
    assert show(session, anew, phone.at(now + STEP), now, secret).refusal is None


def test_the_code_that_confirmed_the_set_up_does_not_open_another_session(session, world, now, secret):
    phone, _ = set_up(session, world.chen_jie, now=now, secret=secret)
    token = start_session(
        session, account_id=world.chen_jie.account_id, device="", now=now, previous_token=None
    )
    person = person_of(session, world.chen_jie, now, token)
    assert isinstance(show(session, person, phone.at(now), now, secret).refusal, Invalid)


def test_five_wrong_codes_close_the_door_for_a_quarter_of_an_hour_even_to_the_right_one(
    session, phone, anew, now, secret
):
    for _ in range(5):
        assert isinstance(show(session, anew, "000000", now, secret).refusal, Invalid)
    refusal = show(session, anew, phone.at(now), now, secret).refusal
    assert isinstance(refusal, TooMany)
    assert refusal.values["seconds"] == 900
    later = now + 15 * MINUTE
    assert show(session, anew, phone.at(later), later, secret).refusal is None


def test_wrong_recovery_codes_count_as_wrong_codes_do(session, phone, anew, now, secret):
    for _ in range(5):
        show(session, anew, "AAAAA-AAAAA", now, secret)
    assert isinstance(show(session, anew, phone.at(now), now, secret).refusal, TooMany)


def test_an_empty_field_is_no_try(session, phone, anew, now, secret):
    for _ in range(6):
        assert isinstance(show(session, anew, " ", now, secret).refusal, Invalid)
    assert show(session, anew, phone.at(now), now, secret).refusal is None


def test_a_recovery_code_opens_once_however_it_is_typed_and_the_person_is_told(session, world, now, secret):
    _, shown = set_up(session, world.chen_jie, now=now, secret=secret)
    token = start_session(
        session, account_id=world.chen_jie.account_id, device="", now=now, previous_token=None
    )
    person = person_of(session, world.chen_jie, now, token)
    typed = shown.recovery_codes[3].lower().replace("-", " ")
    assert show(session, person, typed, now, secret).refusal is None
    assert isinstance(show(session, person, typed, now, secret).refusal, Invalid)
    assert factors.read_state(session, account_id=person.account_id).codes_left == 9
    assert "recovery_code_used" in letters(session, person.account_id)


def test_another_persons_recovery_code_opens_nothing(session, world, anew, now, secret):
    _, shown = set_up(session, world.sun_li, now=now, secret=secret)
    assert isinstance(show(session, anew, shown.recovery_codes[0], now, secret).refusal, Invalid)


def test_a_new_phone_needs_a_code_of_the_old_and_the_old_one_works_until_the_new_is_confirmed(
    session, world, phone, anew, now, secret
):
    assert factors.begin(session, anew, typed="000000", now=now, secret=secret).refusal
    assert factors.begin(session, anew, typed=phone.at(now), now=now, secret=secret).refusal is None
    new = waiting(session, anew, now=now, secret=secret)
    later = now + MINUTE
    assert show(session, anew, new.at(later), later, secret).refusal
    assert show(session, anew, phone.at(later), later, secret).refusal is None
    shown = factors.confirm(session, anew, typed=new.at(later), now=later, secret=secret)
    person, last = person_of(session, world.chen_jie, later, shown.token), later + MINUTE
    assert show(session, person, phone.at(last), last, secret).refusal
    assert show(session, person, new.at(last), last, secret).refusal is None


def test_a_new_phone_takes_the_old_recovery_codes_with_it_and_asks_every_other_session(
    session, world, now, secret
):
    phone, first = set_up(session, world.chen_jie, now=now, secret=secret)
    here = person_of(session, world.chen_jie, now, first.token)
    token = start_session(session, account_id=here.account_id, device="", now=now, previous_token=None)
    later = now + MINUTE
    elsewhere = show(
        session, person_of(session, world.chen_jie, now, token), phone.at(later), later, secret
    ).token
    last = later + MINUTE
    factors.begin(session, here, typed=phone.at(last), now=last, secret=secret)
    new = waiting(session, here, now=last, secret=secret)
    factors.confirm(session, here, typed=new.at(last), now=last, secret=secret)
    other = person_of(session, world.chen_jie, last, elsewhere)
    assert not other.second_factor_shown
    assert show(session, other, first.recovery_codes[0], last, secret).refusal


def test_new_recovery_codes_end_the_old_ones(session, world, now, secret):
    phone, first = set_up(session, world.chen_jie, now=now, secret=secret)
    person, later = person_of(session, world.chen_jie, now, first.token), now + MINUTE
    made = factors.renew_recovery_codes(
        session, person, typed=phone.at(later), now=later, secret=secret
    ).recovery_codes
    assert len(made) == 10
    assert show(session, person, first.recovery_codes[0], later, secret).refusal
    assert show(session, person, made[0], later, secret).refusal is None


def test_it_is_removed_with_a_right_code_where_it_is_offered_and_never_where_it_is_required(
    session, world, phone, anew, now, secret
):
    with pytest.raises(NotAllowed):
        factors.remove(session, anew, typed=phone.at(now), required=True, now=now, secret=secret)
    assert factors.remove(session, anew, typed="000000", required=False, now=now, secret=secret).refusal
    assert person_of_again(session, anew).confirmed_at
    assert not factors.remove(
        session, anew, typed=phone.at(now), required=False, now=now, secret=secret
    ).refusal
    assert person_of_again(session, anew).confirmed_at is None
    assert session.exec(select(RecoveryCode)).all() == []
    assert "second_factor_removed" in letters(session, anew.account_id)


def person_of_again(session, person):
    return factors.read_state(session, account_id=person.account_id)


def test_a_reset_signs_out_everywhere_tells_the_person_and_stands_in_the_trail(
    session, world, phone, anew, now
):
    actor = Actor(world.sun_li.account_id, "sun_li")
    where = {"account_id": anew.account_id, "estate_id": world.estate_id, "actor": actor, "now": now}
    with pytest.raises(Invalid):
        factors.reset(session, **where, reason="丢")
    factors.reset(session, **where, reason=REASON)
    assert find_person(session, token=world.chen_jie.token, now=now) is None
    live = select(LoginSession).where(
        LoginSession.account_id == anew.account_id,
        col(LoginSession.ended_at).is_(None),
    )
    assert session.exec(live).all() == []
    rows = session.exec(select(TrailRow).where(TrailRow.tag == "accounts:second_factor:reset")).all()
    assert [(row.estate_id, row.reason) for row in rows] == [(world.estate_id, REASON)]
    assert "second_factor_reset" in letters(session, anew.account_id)
    with pytest.raises(Conflict):
        factors.reset(session, **where, reason=REASON)


def test_nobody_resets_his_own(session, phone, anew, now):
    with pytest.raises(NotAllowed):
        factors.reset(
            session, account_id=anew.account_id, actor=Actor(anew.account_id, ""), reason=REASON, now=now
        )


@pytest.mark.parametrize("recovery", [False, True])
def test_the_same_code_in_two_sessions_at_once_passes_once(database, world, now, secret, recovery):
    with database.transaction() as session:
        phone, shown = set_up(session, world.chen_jie, now=now - 2 * MINUTE, secret=secret)
        account_id = world.chen_jie.account_id
        tokens = [
            start_session(session, account_id=account_id, device="", now=now, previous_token=None)
            for _ in range(2)
        ]
        people = [person_of(session, world.chen_jie, now, token) for token in tokens]
    typed, start = shown.recovery_codes[0] if recovery else phone.at(now), threading.Barrier(2)

    def attempt(person):
        start.wait()
        with database.transaction() as session:
            return show(session, person, typed, now, secret).refusal is None

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, people)) == [False, True]


def test_withheld_roles_are_nobodys_wherever_a_use_case_looks_them_up(session, world):
    mine = {"account_id": world.chen_jie.account_id, "estate_id": world.estate_id}
    assert roles_of(session, **mine) == {Role.COMMITTEE}
    withhold(session, account_id=world.chen_jie.account_id)
    assert roles_of(session, **mine) == standing_of(session, **mine).roles == frozenset()
    assert standing_of(session, **mine).withheld == {Role.COMMITTEE}
    assert roles_of(session, account_id=world.sun_li.account_id, estate_id=world.estate_id) == {Role.AUDITOR}
    withhold(session, account_id=world.zhao_min.account_id)
    party = roles_of(session, account_id=world.zhao_min.account_id, estate_id=world.estate_id)
    assert party == {Role.PARTY_MEMBER}


def test_an_operators_reset_from_the_command_line_is_nobodys_estate(session, phone, anew, now):
    factors.reset(session, account_id=anew.account_id, actor=Actor(NO_ID, "命令行"), reason=REASON, now=now)
    (row,) = session.exec(select(TrailRow).where(TrailRow.tag == "accounts:second_factor:reset")).all()
    assert row.estate_id == NO_ID


def test_of_a_first_factor_the_operators_and_the_committee_hear_and_the_estate_keeps_it(
    session, world, now, secret
):
    operator = make_person(session, "he_ping", "+8613900001900", now)
    session.add(Grant(account_id=operator.account_id, estate_id=NO_ID, role=Role.OPERATOR, granted_at=now))
    set_up(session, world.sun_li, now=now, secret=secret)
    told = select(Message).where(Message.template == "second_factor_set_up_staff")
    rows = session.exec(told).all()
    assert {row.account_id for row in rows} == {operator.account_id, world.chen_jie.account_id}
    assert rows[0].values == {"name": "s**", "phone": "139****1004"}
    kept = select(TrailRow).where(TrailRow.tag == "accounts:second_factor:set_up")
    assert world.estate_id in {row.estate_id for row in session.exec(kept)}


def test_without_the_factor_nothing_is_published_under_the_committees_badge(session, world):
    where = {"account_id": world.chen_jie.account_id, "estate_id": world.estate_id}
    ensure_shown(session, **where)
    withhold(session, account_id=world.chen_jie.account_id)
    with pytest.raises(NotAllowed):
        ensure_shown(session, **where)
    ensure_shown(session, **where | {"estate_id": world.other_estate_id})
