"""Votes: turnout while open, and the count after closing; never a choice before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, Conflict
from app.models.base import table_of
from app.models.votes import BallotChannel, BallotCurrent, RollEntry, Vote, VoteResult
from app.models.votes.paper import Delivery, DeliveryResult
from app.rules.votes.questions import Answers, Question, items_of, read_paper
from app.rules.votes.rulesets import BallotMode, RuleSet
from app.rules.votes.states import State, phase
from app.rules.votes.tally import Entry, Measure, Measures, Tally, count_by_rules
from app.rules.votes.windows import paper_until
from app.services.votes.roll import ON_ROLL
from app.services.votes.sealing import keyring

ENTRY = table_of(RollEntry)
BALLOT, DELIVERY = table_of(BallotCurrent), table_of(Delivery)

# A home's ballot is looked up, not joined: where PostgreSQL has no statistics yet its join is quadratic in the homes.
_BALLOT_OF_HOME = sa.and_(BALLOT.c.vote_id == ENTRY.c.vote_id, BALLOT.c.unit_id == ENTRY.c.unit_id)
_HOMES = sa.select(
    ENTRY.c.area,
    ENTRY.c.head_key,
    sa.select(BALLOT.c.seq).where(_BALLOT_OF_HOME).correlate(ENTRY).scalar_subquery().label("seq"),
).where(ENTRY.c.vote_id == sa.bindparam("vote_id"), *ON_ROLL)
_HOME = _HOMES.subquery().c
_CAST = _HOME.seq.is_not(None)
_TURNOUT = sa.select(
    sa.func.coalesce(sa.func.sum(_HOME.area), 0),
    sa.func.count(sa.distinct(_HOME.head_key)),
    sa.func.coalesce(sa.func.sum(sa.case((_CAST, _HOME.area), else_=0)), 0),
    sa.func.count(sa.distinct(sa.case((_CAST, _HOME.head_key)))),
    sa.func.count(),
    sa.func.count(_HOME.seq),
)
# With one ballot a head, it speaks for all homes of that head.
_HEAD = (
    sa.select(
        sa.func.sum(_HOME.area).label("area"),
        sa.func.count().label("homes"),
        sa.func.count(_HOME.seq).label("cast"),
    )
    .group_by(_HOME.head_key)
    .subquery()
    .c
)
_SPOKEN = _HEAD.cast > 0
_TURNOUT_PER_HEAD = sa.select(
    sa.func.coalesce(sa.func.sum(_HEAD.area), 0),
    sa.func.count(),
    sa.func.coalesce(sa.func.sum(sa.case((_SPOKEN, _HEAD.area), else_=0)), 0),
    sa.func.coalesce(sa.func.sum(sa.case((_SPOKEN, 1), else_=0)), 0),
    sa.func.coalesce(sa.func.sum(_HEAD.homes), 0),
    sa.func.coalesce(sa.func.sum(sa.case((_SPOKEN, _HEAD.homes), else_=0)), 0),
)
_SPOKEN_HEADS = sa.select(_HOME.head_key).where(_CAST).distinct()


def _raw(*columns: sa.Column[Any]) -> list[sa.ColumnElement[Any]]:
    """As the driver gives them: making a UUID of each home would take longer than unsealing its ballot."""
    return [sa.type_coerce(column, sa.types.NULLTYPE) for column in columns]


# The count reads both tables straight through, in one order, and puts them together itself: that grows with the homes on any
# database.
_LINES = (
    sa.select(*_raw(ENTRY.c.unit_id, ENTRY.c.struck, ENTRY.c.area, ENTRY.c.head_key))
    .where(ENTRY.c.vote_id == sa.bindparam("vote_id"))
    .order_by(ENTRY.c.unit_id, ENTRY.c.revision)
)
# A ballot brought, or posted where it could not be, and written down before the closing: what is written later, whatever day
# it names, would let someone who knows the count add to it, and a recount find another.
_SERVED = (
    sa.select(DELIVERY.c.unit_id)
    .where(
        DELIVERY.c.vote_id == sa.bindparam("vote_id"),
        DELIVERY.c.result.in_((DeliveryResult.DELIVERED, DeliveryResult.POSTED)),
        DELIVERY.c.recorded_at < sa.bindparam("closes_at"),
    )
    .distinct()
)
_BALLOTS = (
    sa.select(*_raw(BALLOT.c.unit_id, BALLOT.c.sealed_choice))
    .where(BALLOT.c.vote_id == sa.bindparam("vote_id"))
    .order_by(BALLOT.c.unit_id)
)


@dataclass(frozen=True, slots=True)
class Turnout:
    """Who has taken part so far, by both measures; areas in hundredths of a square metre.

    With one ballot a head, `homes_cast` are all homes it speaks for.
    """

    quorum: Measures
    homes_cast: int
    homes: int
    per_head: bool


def state_at(vote: Any, now: datetime) -> State:
    """The state the clock gives it, whether or not a job has run."""
    if vote.opens_at is None or vote.closes_at is None:
        drafted: State = vote.state
        return drafted
    state: State = phase(vote.state, vote.opens_at, vote.closes_at, now)
    return state


def turnout(session: Session, vote: Vote) -> Turnout:
    """Counted by the database on the homes of the roll; a head has taken part when one of its homes has."""
    rules = RuleSet.from_json(vote.rules)
    quorum, per_head = rules.quorum, rules.ballot_mode is BallotMode.PER_HEAD
    query = _TURNOUT_PER_HEAD if per_head else _TURNOUT
    row = session.connection().execute(query, {"vote_id": vote.id}).one()
    area, heads, cast_area, cast_heads, homes, homes_cast = row
    return Turnout(
        quorum=Measures(
            Measure(quorum, int(cast_area), int(area)), Measure(quorum, int(cast_heads), int(heads))
        ),
        homes_cast=int(homes_cast),
        homes=int(homes),
        per_head=per_head,
    )


def spoken_heads(session: Session, vote: Vote) -> frozenset[str]:
    """The heads whose one ballot is in, so that none of their homes waits for another; none where each home has its own."""
    if RuleSet.from_json(vote.rules).ballot_mode is not BallotMode.PER_HEAD:
        return frozenset()
    return frozenset(session.connection().execute(_SPOKEN_HEADS, {"vote_id": vote.id}).scalars())


def is_countable(vote: Vote, now: datetime, grace: timedelta) -> bool:
    """Closed, and every ballot that came in before the closing second has had its time to be written."""
    state = state_at(vote, now)
    if state is State.CLOSED and vote.state in {State.NOTICED, State.OPEN}:
        return now >= count_from(vote, grace)
    return state in {State.CLOSED, State.PRELIMINARY, State.FINAL}


def count_from(vote: Any, grace: timedelta) -> datetime:
    """When a closed vote is counted: after the last phone has had its time and the last day for entering sheets is over.

    Nobody could enter one while a restored backup waited, so of a vote on paper a whole day is left after that.
    """
    closes_at: datetime = vote.closes_at
    days = int(vote.rules.get("paper_days", 0))
    until = max(closes_at + grace, paper_until(closes_at, days))
    return max(until, paper_until(vote.resumed_at, 1)) if days and vote.resumed_at else until


def tally_of(session: Session, vote: Vote, *, now: datetime, grace: timedelta, secret: bytes) -> Tally:
    """Count the first item of a closed vote's paper: all of it where one question was put."""
    return tallies_of(session, vote, now=now, grace=grace, secret=secret)[0]


def tallies_of(
    session: Session, vote: Vote, *, now: datetime, grace: timedelta, secret: bytes
) -> list[Tally]:
    """Count every item of a closed vote's paper from its roll and current ballots, in the order of the paper.

    Raises `Conflict` (`not_countable`) while ballots may still come or sheets still be entered.
    """
    if not is_countable(vote, now, grace):
        raise Conflict(N_("投票还没有截止，现在不能看计票结果"), code="not_countable")
    rules, items = RuleSet.from_json(vote.rules), items_of(paper_of(vote))
    served = served_homes(session, vote) if vote.silent else frozenset[UUID]()
    papers: Iterable[_Paper] = _papers(session, vote.id, secret)
    if len(items) > 1:
        papers = list(papers)
    return [
        count_by_rules(
            (
                Entry(
                    area,
                    head,
                    answers[item.place] if answers else None,
                    bool(served) and _home_id(unit) in served,
                )
                for unit, area, head, answers in papers
            ),
            rules,
            item.matter,
        )
        for item in items
    ]


def served_homes(session: Session, vote: Vote) -> frozenset[UUID]:
    """The homes whose ballot was provably brought, or posted where it could not be, before the vote closed.

    Only these may be counted as silent (`rules/votes/silence.py`): of the others nobody knows that they were asked.
    """
    where = {"vote_id": vote.id, "closes_at": vote.closes_at}
    return frozenset(session.connection().execute(_SERVED, where).scalars())


def _home_id(unit: str | UUID) -> UUID:
    return unit if isinstance(unit, UUID) else UUID(hex=unit)


def paper_of(vote: Vote) -> tuple[Question, ...]:
    """What the vote asks."""
    return read_paper(vote.title, vote.text, vote.matter, vote.questions)


# A home as the driver names it, its area, its head, and what was answered for it.
_Paper = tuple[str | UUID, int, str, Answers | None]


def _papers(session: Session, vote_id: UUID, secret: bytes) -> Iterator[_Paper]:
    """Every home on the roll with its answers; roll and ballots come in one order, so they are walked side by side."""
    keys = keyring(secret, vote_id)
    connection, where = session.connection(), {"vote_id": vote_id}
    ballots = _in_parts(connection.execute(_BALLOTS, where))
    cast, sealed = next(ballots, (None, b""))
    for unit, lines in groupby(_in_parts(connection.execute(_LINES, where)), key=itemgetter(0)):
        *_, (_, struck, area, head) = lines
        answers = None
        if unit == cast:
            answers = keys.unseal_answers(
                sealed, unit.bytes if isinstance(unit, UUID) else bytes.fromhex(unit)
            )
            cast, sealed = next(ballots, (None, b""))
        if not struck:
            yield unit, area, head, answers
    if cast is not None:
        raise RuntimeError(f"vote {vote_id} holds a ballot for a home that was never on its roll")


def _in_parts(rows: sa.CursorResult[Any]) -> Iterator[Any]:
    """Row after row, few at a time: all at once they would be gone through by every collection of garbage."""
    return chain.from_iterable(rows.partitions(1_000))


def cast_by_channel(session: Session, vote_id: UUID) -> dict[BallotChannel, int]:
    """How many homes' counting ballots came by which channel; published after closing only."""
    query = (
        sa.select(BALLOT.c.channel, sa.func.count())
        .where(BALLOT.c.vote_id == vote_id)
        .group_by(BALLOT.c.channel)
    )
    return {BallotChannel(channel): int(number) for channel, number in session.connection().execute(query)}


def sealed_result(session: Session, vote_id: UUID) -> VoteResult | None:
    return session.get(VoteResult, vote_id)
