"""Surveys: open one, ask a new edition of its questions, set its end, and write to those who are asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.outbox import Channel
from app.models.surveys import AnswerSheet, Survey, SurveyEdition
from app.rules.surveys.kinds import Per, State
from app.rules.surveys.questions import check_questions, digest_of, from_json, to_json
from app.rules.surveys.states import check_window
from app.services import outbox
from app.services.surveys.drafting import record
from app.services.surveys.homes import accounts_asked, answered_units
from app.services.surveys.reading import get_survey, latest_number, state_of
from app.services.trail import Actor

FORMAT = "haoshangliang-survey/1"


def open_survey(
    session: Session,
    *,
    estate_id: UUID,
    survey_id: UUID,
    opens_at: datetime | None,
    closes_at: datetime,
    actor: Actor,
    now: datetime,
) -> None:
    """Freeze the first edition and let it be answered from `opens_at`, now without one. Twice is once.

    Raises `Invalid` for questions that do not hang together (field `questions`) or a window that cannot be.
    """
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id, lock=True)
    if survey.published_at is not None:
        return
    starts = max(opens_at or now, now)
    check_window(starts, closes_at, now)
    check_questions(from_json(survey.draft))
    survey.published_at, survey.opens_at, survey.closes_at = now, starts, closes_at
    session.add(survey)
    session.flush()
    edition = _freeze(session, survey, actor, now)
    record(
        session,
        survey,
        "survey:open",
        actor,
        now,
        new={"opens_at": starts.isoformat(), "closes_at": closes_at.isoformat(), "digest": edition.digest},
    )
    if starts <= now:
        _invite(session, survey, now)


def _freeze(session: Session, survey: Survey, actor: Actor, now: datetime) -> SurveyEdition:
    document: dict[str, object] = {
        "format": FORMAT,
        "survey": str(survey.id),
        "number": latest_number(session, survey.id) + 1,
        "title": survey.title,
        "intro": survey.intro,
        "per": survey.per.value,
        "questions": to_json(from_json(survey.draft)),
    }
    edition = SurveyEdition(
        survey_id=survey.id,
        number=latest_number(session, survey.id) + 1,
        document=document,
        digest=digest_of(document),
        by=actor.id,
        at=now,
    )
    session.add(edition)
    session.flush()
    return edition


def ask_new_edition(
    session: Session, *, estate_id: UUID, survey_id: UUID, actor: Actor, now: datetime
) -> int:
    """The questions as the desk has written them since, from now on; answers to earlier ones stay with theirs.

    Raises `Conflict` when it is not open, or nothing has changed.
    """
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id, lock=True)
    if state_of(survey, now) not in {State.WAITING, State.OPEN}:
        raise Conflict(N_("调查没有在进行，不能换新版问卷"), code="not_open")
    questions = from_json(survey.draft)
    check_questions(questions)
    number = latest_number(session, survey.id)
    if from_json(session.get_one(SurveyEdition, (survey.id, number)).document) == questions:
        raise Conflict(N_("题目和现在的第 %(number)s 版一样，不用换"), code="same_questions", number=number)
    edition = _freeze(session, survey, actor, now)
    record(
        session,
        survey,
        "edition:ask",
        actor,
        now,
        old={"edition": number},
        new={"edition": edition.number, "digest": edition.digest},
    )
    return edition.number


def has_changed_questions(session: Session, *, estate_id: UUID, survey_id: UUID) -> bool:
    """Whether the desk has written something that nobody is asked yet."""
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id)
    number = latest_number(session, survey_id)
    if number == 0:
        return False
    asked = session.get_one(SurveyEdition, (survey_id, number))
    return from_json(asked.document) != from_json(survey.draft)


def set_end(
    session: Session,
    *,
    estate_id: UUID,
    survey_id: UUID,
    closes_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Another end, or, without one, the end now. Raises `Conflict` when it has ended already: that is final."""
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id, lock=True)
    if state_of(survey, now) not in {State.WAITING, State.OPEN}:
        raise Conflict(N_("调查已经结束，或者还没有发出，截止时间不能改"), code="not_open")
    assert survey.opens_at is not None
    assert survey.closes_at is not None
    if closes_at is None:
        if now < survey.opens_at:
            raise Conflict(N_("调查还没有开始，开始以后才能提前结束"), code="not_open")
        ends = now
    else:
        check_window(survey.opens_at, closes_at, now)
        ends = closes_at
    act = "survey:close" if closes_at is None else "survey:end"
    record(
        session,
        survey,
        act,
        actor,
        now,
        old={"closes_at": survey.closes_at.isoformat()},
        new={"closes_at": ends.isoformat()},
    )
    survey.closes_at = ends
    session.add(survey)
    session.flush()


def _invite(session: Session, survey: Survey, now: datetime) -> None:
    survey.invited_at = now
    session.add(survey)
    _write(session, survey, list(accounts_asked(session, survey=survey)), "survey_opened", Channel.INBOX, now)
    session.flush()


def _write(
    session: Session, survey: Survey, accounts: Sequence[UUID], template: str, channel: Channel, now: datetime
) -> None:
    assert survey.closes_at is not None
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"survey:{survey.id}:{template}:{account_id}",
                template=template,
                now=now,
                account_id=account_id,
                channel=channel,
                estate_id=survey.estate_id,
                values={"title": survey.title, "closes_at": survey.closes_at.isoformat()},
                link=f"surveys/{survey.id}",
            )
            for account_id in accounts
        ],
    )


def due_invitations(session: Session, *, now: datetime) -> list[UUID]:
    """Surveys that have opened by the clock and of which nobody was told yet."""
    query = select(Survey.id).where(
        col(Survey.published_at).is_not(None),
        col(Survey.invited_at).is_(None),
        col(Survey.opens_at) <= now,
        col(Survey.closes_at) > now,
    )
    return list(session.exec(query))


def invite(session: Session, *, survey_id: UUID, now: datetime) -> bool:
    """Write to everybody who is asked, once; False when somebody else has."""
    query = select(Survey).where(Survey.id == survey_id).with_for_update()
    survey = session.exec(query.execution_options(populate_existing=True)).one()
    if survey.invited_at is not None or state_of(survey, now) is not State.OPEN:
        return False
    _invite(session, survey, now)
    return True


def remind(session: Session, *, estate_id: UUID, survey_id: UUID, actor: Actor, now: datetime) -> int:
    """A text message to those who have not answered, once per survey; how many were written to.

    Raises `Conflict` when it is not open, or they have been reminded.
    """
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id, lock=True)
    if state_of(survey, now) is not State.OPEN:
        raise Conflict(N_("调查没有在进行，不能提醒"), code="not_open")
    if survey.reminded_at is not None:
        raise Conflict(N_("已经提醒过一次。一次调查只提醒一次，没有答的请上门问"), code="reminded")
    asked = accounts_asked(session, survey=survey)
    if survey.per is Per.HOME:
        done = answered_units(session, survey_id=survey.id)
        accounts = [account_id for account_id, units in asked.items() if units - done]
    else:
        query = select(AnswerSheet.account_id).where(AnswerSheet.survey_id == survey.id)
        accounts = list(asked.keys() - set(session.exec(query)))
    survey.reminded_at = now
    session.add(survey)
    _write(session, survey, accounts, "survey_reminder", Channel.SMS, now)
    record(session, survey, "survey:remind", actor, now, new={"told": len(accounts)})
    return len(accounts)
