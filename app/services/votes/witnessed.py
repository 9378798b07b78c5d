"""Votes: checkpoints that others kept, held against the chains that stand here now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from app.models.votes import Vote
from app.rules.votes import notes
from app.rules.votes.evidence import merkle_root
from app.services.votes.checkpoints import list_checkpoints, read_events
from app.services.votes.restorations import restores_of
from app.services.votes.signing import check_signature, signer

_ORIGIN = notes.origin_of("")


class Said(StrEnum):
    """What a kept checkpoint says of the chain here."""

    HOLDS = "holds"
    MISSING = "missing"
    CONTRADICTS = "contradicts"
    NO_VOTE = "no_vote"
    NOT_OURS = "not_ours"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Witness:
    """One kept checkpoint and what became of it; events `first` to `size` are missing when it says so."""

    name: str
    said: Said
    vote_id: UUID | None = None
    number: int = 0
    title: str = ""
    size: int = 0
    first: int = 0


def compare(session: Session, *, written: Sequence[tuple[str, str]], secret: bytes | None) -> list[Witness]:
    """Judge each (name, text) by the chain of its vote; without the secret nobody can say whether we signed it."""
    return [_judge(session, name, text, secret) for name, text in written]


def _judge(session: Session, name: str, text: str, secret: bytes | None) -> Witness:
    try:
        # What was copied from a page may have lost its last line break, or got those of another system.
        note = notes.read_note(text.lstrip("\ufeff").replace("\r\n", "\n").rstrip() + "\n")
        head = notes.read_checkpoint(note.text)
        vote_id = UUID(head.origin.removeprefix(_ORIGIN))
    except ValueError:
        return Witness(name, Said.UNREADABLE)
    if secret is not None and not notes.is_signed_by(
        note, notes.origin_of(str(vote_id)), signer(secret).public, check_signature
    ):
        return Witness(name, Said.NOT_OURS, vote_id, size=head.size)
    vote = session.get(Vote, vote_id)
    if vote is None:
        return Witness(name, Said.NO_VOTE, vote_id, size=head.size)
    said, first = _held_against(session, vote, head)
    return Witness(name, said, vote_id, vote.number, vote.title, head.size, first)


def _held_against(session: Session, vote: Vote, head: notes.Head) -> tuple[Said, int]:
    if head.size <= vote.head_seq:
        events = read_events(session, vote_id=vote.id, size=head.size)
        if merkle_root([event.leaf_hash for event in events]) == head.root:
            return Said.HOLDS, 0
    # A note says no time. One that is kept here as well was signed of this very chain, and nothing of it was lost.
    if any(
        (row.size, row.root) == (head.size, head.root.hex())
        for row in list_checkpoints(session, vote_id=vote.id)
    ):
        return Said.CONTRADICTS, 0
    # The numbers after a restored head may have been given again; those before it may not.
    kept = [row.head_seq for row in restores_of(session, vote_id=vote.id) if row.head_seq < head.size]
    if kept:
        return Said.MISSING, max(kept) + 1
    if head.size > vote.head_seq:
        return Said.MISSING, vote.head_seq + 1
    return Said.CONTRADICTS, 0


def missing_sizes(witnesses: Sequence[Witness]) -> dict[UUID, int]:
    """The greatest number of events that is known of each vote of which some are missing."""
    sizes: dict[UUID, int] = {}
    for witness in witnesses:
        if witness.said is Said.MISSING and witness.vote_id is not None:
            sizes[witness.vote_id] = max(witness.size, sizes.get(witness.vote_id, 0))
    return sizes
