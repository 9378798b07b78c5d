"""Deliberations: the party members of an estate in their duties and what each has done; never a file, never a ranking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, NotFound
from app.models.base import table_of
from app.models.deliberations import ModerationAct, Post, PostState, Thread, ThreadModerator
from app.models.proposals import Proposal
from app.rules.accounts import Duty, Role
from app.rules.proposals.states import ProposalState
from app.services.accounts.grants import list_grants
from app.services.deliberations.log import LogLine, acts_by

# Counting stops here: the page tells what was done, it does not measure.
MOST_COUNTED = 100
_LAST = 5

_PROPOSAL, _POST, _THREAD, _SEAT, _ACT = (
    table_of(model) for model in (Proposal, Post, Thread, ThreadModerator, ModerationAct)
)


@dataclass(frozen=True, slots=True)
class Member:
    """A party member and his duties in the order of the rules."""

    account_id: UUID
    name: str
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """Something done, by its title; `link` is read from the estate's home on."""

    title: str
    link: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pile:
    """The last deeds of one sort and how many there are, counted no further than `MOST_COUNTED`."""

    count: int
    last: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What one party member has done in this estate."""

    member: Member
    sponsored: Pile
    answered: Pile
    threads: Pile
    acts: int
    last_acts: Sequence[LogLine]


def list_members(session: Session, *, estate_id: UUID) -> Sequence[Member]:
    """In the order in which they took their first duty."""
    names: dict[UUID, str] = {}
    duties: dict[UUID, set[Duty]] = {}
    for line in list_grants(session, estate_id=estate_id):
        if line.role is Role.PARTY_MEMBER:
            names[line.account_id] = line.name
            duties.setdefault(line.account_id, set()).add(line.duty)
    return [
        Member(account_id, name, tuple(duty for duty in Duty if duty in duties[account_id]))
        for account_id, name in names.items()
    ]


def read_record(session: Session, *, estate_id: UUID, account_id: UUID) -> Record:
    """Raises `NotFound` for one who holds no duty here at present."""
    found = [one for one in list_members(session, estate_id=estate_id) if one.account_id == account_id]
    if not found:
        raise NotFound(N_("这里没有这位党员"))
    return _record(session, estate_id, found[0])


def list_records(session: Session, *, estate_id: UUID) -> Sequence[Record]:
    return [_record(session, estate_id, member) for member in list_members(session, estate_id=estate_id)]


def _record(session: Session, estate_id: UUID, member: Member) -> Record:
    connection = session.connection()
    acts = connection.execute(
        sa.select(sa.func.count()).select_from(
            sa.select(_ACT.c.id)
            .where(_ACT.c.moderator_id == member.account_id, _ACT.c.estate_id == estate_id)
            .limit(MOST_COUNTED)
            .subquery()
        )
    ).scalar_one()
    return Record(
        member=member,
        sponsored=_pile(connection.execute(_sponsored(estate_id, member)), "proposals/{0.id}"),
        answered=_pile(
            connection.execute(_answered(estate_id, member)), "deliberations/{0.id}/posts/{0.seq}"
        ),
        threads=_pile(connection.execute(_moderated(estate_id, member)), "deliberations/{0.id}"),
        acts=acts,
        last_acts=acts_by(session, estate_id=estate_id, moderator_id=member.account_id, most=_LAST),
    )


def _pile(rows: Iterable[Any], link: str) -> Pile:
    deeds = [Deed(row.title, link.format(row), row.at) for row in rows]
    return Pile(len(deeds), tuple(deeds[:_LAST]))


def _sponsored(estate_id: UUID, member: Member) -> sa.Select[Any]:
    return (
        sa.select(_PROPOSAL.c.id, _PROPOSAL.c.title, _PROPOSAL.c.published_at.label("at"))
        .where(
            _PROPOSAL.c.estate_id == estate_id,
            _PROPOSAL.c.sponsor_id == member.account_id,
            _PROPOSAL.c.state != ProposalState.WITHDRAWN,
            _PROPOSAL.c.hidden_at.is_(None),
        )
        .order_by(_PROPOSAL.c.number.desc())
        .limit(MOST_COUNTED)
    )


def _answered(estate_id: UUID, member: Member) -> sa.Select[Any]:
    """By the name that stands beside the answer, which is all that a question keeps of who marked it."""
    return (
        sa.select(_THREAD.c.id, _POST.c.seq, _THREAD.c.title, _POST.c.answered_at.label("at"))
        .join(_THREAD, _THREAD.c.id == _POST.c.thread_id)
        .where(
            _POST.c.estate_id == estate_id,
            _POST.c.answered_at.is_not(None),
            _POST.c.answered_by == member.name[:50],
            _POST.c.state == PostState.VISIBLE,
        )
        .order_by(_POST.c.answered_at.desc())
        .limit(MOST_COUNTED)
    )


def _moderated(estate_id: UUID, member: Member) -> sa.Select[Any]:
    return (
        sa.select(_THREAD.c.id, _THREAD.c.title, _THREAD.c.opened_at.label("at"))
        .join(_SEAT, _SEAT.c.thread_id == _THREAD.c.id)
        .where(_THREAD.c.estate_id == estate_id, _SEAT.c.account_id == member.account_id)
        .order_by(_THREAD.c.number.desc())
        .limit(MOST_COUNTED)
    )
