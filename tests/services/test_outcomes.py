"""Posting: once each, in the right state, exactly the text that was shown, and never changed afterwards."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from app.database import Database
from app.errors import Conflict, Invalid, NotFound
from app.models.outcomes import Publication, PublicationKind
from app.models.trail import TrailRow
from app.rules.votes.states import Choice
from app.services import outcomes, trail
from app.services.outcomes import Additions
from app.services.trail import Actor
from app.services.votes import closing

PRELIMINARY, FINAL, NOTICE = PublicationKind.PRELIMINARY, PublicationKind.FINAL, PublicationKind.NOTICE
WORDS = Additions("感谢各位业主参加表决。", [("公示施工图", "张工", "2027-02-01"), ("", "", "")], 10)


@pytest.fixture
def actor(world) -> Actor:
    return Actor(world.chen_jie.account_id, "chen_jie")


@pytest.fixture
def closed(session: Session, world, vote):
    """The elevator vote with one ballot for and one against, counted and sealed."""
    at = vote.opens_at + timedelta(hours=1)
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, at)
    vote.cast(session, world.homes["302"].unit_id, world.wang_wei.account_id, Choice.AGAINST, at)
    assert vote.advance(session, vote.closes_at + timedelta(seconds=60))
    return vote


@pytest.fixture
def final(session: Session, closed):
    assert closed.advance(session, closed.closes_at + timedelta(days=12))
    return closed


def publish(
    session: Session, vote, kind, actor: Actor, at: datetime, words: Additions = WORDS, seen: str = ""
) -> UUID:
    where = {"estate_id": vote.estate_id, "vote_id": vote.id, "kind": kind, "additions": words, "now": at}
    seen = seen or outcomes.draft_outcome(session, **where).text_hash
    return outcomes.publish_outcome(session, **where, publication_id=uuid4(), seen_hash=seen, actor=actor)


def read(session: Session, vote, posted: UUID) -> outcomes.Posting:
    return outcomes.get_posting(session, estate_id=vote.estate_id, publication_id=posted)


def test_a_notice_is_posted_once_until_the_vote_closes_and_leaves_a_trail(session, vote, actor, now):
    where = {"estate_id": vote.estate_id, "vote_id": vote.id, "actor": actor, "now": now}
    first, second = outcomes.post_notice(session, **where), outcomes.post_notice(session, **where)
    posting = read(session, vote, first)
    assert first == second
    assert (posting.kind, posting.posted_until, posting.intact) == (NOTICE, vote.closes_at, True)
    assert "3号楼1单元，共 12 人，960.00 ㎡" in posting.text
    tags = session.exec(select(TrailRow.tag).where(TrailRow.subject_id == first)).all()
    assert tags == ["outcomes:notice:post"]
    assert trail.first_broken_row(session, estate_id=vote.estate_id) is None


def test_a_draft_cannot_be_posted(session, make_vote, actor, now):
    draft = make_vote(notice=False)
    with pytest.raises(Conflict) as refusal:
        outcomes.post_notice(session, estate_id=draft.estate_id, vote_id=draft.id, actor=actor, now=now)
    assert refusal.value.code == "not_noticed"


def test_no_outcome_before_the_count_is_sealed(session, vote, actor):
    with pytest.raises(Conflict) as refusal:
        publish(session, vote, PRELIMINARY, actor, vote.closes_at - timedelta(minutes=1))
    assert refusal.value.code == "not_sealed"


def test_the_preliminary_outcome_posts_the_sealed_figures(session, closed, actor):
    posting = read(
        session, closed, publish(session, closed, PRELIMINARY, actor, closed.closes_at + timedelta(hours=1))
    )
    assert (
        "\u3000\u3000参与表决 2 人，160.00 ㎡\n\u3000\u3000同意 1 人，80.00 ㎡\n\u3000\u3000反对 1 人，80.00 ㎡\n"
        in posting.text
    )
    assert "参与人数 2 人，占 12 人的 1/6，没有达到三分之二，还差 6 人" in posting.text
    assert "1. 公示施工图（张工负责，2027 年 2 月 1 日前）" in posting.text
    assert "301" not in posting.text


def test_a_preliminary_outcome_stays_up_at_least_as_long_as_objections_may_come(session, closed, actor):
    words = replace(WORDS, days=1)
    posting = read(
        session,
        closed,
        publish(session, closed, PRELIMINARY, actor, closed.closes_at + timedelta(hours=1), words),
    )
    assert posting.posted_until == closed.closes_at.replace(hour=16, minute=0) + timedelta(days=10)


def test_the_final_outcome_waits_until_the_vote_is_final(session, closed, actor):
    with pytest.raises(Conflict) as refusal:
        publish(session, closed, FINAL, actor, closed.closes_at + timedelta(hours=1))
    assert refusal.value.code == "not_final"


def test_after_the_final_outcome_no_preliminary_one_follows(session, final, actor):
    at = final.closes_at + timedelta(days=13)
    posting = read(session, final, publish(session, final, FINAL, actor, at))
    assert "表决结果公示（最终）" in posting.text
    with pytest.raises(Conflict) as refusal:
        publish(session, final, PRELIMINARY, actor, at)
    assert refusal.value.code == "final_posted"


def test_both_outcomes_are_posted_in_turn(session, final, actor):
    at = final.closes_at + timedelta(days=13)
    publish(session, final, PRELIMINARY, actor, at)
    publish(session, final, FINAL, actor, at)
    assert set(outcomes.postings_of(session, vote_id=final.id)) == {PRELIMINARY, FINAL}


def test_published_twice_is_once_and_the_first_words_stand(session, closed, actor):
    at = closed.closes_at + timedelta(hours=1)
    first = publish(session, closed, PRELIMINARY, actor, at)
    second = publish(
        session, closed, PRELIMINARY, actor, at, replace(WORDS, statement="后来写的另一份说明。")
    )
    assert first == second
    assert "后来写的" not in read(session, closed, first).text
    assert session.exec(select(sa.func.count()).select_from(Publication)).one() == 1


def test_two_sessions_that_publish_at_once_make_one_posting(database: Database, session, closed, actor):
    at = closed.closes_at + timedelta(hours=1)
    seen = outcomes.draft_outcome(
        session, estate_id=closed.estate_id, vote_id=closed.id, kind=PRELIMINARY, additions=WORDS, now=at
    ).text_hash
    session.commit()
    together = threading.Barrier(2)

    def post() -> UUID:
        with database.transaction() as own:
            together.wait(timeout=10)
            return publish(own, closed, PRELIMINARY, actor, at, seen=seen)

    with ThreadPoolExecutor(2) as threads:
        first, second = (threads.submit(post) for _ in range(2))
        assert first.result(timeout=30) == second.result(timeout=30)


def test_a_text_other_than_the_one_shown_is_not_published(session, closed, actor):
    with pytest.raises(Conflict) as refusal:
        publish(session, closed, PRELIMINARY, actor, closed.closes_at + timedelta(hours=1), seen="0" * 64)
    assert refusal.value.code == "unseen"
    assert session.exec(select(Publication)).all() == []


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_term_of_no_day_or_more_than_a_year_is_refused(session, closed, actor, days):
    with pytest.raises(Invalid) as refusal:
        publish(
            session,
            closed,
            PRELIMINARY,
            actor,
            closed.closes_at + timedelta(hours=1),
            replace(WORDS, days=days),
        )
    assert refusal.value.field == "days"


def test_an_annulled_vote_gets_no_outcome_and_its_posting_says_so(session, closed, actor):
    at = closed.closes_at + timedelta(hours=1)
    posted = publish(session, closed, PRELIMINARY, actor, at)
    closing.annul_vote(
        session,
        estate_id=closed.estate_id,
        vote_id=closed.id,
        actor=actor,
        reason="名册漏了两户，需要重新表决。",
        now=at,
    )
    with pytest.raises(Conflict) as refusal:
        publish(session, closed, FINAL, actor, at)
    assert refusal.value.code == "annulled"
    assert read(session, closed, posted).annul_reason == "名册漏了两户，需要重新表决。"


def test_another_estate_neither_reads_nor_publishes(session, world, closed, actor):
    at = closed.closes_at + timedelta(hours=1)
    posted = publish(session, closed, PRELIMINARY, actor, at)
    with pytest.raises(NotFound):
        outcomes.get_posting(session, estate_id=world.other_estate_id, publication_id=posted)
    with pytest.raises(NotFound):
        publish(session, replace(closed, estate_id=world.other_estate_id), PRELIMINARY, actor, at, seen="x")
    assert outcomes.list_posted(session, estate_id=world.other_estate_id, now=at).posted == ()


def test_the_board_moves_a_posting_to_the_past_at_the_very_instant_its_term_ends(session, vote, actor, now):
    posted = outcomes.post_notice(session, estate_id=vote.estate_id, vote_id=vote.id, actor=actor, now=now)
    before = outcomes.list_posted(
        session, estate_id=vote.estate_id, now=vote.closes_at - timedelta(microseconds=1)
    )
    after = outcomes.list_posted(session, estate_id=vote.estate_id, now=vote.closes_at)
    assert [posting.id for posting in before.posted] == [posted]
    assert (after.posted, [posting.id for posting in after.earlier]) == ((), [posted])


def test_the_past_is_paged_newest_first(session, make_vote, actor, now, monkeypatch):
    monkeypatch.setattr(outcomes, "EARLIER_PAGE", 2)
    posted = []
    for minute in range(3):
        vote = make_vote()
        at = now + timedelta(minutes=minute)
        posted.append(
            outcomes.post_notice(session, estate_id=vote.estate_id, vote_id=vote.id, actor=actor, now=at)
        )
        session.commit()
    later = now + timedelta(days=60)
    first = outcomes.list_posted(session, estate_id=vote.estate_id, now=later)
    second = outcomes.list_posted(session, estate_id=vote.estate_id, now=later, page=2)
    assert ([posting.id for posting in first.earlier], first.has_older) == (posted[:0:-1], True)
    assert ([posting.id for posting in second.earlier], second.has_older) == (posted[:1], False)


@pytest.mark.parametrize("statement", ["UPDATE publication SET text = 'x'", "DELETE FROM publication"])
def test_the_database_itself_refuses_to_change_or_take_away_a_posting(session, vote, actor, now, statement):
    outcomes.post_notice(session, estate_id=vote.estate_id, vote_id=vote.id, actor=actor, now=now)
    with pytest.raises(DatabaseError, match="publication only grows"):
        session.connection().execute(sa.text(statement))


@pytest.mark.parametrize("text", ["notice", "", "Final", "final "])
def test_only_the_two_outcomes_are_published_by_hand(text):
    with pytest.raises(NotFound):
        outcomes.outcome_kind(text)
