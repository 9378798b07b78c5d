"""Backups: the way back into an empty database, checked whole before anybody may go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlmodel import Session

from app.database import Database
from app.services.accounts.restored import end_everything
from app.services.backups import container, manifest, postgres, sqlite
from app.services.backups.container import BackupError
from app.services.backups.manifest import Manifest
from app.services.backups.taking import ensure_space
from app.services.health import MIGRATIONS
from app.services.votes import restorations, witnessed
from app.services.votes.checkpoints import BrokenChain, make_checkpoint, read_events
from app.services.votes.signing import signer
from app.services.votes.witnessed import Witness


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to restore and where to. `notes` are (name, text) of checkpoints that others kept.

    `secret` is the installation's if it is on this machine; without it signatures are not checked. `upgrade` brings the
    database at an address to the newest schema.
    """

    file: Path
    url: str
    work: Path
    identities: Sequence[Any]
    notes: Sequence[tuple[str, str]]
    secret: bytes | None
    now: datetime
    upgrade: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored database holds, by which names its votes go, what kept checkpoints say of it, and who was signed out."""

    manifest: Manifest
    names: dict[str, str]
    witnesses: list[Witness]
    sessions_ended: int


def restore(order: Order, *, trial: bool) -> Restored:
    """Restore into the empty database, or with `trial` into one that is thrown away, by the same way.

    Afterwards it says of itself that it was restored, and no ballot event is appended until somebody accepts that.
    Raises `BackupError` for a file that cannot be read, a place that is not empty, and a copy that does not hold.
    """
    if not order.file.is_file():
        raise BackupError(f"没有找到备份文件 {order.file}")
    is_sqlite = order.url.startswith("sqlite")
    into = _into_sqlite if is_sqlite else _into_postgres
    folder = _path_of(order.url).parent if is_sqlite else order.work
    folder.mkdir(parents=True, exist_ok=True)
    ensure_space(folder, order.file.stat().st_size)
    with TemporaryDirectory(prefix=".restore-", dir=folder) as room:
        copy = Path(room) / "copy"
        if not trial:
            _ensure_empty(order.url, is_sqlite=is_sqlite)
        said = manifest.from_json(container.read(order.file, copy, order.identities))
        _ensure_fits(said, order, kind="sqlite" if is_sqlite else "postgresql")
        with into(order.url, copy, trial=trial) as url:
            order.upgrade(url)
            return _settle(url, said, order)


def _path_of(url: str) -> Path:
    return Path(sa.make_url(url).database or "")


def _ensure_empty(url: str, *, is_sqlite: bool) -> None:
    if is_sqlite:
        sqlite.ensure_empty(_path_of(url))
    else:
        postgres.ensure_empty(url)


def _ensure_fits(said: Manifest, order: Order, *, kind: str) -> None:
    if said.kind != kind:
        raise BackupError(f"这是 {said.kind} 的备份，不能恢复到 {kind}：请检查 DATABASE_URL")
    try:
        ScriptDirectory(str(MIGRATIONS)).get_revision(said.revision)
    except CommandError:
        raise BackupError(f"备份比程序新（{said.revision}）：请先换上做备份时的版本或更新的版本") from None
    if order.secret is not None and said.signer and signer(order.secret).fingerprint != said.signer:
        raise BackupError(
            "这台机器上的密钥不是备份时的那一个，用它打不开选票：请先放回原来的 secret.key 或 SECRET_KEY"
        )


@contextmanager
def _into_sqlite(url: str, copy: Path, *, trial: bool) -> Iterator[str]:
    """The copy is worked on where it lies, and put in its place when the block ends well."""
    sqlite.ensure_sound(copy)
    yield f"sqlite:///{copy}"
    sqlite.alone(copy)
    if not trial:
        target = _path_of(url)
        with copy.open("rb") as whole:
            os.fsync(whole.fileno())
        copy.replace(target)
        container.settle(target.parent)


@contextmanager
def _into_postgres(url: str, copy: Path, *, trial: bool) -> Iterator[str]:
    if trial:
        with postgres.scratch(url) as other:
            postgres.load(other, copy)
            yield other
        return
    with postgres.closed(url) as address:
        postgres.load(address, copy)
        yield address


def _settle(url: str, said: Manifest, order: Order) -> Restored:
    """First of all the database says that it was restored and lets nobody in who was: whatever is found wrong after that,
    nobody casts in it, and no session that had ended opens it.
    """
    database = Database(url)
    try:
        with database.transaction() as session:
            restorations.record_restoration(
                session,
                restoration_id=uuid4(),
                taken_at=said.taken_at,
                revision=said.revision,
                now=order.now,
            )
            ended = end_everything(session, now=order.now)
        with database.session(writing=False) as session:
            _ensure_chains(session, said, order.secret)
            names = restorations.names_of(session)
            witnesses = witnessed.compare(session, written=order.notes, secret=order.secret)
        with database.transaction() as session:
            restorations.note_witnessed(session, sizes=witnessed.missing_sizes(witnesses))
        return Restored(said, names, witnesses, ended)
    finally:
        database.close()


def _ensure_chains(session: Session, said: Manifest, secret: bytes | None) -> None:
    """Every event of every vote computed again, up to the very head that the manifest names."""
    if manifest.votes_of(session) != said.votes:
        raise BackupError("恢复出的表决和备份的说明不一致")
    for vote, (seq, head) in said.votes.items():
        try:
            events = read_events(session, vote_id=UUID(vote), size=seq)
            if len(events) != seq or events[-1].head.hex() != head:
                raise BackupError(f"表决 {vote} 的事件链断在第 {len(events)} 号")
            if secret is not None:
                make_checkpoint(session, vote_id=UUID(vote), secret=secret)
        except BrokenChain as broken:
            raise BackupError(f"表决 {vote}：{broken}") from broken
