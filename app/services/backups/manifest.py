"""Backups: what travels inside beside the copy: when it was taken, at which migration, and how far each vote had gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel

from app.models.accounts import Account
from app.models.base import table_of
from app.models.estates import Estate
from app.models.votes import BallotEvent, Vote
from app.services.backups.container import DamagedError
from app.services.votes.restorations import heads_of

_COUNTED: dict[str, type[SQLModel]] = {
    "estates": Estate,
    "accounts": Account,
    "votes": Vote,
    "events": BallotEvent,
}


@dataclass(frozen=True, slots=True)
class Manifest:
    """`votes` has number and hash of each vote's last event; `signer` is the fingerprint of the installation's key."""

    kind: str
    server: str
    revision: str
    taken_at: datetime
    signer: str
    votes: dict[str, tuple[int, str]]
    counts: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "taken_at": self.taken_at.isoformat()}


def from_json(read: Mapping[str, Any]) -> Manifest:
    """Raises `DamagedError` for a manifest that this release does not know."""
    try:
        votes = {str(vote): (int(seq), str(head)) for vote, (seq, head) in read["votes"].items()}
        given = {**read, "taken_at": datetime.fromisoformat(read["taken_at"]), "votes": votes}
        return Manifest(**given)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise DamagedError("备份里的说明读不懂，可能是更新的版本做的") from None


def describe(session: Session, *, kind: str, signer: str, now: datetime) -> Manifest:
    """The manifest of what this session sees."""
    ask = session.connection().execute
    server = "SELECT sqlite_version()" if kind == "sqlite" else "SHOW server_version"
    return Manifest(
        kind=kind,
        server=str(ask(sa.text(server)).scalar_one()),
        revision=str(ask(sa.text("SELECT version_num FROM alembic_version")).scalar_one()),
        taken_at=now,
        signer=signer,
        votes=votes_of(session),
        counts={
            name: ask(sa.select(sa.func.count()).select_from(table_of(model))).scalar_one()
            for name, model in _COUNTED.items()
        },
    )


def votes_of(session: Session) -> dict[str, tuple[int, str]]:
    return {str(vote_id): (seq, head) for vote_id, seq, head in heads_of(session)}
