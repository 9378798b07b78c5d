"""Signing in with an SMS code or a code from the desk."""

import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from app.config import Settings
from app.database import Database
from app.errors import Invalid, NotAllowed, NotFound, TooMany
from app.models.accounts import Account, Attempt, CodeKind, SignInCode
from app.models.base import NO_ID
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.accounts import CODE_LIFE, CODE_TRIES, DESK_CODE_LIFE, Duty, Role
from app.services.accounts import codes, hashing
from app.services.accounts.codes import BLANK, redeem_sms_code, send_sms_code
from app.services.accounts.desk import print_desk_code, redeem_desk_code
from app.services.accounts.grants import grant_role
from app.services.accounts.guesses import CodeLimits, Redeemed, address_tag, read_digits
from app.services.accounts.people import ensure_account, open_account
from app.services.trail import SYSTEM, Actor

SECRET = b"a secret for tests only"
PHONE = "13800000001"
LIMITS = CodeLimits.of(Settings(_env_file=None))
ROOMY = CodeLimits(10**6, 10**6, 10**6, 0, 10**6, 10**6, 10**6)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shape of the real hash at a thousandth of its cost."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(hashing, "HASHER", hasher)
    monkeypatch.setattr(hashing, "NO_CODE", hasher.hash("no code at all"))


def send(
    session: Session, now: datetime, phone: str = PHONE, browser: str = "browser", limits: CodeLimits = LIMITS
) -> str:
    """Ask for a code; the plain code as the phone gets it."""
    send_sms_code(
        session,
        phone_text=phone,
        address="192.0.2.1",
        request_token=browser,
        now=now,
        secret=SECRET,
        limits=limits,
        picture_read=True,
    )
    return newest_code(session)


def newest_code(session: Session) -> str:
    row = session.exec(select(SignInCode).order_by(col(SignInCode.sent_at).desc()).limit(1)).one()
    return message_of(session, row).values["code"]


def message_of(session: Session, row: SignInCode) -> Message:
    query = (
        select(Message)
        .where(Message.key == f"sign_in_code:{row.id}")
        .execution_options(populate_existing=True)
    )
    return session.exec(query).one()


def redeem(
    session: Session,
    code: str,
    now: datetime,
    phone: str = PHONE,
    browser: str = "browser",
    address: str = "192.0.2.1",
    limits: CodeLimits = LIMITS,
) -> Redeemed:
    return redeem_sms_code(
        session,
        phone_text=phone,
        code=code,
        request_token=browser,
        address=address,
        now=now,
        secret=SECRET,
        limits=limits,
    )


def other(code: str) -> str:
    """A wrong code of the same length."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def test_the_right_code_signs_in_and_makes_the_account(session, now):
    result = redeem(session, send(session, now), now)
    assert result.refusal is None
    assert session.get_one(Account, result.account_id).phone == "+8613800000001"


def test_the_same_phone_comes_back_to_the_same_account(session, now):
    first = redeem(session, send(session, now), now)
    later = now + timedelta(days=3)
    assert redeem(session, send(session, later, browser="another"), later, browser="another") == first


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1} {2}", "{1}-{2}", "{3}"])
def test_gaps_and_full_width_digits_are_read_as_the_code(session, now, typed):
    code = send(session, now)
    wide = code.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert redeem(session, typed.format(code, code[:3], code[3:], wide), now).account_id


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", "9" * 10_000])
def test_what_cannot_be_a_code_is_refused_and_costs_no_try(session, now, typed):
    send(session, now)
    assert redeem(session, typed, now).refusal.field == "code"
    assert session.exec(select(SignInCode.tries)).one() == 0


def test_a_code_works_once(session, now):
    code = send(session, now)
    assert redeem(session, code, now).account_id
    assert redeem(session, code, now).refusal


def test_a_code_ends_after_five_minutes(session, now):
    code = send(session, now)
    assert redeem(session, code, now + CODE_LIFE).refusal
    assert redeem(session, code, now + CODE_LIFE - timedelta(seconds=1)).account_id


def test_a_code_works_only_in_the_browser_that_asked(session, now):
    code = send(session, now, browser="mine")
    assert redeem(session, code, now, browser="thief").refusal
    assert redeem(session, code, now, browser="mine").account_id


def test_a_code_of_one_phone_signs_no_other_phone_in(session, now):
    send(session, now, phone="13800000002")
    later = now + timedelta(seconds=1)
    code = send(session, later)
    assert redeem(session, code, later, phone="13800000002").refusal
    assert redeem(session, code, later).account_id


def test_a_new_code_ends_the_earlier_one_of_this_browser_and_no_other(session, now):
    first = send(session, now)
    elsewhere = send(session, now + timedelta(seconds=61), browser="elsewhere")
    second = send(session, now + timedelta(seconds=122))
    later = now + timedelta(seconds=123)
    assert redeem(session, first, later).refusal or first == second
    assert redeem(session, second, later).account_id
    assert redeem(session, elsewhere, later, browser="elsewhere").account_id


def test_an_earlier_code_does_not_come_back_when_the_newest_was_used(session, now):
    first = send(session, now)
    later = now + timedelta(seconds=61)
    assert redeem(session, send(session, later), later).account_id
    assert redeem(session, first, later).refusal


def test_after_five_wrong_codes_the_right_one_is_refused(session, now):
    code = send(session, now)
    for _ in range(CODE_TRIES):
        assert redeem(session, other(code), now).refusal
    assert redeem(session, code, now).refusal


def test_after_four_wrong_codes_the_right_one_is_taken(session, now):
    code = send(session, now)
    for _ in range(CODE_TRIES - 1):
        redeem(session, other(code), now)
    assert redeem(session, code, now).account_id


def test_ten_wrong_codes_in_an_hour_pause_the_phone_even_with_a_fresh_code(session, now):
    for attempt in range(2):
        code = send(session, now + timedelta(minutes=attempt * 2))
        for _ in range(CODE_TRIES):
            redeem(session, other(code), now + timedelta(minutes=attempt * 2))
    later = now + timedelta(minutes=10)
    assert isinstance(redeem(session, send(session, later), later).refusal, TooMany)
    free = now + timedelta(minutes=62)
    assert redeem(session, send(session, free), free).account_id


def test_a_wrong_code_is_counted_once_the_caller_commits(database: Database, now):
    with database.transaction() as session:
        code = send(session, now)
    with database.transaction() as session:
        assert redeem(session, other(code), now).refusal
    with database.session(writing=False) as session:
        assert session.exec(select(SignInCode.tries)).one() == 1


def test_guessing_without_a_code_locks_neither_the_phone_nor_the_site(session, now):
    for _ in range(30):
        assert redeem(session, "000000", now, browser="stranger", address="198.51.100.9").refusal
    assert redeem(session, send(session, now), now).account_id
    keys = session.exec(select(Attempt.key)).all()
    assert not [key for key in keys if key.startswith(("fail:phone", "fail:site"))]


def test_an_address_that_guesses_on_is_stopped_before_any_hash_is_worked_out(session, now, monkeypatch):
    for _ in range(LIMITS.failures_address_hour):
        redeem(session, "000000", now)
    monkeypatch.setattr(codes, "slow_match", lambda *_: pytest.fail("a hash was worked out"))
    assert isinstance(redeem(session, "000000", now).refusal, TooMany)


def test_the_homes_of_one_ipv6_network_count_as_one_address():
    assert address_tag(SECRET, "2001:db8:1:2::7") == address_tag(SECRET, "2001:db8:1:2:ffff::1")
    assert address_tag(SECRET, "2001:db8:1:2::7") != address_tag(SECRET, "2001:db8:1:3::7")
    assert address_tag(SECRET, "::ffff:192.0.2.1") == address_tag(SECRET, "192.0.2.1")


def test_under_attack_six_digits_do_not_pass_and_new_codes_have_eight(session, now):
    tight = CodeLimits(99, 99, 99, 0, 99, failures_site_hour=3)
    victim = send(session, now, browser="victim", limits=tight)
    bait = send(session, now + timedelta(seconds=1), phone="13800000002", limits=tight)
    for _ in range(3):
        redeem(session, other(bait), now, phone="13800000002", limits=tight)
    assert redeem(session, victim, now, browser="victim", limits=tight).refusal
    long_code = send(session, now + timedelta(seconds=2), browser="victim", limits=tight)
    assert len(long_code) == 8
    assert redeem(session, long_code, now + timedelta(seconds=2), browser="victim", limits=tight).account_id


def test_a_known_and_an_unknown_phone_get_the_same_answer_and_the_same_work(session, now, monkeypatch):
    ensure_account(session, phone=PHONE, name="王小明", now=now)
    work: list[str] = []
    real = hashing.slow_match
    monkeypatch.setattr(codes, "slow_match", lambda *given: work.append("hash") or real(*given))
    answers = []
    for phone in (PHONE, "13800000002"):
        code = send(session, now, phone=phone, browser=phone)
        wrong = redeem(session, other(code), now, phone=phone, browser=phone).refusal
        unasked = redeem(session, code, now, phone=phone, browser="nobody").refusal
        answers.append((len(code), str(wrong), wrong.code, str(unasked), unasked.code))
    assert answers[0] == answers[1]
    assert answers[0][1] == answers[0][3]
    assert work == ["hash"] * 4


def test_the_real_hash_is_worked_out_even_when_there_is_no_code(monkeypatch):
    monkeypatch.undo()
    assert hashing.slow_match(None, "no code at all") is False
    assert hashing.HASHER.verify(hashing.NO_CODE, "no code at all")
    assert not hashing.HASHER.check_needs_rehash(hashing.NO_CODE)


@pytest.mark.parametrize(
    "phone", ["+852 5123 4567", "4008123123", "10086", "010-62345678", "1380000", "abc", "", "0" * 9999]
)
def test_only_mainland_mobiles_get_a_code(session, now, phone):
    with pytest.raises(Invalid) as refused:
        send(session, now, phone=phone)
    assert refused.value.field == "phone"
    assert session.exec(select(Message)).all() == []


@pytest.mark.parametrize(
    "phone", ["１３８００００００００１"[:3] + "０" * 7 + "１", "+86 138-0000-0001", "008613800000001"]
)
def test_a_phone_is_one_phone_however_it_is_written(session, now, phone):
    send(session, now)
    with pytest.raises(TooMany):
        send(session, now + timedelta(seconds=59), phone=phone)


def test_the_sixth_code_of_a_day_is_not_sent(session, now):
    for minute in range(5):
        send(session, now + timedelta(minutes=2 * minute))
    with pytest.raises(TooMany):
        send(session, now + timedelta(minutes=20))
    send(session, now + timedelta(days=1))


def test_a_thousand_numbers_from_one_address_get_no_more_than_its_share(session, now):
    sent = sum(_is_sent(session, now, f"138{number:08}") for number in range(100))
    assert sent == LIMITS.sends_address_day


def _is_sent(session: Session, now: datetime, phone: str) -> bool:
    try:
        send(session, now, phone=phone)
    except TooMany:
        return False
    return True


def test_no_table_holds_the_code_or_a_countable_phone_in_the_clear(session, now):
    code = send(session, now)
    row = session.exec(select(SignInCode)).one()
    assert code not in row.code_hash
    assert PHONE not in row.subject
    assert not [key for key in session.exec(select(Attempt.key)) if PHONE in key or "192.0.2.1" in key]


def test_a_used_code_is_blanked_in_its_message(session, now):
    redeem(session, send(session, now), now)
    assert newest_code(session) == BLANK


def test_a_worn_out_code_is_blanked_in_its_message(session, now):
    code = send(session, now)
    for _ in range(CODE_TRIES):
        redeem(session, other(code), now)
    assert newest_code(session) == BLANK


def test_expired_codes_are_deleted_and_blanked_and_living_ones_stay(session, now):
    send(session, now)
    later = now + timedelta(minutes=3)
    send(session, later, browser="later")
    assert codes.clear_old(session, now=now + CODE_LIFE) == 1
    values = session.exec(select(Message.values).order_by(col(Message.created_at))).all()
    assert values[0] == {"code": BLANK}
    assert values[1]["code"] == newest_code(session) != BLANK


@given(steps=st.lists(st.sampled_from(["wrong", "wrong", "wrong", "send", "wait"]), max_size=14))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_right_code_passes_only_within_its_time_and_before_five_wrong_ones(session, now, steps):
    moment, sent_at, tries = now, now, 0
    code = send(session, moment, limits=ROOMY)
    for step in steps:
        moment += timedelta(seconds=80 if step == "wait" else 1)
        if step == "wrong":
            assert redeem(session, other(code), moment, limits=ROOMY).refusal
            tries += 1
        elif step == "send":
            code, sent_at, tries = send(session, moment, limits=ROOMY), moment, 0
    passes = redeem(session, code, moment, limits=ROOMY).account_id is not None
    session.rollback()
    assert passes == (tries < CODE_TRIES and moment < sent_at + CODE_LIFE)


def together(workers: int, work) -> list:
    """What `work(number)` gives when all begin at once."""
    results: list = []
    start = threading.Barrier(workers)

    def run(number: int) -> None:
        start.wait()
        results.append(work(number))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_redemptions_of_one_code_at_once_one_wins(database: Database, now):
    with database.transaction() as session:
        code = send(session, now)

    def work(_number: int) -> Redeemed:
        with database.transaction() as session:
            return redeem(session, code, now)

    assert sorted(result.account_id is not None for result in together(2, work)) == [False, True]


def test_two_devices_at_the_first_sign_in_share_one_account(database: Database, now):
    with database.transaction() as session:
        both = [
            send(session, now + timedelta(seconds=61 * number), browser=str(number)) for number in range(2)
        ]

    def work(number: int) -> Redeemed:
        with database.transaction() as session:
            return redeem(session, both[number], now + timedelta(seconds=62), browser=str(number))

    assert len({result.account_id for result in together(2, work)} - {None}) == 1


def test_fifty_parallel_guesses_count_as_fifty(database: Database, now):
    with database.transaction() as session:
        code = send(session, now)

    def work(_number: int) -> list[Redeemed]:
        results = []
        for _ in range(10):
            with database.transaction() as session:
                results.append(redeem(session, other(code), now, limits=ROOMY))
        return results

    together(5, work)
    with database.transaction() as session:
        keys = session.exec(select(Attempt.key)).all()
        assert session.exec(select(SignInCode.tries)).one() == CODE_TRIES
        assert sum(key.startswith("fail:address") for key in keys) == 50
        assert redeem(session, code, now, limits=ROOMY).refusal


CLERK = Actor(NO_ID, "李主任")


@pytest.fixture
def elder(session: Session, now: datetime) -> UUID:
    return open_account(session, name="赵奶奶", actor=CLERK, estate_id=NO_ID, now=now)


def print_code(session: Session, account_id, now: datetime) -> str:
    return print_desk_code(
        session, account_id=account_id, actor=CLERK, estate_id=NO_ID, now=now, secret=SECRET
    )


def redeem_desk(
    session: Session, code: str, now: datetime, address: str = "192.0.2.1", limits: CodeLimits = LIMITS
):
    return redeem_desk_code(session, code=code, address=address, now=now, secret=SECRET, limits=limits)


def test_a_printed_code_signs_in_a_person_without_a_phone(session, now, elder):
    code = print_code(session, elder, now)
    assert len(code) == 11
    assert code[5] == " "
    assert redeem_desk(session, code, now + timedelta(hours=20)) == Redeemed(elder)


def test_a_printed_code_works_once_and_for_a_day(session, now, elder):
    late = print_code(session, elder, now)
    assert redeem_desk(session, late, now + DESK_CODE_LIFE).refusal
    code = print_code(session, elder, now)
    assert redeem_desk(session, code, now).account_id == elder
    assert redeem_desk(session, code, now).refusal


def test_printing_again_ends_the_first_paper(session, now, elder):
    first = print_code(session, elder, now)
    second = print_code(session, elder, now + timedelta(minutes=1))
    assert redeem_desk(session, first, now + timedelta(minutes=2)).refusal
    assert redeem_desk(session, second, now + timedelta(minutes=2)).account_id == elder


def test_printing_leaves_a_trail_row_and_a_message_and_neither_holds_the_code(session, now, elder):
    digits = read_digits(print_code(session, elder, now))
    row = session.exec(select(TrailRow).where(TrailRow.tag == "accounts:desk_code:print")).one()
    message = session.exec(select(Message)).one()
    stored = session.exec(select(SignInCode).where(SignInCode.kind == CodeKind.DESK)).one()
    assert (row.subject_id, row.actor_name) == (elder, "李主任")
    assert message.account_id == elder
    for text in (str(row.new), str(message.values), stored.subject, stored.code_hash):
        assert digits not in text


def test_the_desk_prints_no_code_for_an_account_with_a_role(session, now, elder):
    early = print_code(session, elder, now)
    grant_role(
        session, account_id=elder, estate_id=NO_ID, role=Role.OPERATOR, duty=Duty.NONE, actor=SYSTEM, now=now
    )
    with pytest.raises(NotAllowed):
        print_code(session, elder, now)
    assert redeem_desk(session, early, now).refusal


def test_the_desk_prints_no_code_for_nobody(session, now):
    with pytest.raises(NotFound):
        print_code(session, NO_ID, now)


def test_guessing_printed_codes_stops_the_address_and_then_the_site(session, now, elder):
    code = print_code(session, elder, now)
    tight = CodeLimits(9, 9, 9, 9, 9, failures_site_hour=5, failures_address_hour=3)
    for _ in range(3):
        redeem_desk(session, "0000000000", now, limits=tight)
    assert isinstance(redeem_desk(session, code, now, limits=tight).refusal, TooMany)
    for _ in range(2):
        redeem_desk(session, "0000000000", now, address="198.51.100.2", limits=tight)
    assert isinstance(redeem_desk(session, code, now, address="198.51.100.3", limits=tight).refusal, TooMany)
    assert redeem_desk(session, code, now + timedelta(hours=1), limits=tight).account_id == elder


def test_of_two_redemptions_of_one_paper_at_once_one_wins(database: Database, now):
    with database.transaction() as session:
        elder = open_account(session, name="赵奶奶", actor=SYSTEM, estate_id=NO_ID, now=now)
        code = print_code(session, elder, now)

    def work(number: int) -> Redeemed:
        with database.transaction() as session:
            return redeem_desk(session, code, now, address=f"192.0.2.{number}")

    assert sorted(result.account_id is not None for result in together(2, work)) == [False, True]
