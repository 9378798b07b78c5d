"""Votes: who may cast which home's ballot, read at once for all ballots that wait under one vote's lock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, NotAllowed
from app.models.base import NO_ID, table_of
from app.models.estates import Owner, StaffBinding
from app.models.votes import BallotChannel, BallotCurrent, BallotEvent, RollEntry, RollVoter, Vote
from app.models.votes.mandates import Mandate, MandateState
from app.rules.votes.clashes import Way

ENTRY, VOTER, OWNER = table_of(RollEntry), table_of(RollVoter), table_of(Owner)
CURRENT, EVENT, MANDATE = table_of(BallotCurrent), table_of(BallotEvent), table_of(Mandate)
VOTE, BINDING = table_of(Vote), table_of(StaffBinding)
IN_FORCE = (MandateState.IN_FORCE, MandateState.USED)

_WAYS = {
    BallotChannel.PHONE: Way.OWN,
    BallotChannel.ASSISTED: Way.OWN,
    BallotChannel.CODE: Way.OWN,
    BallotChannel.PROXY: Way.AGENT,
    BallotChannel.PAPER: Way.PAPER,
}


def _among(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam(name, expanding=True))


# Prebuilt: building these per request costs more than running them. Each is asked once for all casts of a vote.
# A home's lines on the roll, and its ballot if there is one; the last line of each home counts.
_LINES = (
    sa.select(
        ENTRY.c.unit_id,
        ENTRY.c.revision,
        ENTRY.c.struck,
        ENTRY.c.area,
        ENTRY.c.entry_hash,
        ENTRY.c.building,
        ENTRY.c.entrance,
        ENTRY.c.room,
        CURRENT.c.revision.label("cast_before"),
        CURRENT.c.channel.label("cast_by"),
        CURRENT.c.seq.label("cast_as"),
    )
    .select_from(
        ENTRY.outerjoin(
            CURRENT, sa.and_(CURRENT.c.vote_id == ENTRY.c.vote_id, CURRENT.c.unit_id == ENTRY.c.unit_id)
        )
    )
    .where(ENTRY.c.vote_id == sa.bindparam("vote_id"), _among(ENTRY.c.unit_id, "units"))
    .order_by(ENTRY.c.unit_id, ENTRY.c.revision)
)
# The owners whose right these accounts use, the least id first: a person may stand in the register twice.
_VOTERS = (
    sa.select(
        VOTER.c.unit_id,
        VOTER.c.revision,
        OWNER.c.account_id,
        OWNER.c.id,
        # A clerk's act after the notice, and nobody else has checked it: see `services.estates.checking`.
        (OWNER.c.waits_since > VOTE.c.noticed_at).label("waits"),
    )
    .join_from(VOTER, OWNER, OWNER.c.id == VOTER.c.owner_id)
    .join(VOTE, VOTE.c.id == VOTER.c.vote_id)
    .where(
        VOTER.c.vote_id == sa.bindparam("vote_id"),
        _among(VOTER.c.unit_id, "units"),
        _among(OWNER.c.account_id, "accounts"),
    )
    .order_by(OWNER.c.id)
)
_SIGNERS = sa.select(VOTER.c.unit_id, VOTER.c.revision, VOTER.c.owner_id).where(
    VOTER.c.vote_id == sa.bindparam("vote_id"), _among(VOTER.c.unit_id, "units")
)
_MANDATES = (
    sa.select(
        MANDATE.c.id,
        MANDATE.c.owner_id,
        MANDATE.c.unit_id,
        MANDATE.c.agent_id,
        # Not `owner.waits_since`: parting the agent from his own home would clear that.
        sa.exists()
        .where(
            BINDING.c.account_id == MANDATE.c.agent_id,
            BINDING.c.checked_at.is_(None),
            BINDING.c.acted_at > VOTE.c.noticed_at,
        )
        .label("waits"),
    )
    .join_from(MANDATE, VOTE, VOTE.c.id == MANDATE.c.vote_id)
    .where(MANDATE.c.vote_id == sa.bindparam("vote_id"), MANDATE.c.state.in_(IN_FORCE))
)
_HANDED_IN = sa.select(EVENT.c.received_at).where(
    EVENT.c.vote_id == sa.bindparam("vote_id"), EVENT.c.seq == sa.bindparam("seq")
)


class Asked(Protocol):
    """What a ballot says of who casts it; `app.services.votes.casting.Cast` is one."""

    @property
    def unit_id(self) -> UUID: ...
    @property
    def account_id(self) -> UUID: ...
    @property
    def channel(self) -> BallotChannel: ...
    @property
    def owner_id(self) -> UUID | None: ...
    @property
    def mandate_id(self) -> UUID | None: ...


class Rights:
    """Roll lines, voters and mandates for the homes of some ballots; and the ballot each home has now."""

    def __init__(self, session: Session, vote_id: UUID, casts: Sequence[Asked]) -> None:
        self.ask, self.vote_id = session.connection().execute, vote_id
        units, accounts = list({cast.unit_id for cast in casts}), list({cast.account_id for cast in casts})
        lines = self.ask(_LINES, {"vote_id": vote_id, "units": units}).all()
        self.lines = {line.unit_id: line for line in lines}  # the last revision stays
        self.cast_before = {line.unit_id: line.cast_before or 0 for line in lines}
        voters = self.ask(_VOTERS, {"vote_id": vote_id, "units": units, "accounts": accounts}).all()
        # Read backwards, so that the least id stays.
        self.voters = {
            (row.unit_id, row.revision, row.account_id): row.id for row in reversed(voters) if not row.waits
        }
        self.waiting = {(row.unit_id, row.revision, row.account_id) for row in voters if row.waits}
        self.signers: set[tuple[UUID, int, UUID]] = set()
        self.mandates: dict[UUID, Any] = {}
        if any(cast.channel is not BallotChannel.PHONE for cast in casts):
            self._read_others(units)
        self.standing = {
            line.unit_id: way_of(BallotChannel(line.cast_by)) for line in self.lines.values() if line.cast_by
        }
        self.handed_in: dict[UUID, datetime] = {}

    def _read_others(self, units: Collection[UUID]) -> None:
        """What only ballots by another's hand need, so that a phone's costs no question more."""
        signers = self.ask(_SIGNERS, {"vote_id": self.vote_id, "units": units})
        self.signers = {(row.unit_id, row.revision, row.owner_id) for row in signers}
        self.mandates = {row.id: row for row in self.ask(_MANDATES, {"vote_id": self.vote_id})}

    def of(self, cast: Asked) -> tuple[Any, str]:
        """The roll's line, and whose right is used as the chain's opening names it: an owner's id, or `paper`.

        Raises `NotAllowed`: `not_on_roll` for the home, `not_owner`, `no_mandate` or `awaits_check` for the person.
        """
        line = self.lines.get(cast.unit_id)
        if line is None or line.struck:
            raise NotAllowed(N_("这套房屋不在本次表决的名册上。如有疑问，请联系居委会"), code="not_on_roll")
        match cast.channel:
            case BallotChannel.PHONE | BallotChannel.CODE:
                key = (cast.unit_id, line.revision, cast.account_id)
                owner_id = self.voters.get(key)
                if owner_id is None and key in self.waiting:
                    raise awaits_check()
            case BallotChannel.PROXY:
                return line, str(self._principal(cast, line))
            case BallotChannel.PAPER if self._someone_may_sign(cast.unit_id, line.revision):
                return line, "paper"
            case _:
                signs = (cast.unit_id, line.revision, cast.owner_id) in self.signers
                owner_id = cast.owner_id if signs else None
        if owner_id is None:
            raise NotAllowed(N_("您不能为这套房屋投票。如果您是业主，请联系居委会核对名册"), code="not_owner")
        return line, str(owner_id)

    def _principal(self, cast: Asked, line: Any) -> UUID:
        mandate = self.mandates.get(cast.mandate_id) if cast.mandate_id else None
        if mandate is not None and mandate.agent_id == cast.account_id:
            principal: UUID = mandate.owner_id
            named = (cast.unit_id, line.revision, principal) in self.signers
            if mandate.unit_id == cast.unit_id or (mandate.unit_id == NO_ID and named):
                if mandate.waits:
                    raise awaits_check()
                return principal
        raise NotAllowed(
            N_("您没有这套房屋的有效委托，不能代为投票。请联系委托人或居委会"), code="no_mandate"
        )

    def _someone_may_sign(self, unit_id: UUID, revision: int) -> bool:
        named = any((unit, line) == (unit_id, revision) for unit, line, _ in self.signers)
        return named or any(mandate.unit_id == unit_id for mandate in self.mandates.values())

    def is_earlier(self, unit_id: UUID, at: datetime) -> bool:
        """Whether `at` is before the ballot that counts for the home was handed in; asked for sheets only."""
        if unit_id not in self.handed_in and unit_id in self.standing:
            where = {"vote_id": self.vote_id, "seq": self.lines[unit_id].cast_as}
            self.handed_in[unit_id] = self.ask(_HANDED_IN, where).scalar_one()
        return unit_id in self.handed_in and at < self.handed_in[unit_id]

    def stands(self, unit_id: UUID, way: Way, at: datetime) -> int:
        """Remember that a ballot of this batch counts now; its revision."""
        self.standing[unit_id], self.handed_in[unit_id] = way, at
        self.cast_before[unit_id] += 1
        return int(self.cast_before[unit_id])


def awaits_check() -> NotAllowed:
    """A clerk acted for this account after the notice: a second person has to look first."""
    return NotAllowed(
        N_(
            "您的账户是公告以后由工作人员办理的，还要另一位工作人员核对，核对以后才能投票。"
            "没有记录任何内容。请联系居委会，或者用纸质票投票"
        ),
        code="awaits_check",
    )


def way_of(channel: BallotChannel) -> Way:
    return _WAYS[channel]
