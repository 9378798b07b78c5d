"""Votes as a passer-by may know them: what hangs on the board, as values instead of words, and nothing beyond it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.outcomes import Publication, PublicationKind
from app.models.votes import Vote, VoteResult
from app.rules.outcomes.papers import is_plain, short_enough
from app.rules.outcomes.posters import QUESTION_ON_POSTER
from app.rules.votes.questions import Question, QuestionKind
from app.rules.votes.results import Found, verdict_of
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.silence import Silence, read_silence
from app.rules.votes.states import LegalMode, State
from app.rules.votes.tally import Verdict
from app.services.votes import counting, results

_RESULTS = (PublicationKind.PRELIMINARY, PublicationKind.FINAL)


@dataclass(frozen=True, slots=True)
class PostedVote:
    """A vote in a list; `postings` are its sheets on the board by kind."""

    id: UUID
    number: int
    title: str
    survey: bool
    state: State
    scope_building: str
    scope_entrance: str
    opens_at: datetime
    closes_at: datetime
    extended: bool
    annulled_at: datetime | None
    annul_reason: str
    postings: Mapping[PublicationKind, UUID]


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question as the notice prints it; `text` is None where it does not."""

    question: Question
    text: str | None


@dataclass(frozen=True, slots=True)
class CountedQuestion:
    """One question's posted count: the sealed integers of a decision, and of what was returned alone where the silent count.

    `without` and `without_verdict` are None where they do not; areas in hundredths of a square metre.
    """

    found: Found[Verdict]
    figures: Mapping[str, int] | None
    without: Mapping[str, int] | None
    without_verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class PostedResult:
    """The sealed count once the committee has posted it."""

    final: bool
    objections_until: datetime | None
    questions: tuple[CountedQuestion, ...]


@dataclass(frozen=True, slots=True)
class PostedVoteSheet:
    """One vote; `text` is None where the notice has no room for it, `result` None before an outcome is posted."""

    vote: PostedVote
    text: str | None
    legal_mode: LegalMode
    legal_basis: str
    rules: RuleSet
    silence: Silence | None
    asked: tuple[AskedQuestion, ...]
    roll_hash: str
    text_hash: str
    result: PostedResult | None


def list_posted_votes(
    session: Session, *, estate_id: UUID, now: datetime, limit: int, below: int | None = None
) -> Sequence[PostedVote]:
    """Votes with anything on the board, the newest number first, from those below `below` on."""
    query = select(Vote).where(Vote.estate_id == estate_id, _IS_POSTED).order_by(col(Vote.number).desc())
    if below is not None:
        query = query.where(Vote.number < below)
    votes = session.exec(query.limit(limit)).all()
    postings = _postings(session, [vote.id for vote in votes])
    return [_line(vote, postings.get(vote.id, {}), now) for vote in votes]


def read_posted_vote(session: Session, *, estate_id: UUID, vote_id: UUID, now: datetime) -> PostedVoteSheet:
    """One of them; `NotFound` for another estate's, and before anything of it was posted."""
    query = select(Vote).where(Vote.id == vote_id, Vote.estate_id == estate_id, _IS_POSTED)
    vote = session.exec(query).one_or_none()
    if vote is None:
        raise NotFound(N_("没有找到这次表决"))
    line = _line(vote, _postings(session, [vote.id])[vote.id], now)
    return PostedVoteSheet(
        vote=line,
        text=vote.text if len(vote.text) <= QUESTION_ON_POSTER else None,
        legal_mode=vote.legal_mode,
        legal_basis=vote.legal_basis,
        rules=RuleSet.from_json(vote.rules),
        silence=read_silence(vote.silent),
        asked=_asked(counting.paper_of(vote)),
        roll_hash=vote.roll_hash,
        text_hash=vote.text_hash,
        result=_result(session, vote, line),
    )


_IS_POSTED = sa.exists().where(col(Publication.vote_id) == col(Vote.id))


def _postings(session: Session, vote_ids: Sequence[UUID]) -> dict[UUID, dict[PublicationKind, UUID]]:
    found: dict[UUID, dict[PublicationKind, UUID]] = {}
    rows = session.exec(
        select(Publication.vote_id, Publication.kind, Publication.id)
        .where(col(Publication.vote_id).in_(vote_ids))
        .order_by(col(Publication.posted_at))
    )
    for vote_id, kind, publication_id in rows:
        found.setdefault(vote_id, {})[PublicationKind(kind)] = publication_id
    return found


def _line(vote: Vote, postings: Mapping[PublicationKind, UUID], now: datetime) -> PostedVote:
    assert vote.opens_at is not None
    assert vote.closes_at is not None
    return PostedVote(
        id=vote.id,
        number=vote.number,
        title=vote.title,
        survey=vote.survey,
        state=counting.state_at(vote, now),
        scope_building=vote.scope_building,
        scope_entrance=vote.scope_entrance,
        opens_at=vote.opens_at,
        closes_at=vote.closes_at,
        extended=vote.extended_at is not None,
        annulled_at=vote.annulled_at,
        annul_reason=vote.annul_reason,
        postings=postings,
    )


def _asked(paper: Sequence[Question]) -> tuple[AskedQuestion, ...]:
    """Of one plain decision the vote's own text is all there is."""
    printed = not is_plain(paper) and short_enough(paper)
    return tuple(AskedQuestion(question, question.text if printed else None) for question in paper)


def _result(session: Session, vote: Vote, line: PostedVote) -> PostedResult | None:
    """Before the committee has posted it, the count is the members'."""
    sealed = session.get(VoteResult, vote.id) if any(kind in line.postings for kind in _RESULTS) else None
    if sealed is None:
        return None
    rules = RuleSet.from_json(vote.rules)
    figures, without = results.figures_of(sealed), results.without_silent(sealed)
    counted, place = [], 0
    for found in results.sealed_results(vote, sealed):
        plain = found.question.kind is QuestionKind.DECISION
        other = without[place] if plain and len(without) == len(figures) else None
        counted.append(
            CountedQuestion(
                found=found,
                figures=figures[place] if plain else None,
                without=other,
                without_verdict=verdict_of(other, rules, found.question.matter) if other else None,
            )
        )
        place += found.question.size
    return PostedResult(PublicationKind.FINAL in line.postings, vote.objections_until, tuple(counted))
