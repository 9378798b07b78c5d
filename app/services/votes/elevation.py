"""Votes: the building as it stands, a cell a home: whether it has voted, never what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from app.models.votes import BallotCurrent, RollEntry, RollVoter
from app.services.votes.roll import ON_ROLL, home_label


class HomeState(StrEnum):
    """`not_votable`: on the roll, but nobody may cast for it yet, as with heirs who are still proving."""

    VOTED = "voted"
    NOT_YET = "not_yet"
    NOT_VOTABLE = "not_votable"


@dataclass(frozen=True, slots=True)
class HomeCell:
    unit_id: UUID
    name: str
    label: str
    state: HomeState


@dataclass(frozen=True, slots=True)
class Floor:
    name: str
    number: int
    homes: tuple[HomeCell, ...]


@dataclass(frozen=True, slots=True)
class Entrance:
    """One entrance (or a building without any), its floors from the top down."""

    name: str
    floors: tuple[Floor, ...]


def draw_elevation(session: Session, *, vote_id: UUID, per_head: bool = False) -> list[Entrance]:
    """Every home of the roll in its place; one query, and no choice is read.

    `per_head`: by the rules one ballot speaks for all homes of a head.
    """
    voter = sa.exists().where(
        col(RollVoter.vote_id) == RollEntry.vote_id,
        col(RollVoter.unit_id) == RollEntry.unit_id,
        col(RollVoter.revision) == RollEntry.revision,
    )
    ballot = sa.exists().where(
        col(BallotCurrent.vote_id) == RollEntry.vote_id, col(BallotCurrent.unit_id) == RollEntry.unit_id
    )
    query = (
        sa.select(RollEntry, ballot, voter)
        .where(col(RollEntry.vote_id) == vote_id, *ON_ROLL)
        .order_by(
            col(RollEntry.building), col(RollEntry.entrance), col(RollEntry.floor).desc(), col(RollEntry.room)
        )
    )
    found = session.execute(query).all()
    spoken = {entry.head_key for entry, has_ballot, _ in found if has_ballot and per_head}
    rows = [
        (entry, _cell(entry, has_ballot or entry.head_key in spoken, has_voter))
        for entry, has_ballot, has_voter in found
    ]
    return [
        Entrance(name=_entrance_name(building, entrance), floors=_floors(list(homes)))
        for (building, entrance), homes in groupby(rows, key=lambda row: (row[0].building, row[0].entrance))
    ]


def _cell(entry: RollEntry, has_ballot: bool, has_voter: bool) -> HomeCell:
    state = HomeState.VOTED if has_ballot else HomeState.NOT_YET if has_voter else HomeState.NOT_VOTABLE
    return HomeCell(entry.unit_id, entry.room, home_label(entry), state)


def _floors(homes: list[tuple[RollEntry, HomeCell]]) -> tuple[Floor, ...]:
    return tuple(
        Floor(name=floor_name(number), number=number, homes=tuple(cell for _, cell in cells))
        for number, cells in groupby(homes, key=lambda row: row[0].floor)
    )


def floor_name(number: int) -> str:
    """5层, and 地下1层 below the ground."""
    return f"地下{-number}层" if number < 0 else f"{number}层"


def _entrance_name(building: str, entrance: str) -> str:
    house = f"{building}号楼" if building.isdigit() else building
    return f"{house}{entrance}单元" if entrance else house
