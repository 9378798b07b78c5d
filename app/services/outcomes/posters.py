"""Outcomes: what hangs of a vote on a board: the posted texts, the roll for checking, and the certificate of the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotFound
from app.models.base import NO_ID
from app.models.outcomes import Publication, PublicationKind
from app.models.votes import Objection, ObjectionState, Vote, VoteResult
from app.models.votes.evidence import Checkpoint, Recount
from app.models.votes.postings import PosterKind
from app.rules.calendar import BEIJING
from app.rules.outcomes.certificates import Facts, certificate_text
from app.rules.outcomes.posters import Poster, poster_of, roll_text, text_hash
from app.rules.outcomes.words import minute_words, void_words
from app.rules.votes.states import State
from app.services import outcomes
from app.services.votes import reading, results
from app.services.votes.drafting import get_vote

_POSTED = {
    PosterKind.NOTICE: PublicationKind.NOTICE,
    PosterKind.PRELIMINARY: PublicationKind.PRELIMINARY,
    PosterKind.RESULT: PublicationKind.FINAL,
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A text to print: taken apart, its hash, the page it stands on (inside the estate), and what is said over it.

    `columns` is 2 for a list of short lines; `over` is not part of the hashed text.
    """

    title: str
    poster: Poster
    text_hash: str
    page: str
    where: str
    over: tuple[str, ...] = ()
    columns: int = 1


def poster_kind(text: str) -> PosterKind:
    """The kind in an address; `NotFound` for anything else."""
    if text not in set(PosterKind):
        raise NotFound(N_("没有找到这个页面"))
    return PosterKind(text)


def sheet_of(session: Session, *, estate_id: UUID, vote_id: UUID, kind: PosterKind) -> Sheet:
    """The text of one kind as it is public now; raises `NotFound` while it is not."""
    vote = _noticed(session, estate_id, vote_id)
    if kind is PosterKind.ROLL:
        return _roll_sheet(session, vote)
    publication_id = outcomes.find_posting(session, vote_id=vote_id, kind=_POSTED[kind])
    if publication_id is None:
        raise NotFound(N_("这一份还没有公示，公示以后才能打印张贴"))
    posting = outcomes.get_posting(session, estate_id=estate_id, publication_id=publication_id)
    return Sheet(
        title=posting.title,
        poster=poster_of(posting.text),
        text_hash=posting.text_hash,
        page=f"outcomes/{posting.id}",
        where="公示栏",
        over=_over(vote, notice=kind is PosterKind.NOTICE),
    )


def hashes_of(session: Session, *, estate_id: UUID, vote_id: UUID) -> dict[PosterKind, str]:
    """The hash printed on each sheet that can be hung now."""
    found = {}
    for kind in PosterKind:
        try:
            found[kind] = sheet_of(session, estate_id=estate_id, vote_id=vote_id, kind=kind).text_hash
        except NotFound:
            continue
    return found


def certificate_of(session: Session, *, estate_id: UUID, vote_id: UUID) -> Sheet:
    """The certificate of a final result; `NotFound` before it is final, `Conflict` (`void`) when it is worth nothing."""
    vote = _noticed(session, estate_id, vote_id)
    if vote.state is State.ANNULLED:
        raise Conflict(N_("这次表决已经作废，没有结果证明"), code="void")
    if vote.state is not State.FINAL or vote.final_at is None:
        raise NotFound(N_("成为最终结果以后才有结果证明"))
    recounts = session.exec(
        select(Recount).where(Recount.vote_id == vote_id).order_by(col(Recount.made_at))
    ).all()
    if not all(recount.same for recount in recounts):
        raise Conflict(N_("重新计票的结果和封存的结果不一样，不能出具结果证明"), code="void")
    sealed = session.get_one(VoteResult, vote_id)
    checkpoint = session.exec(
        select(Checkpoint).where(Checkpoint.vote_id == vote_id).order_by(col(Checkpoint.size).desc()).limit(1)
    ).one_or_none()
    facts = Facts(
        final_at=vote.final_at,
        published_on=_published(session, vote_id),
        head_seq=sealed.head_seq,
        head_hash=sealed.head_hash,
        objections=_objections(session, vote_id),
        recounts=[recount.made_at.astimezone(BEIJING).date() for recount in recounts],
        closed_before=vote.closed_before,
        extend_reason=vote.extend_reason,
        checkpoint=(checkpoint.size, checkpoint.root) if checkpoint else None,
    )
    text = certificate_text(
        outcomes.subject_of(session, vote),
        results.figures_of(sealed),
        facts,
        question=vote.text,
        without=results.without_silent(sealed),
        issued_on=vote.final_at.astimezone(BEIJING).date(),
    )
    return Sheet(
        title=vote.title,
        poster=poster_of(text),
        text_hash=text_hash(text),
        page=f"votes/{vote_id}/certificate",
        where="表决",
    )


def _noticed(session: Session, estate_id: UUID, vote_id: UUID) -> Vote:
    vote = get_vote(session, estate_id=estate_id, vote_id=vote_id)
    if vote.state is State.DRAFT:
        raise NotFound(N_("没有找到这次表决"))
    return vote


def _roll_sheet(session: Session, vote: Vote) -> Sheet:
    # Nobody reads here, so every name is masked: what hangs on a wall is read by all.
    lines = reading.posted_roll(session, vote_id=vote.id, account_id=NO_ID)
    noticed: datetime = vote.noticed_at or vote.created_at
    text = roll_text(
        outcomes.subject_of(session, vote),
        [(line.label, line.area, line.owners) for line in lines],
        posted_on=noticed.astimezone(BEIJING).date(),
    )
    return Sheet(
        title=vote.title,
        poster=poster_of(text),
        text_hash=text_hash(text),
        page=f"votes/{vote.id}/roll",
        where="表决",
        over=_over(vote, notice=False),
        columns=2,
    )


def _over(vote: Vote, *, notice: bool) -> tuple[str, ...]:
    over = []
    if vote.annulled_at:
        over.append(void_words(vote.annulled_at, vote.annul_reason))
    if notice and vote.extended_at and vote.closes_at:
        over.append(f"投票截止时间已按公布的规则延长到 {minute_words(vote.closes_at)}：{vote.extend_reason}")
    return tuple(over)


def _published(session: Session, vote_id: UUID) -> datetime | None:
    query = select(Publication.posted_at).where(
        Publication.vote_id == vote_id, Publication.kind == PublicationKind.FINAL
    )
    posted_at = session.exec(query).one_or_none()
    return posted_at.astimezone(BEIJING) if posted_at else None


def _objections(session: Session, vote_id: UUID) -> int:
    query = select(sa.func.count()).where(
        Objection.vote_id == vote_id, Objection.state != ObjectionState.WITHDRAWN
    )
    return int(session.exec(query).one())
