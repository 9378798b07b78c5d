"""Outcomes: which sheet hung on which board from which day; the proof of service that is missing when a vote is contested."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.accounts import Account
from app.models.votes import Vote
from app.models.votes.postings import PosterKind, Posting
from app.rules.calendar import BEIJING
from app.rules.text import clean_line
from app.services import files, trail
from app.services.outcomes import posters
from app.services.trail import Actor
from app.services.votes import chain

PRINTED = 8
_HEX = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class NewPosting:
    """One sheet on one board as the form tells it; `printed` is the beginning of the hash that the sheet bears."""

    id: UUID
    kind: str
    board: str
    posted_on: str
    printed: str
    photo: bytes = b""
    photo_name: str = ""


@dataclass(frozen=True, slots=True)
class PostedSheet:
    """What everybody may read of a posting: what, where, from which day."""

    kind: PosterKind
    board: str
    posted_on: date


@dataclass(frozen=True, slots=True)
class PostingLine:
    """The same at the desk, with who wrote it down, the hash, and the photo that only staff may see."""

    kind: PosterKind
    board: str
    posted_on: date
    text_hash: str
    posted_by: str
    recorded_at: datetime
    photo_id: UUID | None


def record_posting(
    session: Session, *, estate_id: UUID, vote_id: UUID, told: NewPosting, actor: Actor, now: datetime
) -> UUID:
    """Log that a sheet was hung; the same id twice is one line.

    The sheet must be the one that is public now: raises `Invalid` (`other_sheet`) where its printed hash begins otherwise,
    and for a day before that text was there or after today.
    """
    if chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id) is None:
        raise NotFound(N_("没有找到这次表决"))
    present = session.get(Posting, told.id)
    if present is not None:
        if (present.vote_id, present.posted_by) != (vote_id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    kind, board, posted_on, text_hash = _read(session, estate_id, session.get_one(Vote, vote_id), told, now)
    photo_id = None
    if told.photo:
        photo_id = files.store_image(
            session,
            estate_id=estate_id,
            name=told.photo_name,
            content=told.photo,
            uploaded_by=actor.id,
            now=now,
            private=True,
        )
    session.add(
        Posting(
            id=told.id,
            vote_id=vote_id,
            kind=kind,
            board=board,
            posted_on=posted_on,
            photo_id=photo_id,
            text_hash=text_hash,
            posted_by=actor.id,
            recorded_at=now,
        )
    )
    session.flush()
    trail.record(
        session,
        tag="votes:posting:add",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote_id,
        new={"kind": kind.value, "board": board, "day": posted_on.isoformat(), "hash": text_hash},
    )
    return told.id


def list_posted(session: Session, *, vote_id: UUID) -> list[PostedSheet]:
    """For everybody: no photo, for people may be on it, and no name."""
    query = select(Posting).where(Posting.vote_id == vote_id)
    rows = session.exec(query.order_by(col(Posting.posted_on), col(Posting.recorded_at)))
    return [PostedSheet(row.kind, row.board, row.posted_on) for row in rows]


def list_for_desk(session: Session, *, vote_id: UUID) -> list[PostingLine]:
    """The newest line first."""
    query = (
        select(Posting, Account.name)
        .join(Account, col(Account.id) == Posting.posted_by)
        .where(Posting.vote_id == vote_id)
        .order_by(col(Posting.recorded_at).desc())
    )
    return [
        PostingLine(row.kind, row.board, row.posted_on, row.text_hash, name, row.recorded_at, row.photo_id)
        for row, name in session.exec(query)
    ]


def _read(
    session: Session, estate_id: UUID, vote: Vote, told: NewPosting, now: datetime
) -> tuple[PosterKind, str, date, str]:
    """The kind, the board, the day, and the whole hash of the sheet; raises `Invalid` at the field to mend."""
    hung = posters.hashes_of(session, estate_id=estate_id, vote_id=vote.id)
    if told.kind not in hung:
        raise Invalid(N_("请选择张贴的是哪一种；还没有公示的不能张贴"), field="kind")
    kind = PosterKind(told.kind)
    board = clean_line(told.board, most=60, field="board")
    if not board:
        raise Invalid(N_("请写张贴在哪里，例如“3号楼1单元公告栏”"), field="board")
    posted_on = _day(told.posted_on, vote, now)
    _ensure_printed(told.printed, hung[kind])
    return kind, board, posted_on, hung[kind]


def _day(typed: str, vote: Vote, now: datetime) -> date:
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid(N_("请填写张贴的日期"), field="posted_on") from None
    if day > now.astimezone(BEIJING).date():
        raise Invalid(N_("张贴的日期不能晚于今天；还没有贴的，贴好再登记"), field="posted_on")
    if vote.noticed_at is not None and day < vote.noticed_at.astimezone(BEIJING).date():
        raise Invalid(N_("张贴的日期不能早于公告的日期"), field="posted_on")
    return day


def _ensure_printed(typed: str, text_hash: str) -> None:
    printed = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed[:200])).lower()
    if not _HEX.fullmatch(printed):
        raise Invalid(
            N_("请输入纸上印的指纹的前 %(digits)s 位（数字和字母 a 到 f）"), field="printed", digits=PRINTED
        )
    if not text_hash.startswith(printed):
        raise Invalid(
            N_("纸上的指纹和现在公示的不一样：这张纸是旧的，或者输错了。内容更正以后要重新打印张贴"),
            code="other_sheet",
            field="printed",
        )
