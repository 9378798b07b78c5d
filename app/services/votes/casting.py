"""Votes: casting ballots, many in one transaction under the vote's lock, and what each owner is told of it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.base import table_of
from app.models.estates import Owner, Ownership
from app.models.votes import (
    BallotChannel,
    BallotCurrent,
    BallotSecret,
    EventKind,
    RollEntry,
    RollVoter,
)
from app.rules.estates import labels
from app.rules.votes import evidence
from app.rules.votes.states import ChangeRule, Choice, State, ensure_open
from app.services import outbox
from app.services.votes import chain
from app.services.votes.opening import record_opening
from app.services.votes.sealing import Keyring, keyring

EVENT = chain.EVENT
CURRENT = table_of(BallotCurrent)
SECRET = table_of(BallotSecret)
ENTRY = table_of(RollEntry)
VOTER = table_of(RollVoter)
OWNER = table_of(Owner)
_OWNERSHIP = table_of(Ownership)


def _among(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam(name, expanding=True))


# Prebuilt: building these per request costs more than running them. Each is asked once for all casts of a vote.
_REPLAYS = sa.select(
    EVENT.c.key, EVENT.c.payload_hash, EVENT.c.receipt, EVENT.c.seq, EVENT.c.revision, EVENT.c.recorded_at
).where(EVENT.c.vote_id == sa.bindparam("vote_id"), _among(EVENT.c.key, "keys"))
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
    sa.select(VOTER.c.unit_id, VOTER.c.revision, OWNER.c.account_id, OWNER.c.id)
    .join_from(VOTER, OWNER, OWNER.c.id == VOTER.c.owner_id)
    .where(
        VOTER.c.vote_id == sa.bindparam("vote_id"),
        _among(VOTER.c.unit_id, "units"),
        _among(OWNER.c.account_id, "accounts"),
    )
    .order_by(OWNER.c.id)
)
_CO_OWNERS = (
    sa.select(_OWNERSHIP.c.unit_id, OWNER.c.account_id)
    .distinct()
    .join_from(_OWNERSHIP, OWNER, OWNER.c.id == _OWNERSHIP.c.owner_id)
    .where(_among(_OWNERSHIP.c.unit_id, "units"), OWNER.c.account_id.is_not(None))
)
_ADD_SECRET = sa.insert(SECRET)


def _upsert(dialect: str) -> sa.Insert:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(CURRENT)
    changed = {name: insert.excluded[name] for name in ("seq", "revision", "channel", "sealed_choice")}
    upsert: sa.Insert = insert.on_conflict_do_update(index_elements=["vote_id", "unit_id"], set_=changed)
    return upsert


_UPSERT = {dialect: _upsert(dialect) for dialect in ("sqlite", "postgresql")}


# How long a ballot that was here in time may wait for the lock; the count is not read before (integrity of the closing second).
GRACE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the owner gets: `code` proves that his ballot is in the chain, and nothing of its content."""

    code: str
    seq: int
    revision: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """One request to cast. `received_at` is when it was here whole, and decides about the closing second.

    The same `key` with the same content is the same deed; with other content it is refused.
    """

    estate_id: UUID
    vote_id: UUID
    unit_id: UUID
    account_id: UUID
    choice: Choice
    key: str
    received_at: datetime
    channel: BallotChannel = BallotChannel.PHONE

    def payload_hash(self) -> str:
        what = {"unit": str(self.unit_id), "account": str(self.account_id), "choice": self.choice.value}
        return hashlib.sha256(evidence.canonical(what)).hexdigest()


def cast_ballot(
    session: Session,
    cast: Cast,
    *,
    read_clock: Callable[[], datetime],
    secret: bytes,
    grace: timedelta = GRACE,
) -> Receipt:
    """Record one ballot, or raise why not; see `cast_ballots`."""
    [result] = cast_ballots(session, [cast], read_clock=read_clock, secret=secret, grace=grace)
    if isinstance(result, Refusal):
        raise result
    return result


def cast_ballots(
    session: Session,
    casts: Sequence[Cast],
    *,
    read_clock: Callable[[], datetime],
    secret: bytes,
    grace: timedelta = GRACE,
) -> list[Receipt | Refusal]:
    """Record ballots in the order given; each gets its receipt or the refusal, and a refused one writes nothing.

    `read_clock` is read after a vote's lock was taken and dates its events. Refusals are `Conflict` (`not_open_yet`,
    `closed`, `already_cast`), `Invalid` (`key_reused`), `NotAllowed` when the person may not cast this home's ballot,
    `NotFound` for another estate's vote.
    """
    results: dict[int, Receipt | Refusal] = {}
    # Locks are taken in one order, so that two writers with ballots for the same votes do not wait for each other.
    for estate_id, vote_id in sorted({(cast.estate_id, cast.vote_id) for cast in casts}):
        mine = [
            number
            for number, cast in enumerate(casts)
            if (cast.estate_id, cast.vote_id) == (estate_id, vote_id)
        ]
        vote = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
        if vote is None:
            results.update({number: NotFound(N_("没有找到这次表决")) for number in mine})
            continue
        box = _Box(session, vote, [casts[number] for number in mine], read_clock, secret, grace)
        results.update({number: box.take(casts[number]) for number in mine})
        box.store()
    return [results[number] for number in range(len(casts))]


class _Box:
    """The ballots that wait for one vote, under its lock: what they need is read at once, and written at once."""

    def __init__(
        self,
        session: Session,
        vote: chain.LockedVote,
        casts: Sequence[Cast],
        read_clock: Callable[[], datetime],
        secret: bytes,
        grace: timedelta,
    ) -> None:
        self.session, self.vote, self.read_clock, self.grace = session, vote, read_clock, grace
        self.keys: Keyring = keyring(secret, vote.id)
        self.at: datetime | None = None
        units, accounts = list({cast.unit_id for cast in casts}), list({cast.account_id for cast in casts})
        ask = session.connection().execute
        replays = ask(_REPLAYS, {"vote_id": vote.id, "keys": [cast.key for cast in casts]})
        self.seen = {
            row.key: (row.payload_hash, Receipt(row.receipt, row.seq, row.revision, row.recorded_at))
            for row in replays
        }
        lines = ask(_LINES, {"vote_id": vote.id, "units": units}).all()
        self.lines = {line.unit_id: line for line in lines}  # the last revision stays
        self.cast_before = {line.unit_id: line.cast_before or 0 for line in lines}
        voters = ask(_VOTERS, {"vote_id": vote.id, "units": units, "accounts": accounts}).all()
        # Read backwards, so that the least id stays.
        self.voters = {(row.unit_id, row.revision, row.account_id): row.id for row in reversed(voters)}
        self.events: list[chain.Row] = []
        self.secrets: list[chain.Row] = []
        self.currents: list[chain.Row] = []
        self.recorded: list[tuple[Cast, chain.Link, int]] = []

    def take(self, cast: Cast) -> Receipt | Refusal:
        """Judge one ballot; what it writes waits for `store`."""
        payload_hash = cast.payload_hash()
        if cast.key in self.seen:
            known, receipt = self.seen[cast.key]
            if known == payload_hash:
                return receipt
            return Invalid(N_("这张表决票已经提交过，内容不同。请回到表决页重新选择"), code="key_reused")
        try:
            at = self._open_at(cast.received_at)
            line, owner_id = self._right(cast)
        except Refusal as refusal:
            return refusal
        receipt = self._record(cast, line, owner_id, payload_hash, at)
        self.seen[cast.key] = (payload_hash, receipt)
        return receipt

    def _open_at(self, received_at: datetime) -> datetime:
        """The instant under the lock. Nobody bypasses: before opening, after closing, and after the sealed close."""
        if self.at is None:
            self.at = self.read_clock()
        vote = self.vote
        ensure_open(State(vote.state), vote.opens_at, vote.closes_at, received_at)
        if self.at >= vote.closes_at + self.grace:
            # It was here in time but waited too long: by now the count may have been read, sealed or not.
            raise Conflict(N_("表决已经截止，不能再投票；有疑问请联系居委会"), code="closed")
        if State(vote.state) is State.NOTICED:
            # The opening second has passed and no job has recorded it yet: the first ballot does.
            record_opening(self.session, vote, at=self.at)
        return self.at

    def _right(self, cast: Cast) -> tuple[Any, UUID]:
        """The roll's line and the owner the person casts as; raises `NotAllowed` for a home or a person off the roll."""
        line = self.lines.get(cast.unit_id)
        if line is None or line.struck:
            raise NotAllowed(N_("这套房屋不在本次表决的名册上。如有疑问，请联系居委会"), code="not_on_roll")
        owner_id = self.voters.get((cast.unit_id, line.revision, cast.account_id))
        if owner_id is None:
            raise NotAllowed(N_("您不能为这套房屋投票。如果您是业主，请联系居委会核对名册"), code="not_owner")
        if self.cast_before[cast.unit_id] and self.vote.rules.get("change") == ChangeRule.ONCE:
            raise Conflict(N_("这套房屋已经投过票，本次表决规定投票后不能更改"), code="already_cast")
        return line, owner_id

    def _record(self, cast: Cast, line: Any, owner_id: UUID, payload_hash: str, at: datetime) -> Receipt:
        """Forge the event with its secret and the home's standing ballot."""
        revision = self.cast_before[cast.unit_id] = self.cast_before[cast.unit_id] + 1
        ballot = {
            "vote": str(self.vote.id),
            "unit": str(cast.unit_id),
            "revision": revision,
            "choice": cast.choice.value,
            "channel": cast.channel.value,
            "person": str(owner_id),
            "area": line.area,
            "roll_entry": line.entry_hash,
        }
        nonce = secrets.token_bytes(evidence.NONCE_BYTES)
        link, event = chain.forge(
            self.vote,
            kind=EventKind.CAST,
            received_at=cast.received_at,
            at=at,
            unit_id=cast.unit_id,
            pseudonym=evidence.unit_pseudonym(self.keys.pseudonym, str(cast.unit_id)).hex(),
            revision=revision,
            channel=cast.channel,
            commitment=evidence.commitment(nonce, ballot).hex(),
            key=cast.key,
            payload_hash=payload_hash,
        )
        self.events.append(event)
        context = self.vote.id.bytes + link.seq.to_bytes(8, "big")
        opening = self.keys.seal(nonce + evidence.canonical(ballot), context)
        self.secrets.append({"vote_id": self.vote.id, "seq": link.seq, "sealed": opening})
        current = {
            "vote_id": self.vote.id,
            "unit_id": cast.unit_id,
            "seq": link.seq,
            "revision": revision,
            "channel": cast.channel,
            "sealed_choice": self.keys.seal_choice(cast.choice, cast.unit_id),
        }
        self.currents.append(current)
        self.recorded.append((cast, link, revision))
        return Receipt(link.receipt, link.seq, revision, link.recorded_at)

    def store(self) -> None:
        """Write events, secrets, standing ballots and messages, one trip to the database for each."""
        if not self.recorded:
            return
        connection = self.session.connection()
        chain.store(self.session, self.vote, self.events)
        connection.execute(_ADD_SECRET, self.secrets)
        connection.execute(_UPSERT[connection.dialect.name], self.currents)
        self._tell_owners()

    def _tell_owners(self) -> None:
        """Every bound owner hears of every cast and change, never of the choice: the main defence against impersonation."""
        units = list({cast.unit_id for cast, _, _ in self.recorded})
        owners = self.session.connection().execute(_CO_OWNERS, {"units": units}).all()
        outbox.post_all(
            self.session,
            [
                self._letter(cast, link, revision, account_id)
                for cast, link, revision in self.recorded
                for unit_id, account_id in owners
                if unit_id == cast.unit_id
            ],
        )

    def _letter(self, cast: Cast, link: chain.Link, revision: int, account_id: UUID) -> outbox.Draft:
        line = self.lines[cast.unit_id]
        return outbox.Draft(
            key=f"ballot:{self.vote.id}:{link.seq}:{account_id}",
            template="ballot_cast" if revision == 1 else "ballot_changed",
            now=link.recorded_at,
            account_id=account_id,
            estate_id=self.vote.estate_id,
            values={
                "title": self.vote.title,
                "home": labels.home_label(line.building, line.entrance, line.room),
                "code": link.receipt,
                "at": link.recorded_at.isoformat(),
            },
            link=f"votes/{self.vote.id}",
        )
