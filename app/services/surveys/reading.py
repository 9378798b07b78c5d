"""Surveys: one survey and its editions as pages show them, and the lists of an estate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.surveys import Survey, SurveyEdition
from app.rules.estates.labels import building_label, entrance_label
from app.rules.surveys.kinds import Per, Reach, State
from app.rules.surveys.questions import Questions, from_json
from app.rules.surveys.states import results_from, state_at

NO_SURVEY = N_("没有找到这个调查，请从调查列表重新进入")


@dataclass(frozen=True, slots=True)
class SurveyView:
    """A survey without its questions; `edition` is the one asked now, 0 before it was opened. `place` is "" for the estate."""

    id: UUID
    number: int
    title: str
    intro: str
    per: Per
    reach: Reach
    building: str
    entrance: str
    state: State
    opens_at: datetime | None
    closes_at: datetime | None
    shows_participation: bool
    edition: int
    invited_at: datetime | None
    reminded_at: datetime | None

    @property
    def place(self) -> str:
        return building_label(self.building) + entrance_label(self.entrance) if self.building else ""

    @property
    def results_at(self) -> datetime | None:
        """From when anybody sees figures, the desk too: it still brings sheets in after the end."""
        return results_from(self.per, self.closes_at) if self.closes_at else None


@dataclass(frozen=True, slots=True)
class EditionView:
    """One frozen questionnaire."""

    number: int
    digest: str
    at: datetime
    questions: Questions


def get_survey(session: Session, *, estate_id: UUID, survey_id: UUID, lock: bool = False) -> Survey:
    """The row; raises `NotFound` for one of another estate."""
    query = select(Survey).where(Survey.id == survey_id, Survey.estate_id == estate_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    survey = session.exec(query).one_or_none()
    if survey is None:
        raise NotFound(NO_SURVEY)
    return survey


def state_of(survey: Survey, now: datetime) -> State:
    return state_at(survey.published_at, survey.opens_at, survey.closes_at, now)


def read_survey(
    session: Session, *, estate_id: UUID, survey_id: UUID, now: datetime, drafts: bool = False
) -> SurveyView:
    """Raises `NotFound` for a draft unless `drafts`: it is nobody's business but the desk's."""
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id)
    if survey.published_at is None and not drafts:
        raise NotFound(NO_SURVEY)
    return _view(survey, latest_number(session, survey_id), now)


def list_surveys(
    session: Session, *, estate_id: UUID, now: datetime, drafts: bool = False
) -> list[SurveyView]:
    """The newest first."""
    latest = (
        select(sa.func.max(SurveyEdition.number))
        .where(SurveyEdition.survey_id == Survey.id)
        .correlate(Survey)
        .scalar_subquery()
    )
    query = select(Survey, latest).where(Survey.estate_id == estate_id).order_by(col(Survey.number).desc())
    if not drafts:
        query = query.where(col(Survey.published_at).is_not(None))
    return [_view(survey, number or 0, now) for survey, number in session.exec(query)]


def _view(survey: Survey, edition: int, now: datetime) -> SurveyView:
    return SurveyView(
        id=survey.id,
        number=survey.number,
        title=survey.title,
        intro=survey.intro,
        per=survey.per,
        reach=survey.reach,
        building=survey.building,
        entrance=survey.entrance,
        state=state_of(survey, now),
        opens_at=survey.opens_at,
        closes_at=survey.closes_at,
        shows_participation=survey.shows_participation,
        edition=edition,
        invited_at=survey.invited_at,
        reminded_at=survey.reminded_at,
    )


def latest_number(session: Session, survey_id: UUID) -> int:
    query = select(sa.func.max(SurveyEdition.number)).where(SurveyEdition.survey_id == survey_id)
    return session.exec(query).one() or 0


def read_editions(session: Session, *, survey_id: UUID) -> dict[int, EditionView]:
    """Every edition of the survey, by number."""
    query = (
        select(SurveyEdition).where(SurveyEdition.survey_id == survey_id).order_by(col(SurveyEdition.number))
    )
    return {
        row.number: EditionView(row.number, row.digest, row.at, from_json(row.document))
        for row in session.exec(query)
    }
