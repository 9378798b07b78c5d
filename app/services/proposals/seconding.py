"""Proposals: second one, or take that back; a home counts once, whoever of it presses the button."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotAllowed
from app.models.base import table_of
from app.models.estates import Unit
from app.models.outbox import Channel
from app.models.proposals import EventKind, Proposal, Seconding
from app.rules.estates.labels import home_label
from app.rules.proposals.deadlines import answer_due, street_due
from app.rules.proposals.states import OPEN_FOR_SUPPORT
from app.services.holidays import is_rest_day
from app.services.proposals import telling
from app.services.proposals.moving import lock_proposal, note_event
from app.services.proposals.places import homes_of, place_of
from app.services.proposals.reading import get_published
from app.services.proposals.settings import read_settings

_SECONDING, _UNIT = table_of(Seconding), table_of(Unit)


@dataclass(frozen=True, slots=True)
class MyVoice:
    """What a person can do for one proposal.

    `homes` are his homes in its scope, the proposer's left out; `given` of them second it, `mine` of those by his own hand. `may_second` that
    the button does something.
    """

    homes: tuple[str, ...]
    given: int
    mine: int
    is_author: bool
    may_second: bool
    may_take_back: bool


def _check_open(proposal: Proposal) -> None:
    if proposal.state not in OPEN_FOR_SUPPORT or proposal.hidden_at is not None:
        raise Conflict(N_("这个议题现在不在征集附议，不能再附议或收回"), code="not_gathering")


def second(
    session: Session, *, estate_id: UUID, proposal_id: UUID, account_id: UUID, now: datetime
) -> Proposal:
    """Give the voice of every home in scope that is the person's; homes that have given theirs stay as they are.

    The threshold reached, the answer is owed from that day, also when somebody takes his voice back later.
    Raises `Conflict` when it does not gather (any more), `NotAllowed` for its author and for one without a home in scope.
    """
    get_published(session, estate_id=estate_id, proposal_id=proposal_id)
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    _check_open(proposal)
    if proposal.gathering_until is None or now >= proposal.gathering_until:
        raise Conflict(N_("征集附议的期限已过，不能再附议"), code="gathering_over")
    mine = _voices(session, proposal, account_id)
    new = mine - _given(session, proposal_id)
    session.add_all(
        Seconding(
            proposal_id=proposal_id,
            unit_id=unit_id,
            account_id=account_id,
            given_to=proposal_id,
            revision=proposal.revision,
            at=now,
        )
        for unit_id in new
    )
    _count(session, proposal, len(new))
    if proposal.reached_at is None and proposal.supporters >= proposal.needed:
        _reach(session, proposal, now)
    return proposal


def _voices(session: Session, proposal: Proposal, account_id: UUID) -> frozenset[UUID]:
    """The person's homes that may second: in scope, and not the proposer's own, whose voice is the proposal itself."""
    if proposal.author_id == account_id:
        raise NotAllowed(N_("这是您自己的议题，不用附议，请邻居来附议"), code="own_proposal")
    homes = _homes(session, proposal, account_id)
    if not homes:
        raise NotAllowed(N_("附议的人要在这个议题的范围内有房屋或居住登记"), code="outside_scope")
    voices = homes - _homes(session, proposal, proposal.author_id)
    if not voices:
        raise NotAllowed(N_("您家就是提出这个议题的那一户，不用再附议"), code="own_proposal")
    return voices


def _homes(session: Session, proposal: Proposal, account_id: UUID) -> frozenset[UUID]:
    return homes_of(session, estate_id=proposal.estate_id, account_id=account_id, place=place_of(proposal))


def _given(session: Session, proposal_id: UUID) -> frozenset[UUID]:
    return frozenset(session.exec(select(Seconding.unit_id).where(Seconding.proposal_id == proposal_id)))


def _count(session: Session, proposal: Proposal, more: int) -> None:
    """The counters move with the rows, under the lock the caller holds."""
    proposal.supporters += more
    proposal.warmth = max(proposal.warmth + more, 0)
    session.add(proposal)
    session.flush()


def _reach(session: Session, proposal: Proposal, now: datetime) -> None:
    rules = read_settings(session, estate_id=proposal.estate_id).answer
    due = answer_due(now, rules, is_rest_day)
    proposal.reached_at, proposal.answer_due_at = now, due
    proposal.street_due_at = street_due(due, rules, is_rest_day)
    session.add(proposal)
    note_event(session, proposal, kind=EventKind.REACHED, now=now)
    values: dict[str, object] = {"homes": proposal.supporters, "due": due.isoformat()}
    telling.tell(
        session,
        proposal,
        [proposal.author_id],
        template="proposal_reached",
        key="reached",
        now=now,
        values=values,
        channel=Channel.SMS,
    )
    telling.tell(
        session,
        proposal,
        telling.committee_of(session, estate_id=proposal.estate_id),
        template="proposal_reached_desk",
        key="reached_desk",
        now=now,
        values=values,
        channel=Channel.SMS,
    )


def take_back(session: Session, *, estate_id: UUID, proposal_id: UUID, account_id: UUID) -> Proposal:
    """Take back the voices this person gave, while the proposal gathers; those he has not given stay.

    Twice is once. Raises `Conflict` once it does not gather any more.
    """
    get_published(session, estate_id=estate_id, proposal_id=proposal_id)
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    _check_open(proposal)
    taken = session.connection().execute(
        sa.delete(_SECONDING)
        .where(_SECONDING.c.proposal_id == proposal_id, _SECONDING.c.account_id == account_id)
        .execution_options(preserve_rowcount=True)
    )
    _count(session, proposal, -taken.rowcount)
    return proposal


def my_voice(
    session: Session, *, estate_id: UUID, proposal_id: UUID, account_id: UUID, now: datetime
) -> MyVoice:
    """What the person's buttons beside a published proposal are."""
    proposal = get_published(session, estate_id=estate_id, proposal_id=proposal_id)
    homes = _homes(session, proposal, account_id) - _homes(session, proposal, proposal.author_id)
    labels = session.connection().execute(
        sa.select(_UNIT.c.building, _UNIT.c.entrance, _UNIT.c.room)
        .where(_UNIT.c.id.in_(homes))
        .order_by(_UNIT.c.building, _UNIT.c.entrance, _UNIT.c.room)
    )
    rows = session.exec(
        select(Seconding.unit_id, Seconding.account_id).where(
            Seconding.proposal_id == proposal_id,
            sa.or_(col(Seconding.unit_id).in_(homes), col(Seconding.account_id) == account_id),
        )
    ).all()
    given = {unit_id for unit_id, _ in rows} & homes
    mine = sum(giver == account_id for _, giver in rows)
    is_author = proposal.author_id == account_id
    is_open = proposal.state in OPEN_FOR_SUPPORT and proposal.hidden_at is None
    in_time = proposal.gathering_until is not None and now < proposal.gathering_until
    return MyVoice(
        homes=tuple(home_label(*label) for label in labels),
        given=len(given),
        mine=mine,
        is_author=is_author,
        may_second=is_open and in_time and not is_author and len(given) < len(homes),
        may_take_back=is_open and mine > 0,
    )
