"""Surveys: how many have answered, what it comes to, and what was written in words."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.base import table_of
from app.models.estates import Unit
from app.models.surveys import AnswerSheet, Survey
from app.rules.estates.labels import building_label, home_label
from app.rules.surveys.answers import map_answers
from app.rules.surveys.kinds import Channel, Kind, Per
from app.rules.surveys.masking import SMALLEST
from app.rules.surveys.results import Figures, Sheet, count_answers
from app.services.surveys.homes import accounts_asked, asked_homes
from app.services.surveys.reading import get_survey, read_editions


@dataclass(frozen=True, slots=True)
class Participation:
    """Sheets that stand against homes asked (or, per person, accounts asked); the ways they came for the desk alone.

    `late` of them were brought in from a door after the end.
    """

    answered: int
    asked: int
    phone: int
    door: int
    late: int


@dataclass(frozen=True, slots=True)
class Remark:
    """One answer in words, for the desk: from which building, never from whom."""

    building: str
    text: str


@dataclass(frozen=True, slots=True)
class StandingRow:
    """A sheet that stands, with its home; its answers as they count now, and titles of those that no longer do."""

    sheet: AnswerSheet
    home: str
    floor: int
    counted: dict[str, object]
    lost: tuple[str, ...]


def _standing(survey_id: UUID) -> sa.ColumnElement[bool]:
    later = table_of(AnswerSheet).alias("later")
    mine = table_of(AnswerSheet)
    return sa.and_(
        mine.c.survey_id == survey_id,
        ~sa.exists().where(
            later.c.survey_id == mine.c.survey_id,
            later.c.subject_id == mine.c.subject_id,
            later.c.version > mine.c.version,
        ),
    )


def participation(session: Session, *, estate_id: UUID, survey_id: UUID) -> Participation:
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id)
    query = (
        select(AnswerSheet.channel, sa.func.count())
        .where(AnswerSheet.survey_id == survey_id, AnswerSheet.version == 1)
        .group_by(col(AnswerSheet.channel))
    )
    ways = dict(session.exec(query).all())
    phone, door = ways.get(Channel.PHONE, 0), ways.get(Channel.DOOR, 0)
    return Participation(phone + door, _asked(session, survey), phone, door, _late(session, survey))


def _late(session: Session, survey: Survey) -> int:
    if survey.closes_at is None:
        return 0
    query = (
        select(sa.func.count())
        .select_from(AnswerSheet)
        .where(
            AnswerSheet.survey_id == survey.id,
            AnswerSheet.channel == Channel.DOOR,
            AnswerSheet.version == 1,
            col(AnswerSheet.received_at) >= survey.closes_at,
        )
    )
    return session.exec(query).one()


def _asked(session: Session, survey: Survey) -> int:
    if survey.per is Per.HOME:
        return len(asked_homes(session, survey=survey))
    return len(accounts_asked(session, survey=survey))


def standing_rows(session: Session, *, survey_id: UUID) -> list[StandingRow]:
    """Every sheet that stands, mapped onto the present edition, by home."""
    editions = read_editions(session, survey_id=survey_id)
    query = (
        select(AnswerSheet, Unit).join(Unit, col(Unit.id) == AnswerSheet.unit_id).where(_standing(survey_id))
    )
    rows = []
    for sheet, unit in session.exec(query):
        present = editions[max(editions)].questions
        mapped = map_answers(sheet.answers, editions[sheet.edition].questions, present)
        label = home_label(unit.building, unit.entrance, unit.room)
        rows.append(StandingRow(sheet, label, unit.floor, mapped.answers, mapped.lost))
    return rows


def figures(session: Session, *, estate_id: UUID, survey_id: UUID, least: int = SMALLEST) -> list[Figures]:
    """What the answers come to; with `least` 1 unmasked, for the desk."""
    get_survey(session, estate_id=estate_id, survey_id=survey_id)
    editions = read_editions(session, survey_id=survey_id)
    if not editions:
        return []
    sheets = [
        Sheet(row.counted, row.sheet.band, row.sheet.age, row.sheet.building)
        for row in standing_rows(session, survey_id=survey_id)
    ]
    return count_answers(editions[max(editions)].questions, sheets, least=least)


def remarks(session: Session, *, estate_id: UUID, survey_id: UUID) -> dict[str, list[Remark]]:
    """By question, what was written in words: for the desk alone."""
    get_survey(session, estate_id=estate_id, survey_id=survey_id)
    editions = read_editions(session, survey_id=survey_id)
    if not editions:
        return {}
    rows = standing_rows(session, survey_id=survey_id)
    return {
        question.key: sorted(
            (
                Remark(building_label(row.sheet.building), str(row.counted[question.key]))
                for row in rows
                if question.key in row.counted
            ),
            key=lambda remark: (remark.building, remark.text),
        )
        for question in editions[max(editions)].questions
        if question.kind is Kind.TEXT
    }
