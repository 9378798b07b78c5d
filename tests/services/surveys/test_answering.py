"""Answers to surveys: once for each home or person by the database's word, kept whole through every edition."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.base import table_of
from app.models.outbox import Message
from app.models.surveys import AnswerSheet, Survey, SurveyEdition
from app.models.trail import TrailRow
from app.rules.estates.bands import Band
from app.rules.surveys.kinds import Channel, Per, Reach
from app.rules.surveys.questions import Option
from app.services.surveys import answering, drafting, opening, results
from app.services.surveys.answering import my_door_sheets, own_sheet, standing_sheet
from app.services.surveys.taking_part import answered_by
from tests.fixtures.surveys import MARK, PARTS, SHEET, WANT


def rows(session) -> list[AnswerSheet]:
    return list(session.exec(select(AnswerSheet).order_by(AnswerSheet.version)))


def test_a_home_answers_once_and_who_comes_second_is_told_which_answer_stands(
    surveys, session, world
) -> None:
    survey_id = surveys.open()
    first = uuid4()
    surveys.answer(world.li_na, "301", id=first)
    assert surveys.answer(world.li_na, "301", id=first).sheet_id == first
    (row,) = rows(session)
    assert (row.channel, row.account_id, row.band, row.building) == (
        Channel.PHONE,
        world.li_na.account_id,
        Band.MIDDLE,
        "3",
    )
    assert row.answers == SHEET
    for refused, code in (
        (lambda: surveys.answer(world.li_na, "301"), "answered_by_you"),
        (lambda: surveys.at_door("301"), "answered_at_home"),
        (lambda: surveys.answer(world.wang_wei, "302", id=first), "id_taken"),
    ):
        with pytest.raises(Conflict) as caught:
            refused()
        assert caught.value.code == code
    surveys.at_door("302")
    with pytest.raises(Conflict) as caught:
        surveys.answer(world.wang_wei, "302")
    assert caught.value.code == "answered_at_door"
    assert len(rows(session)) == 2
    # The second reader learns that there is an answer, never what it says.
    seen = standing_sheet(
        session,
        survey_id=survey_id,
        subject_id=world.homes["302"].unit_id,
        account_id=world.wang_wei.account_id,
    )
    assert seen is not None
    assert (seen.by_me, seen.answers, seen.age.value) == (False, {}, "not_said")


def test_a_correction_is_a_further_row_and_only_its_author_may_make_it(surveys, session, world) -> None:
    survey_id = surveys.open()
    taken = surveys.answer(world.li_na, "301")
    surveys.answer(world.li_na, "301", {"want": "yes"}, corrects=1)
    assert [(row.version, row.answers["want"]) for row in rows(session)] == [(1, "no"), (2, "yes")]
    for actor, corrects in ((world.li_na, 1), (world.li_na, 3)):
        with pytest.raises(Conflict):
            surveys.answer(actor, "301", {"want": "no"}, corrects=corrects)
    with pytest.raises(Conflict):
        surveys.at_door("301", corrects=2)
    figures = results.figures(session, estate_id=world.estate_id, survey_id=survey_id, least=1)
    assert figures[0].counts == (("yes", 1), ("no", 0))
    assert own_sheet(
        session, survey_id=survey_id, sheet_id=taken.sheet_id, account_id=world.li_na.account_id
    ).answers == {"want": "yes"}
    with pytest.raises(NotFound):
        own_sheet(session, survey_id=survey_id, sheet_id=taken.sheet_id, account_id=world.wang_wei.account_id)
    surveys.at_door("302")
    surveys.at_door("302", {"want": "yes"}, corrects=1)
    (mine,) = my_door_sheets(session, survey_id=survey_id, account_id=world.zhao_min.account_id)
    assert (mine.version, mine.answers) == (2, {"want": "yes"})
    with pytest.raises(Conflict):
        surveys.at_door("302", corrects=2, by=world.chen_jie)


def test_a_sheet_mended_after_it_was_sent_is_not_taken_for_the_one_that_was_sent(
    surveys, session, world
) -> None:
    surveys.open()
    first = uuid4()
    for _ in range(2):
        assert surveys.at_door("302", id=first).sheet_id == first
    for given, changes in (
        ({**SHEET, "want": "yes"}, {}),
        ({"nonsense": "yes"}, {}),
        (SHEET, {"age": "70+"}),
        (SHEET, {"unit_id": world.homes["401"].unit_id}),
        (SHEET, {"edition": 2}),
    ):
        with pytest.raises(Conflict) as caught:
            surveys.at_door("302", given, id=first, **changes)
        assert caught.value.code == "sent_before"
    own = uuid4()
    surveys.answer(world.li_na, "301", id=own)
    assert surveys.answer(world.li_na, "301", id=own, unit_id=None).sheet_id == own
    with pytest.raises(Conflict):
        surveys.answer(world.li_na, "301", {"want": "yes"}, id=own)
    assert len(rows(session)) == 2


def test_a_sheet_on_its_way_twice_at_once_is_told_the_same_twice(surveys, session, monkeypatch) -> None:
    surveys.open()
    first = surveys.at_door("302", id=uuid4())
    session.expunge_all()
    same_deed, early = answering._same_deed, iter([None])
    monkeypatch.setattr(answering, "_ensure_free", lambda *_: None)
    monkeypatch.setattr(answering, "_same_deed", lambda *deed: next(early, same_deed(*deed)))
    assert surveys.at_door("302", id=first.sheet_id) == first
    assert len(rows(session)) == 1
    assert len(session.exec(select(TrailRow).where(TrailRow.tag == "surveys:sheet:door")).all()) == 1


def test_after_the_end_a_late_sheet_is_marked_and_no_correction_is_taken(
    surveys, session, world, now
) -> None:
    survey_id = surveys.open()
    surveys.at_door("302")
    written, late = now + timedelta(days=7, minutes=-1), now + timedelta(days=7, hours=1)
    with pytest.raises(Conflict) as caught:
        surveys.at_door("302", {"want": "yes"}, corrects=1, answered_at=written, at=late)
    assert caught.value.code == "closed_to_corrections"
    surveys.at_door("401", answered_at=written, at=late)
    told = session.exec(select(TrailRow.new).where(TrailRow.tag == "surveys:sheet:door")).all()
    assert sorted((row["home"], row.get("late", False)) for row in told) == [
        ("3号楼1单元302室", False),
        ("3号楼1单元401室", True),
    ]
    part = results.participation(session, estate_id=world.estate_id, survey_id=survey_id)
    assert (part.answered, part.door, part.late) == (2, 2, 1)


def test_the_database_itself_keeps_editions_answers_and_once(surveys, session, world) -> None:
    survey_id = surveys.open()
    surveys.answer(world.li_na, "301")
    (row,) = rows(session)
    sheet, edition, survey = (table_of(model) for model in (AnswerSheet, SurveyEdition, Survey))
    for statement in (
        sa.update(sheet).values(answers={}),
        sa.delete(sheet),
        sa.update(edition).values(digest="0" * 64),
        sa.delete(edition),
        sa.delete(survey).where(survey.c.id == survey_id),
        sa.update(survey).values(per=Per.PERSON),
    ):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.connection().execute(statement)
    twice = row.model_dump() | {"id": uuid4()}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.connection().execute(sa.insert(sheet), [twice])
    unconsented = twice | {"version": 9, "channel": Channel.DOOR, "account_id": None, "consented": False}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.connection().execute(sa.insert(sheet), [unconsented])


def test_questions_changed_while_people_answer_lose_nothing_and_tell_each(surveys, session, world) -> None:
    survey_id = surveys.open()
    surveys.answer(world.li_na, "301")
    with pytest.raises(Conflict) as caught:
        surveys.ask_anew()
    assert caught.value.code == "same_questions"
    surveys.remove("mark")
    surveys.put(replace(PARTS, options=(*PARTS.options[:2], Option("gate", "门禁"))))
    assert surveys.ask_anew() == 2
    # An old sheet that comes later is held against its own edition, and what still stands counts.
    taken = surveys.at_door("402")
    assert (taken.edition, taken.present) == (1, 2)
    assert taken.lost == (PARTS.title, MARK.title)
    surveys.at_door("501", {"want": "yes", "parts": ["gate"]}, edition=2)
    with pytest.raises(Invalid):
        surveys.at_door("502", {"want": "yes", "parts": ["lamp"]}, edition=2)
    with pytest.raises(Conflict) as caught:
        surveys.at_door("502", edition=3)
    assert caught.value.code == "no_edition"
    counted = {
        figure.question.key: dict(figure.counts or ())
        for figure in results.figures(session, estate_id=world.estate_id, survey_id=survey_id, least=1)
    }
    assert counted["want"] == {"yes": 1, "no": 2}
    assert counted["parts"] == {"roof": 2, "pipe": 0, "gate": 1}
    assert "mark" not in counted
    assert [row.answers for row in rows(session) if row.edition == 1] == [SHEET, SHEET]


def test_a_changed_meaning_is_a_new_question(surveys, session, world) -> None:
    survey_id = surveys.open()
    surveys.answer(world.li_na, "301")
    surveys.put(replace(WANT, title="愿不愿意出钱装电梯"), another=True)
    surveys.ask_anew()
    first = results.figures(session, estate_id=world.estate_id, survey_id=survey_id, least=1)[0]
    assert (first.question.title, first.answered) == ("愿不愿意出钱装电梯", 0)


def test_too_early_too_late_not_asked_and_not_agreed_are_refused(surveys, session, world, now) -> None:
    surveys.open(reach=Reach.BUILDING, building="3")
    end = now + timedelta(days=7)
    with pytest.raises(NotAllowed):
        surveys.answer(world.sun_li, "301")
    with pytest.raises(Conflict):
        surveys.answer(world.li_na, "301", at=end)
    with pytest.raises(Invalid) as caught:
        surveys.at_door("301", consented=False)
    assert caught.value.field == "consented"
    with pytest.raises(Invalid) as caught:
        surveys.at_door("301", age="17")
    assert caught.value.field == "age"
    with pytest.raises(Invalid) as caught:
        surveys.at_door("301", unit_id=uuid4())
    assert caught.value.field == "unit"
    # Filled in before the end and here a day later it counts; written after the end, or three days later, it does not.
    surveys.at_door("401", answered_at=end - timedelta(minutes=1), at=end + timedelta(days=1))
    for answered, arrives in (
        (end, end + timedelta(days=1)),
        (end - timedelta(minutes=1), end + timedelta(days=3)),
    ):
        with pytest.raises(Conflict) as conflict:
            surveys.at_door("402", answered_at=answered, at=arrives)
        assert conflict.value.code == "too_late"
    # A device whose clock is ahead, or behind the survey, is taken at our time.
    surveys.at_door("502", answered_at=now + timedelta(days=400))
    surveys.at_door("601", answered_at=now - timedelta(days=9000))
    assert min(row.answered_at for row in rows(session)) == now
    assert max(row.answered_at for row in rows(session)) == end - timedelta(minutes=1)


def test_per_person_each_of_a_home_answers_for_himself_and_nobody_at_the_door(
    surveys, session, world, now
) -> None:
    survey_id = surveys.open(per=Per.PERSON)
    surveys.answer(world.li_na, "301")
    surveys.answer(world.qian_er, "501", {"want": "yes"})
    with pytest.raises(Conflict) as caught:
        surveys.at_door("302")
    assert caught.value.code == "per_person"
    part = results.participation(session, estate_id=world.estate_id, survey_id=survey_id)
    assert (part.answered, part.asked) == (2, 3)
    took = answered_by(session, estate_id=world.estate_id, since=now)
    assert {(account, survey) for account, survey, _ in took} == {
        (world.li_na.account_id, survey_id),
        (world.qian_er.account_id, survey_id),
    }
    assert answered_by(session, estate_id=world.estate_id, since=now + timedelta(seconds=1)) == []
    assert answered_by(session, estate_id=world.other_estate_id, since=now) == []


def test_opening_invites_who_is_asked_once_and_a_reminder_goes_to_who_has_not_answered(
    surveys, session, world, now
) -> None:
    surveys.draft()
    where = {"estate_id": world.estate_id, "survey_id": surveys.id}
    start, end = now + timedelta(hours=2), now + timedelta(days=7)
    opening.open_survey(session, **where, opens_at=start, closes_at=end, actor=surveys.desk, now=now)

    def told(template: str) -> set:
        query = select(Message.account_id).where(Message.template == template)
        return set(session.exec(query))

    assert told("survey_opened") == set()
    assert opening.due_invitations(session, now=now) == []
    assert opening.due_invitations(session, now=start) == [surveys.id]
    assert opening.invite(session, survey_id=surveys.id, now=start)
    assert not opening.invite(session, survey_id=surveys.id, now=start)
    asked = {world.li_na.account_id, world.wang_wei.account_id, world.qian_er.account_id}
    assert told("survey_opened") == asked
    surveys.answer(world.li_na, "301", at=start)
    assert opening.remind(session, **where, actor=surveys.desk, now=start) == 2
    assert told("survey_reminder") == asked - {world.li_na.account_id}
    with pytest.raises(Conflict):
        opening.remind(session, **where, actor=surveys.desk, now=start)


def test_what_is_open_keeps_whom_it_asks_and_what_is_closed_keeps_its_questions(
    surveys, session, world, now
) -> None:
    surveys.open()
    where = {"estate_id": world.estate_id, "survey_id": surveys.id}
    settings = drafting.Settings("另一个标题", "", Per.PERSON)
    with pytest.raises(Conflict):
        drafting.save_settings(session, **where, settings=settings, now=now)
    with pytest.raises(Conflict):
        drafting.drop_draft(session, **where, actor=surveys.desk, now=now)
    opening.set_end(session, **where, closes_at=None, actor=surveys.desk, now=now + timedelta(days=1))
    surveys.now = now + timedelta(days=2)
    with pytest.raises(Conflict):
        surveys.remove("mark")
    with pytest.raises(Conflict):
        surveys.ask_anew()
    with pytest.raises(Conflict):
        opening.set_end(
            session, **where, closes_at=now + timedelta(days=9), actor=surveys.desk, now=surveys.now
        )
    with pytest.raises(NotFound):
        results.figures(session, estate_id=world.other_estate_id, survey_id=surveys.id)
