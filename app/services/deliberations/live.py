"""Deliberations: what comes into a thread while its page is open, posts approved late among it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.accounts import Account
from app.models.base import table_of
from app.models.deliberations import ModerationAct, Post, PostState
from app.rules.deliberations.moderation import Act
from app.services.deliberations.dressing import PostView, dress, view_of
from app.services.deliberations.reading import MOST_NEW, Reader

_POST, _ACCOUNT, _ACT = table_of(Post), table_of(Account), table_of(ModerationAct)


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a page has come: the highest number of a post, and of an act in the estate's moderation log.

    The first alone would miss a post that waited and was approved after later ones had been shown.
    """

    seq: int
    act: int


_LAST_ACT = sa.select(sa.func.coalesce(sa.func.max(_ACT.c.number), 0)).where(
    _ACT.c.estate_id == sa.bindparam("estate_id")
)
# Few rows: what the log has gained while the page was open.
_APPROVED = (
    sa.select(_ACT.c.number, _ACT.c.seq)
    .where(
        _ACT.c.estate_id == sa.bindparam("estate_id"),
        _ACT.c.number > sa.bindparam("act"),
        _ACT.c.thread_id == sa.bindparam("thread_id"),
        _ACT.c.act == Act.APPROVE,
    )
    .order_by(_ACT.c.number)
    .limit(MOST_NEW)
    .cte("approved")
)
_IN_THREAD = _POST.c.thread_id == sa.bindparam("thread_id")
_OF_OTHERS = _POST.c.author_id != sa.bindparam("me")
_SHOWN: sa.BindParameter[list[PostState]] = sa.bindparam("states", expanding=True, type_=_POST.c.state.type)
_LATER = (
    sa.select(_POST.c.seq)
    .where(_IN_THREAD, _POST.c.seq > sa.bindparam("seq"), _POST.c.state.in_(_SHOWN), _OF_OTHERS)
    .order_by(_POST.c.seq)
    .limit(MOST_NEW)
    .subquery()
)
_LATE = sa.select(_APPROVED.c.seq).where(_APPROVED.c.seq <= sa.bindparam("seq"), sa.bindparam("late"))
# One statement, so that an approval is seen with its post or not at all.
_CAME = (
    sa.select(
        *_POST.c,
        _ACCOUNT.c.name.label("author_name"),
        sa.select(sa.func.max(_APPROVED.c.number)).scalar_subquery().label("last_act"),
    )
    .select_from(_POST.join(_ACCOUNT, _ACCOUNT.c.id == _POST.c.author_id))
    .where(
        _IN_THREAD,
        _POST.c.seq.in_(sa.union_all(sa.select(_LATER.c.seq), _LATE)),
        _POST.c.state.in_(_SHOWN),
        _OF_OTHERS,
    )
    .order_by(_POST.c.seq)
)


def last_act(session: Session, *, estate_id: UUID) -> int:
    """The number of the newest act of moderation, 0 before the first: where a page that is opened now begins."""
    return int(session.connection().execute(_LAST_ACT, {"estate_id": estate_id}).scalar_one())


def read_live(
    session: Session, *, estate_id: UUID, thread_id: UUID, reader: Reader, since: Mark
) -> tuple[list[PostView], Mark]:
    """What neighbours wrote since, tops and replies alike, in the order of their numbers, and the mark to go on from.

    A moderator is shown a post while it waits, so its approval brings him nothing new.
    """
    states = [PostState.VISIBLE, *([PostState.WAITING] if reader.moderates else [])]
    where = {
        "estate_id": estate_id,
        "thread_id": thread_id,
        "me": reader.account_id,
        "seq": since.seq,
        "act": since.act,
        "late": not reader.moderates,
        "states": states,
    }
    rows = session.connection().execute(_CAME, where).all()
    if not rows:
        return [], since
    clothes = dress(session, estate_id=estate_id, me=reader.account_id, rows=rows)
    mark = Mark(max(since.seq, rows[-1].seq), max(since.act, rows[0].last_act or 0))
    return [view_of(row, reader.account_id, clothes) for row in rows], mark
