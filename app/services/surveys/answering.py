"""Surveys: take a sheet, once for each home or person; a correction is a further sheet, and nothing is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.surveys import AnswerSheet, Survey
from app.rules.surveys.answers import Answers, map_answers, read_answers
from app.rules.surveys.kinds import Age, Channel, Per, State
from app.rules.surveys.states import may_arrive
from app.services.surveys.drafting import record
from app.services.surveys.homes import AskedHome, asked_home, band_of_home, my_asked_homes
from app.services.surveys.reading import EditionView, get_survey, read_editions, state_of
from app.services.trail import Actor


@dataclass(frozen=True, slots=True)
class SheetIn:
    """A sheet as it arrives. `corrects` is the version it was made from, 0 for a first one; `edition` what was asked."""

    id: UUID
    edition: int
    unit_id: UUID | None
    age: str
    answers: Mapping[str, Any]
    answered_at: datetime
    corrects: int = 0
    consented: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a sheet: `lost` are questions whose answer no longer counts, as they are asked differently now."""

    sheet_id: UUID
    edition: int
    present: int
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """The sheet that stands for a home or a person; `by_me` may be corrected by whoever reads this."""

    sheet_id: UUID
    unit_id: UUID
    version: int
    edition: int
    channel: Channel
    age: Age
    by_me: bool
    answered_at: datetime
    answers: Answers


def take_own_sheet(
    session: Session, *, estate_id: UUID, survey_id: UUID, sheet: SheetIn, actor: Actor, now: datetime
) -> Taken:
    """A resident answers for his home, or for himself.

    Raises `NotAllowed` without a home that is asked, `Conflict` when it is not open or the home has answered,
    `Invalid` naming what to mend (`q-KEY`, `age`, `unit`).
    """
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id)
    if known := _same_deed(session, survey, sheet, Channel.PHONE, actor):
        return known
    if state_of(survey, now) is not State.OPEN:
        raise Conflict(N_("这个调查现在不能填写，可能还没开始或者已经结束"), code="not_open")
    homes = my_asked_homes(session, survey=survey, account_id=actor.id)
    if not homes:
        raise NotAllowed(N_("这个调查问的不是您家所在的楼栋，不用填写"), code="not_asked")
    home = homes[0]
    if survey.per is Per.HOME and (sheet.unit_id is not None or len(homes) > 1):
        found = next((each for each in homes if each.unit_id == sheet.unit_id), None)
        if found is None:
            raise Invalid(N_("请选择替哪一套房子填写"), field="unit")
        home = found
    subject = home.unit_id if survey.per is Per.HOME else actor.id
    return _take(
        session, survey, sheet, home, subject, Channel.PHONE, actor, min(sheet.answered_at, now), now
    )


def take_door_sheet(
    session: Session, *, estate_id: UUID, survey_id: UUID, sheet: SheetIn, actor: Actor, now: datetime
) -> Taken:
    """Staff fill in a sheet with a resident at his door; it may arrive later than it was written, and under its own id.

    Raises `Conflict` when it came too late or the home has answered, `Invalid` naming what to mend.
    """
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id)
    if known := _same_deed(session, survey, sheet, Channel.DOOR, actor):
        return known
    if survey.per is not Per.HOME:
        raise Conflict(N_("这个调查每人答一份，要本人登录填写，不能上门代填"), code="per_person")
    if survey.opens_at is None or survey.closes_at is None or now < survey.opens_at:
        raise Conflict(N_("调查还没有开始"), code="not_open")
    answered_at = min(sheet.answered_at, now)
    if not may_arrive(answered_at, survey.opens_at, survey.closes_at, now):
        raise Conflict(
            N_("调查已经结束，这份答卷送来得太晚，没有计入。请存成文件交给居委会"), code="too_late"
        )
    if sheet.corrects and now >= survey.closes_at:
        raise Conflict(N_("调查已经结束，不能再更正，以先前送到的那一份为准"), code="closed_to_corrections")
    if not sheet.consented:
        raise Invalid(N_("请先向住户说明用途，征得同意后再勾选"), code="no_consent", field="consented")
    home = asked_home(session, survey=survey, unit_id=sheet.unit_id)
    if home is None:
        raise Invalid(N_("请选择是哪一户，这一户要在调查的范围里"), field="unit")
    if answered_at < survey.opens_at:
        answered_at = now  # the device's clock is wrong
    return _take(session, survey, sheet, home, home.unit_id, Channel.DOOR, actor, answered_at, now)


def _same_deed(
    session: Session, survey: Survey, sheet: SheetIn, channel: Channel, actor: Actor
) -> Taken | None:
    """What the second arrival of a sheet is told; a door's sheet may come again in a file that somebody else brings.

    Raises `Conflict` for an id that is another's, and for a sheet that was mended after it had been sent.
    """
    known = session.get(AnswerSheet, sheet.id)
    if known is None:
        return None
    same_home = channel is Channel.DOOR and known.unit_id == sheet.unit_id
    if (
        known.survey_id != survey.id
        or known.channel is not channel
        or (known.filled_by != actor.id and not same_home)
    ):
        raise Conflict(N_("这份答卷的编号已经用过，请刷新页面重新填写"), code="id_taken")
    editions = read_editions(session, survey_id=survey.id)
    if not _says_the_same(survey, known, sheet, editions):
        raise Conflict(
            N_("这份答卷已经收到过，后来改的没有计入。要改请刷新页面，打开已经收到的那一份更正"),
            code="sent_before",
        )
    return _taken(known.id, known.answers, known.edition, editions)


def _says_the_same(
    survey: Survey, known: AnswerSheet, sheet: SheetIn, editions: Mapping[int, EditionView]
) -> bool:
    # A resident with one home need not name it, and who answers for himself has none to name.
    named = sheet.unit_id is not None or known.channel is Channel.DOOR
    if survey.per is Per.HOME and named and known.unit_id != sheet.unit_id:
        return False
    if (known.edition, known.age) != (sheet.edition, sheet.age):
        return False
    try:
        return known.answers == read_answers(editions[known.edition].questions, sheet.answers)
    except Refusal:
        return False


def _taken(sheet_id: UUID, answers: Answers, edition: int, editions: Mapping[int, EditionView]) -> Taken:
    present = max(editions)
    mapped = map_answers(answers, editions[edition].questions, editions[present].questions)
    return Taken(sheet_id, edition, present, mapped.lost)


def _take(
    session: Session,
    survey: Survey,
    sheet: SheetIn,
    home: AskedHome,
    subject: UUID,
    channel: Channel,
    actor: Actor,
    answered_at: datetime,
    now: datetime,
) -> Taken:
    editions = read_editions(session, survey_id=survey.id)
    if sheet.edition not in editions:
        raise Conflict(N_("没有这一版问卷，请刷新页面，用现在的问卷填写"), code="no_edition")
    answers = read_answers(editions[sheet.edition].questions, sheet.answers)
    if not answers:
        raise Invalid(N_("一题也没有答，请至少回答一题"), code="blank", field="")
    if sheet.age not in set(Age):
        raise Invalid(N_("请选择年龄段，不想说就选“不说年龄”"), field="age")
    _ensure_free(session, survey, subject, sheet, channel, actor)
    row = AnswerSheet(
        id=sheet.id,
        estate_id=survey.estate_id,
        survey_id=survey.id,
        edition=sheet.edition,
        subject_id=subject,
        version=sheet.corrects + 1,
        unit_id=home.unit_id,
        account_id=actor.id if channel is Channel.PHONE else None,
        filled_by=actor.id,
        channel=channel,
        age=Age(sheet.age),
        band=band_of_home(session, estate_id=survey.estate_id, home=home),
        building=home.building,
        answers=answers,
        consented=sheet.consented,
        answered_at=answered_at,
        received_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError as error:
        # The same sheet on its way twice at once, as after a lost answer: the other one was quicker.
        if known := _same_deed(session, survey, sheet, channel, actor):
            return known
        raise _clash(session, survey, subject, actor) from error
    if channel is Channel.DOOR:
        _record_door(session, survey, sheet, home, actor, now)
    return _taken(row.id, answers, row.edition, editions)


def _record_door(
    session: Session, survey: Survey, sheet: SheetIn, home: AskedHome, actor: Actor, now: datetime
) -> None:
    new: dict[str, object] = {"home": home.label, "edition": sheet.edition, "consented": True}
    if survey.closes_at is not None and now >= survey.closes_at:
        new["late"] = True
    record(session, survey, "sheet:door", actor, now, new=new)


def _ensure_free(
    session: Session, survey: Survey, subject: UUID, sheet: SheetIn, channel: Channel, actor: Actor
) -> None:
    """First stands; only who filled in the sheet that stands may correct it, and in the same way."""
    last = _last(session, survey.id, subject)
    if last is None and sheet.corrects == 0:
        return
    mine = last is not None and last.filled_by == actor.id and last.channel is channel
    if last is None or not mine or sheet.corrects != last.version:
        raise _clash(session, survey, subject, actor)


def _last(session: Session, survey_id: UUID, subject: UUID) -> AnswerSheet | None:
    query = (
        select(AnswerSheet)
        .where(AnswerSheet.survey_id == survey_id, AnswerSheet.subject_id == subject)
        .order_by(col(AnswerSheet.version).desc())
        .limit(1)
    )
    return session.exec(query).first()


def _clash(session: Session, survey: Survey, subject: UUID, actor: Actor) -> Refusal:
    """Which answer stands, told by its class alone: never what was answered, nor who did."""
    last = _last(session, survey.id, subject)
    if last is None:
        return Conflict(N_("没有可以更正的答卷，请刷新页面重新填写"), code="nothing_to_correct")
    day = last.answered_at.date().isoformat()
    if last.filled_by == actor.id:
        return Conflict(
            N_("您已经答过（%(day)s 填的一份有效）。要改请打开那一份更正"), code="answered_by_you", day=day
        )
    if last.channel is Channel.DOOR:
        return Conflict(
            N_("这一户已经答过：工作人员 %(day)s 上门代填了一份。每户一份，以先填的为准，这份没有计入"),
            code="answered_at_door",
            day=day,
        )
    return Conflict(
        N_("这一户已经答过：家里有人 %(day)s 在网上填了一份。每户一份，以先填的为准，这份没有计入"),
        code="answered_at_home",
        day=day,
    )


def standing_sheet(
    session: Session, *, survey_id: UUID, subject_id: UUID, account_id: UUID
) -> Standing | None:
    """The sheet that stands for a home or a person, if any; its answers only for who filled it in."""
    last = _last(session, survey_id, subject_id)
    if last is None:
        return None
    return _shown(last, account_id)


def _shown(last: AnswerSheet, account_id: UUID) -> Standing:
    mine = last.filled_by == account_id
    return Standing(
        sheet_id=last.id,
        unit_id=last.unit_id,
        version=last.version,
        edition=last.edition,
        channel=last.channel,
        age=last.age if mine else Age.NOT_SAID,
        by_me=mine,
        answered_at=last.answered_at,
        answers=dict(last.answers) if mine else {},
    )


def my_door_sheets(session: Session, *, survey_id: UUID, account_id: UUID) -> list[Standing]:
    """The sheets that a member of staff filled in at doors and that he alone may correct."""
    query = (
        select(AnswerSheet)
        .where(
            AnswerSheet.survey_id == survey_id,
            AnswerSheet.filled_by == account_id,
            AnswerSheet.channel == Channel.DOOR,
        )
        .order_by(col(AnswerSheet.version))
    )
    last = {sheet.unit_id: sheet for sheet in session.exec(query)}
    return [_shown(sheet, account_id) for sheet in last.values()]


def own_sheet(session: Session, *, survey_id: UUID, sheet_id: UUID, account_id: UUID) -> Standing:
    """A sheet for the thanks page. Raises `NotFound` for anybody but who filled it in, and once another has replaced it."""
    row = session.get(AnswerSheet, sheet_id)
    if row is not None and row.survey_id == survey_id and row.filled_by == account_id:
        standing = standing_sheet(
            session, survey_id=survey_id, subject_id=row.subject_id, account_id=account_id
        )
        if standing is not None and standing.by_me:
            return standing
    raise NotFound(N_("没有找到这份答卷"))
