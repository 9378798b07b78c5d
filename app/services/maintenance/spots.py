"""Where a fault is, as a form sends it: the code of a place, or one of the reporter's own homes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Invalid, NotFound
from app.models.maintenance.places import Place, PlaceKind
from app.services.estates.homes import my_homes
from app.services.maintenance.places import PlaceView, find_code, label_of, list_places, way_of

# Before the id of a home.
_HOME = "home:"
# A facility is chosen here only while there are few; the others stand under their building.
_MOST_FACILITIES = 8


@dataclass(frozen=True, slots=True)
class Spot:
    """One choice; `unit_id` is the reporter's own home, for a fault inside it. `room` is set for a home alone."""

    value: str
    label: str
    place_id: UUID
    kind: PlaceKind
    building: str
    unit_id: UUID | None = None
    room: str = ""


def read_spot(session: Session, *, estate_id: UUID, account_id: UUID | None, value: str) -> Spot:
    """The choice a form sent. Raises `Invalid` naming `place`, also for the home of somebody else."""
    if value.startswith(_HOME):
        homes = own_homes(session, estate_id=estate_id, account_id=account_id) if account_id else []
        found = next((home for home in homes if home.value == value), None)
        if found is not None:
            return found
    elif value:
        try:
            place = find_code(session, code=value[:40])
        except NotFound:
            raise _no_place() from None
        if place.estate_id == estate_id:
            return _spot_of(place, label_of(way_of(session, place)))
    raise _no_place()


def read_code(session: Session, *, code: str) -> tuple[UUID, Spot]:
    """The estate and the place of a sticker; `NotFound` for a code that no place has."""
    place = find_code(session, code=code[:40])
    return place.estate_id, _spot_of(place, label_of(way_of(session, place)))


def own_homes(session: Session, *, estate_id: UUID, account_id: UUID) -> list[Spot]:
    """The person's homes in this estate, each at its entrance, or at its building where that has none."""
    spots = []
    for mine in my_homes(session, account_id=account_id):
        if mine.estate.id != estate_id:
            continue
        query = select(Place).where(
            Place.estate_id == estate_id,
            Place.building == mine.home.building,
            Place.entrance == mine.home.entrance,
            Place.kind == (PlaceKind.ENTRANCE if mine.home.entrance else PlaceKind.BUILDING),
            col(Place.retired_at).is_(None),
        )
        place = session.exec(query).first()
        if place is not None:
            spots.append(
                Spot(
                    f"{_HOME}{mine.unit_id}",
                    label_of(way_of(session, place)),
                    place.id,
                    place.kind,
                    place.building,
                    mine.unit_id,
                    mine.home.room,
                )
            )
    return spots


def near_spots(session: Session, *, estate_id: UUID, account_id: UUID) -> list[Spot]:
    """What a person is likely to mean: his entrance, his home, his building, what stands in it, the grounds."""
    homes = own_homes(session, estate_id=estate_id, account_id=account_id)
    views = list_places(session, estate_id=estate_id)
    mine = {home.place_id for home in homes}
    buildings = {home.building for home in homes if home.building}
    entrances = [view for view in views if view.id in mine]
    houses = [view for view in views if view.kind is PlaceKind.BUILDING and view.building in buildings]
    facilities = [
        view for view in views if view.kind is PlaceKind.FACILITY and view.building in buildings | {""}
    ]
    grounds = [view for view in views if view.kind is PlaceKind.GROUNDS]
    around = [*houses, *facilities[:_MOST_FACILITIES], *grounds]
    known = [_spot_of_view(view) for view in entrances]
    return [*known, *homes, *(_spot_of_view(view) for view in around if view.id not in mine)]


def spots_in(session: Session, *, estate_id: UUID, building: str | None) -> Sequence[Spot]:
    """The places of a building, itself first; without one what belongs to none, and the buildings."""
    views = list_places(session, estate_id=estate_id)
    if building is not None:
        return [_spot_of_view(view) for view in views if view.building == building]
    outside = [view for view in views if not view.building]
    return [
        *(_spot_of_view(view) for view in outside if view.kind is not PlaceKind.ESTATE),
        *(_spot_of_view(view) for view in outside if view.kind is PlaceKind.ESTATE),
        *(_spot_of_view(view) for view in views if view.kind is PlaceKind.BUILDING),
    ]


def all_spots(session: Session, *, estate_id: UUID) -> list[Spot]:
    """Every place of the estate, each under the one above it; no homes."""
    return [_spot_of_view(view) for view in list_places(session, estate_id=estate_id)]


def _spot_of(place: Place, label: str) -> Spot:
    return Spot(place.code, label, place.id, place.kind, place.building)


def _spot_of_view(view: PlaceView) -> Spot:
    return Spot(view.code, view.label, view.id, view.kind, view.building)


def _no_place() -> Invalid:
    return Invalid(N_("请选择坏在哪里；贴纸上的编号不对时，从列表里选"), code="unknown_place", field="place")
