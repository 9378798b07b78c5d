"""Cards beside a proposal, a thread or a vote: what changed since a vote was announced is shown with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from app.errors import Conflict, Invalid
from app.rules.guides.cards import today_of
from app.rules.guides.links import Standing, SubjectKind
from app.services import trail
from app.services.guides import linking, writing
from app.services.guides.linking import MOST_BESIDE, Subject
from tests.fixtures.guides import CARD

HOUR = timedelta(hours=1)
WHY = "业主在公告以后问到这一条"


@pytest.fixture
def beside(session, guide_desk):
    """Tools of one test: attach and read beside a vote that is announced two hours from now."""
    desk = guide_desk
    draft = Subject(SubjectKind.VOTE, uuid4(), "3号楼1单元加装电梯")

    class Tools:
        before, after = draft, replace(draft, noticed_at=desk.now + 2 * HOUR)
        over = replace(draft, noticed_at=desk.now + 2 * HOUR, ballots_are_in=True)

        def attach(self, guide, subject, *, hours=0, reason="", link_id=None):
            linking.attach_card(
                session,
                estate_id=desk.world.estate_id,
                guide_id=guide,
                link_id=link_id or uuid4(),
                subject=subject,
                reason=reason,
                explainer=desk.explainer,
                now=desk.now + hours * HOUR,
            )

        def detach(self, guide, subject):
            linking.detach_card(
                session,
                estate_id=desk.world.estate_id,
                guide_id=guide,
                subject=subject,
                explainer=desk.explainer,
                now=desk.now,
            )

        def read(self, subject):
            return linking.cards_beside(
                session, estate_id=desk.world.estate_id, subject=subject, now=desk.now + 9 * HOUR
            )

        def one(self):
            (found,) = self.read(self.after)
            return found.standing, found.reason, found.announced

    return Tools()


def test_a_change_after_the_announcement_needs_a_reason_and_stands_beside_the_vote_with_it(
    session, guide_desk, beside
) -> None:
    desk = guide_desk
    guide = desk.card(session)
    beside.attach(guide, beside.before)
    beside.attach(guide, beside.before)  # twice is once
    assert beside.one() == (Standing.AS_ANNOUNCED, "", 0)
    desk.change(session, guide, read_at=1, body="公告以后写的。")
    with pytest.raises(Invalid) as silent:
        desk.publish(session, guide, revision=2, after=3 * HOUR)
    assert silent.value.field == "reason"
    assert beside.one() == (Standing.AS_ANNOUNCED, "", 0)
    desk.publish(session, guide, revision=2, reason="原文引错了条款", after=3 * HOUR)
    assert beside.one() == (Standing.CHANGED_LATER, "原文引错了条款", 1)
    (found,) = beside.read(beside.after)
    assert found.at == desk.now + 3 * HOUR
    # A later check of the same words changes neither the day nor the reason that are told.
    writing.confirm_checked(
        session,
        estate_id=desk.world.estate_id,
        guide_id=guide,
        revision=2,
        review_after=today_of(desk.now) + timedelta(days=300),
        explainer=desk.explainer,
        now=desk.now + 5 * HOUR,
    )
    assert beside.one() == (Standing.CHANGED_LATER, "原文引错了条款", 1)
    assert trail.list_rows(session, estate_id=desk.world.estate_id)[1].reason == "原文引错了条款"
    writing.withdraw_card(
        session,
        estate_id=desk.world.estate_id,
        guide_id=guide,
        reason="整张都写错了",
        explainer=desk.explainer,
        now=desk.now + 6 * HOUR,
    )
    assert beside.one() == (Standing.WITHDRAWN, "整张都写错了", 0)
    assert beside.read(beside.before) == []  # where nothing is announced, nothing need be told


def test_a_card_put_there_after_the_announcement_says_so_and_cannot_be_taken_away(
    session, guide_desk, beside
) -> None:
    desk = guide_desk
    guide = desk.card(session)
    with pytest.raises(Invalid):
        beside.attach(guide, beside.after, hours=3)
    with pytest.raises(Conflict):
        beside.attach(guide, beside.over, hours=3, reason=WHY)
    assert beside.read(beside.after) == []
    link = uuid4()
    beside.attach(guide, beside.after, hours=3, reason=WHY, link_id=link)
    assert beside.one() == (Standing.ADDED_LATER, WHY, 0)
    with pytest.raises(Conflict):
        beside.detach(guide, beside.after)
    with pytest.raises(Conflict):  # another card under an id that is taken
        beside.attach(desk.card(session), beside.after, hours=3, reason=WHY, link_id=link)
    assert len(beside.read(beside.after)) == 1
    for statement in ("DELETE FROM guide_link", "UPDATE guide_link SET reason = ''"):
        with pytest.raises(DBAPIError), session.begin_nested():
            session.connection().execute(sa.text(statement))


def test_changed_and_changed_back_or_added_later_and_changed_every_deed_is_told(
    session, guide_desk, beside
) -> None:
    desk = guide_desk
    early, late = desk.card(session), desk.card(session)
    beside.attach(early, beside.before)
    beside.attach(late, beside.after, hours=3, reason=WHY)
    bodies = ("公告以后写的。", CARD.body)
    for guide in (early, late):
        for read_at, body in enumerate(bodies, 1):
            desk.change(session, guide, read_at=read_at, body=body)
            said = f"第 {read_at} 次改动的理由"
            desk.publish(session, guide, revision=read_at + 1, reason=said, after=(read_at + 3) * HOUR)
    first, second = beside.read(beside.after)
    assert (first.standing, first.announced) == (Standing.CHANGED_LATER, 1)
    assert (second.standing, second.reason, second.announced) == (Standing.ADDED_LATER, WHY, 1)
    for one in (first, second):
        told = [(change.at - desk.now, change.reason) for change in one.changes]
        assert told == [(4 * HOUR, "第 1 次改动的理由"), (5 * HOUR, "第 2 次改动的理由")]
    assert all(not one.changes for one in beside.read(beside.before))


def test_beside_a_proposal_cards_come_and_go_and_their_texts_change_freely(
    session, guide_desk, beside
) -> None:
    desk = guide_desk
    lamp = Subject(SubjectKind.PROPOSAL, uuid4(), "装一盏灯")
    guide = desk.card(session)
    with pytest.raises(Conflict):
        beside.attach(desk.draft(session), lamp)
    for _again in range(2):
        beside.attach(guide, lamp)
        assert [one.guide_id for one in beside.read(lamp)] == [guide]
        beside.detach(guide, lamp)
        assert beside.read(lamp) == []
    beside.attach(guide, lamp)
    desk.change(session, guide, read_at=1, body="改了")
    desk.publish(session, guide, revision=2, after=HOUR)
    assert [(one.standing, one.reason) for one in beside.read(lamp)] == [(Standing.AS_ANNOUNCED, "")]
    places = linking.places_of(session, estate_id=desk.world.estate_id, guide_id=guide)
    assert [place.title for place in places] == ["装一盏灯"]
    for _card in range(MOST_BESIDE - 1):
        beside.attach(desk.card(session), lamp)
    with pytest.raises(Conflict):
        beside.attach(desk.card(session), lamp)
