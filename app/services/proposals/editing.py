"""Proposals: change a published one while it gathers support: before anybody seconded it quietly, after that in the open."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.proposals import EventKind, Proposal, ProposalText
from app.models.search import SubjectKind
from app.rules.proposals.changes import is_material
from app.rules.proposals.states import OPEN_FOR_EDIT
from app.rules.text import clean_line, clean_text
from app.services.accounts import limits
from app.services.proposals import telling
from app.services.proposals.drafting import MOST_REASON, MOST_TEXT, MOST_TITLE, check_wording
from app.services.proposals.moving import lock_proposal, note_event
from app.services.proposals.people import public_name
from app.services.search import put_in_index
from app.services.trail import Actor

MOST_EDITS_A_DAY = 10
LEAST_REASON = 2


def get_editable(session: Session, *, estate_id: UUID, proposal_id: UUID, account_id: UUID) -> Proposal:
    """One's own published proposal, locked, while it may be changed.

    Raises `NotFound` for another's and a draft, `Conflict` (`text_locked`) after the gathering.
    """
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    ensure_editable(proposal, account_id)
    return proposal


def ensure_editable(proposal: Proposal, account_id: UUID) -> None:
    if proposal.author_id != account_id or proposal.number is None:
        raise NotFound(N_("没有找到这个议题"))
    if proposal.state not in OPEN_FOR_EDIT:
        raise Conflict(N_("征集附议已经结束，议题的文字不能再改"), code="text_locked")
    if proposal.hidden_at is not None:
        raise Conflict(N_("这个议题已被隐藏，不能修改。对处理不服可以申诉"), code="hidden")


def edit_proposal(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    revision: int,
    title: str,
    text: str,
    reason: str,
    author: Actor,
    now: datetime,
) -> bool:
    """Give the proposal another wording; True when there was something to change.

    Every text is kept as a revision. Once seconded a change needs a reason, stands on the public way and is told to the
    seconders, unless only spaces or the width of signs differ. What is to be renovated and where never changes.
    Raises `Conflict` when it was changed since `revision` was read, `Invalid`, and as `get_editable` does.
    """
    title = clean_line(title, most=MOST_TITLE, field="title")
    text = clean_text(text, most=MOST_TEXT, field="text")
    reason = clean_line(reason, most=MOST_REASON, field="reason")
    check_wording(title, text)
    proposal = get_editable(session, estate_id=estate_id, proposal_id=proposal_id, account_id=author.id)
    if (title, text) == (proposal.title, proposal.text):
        return False
    if proposal.revision != revision:
        raise Conflict(
            N_("这个议题刚刚在别处改过，请先看最新的文字，再把您的修改写进去"),
            code="changed_meanwhile",
            field="text",
        )
    told = proposal.supporters > 0 and is_material(f"{proposal.title}\n{proposal.text}", f"{title}\n{text}")
    if told and len(reason) < LEAST_REASON:
        raise Invalid(
            N_("已经有邻居附议，请写明为什么修改，附议的邻居会看到"), code="reason_needed", field="reason"
        )
    window = timedelta(days=1)
    limits.hit(session, key=f"proposal:edit:{proposal_id}", limit=MOST_EDITS_A_DAY, window=window, now=now)
    _rewrite(session, proposal, title, text, reason, author, now)
    if told:
        _announce(session, proposal, reason, now)
    return True


def _rewrite(
    session: Session, proposal: Proposal, title: str, text: str, reason: str, author: Actor, now: datetime
) -> None:
    proposal.title, proposal.text = title, text
    proposal.revision += 1
    proposal.changed_at = now
    session.add(proposal)
    session.add(
        ProposalText(
            proposal_id=proposal.id,
            revision=proposal.revision,
            title=title,
            text=text,
            reason=reason,
            by=author.id,
            at=now,
        )
    )
    session.flush()
    put_in_index(
        session,
        estate_id=proposal.estate_id,
        kind=SubjectKind.PROPOSAL,
        subject_id=proposal.id,
        text=f"{title}\n{text}",
        at=proposal.published_at or now,
    )


def _announce(session: Session, proposal: Proposal, reason: str, now: datetime) -> None:
    link = f"proposals/{proposal.id}/history?revision={proposal.revision}"
    name = public_name(session, estate_id=proposal.estate_id, account_id=proposal.author_id)
    note_event(session, proposal, kind=EventKind.EDITED, now=now, actor_name=name, note=reason, link=link)
    telling.tell_seconders(
        session,
        proposal,
        template="proposal_changed",
        key=f"changed:{proposal.revision}",
        now=now,
        values={"reason": reason},
        link=link,
    )
