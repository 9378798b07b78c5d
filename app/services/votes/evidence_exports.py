"""Votes: who may take a full evidence package, with a reason that is told, and what the evidence page shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed
from app.models.trail import TrailRow
from app.models.votes import BallotEvent, EventKind
from app.rules.accounts import Role, mask_name
from app.rules.text import clean_line
from app.rules.votes.states import State
from app.services import trail
from app.services.trail import Actor
from app.services.votes import chain, checkpoints, counting
from app.services.votes.drafting import get_vote
from app.services.votes.signing import signer

EXPORT = "votes:evidence:export"
LEAST, MOST = 10, 200
_TIME = timedelta(hours=1)
# An operator runs the machine and has no business in the ballots: holding that role alone opens nothing.
_INSPECTORS = frozenset({Role.AUDITOR, Role.COMMITTEE})


@dataclass(frozen=True, slots=True)
class ExportView:
    """That somebody took the full package: when, who with a masked name, and why."""

    at: datetime
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What everybody of the estate may hold against his own records; checkpoints and exports with the newest first."""

    head_seq: int
    head_hash: str
    sealed: bool
    fingerprint: str
    kinds: tuple[tuple[str, int], ...]
    checkpoints: tuple[checkpoints.CheckpointView, ...]
    refused_at: datetime | None
    refusal: str
    exports: tuple[ExportView, ...]


def read_evidence(session: Session, *, estate_id: UUID, vote_id: UUID, secret: bytes) -> EvidenceView:
    """The evidence of a noticed vote, the same for every member."""
    vote = get_vote(session, estate_id=estate_id, vote_id=vote_id)
    counted = select(BallotEvent.kind, sa.func.count()).where(BallotEvent.vote_id == vote_id)
    found = {
        EventKind(kind): int(number) for kind, number in session.exec(counted.group_by(BallotEvent.kind))
    }
    refused_at, refusal = checkpoints.last_refusal(session, vote_id=vote_id) or (None, "")
    return EvidenceView(
        head_seq=vote.head_seq,
        head_hash=vote.head_hash,
        sealed=counting.sealed_result(session, vote_id) is not None,
        fingerprint=signer(secret).fingerprint,
        kinds=tuple((kind.value, found[kind]) for kind in EventKind if kind in found),
        checkpoints=tuple(reversed(checkpoints.list_checkpoints(session, vote_id=vote_id))),
        refused_at=refused_at,
        refusal=refusal,
        exports=tuple(
            ExportView(row.at, mask_name(row.actor_name), row.reason) for row in _exports(session, vote_id)
        ),
    )


def may_export(roles: frozenset[Role], *, sealed: bool) -> bool:
    """The full package names homes and choices: for the committee and auditors, when the count is sealed."""
    return sealed and bool(roles & _INSPECTORS)


def order_export(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    export_id: UUID,
    actor: Actor,
    roles: frozenset[Role],
    reason: str,
    now: datetime,
) -> None:
    """Put on the trail, and with it on the evidence page, that this person takes the full package; the same id twice is once.

    Raises `NotAllowed` for everybody but committee and auditors, `Conflict` (`not_sealed`) before the count is sealed,
    `Invalid` without a reason.
    """
    _ensure_inspector(roles)
    locked = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if locked is None or State(locked.state) is State.DRAFT or not counting.sealed_result(session, vote_id):
        raise Conflict(N_("计票结果封存以后才能下载完整的证据包"), code="not_sealed")
    reason = clean_line(reason, most=MOST, field="reason")
    if len(reason) < LEAST:
        raise Invalid(N_("请写明为什么要下载，至少 10 个字，会公开"), field="reason")
    if _export_of(session, vote_id, export_id, actor) is None:
        trail.record(
            session,
            tag=EXPORT,
            actor=actor,
            now=now,
            estate_id=estate_id,
            subject_kind="vote",
            subject_id=vote_id,
            new={"export": str(export_id), "head": locked.head_hash},
            reason=reason,
        )


def ensure_ordered(
    session: Session, *, vote_id: UUID, export_id: UUID, actor: Actor, roles: frozenset[Role], now: datetime
) -> str:
    """The reason that this person gave for the download within the hour; raises `NotAllowed` without one."""
    _ensure_inspector(roles)
    row = _export_of(session, vote_id, export_id, actor)
    if row is None or now - row.at > _TIME:
        raise NotAllowed(N_("请先在证据页写明理由，再下载完整的证据包"), code="no_reason")
    return row.reason


def _ensure_inspector(roles: frozenset[Role]) -> None:
    if not roles & _INSPECTORS:
        raise NotAllowed(
            N_("完整的证据包有每户的选择，只有监督人员和居委会工作人员可以下载。您可以下载脱敏的证据包")
        )


def _exports(session: Session, vote_id: UUID) -> Sequence[TrailRow]:
    query = select(TrailRow).where(TrailRow.subject_id == vote_id, TrailRow.tag == EXPORT)
    return session.exec(query.order_by(col(TrailRow.seq).desc())).all()


def _export_of(session: Session, vote_id: UUID, export_id: UUID, actor: Actor) -> TrailRow | None:
    return next(
        (
            row
            for row in _exports(session, vote_id)
            if row.new.get("export") == str(export_id) and row.actor_id == actor.id
        ),
        None,
    )
