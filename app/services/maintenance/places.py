"""The tree of places: grown from the register, named by the code on its sticker, walked from a node to its root."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.estates import Estate
from app.models.maintenance.places import Place, PlaceKind
from app.rules.estates.labels import building_label, entrance_label, in_order
from app.services.estates.units import list_buildings

# Without 0, 1, I, L, O, U: read aloud over the telephone nobody mistakes one for another.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 8
# What lies between the buildings has a sticker too.
_GROUNDS = "公共区域"


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place as forms and pages name it; `label` is the whole way down, as on an envelope."""

    id: UUID
    kind: PlaceKind
    label: str
    building: str
    entrance: str
    code: str


def new_code() -> str:
    """A code for a sticker: eight signs, 30^8 of them, never guessed to any use since it only names a place."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def grow_places(session: Session, *, estate_id: UUID) -> int:
    """Add what the register has and the tree has not: root, grounds, buildings, entrances. The number of new places.

    Nothing is moved or taken away: a sticker that hangs stays true. The caller holds the estate's lock.
    """
    grown = col(Place.kind).not_in((PlaceKind.FACILITY, PlaceKind.FLOOR))
    known = {
        (place.kind, place.building, place.entrance): place
        for place in session.exec(select(Place).where(Place.estate_id == estate_id, grown))
    }
    before = len(known)

    def ensure(
        kind: PlaceKind, name: str, parent: Place | None, building: str = "", entrance: str = ""
    ) -> Place:
        key = (kind, building, entrance)
        if key not in known:
            known[key] = Place(
                estate_id=estate_id,
                parent_id=parent.id if parent else None,
                kind=kind,
                name=name,
                building=building,
                entrance=entrance,
                code=new_code(),
            )
            session.add(known[key])
            session.flush()
        return known[key]

    root = ensure(PlaceKind.ESTATE, session.get_one(Estate, estate_id).name, None)
    ensure(PlaceKind.GROUNDS, _GROUNDS, root)
    for line in list_buildings(session, estate_id=estate_id):
        building = ensure(PlaceKind.BUILDING, building_label(line.building), root, line.building)
        for entrance in filter(None, line.entrances):
            ensure(PlaceKind.ENTRANCE, entrance_label(entrance), building, line.building, entrance)
    return len(known) - before


def find_place(session: Session, *, estate_id: UUID, place_id: UUID) -> Place:
    """A place of this estate that is still there; `NotFound` for any other."""
    place = session.get(Place, place_id)
    if place is None or place.estate_id != estate_id or place.retired_at is not None:
        raise NotFound(N_("没有找到这个地点，请从列表里重新选择"), field="place")
    return place


def find_code(session: Session, *, code: str) -> Place:
    """The place whose sticker carries this code, in whichever estate; `NotFound` for none."""
    wanted = "".join(code.split()).upper()
    query = select(Place).where(Place.code == wanted, col(Place.retired_at).is_(None))
    place = session.exec(query).one_or_none()
    if place is None:
        raise NotFound(N_("没有这个编号的地点，请核对贴纸上的编号，或从列表里选择地点"), field="code")
    return place


def way_of(session: Session, place: Place, known: Mapping[UUID, Place] | None = None) -> list[Place]:
    """The places from the root down to this one, itself included; a list hands in what `places_by_id` found."""
    way = [place]
    while (above := way[0].parent_id) is not None:
        way.insert(0, known[above] if known else session.get_one(Place, above))
    return way


def places_by_id(session: Session, *, estate_id: UUID) -> dict[UUID, Place]:
    """All places of an estate in one statement, those no longer there too."""
    return {place.id: place for place in session.exec(select(Place).where(Place.estate_id == estate_id))}


def label_of(way: Sequence[Place]) -> str:
    """The way below the estate in words; the estate's own name for the root."""
    return " ".join(place.name for place in way[1:]) or way[0].name


def list_places(session: Session, *, estate_id: UUID) -> list[PlaceView]:
    """Every place that is still there, each after the one above it, buildings in the order of their numbers."""
    query = select(Place).where(Place.estate_id == estate_id, col(Place.retired_at).is_(None))
    below: dict[UUID | None, list[Place]] = {}
    for place in session.exec(query):
        below.setdefault(place.parent_id, []).append(place)
    views: list[PlaceView] = []

    def visit(place: Place, way: list[Place]) -> None:
        here = [*way, place]
        views.append(
            PlaceView(place.id, place.kind, label_of(here), place.building, place.entrance, place.code)
        )
        for child in sorted(below.get(place.id, ()), key=_in_order):
            visit(child, here)

    for root in below.get(None, ()):
        visit(root, [])
    return views


def _in_order(place: Place) -> tuple[object, ...]:
    return list(PlaceKind).index(place.kind), in_order(place.name)
