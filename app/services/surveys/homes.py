"""Surveys: the homes a survey asks, a person's homes among them, and where a home lies."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from app.errors import N_, Invalid
from app.models.base import table_of
from app.models.estates import Owner, Ownership, Residence, Unit
from app.models.surveys import AnswerSheet, Survey
from app.rules.estates.bands import Band, band_of
from app.rules.estates.labels import home_label, in_order
from app.rules.estates.units import UnitKind, votable_by_default
from app.rules.surveys.kinds import Reach

_UNIT, _OWNER, _OWNERSHIP, _RESIDENCE = (table_of(model) for model in (Unit, Owner, Ownership, Residence))
# Nobody lives in a parking place or a store room.
_IS_HOME = _UNIT.c.kind.in_([kind for kind in UnitKind if votable_by_default(kind)])


@dataclass(frozen=True, slots=True)
class AskedHome:
    """A home that is asked, in the words people use."""

    unit_id: UUID
    building: str
    entrance: str
    floor: int
    room: str

    @property
    def label(self) -> str:
        return home_label(self.building, self.entrance, self.room)


def within(estate_id: UUID, reach: Reach, building: str, entrance: str) -> sa.ColumnElement[bool]:
    """The condition on `unit` for a home that is asked."""
    conditions = [_UNIT.c.estate_id == estate_id, _IS_HOME]
    if reach is not Reach.ESTATE:
        conditions.append(_UNIT.c.building == building)
    if reach is Reach.ENTRANCE:
        conditions.append(_UNIT.c.entrance == entrance)
    return sa.and_(*conditions)


def asked_by(survey: Survey) -> sa.ColumnElement[bool]:
    return within(survey.estate_id, survey.reach, survey.building, survey.entrance)


def check_reach(session: Session, *, estate_id: UUID, reach: Reach, building: str, entrance: str) -> None:
    """Raises `Invalid` (field `reach`) for a part in which nobody lives."""
    if (
        not session.connection()
        .execute(sa.select(sa.exists().where(within(estate_id, reach, building, entrance))))
        .scalar()
    ):
        raise Invalid(N_("请选择调查的范围"), field="reach")


def list_reaches(session: Session, *, estate_id: UUID) -> list[tuple[Reach, str, str]]:
    """The estate, then each building and its entrances."""
    query = sa.select(_UNIT.c.building, _UNIT.c.entrance).where(_UNIT.c.estate_id == estate_id, _IS_HOME)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for building, entrance in session.connection().execute(query.distinct()):
        found[building].add(entrance)
    places = [(Reach.ESTATE, "", "")]
    for building in sorted(found, key=in_order):
        places.append((Reach.BUILDING, building, ""))
        places += [
            (Reach.ENTRANCE, building, entrance)
            for entrance in sorted(filter(None, found[building]), key=in_order)
        ]
    return places


def _homes(session: Session, query: sa.Select[Any]) -> list[AskedHome]:
    homes = [AskedHome(*row) for row in session.connection().execute(query)]
    return sorted(
        homes, key=lambda home: (in_order(home.building), in_order(home.entrance), in_order(home.room))
    )


_COLUMNS = (_UNIT.c.id, _UNIT.c.building, _UNIT.c.entrance, _UNIT.c.floor, _UNIT.c.room)


def asked_homes(session: Session, *, survey: Survey) -> list[AskedHome]:
    """All homes that are asked, as they stand."""
    return _homes(session, sa.select(*_COLUMNS).where(asked_by(survey)))


def asked_home(session: Session, *, survey: Survey, unit_id: UUID | None) -> AskedHome | None:
    """One home, if it is asked: an answer file of a thousand sheets must not read all of them a thousand times."""
    return next(
        iter(_homes(session, sa.select(*_COLUMNS).where(asked_by(survey), _UNIT.c.id == unit_id))), None
    )


def answered_units(session: Session, *, survey_id: UUID) -> set[UUID]:
    query = sa.select(col(AnswerSheet.unit_id)).where(col(AnswerSheet.survey_id) == survey_id).distinct()
    return set(session.connection().execute(query).scalars())


def own_units(account_id: Any) -> sa.CompoundSelect[Any]:
    """The homes that an account owns or is registered as living in."""
    owned = (
        sa.select(_OWNERSHIP.c.unit_id)
        .select_from(_OWNER.join(_OWNERSHIP))
        .where(_OWNER.c.account_id == account_id)
    )
    lived = sa.select(_RESIDENCE.c.unit_id).where(_RESIDENCE.c.account_id == account_id)
    return owned.union(lived)


def my_asked_homes(session: Session, *, survey: Survey, account_id: UUID) -> list[AskedHome]:
    """The person's homes among those asked."""
    mine = own_units(account_id).subquery()
    return _homes(
        session, sa.select(*_COLUMNS).where(asked_by(survey), _UNIT.c.id.in_(sa.select(mine.c.unit_id)))
    )


def accounts_asked(session: Session, *, survey: Survey) -> dict[UUID, set[UUID]]:
    """Everybody with an account who lives or owns in the part that is asked, with his homes there."""
    owned = (
        sa.select(_OWNER.c.account_id, _UNIT.c.id)
        .select_from(_OWNER.join(_OWNERSHIP).join(_UNIT, _UNIT.c.id == _OWNERSHIP.c.unit_id))
        .where(_OWNER.c.account_id.is_not(None), asked_by(survey))
    )
    lived = (
        sa.select(_RESIDENCE.c.account_id, _UNIT.c.id)
        .select_from(_RESIDENCE.join(_UNIT, _UNIT.c.id == _RESIDENCE.c.unit_id))
        .where(asked_by(survey))
    )
    found: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for account_id, unit_id in session.connection().execute(owned.union(lived)):
        found[account_id].add(unit_id)
    return dict(found)


def band_of_home(session: Session, *, estate_id: UUID, home: AskedHome) -> Band:
    """Its band by the top floor on which anybody lives in its building."""
    top = (
        session.connection()
        .execute(
            sa.select(sa.func.max(_UNIT.c.floor)).where(
                _UNIT.c.estate_id == estate_id, _UNIT.c.building == home.building, _IS_HOME
            )
        )
        .scalar()
    )
    return band_of(home.floor, top or home.floor)
