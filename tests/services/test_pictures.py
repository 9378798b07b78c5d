"""The alarm: when a picture is asked for, and what it takes to read one."""

import io
import secrets
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from PIL import Image
from sqlmodel import select

from app.config import Settings
from app.errors import Invalid, NotFound, TooMany
from app.models.accounts import SignInCode
from app.models.outbox import Message
from app.rules.accounts import PICTURE_LIFE
from app.services.accounts import hashing, limits, pictures
from app.services.accounts.alarm import FAILURES_SITE, SENDS_SITE, USED_SITE, needs_picture
from app.services.accounts.codes import redeem_sms_code, send_sms_code
from app.services.accounts.guesses import CodeLimits
from app.services.accounts.pictures import draw_picture, new_picture, read_picture

SECRET = b"a secret for tests only"
LIMITS = CodeLimits.of(Settings(_env_file=None))
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shape of the real hash at a thousandth of its cost."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(hashing, "HASHER", hasher)
    monkeypatch.setattr(hashing, "NO_CODE", hasher.hash("no code at all"))


def asks(session, now, address="192.0.2.1"):
    return needs_picture(session, address=address, limits=LIMITS, now=now, secret=SECRET)


def send(session, now, number, address, picture_read=False):
    """Ask for a code as the program of somebody who tries one number after the other."""
    send_sms_code(
        session,
        phone_text=f"138{number:08d}",
        address=address,
        request_token="browser",
        now=now,
        secret=SECRET,
        limits=LIMITS,
        picture_read=picture_read,
    )


def guess(session, now, number, code, address):
    return redeem_sms_code(
        session,
        phone_text=f"138{number:08d}",
        code=code,
        request_token="browser",
        address=address,
        now=now,
        secret=SECRET,
        limits=LIMITS,
    )


def count(session, key, times, now):
    for _ in range(times):
        limits.add(session, key=key, now=now)


def address_of(number):
    return f"198.51.{number // 200}.{number % 200}"


def test_on_a_quiet_day_nobody_is_asked(session, now):
    assert not asks(session, now)


def test_the_fifth_code_in_an_hour_is_the_last_without_a_picture_at_that_address(session, now):
    for number in range(5):
        assert not asks(session, now)
        send(session, now, number, "192.0.2.1")
    assert asks(session, now)
    assert not asks(session, now, address="192.0.2.2")
    with pytest.raises(Invalid, match="图里的"):
        send(session, now, 5, "192.0.2.1")
    send(session, now, 5, "192.0.2.1", picture_read=True)
    assert not asks(session, now + timedelta(hours=1))


@pytest.mark.parametrize(("used", "asked"), [(14, True), (15, False)])
def test_codes_nobody_uses_are_asked_for_with_a_picture(session, now, used, asked):
    count(session, SENDS_SITE, 50, now)
    count(session, USED_SITE, used, now + MINUTE)
    assert asks(session, now + 2 * MINUTE) is asked


def test_a_rush_of_the_last_minute_is_not_judged(session, now):
    count(session, SENDS_SITE, 200, now)
    assert not asks(session, now + timedelta(seconds=59))
    assert asks(session, now + MINUTE)


def test_only_the_last_fifty_of_the_day_count(session, now):
    count(session, SENDS_SITE, 50, now)
    count(session, SENDS_SITE, 50, now + MINUTE)
    count(session, USED_SITE, 20, now + 2 * MINUTE)
    assert not asks(session, now + 3 * MINUTE)
    assert not asks(session, now + timedelta(days=1, minutes=2))


def test_a_right_code_counts_as_used(session, now):
    send(session, now, 1, "192.0.2.1")
    code = session.exec(select(Message.values)).one()["code"]
    assert guess(session, now, 1, code, "192.0.2.1").account_id
    assert limits.count(session, key=USED_SITE, window=MINUTE, now=now) == 1


def test_spraying_trips_the_breaker_and_then_no_code_goes_out_without_a_picture(session, now):
    """Threat 2: five guesses at each of ten thousand numbers, from as many addresses as one likes."""
    failures = 0
    for number in range(10_000):
        try:
            send(session, now, number, address_of(number))
        except Invalid:
            break
        for _ in range(5):
            failures += guess(session, now, number, "12345678", address_of(number)).refusal is not None
    assert failures == limits.count(session, key=FAILURES_SITE, window=MINUTE, now=now) < 250
    for other in range(number, number + 100):
        with pytest.raises(Invalid):
            send(session, now, other, address_of(other))
    send(session, now, number, address_of(number), picture_read=True)
    codes = [letter["code"] for letter in session.exec(select(Message.values))]
    assert max(map(len, codes)) == 8


def test_a_thousand_sends_to_random_numbers_stay_under_the_caps(session, now):
    """Threat 3, two seconds between them: without a picture the ratio ends it, with one the address does."""
    sent = 0
    for place in range(1_000):
        try:
            send(session, now + timedelta(seconds=2 * place), secrets.randbelow(10**8), address_of(place))
        except Invalid:
            continue
        sent += 1
    assert sent < 50 + 60 / 2 + 1
    for place in range(1_000):
        at = now + timedelta(hours=1, seconds=2 * place)
        try:
            send(session, at, secrets.randbelow(10**8), "203.0.113.1", picture_read=True)
        except (Invalid, TooMany):
            continue
        sent += 1
    assert sent <= 50 + 60 / 2 + LIMITS.sends_address_day
    assert len(session.exec(select(SignInCode.id)).all()) == sent


def digits_in(token):
    return pictures._digits(token.rpartition(".")[0], SECRET)


def read(session, token, typed, now):
    return read_picture(session, token=token, typed=typed, now=now, secret=SECRET)


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{1}"])
def test_the_right_digits_pass_once(session, now, typed):
    token = new_picture(now=now, secret=SECRET)
    digits = digits_in(token)
    wide = digits.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert read(session, token, typed.format(digits, wide), now) is None
    assert read(session, token, digits, now)


def test_a_wrong_answer_uses_the_picture_up(session, now):
    token = new_picture(now=now, secret=SECRET)
    assert read(session, token, "".join(str(9 - int(digit)) for digit in digits_in(token)), now)
    assert read(session, token, digits_in(token), now)


def test_a_picture_ends_after_five_minutes(session, now):
    token = new_picture(now=now, secret=SECRET)
    assert read(session, token, digits_in(token), now + PICTURE_LIFE)
    with pytest.raises(NotFound):
        draw_picture(token=token, now=now + PICTURE_LIFE, secret=SECRET)
    assert read(session, token, digits_in(token), now + PICTURE_LIFE - timedelta(seconds=1)) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "a.1.c", "é.1.é", "9" * 10_000])
def test_a_token_that_is_not_ours_is_no_picture(session, now, token):
    assert read(session, token, "1234", now)
    with pytest.raises(NotFound):
        draw_picture(token=token, now=now, secret=SECRET)


def test_the_digits_stand_nowhere_in_the_token(now):
    tokens = [new_picture(now=now, secret=SECRET) for _ in range(50)]
    assert len({digits_in(token) for token in tokens}) > 40
    assert all(len(digits_in(token)) == 4 for token in tokens)


def test_the_picture_is_a_large_png_of_dark_ink_on_light_paper(now):
    token = new_picture(now=now, secret=SECRET)
    drawn = Image.open(io.BytesIO(draw_picture(token=token, now=now, secret=SECRET)))
    assert (drawn.format, drawn.size) == ("PNG", (260, 100))
    light = drawn.convert("L").histogram()
    assert sum(light[200:]) > sum(light[:80]) > 260 * 100 // 40
