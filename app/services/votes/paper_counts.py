"""Votes: what became of all sheets of a vote, which wait for whom, and the sample to compare after closing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.base import table_of
from app.models.trail import TrailRow
from app.models.votes import BallotSecret, RollEntry, Vote
from app.models.votes.paper import PaperEntry, PaperSheet, SheetState
from app.rules.text import clean_line
from app.rules.votes.evidence import NONCE_BYTES
from app.rules.votes.privacy import is_small
from app.rules.votes.questions import Answers
from app.rules.votes.samples import draw
from app.rules.votes.tally import SPOILED
from app.services import trail
from app.services.trail import Actor
from app.services.votes import chain, counting
from app.services.votes.drafting import get_vote
from app.services.votes.paper import RUNNING
from app.services.votes.roll import home_label
from app.services.votes.sealing import keyring

SHEET, ENTRY, VOTE = table_of(PaperSheet), table_of(PaperEntry), table_of(Vote)
DRAWN = "votes:sample:draw"
MAX_SEED = 60


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All sheets of a vote by what became of them; the parts add up to `issued`.

    `spoiled` is None while nobody may know it, and of a small scope for good: those sheets are then among the `counted`.
    `out` never came back, `returned` came back and lacks an entry.
    """

    issued: int
    counted: int
    kept: int
    spoiled: int | None
    disputed: int
    returned: int
    void: int
    out: int


@dataclass(frozen=True, slots=True)
class Queue:
    """A sheet that waits for an entry, and whether this reader may make it; `entries` made so far."""

    serial: str
    label: str
    entries: int
    disputed: bool
    handed_in_at: datetime | None
    mine: bool


@dataclass(frozen=True, slots=True)
class Pile:
    """Sheets of one running vote that wait: for their first or second entry, and for a third person."""

    vote_id: UUID
    title: str
    first: int
    second: int
    third: int

    @property
    def all(self) -> int:
        return self.first + self.second + self.third


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sheet of the sample: what the record says of it, to be compared with paper and picture."""

    serial: str
    label: str
    counted: bool
    answers: Answers


@dataclass(frozen=True, slots=True)
class Sample:
    """The seed announced, the head of the closed chain, and the sheets drawn from `sheets` in all."""

    seed: str
    head: str
    drawn_at: datetime
    sheets: int
    lines: tuple[Drawn, ...]


def reconcile(
    session: Session, *, estate_id: UUID, vote_id: UUID, now: datetime, grace: timedelta, secret: bytes
) -> Reconciliation | None:
    """The sheets of a vote by what became of them: for the desk at any time, for everybody once counted; None if none was printed."""
    vote = get_vote(session, estate_id=estate_id, vote_id=vote_id)
    query = (
        sa.select(SHEET.c.state, sa.func.count()).where(SHEET.c.vote_id == vote_id).group_by(SHEET.c.state)
    )
    number = {SheetState(state): int(count) for state, count in session.connection().execute(query)}
    if not number:
        return None
    counted, spoiled = number.get(SheetState.COUNTED, 0), None
    if counting.is_countable(vote, now, grace) and not _is_small(session, vote):
        recorded = _recorded(session, vote_id, secret, col(PaperSheet.state) == SheetState.COUNTED)
        spoiled = sum(set(said) == {SPOILED} for said in recorded.values())
        counted -= spoiled
    return Reconciliation(
        issued=sum(number.values()),
        counted=counted,
        kept=number.get(SheetState.KEPT, 0),
        spoiled=spoiled,
        disputed=number.get(SheetState.DISPUTED, 0),
        returned=number.get(SheetState.RETURNED, 0),
        void=number.get(SheetState.VOID, 0),
        out=number.get(SheetState.ISSUED, 0),
    )  # fmt: skip


def _is_small(session: Session, vote: Vote) -> bool:
    return is_small(counting.turnout(session, vote).quorum.heads.whole)


def _recorded(
    session: Session, vote_id: UUID, secret: bytes, *which: sa.ColumnElement[bool]
) -> dict[str, Answers]:
    """What the chain's openings say of some sheets, by serial; the caller has made sure that the vote is closed."""
    keys = keyring(secret, vote_id)
    opening = sa.and_(
        col(BallotSecret.vote_id) == PaperSheet.vote_id, col(BallotSecret.seq) == PaperSheet.seq
    )
    query = (
        select(PaperSheet.serial, BallotSecret.seq, BallotSecret.sealed)
        .join(BallotSecret, opening)
        .where(PaperSheet.vote_id == vote_id, *which)
    )
    return {
        serial: tuple(
            json.loads(keys.unseal(sealed, vote_id.bytes + seq.to_bytes(8, "big"))[NONCE_BYTES:])["answers"]
        )
        for serial, seq, sealed in session.exec(query)
    }


_KEYED = sa.select(sa.func.count()).where(ENTRY.c.sheet_id == SHEET.c.id).correlate(SHEET).scalar_subquery()
_WAITING = (SheetState.RETURNED, SheetState.DISPUTED)


def queue(session: Session, *, vote_id: UUID, account_id: UUID) -> list[Queue]:
    """The sheets that wait for an entry: disputed ones first, then those with one entry, the oldest first; never what was entered."""
    did = sa.exists().where(ENTRY.c.sheet_id == SHEET.c.id, ENTRY.c.entered_by == account_id)
    columns = (SHEET.c.serial, SHEET.c.unit_id, SHEET.c.state, SHEET.c.handed_in_at)
    query = sa.select(*columns, _KEYED.label("keyed"), did.correlate(SHEET).label("did")).where(
        SHEET.c.vote_id == vote_id, SHEET.c.state.in_(_WAITING)
    )
    rows = session.connection().execute(query).all()
    labels = _labels(session, vote_id, [row.unit_id for row in rows])
    found = [
        Queue(
            serial=row.serial,
            label=labels[row.unit_id],
            entries=int(row.keyed),
            disputed=row.state == SheetState.DISPUTED,
            handed_in_at=row.handed_in_at,
            mine=not row.did,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (not one.disputed, -one.entries, one.handed_in_at, one.serial))


def piles(session: Session, *, estate_id: UUID, now: datetime, grace: timedelta) -> list[Pile]:
    """For every running vote in which sheets wait and may still be entered: how many."""
    query = (
        sa.select(
            VOTE.c.id, VOTE.c.title, VOTE.c.closes_at, VOTE.c.resumed_at, VOTE.c.rules, SHEET.c.state, _KEYED
        )
        .join(SHEET, SHEET.c.vote_id == VOTE.c.id)
        .where(VOTE.c.estate_id == estate_id, VOTE.c.state.in_(RUNNING), SHEET.c.state.in_(_WAITING))
        .order_by(VOTE.c.closes_at)
    )
    found: dict[UUID, list[int]] = {}
    titles: dict[UUID, str] = {}
    for row in session.connection().execute(query):
        if now < counting.count_from(row, grace):
            titles[row.id] = row.title
            found.setdefault(row.id, [0, 0, 0])[2 if row.state == SheetState.DISPUTED else row[-1]] += 1
    return [Pile(vote_id, titles[vote_id], *numbers) for vote_id, numbers in found.items()]


def draw_sample(
    session: Session, *, estate_id: UUID, vote_id: UUID, seed: str, actor: Actor, now: datetime
) -> None:
    """Fix the seed of the sample, once: whoever could draw again would draw until he liked the sample.

    The seed is announced in public before it is typed (a lottery number of that evening). Raises `Conflict` (`not_sealed`
    before the count is sealed, `drawn_before`), `Invalid` without a seed.
    """
    if chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id) is None:
        raise NotFound(N_("没有找到这次表决"))
    seed = clean_line(seed, most=MAX_SEED, field="seed")
    if not seed:
        raise Invalid(N_("请填写公开抽取的号码，比如当晚公布的彩票号码"), field="seed")
    result = counting.sealed_result(session, vote_id)
    if result is None:
        raise Conflict(N_("计票封存以后才能抽查"), code="not_sealed")
    before = _drawn(session, estate_id, vote_id)
    if before is not None:
        if before.new.get("seed") == seed:
            return
        raise Conflict(N_("抽查号码已经定了，不能再换"), code="drawn_before", field="seed")
    trail.record(
        session, tag=DRAWN, actor=actor, now=now, estate_id=estate_id, subject_kind="vote",
        subject_id=vote_id, new={"seed": seed, "head": result.head_hash},
    )  # fmt: skip


def _drawn(session: Session, estate_id: UUID, vote_id: UUID) -> TrailRow | None:
    query = select(TrailRow).where(
        TrailRow.estate_id == estate_id,
        TrailRow.subject_kind == "vote",
        TrailRow.subject_id == vote_id,
        TrailRow.tag == DRAWN,
    )
    return session.exec(query.order_by(col(TrailRow.seq))).first()


def read_sample(session: Session, *, estate_id: UUID, vote_id: UUID, secret: bytes) -> Sample | None:
    """The sample as drawn, with what the record says of each sheet; None before the draw, which the trail holds."""
    row = _drawn(session, estate_id, vote_id)
    if row is None:
        return None
    seed, head = str(row.new["seed"]), str(row.new["head"])
    query = select(PaperSheet).where(
        PaperSheet.vote_id == vote_id, col(PaperSheet.state).in_((SheetState.COUNTED, SheetState.KEPT))
    )
    sheets = {sheet.serial: sheet for sheet in session.exec(query)}
    picked = [sheets[serial] for serial in draw(seed, head, sheets)]
    recorded = _recorded(
        session, vote_id, secret, col(PaperSheet.serial).in_([sheet.serial for sheet in picked])
    )
    homes = _labels(session, vote_id, [sheet.unit_id for sheet in picked])
    return Sample(
        seed=seed,
        head=head,
        drawn_at=row.at,
        sheets=len(sheets),
        lines=tuple(
            Drawn(
                sheet.serial,
                homes[sheet.unit_id],
                sheet.state is SheetState.COUNTED,
                recorded[sheet.serial],
            )
            for sheet in picked
        ),
    )


def _labels(session: Session, vote_id: UUID, units: Sequence[UUID]) -> dict[UUID, str]:
    query = select(RollEntry).where(RollEntry.vote_id == vote_id, col(RollEntry.unit_id).in_(units))
    ordered = session.exec(query.order_by(col(RollEntry.revision)))
    return {entry.unit_id: home_label(entry) for entry in ordered}
