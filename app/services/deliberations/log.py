"""Deliberations: the public log of moderation, the newest first; it names who acted and never the author."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, NotFound
from app.models.base import table_of
from app.models.deliberations import Appeal, AppealState, ModerationAct, Post, Thread
from app.models.proposals import Proposal
from app.models.search import SubjectKind
from app.rules.deliberations.moderation import ACT_NAMES, Act
from app.rules.paging import FIRST, Leaf, Turn, read_leaf
from app.services.deliberations.acts import badge_of
from app.services.deliberations.appeals import APPEALABLE
from app.services.deliberations.cases import HIGHEST

PAGE = 20
EARLIER_SHOWN = 10

_ACT, _THREAD, _PROPOSAL, _APPEAL, _POST = (
    table_of(model) for model in (ModerationAct, Thread, Proposal, Appeal, Post)
)
_SELECT = sa.select(
    _ACT,
    _THREAD.c.title.label("thread_title"),
    _PROPOSAL.c.number.label("proposal_number"),
    _APPEAL.c.state.label("appeal"),
    _APPEAL.c.reason.label("appeal_reason"),
    _APPEAL.c.text.label("appeal_text"),
    _APPEAL.c.decided_at.label("appeal_decided_at"),
).select_from(
    _ACT.outerjoin(_THREAD, _THREAD.c.id == _ACT.c.thread_id)
    .outerjoin(
        _PROPOSAL,
        sa.and_(_PROPOSAL.c.id == _ACT.c.subject_id, _ACT.c.kind == SubjectKind.PROPOSAL),
    )
    .outerjoin(_APPEAL, _APPEAL.c.act_id == _ACT.c.id)
)
_PAGE = _SELECT.where(_ACT.c.estate_id == sa.bindparam("estate_id")).limit(PAGE + 1)
_TURNS = {
    False: _PAGE.where(_ACT.c.number < sa.bindparam("at")).order_by(_ACT.c.number.desc()),
    True: _PAGE.where(_ACT.c.number > sa.bindparam("at")).order_by(_ACT.c.number),
}
_ONE = _SELECT.where(_ACT.c.estate_id == sa.bindparam("estate_id"), _ACT.c.number == sa.bindparam("number"))
_OF_AUTHOR = (
    _SELECT.where(_ACT.c.author_id == sa.bindparam("author_id"), _ACT.c.kind.is_not(None))
    .where(_ACT.c.estate_id == sa.bindparam("estate_id"))
    .order_by(_ACT.c.number.desc())
    .limit(EARLIER_SHOWN)
)
_OF_MODERATOR = (
    _SELECT.where(_ACT.c.moderator_id == sa.bindparam("moderator_id"))
    .where(_ACT.c.estate_id == sa.bindparam("estate_id"))
    .order_by(_ACT.c.number.desc())
    .limit(sa.bindparam("most"))
)
# The rules' words are a post's; of a proposal it is said otherwise.
_OF_PROPOSAL = {Act.HIDE: N_("隐藏议题"), Act.RESTORE: N_("恢复议题")}


@dataclass(frozen=True, slots=True)
class LogLine:
    """One act as everybody in the estate reads it. `badge` is `committee` or a duty; `appeal` a state, "" for none.

    `link` leads from the estate's home on to what the act was about. `mine` and `may_appeal` are the reader's own.
    """

    number: int
    act: Act
    kind: SubjectKind | None
    thread_title: str
    seq: int
    proposal_number: int
    link: str
    reason: str
    days: int
    moderator_name: str
    badge: str
    interest: bool
    at: datetime
    appeal: str
    appeal_reason: str
    appeal_decided_at: datetime | None
    mine: bool
    may_appeal: bool

    @property
    def words(self) -> str:
        """The act by its marked name."""
        own = _OF_PROPOSAL if self.kind is SubjectKind.PROPOSAL else {}
        return own.get(self.act, ACT_NAMES[self.act])

    @property
    def is_everywhere(self) -> bool:
        """Of a mute: whether it reaches over the whole estate."""
        return self.kind is SubjectKind.PROPOSAL or self.badge == "committee"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One act with what only its author and the committee read: his text, and his words in the appeal."""

    line: LogLine
    text: str
    appeal_text: str


def list_log(session: Session, *, estate_id: UUID, viewer_id: UUID, turn: Turn = FIRST) -> Leaf[LogLine]:
    """A page of the log, the newest act first."""

    def fetch(turn: Turn) -> Sequence[Any]:
        at = min(turn.numbers[0], HIGHEST) if turn.mark else HIGHEST
        return session.connection().execute(_TURNS[turn.back], {"estate_id": estate_id, "at": at}).all()

    leaf = read_leaf(fetch, turn, size=PAGE, mark_of=lambda row: row.number)
    return Leaf(tuple(_line(row, viewer_id) for row in leaf.rows), leaf.older, leaf.newer)


def read_entry(
    session: Session, *, estate_id: UUID, number: int, viewer_id: UUID, is_committee: bool
) -> LogEntry:
    """One act of the log; raises `NotFound`."""
    where = {"estate_id": estate_id, "number": min(number, HIGHEST)}
    row = session.connection().execute(_ONE, where).one_or_none()
    if row is None:
        raise NotFound(N_("审核记录里没有这一条"))
    line = _line(row, viewer_id)
    if not (line.mine or is_committee):
        return LogEntry(line, "", "")
    return LogEntry(line, _text_of(session, row), row.appeal_text or "")


def _text_of(session: Session, row: Any) -> str:
    if row.kind is SubjectKind.POST:
        query = sa.select(_POST.c.text).where(_POST.c.id == row.subject_id)
        return str(session.connection().execute(query).scalar_one())
    if row.kind is SubjectKind.PROPOSAL:
        query = sa.select(_PROPOSAL.c.title, _PROPOSAL.c.text).where(_PROPOSAL.c.id == row.subject_id)
        return "\n\n".join(session.connection().execute(query).one())
    return ""


def acts_about(session: Session, *, estate_id: UUID, author_id: UUID, viewer_id: UUID) -> Sequence[LogLine]:
    """The last acts on anything of this author in this estate: for whoever is about to judge him."""
    where = {"estate_id": estate_id, "author_id": author_id}
    return [_line(row, viewer_id) for row in session.connection().execute(_OF_AUTHOR, where)]


def acts_by(session: Session, *, estate_id: UUID, moderator_id: UUID, most: int) -> Sequence[LogLine]:
    """The last acts of a moderator in this estate."""
    where = {"estate_id": estate_id, "moderator_id": moderator_id, "most": most}
    return [_line(row, None) for row in session.connection().execute(_OF_MODERATOR, where)]


def _line(row: Any, viewer_id: UUID | None) -> LogLine:
    mine = row.author_id == viewer_id and row.kind is not None
    return LogLine(
        number=row.number,
        act=row.act,
        kind=row.kind,
        thread_title=row.thread_title or "",
        seq=row.seq,
        proposal_number=row.proposal_number or 0,
        link=_link(row),
        reason=row.reason,
        days=row.days,
        moderator_name=row.moderator_name,
        badge=badge_of(row.duty),
        interest=row.interest,
        at=row.at,
        appeal=AppealState(row.appeal).value if row.appeal else "",
        appeal_reason=row.appeal_reason or "",
        appeal_decided_at=row.appeal_decided_at,
        mine=mine,
        may_appeal=mine and row.act in APPEALABLE and row.appeal is None,
    )


def _link(row: Any) -> str:
    if row.kind is SubjectKind.PROPOSAL:
        return f"proposals/{row.subject_id}"
    return f"deliberations/{row.thread_id}" + (f"/posts/{row.seq}" if row.seq else "")
