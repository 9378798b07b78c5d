"""Votes: count again from the openings of the chain, and say whether the sealed result comes out.

The sealed count is made from the standing ballots, which are a projection. This one reads every event in its order, opens
its sealed contents and holds them against the commitment that was published with it; so it also finds what was altered
in the projection, in the roll or in the chain itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.base import table_of
from app.models.votes import BallotSecret, EventKind, RollEntry, RollVoter, Vote, VoteResult
from app.models.votes.evidence import Recount
from app.rules.text import clean_text
from app.rules.votes import evidence
from app.rules.votes.figures import names_result, result_document
from app.rules.votes.privacy import is_small
from app.rules.votes.questions import Answers, items_of
from app.rules.votes.rolls import roll_hash
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.states import Choice, State
from app.rules.votes.tally import SPOILED, Entry, count_by_rules
from app.services import trail
from app.services.trail import Actor
from app.services.votes import chain, counting, roll
from app.services.votes.sealing import Keyring, keyring

LEAST = 10
MOST_FAULTS = 50
# What may be published of any scope, however small: see `rules/votes/privacy.py`.
_ALWAYS = ("total", "part", "for")
_FIGURES = (*_ALWAYS, "against", "abstain", "spoiled", "mixed")

_EVENTS = sa.select(chain.EVENT).where(chain.EVENT.c.vote_id == sa.bindparam("vote_id"))
_SECRET = table_of(BallotSecret)
_SECRETS = sa.select(_SECRET.c.seq, _SECRET.c.sealed).where(_SECRET.c.vote_id == sa.bindparam("vote_id"))

_LEAF = {"kind": str, "unit": str, "commitment": str, "details": dict}
_WORDS = frozenset({*Choice, SPOILED})

# What is wrong, and the number of the event, or 0 for the roll and the vote as a whole.
Fault = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that came out otherwise; `item` is the line of the paper from 1, 0 where the paper has one."""

    item: int
    figure: str
    unit: str
    sealed: int
    counted: int


@dataclass(frozen=True, slots=True)
class RecountView:
    """A count made again; `faults` are (what, event), `differences` the figures that may be published."""

    made_at: datetime
    same: bool
    reason: str
    head_seq: int
    head_hash: str
    faults: tuple[Fault, ...]
    differences: tuple[Difference, ...]


def order_recount(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    recount_id: UUID,
    actor: Actor,
    reason: str,
    secret: bytes,
    now: datetime,
) -> UUID:
    """Count a sealed vote again, store what came of it for good, and return its id; the same id twice is one count.

    Raises `Conflict` (`not_sealed`) before the result is sealed and after annulling, `Invalid` without a reason.
    """
    locked = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if locked is None:
        raise NotFound(N_("没有找到这次表决"))
    present = session.get(Recount, recount_id)
    if present is not None:
        if (present.vote_id, present.made_by) != (vote_id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    vote = session.get_one(Vote, vote_id, populate_existing=True)
    sealed = session.get(VoteResult, vote_id, populate_existing=True)
    if sealed is None or vote.state not in {State.PRELIMINARY, State.FINAL}:
        raise Conflict(N_("计票结果封存以后才能重新计票"), code="not_sealed")
    reason = clean_text(reason, most=500, field="reason")
    if len(reason) < LEAST:
        raise Invalid(N_("请写明为什么重新计票，至少 10 个字，会公开"), field="reason")
    counted, faults = _count_again(session, vote, sealed, secret)
    same = not faults and _is_same(sealed.tally, counted)
    session.add(
        Recount(
            id=recount_id,
            vote_id=vote_id,
            tally={**counted, "faults": [list(fault) for fault in faults[:MOST_FAULTS]]},
            same=same,
            head_seq=vote.head_seq,
            head_hash=vote.head_hash,
            reason=reason,
            made_by=actor.id,
            made_at=max(now, sealed.counted_at),
        )
    )
    session.flush()
    trail.record(
        session,
        tag=f"votes:recount:{'same' if same else 'differs'}",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote_id,
        new={"recount": str(recount_id), "head": vote.head_hash, "faults": len(faults)},
        reason=reason,
    )
    return recount_id


def list_recounts(session: Session, *, vote_id: UUID) -> list[RecountView]:
    """Every count made again, the newest first."""
    sealed = session.get(VoteResult, vote_id)
    query = select(Recount).where(Recount.vote_id == vote_id).order_by(col(Recount.made_at).desc())
    return [_view(row, sealed.tally if sealed else {}) for row in session.exec(query)]


def _view(row: Recount, sealed: Mapping[str, object]) -> RecountView:
    stored = row.tally.get("faults", [])
    faults = stored if isinstance(stored, list) else []
    return RecountView(
        made_at=row.made_at,
        same=row.same,
        reason=row.reason,
        head_seq=row.head_seq,
        head_hash=row.head_hash,
        faults=tuple((str(what), int(seq)) for what, seq in faults),
        differences=tuple(_differences(sealed, row.tally)),
    )


def _is_same(sealed: Mapping[str, object], counted: Mapping[str, object]) -> bool:
    """Whether every figure that was counted again stands in the sealed result, for every line of the paper."""
    return _parts(sealed, counted) and not any(
        before.get(name) != figure
        for before, after in zip(_items(sealed), _items(counted), strict=True)
        for name, figure in after.items()
        if name != "items"
    )


def _parts(sealed: Mapping[str, object], counted: Mapping[str, object]) -> bool:
    return len(_items(sealed)) == len(_items(counted))


def _items(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    items = document.get("items")
    return list(items) if isinstance(items, list) else [document]


def _differences(sealed: Mapping[str, object], counted: Mapping[str, object]) -> Iterator[Difference]:
    if not _parts(sealed, counted):
        return
    pairs = list(zip(_items(sealed), _items(counted), strict=True))
    for place, (before, after) in enumerate(pairs, start=1):
        small = is_small(min(_whole(before, "total_heads"), _whole(after, "total_heads")))
        for figure in _ALWAYS if small else _FIGURES:
            for unit in ("area", "heads"):
                old, new = (_whole(document, f"{figure}_{unit}") for document in (before, after))
                if old != new:
                    yield Difference(place if len(pairs) > 1 else 0, figure, unit, old, new)


def _whole(document: Mapping[str, object], name: str) -> int:
    value = document.get(name)
    return value if isinstance(value, int) else 0


def _count_again(
    session: Session, vote: Vote, sealed: VoteResult, secret: bytes
) -> tuple[dict[str, object], list[Fault]]:
    entries, faults = _read_roll(session, vote)
    reading = _Reading(session, vote, keyring(secret, vote.id), entries)
    answers = reading.run()
    faults += reading.faults
    if reading.head_at_close != (sealed.head_seq, sealed.head_hash):
        faults.append(("sealed_head", sealed.head_seq))
    items = items_of(counting.paper_of(vote))
    if any(len(mine) != len(items) for mine in answers.values()):
        faults.append(("paper", 0))
        answers = {unit: mine for unit, mine in answers.items() if len(mine) == len(items)}
    rules, homes = RuleSet.from_json(vote.rules), [entry for entry in entries.values() if not entry.struck]
    if not homes:
        # The posted roll is gone from the database, which `_read_roll` has said; there is nothing to count on.
        return {}, faults
    served = counting.served_homes(session, vote) if vote.silent else frozenset[UUID]()
    tallies = [
        count_by_rules(
            [
                Entry(
                    home.area,
                    home.head_key,
                    answers[home.unit_id][item.place] if home.unit_id in answers else None,
                    home.unit_id in served,
                )
                for home in homes
            ],
            rules,
            item.matter,
        )
        for item in items
    ]
    decides = names_result(sealed.tally, survey=vote.survey)
    return result_document(tallies, decides=decides), faults


def _read_roll(session: Session, vote: Vote) -> tuple[dict[UUID, RollEntry], list[Fault]]:
    """The last revision of each home, struck ones too; a fault when a line no longer has its hash, or the roll no longer
    the fingerprint that was posted or stands in the chain since its last correction."""
    rows = session.exec(select(RollEntry).where(RollEntry.vote_id == vote.id))
    entries: dict[UUID, RollEntry] = {}
    for row in sorted(rows.all(), key=lambda row: row.revision):
        entries[row.unit_id] = row
    voters: dict[tuple[UUID, int], list[UUID]] = {}
    for voter in session.exec(select(RollVoter).where(RollVoter.vote_id == vote.id)):
        voters.setdefault((voter.unit_id, voter.revision), []).append(voter.owner_id)
    broken = any(
        not entry.struck
        and _hash_of(entry, tuple(voters.get((unit, entry.revision), ()))) != entry.entry_hash
        for unit, entry in entries.items()
    )
    now = roll_hash([entry.entry_hash for entry in entries.values() if not entry.struck])
    posted = session.connection().execute(
        _EVENTS.where(chain.EVENT.c.kind.in_((EventKind.NOTICE, EventKind.ROLL_AMEND)))
        .with_only_columns(chain.EVENT.c.leaf)
        .order_by(chain.EVENT.c.seq.desc())
        .limit(1),
        {"vote_id": vote.id},
    )
    leaf = posted.scalar_one_or_none()
    notice = _read_leaf(leaf or "")
    told = notice["details"].get("roll") if notice else None
    return entries, [("roll", 0)] if broken or told != now else []


def _hash_of(entry: RollEntry, voters: tuple[UUID, ...]) -> str:
    return roll.line_hash(
        roll.RollLine(
            unit_id=entry.unit_id,
            building=entry.building,
            entrance=entry.entrance,
            floor=entry.floor,
            room=entry.room,
            kind=entry.kind,
            status=entry.status,
            heirs_proving=entry.heirs_proving,
            area=entry.area,
            head_key=entry.head_key,
            owner_names=(),
            voter_ids=voters,
            share=entry.share,
        )
    )


def _read_leaf(text: str) -> Mapping[str, Any] | None:
    """The fields of an event; None for what is none any more: who altered it must not keep the count from being made."""
    try:
        leaf = json.loads(text)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(leaf, dict) and _LEAF.keys() <= leaf.keys()
    return leaf if whole and all(isinstance(leaf[name], kind) for name, kind in _LEAF.items()) else None


def _bytes_of(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


class _Reading:
    """One walk over the chain: every link checked, every ballot opened, and what each home said last."""

    def __init__(self, session: Session, vote: Vote, keys: Keyring, entries: dict[UUID, RollEntry]) -> None:
        self.vote, self.keys, self.entries = vote, keys, entries
        where = {"vote_id": vote.id}
        connection = session.connection()
        self.events = connection.execute(_EVENTS.order_by(chain.EVENT.c.seq), where).all()
        self.secrets = {row.seq: row.sealed for row in connection.execute(_SECRETS, where)}
        self.faults: list[Fault] = []
        self.head_at_close: tuple[int, str] | None = None

    def run(self) -> dict[UUID, Answers]:
        """The answers that count by home, of those ballots that can be opened and are what was committed to."""
        said: dict[UUID, Answers] = {}
        previous = evidence.FIRST_HEAD
        for place, event in enumerate(self.events, start=1):
            leaf_hash = evidence.leaf_hash(event.leaf.encode())
            previous = evidence.chain_head(previous, leaf_hash)
            holds = (event.seq, event.head, event.leaf_hash) == (place, previous.hex(), leaf_hash.hex())
            leaf = _read_leaf(event.leaf)
            if not holds or leaf is None:
                self.faults.append(("chain", event.seq))
                previous = _bytes_of(event.head) or previous
            if event.kind is EventKind.CLOSE:
                self.head_at_close = (event.seq, event.head)
            if leaf is None:
                continue
            if event.kind in chain.BALLOTS or leaf["kind"] in chain.BALLOTS:
                self._open(event, leaf, said)
        if not self.events or (self.vote.head_seq, self.vote.head_hash) != (
            self.events[-1].seq,
            self.events[-1].head,
        ):
            self.faults.append(("head", self.vote.head_seq))
        return said

    def _open(self, event: Any, leaf: Mapping[str, object], said: dict[UUID, Answers]) -> None:
        seq = int(event.seq)
        if seq not in self.secrets:
            self.faults.append(("missing", seq))
            return
        try:
            plain = self.keys.unseal(bytes(self.secrets[seq]), self.vote.id.bytes + seq.to_bytes(8, "big"))
            nonce, ballot = plain[: evidence.NONCE_BYTES], json.loads(plain[evidence.NONCE_BYTES :])
            unit, area, line = UUID(ballot["unit"]), ballot["area"], ballot["roll_entry"]
            told, answers = evidence.commitment(nonce, ballot).hex(), tuple(ballot["answers"])
            if not set(answers) <= _WORDS:
                raise ValueError("no answer of a paper")
        except (InvalidTag, ValueError, KeyError, TypeError, AttributeError):
            self.faults.append(("sealed", seq))
            return
        pseudonym = evidence.unit_pseudonym(self.keys.pseudonym, str(unit)).hex()
        entry = self.entries.get(unit)
        right = {
            "commitment": (told, pseudonym) == (leaf["commitment"], leaf["unit"]),
            "event": (unit, event.kind.value) == (event.unit_id, leaf["kind"]),
            "roll": entry is not None and (entry.area, entry.entry_hash) == (area, line),
        }
        self.faults += [(what, seq) for what, holds in right.items() if not holds]
        if leaf["kind"] == EventKind.CAST.value:
            said[unit] = answers
