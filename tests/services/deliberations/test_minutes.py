"""Minutes: drawn up from the statements by those whose duty it is, published once, and then the same for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.accounts import Grant
from app.models.deliberations import Minutes, MinutesState, ThreadModerator
from app.models.outbox import Message
from app.models.proposals import EventKind
from app.rules.accounts import Duty, Role
from app.rules.deliberations.minutes import PointKind
from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Mark
from app.services.deliberations import minutes
from app.services.deliberations.minutes import PointView, Typed
from app.services.trail import Actor
from app.templating import render_message
from tests.fixtures.consensus import AGREED, OPEN, TASK


@pytest.fixture
def mediator(world, consensus, session) -> Actor:
    """zhao_min in a second duty, and appointed in it."""
    person = world.zhao_min.account_id
    session.add(
        Grant(
            account_id=person,
            estate_id=world.estate_id,
            role=Role.PARTY_MEMBER,
            duty=Duty.MEDIATOR,
            granted_at=consensus.now,
        )
    )
    appointed = session.get_one(ThreadModerator, (consensus.talk.id, person))
    appointed.duty = Duty.MEDIATOR
    session.add(appointed)
    session.flush()
    return Actor(person, "赵敏")


def test_a_draft_begins_with_the_statements_by_what_they_came_to(consensus) -> None:
    early = consensus.now - timedelta(hours=1)
    for text in ("电梯装在北侧", "一楼不出钱", "装在绿地上"):
        consensus.state(text)
    for person in consensus.move_in(4, "601"):
        consensus.mark(person, number=1, now=early)
        consensus.mark(person, Mark.DISAGREE, number=3, now=early)
    minutes.start_minutes(
        consensus.session, **consensus.where, minutes_id=uuid4(), actor=consensus.actor, now=consensus.now
    )
    draft = minutes.read_minutes(consensus.session, **consensus.where)
    assert [(point.kind, point.statement, point.text) for point in draft.points] == [
        (PointKind.AGREED, 1, "电梯装在北侧"),
        (PointKind.RESERVATION, 3, "多数人不同意：“装在绿地上”"),
        (PointKind.OPEN, 2, "一楼不出钱"),
    ]
    assert draft.held_on == consensus.talk.begins[Stage.MEETING].date()


def test_the_mediator_writes_and_the_supervisor_or_a_resident_does_not(consensus, world, request) -> None:
    for person in (world.zhao_min, world.li_na, world.zhou_tao):
        with pytest.raises(NotAllowed):
            consensus.draft(actor=Actor(person.account_id, person.name))
    mediator = request.getfixturevalue("mediator")
    assert consensus.draft(actor=mediator).points


def test_minutes_are_not_written_while_opinions_are_gathered_nor_published_before_consensus(
    consensus,
) -> None:
    with pytest.raises(Conflict):
        consensus.draft(now=consensus.talk.begins[Stage.OPINIONS])
    meeting = consensus.talk.begins[Stage.MEETING]
    seen = minutes.digest_of(consensus.draft([AGREED], now=meeting))
    given = {**consensus.where, "actor": consensus.actor, "now": meeting}
    assert minutes.preview_minutes(consensus.session, **given).digest == seen
    with pytest.raises(Conflict) as refused:
        minutes.publish_minutes(consensus.session, **given, seen=seen)
    assert refused.value.code == "stage_closed"


def test_a_draft_may_be_unfinished_and_says_what_is_missing(consensus) -> None:
    nobody = replace(TASK, who="", by=None)
    draft = consensus.draft([AGREED, nobody])
    assert [problem.field for problem in minutes.problems_of(draft)] == ["who-2", "by-2"]
    given = {**consensus.where, "actor": consensus.actor, "now": consensus.now}
    with pytest.raises(Invalid) as refused:
        minutes.publish_minutes(consensus.session, **given, seen=minutes.digest_of(draft))
    assert refused.value.field == "who-2"
    with pytest.raises(Invalid):
        minutes.preview_minutes(consensus.session, **given)


def test_what_is_published_is_what_was_seen_in_the_preview(consensus) -> None:
    given = {**consensus.where, "actor": consensus.actor, "now": consensus.now}
    consensus.draft()
    seen = minutes.preview_minutes(consensus.session, **given)
    typed = Typed(seen.held_on, seen.present, [replace(AGREED, text="电梯装在单元南侧")])
    minutes.save_minutes(consensus.session, **given, typed=typed)
    with pytest.raises(Conflict) as refused:
        minutes.publish_minutes(consensus.session, **given, seen=seen.digest)
    assert refused.value.code == "changed"
    assert EventKind.MINUTES not in {event.kind for event in consensus.events()}
    again = minutes.preview_minutes(consensus.session, **given)
    published = minutes.publish_minutes(consensus.session, **given, seen=again.digest)
    assert (published.digest, published.points) == (again.digest, again.points)
    with pytest.raises(Conflict):
        minutes.preview_minutes(consensus.session, **given)


@pytest.mark.parametrize(
    ("points", "field"),
    [
        ([replace(AGREED, text="长" * 501)], "text-1"),
        ([AGREED, replace(TASK, who="谁" * 41)], "who-2"),
        ([AGREED] * 61, "points"),
    ],
)
def test_what_is_too_long_is_refused_at_its_field(consensus, points, field) -> None:
    with pytest.raises(Invalid) as refused:
        consensus.draft(points)
    assert refused.value.field == field


def test_minutes_are_not_of_tomorrow(consensus) -> None:
    consensus.draft()
    typed = Typed(date(2027, 5, 1), 0, [AGREED])
    with pytest.raises(Invalid) as refused:
        minutes.save_minutes(
            consensus.session, **consensus.where, typed=typed, actor=consensus.actor, now=consensus.now
        )
    assert refused.value.field == "held_on"


def test_publishing_freezes_notes_it_on_the_way_and_tells_who_took_part(consensus, session, world) -> None:
    consensus.talk.post(session, world.wang_wei, "我有点担心采光")
    view = consensus.publish()
    assert view.is_published
    assert view.intact
    assert len(view.digest) == 64
    last = consensus.events()[-1]
    assert (last.kind, last.link) == (EventKind.MINUTES, f"deliberations/{consensus.talk.id}/minutes")
    told = session.exec(select(Message).where(Message.template == "minutes_published")).all()
    assert {message.account_id for message in told} == {world.li_na.account_id, world.wang_wei.account_id}
    assert "电梯" in render_message(told[0].template, told[0].values)


def test_publishing_twice_is_once(consensus, session) -> None:
    first = consensus.publish()
    count = len(consensus.events())
    given = {**consensus.where, "actor": consensus.actor, "now": consensus.now}
    again = minutes.publish_minutes(session, **given, seen=first.digest)
    assert again == first
    assert len(consensus.events()) == count


def test_published_minutes_cannot_be_saved_again(consensus) -> None:
    consensus.publish()
    with pytest.raises(Conflict) as refused:
        consensus.draft([OPEN])
    assert refused.value.code == "frozen"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE minutes_point SET text = 'x'",
        "DELETE FROM minutes_point",
        "UPDATE minutes SET digest = 'x'",
        "INSERT INTO minutes_point (minutes_id, position, kind, text, who) "
        "SELECT minutes_id, 99, kind, text, who FROM minutes_point WHERE position = 1",
    ],
)
def test_the_database_keeps_published_minutes_as_they_are(consensus, session, statement) -> None:
    consensus.publish()
    with pytest.raises(DBAPIError):
        session.connection().execute(sa.text(statement))


def test_minutes_whose_words_were_changed_behind_our_back_are_not_intact(consensus, session) -> None:
    view = consensus.draft()
    session.connection().execute(
        sa.update(Minutes).values(state=MinutesState.PUBLISHED, digest="0" * 64, published_at=consensus.now)
    )
    session.expire_all()
    found = minutes.read_minutes(session, **consensus.where)
    assert found.is_published
    assert not found.intact
    assert minutes.document(found) == minutes.document(view)


def test_another_estate_and_residents_before_publication_read_nothing(consensus, world) -> None:
    consensus.draft()
    with pytest.raises(NotFound):
        minutes.read_published(consensus.session, **consensus.where)
    consensus.publish()
    with pytest.raises(NotFound):
        minutes.read_published(
            consensus.session, estate_id=world.other_estate_id, thread_id=consensus.talk.id
        )


def test_a_point_keeps_the_statement_it_came_from(consensus) -> None:
    number = consensus.state()
    view = consensus.draft([PointView(PointKind.AGREED, "装在北侧", "", None, number), OPEN])
    assert [point.statement for point in view.points] == [1, 0]
