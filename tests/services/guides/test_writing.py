"""Policy cards are written, published, checked again, flagged and withdrawn; what residents read only grows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.errors import Conflict, Invalid, NotFound
from app.rules.guides.cards import GuideKind, GuideState, today_of
from app.services import trail
from app.services.guides import asking, cards, writing
from tests.fixtures.guides import CARD

HOUR = timedelta(hours=1)


def where(guide_desk, guide_id) -> dict[str, object]:
    return {"estate_id": guide_desk.world.estate_id, "guide_id": guide_id}


def test_a_card_goes_from_draft_to_its_readers_and_its_older_text_stays_readable(session, guide_desk) -> None:
    desk, now = guide_desk, guide_desk.now
    guide = desk.draft(session)
    with pytest.raises(NotFound):
        cards.read_card(session, **where(desk, guide), now=now)
    desk.publish(session, guide, after=HOUR)
    desk.publish(session, guide, after=2 * HOUR)  # twice is once
    card = cards.read_card(session, **where(desk, guide), now=now)
    assert (card.state, card.explainer, card.badge) == (GuideState.PUBLISHED, "he_ping", "explainer")
    assert (card.text, card.outdated, card.published_at) == (CARD, False, now + HOUR)

    assert desk.change(session, guide, read_at=1) == 1  # the same text is no revision
    assert desk.change(session, guide, read_at=1, body="改了一句。") == 2
    assert cards.read_card(session, **where(desk, guide), now=now).text == CARD
    with pytest.raises(Conflict) as newer:
        desk.change(session, guide, read_at=1, body="另一个人也改了。")
    assert newer.value.code == "newer_text"
    with pytest.raises(Conflict):
        desk.publish(session, guide, revision=3, after=HOUR)
    with pytest.raises(NotFound):
        cards.read_card(session, **where(desk, guide), now=now, revision=2)  # never went out
    desk.publish(session, guide, revision=2, after=3 * HOUR)
    assert cards.read_card(session, **where(desk, guide), now=now).text.body == "改了一句。"
    assert cards.read_card(session, **where(desk, guide), now=now, revision=1).text == CARD
    assert [went.revision for went in cards.publications_of(session, guide_id=guide)] == [1, 2]
    rows = trail.list_rows(session, estate_id=desk.world.estate_id)
    assert [row.tag for row in rows] == ["guides:card:publish"] * 2 + ["guides:card:start"]


def test_what_is_missing_keeps_a_card_from_going_out_and_twice_begun_is_once(session, guide_desk) -> None:
    desk = guide_desk
    guide = desk.draft(session, body="补贴【请填写金额】元")
    with pytest.raises(Invalid) as gap:
        desk.publish(session, guide, after=HOUR)
    assert gap.value.field == "body"
    given = {**where(desk, guide), "text": CARD, "now": desk.now}
    writing.start_card(session, **given, explainer=desk.explainer)
    assert cards.read_newest(session, **where(desk, guide), now=desk.now).newest == 1
    with pytest.raises(Conflict):
        writing.start_card(session, **given, explainer=desk.committee)
    for field, text in (("title", replace(CARD, title=" ")), ("body", replace(CARD, body="字" * 1_000_000))):
        with pytest.raises(Invalid) as refused:
            writing.start_card(
                session, **{**given, "guide_id": uuid4(), "text": text}, explainer=desk.explainer
            )
        assert refused.value.field == field
    assert len(cards.list_all(session, estate_id=desk.world.estate_id, now=desk.now)) == 1
    with pytest.raises(NotFound):
        writing.withdraw_card(
            session,
            estate_id=desk.world.other_estate_id,
            guide_id=guide,
            reason="别的小区的",
            explainer=desk.explainer,
            now=desk.now,
        )


def test_a_card_grows_outdated_by_the_clock_or_by_a_word_and_a_new_check_mends_it(
    session, guide_desk
) -> None:
    desk, now = guide_desk, guide_desk.now
    soon = desk.card(session, title="快过时的卡", review_after=today_of(now + timedelta(days=3)))
    flagged, fine = desk.card(session, title="有人说过时"), desk.card(session, title="好好的")
    reason = {"reason": "补贴文件今年换了新的", "explainer": desk.committee}
    writing.flag_card(session, **where(desk, flagged), **reason, now=now)
    writing.flag_card(session, **where(desk, flagged), **{**reason, "reason": "后来的人再说"}, now=now)

    def outdated(at):
        found = cards.outdated_cards(session, estate_id=desk.world.estate_id, now=at)
        return [card.id for card in found]

    later = now + timedelta(days=3)
    assert (outdated(now), outdated(later)) == ([flagged], [soon, flagged])
    card = cards.read_card(session, **where(desk, flagged), now=now)
    assert (card.outdated, card.flagged_by, card.flagged_reason) == (True, "陈洁", "补贴文件今年换了新的")
    with pytest.raises(Invalid):
        writing.flag_card(session, **where(desk, fine), **{**reason, "reason": "旧"}, now=now)

    for guide in (soon, flagged):
        given = {**where(desk, guide), "explainer": desk.explainer, "now": later}
        with pytest.raises(Invalid):
            writing.confirm_checked(session, **given, revision=1, review_after=today_of(later))
        for _twice in range(2):
            writing.confirm_checked(
                session, **given, revision=1, review_after=today_of(later) + timedelta(days=365)
            )
    assert outdated(later) == []
    card = cards.read_card(session, **where(desk, soon), now=later)
    assert (card.text.checked_on, card.revision) == (today_of(later), 2)
    assert card.text.words == cards.read_card(session, **where(desk, soon), now=now, revision=1).text.words


def test_a_withdrawn_card_leaves_the_list_for_good_and_its_page_says_why(session, guide_desk) -> None:
    desk, now = guide_desk, guide_desk.now
    guide = desk.card(session)
    with pytest.raises(Invalid):
        writing.withdraw_card(session, **where(desk, guide), reason="错", explainer=desk.explainer, now=now)
    for reason in ("文件已经废止", "第二次撤下"):
        writing.withdraw_card(session, **where(desk, guide), reason=reason, explainer=desk.explainer, now=now)
    assert cards.list_published(session, estate_id=desk.world.estate_id, now=now) == []
    card = cards.read_card(session, **where(desk, guide), now=now)
    assert (card.withdrawn_reason, card.text) == ("文件已经废止", CARD)
    with pytest.raises(Conflict):
        desk.change(session, guide, read_at=1, body="想再用")
    with pytest.raises(Conflict):
        writing.flag_card(
            session, **where(desk, guide), reason="已经过时了吧", explainer=desk.explainer, now=now
        )


def test_the_list_is_found_by_sort_and_by_words_taken_literally(session, guide_desk) -> None:
    desk = guide_desk
    law = desk.card(session)
    money = desk.card(session, title="补贴 50% 怎么算", kind=GuideKind.SUBSIDY, body="按本地文件。")
    desk.draft(session, title="补贴草稿")
    everywhere = {"estate_id": desk.world.estate_id, "now": desk.now}

    def found(**wish):
        return [card.id for card in cards.list_published(session, **everywhere, **wish)]

    assert found() == [law, money]
    assert found(kind=GuideKind.SUBSIDY) == [money]
    assert (found(wanted="分别算"), found(wanted="278"), found(wanted="二百七十八")) == (
        [law],
        [],
        [law, money],
    )
    assert (found(wanted="50%"), found(wanted="%"), found(wanted="_")) == ([money], [money], [])
    assert not cards.list_published(session, estate_id=desk.world.other_estate_id, now=desk.now)


GUARDED = (
    "UPDATE guide_revision SET body = 'x'",
    "DELETE FROM guide_revision",
    "UPDATE guide_publication SET reason = 'x'",
    "DELETE FROM guide_publication",
    "DELETE FROM guide",
    "UPDATE guide SET state = 'draft'",
    "UPDATE guide SET published_revision = 0",
    "UPDATE guide_question SET answer = 'x'",
    "DELETE FROM guide_question",
)


def test_the_database_itself_keeps_what_was_published(session, guide_desk) -> None:
    desk = guide_desk
    desk.card(session)
    asking.answer(
        session,
        estate_id=desk.world.estate_id,
        question_id=desk.question(session, desk.world.li_na),
        text="不能。",
        source="司法解释第十六条",
        explainer=desk.explainer,
        now=desk.now,
    )
    for statement in GUARDED:
        with pytest.raises(DBAPIError), session.begin_nested():
            session.connection().execute(sa.text(statement))
