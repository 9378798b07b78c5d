"""Backups of SQLite: a copy page by page under a read lock, and a file that is put in its place when it is sound."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app.services.backups.container import CHUNK, BackupError

_BESIDE = ("-wal", "-shm", "-journal")


def chunks_of(path: Path) -> Iterator[bytes]:
    """The copy in pieces; its name is gone at once, so that a crash from here on leaves no plain copy behind."""
    with path.open("rb") as copy:
        path.unlink()
        while taken := copy.read(CHUNK):
            yield taken


@contextmanager
def copied(database: Path) -> Iterator[Path]:
    """A consistent copy beside the database, gone when the block ends; writers wait while it is made."""
    with TemporaryDirectory(prefix=".backup-", dir=database.parent) as folder:
        copy = Path(folder) / "copy.db"
        source_address = f"{database.resolve().as_uri()}?mode=ro"
        with (
            closing(sqlite3.connect(source_address, uri=True, timeout=30)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            # In one step: a copy made in several begins anew whenever somebody writes in between.
            source.backup(target)
        alone(copy)
        yield copy


def alone(database: Path) -> None:
    """Leave everything in the one file, with no log beside it."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").fetchall()


def ensure_empty(database: Path) -> None:
    """Raises `BackupError` when there is a database with tables, or the leftover log of one."""
    for end in _BESIDE:
        if Path(f"{database}{end}").exists():
            raise BackupError(f"{database}{end} 还在：请先停掉服务，把旧库和它旁边的文件一起移走，再恢复")
    if not database.exists():
        return
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
            raise BackupError(f"{database} 里已经有内容，恢复只写进空库：请先停掉服务，把它移走")


def ensure_sound(database: Path) -> None:
    """Raises `BackupError` when a page, an index or a reference is broken."""
    with closing(sqlite3.connect(database)) as connection:
        try:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            lost = connection.execute("PRAGMA foreign_key_check").fetchone()
        except sqlite3.DatabaseError as broken:
            raise BackupError(f"数据库文件损坏：{broken}") from broken
    if said != ["ok"] or lost is not None:
        raise BackupError(f"数据库文件损坏：{said[0] if said != ['ok'] else f'{lost[0]} 有找不到的引用'}")
