"""An annulled or failed vote is put again: one draft with the same question, linked both ways."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import uuid4

import pytest
from PIL import Image
from sqlmodel import select

from app.errors import Conflict, NotFound
from app.models.files import StoredFile
from app.models.trail import TrailRow
from app.models.votes import Vote, VoteAttachment, VoteRepeat
from app.rules.votes.states import State
from app.services import files
from app.services.trail import Actor
from app.services.votes import closing, drafting, repeats


@pytest.fixture
def actor(world) -> Actor:
    return Actor(world.chen_jie.account_id, "chen_jie")


@pytest.fixture
def annul(session, world, actor):
    def annul(vote_id, at):
        where = {"estate_id": world.estate_id, "vote_id": vote_id, "actor": actor}
        closing.annul_vote(session, **where, reason="两户没有送达通知，重新表决", now=at)

    return annul


@pytest.fixture
def repeat(session, world, vote, actor):
    def repeat(*, vote_id=None, new_id=None, estate_id=None):
        return repeats.repeat_vote(
            session,
            estate_id=estate_id or world.estate_id,
            vote_id=vote_id or vote.id,
            new_id=new_id or uuid4(),
            actor=actor,
            now=vote.closes_at + timedelta(days=90),
        )

    return repeat


def failed(session, vote) -> None:
    """Nobody took part."""
    late = vote.closes_at + timedelta(minutes=1)
    while vote.advance(session, late):
        pass
    assert vote.advance(session, vote.closes_at + timedelta(days=60))


def test_a_failed_vote_makes_a_draft_with_the_same_question_scope_and_rules(session, vote, repeat) -> None:
    failed(session, vote)
    first, draft = session.get_one(Vote, vote.id), session.get_one(Vote, repeat())
    assert (draft.state, draft.number, draft.opens_at) == (State.DRAFT, first.number + 1, None)
    same = ("title", "matter", "text", "scope_level", "scope_building", "scope_entrance", "rules", "cost",
            "legal_mode", "legal_basis", "questions")  # fmt: skip
    for name in same:
        assert getattr(draft, name) == getattr(first, name), name


def test_both_pages_lead_to_the_other_and_a_draft_is_for_the_desk_alone(session, vote, annul, repeat) -> None:
    annul(vote.id, vote.opens_at)
    new = repeat()
    assert repeats.repeats_of(session, vote_id=new).earlier.id == vote.id
    assert repeats.repeats_of(session, vote_id=vote.id).later is None
    assert repeats.repeats_of(session, vote_id=vote.id, drafts=True).later.id == new
    row = session.exec(select(TrailRow).where(TrailRow.tag == "votes:draft:repeat")).one()
    assert row.subject_id == new


def test_the_same_tap_twice_is_one_draft_and_another_is_refused(session, vote, annul, repeat) -> None:
    annul(vote.id, vote.opens_at)
    new = repeat()
    assert repeat(new_id=new) == new
    with pytest.raises(Conflict) as refused:
        repeat()
    assert refused.value.code == "repeated"
    assert len(session.exec(select(VoteRepeat)).all()) == 1


def test_a_running_or_passed_vote_and_another_estates_are_not_put_again(session, world, vote, repeat) -> None:
    with pytest.raises(Conflict) as refused:
        repeat()
    assert refused.value.code == "not_repeatable"
    failed(session, vote)
    with pytest.raises(NotFound):
        repeat(estate_id=world.other_estate_id)


def test_a_discarded_repeat_leaves_the_first_with_its_documents_free_to_be_put_again(
    session, world, make_vote, actor, now, annul, repeat
) -> None:
    vote = make_vote(notice=False)
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(picture, "PNG")
    where = {"estate_id": world.estate_id}
    plan = files.store_image(
        session,
        **where,
        name="图纸.png",
        content=picture.getvalue(),
        uploaded_by=actor.id,
        now=now,
        private=False,
    )
    drafting.add_attachment(session, **where, vote_id=vote.id, file_id=plan, title="图纸")
    drafting.give_notice(session, **where, vote_id=vote.id, actor=actor, now=now)
    annul(vote.id, vote.opens_at)
    new = repeat(vote_id=vote.id)
    [copied] = drafting.list_attachments(session, new)
    assert copied.file_id != plan
    assert copied.sha256 == session.get_one(StoredFile, plan).sha256
    drafting.discard_draft(session, **where, vote_id=new, actor=actor, now=now)
    files.delete_file(session, **where, file_id=copied.file_id)
    assert [row.file_id for row in session.exec(select(VoteAttachment))] == [plan]
    assert repeat(vote_id=vote.id)
