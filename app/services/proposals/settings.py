"""Proposals: what an estate has set for itself, with the defaults where it has set nothing."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from app.models.proposals import ConsultationSettings
from app.rules.proposals import deadlines, support
from app.rules.proposals.deadlines import AnswerRules
from app.rules.proposals.support import SupportRules


@dataclass(frozen=True, slots=True)
class Settings:
    """An estate's rules for proposals and talk."""

    support: SupportRules = support.DEFAULT
    answer: AnswerRules = deadlines.DEFAULT
    words: tuple[str, ...] = ()
    street_name: str = ""
    street_phone: str = ""


def read_settings(session: Session, *, estate_id: UUID) -> Settings:
    row = session.get(ConsultationSettings, estate_id)
    if row is None:
        return Settings()
    return Settings(
        support=SupportRules.from_json(row.support) if row.support else support.DEFAULT,
        answer=AnswerRules.from_json(row.answer) if row.answer else deadlines.DEFAULT,
        words=tuple(row.words.split("\n")) if row.words else (),
        street_name=row.street_name,
        street_phone=row.street_phone,
    )
