"""Proposals: the texts one had and what each changed, and the whole way it has gone and has still to go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.proposals import EventKind, ProposalEvent, ProposalText
from app.rules.proposals.changes import Change, diff
from app.rules.proposals.states import ENDED, WHOLE_WAY, ProposalState

MOST_TEXTS = 100


@dataclass(frozen=True, slots=True)
class TextLine:
    """One revision, without its text."""

    revision: int
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TextChange:
    """One revision beside the one before it; of the first one everything is as it was written."""

    revision: int
    reason: str
    at: datetime
    title: tuple[Change, ...]
    text: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the way; `link` is read from the estate's home on."""

    kind: EventKind
    state: ProposalState
    actor_name: str
    note: str
    link: str
    at: datetime


def list_texts(session: Session, *, proposal_id: UUID) -> list[TextLine]:
    """The newest first."""
    query = (
        select(ProposalText.revision, ProposalText.reason, ProposalText.at)
        .where(ProposalText.proposal_id == proposal_id)
        .order_by(col(ProposalText.revision).desc())
        .limit(MOST_TEXTS)
    )
    return [TextLine(*row) for row in session.exec(query)]


def read_change(session: Session, *, proposal_id: UUID, revision: int) -> TextChange:
    """What a revision changed; `NotFound` for one that never was."""
    text = session.get(ProposalText, (proposal_id, revision))
    if text is None:
        raise NotFound(N_("没有找到这一版文字"))
    before = session.get(ProposalText, (proposal_id, revision - 1)) or text
    return TextChange(
        revision=revision,
        reason=text.reason,
        at=text.at,
        title=tuple(diff(before.title, text.title)),
        text=tuple(diff(before.text, text.text)),
    )


def read_way(session: Session, *, proposal_id: UUID) -> list[Step]:
    """All that happened, in order."""
    query = (
        select(ProposalEvent).where(ProposalEvent.proposal_id == proposal_id).order_by(col(ProposalEvent.seq))
    )
    return [
        Step(event.kind, event.state, event.actor_name, event.note, event.link, event.at)
        for event in session.exec(query)
    ]


def still_to_come(state: ProposalState) -> Sequence[ProposalState]:
    """What follows when all goes well; nothing for what has ended."""
    if state in ENDED or state not in WHOLE_WAY:
        return ()
    return WHOLE_WAY[WHOLE_WAY.index(state) + 1 :]
