"""The register of facilities: what stands under which place, since when, with what papers; and where buildings are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.maintenance.places import Facility, Place, PlaceKind
from app.models.maintenance.upkeep import InspectionPlan
from app.models.works import Project
from app.rules.maintenance.kinds import Family
from app.rules.maintenance.open311.posting import read_degrees
from app.rules.maintenance.open311.writing import Degrees
from app.rules.maintenance.workcalendar import day_of
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.duty_table import read_day
from app.services.maintenance.places import find_place, grow_places, label_of, new_code, way_of
from app.services.trail import Actor
from app.services.works.projects import get_project

MOST_NAME, MOST_FIRM, MOST_MARK, MOST_NOTE = 60, 60, 40, 500
_LAT, _LONG = 90, 180


@dataclass(frozen=True, slots=True)
class NodeLine:
    """A place right below another; `family` is set for a facility."""

    id: UUID
    kind: PlaceKind
    name: str
    family: Family | None


@dataclass(frozen=True, slots=True)
class NodeView:
    """One place: the way down to it, its sticker's code, where it is in degrees or "", what it is, and what is below it."""

    id: UUID
    kind: PlaceKind
    name: str
    label: str
    code: str
    above: UUID | None
    lat: str
    long: str
    facility: TypedFacility | None
    project_title: str
    below: tuple[NodeLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedFacility:
    """A facility as typed. `registration` and `certificate_until` are a lift's; `project` is the id of its works."""

    name: str = ""
    family: str = ""
    project: str = ""
    lot: str = ""
    supervisor: str = ""
    installed_on: str = ""
    registration: str = ""
    certificate_until: str = ""
    note: str = ""


def root_of(session: Session, *, estate_id: UUID) -> UUID | None:
    """The estate's own node; None before the tree was first grown."""
    query = select(Place.id).where(Place.estate_id == estate_id, Place.kind == PlaceKind.ESTATE)
    return session.exec(query).one_or_none()


def read_node(session: Session, *, estate_id: UUID, place_id: UUID) -> NodeView:
    """One place with what lies right below it; `NotFound` for another estate's or one that is gone."""
    place = find_place(session, estate_id=estate_id, place_id=place_id)
    facility = session.get(Facility, place.id)
    project = session.get(Project, facility.project_id) if facility and facility.project_id else None
    return NodeView(
        id=place.id,
        kind=place.kind,
        name=place.name,
        label=label_of(way_of(session, place)),
        code=place.code,
        above=place.parent_id,
        lat="" if place.lat is None else str(Degrees(place.lat)),
        long="" if place.long is None else str(Degrees(place.long)),
        facility=_typed(place, facility) if facility else None,
        project_title=project.title if project else "",
        below=_below(session, place),
    )


def _typed(place: Place, facility: Facility) -> TypedFacility:
    return TypedFacility(
        name=place.name,
        family=facility.family.value,
        project=str(facility.project_id or ""),
        lot=facility.lot,
        supervisor=facility.supervisor,
        installed_on=str(facility.installed_on or ""),
        registration=facility.registration,
        certificate_until=str(facility.certificate_until or ""),
        note=facility.note,
    )


def _below(session: Session, place: Place) -> tuple[NodeLine, ...]:
    query = (
        select(Place, Facility)
        .outerjoin(Facility, col(Facility.place_id) == col(Place.id))
        .where(Place.parent_id == place.id, col(Place.retired_at).is_(None))
    )
    lines = [
        NodeLine(one.id, one.kind, one.name, facility.family if facility else None)
        for one, facility in session.exec(query)
    ]
    kinds = list(PlaceKind)
    return tuple(sorted(lines, key=lambda line: (kinds.index(line.kind), _number(line.name), line.name)))


def _number(name: str) -> int:
    return int("".join(sign for sign in name if sign.isascii() and sign.isdigit())[:9] or 0)


def grow(session: Session, *, estate_id: UUID, actor: Actor, now: datetime) -> int:
    """Add the buildings and entrances that the register has and the tree has not; how many."""
    lock_register(session, estate_id=estate_id)
    grown = grow_places(session, estate_id=estate_id)
    if grown:
        trail.record(
            session,
            tag="maintenance:place:grow",
            actor=actor,
            now=now,
            estate_id=estate_id,
            subject_kind="estate",
            subject_id=estate_id,
            new={"places": grown},
        )
    return grown


def add_facility(
    session: Session,
    *,
    estate_id: UUID,
    place_id: UUID,
    above: UUID,
    typed: TypedFacility,
    actor: Actor,
    now: datetime,
) -> None:
    """A new facility with a code of its own; a second arrival of the same form is the same deed.

    Raises `Invalid` naming the field, `NotFound` for a place or a project of another estate, `Conflict` (`nested`)
    below another facility.
    """
    lock_register(session, estate_id=estate_id)
    present = session.get(Place, place_id)
    if present is not None:
        if present.estate_id != estate_id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    parent = find_place(session, estate_id=estate_id, place_id=above)
    if parent.kind is PlaceKind.FACILITY:
        raise Conflict(N_("设施下面不能再放设施，请放在它所在的楼栋或公共区域"), code="nested", field="above")
    place = Place(
        id=place_id,
        estate_id=estate_id,
        parent_id=parent.id,
        kind=PlaceKind.FACILITY,
        name="",
        building=parent.building,
        entrance=parent.entrance,
        floor=parent.floor,
        code=new_code(),
    )
    facility = Facility(place_id=place_id, estate_id=estate_id, family=Family.OTHER)
    _fill(session, place, facility, typed, now)
    session.add(place)
    session.flush()
    session.add(facility)
    session.flush()
    _record(session, place, "add", actor, now, new={**_shown(place, facility), "above": str(parent.id)})


def change_facility(
    session: Session, *, estate_id: UUID, place_id: UUID, typed: TypedFacility, actor: Actor, now: datetime
) -> None:
    """Correct what is written of a facility; its place, code and history stay."""
    lock_register(session, estate_id=estate_id)
    place, facility = _facility(session, estate_id, place_id)
    old = _shown(place, facility)
    _fill(session, place, facility, typed, now)
    if _shown(place, facility) != old:
        session.add_all([place, facility])
        session.flush()
        _record(session, place, "change", actor, now, old=old, new=_shown(place, facility))


def _facility(session: Session, estate_id: UUID, place_id: UUID) -> tuple[Place, Facility]:
    place = find_place(session, estate_id=estate_id, place_id=place_id)
    facility = session.get(Facility, place.id)
    if facility is None:
        raise NotFound(N_("没有找到这个设施"))
    return place, facility


def _fill(session: Session, place: Place, facility: Facility, typed: TypedFacility, now: datetime) -> None:
    name = clean_line(typed.name, most=MOST_NAME, field="name")
    if not name:
        raise Invalid(N_("请填写设施名称，例如“3号楼水泵”"), code="required", field="name")
    if typed.family not in list(Family):
        raise Invalid(N_("请从列表里选择设施类别"), code="required", field="family")
    lot = clean_line(typed.lot, most=MOST_FIRM, field="lot")
    supervisor = clean_line(typed.supervisor, most=MOST_FIRM, field="supervisor")
    registration = clean_line(typed.registration, most=MOST_MARK, field="registration")
    note = clean_text(typed.note, most=MOST_NOTE, field="note")
    installed = read_day(typed.installed_on, "installed_on") if typed.installed_on.strip() else None
    if installed is not None and installed > day_of(now):
        raise Invalid(N_("这一天还没有到"), code="bad_day", field="installed_on")
    until = (
        read_day(typed.certificate_until, "certificate_until") if typed.certificate_until.strip() else None
    )
    project_id = _project(session, place.estate_id, typed.project)
    place.name, facility.family, facility.project_id = name, Family(typed.family), project_id
    facility.lot, facility.supervisor, facility.note = lot, supervisor, note
    facility.installed_on, facility.registration, facility.certificate_until = installed, registration, until


def _project(session: Session, estate_id: UUID, text: str) -> UUID | None:
    if not text:
        return None
    try:
        project_id = UUID(text)
    except ValueError:
        raise NotFound(N_("没有找到这个项目")) from None
    return get_project(session, estate_id=estate_id, project_id=project_id).id


def retire_facility(
    session: Session, *, estate_id: UUID, place_id: UUID, reason: str, actor: Actor, now: datetime
) -> None:
    """A facility is no more: nothing new is reported of it, and what was stays.

    Raises `Invalid` naming `reason`, `Conflict` (`has_rounds`) while a round of inspection goes there.
    """
    lock_register(session, estate_id=estate_id)
    place, facility = _facility(session, estate_id, place_id)
    reason = clean_line(reason, most=200, field="reason")
    if not reason:
        raise Invalid(N_("请写明为什么停用，例如已拆除"), code="required", field="reason")
    rounds = select(InspectionPlan.id).where(
        InspectionPlan.place_id == place.id, col(InspectionPlan.ended_at).is_(None)
    )
    if session.exec(rounds.limit(1)).first() is not None:
        raise Conflict(N_("它还有巡检计划，请先结束计划"), code="has_rounds", field="reason")
    place.retired_at = now
    session.add(place)
    session.flush()
    _record(session, place, "retire", actor, now, old=_shown(place, facility), reason=reason)


def locate(
    session: Session, *, estate_id: UUID, place_id: UUID, lat: str, long: str, actor: Actor, now: datetime
) -> None:
    """Where a place is (WGS84, decimal degrees); both empty take it away.

    Raises `Invalid` (`half_a_coordinate`, `bad_coordinate`) naming `lat` or `long`.
    """
    lock_register(session, estate_id=estate_id)
    place = find_place(session, estate_id=estate_id, place_id=place_id)
    lat, long = lat.strip()[:40], long.strip()[:40]
    if bool(lat) is not bool(long):
        raise Invalid(N_("纬度和经度要一起填"), code="half_a_coordinate", field="long" if lat else "lat")
    found = (_degrees(lat, "lat", _LAT), _degrees(long, "long", _LONG)) if lat else (None, None)
    old: dict[str, object] = {"lat": place.lat, "long": place.long}
    if found == (place.lat, place.long):
        return
    place.lat, place.long = found
    session.add(place)
    session.flush()
    _record(session, place, "locate", actor, now, old=old, new={"lat": place.lat, "long": place.long})


def _degrees(text: str, field: str, most: int) -> int:
    try:
        return read_degrees(text, name=field, most=most)
    except Invalid:
        raise Invalid(
            N_("请填 -%(most)s 到 %(most)s 之间的十进制度数，例如 31.299379"),
            code="bad_coordinate",
            field=field,
            most=most,
        ) from None


def _shown(place: Place, facility: Facility) -> dict[str, object]:
    return {
        "name": place.name,
        "family": facility.family.value,
        "project": str(facility.project_id or ""),
        "lot": facility.lot,
        "supervisor": facility.supervisor,
        "installed_on": str(facility.installed_on or ""),
        "registration": facility.registration,
        "certificate_until": str(facility.certificate_until or ""),
        "note": facility.note,
    }


def _record(
    session: Session,
    place: Place,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    trail.record(
        session,
        tag=f"maintenance:facility:{verb}",
        actor=actor,
        now=now,
        estate_id=place.estate_id,
        subject_kind="place",
        subject_id=place.id,
        old=old,
        new=new,
        reason=reason,
    )


def project_title(session: Session, *, estate_id: UUID, project: str) -> str:
    """The title of a project whose works become facilities; "" for none, `NotFound` for another estate's."""
    found = _project(session, estate_id, project)
    return session.get_one(Project, found).title if found else ""
