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

from app.errors import N_, Conflict, Invalid, NotFound, Refusal
from app.models.base import table_of
from app.models.estates import Owner, Ownership
from app.models.votes import (
    BallotChannel,
    BallotCurrent,
    BallotSecret,
    EventKind,
)
from app.models.votes.mandates import Mandate, MandateState
from app.rules.estates import labels
from app.rules.votes import evidence
from app.rules.votes.clashes import ClashRule, Fate, Way, settle
from app.rules.votes.questions import Answers, ensure_answers, read_paper
from app.rules.votes.states import ChangeRule, State, ensure_open
from app.services import outbox
from app.services.votes import chain
from app.services.votes.counting import count_from
from app.services.votes.opening import record_opening
from app.services.votes.rights import Rights, way_of
from app.services.votes.sealing import Keyring, keyring

EVENT = chain.EVENT
CURRENT = table_of(BallotCurrent)
SECRET = table_of(BallotSecret)
OWNER = table_of(Owner)
_OWNERSHIP = table_of(Ownership)
_MANDATE = table_of(Mandate)


def _among(column: sa.Column[Any], name: str) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam(name, expanding=True))


# Prebuilt: building these per request costs more than running them. Each is asked once for all casts of a vote.
_REPLAYS = sa.select(
    EVENT.c.key,
    EVENT.c.payload_hash,
    EVENT.c.receipt,
    EVENT.c.seq,
    EVENT.c.revision,
    EVENT.c.recorded_at,
    EVENT.c.kind,
).where(EVENT.c.vote_id == sa.bindparam("vote_id"), _among(EVENT.c.key, "keys"))
_CO_OWNERS = (
    sa.select(_OWNERSHIP.c.unit_id, OWNER.c.account_id)
    .distinct()
    .join_from(_OWNERSHIP, OWNER, OWNER.c.id == _OWNERSHIP.c.owner_id)
    .where(_among(_OWNERSHIP.c.unit_id, "units"), OWNER.c.account_id.is_not(None))
)
_ADD_SECRET = sa.insert(SECRET)
_USE = (
    sa.update(_MANDATE)
    .where(_among(_MANDATE.c.id, "used"), _MANDATE.c.state == MandateState.IN_FORCE)
    .values(state=MandateState.USED)
)


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
    """What the owner gets: `code` proves that his ballot is in the chain, and nothing of its content.

    `counts` is false for a sheet that is kept while, by the vote's rule, another ballot counts.
    """

    code: str
    seq: int
    revision: int
    recorded_at: datetime
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """One request to cast. `received_at` is when it was here whole (a sheet: handed in), and decides about the closing second.

    `account_id` acts: the owner on his phone, the agent of `mandate_id`, or the staff member who assists the owner
    `owner_id` or enters a sheet. `answers` has one answer per item of the paper. The same `key` with the same content is
    the same deed; with other content it is refused.
    """

    estate_id: UUID
    vote_id: UUID
    unit_id: UUID
    account_id: UUID
    answers: Answers
    key: str
    received_at: datetime
    channel: BallotChannel = BallotChannel.PHONE
    owner_id: UUID | None = None
    mandate_id: UUID | None = None

    def payload_hash(self) -> str:
        what = {
            "unit": str(self.unit_id),
            "account": str(self.account_id),
            "answers": list(self.answers),
            "by": [self.channel.value, str(self.owner_id or ""), str(self.mandate_id or "")],
        }
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
    `closed`, `already_cast`, `paper_counts`, `owner_voted`), `Invalid` (`key_reused`, `bad_choice`, `too_many`), `NotAllowed` when
    the person may not cast this home's ballot, `NotFound` for another estate's vote, `Halted` after a restore.
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
        replays = session.connection().execute(
            _REPLAYS, {"vote_id": vote.id, "keys": [cast.key for cast in casts]}
        )
        self.seen = {
            row.key: (
                row.payload_hash,
                Receipt(
                    row.receipt, row.seq, max(row.revision, 0), row.recorded_at, row.kind == EventKind.CAST
                ),
            )
            for row in replays
        }
        self.rights = Rights(session, vote.id, casts)
        self.paper = read_paper(vote.title, "", vote.matter, vote.questions)
        self.events: list[chain.Row] = []
        self.secrets: list[chain.Row] = []
        self.currents: list[chain.Row] = []
        self.recorded: list[tuple[Cast, chain.Link, int]] = []
        self.used: set[UUID] = set()

    def take(self, cast: Cast) -> Receipt | Refusal:
        """Judge one ballot; what it writes waits for `store`."""
        payload_hash = cast.payload_hash()
        if cast.key in self.seen:
            known, receipt = self.seen[cast.key]
            if known == payload_hash:
                return receipt
            return Invalid(N_("这张表决票已经提交过，内容不同。请回到表决页重新选择"), code="key_reused")
        try:
            at = self._open_at(cast)
            ensure_answers(cast.answers, self.paper, by_hand=cast.channel is BallotChannel.PAPER)
            line, person = self.rights.of(cast)
            fate = self._fate(cast)
        except Refusal as refusal:
            return refusal
        receipt = self._record(cast, line, person, payload_hash, at, counts=fate is Fate.REPLACES)
        self.seen[cast.key] = (payload_hash, receipt)
        return receipt

    def _open_at(self, cast: Cast) -> datetime:
        """The instant under the lock. Nobody bypasses: before opening, after closing, and after the sealed close."""
        if self.at is None:
            self.at = self.read_clock()
        vote = self.vote
        chain.ensure_going(vote)
        ensure_open(State(vote.state), vote.opens_at, vote.closes_at, cast.received_at)
        if self.at >= self._last_moment(cast.channel):
            # It was here in time but waited too long: by now the count may have been read, sealed or not.
            raise Conflict(N_("表决已经截止，不能再投票；有疑问请联系居委会"), code="closed")
        if State(vote.state) is State.NOTICED:
            # The opening second has passed and no job has recorded it yet: the first ballot does.
            record_opening(self.session, vote, at=self.at)
        return self.at

    def _last_moment(self, channel: BallotChannel) -> datetime:
        if channel is BallotChannel.PAPER:
            return count_from(self.vote, self.grace)
        return self.vote.closes_at + self.grace

    def _fate(self, cast: Cast) -> Fate:
        """Whether it counts beside the ballot the home has already, by the vote's published rules."""
        way, rules = way_of(cast.channel), self.vote.rules
        return settle(
            self.rights.standing.get(cast.unit_id),
            way,
            clash=ClashRule(str(rules.get("clash", ClashRule.PAPER_LOCKS))),
            change=ChangeRule(str(rules["change"])),
            earlier=way is Way.PAPER and self.rights.is_earlier(cast.unit_id, cast.received_at),
        )

    def _record(
        self, cast: Cast, line: Any, person: str, payload_hash: str, at: datetime, *, counts: bool
    ) -> Receipt:
        """Forge the event with its secret and, when it counts, the home's standing ballot."""
        revision = self.rights.stands(cast.unit_id, way_of(cast.channel), cast.received_at) if counts else 0
        ballot = {
            "vote": str(self.vote.id),
            "unit": str(cast.unit_id),
            "revision": revision,
            "answers": list(cast.answers),
            "channel": cast.channel.value,
            "person": person,
            "area": line.area,
            "roll_entry": line.entry_hash,
        }
        nonce = secrets.token_bytes(evidence.NONCE_BYTES)
        link, event = chain.forge(
            self.vote,
            kind=EventKind.CAST if counts else EventKind.KEPT,
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
        if counts:
            self.currents.append(
                {
                    "vote_id": self.vote.id,
                    "unit_id": cast.unit_id,
                    "seq": link.seq,
                    "revision": revision,
                    "channel": cast.channel,
                    "sealed_choice": self.keys.seal_answers(cast.answers, cast.unit_id),
                }
            )
        if cast.mandate_id:
            self.used.add(cast.mandate_id)
        self.recorded.append((cast, link, revision))
        return Receipt(link.receipt, link.seq, revision, link.recorded_at, counts)

    def store(self) -> None:
        """Write events, secrets, standing ballots and messages, one trip to the database for each."""
        if not self.recorded:
            return
        connection = self.session.connection()
        chain.store(self.session, self.vote, self.events)
        connection.execute(_ADD_SECRET, self.secrets)
        if self.currents:
            connection.execute(_UPSERT[connection.dialect.name], self.currents)
        if self.used:
            connection.execute(_USE, {"used": list(self.used)})
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
        line = self.rights.lines[cast.unit_id]
        return outbox.Draft(
            key=f"ballot:{self.vote.id}:{link.seq}:{account_id}",
            template={0: "ballot_kept", 1: "ballot_cast"}.get(revision, "ballot_changed"),
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
