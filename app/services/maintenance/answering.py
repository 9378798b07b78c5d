"""Who would answer for a fault if it were reported now: what the form says before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, select

from app.models.base import NO_ID
from app.models.estates import Estate
from app.models.maintenance.parties import Party
from app.models.maintenance.places import Place
from app.rules.maintenance.categories import category_of
from app.rules.maintenance.responsible import BASIS_NAMES, PartyKind
from app.rules.maintenance.warranty import COVER_NAMES
from app.services.maintenance.places import way_of
from app.services.maintenance.warranties import who_answers


@dataclass(frozen=True, slots=True)
class Answering:
    """The party with its telephone; `basis` and `cover` are marked sentences, `cover` is "" where nothing is registered."""

    name: str
    phone: str
    basis: str
    cover: str
    contractor_pays: bool
    last_day: date | None
    provisional: bool


def preview_answer(
    session: Session, *, estate_id: UUID, place_id: UUID, category: str, now: datetime
) -> Answering:
    """Decided as at filing, but nothing is written: a committee that is no party yet is named by the estate."""
    committee = session.exec(
        select(Party).where(Party.estate_id == estate_id, Party.kind == PartyKind.COMMITTEE)
    ).one_or_none()
    found = who_answers(
        session,
        way=way_of(session, session.get_one(Place, place_id)),
        family=category_of(category).family,
        category=category,
        filed_at=now,
        fallback=committee.id if committee else NO_ID,
    )
    party = session.get(Party, found.party_id)
    decision = found.decision
    estate = session.get_one(Estate, estate_id)
    return Answering(
        party.name if party else estate.committee_name,
        party.phone if party else estate.desk_phone,
        BASIS_NAMES[found.basis],
        COVER_NAMES[decision.cover] if decision else "",
        decision.contractor_pays if decision else False,
        decision.last_day if decision else None,
        decision.provisional if decision else False,
    )
