"""The estate's tree of places, read once for a whole sheet: where an address lies, and the way down to it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.maintenance.places import Place, PlaceKind
from app.rules.maintenance.hotline import spot_in
from app.services.maintenance.places import label_of

_GROWN = (PlaceKind.ESTATE, PlaceKind.BUILDING, PlaceKind.ENTRANCE)


@dataclass(frozen=True, slots=True)
class Spots:
    """Places by id, and those that an address can name."""

    places: dict[UUID, Place]
    named: dict[tuple[str, str], Place]

    def place_of(self, address: str) -> Place:
        """The entrance or building that the address names, the whole estate where it names none."""
        entrances: dict[str, list[str]] = {}
        for building, entrance in self.named:
            if building:
                entrances.setdefault(building, []).append(entrance)
        return self.named[spot_in(address, entrances)]

    def way(self, place_id: UUID) -> list[Place]:
        """From the root down to this place, itself included."""
        way = [self.places[place_id]]
        while way[0].parent_id is not None:
            way.insert(0, self.places[way[0].parent_id])
        return way

    def keys(self, place_id: UUID) -> tuple[str, ...]:
        return tuple(str(place.id) for place in self.way(place_id))

    def label(self, place_id: UUID) -> str:
        return label_of(self.way(place_id))


def read_spots(session: Session, *, estate_id: UUID) -> Spots:
    """Raises `Conflict` for an estate that has no places yet."""
    # Those taken down too: an older order may lie there.
    places = session.exec(select(Place).where(Place.estate_id == estate_id).order_by(col(Place.id))).all()
    named = {
        (place.building, place.entrance): place
        for place in places
        if place.kind in _GROWN and place.retired_at is None
    }
    if ("", "") not in named:
        raise Conflict(N_("这个小区还没有设施台账，请先在“维修台账”里生成"), code="not_open", field="file")
    return Spots({place.id: place for place in places}, named)
