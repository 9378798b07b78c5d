"""Votes: the result of a closed vote, counted for its page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from app.rules.votes.privacy import is_small
from app.rules.votes.results import Found, results_of
from app.rules.votes.tally import Tally
from app.services.votes import counting
from app.services.votes.drafting import get_vote


@dataclass(frozen=True, slots=True)
class Outcome:
    """A count and how firm it is; of a small scope, pages say no more than the rule needs."""

    results: tuple[Found[Tally], ...]
    sealed: bool
    counted_head: str

    @property
    def tally(self) -> Tally:
        """The first item's: all of it where one question was put."""
        return self.results[0].tally

    @property
    def is_small(self) -> bool:
        return is_small(self.tally.total_heads)


def result_of(
    session: Session, *, estate_id: UUID, vote_id: UUID, now: datetime, grace: timedelta, secret: bytes
) -> Outcome | None:
    """The count of a closed vote, sealed or made on read; None while ballots may still be being written."""
    vote = get_vote(session, estate_id=estate_id, vote_id=vote_id)
    if not counting.is_countable(vote, now, grace):
        return None
    sealed = counting.sealed_result(session, vote.id)
    tallies = counting.tallies_of(session, vote, now=now, grace=grace, secret=secret)
    return Outcome(
        results=results_of(counting.paper_of(vote), tallies),
        sealed=sealed is not None,
        counted_head=sealed.head_hash if sealed else vote.head_hash,
    )
