"""The demo's registers behind its repairs: parties and their people, the tree of places, what is under warranty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlmodel import Session, select

from app.cli.demo.stage import Stage, at
from app.models.maintenance.parties import Party, PartyStaff, Responsibility
from app.models.maintenance.places import Facility, LocalPhone, Place, PlaceKind, WarrantyItem
from app.rules.accounts import Duty, Role
from app.rules.maintenance.emergencies import Danger
from app.rules.maintenance.kinds import Family
from app.rules.maintenance.responsible import Basis, PartyKind
from app.rules.maintenance.warranty import WarrantyClass, years_later
from app.rules.maintenance.workcalendar import day_of
from app.services.accounts.grants import grant_role
from app.services.accounts.people import ensure_account
from app.services.estates.units import lock_register
from app.services.maintenance.parties import committee_party
from app.services.maintenance.places import grow_places, new_code
from app.services.trail import SYSTEM, Actor

# `3`, `3-1`, 花园 and 电梯: the places the story names.
Places = Mapping[str, UUID]


@dataclass(frozen=True)
class Parties:
    """Who answers in the demo, and the people who act for them."""

    manager: UUID
    builder: UUID
    lift: UUID
    staff: Mapping[UUID, Actor]


_PARTIES = (
    (PartyKind.PROPERTY, "安居物业服务公司", "0512-6555 0301", "13900000201", "马超"),
    (PartyKind.CONTRACTOR, "城建第二工程公司", "0512-6555 0302", "13900000202", "郑国平"),
    (PartyKind.UTILITY, "市自来水公司", "0512-96889", "13900000203", "何水生"),
    (PartyKind.LIFT_FIRM, "永安电梯维保公司", "0512-6555 0303", "13900000204", "周立"),
)


def register(session: Session, stage: Stage) -> tuple[Parties, Places]:
    """Everything that stands behind a report: long before the first one."""
    begun = at(stage.now, -85, 9)
    lock_register(session, estate_id=stage.estate_id)
    grow_places(session, estate_id=stage.estate_id)
    committee_party(session, estate_id=stage.estate_id, now=begun)
    found: dict[PartyKind, tuple[UUID, Actor]] = {}
    for kind, name, phone, mobile, person in _PARTIES:
        party = Party(
            estate_id=stage.estate_id, kind=kind, name=name, phone=phone, contact=person, created_at=begun
        )
        session.add(party)
        session.flush()
        account = ensure_account(session, phone=mobile, name=person, now=begun)
        grant_role(
            session,
            account_id=account,
            estate_id=stage.estate_id,
            role=Role.PARTY_STAFF,
            duty=Duty.NONE,
            actor=SYSTEM,
            now=begun,
        )
        session.add(PartyStaff(party_id=party.id, account_id=account, since=begun))
        found[kind] = (party.id, Actor(account, person))
    _duties(session, stage, found)
    places = _places(session, stage)
    _built(session, stage, found[PartyKind.CONTRACTOR][0], places)
    parties = Parties(
        manager=found[PartyKind.PROPERTY][0],
        builder=found[PartyKind.CONTRACTOR][0],
        lift=found[PartyKind.LIFT_FIRM][0],
        staff=dict(found.values()),
    )
    return parties, places


def _duties(session: Session, stage: Stage, found: Mapping[PartyKind, tuple[UUID, Actor]]) -> None:
    since = day_of(stage.now - timedelta(days=400))
    for kind, family, basis, document in (
        (PartyKind.PROPERTY, None, Basis.CONTRACT, "物业服务合同（演示）"),
        (PartyKind.UTILITY, Family.WATER, Basis.STATUTE, "供水设施移交单（演示）"),
        (PartyKind.LIFT_FIRM, Family.LIFT, Basis.CONTRACT, "电梯维保合同（演示）"),
    ):
        session.add(
            Responsibility(
                estate_id=stage.estate_id,
                party_id=found[kind][0],
                family=family,
                basis=basis,
                document=document,
                valid_from=since,
                recorded_by=stage.actor.id,
                recorded_at=at(stage.now, -85, 10),
            )
        )
    session.add(
        LocalPhone(
            estate_id=stage.estate_id,
            danger=Danger.LIFT.value,
            name="电梯救援（24 小时）",
            number="0512-96333",
        )
    )


def _places(session: Session, stage: Stage) -> dict[str, UUID]:
    """The tree by short names, buildings with the middle of each, and the lift of the entrance that has one."""
    rows = session.exec(select(Place).where(Place.estate_id == stage.estate_id)).all()
    places: dict[str, UUID] = {}
    buildings = sorted({place.building for place in rows if place.kind is PlaceKind.BUILDING})
    for place in rows:
        if place.kind is PlaceKind.BUILDING:
            row, column = divmod(buildings.index(place.building), 3)
            place.lat, place.long = 31_301_000 - row * 300, 120_601_000 + column * 620 + row * 90
            session.add(place)
            places[place.building] = place.id
        elif place.kind is PlaceKind.ENTRANCE:
            places[f"{place.building}-{place.entrance}"] = place.id
        elif place.kind is PlaceKind.GROUNDS:
            places["花园"] = place.id
    lift = Place(
        estate_id=stage.estate_id,
        parent_id=places["1-1"],
        kind=PlaceKind.FACILITY,
        name="电梯",
        building="1",
        entrance="1",
        code=new_code(),
    )
    session.add(lift)
    session.flush()
    session.add(
        Facility(
            place_id=lift.id,
            estate_id=stage.estate_id,
            family=Family.LIFT,
            installed_on=day_of(stage.now - timedelta(days=330)),
            registration="梯11苏E00001(演示)",
            certificate_until=day_of(stage.now + timedelta(days=24)),
        )
    )
    places["电梯"] = lift.id
    return places


def _built(session: Session, stage: Stage, builder: UUID, places: Places) -> None:
    """What the renovation of last year made, one of it near the end of its term."""
    today = day_of(stage.now)
    for place, family, title, kind, accepted in (
        ("3", Family.ENVELOPE, "3栋屋面防水", WarrantyClass.WATERPROOFING, today - timedelta(days=400)),
        ("1", Family.ENVELOPE, "1栋屋面防水", WarrantyClass.WATERPROOFING, today - timedelta(days=2200)),
        (
            "5",
            Family.POWER,
            "5栋楼道照明改造",
            WarrantyClass.INSTALLATION,
            today - timedelta(days=2 * 365 - 25),
        ),
    ):
        term = 5 if kind is WarrantyClass.WATERPROOFING else 2
        session.add(
            WarrantyItem(
                estate_id=stage.estate_id,
                place_id=places[place],
                family=family,
                title=title,
                warranty_class=kind,
                accepted_on=accepted,
                last_day=years_later(accepted, term),
                contractor_id=builder,
                lot="老旧小区改造一标段",
                supervisor="正诚监理公司",
                document="工程质量保修书（演示）",
                recorded_by=stage.actor.id,
                recorded_at=at(stage.now, -85, 11),
            )
        )
