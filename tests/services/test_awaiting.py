"""What waits for one person: surveys of his homes, meetings he is invited to, records he is asked about."""

from datetime import timedelta

from app.rules.meetings.kinds import Reply, Verdict
from app.rules.surveys.kinds import Per
from app.services.meetings import awaiting, inviting
from app.services.surveys.waiting import surveys_to_answer


def test_an_open_survey_waits_until_the_home_has_answered(session, world, surveys, now) -> None:
    def waiting(somebody, at=now) -> list[int]:
        who = {"estate_id": world.estate_id, "account_id": somebody.account_id}
        return [line.homes for line in surveys_to_answer(session, **who, now=at)]

    surveys.draft()
    assert waiting(world.li_na) == []
    session.rollback()
    surveys.open()
    assert waiting(world.li_na) == [1]
    assert waiting(world.chen_jie) == []
    assert waiting(world.li_na, now + timedelta(days=7)) == []
    surveys.at_door("301")
    assert waiting(world.li_na) == []
    assert waiting(world.wang_wei) == [1]


def test_a_survey_of_persons_waits_for_each_of_them(session, world, surveys, now) -> None:
    surveys.open(per=Per.PERSON)
    surveys.answer(world.li_na, "301")
    for somebody, homes in ((world.li_na, []), (world.wang_wei, [1]), (world.chen_jie, [])):
        who = {"estate_id": world.estate_id, "account_id": somebody.account_id}
        assert [line.homes for line in surveys_to_answer(session, **who, now=now)] == homes


def test_a_meeting_waits_for_the_answer_then_for_the_day_and_its_record_for_those_present(
    session, world, gathering
) -> None:
    where = {"estate_id": world.estate_id}
    li_na = {**where, "account_id": world.li_na.account_id}

    def coming(at) -> list[bool]:
        return [line.answered for line in awaiting.coming_for(session, **li_na, now=at)]

    gathering.invite()
    start, end = gathering.starts_at, gathering.ends_at
    assert coming(gathering.now) == [False]
    inviting.answer_invitation(
        session, **gathering.where, account_id=world.li_na.account_id, reply=Reply.COMING, now=gathering.now
    )
    assert coming(gathering.now) == []
    assert coming(start - timedelta(days=1)) == [True]
    assert coming(end) == []

    gathering.here(world.li_na)
    gathering.here(world.wang_wei)
    gathering.put()

    def asked(somebody, at=end) -> list[str]:
        who = {**where, "account_id": somebody.account_id}
        return [line.title for line in awaiting.records_to_confirm(session, **who, now=at)]

    assert asked(world.li_na) == asked(world.wang_wei) == ["3号楼1单元电梯装在哪里"]
    assert asked(world.qian_er) == []
    assert asked(world.li_na, gathering.record.due_at) == []
    gathering.say(world.li_na, Verdict.OBJECT, "一楼的意见没有写进去")
    assert asked(world.li_na) == []
    assert awaiting.open_objections(session, **where) == [(gathering.id, 1)]
    assert awaiting.open_objections(session, estate_id=world.other_estate_id) == []
