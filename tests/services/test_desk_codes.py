"""Printed codes for residents and staff: who prints for whom, and that a paper alone opens no role and no ballot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.accounts import Account, Grant
from app.models.base import NO_ID
from app.models.estates import BindingCause, Owner, StaffBinding
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.accounts import Duty, Role
from app.services.accounts.desk import redeem_desk_code
from app.services.accounts.grants import grant_role
from app.services.accounts.guesses import CodeLimits
from app.services.accounts.second_factor import reset
from app.services.accounts.sessions import find_person
from app.services.estates import desk_codes
from app.services.trail import Actor
from tests.fixtures.second_factor import set_up
from tests.fixtures.world import Somebody, World, make_person

REASON = "本人持身份证到场"
LIMITS = CodeLimits(5, 20, 2000, 60, 10, 200)
MINUTE = timedelta(minutes=1)


@dataclass
class Counter:
    """Both counters: chen_jie's of the committee, and that of he_ping, who keeps the installation."""

    session: Session
    world: World
    now: datetime
    secret: bytes

    def __post_init__(self) -> None:
        self.clerk = Actor(self.world.chen_jie.account_id, "陈洁")
        self.he_ping = make_person(self.session, "he_ping", "+8613900001900", self.now)
        self.keeper = Actor(self.he_ping.account_id, "何平")
        self.give(self.he_ping, Role.OPERATOR, estate_id=NO_ID)
        self.later = self.now + MINUTE

    def give(self, who: Somebody, role: Role, **changes: object) -> UUID:
        given = {
            "account_id": who.account_id,
            "estate_id": self.world.estate_id,
            "role": role,
            "granted_at": self.now,
        }
        grant = Grant.model_validate({**given, **changes})
        self.session.add(grant)
        self.session.flush()
        return grant.id

    def equip(self, who: Somebody) -> None:
        set_up(self.session, who, now=self.now, secret=self.secret)

    def grant_of(self, who: Somebody) -> UUID:
        query = select(Grant.id).where(
            Grant.account_id == who.account_id, Grant.estate_id == self.world.estate_id
        )
        return self.session.exec(query).first() or NO_ID

    def for_resident(self, who: Somebody | None = None, room: str = "501", **changes: object) -> str:
        given: dict[str, Any] = {
            "estate_id": self.world.estate_id,
            "unit_id": self.world.homes[room].unit_id,
            "account_id": (who or self.world.qian_er).account_id,
            "reason": REASON,
            "actor": self.clerk,
            "now": self.later,
            "secret": self.secret,
        }
        return desk_codes.print_resident_code(self.session, **{**given, **changes})

    def for_staff(self, who: Somebody, **changes: object) -> str:
        given: dict[str, Any] = {
            "estate_id": self.world.estate_id,
            "grant_id": self.grant_of(who),
            "reason": REASON,
            "actor": self.keeper,
            "now": self.later,
            "secret": self.secret,
        }
        return desk_codes.print_staff_code(self.session, **{**given, **changes})

    def on_the_server(self, phone: str, *, by: str = "", reason: str = REASON) -> str:
        return desk_codes.print_server_code(
            self.session,
            phone=phone,
            by=by or self.he_ping.phone,
            reason=reason,
            now=self.later,
            secret=self.secret,
        )

    def redeem(self, code: str, at: datetime | None = None) -> UUID | None:
        return redeem_desk_code(
            self.session,
            code=code,
            address="1.2.3.4",
            now=at or self.later,
            secret=self.secret,
            limits=LIMITS,
        ).account_id


@pytest.fixture
def counter(session: Session, world: World, now: datetime, secret: bytes) -> Counter:
    return Counter(session, world, now, secret)


def trail(session: Session, tag: str) -> list[TrailRow]:
    return list(session.exec(select(TrailRow).where(TrailRow.tag == tag)).all())


def test_a_residents_code_signs_him_in_once_and_the_trail_and_his_devices_know(
    counter, session, world
) -> None:
    code = counter.for_resident()
    assert counter.redeem(code) == world.qian_er.account_id
    assert counter.redeem(code) is None
    (row,) = trail(session, "estates:resident:desk_code")
    assert (row.actor_id, row.subject_id, row.reason) == (counter.clerk.id, world.qian_er.account_id, REASON)
    told = session.exec(select(Message).where(Message.account_id == world.qian_er.account_id)).one()
    assert told.template == "desk_code_printed"


def test_who_does_not_live_in_this_home_of_this_estate_gets_none(counter, world) -> None:
    elsewhere: list[dict[str, object]] = [
        {"who": world.li_na},
        {"who": world.stranger},
        {"room": "401"},
        {"estate_id": world.other_estate_id},
    ]
    for changes in elsewhere:
        with pytest.raises(NotFound):
            counter.for_resident(**changes)
    with pytest.raises(Invalid):
        counter.for_resident(reason="看过")


def test_a_clerk_prints_for_no_colleague_who_lives_there(counter, world) -> None:
    for role, duty in ((Role.COMMITTEE, Duty.NONE), (Role.PARTY_MEMBER, Duty.SUPERVISOR)):
        grant_id = counter.give(world.qian_er, role, duty=duty)
        with pytest.raises(NotAllowed) as refused:
            counter.for_resident()
        assert refused.value.code == "staff_account"
        counter.session.delete(counter.session.get_one(Grant, grant_id))
        counter.session.flush()


def test_a_neighbours_paper_and_the_session_it_began_are_worth_nothing_once_he_has_a_role(
    counter, session, world
) -> None:
    code = counter.for_resident()
    grant_role(
        session,
        account_id=world.qian_er.account_id,
        estate_id=world.estate_id,
        role=Role.PARTY_MEMBER,
        duty=Duty.SUPERVISOR,
        actor=counter.keeper,
        now=counter.later + MINUTE,
    )
    assert counter.redeem(code, counter.later + 2 * MINUTE) is None
    assert find_person(session, token=world.qian_er.token, now=counter.later + 2 * MINUTE) is None


def test_what_a_resident_or_a_clerk_owns_waits_for_a_second_person(counter, session, world) -> None:
    counter.equip(world.sun_li)
    printed: dict[str, tuple[Somebody, Callable[[], str], Actor]] = {
        "401": (world.qian_er, counter.for_resident, counter.clerk),
        "402": (world.sun_li, lambda: counter.for_staff(world.sun_li), counter.keeper),
        "601": (world.ma_chao, lambda: counter.on_the_server(world.ma_chao.phone), counter.keeper),
    }
    for room, (who, print_it, actor) in printed.items():
        owner = session.get_one(Owner, world.homes[room].owner_id)
        owner.account_id = who.account_id
        session.flush()
        print_it()
        (kept,) = session.exec(select(StaffBinding).where(StaffBinding.owner_id == owner.id)).all()
        assert (kept.cause, kept.acted_by) == (BindingCause.DESK_CODE, actor.id)
        assert owner.waits_since == counter.later


def test_the_operator_prints_for_staff_with_a_second_factor_and_it_is_told(counter, session, world) -> None:
    counter.equip(world.sun_li)
    code = counter.for_staff(world.sun_li)
    assert counter.redeem(code) == world.sun_li.account_id
    assert counter.redeem(code) is None
    (row,) = trail(session, "accounts:desk_code:print")
    assert (row.actor_id, row.estate_id, row.reason) == (counter.keeper.id, world.estate_id, REASON)
    told = select(Message.template).where(Message.account_id == world.sun_li.account_id)
    assert "staff_code_printed" in session.exec(told).all()


def test_the_operators_page_prints_for_nobody_whom_a_paper_alone_would_give_a_role(counter, world) -> None:
    counter.equip(world.sun_li)
    counter.give(world.sun_li, Role.PARTY_MEMBER, duty=Duty.SUPERVISOR, estate_id=world.other_estate_id)
    counter.give(counter.he_ping, Role.AUDITOR)
    refused: list[tuple[Somebody, str]] = [
        (world.chen_jie, "no_factor"),
        (world.zhao_min, "printed_on_the_server"),
        (world.ma_chao, "printed_on_the_server"),
        (world.sun_li, "printed_on_the_server"),
        (counter.he_ping, "own_code"),
    ]
    for who, code in refused:
        with pytest.raises(Refusal) as found:
            counter.for_staff(who)
        assert (who.name, found.value.code) == (who.name, code)


def test_a_grant_of_another_estate_is_not_found_and_a_reason_is_needed(counter, world) -> None:
    counter.equip(world.sun_li)
    with pytest.raises(NotFound):
        counter.for_staff(world.sun_li, estate_id=world.other_estate_id)
    with pytest.raises(NotFound):
        counter.for_staff(world.zhou_tao)
    with pytest.raises(Invalid):
        counter.for_staff(world.sun_li, reason="看过")


def test_a_paper_of_staff_is_worth_nothing_after_the_factor_was_reset(counter, session, world) -> None:
    counter.equip(world.sun_li)
    code = counter.for_staff(world.sun_li)
    reset(session, account_id=world.sun_li.account_id, actor=counter.keeper, reason=REASON, now=counter.later)
    assert counter.redeem(code, counter.later + MINUTE) is None


def test_the_server_prints_for_any_role_and_an_operator_answers_for_it(counter, session, world) -> None:
    for who in (world.zhao_min, world.ma_chao):
        assert counter.redeem(counter.on_the_server(who.phone)) == who.account_id
    rows = trail(session, "accounts:desk_code:print")
    assert {(row.actor_id, row.estate_id) for row in rows} == {(counter.keeper.id, world.estate_id)}


def test_the_server_prints_for_no_neighbour_no_staff_without_a_factor_and_by_nobody_else(
    counter, world
) -> None:
    for phone, by, code in (
        (world.li_na.phone, "", "no_role"),
        (world.chen_jie.phone, "", "no_factor"),
        (world.zhao_min.phone, world.chen_jie.phone, "no_operator"),
    ):
        with pytest.raises((NotAllowed, Conflict)) as refused:
            counter.on_the_server(phone, by=by)
        assert refused.value.code == code
    with pytest.raises(NotFound):
        counter.on_the_server("13900009999")
    with pytest.raises(Invalid):
        counter.on_the_server(world.zhao_min.phone, reason="看过")


def test_no_paper_is_printed_for_an_account_that_is_not_there(counter, session) -> None:
    known = session.exec(select(col(Account.id))).all()
    assert NO_ID not in known
    with pytest.raises(NotFound):
        counter.for_resident(account_id=NO_ID)
