"""Questions about policy: published with their answer, seen by nobody else before, and told to the asker."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid, NotFound
from app.models.outbox import Message
from app.rules.guides.cards import Mark
from app.rules.guides.questions import MOST_WAITING
from app.services.guides import asking, marking, writing

DAY = timedelta(days=1)


def settled(desk, question) -> dict[str, object]:
    return {
        "estate_id": desk.world.estate_id,
        "question_id": question,
        "explainer": desk.explainer,
        "now": desk.now + DAY,
    }


ANSWER = {"text": "租客没有投票权。", "source": "司法解释第十六条"}


def test_a_question_goes_out_with_its_answer_and_its_asker_is_told(session, guide_desk) -> None:
    desk, world = guide_desk, guide_desk.world
    guide = desk.card(session)
    question = desk.question(session, world.li_na, guide=guide)
    about = {"estate_id": world.estate_id, "guide_id": guide}

    def seen(reader):
        return asking.list_answered(session, **about, reader=reader)

    assert [one.mine for one in seen(world.li_na.account_id)] == [True]
    assert seen(world.wang_wei.account_id) == seen(None) == []
    waiting = asking.waiting_questions(session, estate_id=world.estate_id)
    assert [(one.id, one.asker, one.title) for one in waiting] == [
        (question, "l**", "加装电梯，要多少业主同意")
    ]

    for field, changes in (("answer", {"text": " "}), ("source", {"source": ""})):
        with pytest.raises(Invalid) as refused:
            asking.answer(session, **settled(desk, question), **{**ANSWER, **changes})
        assert refused.value.field == field
    for _twice in range(2):
        asking.answer(session, **settled(desk, question), **ANSWER)
    with pytest.raises(Conflict):
        asking.refuse(session, **settled(desk, question), reason="其实不想解答")

    (public,) = seen(world.wang_wei.account_id)
    assert (public.asker, public.answer, public.source) == ("l**", "租客没有投票权。", "司法解释第十六条")
    assert (public.settled_name, public.settled_badge) == ("he_ping", "explainer")
    assert [one.asker for one in seen(None)] == [""]
    (letter,) = session.exec(select(Message)).all()
    assert (letter.account_id, letter.template) == (world.li_na.account_id, "guide_question_answered")
    assert letter.link == f"guides/{guide}#q-{question}"
    who = world.li_na.account_id
    assert asking.questions_by(session, estate_id=world.estate_id, since=desk.now) == [
        (who, question, desk.now)
    ]
    assert asking.questions_by(session, estate_id=world.estate_id, since=desk.now + 2 * DAY) == []


def test_a_refused_question_stays_between_its_asker_and_the_staff(session, guide_desk) -> None:
    desk, world = guide_desk, guide_desk.world
    question = desk.question(session, world.li_na, "楼上漏水找谁修？")
    with pytest.raises(Invalid):
        asking.refuse(session, **settled(desk, question), reason="不")
    asking.refuse(session, **settled(desk, question), reason="不是政策问题，请到报修里反映")
    about = {"estate_id": world.estate_id, "guide_id": None}
    (mine,) = asking.list_answered(session, **about, reader=world.li_na.account_id)
    assert mine.refused_reason == "不是政策问题，请到报修里反映"
    assert asking.list_answered(session, **about, reader=world.wang_wei.account_id) == []
    assert session.exec(select(Message)).one().template == "guide_question_refused"
    assert asking.questions_by(session, estate_id=world.estate_id, since=desk.now) == []


def test_who_may_not_ask_and_what(session, guide_desk) -> None:
    desk, world = guide_desk, guide_desk.world
    draft, gone = desk.draft(session), desk.card(session)
    writing.withdraw_card(
        session,
        estate_id=world.estate_id,
        guide_id=gone,
        reason="文件已经废止",
        explainer=desk.explainer,
        now=desk.now,
    )
    for refusal, guide in ((NotFound, draft), (NotFound, uuid4()), (Conflict, gone)):
        with pytest.raises(refusal):
            desk.question(session, world.li_na, guide=guide)
    for text in ("？", "字" * 1_000_000):
        with pytest.raises(Invalid):
            desk.question(session, world.li_na, text)
    first = desk.question(session, world.li_na)
    for _n in range(MOST_WAITING - 1):
        desk.question(session, world.li_na)
    with pytest.raises(Conflict) as full:
        desk.question(session, world.li_na)
    assert full.value.code == "too_many_waiting"
    given = {"estate_id": world.estate_id, "guide_id": None, "text": "再问一遍", "now": desk.now}
    asking.ask(session, **given, question_id=first, asker_id=world.li_na.account_id)  # a second arrival
    with pytest.raises(Conflict):
        asking.ask(session, **given, question_id=first, asker_id=world.wang_wei.account_id)
    assert len(asking.waiting_questions(session, estate_id=world.estate_id)) == MOST_WAITING
    with pytest.raises(NotFound):
        asking.answer(session, **{**settled(desk, first), "estate_id": world.other_estate_id}, **ANSWER)


def test_a_reader_marks_a_card_once_and_what_was_hard_reaches_the_explainer_without_a_name(
    session, guide_desk
) -> None:
    desk, world = guide_desk, guide_desk.world
    guide = desk.card(session)
    about = {"estate_id": world.estate_id, "guide_id": guide, "now": desk.now}
    li_na, wang_wei = world.li_na.account_id, world.wang_wei.account_id
    for text in ("专有部分是什么", "什么叫专有部分"):
        marking.mark_card(session, **about, account_id=li_na, mark="unclear", text=text)
    marking.mark_card(session, **about, account_id=wang_wei, mark="useful", text="不留这句")
    (hard,) = marking.unclear_cards(session, estate_id=world.estate_id)
    assert (hard.guide_id, hard.readers, hard.texts) == (guide, 1, ("什么叫专有部分",))
    assert marking.marks_of(session, guide_id=guide, account_id=wang_wei) == marking.Marks(1, Mark.USEFUL, "")
    assert marking.marks_of(session, guide_id=guide, account_id=None) == marking.Marks(1)

    marking.mark_card(session, **about, account_id=li_na, mark="useful", text="")
    assert marking.marks_of(session, guide_id=guide, account_id=li_na).useful == 2
    assert marking.unclear_cards(session, estate_id=world.estate_id) == []
    with pytest.raises(Invalid):
        marking.mark_card(session, **about, account_id=li_na, mark="great", text="")
    draft = desk.draft(session)
    with pytest.raises(Conflict):
        marking.mark_card(session, **{**about, "guide_id": draft}, account_id=li_na, mark="useful", text="")
