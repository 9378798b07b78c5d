"""Surveys: which open ones still wait for a person's answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.surveys import AnswerSheet, Survey
from app.rules.surveys.kinds import Per
from app.services.surveys.homes import my_asked_homes


@dataclass(frozen=True, slots=True)
class WaitingSurvey:
    """An open survey; `homes` of his have not answered, 1 where it asks persons."""

    id: UUID
    title: str
    closes_at: datetime
    homes: int


def surveys_to_answer(
    session: Session, *, estate_id: UUID, account_id: UUID, now: datetime
) -> list[WaitingSurvey]:
    """The one that ends first comes first."""
    query = (
        select(Survey)
        .where(
            Survey.estate_id == estate_id,
            col(Survey.published_at).is_not(None),
            col(Survey.opens_at) <= now,
            col(Survey.closes_at) > now,
        )
        .order_by(col(Survey.closes_at))
    )
    waiting = []
    for survey in session.exec(query):
        homes = {home.unit_id for home in my_asked_homes(session, survey=survey, account_id=account_id)}
        subjects = homes if survey.per is Per.HOME else {account_id} if homes else set()
        missing = len(subjects - _answered(session, survey.id, subjects))
        if missing and survey.closes_at:
            waiting.append(WaitingSurvey(survey.id, survey.title, survey.closes_at, missing))
    return waiting


def _answered(session: Session, survey_id: UUID, subjects: set[UUID]) -> set[UUID]:
    query = select(AnswerSheet.subject_id).where(
        AnswerSheet.survey_id == survey_id, col(AnswerSheet.subject_id).in_(subjects)
    )
    return set(session.exec(query))
