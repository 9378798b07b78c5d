"""Votes: the drawing of an estate on which the scope of a vote is picked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, Invalid
from app.models.estates import Unit
from app.models.votes import ScopeLevel, Vote
from app.rules.estates.units import votable_by_default
from app.services.votes import drafting

WHOLE = "estate"


@dataclass(frozen=True, slots=True)
class DrawnEntrance:
    value: str
    name: str


@dataclass(frozen=True, slots=True)
class DrawnBuilding:
    """A house of the drawing; `value` is empty where the house is one entrance and is picked there."""

    value: str
    name: str
    floors: int
    entrances: tuple[DrawnEntrance, ...]


def draw_estate(session: Session, *, estate_id: UUID) -> list[DrawnBuilding]:
    """Every building of the register that has homes which vote, with its floors and entrances."""
    houses: dict[str, dict[str, int]] = {}
    for unit in session.exec(select(Unit).where(Unit.estate_id == estate_id)):
        if votable_by_default(unit.kind):
            floors = houses.setdefault(unit.building, {})
            floors[unit.entrance] = max(floors.get(unit.entrance, 1), unit.floor)
    return [_house(building, houses[building]) for building in sorted(houses, key=_in_order)]


def _in_order(name: str) -> tuple[bool, int, str]:
    """2 before 10, names without a number last."""
    return (not name.isdigit(), int(name) if name.isdigit() else 0, name)


def _house(building: str, floors: dict[str, int]) -> DrawnBuilding:
    name = f"{building}号楼" if building.isdigit() else building
    value = f"building:{building}"
    if len(floors) == 1:
        entrance = next(iter(floors))
        only = DrawnEntrance(value, "整栋")
        if entrance:
            only = DrawnEntrance(f"entrance:{building}:{entrance}", f"{entrance}单元")
        return DrawnBuilding("", name, floors[entrance], (only,))
    entrances = tuple(
        DrawnEntrance(f"entrance:{building}:{entrance}", f"{entrance}单元" if entrance else "其他")
        for entrance in sorted(floors, key=_in_order)
    )
    return DrawnBuilding(value, name, max(floors.values()), entrances)


def save_drawn_scope(session: Session, *, estate_id: UUID, vote_id: UUID, value: str) -> None:
    """Store what was picked on the drawing; raises `Invalid` for anything that is not on it."""
    picked = _picks(draw_estate(session, estate_id=estate_id)).get(value)
    if picked is None:
        raise Invalid(N_("请在图上选择表决范围"), field="scope")
    level, building, entrance = picked
    drafting.save_scope(
        session, estate_id=estate_id, vote_id=vote_id, level=level, building=building, entrance=entrance
    )


def _picks(houses: list[DrawnBuilding]) -> dict[str, tuple[ScopeLevel, str, str]]:
    picks = {WHOLE: (ScopeLevel.ESTATE, "", "")}
    for house in houses:
        for value in (house.value, *(entrance.value for entrance in house.entrances)):
            kind, _, rest = value.partition(":")
            if kind == "building":
                picks[value] = (ScopeLevel.BUILDING, rest, "")
            elif kind == "entrance":
                building, _, entrance = rest.rpartition(":")
                picks[value] = (ScopeLevel.ENTRANCE, building, entrance)
    return picks


def drawn_value(vote: Vote) -> str:
    """Where on the drawing a vote's scope lies."""
    if vote.scope_level is ScopeLevel.ESTATE:
        return WHOLE
    if vote.scope_level is ScopeLevel.BUILDING:
        return f"building:{vote.scope_building}"
    return f"entrance:{vote.scope_building}:{vote.scope_entrance}"
