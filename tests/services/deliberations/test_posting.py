"""Posts: who may write when, what is kept of what was typed, and what a post sets off."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.models.accounts import Grant
from app.models.deliberations import ModerationAct, Mute, Post, PostFile, PostState, Thread
from app.models.files import StoredFile
from app.models.outbox import Message
from app.models.proposals import Proposal
from app.rules.accounts import Duty, Role
from app.rules.deliberations.moderation import Act
from app.rules.deliberations.stages import Stage
from app.services import search
from app.services.deliberations import posting
from app.services.deliberations.attaching import Upload, withhold_files


def stored(session, talk, seq):
    return session.exec(select(Post).where(Post.thread_id == talk.id, Post.seq == seq)).one()


def hide(session, talk, seq, state=PostState.HIDDEN):
    stored(session, talk, seq).state = state
    session.flush()


def photo(name="电梯.jpg") -> Upload:
    written = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(written, "JPEG")
    return Upload(name, written.getvalue())


def test_a_post_is_numbered_counted_found_and_warms_its_proposal(session, world, talk) -> None:
    assert talk.post(session, world.li_na, "三楼支持加装电梯", stance="support").seq == 1
    assert talk.post(session, world.wang_wei, "担心采光", stance="concern").seq == 2
    thread = session.get_one(Thread, talk.id)
    assert (thread.last_seq, thread.post_count) == (2, 2)
    assert session.get_one(Proposal, talk.proposal_id).warmth == 2
    hits = search.find(session, estate_id=world.estate_id, query="采光")
    assert [hit.subject_id for hit in hits] == [stored(session, talk, 2).id]


@pytest.mark.parametrize("stage", [Stage.NOTICE, Stage.CONSENSUS, Stage.CLOSED])
def test_outside_opinions_and_meeting_nobody_posts(session, world, talk, stage) -> None:
    for who in (world.li_na, world.chen_jie, world.zhao_min):
        with pytest.raises(Conflict) as refused:
            talk.post(session, who, at=talk.begins[stage])
        assert refused.value.code == "stage_closed"
    assert session.exec(select(Post)).all() == []


def test_the_first_instant_of_a_stage_belongs_to_it(session, world, talk) -> None:
    talk.post(session, world.li_na, at=talk.begins[Stage.OPINIONS])
    with pytest.raises(Conflict):
        talk.post(session, world.wang_wei, at=talk.begins[Stage.OPINIONS] - timedelta(microseconds=1))
    talk.post(session, world.wang_wei, at=talk.begins[Stage.CONSENSUS] - timedelta(microseconds=1))


def test_the_form_sent_twice_is_one_post_even_after_the_stage(session, world, talk) -> None:
    key = uuid4()
    first = talk.post(session, world.li_na, id=key)
    again = talk.post(session, world.li_na, id=key, at=talk.begins[Stage.CLOSED])
    assert first == again
    assert len(session.exec(select(Post)).all()) == 1


def test_anothers_form_id_is_refused(session, world, talk) -> None:
    key = uuid4()
    talk.post(session, world.li_na, id=key)
    with pytest.raises(NotFound):
        talk.post(session, world.wang_wei, id=key)


def test_another_estates_thread_is_not_found(session, world, talk) -> None:
    new = posting.NewPost(id=uuid4(), text="别的小区")
    with pytest.raises(NotFound):
        posting.write_post(
            session,
            estate_id=world.other_estate_id,
            thread_id=talk.id,
            post=new,
            account_id=world.zhou_tao.account_id,
            now=talk.begins[Stage.OPINIONS],
        )


def test_a_hundred_thousand_characters_are_refused_and_the_most_is_taken(session, world, talk) -> None:
    with pytest.raises(Invalid) as refused:
        talk.post(session, world.li_na, "长" * 100_000)
    assert (refused.value.field, refused.value.code) == ("text", "too_long")
    talk.post(session, world.li_na, "长" * posting.MOST_TEXT)


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u200d\ufeff", "\u3164"])
def test_a_post_that_shows_nothing_is_refused(session, world, talk, text) -> None:
    with pytest.raises(Invalid) as refused:
        talk.post(session, world.li_na, text)
    assert refused.value.code == "empty"


def test_bidi_and_zero_width_tricks_are_gone_and_markup_stays_text(session, world, talk) -> None:
    talk.post(session, world.li_na, "同\u200b意\u202e反对\u2066<script>alert(1)</script>")
    assert stored(session, talk, 1).text == "同意反对<script>alert(1)</script>"


def test_a_stance_that_is_none_is_refused(session, world, talk) -> None:
    with pytest.raises(Invalid) as refused:
        talk.post(session, world.li_na, stance="against")
    assert refused.value.field == "stance"


def test_a_flood_from_one_phone_is_stopped_and_neighbours_write_on(session, world, talk) -> None:
    at = talk.begins[Stage.OPINIONS]
    for _ in range(2):
        talk.post(session, world.li_na, at=at)
    with pytest.raises(TooMany) as refused:
        talk.post(session, world.li_na, at=at + timedelta(seconds=20))
    assert refused.value.values["seconds"] == 40
    talk.post(session, world.wang_wei, at=at + timedelta(seconds=20))
    talk.post(session, world.li_na, at=at + timedelta(seconds=60))


def test_who_is_muted_reads_only(session, world, talk) -> None:
    at = talk.begins[Stage.OPINIONS]
    act = ModerationAct(
        estate_id=world.estate_id,
        number=1,
        act=Act.MUTE,
        author_id=world.li_na.account_id,
        moderator_id=world.chen_jie.account_id,
        moderator_name="陈洁",
        duty=Duty.NONE,
        at=at,
    )
    session.add(act)
    session.flush()
    until = at + timedelta(days=1)
    session.add(
        Mute(act_id=act.id, estate_id=world.estate_id, account_id=world.li_na.account_id, until=until)
    )
    with pytest.raises(NotAllowed) as refused:
        talk.post(session, world.li_na, at=at)
    assert refused.value.code == "muted"
    talk.post(session, world.li_na, at=until)


def test_a_reply_to_a_reply_stands_beside_it_and_quotes_it(session, world, talk) -> None:
    talk.post(session, world.li_na)
    talk.post(session, world.wang_wei, reply_to=1)
    talk.post(session, world.qian_er, reply_to=2)
    reply = stored(session, talk, 3)
    assert (reply.parent_seq, reply.quote_seq) == (1, 2)


@pytest.mark.parametrize("state", [PostState.HIDDEN, PostState.WAITING, PostState.REFUSED])
def test_what_cannot_be_read_can_be_neither_answered_nor_quoted(session, world, talk, state) -> None:
    talk.post(session, world.li_na)
    talk.post(session, world.wang_wei, reply_to=1)
    hide(session, talk, 1, state)
    for more in ({"reply_to": 1}, {"quote": 1}, {"reply_to": 2}):
        with pytest.raises(Conflict) as refused:
            talk.post(session, world.qian_er, **more)
        assert refused.value.code == "hidden"


def test_an_answer_to_nothing_is_not_found(session, world, talk) -> None:
    with pytest.raises(NotFound):
        talk.post(session, world.li_na, reply_to=7)


def test_under_pre_approval_a_neighbours_post_waits_and_a_moderators_does_not(session, world, talk) -> None:
    session.get_one(Thread, talk.id).pre_approval = True
    assert talk.post(session, world.li_na, "等待审核的话").waiting
    assert not talk.post(session, world.zhao_min).waiting
    assert not talk.post(session, world.chen_jie).waiting
    thread = session.get_one(Thread, talk.id)
    assert (thread.last_seq, thread.post_count) == (3, 2)
    assert search.find(session, estate_id=world.estate_id, query="审核") == []
    posting.publish_post(
        session, thread=thread, post=stored(session, talk, 1), now=talk.begins[Stage.OPINIONS]
    )
    assert thread.post_count == 3
    assert len(search.find(session, estate_id=world.estate_id, query="审核")) == 1


def test_a_badge_is_what_the_author_was_when_he_wrote(session, world, talk) -> None:
    for who in (world.zhao_min, world.chen_jie, world.li_na):
        talk.post(session, who)
    session.connection().execute(sa.update(Grant).values(ended_at=talk.begins[Stage.OPINIONS]))
    assert [stored(session, talk, seq).badge for seq in (1, 2, 3)] == ["supervisor", "committee", ""]


def test_a_called_role_is_told_once_and_not_by_its_own_post(session, world, talk) -> None:
    talk.post(session, world.li_na, "@居委会 @居委 @物业 请来看看")
    talk.post(session, world.chen_jie, "@居委会 自己说")
    query = select(Message.account_id, Message.link).where(Message.template == "post_calls")
    told = session.exec(query).all()
    assert {account for account, _ in told} == {world.chen_jie.account_id, world.ma_chao.account_id}
    assert {link for _, link in told} == {f"deliberations/{talk.id}/posts/1"}
    assert len(told) == 2


def test_a_called_role_is_not_told_before_a_moderator_has_read_the_post(session, world, talk) -> None:
    session.get_one(Thread, talk.id).pre_approval = True
    talk.post(session, world.li_na, "@居委会 请来看看")
    assert session.exec(select(Message).where(Message.template == "post_calls")).all() == []


def test_a_role_that_was_taken_away_is_not_called(session, world, talk) -> None:
    grants = sa.update(Grant).where(Grant.role == Role.PARTY_STAFF)
    session.connection().execute(grants.values(ended_at=talk.begins[Stage.NOTICE]))
    talk.post(session, world.li_na, "@物业 请来看看")
    assert session.exec(select(Message).where(Message.template == "post_calls")).all() == []


def test_photos_are_drawn_anew_and_withheld_with_a_hidden_post(session, world, talk) -> None:
    talk.post(session, world.li_na, photos=(photo(), photo()))
    files = session.exec(select(StoredFile).join(PostFile, PostFile.file_id == StoredFile.id)).all()
    assert [(file.media_type, file.private) for file in files] == [("image/jpeg", False)] * 2
    withhold_files(session, post_id=stored(session, talk, 1).id, withheld=True)
    session.expire_all()
    assert all(file.private for file in files)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"photos": (photo(),) * 5}, "photos"),
        ({"photos": (Upload("病毒.jpg", b"MZ not a picture"),)}, "photos"),
        ({"photos": (Upload("图.svg", b"<svg onload='alert(1)'/>"),)}, "photos"),
        ({"documents": (Upload("方案.pdf", b"%PDF-1.7 cut off"),)}, "documents"),
        ({"documents": (Upload("表.docx", b"PK\x03\x04"),)}, "documents"),
    ],
)
def test_files_that_cannot_be_used_are_refused(session, world, talk, more, field) -> None:
    with pytest.raises(Invalid) as refused:
        talk.post(session, world.li_na, **more)
    assert refused.value.field == field
