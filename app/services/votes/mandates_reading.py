"""Votes: mandates as pages show them: to the owner, to his agent, and to the desk; never with a choice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.accounts import Account
from app.models.base import NO_ID
from app.models.estates import Owner
from app.models.votes import BallotChannel, BallotCurrent, BallotEvent, RollEntry, RollVoter, Vote
from app.models.votes.mandates import Mandate, MandateKind, MandateState
from app.rules.votes.states import State
from app.services.votes.mandates import BINDING, BY_MANDATE, is_property_staff
from app.services.votes.principals import principals
from app.services.votes.roll import ON_ROLL, home_label


@dataclass(frozen=True, slots=True)
class MandateView:
    """One mandate; `owner_name` and `agent_name` in full, for the persons in it and the desk that entered it."""

    id: UUID
    owner_id: UUID
    owner_name: str
    agent_id: UUID
    agent_name: str
    homes: tuple[str, ...]
    kind: MandateKind
    state: MandateState
    given_at: datetime
    given_by: UUID
    entered_by: str
    file_id: UUID | None
    reason: str

    @property
    def is_live(self) -> bool:
        return self.state in (MandateState.OFFERED, *BINDING)

    @property
    def by_mandate(self) -> bool:
        """Given by the owner, and so his to take back; an heir's or guardian's right is not given."""
        return self.kind in BY_MANDATE


@dataclass(frozen=True, slots=True)
class Giving:
    """An owner that the reader is: his homes in the vote, the live mandate if there is one, and those that ended."""

    owner_id: UUID
    name: str
    homes: tuple[str, ...]
    live: MandateView | None
    ended: tuple[MandateView, ...]


@dataclass(frozen=True, slots=True)
class AgentHome:
    """A home whose ballot an agent may cast. `receipt` is of a ballot by an agent's hand; `by_owner` when another's counts."""

    unit_id: UUID
    label: str
    floor: int
    area: int
    share: int | None
    receipt: str
    cast_at: datetime | None
    by_owner: bool


def _homes(session: Session, vote_id: UUID, mandate: Mandate) -> list[RollEntry]:
    query = select(RollEntry).where(RollEntry.vote_id == vote_id, *ON_ROLL)
    if mandate.unit_id != NO_ID:
        query = query.where(RollEntry.unit_id == mandate.unit_id)
    else:
        voter = sa.and_(
            col(RollVoter.vote_id) == RollEntry.vote_id,
            col(RollVoter.unit_id) == RollEntry.unit_id,
            col(RollVoter.revision) == RollEntry.revision,
        )
        query = query.join(RollVoter, voter).where(RollVoter.owner_id == mandate.owner_id)
    place = (col(RollEntry.building), col(RollEntry.entrance), col(RollEntry.floor), col(RollEntry.room))
    return list(session.exec(query.order_by(*place)))


def _views(session: Session, vote_id: UUID, *where: sa.ColumnElement[bool]) -> list[MandateView]:
    query = (
        select(Mandate, Owner, Account)
        .join(Owner, col(Owner.id) == col(Mandate.owner_id))
        .join(Account, col(Account.id) == col(Mandate.given_by))
        .where(Mandate.vote_id == vote_id, *where)
        .order_by(col(Mandate.given_at).desc(), col(Mandate.id))
    )
    return [
        MandateView(
            id=mandate.id,
            owner_id=mandate.owner_id,
            owner_name=owner.name,
            agent_id=mandate.agent_id,
            agent_name=mandate.agent_name,
            homes=tuple(home_label(entry) for entry in _homes(session, vote_id, mandate)),
            kind=mandate.kind,
            state=mandate.state,
            given_at=mandate.given_at,
            given_by=mandate.given_by,
            entered_by=giver.name,
            file_id=mandate.file_id,
            reason=mandate.reason,
        )
        for mandate, owner, giver in session.exec(query)
    ]


def given_by(session: Session, *, vote_id: UUID, account_id: UUID) -> list[Giving]:
    """What the reader may give, or has given, in this vote; one entry for each owner of the register that he is."""
    mine = principals(session, vote_id, account_id=account_id)
    views = (
        _views(session, vote_id, col(Mandate.owner_id).in_([owner.owner_id for owner in mine]))
        if mine
        else []
    )
    return [
        Giving(
            owner.owner_id,
            owner.name,
            owner.homes,
            next((view for view in views if view.owner_id == owner.owner_id and view.is_live), None),
            tuple(view for view in views if view.owner_id == owner.owner_id and not view.is_live),
        )
        for owner in mine
    ]


def offered_to(session: Session, *, vote_id: UUID, account_id: UUID) -> list[MandateView]:
    """Mandates in which the reader is the agent. A paper that nobody has checked yet is none of his."""
    checked = sa.or_(
        col(Mandate.kind) == MandateKind.DIGITAL, col(Mandate.state).in_((*BINDING, MandateState.REVOKED))
    )
    return _views(session, vote_id, col(Mandate.agent_id) == account_id, checked)


def on_paper(session: Session, *, vote_id: UUID) -> list[MandateView]:
    """Those that came on paper, for the desk."""
    return _views(session, vote_id, col(Mandate.kind) != MandateKind.DIGITAL)


def count_unchecked(session: Session, *, estate_id: UUID) -> int:
    """Papers of running votes that wait for a second person."""
    query = (
        select(sa.func.count())
        .select_from(Mandate)
        .join(Vote, col(Vote.id) == col(Mandate.vote_id))
        .where(
            Vote.estate_id == estate_id,
            col(Vote.state).in_((State.NOTICED, State.OPEN)),
            Mandate.state == MandateState.OFFERED,
            Mandate.kind != MandateKind.DIGITAL,
        )
    )
    return int(session.exec(query).one())


@dataclass(frozen=True, slots=True)
class AgentShare:
    """What one person casts for others in one vote: their homes, and those of them without any ballot yet."""

    homes: int
    waiting: int


def shares_of_agent(session: Session, *, estate_id: UUID, account_id: UUID) -> dict[UUID, AgentShare]:
    """By vote, for the running votes of an estate in which an accepted mandate makes the person an agent; one question."""
    own = sa.and_(
        col(RollVoter.vote_id) == RollEntry.vote_id,
        col(RollVoter.unit_id) == RollEntry.unit_id,
        col(RollVoter.revision) == RollEntry.revision,
        col(RollVoter.owner_id) == col(Mandate.owner_id),
    )
    cast = sa.and_(
        col(BallotCurrent.vote_id) == RollEntry.vote_id, col(BallotCurrent.unit_id) == RollEntry.unit_id
    )
    homes = sa.func.count(sa.distinct(col(RollEntry.unit_id)))
    done = sa.func.count(sa.distinct(col(BallotCurrent.unit_id)))
    query = (
        sa.select(col(Mandate.vote_id), homes, homes - done)
        .join(Vote, col(Vote.id) == col(Mandate.vote_id))
        .join(RollEntry, col(RollEntry.vote_id) == col(Mandate.vote_id))
        .join(RollVoter, own, isouter=True)
        .join(BallotCurrent, cast, isouter=True)
        .where(
            col(Vote.estate_id) == estate_id,
            col(Vote.state).in_((State.NOTICED, State.OPEN)),
            col(Mandate.agent_id) == account_id,
            col(Mandate.state).in_(BINDING),
            *ON_ROLL,
            # An heir's proof is for one home; any other mandate is for all that its owner votes for.
            sa.case(
                (col(Mandate.unit_id) == NO_ID, col(RollVoter.owner_id).is_not(None)),
                else_=col(Mandate.unit_id) == col(RollEntry.unit_id),
            ),
        )
        .group_by(col(Mandate.vote_id))
    )
    rows = session.connection().execute(query)
    return {vote_id: AgentShare(held, waiting) for vote_id, held, waiting in rows}


def is_agent(session: Session, *, estate_id: UUID, vote_id: UUID, account_id: UUID) -> bool:
    """Whether a mandate of this vote names the person, who may be a stranger to the estate otherwise."""
    query = (
        select(Mandate.id)
        .join(Vote, col(Vote.id) == col(Mandate.vote_id))
        .where(Vote.estate_id == estate_id, Vote.id == vote_id, Mandate.agent_id == account_id)
        .limit(1)
    )
    return session.exec(query).first() is not None


def may_be_agent(session: Session, *, estate_id: UUID, account_id: UUID) -> bool:
    """Not for staff of firms that serve the estate; an owner is not told so of another, only the person himself."""
    return not is_property_staff(session, estate_id=estate_id, account_id=account_id)


def agent_paper(
    session: Session, *, vote_id: UUID, mandate_id: UUID, account_id: UUID
) -> tuple[MandateView, list[AgentHome]]:
    """The mandate in force and the homes it is about; raises `NotFound` for anybody but its agent."""
    views = _views(session, vote_id, col(Mandate.id) == mandate_id, col(Mandate.agent_id) == account_id)
    if not views or views[0].state not in BINDING:
        raise NotFound(N_("没有找到这份委托"))
    mandate = session.get_one(Mandate, mandate_id)
    return views[0], [_agent_home(session, entry) for entry in _homes(session, vote_id, mandate)]


def _agent_home(session: Session, entry: RollEntry) -> AgentHome:
    query = (
        select(BallotCurrent.channel, BallotEvent.receipt, BallotEvent.recorded_at)
        .join(
            BallotEvent,
            sa.and_(
                col(BallotEvent.vote_id) == BallotCurrent.vote_id, col(BallotEvent.seq) == BallotCurrent.seq
            ),
        )
        .where(BallotCurrent.vote_id == entry.vote_id, BallotCurrent.unit_id == entry.unit_id)
    )
    cast = session.exec(query).one_or_none()
    by_agent = cast is not None and cast[0] is BallotChannel.PROXY
    return AgentHome(
        unit_id=entry.unit_id,
        label=home_label(entry),
        floor=entry.floor,
        area=entry.area,
        share=entry.share,
        receipt=cast[1] if cast and by_agent else "",
        cast_at=cast[2] if cast and by_agent else None,
        by_owner=cast is not None and not by_agent,
    )
