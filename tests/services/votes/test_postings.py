"""The log of what hung where: the right sheet on the right day, kept for good, its photo for staff alone."""

from __future__ import annotations

import io
from dataclasses import fields
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotFound
from app.models.files import StoredFile
from app.models.trail import TrailRow
from app.models.votes import RollEntry
from app.models.votes.postings import PosterKind, Posting
from app.services import outcomes
from app.services.outcomes import posters, postings
from app.services.trail import Actor
from app.services.votes import amending


@pytest.fixture
def posted(session, world, vote, now):
    """The vote with its notice on the board of the estate."""
    actor = Actor(world.chen_jie.account_id, "chen_jie")
    outcomes.post_notice(session, estate_id=world.estate_id, vote_id=vote.id, actor=actor, now=now)
    return posters.hashes_of(session, estate_id=world.estate_id, vote_id=vote.id)


@pytest.fixture
def log(session, world, vote, posted, now):
    def log(*, at=None, estate_id=None, who="chen_jie", **changes):
        told = {"id": uuid4(), "kind": "notice", "board": "3号楼1单元公告栏", "posted_on": "2026-11-24"}
        told |= {"printed": posted[PosterKind.NOTICE][:8]} | changes
        return postings.record_posting(
            session,
            estate_id=estate_id or world.estate_id,
            vote_id=vote.id,
            told=postings.NewPosting(**told),
            actor=Actor(world.people[who].account_id, who),
            now=at or now + timedelta(days=2),
        )

    return log


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(written, "JPEG")
    return written.getvalue()


def field_of(call) -> str:
    with pytest.raises(Invalid) as refused:
        call()
    return refused.value.field


def test_a_sheet_is_logged_with_its_whole_hash_and_its_photo_is_private(session, vote, posted, log) -> None:
    log(photo=picture(), photo_name="公告栏.jpg")
    line = session.exec(select(Posting)).one()
    assert (line.text_hash, line.board) == (posted[PosterKind.NOTICE], "3号楼1单元公告栏")
    assert session.get_one(StoredFile, line.photo_id).private
    row = session.exec(select(TrailRow).where(TrailRow.tag == "votes:posting:add")).one()
    assert row.new["hash"] == line.text_hash
    [shown] = postings.list_posted(session, vote_id=vote.id)
    assert {field.name for field in fields(shown)} == {"kind", "board", "posted_on"}


def test_another_sheet_than_the_one_that_is_public_is_refused(posted, log) -> None:
    for printed in (posted[PosterKind.ROLL][:8], "0" * 8, "", posted[PosterKind.NOTICE][:7], "不知道"):
        assert field_of(lambda printed=printed: log(printed=printed)) == "printed"
    log(printed=f" {posted[PosterKind.NOTICE][:8].upper()} ")


def test_a_roll_that_was_amended_has_to_be_hung_anew(session, world, vote, posted, log) -> None:
    old = posted[PosterKind.ROLL][:8]
    log(kind="roll", printed=old)
    unit = session.exec(select(RollEntry).where(RollEntry.room == "301")).one().unit_id
    connection = session.connection()
    connection.execute(sa.text("UPDATE unit SET area = 8200 WHERE room = '301'"))
    session.expire_all()
    amending.amend(session, session.get_one(amending.Vote, vote.id), unit)
    assert field_of(lambda: log(kind="roll", printed=old)) == "printed"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"board": "  "}, "board"),
        ({"posted_on": "昨天"}, "posted_on"),
        ({"posted_on": "2026-11-26"}, "posted_on"),
        ({"posted_on": "2026-11-22"}, "posted_on"),
        ({"kind": ""}, "kind"),
        ({"kind": "result"}, "kind"),
        ({"photo": b"no picture", "photo_name": "x.jpg"}, "photo"),
    ],
)
def test_a_line_that_cannot_be_true_is_refused(log, wrong, field) -> None:
    assert field_of(lambda: log(**wrong)) == field


def test_the_same_form_twice_is_one_line_and_no_line_is_ever_changed(database, session, world, log) -> None:
    one = uuid4()
    assert log(id=one) == log(id=one)
    with pytest.raises(Conflict):
        log(id=one, who="zhao_min")
    with pytest.raises(NotFound):
        log(estate_id=world.other_estate_id)
    session.commit()
    for statement in ("UPDATE posting SET board = '别处'", "DELETE FROM posting"):
        with pytest.raises(DatabaseError, match="only grows"), database.transaction() as other:
            other.connection().execute(sa.text(statement))
