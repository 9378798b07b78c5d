"""Limits over counted tries."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from app.database import Database
from app.errors import TooMany
from app.services.accounts import limits

HOUR = timedelta(hours=1)


def hit(session: Session, now: datetime, key: str = "a", limit: int = 3) -> None:
    limits.hit(session, key=key, limit=limit, window=HOUR, now=now)


def test_the_try_after_the_last_allowed_one_is_refused_with_the_seconds_to_wait(session, now):
    for minute in range(3):
        hit(session, now + timedelta(minutes=minute))
    with pytest.raises(TooMany) as refused:
        hit(session, now + timedelta(minutes=30))
    assert refused.value.values["seconds"] == 30 * 60


def test_waiting_just_those_seconds_is_enough_and_one_less_is_not(session, now):
    for minute in range(3):
        hit(session, now + timedelta(minutes=minute))
    with pytest.raises(TooMany):
        hit(session, now + HOUR - timedelta(seconds=1))
    hit(session, now + HOUR)


def test_a_refused_try_is_not_counted(session, now):
    for _ in range(3):
        hit(session, now)
    for _ in range(5):
        with pytest.raises(TooMany):
            hit(session, now)
    assert limits.count(session, key="a", window=HOUR, now=now) == 3


def test_keys_do_not_share_their_tries(session, now):
    for _ in range(3):
        hit(session, now, key="a")
    hit(session, now, key="b")


def test_a_limit_of_nothing_refuses_the_first_try(session, now):
    with pytest.raises(TooMany):
        hit(session, now, limit=0)


@pytest.mark.parametrize(("minutes", "unit"), [(1, "秒"), (20, "分钟"), (200, "小时")])
def test_the_wait_is_said_in_a_unit_people_use(session, now, minutes, unit):
    limits.add(session, key="a", now=now)
    with pytest.raises(TooMany, match=unit):
        limits.check(session, key="a", limit=1, window=timedelta(minutes=minutes), now=now)


def test_a_window_that_outlasts_its_rows_is_a_programming_error(session, now):
    with pytest.raises(ValueError, match="cleared"):
        limits.hit(session, key="a", limit=1, window=timedelta(days=2), now=now)


def test_clearing_keeps_what_a_day_long_window_still_sees(session, now):
    limits.add(session, key="a", now=now - timedelta(days=1, seconds=1))
    limits.add(session, key="a", now=now - timedelta(hours=23))
    assert limits.clear_old(session, now=now) == 1
    assert limits.count(session, key="a", window=timedelta(days=1), now=now) == 1


def test_spraying_ten_thousand_numbers_trips_the_site_limit_within_two_hundred_and_fifty(session, now):
    passed = 0
    for number in range(10_000):
        if passed < 250 and _is_refused(session, now + timedelta(milliseconds=number)):
            break
        passed += 1
    assert passed == 200


def _is_refused(session: Session, now: datetime) -> bool:
    try:
        hit(session, now, key="site", limit=200)
    except TooMany:
        return True
    return False


def test_parallel_tries_do_not_slip_past_the_limit(database: Database, now):
    refused: list[int] = []
    start = threading.Barrier(6)

    def work(number: int) -> None:
        start.wait()
        try:
            with database.transaction() as session:
                hit(session, now)
        except TooMany:
            refused.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session(writing=False) as session:
        assert (limits.count(session, key="a", window=HOUR, now=now), len(refused)) == (3, 3)
