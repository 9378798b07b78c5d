"""Parties come and go: who ends one must first find another for what it still has to do."""

from __future__ import annotations

from datetime import date, datetime
from uuid import uuid4

import pytest
from sqlmodel import Session, select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.maintenance.parties import Party, Responsibility
from app.models.maintenance.places import WarrantyItem
from app.models.trail import TrailRow
from app.rules.accounts import Duty, Role
from app.rules.maintenance.responsible import Basis
from app.rules.maintenance.states import Cause, OrderState
from app.services.accounts.grants import end_grant, find_grant, roles_of
from app.services.maintenance.parties import parties_of
from app.services.maintenance.party_register import TypedParty, change_party, end_party
from app.services.maintenance.party_staff import add_staff, end_staff
from tests.fixtures.maintenance import Upkeep, actor_of


@pytest.fixture
def asked(upkeep: Upkeep, now: datetime) -> dict[str, object]:
    return {"estate_id": upkeep.world.estate_id, "actor": actor_of(upkeep.world.chen_jie), "now": now}


def roles(session: Session, upkeep: Upkeep, name: str) -> frozenset[Role]:
    world = upkeep.world
    return roles_of(session, account_id=world.people[name].account_id, estate_id=world.estate_id)


def test_a_party_that_ends_answers_for_nothing_and_its_people_are_out(
    session: Session, upkeep: Upkeep, asked: dict[str, object], now: datetime
) -> None:
    end_party(session, party_id=upkeep.manager, reason="合同到期", **asked)  # type: ignore[arg-type]
    rows = session.exec(select(Responsibility).where(Responsibility.party_id == upkeep.manager)).all()
    assert [row.valid_to for row in rows] == [date(2026, 11, 22)]
    order = upkeep.order(session, upkeep.report(session, now))
    assert (order.party_id, order.basis) == (upkeep.committee, Basis.DEFAULT)
    assert roles(session, upkeep, "ma_chao") == frozenset()
    with pytest.raises(Conflict):
        end_party(session, party_id=upkeep.manager, reason="再结束一次", **asked)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        change_party(session, party_id=upkeep.manager, typed=TypedParty(name="新名"), **asked)  # type: ignore[arg-type]


def test_what_a_party_would_have_answered_for_from_today_on_never_comes_to_be(
    session: Session, upkeep: Upkeep, asked: dict[str, object], now: datetime
) -> None:
    for begins in (date(2026, 11, 23), date(2027, 1, 1)):
        session.add(
            Responsibility(
                estate_id=upkeep.world.estate_id,
                party_id=upkeep.utility,
                basis=Basis.STATUTE,
                valid_from=begins,
                recorded_by=upkeep.world.chen_jie.account_id,
                recorded_at=now,
            )
        )
    session.flush()
    end_party(session, party_id=upkeep.utility, reason="移交", **asked)  # type: ignore[arg-type]
    rows = session.exec(select(Responsibility).where(Responsibility.party_id == upkeep.utility)).all()
    assert [(row.valid_from, row.valid_to) for row in rows] == [(date(2024, 1, 1), date(2026, 11, 22))]


def test_a_party_with_open_orders_cannot_leave(
    session: Session, upkeep: Upkeep, asked: dict[str, object], now: datetime
) -> None:
    order_id = upkeep.report(session, now)
    ending = {"party_id": upkeep.manager, "reason": "合同到期", **asked}
    with pytest.raises(Conflict) as refusal:
        end_party(session, **ending)  # type: ignore[arg-type]
    assert refusal.value.code == "has_orders"
    world = upkeep.world
    upkeep.take(session, order_id, OrderState.WITHDRAWN, Cause.REPORTER, world.li_na, now)
    end_party(session, **ending)  # type: ignore[arg-type]


def test_a_builder_stays_while_his_warranty_lasts(
    session: Session, upkeep: Upkeep, asked: dict[str, object]
) -> None:
    ending = {"party_id": upkeep.builder, "reason": "注销", **asked}
    with pytest.raises(Conflict) as refusal:
        end_party(session, **ending)  # type: ignore[arg-type]
    assert refusal.value.code == "has_warranties"
    item = session.get_one(WarrantyItem, upkeep.roof)
    item.last_day = date(2026, 11, 22)
    session.add(item)
    end_party(session, **ending)  # type: ignore[arg-type]


def test_the_committees_own_party_never_ends_and_no_reason_is_no_reason(
    session: Session, upkeep: Upkeep, asked: dict[str, object]
) -> None:
    with pytest.raises(Conflict):
        end_party(session, party_id=upkeep.committee, reason="不想干了", **asked)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        end_party(session, party_id=upkeep.utility, reason=" ", **asked)  # type: ignore[arg-type]
    elsewhere = {**asked, "estate_id": upkeep.world.other_estate_id}
    with pytest.raises(NotFound):
        end_party(session, party_id=upkeep.utility, reason="到期", **elsewhere)  # type: ignore[arg-type]


def test_a_party_is_renamed_with_old_and_new_in_the_trail(
    session: Session, upkeep: Upkeep, asked: dict[str, object]
) -> None:
    typed = TypedParty(name="  安居  物业服务 ", phone="0512-65550301", hours="08:00-20:00", every_day=True)
    for _ in range(2):
        change_party(session, party_id=upkeep.manager, typed=typed, **asked)  # type: ignore[arg-type]
    assert session.get_one(Party, upkeep.manager).name == "安居 物业服务"
    rows = session.exec(select(TrailRow).where(TrailRow.tag == "maintenance:party:change")).all()
    assert [(row.old["name"], row.new["name"]) for row in rows] == [("安居物业", "安居 物业服务")]
    taken = TypedParty(name="建安公司")
    with pytest.raises(Conflict):
        change_party(session, party_id=upkeep.manager, typed=taken, **asked)  # type: ignore[arg-type]


def test_somebody_of_two_parties_keeps_his_role_until_the_last(
    session: Session, upkeep: Upkeep, asked: dict[str, object]
) -> None:
    person = upkeep.world.ma_chao
    told = {"phone": person.phone, "name": "ma_chao", **asked}
    add_staff(session, party_id=upkeep.utility, **told)  # type: ignore[arg-type]
    where = {"account_id": person.account_id, **asked}
    end_staff(session, party_id=upkeep.manager, **where)  # type: ignore[arg-type]
    assert roles(session, upkeep, "ma_chao") == {Role.PARTY_STAFF}
    for _ in range(2):
        end_staff(session, party_id=upkeep.utility, **where)  # type: ignore[arg-type]
    assert roles(session, upkeep, "ma_chao") == frozenset()
    add_staff(session, party_id=upkeep.manager, **told)  # type: ignore[arg-type]
    found = parties_of(session, estate_id=upkeep.world.estate_id, account_id=person.account_id)
    assert [party.id for party in found] == [upkeep.manager]


def test_a_role_that_was_taken_away_by_hand_does_not_stand_in_the_way(
    session: Session, upkeep: Upkeep, asked: dict[str, object], now: datetime
) -> None:
    world = upkeep.world
    grant = find_grant(
        session,
        account_id=world.ma_chao.account_id,
        estate_id=world.estate_id,
        role=Role.PARTY_STAFF,
        duty=Duty.NONE,
    )
    end_grant(session, grant_id=grant, estate_id=world.estate_id, actor=actor_of(world.chen_jie), now=now)
    end_staff(session, party_id=upkeep.manager, account_id=world.ma_chao.account_id, **asked)  # type: ignore[arg-type]


def test_nobody_puts_himself_into_a_party(session: Session, upkeep: Upkeep, asked: dict[str, object]) -> None:
    own = {"phone": upkeep.world.chen_jie.phone, "name": "chen_jie"}
    with pytest.raises(NotAllowed):
        add_staff(session, party_id=upkeep.manager, **own, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("phone", ["", "0512-65550301", "12345", "+1 650 253 0000", "x" * 1000])
def test_a_number_that_gets_no_code_is_no_number_of_staff(
    session: Session, upkeep: Upkeep, asked: dict[str, object], phone: str
) -> None:
    with pytest.raises(Invalid):
        add_staff(session, party_id=upkeep.manager, phone=phone, name="某人", **asked)  # type: ignore[arg-type]


def test_somebody_without_an_account_gets_one(
    session: Session, upkeep: Upkeep, asked: dict[str, object]
) -> None:
    told = {"phone": "138 0000 1234", "name": "新来的"}
    account_id = add_staff(session, party_id=upkeep.manager, **told, **asked)  # type: ignore[arg-type]
    assert account_id not in {person.account_id for person in upkeep.world.people.values()}
    with pytest.raises(NotFound):
        end_staff(session, party_id=uuid4(), account_id=account_id, **asked)  # type: ignore[arg-type]
