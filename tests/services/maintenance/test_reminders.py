"""Reminders: the people of a building are asked twice before its warranty ends, the committee is told of a certificate once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from app.database import Database
from app.jobs import upkeep as job
from app.models.accounts import Account
from app.models.estates import Owner, Ownership, Unit
from app.models.maintenance.places import Facility, Place, PlaceKind, WarrantyItem, WarrantyReminder
from app.models.outbox import Message
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.maintenance.kinds import Family
from app.services.maintenance import reminders
from app.services.maintenance.places import new_code
from tests.fixtures.maintenance import Upkeep

LAST_DAY = date(2029, 5, 10)  # of the roof's warranty


def before_end(days: int) -> datetime:
    """Ten in the morning in Beijing so many days before the roof's last day."""
    return datetime(2029, 5, 10, 2, tzinfo=UTC) - timedelta(days=days)


def told(session: Session, template: str) -> list[UUID | None]:
    return sorted(session.exec(select(Message.account_id).where(Message.template == template)).all(), key=str)


@pytest.fixture
def neighbour(database: Database, upkeep: Upkeep, now: datetime) -> UUID:
    """An owner with an account in another building."""
    with database.transaction() as session:
        account = Account(id=uuid4(), phone="+8613900009999", name="四栋的邻居", created_at=now)
        unit = Unit(
            estate_id=upkeep.world.estate_id,
            building="4",
            entrance="1",
            floor=1,
            room="101",
            area=7000,
            kind=UnitKind.DWELLING,
            status=UnitStatus.NORMAL,
        )
        session.add_all([account, unit])
        session.flush()
        owner = Owner(estate_id=upkeep.world.estate_id, name=account.name, account_id=account.id)
        session.add(owner)
        session.flush()
        session.add(Ownership(unit_id=unit.id, owner_id=owner.id))
        return account.id


def add_lift(session: Session, upkeep: Upkeep, until: date | None, retired: datetime | None = None) -> UUID:
    place = Place(
        estate_id=upkeep.world.estate_id,
        parent_id=upkeep.entrance,
        kind=PlaceKind.FACILITY,
        name="客梯",
        building="3",
        entrance="1",
        code=new_code(),
        retired_at=retired,
    )
    session.add(place)
    session.flush()
    session.add(
        Facility(
            place_id=place.id,
            estate_id=upkeep.world.estate_id,
            family=Family.LIFT,
            registration="梯11苏E00001(26)",
            certificate_until=until,
        )
    )
    session.flush()
    return place.id


def test_the_people_of_the_building_are_asked_at_ninety_and_thirty_days_once_each(
    database: Database, upkeep: Upkeep, neighbour: UUID
) -> None:
    world = upkeep.world
    homes = sorted((person.account_id for person in (world.li_na, world.wang_wei, world.qian_er)), key=str)
    asked = {91: 0, 90: 3, 89: 3, 31: 3, 30: 6, 29: 6, 0: 6}
    for days, count in asked.items():
        now = before_end(days)
        with database.transaction() as session:
            for item_id in reminders.due_items(session, now=now):
                reminders.remind(session, item_id=item_id, now=now)
        with database.session(writing=False) as session:
            assert len(told(session, "warranty_ends")) == count, days
    with database.session(writing=False) as session:
        assert told(session, "warranty_ends") == sorted(homes * 2, key=str)
        assert sorted(session.exec(select(WarrantyReminder.days))) == [30, 90]


def test_an_item_registered_late_is_asked_about_once(session: Session, upkeep: Upkeep) -> None:
    assert reminders.remind(session, item_id=upkeep.roof, now=before_end(10))
    assert not reminders.remind(session, item_id=upkeep.roof, now=before_end(9))
    assert len(told(session, "warranty_ends")) == 3


def test_of_the_grounds_everybody_is_asked(session: Session, upkeep: Upkeep, neighbour: UUID) -> None:
    roof = session.get_one(WarrantyItem, upkeep.roof)
    roof.place_id = upkeep.grounds
    session.add(roof)
    reminders.remind(session, item_id=upkeep.roof, now=before_end(90))
    assert neighbour in told(session, "warranty_ends")
    assert len(told(session, "warranty_ends")) == 4


def test_after_its_last_day_nobody_is_asked(session: Session, upkeep: Upkeep) -> None:
    assert reminders.due_items(session, now=before_end(-1)) == []
    assert not reminders.remind(session, item_id=upkeep.roof, now=before_end(-1))
    # The last day ends at midnight in Beijing.
    assert reminders.due_items(session, now=datetime(2029, 5, 10, 15, 59, tzinfo=UTC)) == [upkeep.roof]
    assert reminders.due_items(session, now=datetime(2029, 5, 10, 16, 0, tzinfo=UTC)) == []


def test_a_lifts_certificate_warns_the_committee_once_and_a_new_one_again(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    lift = add_lift(session, upkeep, date(2026, 12, 23))
    add_lift(session, upkeep, date(2026, 12, 24))
    add_lift(session, upkeep, date(2026, 12, 1), retired=now)
    add_lift(session, upkeep, None)
    assert reminders.due_certificates(session, now=now) == [lift]
    assert reminders.warn_certificate(session, place_id=lift, now=now)
    assert not reminders.warn_certificate(session, place_id=lift, now=now + timedelta(days=40))
    assert told(session, "certificate_ends") == [upkeep.world.chen_jie.account_id]
    facility = session.get_one(Facility, lift)
    facility.certificate_until = date(2027, 12, 23)
    assert reminders.warn_certificate(session, place_id=lift, now=now + timedelta(days=365))


def test_the_public_lists_show_what_ends_soon(session: Session, upkeep: Upkeep, now: datetime) -> None:
    estate_id = upkeep.world.estate_id
    add_lift(session, upkeep, date(2027, 3, 1))
    add_lift(session, upkeep, None)
    lines = reminders.lifts_of(session, estate_id=estate_id, now=now)
    assert [line.days_left for line in lines] == [None, 98]
    (item,) = reminders.ending_items(session, estate_id=estate_id, now=before_end(90))
    assert (item.title, item.days_left) == ("3栋屋面防水", 90)
    assert reminders.ending_items(session, estate_id=estate_id, now=before_end(91)) == []
    assert reminders.lifts_of(session, estate_id=upkeep.world.other_estate_id, now=now) == []


def test_the_job_looks_once_an_hour(database: Database, upkeep: Upkeep) -> None:
    start = before_end(90)
    assert job.tick(database, now=start - timedelta(days=1)) == 0
    assert job.tick(database, now=start) == 1
    with database.transaction() as session:
        add_lift(session, upkeep, start.date())
    assert job.tick(database, now=start + timedelta(minutes=59)) == 0
    assert job.tick(database, now=start + timedelta(minutes=60)) == 1
    assert job.tick(database, now=start + timedelta(hours=2)) == 0
