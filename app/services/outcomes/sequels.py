"""Outcomes: what surrounds a vote's question and its count on every page of it: extension, repeats, recounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from app.models.outcomes import PublicationKind
from app.models.votes import Vote
from app.models.votes.postings import PosterKind
from app.rules.votes.states import State
from app.services import outcomes
from app.services.outcomes import postings
from app.services.outcomes.postings import PostedSheet
from app.services.votes import recounts, repeats
from app.services.votes.origins import LinkedVote
from app.services.votes.recounts import RecountView


@dataclass(frozen=True, slots=True)
class Sequel:
    """`closed_before` is the closing that an extension replaced; `posters` the kinds that can be printed now."""

    closed_before: datetime | None
    extend_reason: str
    earlier: LinkedVote | None
    later: LinkedVote | None
    recounts: tuple[RecountView, ...]
    postings: tuple[PostedSheet, ...]
    posters: tuple[PosterKind, ...]
    certified: bool

    @property
    def differs(self) -> bool:
        """Whether any count made again came out otherwise than the sealed one."""
        return not all(recount.same for recount in self.recounts)


_EXTENSION = select(Vote.closed_before, Vote.extend_reason, Vote.state)


def sequel_of(session: Session, *, vote_id: UUID, drafts: bool = False) -> Sequel:
    """`drafts` shows the desk a repeat that has no notice yet."""
    closed_before, reason, state = session.exec(_EXTENSION.where(Vote.id == vote_id)).one()
    neighbours = repeats.repeats_of(session, vote_id=vote_id, drafts=drafts)
    counted = state in {State.PRELIMINARY, State.FINAL, State.ANNULLED}
    made_again = tuple(recounts.list_recounts(session, vote_id=vote_id)) if counted else ()
    return Sequel(
        closed_before=closed_before,
        extend_reason=reason,
        earlier=neighbours.earlier,
        later=neighbours.later,
        recounts=made_again,
        postings=tuple(postings.list_posted(session, vote_id=vote_id)),
        posters=_posters(session, vote_id),
        certified=state is State.FINAL and all(recount.same for recount in made_again),
    )


def _posters(session: Session, vote_id: UUID) -> tuple[PosterKind, ...]:
    posted = outcomes.postings_of(session, vote_id=vote_id)
    public = {
        PosterKind.NOTICE: PublicationKind.NOTICE in posted,
        PosterKind.ROLL: True,
        PosterKind.PRELIMINARY: PublicationKind.PRELIMINARY in posted,
        PosterKind.RESULT: PublicationKind.FINAL in posted,
    }
    return tuple(kind for kind, shown in public.items() if shown)
