"""Deliberations: hide and restore, approve and refuse, warn, mute, and dismiss reports; each a line of the public log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from app.errors import N_, Invalid
from app.models.base import table_of
from app.models.deliberations import PostState
from app.models.files import StoredFile
from app.models.proposals import ProposalPhoto
from app.models.search import SubjectKind
from app.rules.deliberations.moderation import Act
from app.services.deliberations.acts import Order, already, find_known, read_reason, write_act
from app.services.deliberations.attaching import withhold_files
from app.services.deliberations.cases import Case, Target, ensure_judge, lock_case
from app.services.deliberations.muting import about_case, mute_author
from app.services.deliberations.posting import index_post, publish_post
from app.services.deliberations.reports import count_open, resolve_reports
from app.services.search import put_in_index, take_out_of_index

# In the order in which a moderator thinks of them.
_ON_CONTENT = (Act.APPROVE, Act.REFUSE, Act.RESTORE, Act.DISMISS, Act.HIDE, Act.WARN, Act.MUTE)


def judge_content(
    session: Session, *, estate_id: UUID, target: Target, act: Act, order: Order, days: int = 0
) -> int:
    """Do one act on a post or a proposal; its number in the public log. The same `order.id` again is the same act.

    Raises `NotAllowed` (`not_moderator`, `own_content`), `Invalid` for a reason or days, and `Conflict`
    (`already_handled`) when the state no longer allows it. `days` is a mute's.
    """
    if act not in _ON_CONTENT:
        raise Invalid(N_("请选择要做的处理"), field="act")
    case = lock_case(session, estate_id=estate_id, target=target)
    about = about_case(case)
    if known := find_known(session, act=act, about=about, order=order):
        return known.number
    judge = ensure_judge(session, case, account_id=order.actor.id, now=order.now)
    if act is Act.MUTE:
        return mute_author(session, case, judge=judge, order=order, days=days).number
    reason = read_reason(act, order.reason)
    if act not in possible_acts(session, case):
        raise already(act)
    _CHANGES[act](session, case, order.now)
    return write_act(session, act=act, about=about, judge=judge, order=order, reason=reason).number


def possible_acts(session: Session, case: Case) -> list[Act]:
    """What may be done with the thing as it stands, whoever does it."""
    state = state_of(case)
    possible = {
        PostState.VISIBLE: {Act.HIDE, Act.WARN, Act.MUTE},
        PostState.HIDDEN: {Act.RESTORE, Act.WARN, Act.MUTE},
        PostState.WAITING: {Act.APPROVE, Act.REFUSE, Act.WARN, Act.MUTE},
        PostState.REFUSED: {Act.APPROVE, Act.WARN, Act.MUTE},
    }[state]
    if state is PostState.VISIBLE and count_open(session, kind=case.kind, subject_id=case.subject_id):
        possible = possible | {Act.DISMISS}
    return [act for act in _ON_CONTENT if act in possible]


def state_of(case: Case) -> PostState:
    """A proposal is visible or hidden; it never waits for a moderator."""
    if case.post:
        return case.post.state
    return PostState.HIDDEN if case.proposal.hidden_at else PostState.VISIBLE


def undo(session: Session, case: Case, *, act: Act, now: datetime) -> Act | None:
    """Give a hidden or refused thing back to its readers; the act that does it, None when it is there already."""
    back = {Act.HIDE: Act.RESTORE, Act.REFUSE: Act.APPROVE}.get(act)
    if back is None or back not in possible_acts(session, case):
        return None
    _CHANGES[back](session, case, now)
    return back


def _hide(session: Session, case: Case, now: datetime) -> None:
    if case.post:
        case.post.state = PostState.HIDDEN
        session.add(case.post)
    else:
        case.proposal.hidden_at = now
        session.add(case.proposal)
    take_out_of_index(session, kind=case.kind, subject_id=case.subject_id)
    _withhold(session, case, withheld=True)
    resolve_reports(session, case, upheld=True, now=now)
    session.flush()


def _withhold(session: Session, case: Case, *, withheld: bool) -> None:
    """Whoever knows the address of a hidden thing's photo must not see it either."""
    if case.post:
        withhold_files(session, post_id=case.post.id, withheld=withheld)
        return
    photos = sa.select(col(ProposalPhoto.file_id)).where(col(ProposalPhoto.proposal_id) == case.proposal.id)
    session.connection().execute(
        sa.update(table_of(StoredFile)).where(col(StoredFile.id).in_(photos)).values(private=withheld)
    )


def _restore(session: Session, case: Case, now: datetime) -> None:
    _withhold(session, case, withheld=False)
    if case.post:
        case.post.state = PostState.VISIBLE
        session.add(case.post)
        session.flush()
        index_post(session, case.post)
        return
    proposal = case.proposal
    proposal.hidden_at = None
    session.add(proposal)
    put_in_index(
        session,
        estate_id=proposal.estate_id,
        kind=SubjectKind.PROPOSAL,
        subject_id=proposal.id,
        text=case.text,
        at=proposal.published_at or now,
    )


def _approve(session: Session, case: Case, now: datetime) -> None:
    if case.post and case.thread:
        _withhold(session, case, withheld=False)
        publish_post(session, thread=case.thread, post=case.post, now=now)


def _refuse(session: Session, case: Case, _now: datetime) -> None:
    if case.post:
        case.post.state = PostState.REFUSED
        session.add(case.post)
        _withhold(session, case, withheld=True)


def _dismiss(session: Session, case: Case, now: datetime) -> None:
    resolve_reports(session, case, upheld=False, now=now)


def _warn(session: Session, case: Case, now: datetime) -> None:
    """Only the message and the line in the log."""


_CHANGES: dict[Act, Callable[[Session, Case, datetime], None]] = {
    Act.HIDE: _hide,
    Act.RESTORE: _restore,
    Act.APPROVE: _approve,
    Act.REFUSE: _refuse,
    Act.DISMISS: _dismiss,
    Act.WARN: _warn,
}
