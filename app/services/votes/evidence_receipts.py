"""Votes: what anybody with a receipt code may learn: when that ballot was recorded, and what became of it; nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.errors import N_, NotFound
from app.models.base import table_of
from app.models.votes import BallotCurrent, EventKind
from app.rules.calendar import BEIJING
from app.rules.votes import evidence, merkle, notes
from app.services.accounts import limits
from app.services.votes.chain import EVENT
from app.services.votes.checkpoints import CheckpointView, list_checkpoints
from app.services.votes.restorations import restores_of
from app.services.votes.signing import check_signature, signer

# A stairwell behind one address looks its receipts up on one evening; a program that guesses gains nothing in 80 bits.
MOST, WINDOW = 200, timedelta(hours=1)
_CURRENT = table_of(BallotCurrent).c
_FOUND = sa.select(EVENT).where(
    EVENT.c.vote_id == sa.bindparam("vote_id"), EVENT.c.receipt == sa.bindparam("receipt")
)
_STANDING = sa.select(_CURRENT.seq).where(
    _CURRENT.vote_id == sa.bindparam("vote_id"), _CURRENT.unit_id == sa.bindparam("unit_id")
)
_LEAVES = (
    sa.select(EVENT.c.leaf_hash)
    .where(EVENT.c.vote_id == sa.bindparam("vote_id"), EVENT.c.seq <= sa.bindparam("size"))
    .order_by(EVENT.c.seq)
)


class Fate(StrEnum):
    """It counts; a later ballot of the same home took its place; it was kept while another counts."""

    COUNTS = "counts"
    REPLACED = "replaced"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Proof:
    """The way from the ballot's leaf to the root of a signed checkpoint; everything in hexadecimal."""

    size: int
    made_at: datetime
    leaf: str
    path: tuple[str, ...]
    root: str
    note: str
    holds: bool


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """One ballot by its code: never the home, the name or the choice. `proof` is None until a checkpoint includes it."""

    code: str
    seq: int
    revision: int
    recorded_at: datetime
    fate: Fate
    proof: Proof | None


def count_look_up(session: Session, *, address: str, now: datetime) -> None:
    """Count one look-up from a network address; raises `TooMany`."""
    limits.hit(session, key=f"receipt:{address}", limit=MOST, window=WINDOW, now=now)


def look_up(session: Session, *, vote_id: UUID, typed: str, secret: bytes) -> ReceiptView:
    """The ballot that a code belongs to; the caller has found the vote.

    Raises `Invalid` (`bad_receipt`) for what cannot be a code, `NotFound` (`no_receipt`) for one that this vote has not.
    """
    code = evidence.parse_receipt(typed)
    ask = session.connection().execute
    event = ask(_FOUND, {"vote_id": vote_id, "receipt": code}).one_or_none()
    if event is None:
        raise _unknown(session, vote_id)
    standing = ask(_STANDING, {"vote_id": vote_id, "unit_id": event.unit_id}).scalar_one_or_none()
    fate = Fate.COUNTS if standing == event.seq else Fate.REPLACED
    return ReceiptView(
        code=code,
        seq=event.seq,
        revision=max(event.revision, 0),
        recorded_at=event.recorded_at,
        fate=Fate.KEPT if event.kind is EventKind.KEPT else fate,
        proof=_proof(session, vote_id, event.seq, event.leaf, secret),
    )


def _unknown(session: Session, vote_id: UUID) -> NotFound:
    """After a restore a good receipt may be of a ballot that was lost; otherwise nothing innocent explains it but a slip."""
    restores = restores_of(session, vote_id=vote_id)
    if not restores:
        return NotFound(
            N_(
                "这次表决里没有这个回执码。请先核对是不是抄错了，或者是另一次表决的回执；"
                "如果回执没有错，请带着它联系居委会，这说明记录可能被改过"
            ),
            code="no_receipt",
            field="code",
        )
    return NotFound(
        N_(
            "这次表决里没有这个回执码。这次表决在 %(restored)s 从 %(taken)s 的备份恢复过，"
            "如果您是在这两个时间之间投的票，这张票可能缺失了：请保存回执，截止以前再投一次，"
            "已经截止的请带着回执联系居委会或提出异议"
        ),
        code="no_receipt",
        field="code",
        restored=f"{restores[-1].restored_at.astimezone(BEIJING):%Y-%m-%d %H:%M}",
        taken=f"{restores[-1].taken_at.astimezone(BEIJING):%Y-%m-%d %H:%M}",
    )


def _proof(session: Session, vote_id: UUID, seq: int, leaf: str, secret: bytes) -> Proof | None:
    """By the newest checkpoint, computed from the leaf's exact bytes and not from what is stored beside them."""
    newest = list_checkpoints(session, vote_id=vote_id)[-1:]
    if not newest or newest[0].size < seq:
        return None
    checkpoint = newest[0]
    asked = {"vote_id": vote_id, "size": checkpoint.size}
    leaves = [bytes.fromhex(row) for row in session.connection().execute(_LEAVES, asked).scalars()]
    own, root = evidence.leaf_hash(leaf.encode()), bytes.fromhex(checkpoint.root)
    path = merkle.inclusion_proof(leaves, seq - 1) if len(leaves) == checkpoint.size else []
    return Proof(
        size=checkpoint.size,
        made_at=checkpoint.made_at,
        leaf=own.hex(),
        path=tuple(step.hex() for step in path),
        root=checkpoint.root,
        note=checkpoint.note,
        holds=_is_ours(vote_id, checkpoint, secret)
        and merkle.is_included(own, seq - 1, checkpoint.size, path, root),
    )


def _is_ours(vote_id: UUID, checkpoint: CheckpointView, secret: bytes) -> bool:
    """Signed by us for this vote, and saying what its row says."""
    origin = notes.origin_of(str(vote_id))
    try:
        note = notes.read_note(checkpoint.note)
        head = notes.read_checkpoint(note.text)
    except ValueError:
        return False
    said = (head.origin, head.size, head.root.hex()) == (origin, checkpoint.size, checkpoint.root)
    return said and notes.is_signed_by(note, origin, signer(secret).public, check_signature)
