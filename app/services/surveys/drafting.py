"""Surveys: begin one, from nothing, from a template or from an earlier one, and write its questions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.surveys import Survey
from app.rules.surveys import editing
from app.rules.surveys.kinds import Per, Reach, State
from app.rules.surveys.questions import MOST_QUESTIONS, Question, Questions, from_json, to_json
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.estates.units import lock_register
from app.services.surveys.homes import check_reach
from app.services.surveys.reading import NO_SURVEY, get_survey, state_of
from app.services.trail import Actor

MOST_TITLE, MOST_INTRO = 60, 2000


@dataclass(frozen=True, slots=True)
class Settings:
    """What the desk says of a survey while it is a draft."""

    title: str
    intro: str
    per: Per
    reach: Reach = Reach.ESTATE
    building: str = ""
    entrance: str = ""
    shows_participation: bool = True


def new_key() -> str:
    """A key that no other question or option has, here or in an earlier edition."""
    return uuid4().hex[:10]


def start_survey(
    session: Session,
    *,
    estate_id: UUID,
    survey_id: UUID,
    settings: Settings,
    questions: Questions,
    actor: Actor,
    now: datetime,
) -> UUID:
    """A draft under the id of its form, which sent twice makes one. Raises `Invalid` naming the field."""
    known = session.get(Survey, survey_id)
    if known is not None:
        if known.estate_id != estate_id:
            raise NotFound(NO_SURVEY)
        return known.id
    settings = _checked(session, estate_id, settings)
    lock_register(session, estate_id=estate_id)
    last = session.exec(select(sa.func.max(Survey.number)).where(Survey.estate_id == estate_id)).one()
    survey = Survey(
        id=survey_id,
        estate_id=estate_id,
        number=(last or 0) + 1,
        title=settings.title,
        intro=settings.intro,
        per=settings.per,
        reach=settings.reach,
        building=settings.building,
        entrance=settings.entrance,
        shows_participation=settings.shows_participation,
        draft={"questions": to_json(questions)},
        created_by=actor.id,
        created_at=now,
    )
    session.add(survey)
    session.flush()
    record(session, survey, "survey:start", actor, now, new={"number": survey.number, "title": survey.title})
    return survey.id


def _checked(session: Session, estate_id: UUID, settings: Settings) -> Settings:
    title = clean_line(settings.title, most=MOST_TITLE, field="title")
    if not title:
        raise Invalid(N_("请写调查的标题"), field="title")
    check_reach(
        session,
        estate_id=estate_id,
        reach=settings.reach,
        building=settings.building,
        entrance=settings.entrance,
    )
    return Settings(
        title=title,
        intro=clean_text(settings.intro, most=MOST_INTRO, field="intro"),
        per=settings.per,
        reach=settings.reach,
        building=settings.building,
        entrance=settings.entrance,
        shows_participation=settings.shows_participation,
    )


def save_settings(
    session: Session, *, estate_id: UUID, survey_id: UUID, settings: Settings, now: datetime
) -> None:
    """Raises `Conflict` once it was opened: whom it asks, and what it says it is for, stays."""
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id, lock=True)
    if state_of(survey, now) is not State.DRAFT:
        raise Conflict(N_("调查发出后，标题、说明和范围不能再改。要改请复制成一份新的调查"), code="published")
    checked = _checked(session, estate_id, settings)
    survey.title, survey.intro, survey.per = checked.title, checked.intro, checked.per
    survey.reach, survey.building, survey.entrance = checked.reach, checked.building, checked.entrance
    survey.shows_participation = checked.shows_participation
    session.add(survey)
    session.flush()


def drop_draft(session: Session, *, estate_id: UUID, survey_id: UUID, actor: Actor, now: datetime) -> None:
    """Raises `Conflict` for one that was opened: it stays, with its answers."""
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id, lock=True)
    if state_of(survey, now) is not State.DRAFT:
        raise Conflict(N_("调查已经发出，不能删去，只能提前结束"), code="published")
    record(session, survey, "survey:drop", actor, now, old={"number": survey.number, "title": survey.title})
    session.delete(survey)
    session.flush()


def _edit(
    session: Session,
    estate_id: UUID,
    survey_id: UUID,
    now: datetime,
    change: Callable[[Questions], Questions],
) -> None:
    """Change the questions as the desk writes them, under the lock of the survey, so that two at once lose nothing."""
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id, lock=True)
    if state_of(survey, now) is State.CLOSED:
        raise Conflict(N_("调查已经结束，题目不能再改。要改请复制成一份新的调查"), code="closed")
    survey.draft = {"questions": to_json(change(from_json(survey.draft)))}
    session.add(survey)
    session.flush()


def put_question(
    session: Session,
    *,
    estate_id: UUID,
    survey_id: UUID,
    question: Question,
    another: bool,
    now: datetime,
) -> None:
    """Add a question, or change it; with `another` its meaning is another now, and earlier answers stay with the old one."""

    def change(questions: Questions) -> Questions:
        known = {each.key for each in questions}
        if question.key not in known and len(questions) >= MOST_QUESTIONS:
            raise Invalid(N_("题目最多 %(most)s 道。太长的问卷没有人答得完，请删去一些"), most=MOST_QUESTIONS)
        changed = editing.put_question(questions, question)
        return (
            editing.renew_key(changed, question.key, new_key)
            if another and question.key in known
            else changed
        )

    _edit(session, estate_id, survey_id, now, change)


def move_question(
    session: Session, *, estate_id: UUID, survey_id: UUID, key: str, place: int, up: bool, now: datetime
) -> None:
    """From the place, counted from 1, where its form showed it; no longer there it stays: the same form twice is once."""

    def moved(questions: Questions) -> Questions:
        there = [number for number, each in enumerate(questions, 1) if each.key == key]
        return questions if there and there != [place] else editing.move_question(questions, key, up=up)

    _edit(session, estate_id, survey_id, now, moved)


def remove_question(session: Session, *, estate_id: UUID, survey_id: UUID, key: str, now: datetime) -> None:
    _edit(session, estate_id, survey_id, now, lambda questions: editing.remove_question(questions, key))


def draft_questions(session: Session, *, estate_id: UUID, survey_id: UUID) -> Questions:
    return from_json(get_survey(session, estate_id=estate_id, survey_id=survey_id).draft)


def record(
    session: Session,
    survey: Survey,
    act: str,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
) -> None:
    """One act of the desk in the trail; never an answer."""
    trail.record(
        session,
        tag=f"surveys:{act}",
        actor=actor,
        now=now,
        estate_id=survey.estate_id,
        subject_kind="survey",
        subject_id=survey.id,
        old=old,
        new=new,
    )


def record_export(session: Session, *, estate_id: UUID, survey_id: UUID, actor: Actor, now: datetime) -> None:
    """That the sheets left the house, home by home."""
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id)
    record(session, survey, "sheet:export", actor, now, new={"number": survey.number})
