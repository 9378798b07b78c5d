"""Sessions and devices."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from app.database import Database
from app.errors import NotFound
from app.models.accounts import LoginSession
from app.models.base import NO_ID
from app.rules.accounts import SESSION_IDLE, SESSION_IDLE_DUTY, SESSION_IDLE_STAFF, SESSION_LIFE, Duty, Role
from app.services.accounts import sessions
from app.services.accounts.devices import name_device
from app.services.accounts.grants import end_grant, grant_role
from app.services.accounts.people import ensure_account
from app.services.accounts.sessions import (
    TOUCH_EVERY,
    Person,
    end_all,
    end_session,
    find_person,
    list_devices,
    start_session,
    touch,
)
from app.services.trail import SYSTEM

ESTATE = UUID(int=7)
SECOND = timedelta(seconds=1)


@pytest.fixture
def account(session: Session, now: datetime) -> UUID:
    return ensure_account(session, phone="13800000001", name="王小明", now=now)


def start(
    session: Session, account: UUID, now: datetime, previous: str | None = None, device: str = ""
) -> str:
    return start_session(session, account_id=account, device=device, now=now, previous_token=previous)


def make_staff(session: Session, account: UUID, now: datetime) -> UUID:
    return grant_role(
        session,
        account_id=account,
        estate_id=ESTATE,
        role=Role.COMMITTEE,
        duty=Duty.NONE,
        actor=SYSTEM,
        now=now,
    )


def test_a_token_finds_its_person(session, now, account):
    person = find_person(session, token=start(session, account, now), now=now)
    assert person == Person(
        account, "王小明", "+8613800000001", person.session_id, is_staff=False, stale=False
    )


@pytest.mark.parametrize("token", ["", "guess", "\udcff", "x" * 5000])
def test_an_unknown_token_finds_nobody(session, now, account, token):
    start(session, account, now)
    assert find_person(session, token=token, now=now) is None


def test_the_token_itself_is_not_stored(session, now, account):
    token = start(session, account, now)
    row = session.exec(select(LoginSession)).one()
    assert token not in str(row.model_dump())
    assert len(token) >= 43


def test_finding_a_person_is_one_statement(session, now, account):
    token = start(session, account, now)
    seen: list[str] = []
    listener = lambda *given: seen.append(given[2])  # noqa: E731
    sa.event.listen(session.get_bind(), "before_cursor_execute", listener)
    find_person(session, token=token, now=now)
    sa.event.remove(session.get_bind(), "before_cursor_execute", listener)
    assert len(seen) == 1


def test_a_reading_transaction_is_enough_to_find_a_person(database: Database, now):
    with database.transaction() as session:
        token = start(session, ensure_account(session, phone="13800000001", name="", now=now), now)
    with database.transaction(), database.session(writing=False) as reading:
        assert find_person(reading, token=token, now=now)


def test_signing_in_ends_the_session_the_browser_had(session, now, account):
    old = start(session, account, now)
    new = start(session, account, now, previous=old)
    assert find_person(session, token=old, now=now) is None
    assert find_person(session, token=new, now=now)


def test_a_planted_token_never_becomes_the_persons(session, now, account):
    thief = ensure_account(session, phone="13900000009", name="", now=now)
    planted = start(session, thief, now)
    token = start(session, account, now, previous=planted)
    assert token != planted
    assert find_person(session, token=planted, now=now) is None
    made_up = "a token the thief invented"
    start(session, account, now, previous=made_up)
    assert find_person(session, token=made_up, now=now) is None


@pytest.mark.parametrize(
    ("roles", "idle"),
    [
        ((), SESSION_IDLE),
        ((Role.PARTY_STAFF,), SESSION_IDLE_DUTY),
        ((Role.PARTY_STAFF, Role.COMMITTEE), SESSION_IDLE_STAFF),
    ],
)
def test_an_idle_session_ends_sooner_the_more_a_person_sees_of_others(session, now, account, roles, idle):
    for role in roles:
        grant_role(
            session, account_id=account, estate_id=ESTATE, role=role, duty=Duty.NONE, actor=SYSTEM, now=now
        )
    token = start(session, account, now)
    assert find_person(session, token=token, now=now + idle).is_staff is (Role.COMMITTEE in roles)
    assert find_person(session, token=token, now=now + idle + SECOND) is None


def test_a_person_whose_role_ended_is_staff_no_more(session, now, account):
    grant = make_staff(session, account, now)
    token = start(session, account, now)
    end_grant(session, grant_id=grant, estate_id=ESTATE, actor=SYSTEM, now=now)
    assert find_person(session, token=token, now=now + timedelta(hours=1)).is_staff is False


@pytest.mark.parametrize("role", [Role.PARTY_STAFF, Role.AUDITOR])
def test_only_roles_that_see_others_data_shorten_the_session(session, now, account, role):
    grant_role(
        session, account_id=account, estate_id=ESTATE, role=role, duty=Duty.NONE, actor=SYSTEM, now=now
    )
    token = start(session, account, now)
    assert find_person(session, token=token, now=now).is_staff is (role is Role.AUDITOR)


def test_use_keeps_a_session_alive_to_its_last_day_and_no_longer(session, now, account):
    token = start(session, account, now)
    moment = now
    while moment + timedelta(days=29) < now + SESSION_LIFE:
        moment += timedelta(days=29)
        touch(session, session_id=find_person(session, token=token, now=moment).session_id, now=moment)
    assert find_person(session, token=token, now=now + SESSION_LIFE - SECOND)
    assert find_person(session, token=token, now=now + SESSION_LIFE) is None


def test_a_session_in_use_is_written_at_most_once_in_five_minutes(session, now, account):
    token = start(session, account, now)
    person = find_person(session, token=token, now=now + TOUCH_EVERY - SECOND)
    assert not person.stale
    touch(session, session_id=person.session_id, now=now + TOUCH_EVERY - SECOND)
    assert find_person(session, token=token, now=now + TOUCH_EVERY).stale
    touch(session, session_id=person.session_id, now=now + TOUCH_EVERY)
    assert not find_person(session, token=token, now=now + TOUCH_EVERY).stale


def test_touching_brings_no_ended_session_back(session, now, account):
    token = start(session, account, now)
    person = find_person(session, token=token, now=now)
    end_session(session, account_id=account, session_id=person.session_id, now=now)
    touch(session, session_id=person.session_id, now=now + timedelta(hours=1))
    assert find_person(session, token=token, now=now + timedelta(hours=1)) is None
    assert session.exec(select(LoginSession.seen_at)).one() == now


def test_the_device_list_names_the_devices_and_marks_this_one(session, now, account):
    start(session, account, now, device="Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537 Edg/140")
    later = now + timedelta(minutes=1)
    token = start(session, account, later, device="Mozilla/5.0 (Linux; Android 14) Mobile MicroMessenger/8.0")
    current = find_person(session, token=token, now=later).session_id
    devices = list_devices(session, account_id=account, current=current, now=later)
    assert [(device.label, device.current) for device in devices] == [
        ("微信 · 安卓手机", True),
        ("Edge · Windows 电脑", False),
    ]


def test_the_device_list_leaves_out_ended_idle_and_foreign_sessions(session, now, account):
    start(session, account, now)
    later = now + SESSION_IDLE + SECOND
    ended = start(session, account, later)
    end_all(session, account_id=account, now=later)
    other = ensure_account(session, phone="13900000009", name="", now=now)
    start(session, other, later)
    assert find_person(session, token=ended, now=later) is None
    assert list_devices(session, account_id=account, current=NO_ID, now=later) == []


def test_nobody_signs_another_persons_device_out(session, now, account):
    other = ensure_account(session, phone="13900000009", name="", now=now)
    token = start(session, other, now)
    theirs = find_person(session, token=token, now=now).session_id
    with pytest.raises(NotFound):
        end_session(session, account_id=account, session_id=theirs, now=now)
    assert find_person(session, token=token, now=now)


def test_signing_out_everywhere_else_keeps_this_device(session, now, account):
    tokens = [start(session, account, now) for _ in range(3)]
    stranger = start(session, ensure_account(session, phone="13900000009", name="", now=now), now)
    kept = find_person(session, token=tokens[0], now=now).session_id
    assert end_all(session, account_id=account, now=now, except_session=kept) == 2
    assert [find_person(session, token=token, now=now) is not None for token in [*tokens, stranger]] == [
        True,
        False,
        False,
        True,
    ]


def test_signing_out_everywhere_ends_this_device_too(session, now, account):
    token = start(session, account, now)
    assert end_all(session, account_id=account, now=now) == 1
    assert find_person(session, token=token, now=now) is None


def test_sessions_that_ended_long_ago_are_cleared_and_living_ones_are_not(session, now, account):
    start(session, account, now)
    end_all(session, account_id=account, now=now)
    later = now + sessions.ENDED_KEPT
    token = start(session, account, later)
    assert sessions.clear_old(session, now=later) == 1
    assert find_person(session, token=token, now=later)


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1",
            "Safari · iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; V2304A) Chrome/120 Mobile Safari/537 MicroMessenger/8.0",
            "微信 · 安卓手机",
        ),
        ("Mozilla/5.0 (Linux; Android 13; SM-X700) Chrome/140.0 Safari/537.36", "Chrome · 安卓平板"),
        (
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) Chrome/114 Safari/537 HuaweiBrowser/5.0",
            "华为浏览器 · 鸿蒙设备",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux 电脑"),
        ("", "其他浏览器 · 其他设备"),
        ("<script>alert(1)</script>" * 1000, "其他浏览器 · 其他设备"),
    ],
)
def test_a_device_is_named_in_known_words_only(agent, label):
    assert name_device(agent) == label
