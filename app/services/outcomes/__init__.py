"""Outcomes: post the notice, the preliminary and the final outcome of a vote, once each; read the board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.outcomes import Publication, PublicationKind
from app.models.votes import Vote, VoteResult
from app.rules.calendar import BEIJING, period_end
from app.rules.cursors import Mark
from app.rules.outcomes.posters import Subject, notice_text, outcome_text, text_hash
from app.rules.outcomes.statements import NextStep, clean_statement, read_steps
from app.rules.outcomes.words import scope_words
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.silence import read_silence
from app.rules.votes.states import State
from app.services import trail
from app.services.estates.standing import get_estate
from app.services.trail import Actor
from app.services.votes import chain, counting, drafting, reading, results

FINAL_DAYS = 15
MAX_DAYS = 365
EARLIER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Posting:
    """A publication as pages show it; `intact` is whether the text still has the hash it was posted with.

    `extended_to` is the new closing of a vote that was extended after its notice was posted: the text names the old one.
    `changed_at` is when something was last said of it: posted, extended, annulled.
    """

    id: UUID
    vote_id: UUID
    kind: PublicationKind
    title: str
    text: str
    text_hash: str
    intact: bool
    posted_at: datetime
    posted_until: datetime
    annulled_at: datetime | None
    annul_reason: str
    changed_at: datetime
    extended_to: datetime | None = None
    statement: str = ""
    steps: tuple[NextStep, ...] = ()

    @property
    def last_day(self) -> datetime:
        """An instant on the last day it hangs, which 24:00 still belongs to."""
        return self.posted_until - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Additions:
    """What the committee adds to a result, as typed; `steps` are rows of (what, who, ISO day)."""

    statement: str
    steps: Sequence[tuple[str, str, str]]
    days: int


@dataclass(frozen=True, slots=True)
class Draft:
    """An outcome composed and not yet posted: the exact text that would be."""

    kind: PublicationKind
    title: str
    statement: str
    steps: tuple[NextStep, ...]
    text: str
    text_hash: str
    posted_until: datetime

    @property
    def last_day(self) -> datetime:
        return self.posted_until - timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Board:
    """A notice board: what is posted now, and a page of what was, each with the newest first."""

    posted: tuple[Posting, ...]
    earlier: tuple[Posting, ...]
    has_older: bool


def post_notice(session: Session, *, estate_id: UUID, vote_id: UUID, actor: Actor, now: datetime) -> UUID:
    """Post a vote's notice until it closes, in the transaction that gives the notice. Twice is once."""
    vote = _locked(session, estate_id, vote_id)
    present = find_posting(session, vote_id=vote_id, kind=PublicationKind.NOTICE)
    if present:
        return present
    if vote.noticed_at is None or vote.closes_at is None:
        raise Conflict(N_("表决还没有公告，不能张贴"), code="not_noticed")
    subject = subject_of(session, vote)
    text = notice_text(subject, question=vote.text, posted_on=now.astimezone(BEIJING).date())
    draft = Draft(PublicationKind.NOTICE, vote.title, "", (), text, text_hash(text), vote.closes_at)
    return _post(session, vote, draft, publication_id=uuid4(), actor=actor, now=now)


def outcome_kind(text: str) -> PublicationKind:
    """`preliminary` or `final` from an address; a notice is posted by giving it, so `NotFound` for all else."""
    if text not in {PublicationKind.PRELIMINARY, PublicationKind.FINAL}:
        raise NotFound(N_("没有找到这个页面"))
    return PublicationKind(text)


def default_days(session: Session, *, estate_id: UUID, vote_id: UUID, kind: PublicationKind) -> int:
    """How long an outcome stays posted unless the committee says otherwise."""
    if kind is PublicationKind.FINAL:
        return FINAL_DAYS
    vote = drafting.get_vote(session, estate_id=estate_id, vote_id=vote_id)
    return max(RuleSet.from_json(vote.rules).objection_days, 1)


def ensure_publishable(session: Session, *, estate_id: UUID, vote_id: UUID, kind: PublicationKind) -> None:
    """Raise `Conflict` unless this outcome may be posted: sealed, and for the final one the vote final."""
    vote = drafting.get_vote(session, estate_id=estate_id, vote_id=vote_id)
    if vote.state is State.ANNULLED:
        raise Conflict(N_("这次表决已经作废，不能再公示结果"), code="annulled")
    if vote.state not in {State.PRELIMINARY, State.FINAL}:
        raise Conflict(N_("计票还没有封存。投票截止后系统会自动封存，请稍后再来"), code="not_sealed")
    if kind is PublicationKind.FINAL and vote.state is not State.FINAL:
        raise Conflict(N_("异议期还没有结束，或者还有异议没有答复，请等结果确定后再公示"), code="not_final")
    if kind is PublicationKind.PRELIMINARY and PublicationKind.FINAL in postings_of(session, vote_id=vote_id):
        raise Conflict(N_("最终结果已经公示，不能再公示初步结果"), code="final_posted")


def draft_outcome(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    kind: PublicationKind,
    additions: Additions,
    now: datetime,
) -> Draft:
    """Compose an outcome without posting it.

    A preliminary outcome is not taken down before the time for objections is over. Raises `Invalid`, and
    `Conflict` as `ensure_publishable` does.
    """
    ensure_publishable(session, estate_id=estate_id, vote_id=vote_id, kind=kind)
    vote = drafting.get_vote(session, estate_id=estate_id, vote_id=vote_id)
    if not 1 <= additions.days <= MAX_DAYS:
        raise Invalid(N_("公示天数要在 1 到 %(most)s 之间"), field="days", most=MAX_DAYS)
    today = now.astimezone(BEIJING).date()
    statement, steps = clean_statement(additions.statement), read_steps(additions.steps, today=today)
    # Nobody has to act on the last day of a posting, so rest days do not prolong it.
    until = period_end(now, additions.days, lambda _day: False)
    objections_until = vote.objections_until or until
    if kind is PublicationKind.PRELIMINARY:
        until = max(until, objections_until)
    text = outcome_text(
        subject_of(session, vote),
        results.figures_of(session.get_one(VoteResult, vote_id)),
        final=kind is PublicationKind.FINAL,
        statement=statement,
        steps=steps,
        objections_until=objections_until,
        posted_until=until,
        posted_on=today,
        without=results.without_silent(session.get_one(VoteResult, vote_id)),
    )
    return Draft(kind, vote.title, statement, tuple(steps), text, text_hash(text), until)


def publish_outcome(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    kind: PublicationKind,
    publication_id: UUID,
    additions: Additions,
    seen_hash: str,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Post an outcome; the second to come gets the first one's id and changes nothing.

    Raises `Conflict` (`unseen`) when the text is not the one whose hash the committee was shown, and what
    `draft_outcome` raises.
    """
    vote = _locked(session, estate_id, vote_id)
    present = find_posting(session, vote_id=vote_id, kind=kind)
    if present:
        return present
    draft = draft_outcome(
        session, estate_id=estate_id, vote_id=vote_id, kind=kind, additions=additions, now=now
    )
    if draft.text_hash != seen_hash:
        raise Conflict(N_("公示内容有变化，请再看一遍全文，然后发布"), code="unseen")
    return _post(session, vote, draft, publication_id=publication_id, actor=actor, now=now)


def find_posting(session: Session, *, vote_id: UUID, kind: PublicationKind) -> UUID | None:
    """The id of a vote's posting of that kind."""
    return postings_of(session, vote_id=vote_id).get(kind)


def postings_of(session: Session, *, vote_id: UUID) -> dict[PublicationKind, UUID]:
    """What has been posted of one vote."""
    rows = session.exec(select(Publication.kind, Publication.id).where(Publication.vote_id == vote_id))
    return {PublicationKind(kind): publication_id for kind, publication_id in rows}


def get_posting(session: Session, *, estate_id: UUID, publication_id: UUID) -> Posting:
    """One posting; `NotFound` when it is another estate's or none."""
    found = session.exec(_postings(estate_id).where(Publication.id == publication_id)).one_or_none()
    if found is None:
        raise NotFound(N_("公示栏里没有这一条，请从公示栏重新进入"))
    return _posting(*found)


def list_posted(session: Session, *, estate_id: UUID, now: datetime, page: int = 1) -> Board:
    """An estate's board. All that is posted now, and page `page` (from 1) of what was taken down."""
    newest = col(Publication.posted_at).desc()
    # A posting never changes; the notice of a vote that was extended hangs on until the new closing.
    notice = col(Publication.kind) == PublicationKind.NOTICE
    hangs = sa.or_(col(Publication.posted_until) > now, sa.and_(notice, col(Vote.closes_at) > now))
    up = session.exec(_postings(estate_id).where(hangs).order_by(newest))
    down = _postings(estate_id).where(sa.not_(hangs)).order_by(newest)
    rows = session.exec(down.offset((page - 1) * EARLIER_PAGE).limit(EARLIER_PAGE + 1)).all()
    return Board(
        posted=tuple(_posting(*row) for row in up),
        earlier=tuple(_posting(*row) for row in rows[:EARLIER_PAGE]),
        has_older=len(rows) > EARLIER_PAGE,
    )


def newest_postings(
    session: Session, *, estate_id: UUID, limit: int, after: Mark | None = None
) -> Sequence[Posting]:
    """What was ever posted, the newest first, from the row after the mark on."""
    query = _postings(estate_id).order_by(col(Publication.posted_at).desc(), col(Publication.id))
    if after is not None:
        same = sa.and_(col(Publication.posted_at) == after.at, col(Publication.id) > after.id)
        query = query.where(sa.or_(col(Publication.posted_at) < after.at, same))
    return [_posting(*row) for row in session.exec(query.limit(limit))]


def _postings(estate_id: UUID) -> Select[Publication, Vote]:
    return (
        select(Publication, Vote)
        .join(Vote, col(Vote.id) == Publication.vote_id)
        .where(Publication.estate_id == estate_id)
    )


def _posting(publication: Publication, vote: Vote) -> Posting:
    is_notice = publication.kind is PublicationKind.NOTICE
    extended_to = vote.closes_at if is_notice and vote.extended_at else None
    return Posting(
        id=publication.id,
        vote_id=publication.vote_id,
        kind=publication.kind,
        title=publication.title,
        text=publication.text,
        text_hash=publication.text_hash,
        intact=text_hash(publication.text) == publication.text_hash,
        posted_at=publication.posted_at,
        posted_until=max(publication.posted_until, extended_to or publication.posted_until),
        annulled_at=vote.annulled_at,
        annul_reason=vote.annul_reason,
        changed_at=max(
            at
            for at in (publication.posted_at, vote.annulled_at, vote.extended_at if is_notice else None)
            if at
        ),
        extended_to=extended_to,
        statement=publication.statement,
        steps=tuple(
            NextStep(step["what"], step["who"], date.fromisoformat(step["by"]))
            for step in publication.next_steps
        ),
    )


def _locked(session: Session, estate_id: UUID, vote_id: UUID) -> Vote:
    """The vote under its lock, so that two who publish at once meet one after the other."""
    if chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id) is None:
        raise NotFound(N_("没有找到这次表决"))
    return session.get_one(Vote, vote_id, populate_existing=True)


def _post(
    session: Session, vote: Vote, draft: Draft, *, publication_id: UUID, actor: Actor, now: datetime
) -> UUID:
    if session.get(Publication, publication_id) is not None:
        raise Conflict(N_("这张表单已经用过，请重新打开页面"), code="form_used")
    session.add(
        Publication(
            id=publication_id,
            estate_id=vote.estate_id,
            vote_id=vote.id,
            kind=draft.kind,
            title=draft.title,
            statement=draft.statement,
            next_steps=[
                {"what": step.what, "who": step.who, "by": step.by.isoformat()} for step in draft.steps
            ],
            text=draft.text,
            text_hash=draft.text_hash,
            posted_by=actor.id,
            posted_at=now,
            posted_until=draft.posted_until,
        )
    )
    session.flush()
    trail.record(
        session,
        tag=f"outcomes:{draft.kind.value}:post",
        actor=actor,
        now=now,
        estate_id=vote.estate_id,
        subject_kind="publication",
        subject_id=publication_id,
        new={"vote": str(vote.id), "text_hash": draft.text_hash, "until": draft.posted_until.isoformat()},
    )
    return publication_id


def subject_of(session: Session, vote: Vote) -> Subject:
    estate = get_estate(session, estate_id=vote.estate_id)
    everybody = counting.turnout(session, vote).quorum
    if vote.opens_at is None or vote.closes_at is None:
        raise Conflict(N_("请先定好规则和投票时间"))
    return Subject(
        estate=estate.name,
        committee=estate.committee_name or f"{estate.name}居委会",
        contact=(estate.desk_address, estate.desk_phone, estate.desk_hours),
        number=vote.number,
        title=vote.title,
        matter=vote.matter,
        scope=scope_words(vote.scope_building, vote.scope_entrance),
        total_heads=everybody.heads.whole,
        total_area=everybody.area.whole,
        opens_at=vote.opens_at,
        closes_at=vote.closes_at,
        legal_mode=vote.legal_mode,
        legal_basis=vote.legal_basis,
        rules=RuleSet.from_json(vote.rules),
        roll_hash=vote.roll_hash,
        text_hash=vote.text_hash,
        amendments=reading.amendments(session, vote_id=vote.id),
        paper=counting.paper_of(vote),
        survey=vote.survey,
        silence=read_silence(vote.silent),
    )
