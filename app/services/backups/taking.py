"""Backups: take one of the running installation, and remember when."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from app.database import Database
from app.services.backups import container, postgres, sqlite
from app.services.backups.container import BackupError
from app.services.backups.manifest import Manifest, describe

LAST = "last-backup.json"
_SPARE = 64 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that is whole and on the disk."""

    manifest: Manifest
    size: int


@dataclass(frozen=True, slots=True)
class Last:
    """What is remembered of the newest backup."""

    taken_at: datetime
    file: str
    encrypted: bool


def take_backup(
    database: Database, *, target: Path, recipients: Sequence[Any], signer: str, now: datetime
) -> Taken:
    """One consistent moment of the whole database into one new file, while everybody goes on.

    Raises `BackupError` when the file is there already, the disk has too little space, or a tool is missing.
    """
    if target.exists():
        raise BackupError(f"{target} 已经存在，备份不覆盖旧文件")
    if not target.parent.is_dir():
        raise BackupError(f"没有 {target.parent} 这个目录")
    made = _of_sqlite if database.is_sqlite else _of_postgres
    with made(database, target, signer, now) as (manifest, chunks):
        size = container.write(target, manifest.to_json(), chunks, recipients)
    return Taken(manifest, size)


@contextmanager
def _of_sqlite(
    database: Database, target: Path, signer: str, now: datetime
) -> Iterator[tuple[Manifest, Iterator[bytes]]]:
    path = Path(sa.make_url(database.url).database or "")
    if not path.exists():
        raise BackupError(f"没有找到数据库 {path}")
    size = path.stat().st_size
    same_disk = path.parent.stat().st_dev == target.parent.stat().st_dev
    ensure_space(target.parent, size * 2 if same_disk else size)
    ensure_space(path.parent, size)
    with sqlite.copied(path) as copy:
        opened = Database(f"sqlite:///{copy}")
        try:
            with opened.session(writing=False) as session:
                manifest = describe(session, kind="sqlite", signer=signer, now=now)
        finally:
            opened.close()
        sqlite.alone(copy)
        yield manifest, sqlite.chunks_of(copy)


@contextmanager
def _of_postgres(
    database: Database, target: Path, signer: str, now: datetime
) -> Iterator[tuple[Manifest, Iterator[bytes]]]:
    with postgres.snapshot_of(database) as (connection, snapshot):
        size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
        ensure_space(target.parent, size)
        with Session(bind=connection) as session:
            manifest = describe(session, kind="postgresql", signer=signer, now=now)
            server = postgres.server_major(connection)
            yield manifest, postgres.dump(database.url, snapshot=snapshot, server=server)


def ensure_space(folder: Path, needed: int) -> None:
    """Raises `BackupError` when `needed` bytes and some to spare are not free."""
    free = shutil.disk_usage(folder).free
    if free < needed + _SPARE:
        raise BackupError(
            f"{folder} 所在的磁盘空间不够：要 {(needed + _SPARE) >> 20} MB，只剩 {free >> 20} MB"
        )


def remember(data_dir: Path, last: Last) -> None:
    """Keep it beside the secret, where `doctor` looks: the database itself is not written by a backup."""
    row = {"taken_at": last.taken_at.isoformat(), "file": last.file, "encrypted": last.encrypted}
    part = data_dir / f"{LAST}.part"
    part.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    part.replace(data_dir / LAST)


def last_backup(data_dir: Path) -> Last | None:
    """What `remember` kept; None when there is none or it cannot be read."""
    try:
        row = json.loads((data_dir / LAST).read_text(encoding="utf-8"))
        return Last(datetime.fromisoformat(row["taken_at"]), str(row["file"]), bool(row["encrypted"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
