"""Engine and sessions; where SQLite and PostgreSQL differ, the difference ends here."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import anyio
import anyio.to_thread
import psycopg
import sqlalchemy as sa
from sqlalchemy import event
from sqlmodel import Session

import app.models  # noqa: F401 — registers the tables
from app import confinement
from app.clock import utc_now

# https://sqlite.org/wal.html, "the WAL-reset bug": a commit can be lost in WAL mode before these versions.
_WAL_FIXED = (3, 51, 3)
_WAL_BACKPORTS = {(3, 44): 6, (3, 50): 7}
_POSTGRES_OPTIONS = "-c timezone=UTC -c lock_timeout=10000 -c statement_timeout=30000"
_IDLE_SECONDS = 5
# Where nothing begins, nothing is to be rolled back, neither at the end of a session nor when a connection goes home.
_READING: dict[str, Any] = {
    "isolation_level": "AUTOCOMMIT",
    "skip_autocommit_rollback": True,
    "pool_reset_on_return": None,
}


def journal_settings(version: tuple[int, int, int]) -> tuple[str, str]:
    """Journal mode and `synchronous` level that lose no commit on this SQLite version."""
    patched = version[2] >= _WAL_BACKPORTS.get(version[:2], 1_000)
    return ("WAL", "FULL") if version >= _WAL_FIXED or patched else ("DELETE", "EXTRA")


class Database:
    """One engine and the gates in front of it.

    Requests wait for their turn in `gate` before they take a thread or a connection, first come first served. That keeps
    SQLite's single writer fair, and keeps PostgreSQL's pool from being drained by requests that wait for a thread.
    """

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        if self.is_sqlite:
            Path(sa.make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
            self.engine = _sqlite_engine(url, pool_size)
            event.listen(self.engine, "begin", _begin_sqlite)
            # No transaction around reading: its shared lock would keep the writer's commit waiting until the page is made.
            self.reading_engine = _sqlite_engine(url, pool_size, **_READING)
            event.listen(self.reading_engine, "connect", _refuse_writing)
        else:
            self.engine = _postgres_engine(url, pool_size, _POSTGRES_OPTIONS)
            # Under READ COMMITTED a transaction adds nothing to reading but two trips to the server and back.
            read_only = f"{_POSTGRES_OPTIONS} -c default_transaction_read_only=on"
            self.reading_engine = _postgres_engine(url, pool_size, read_only, **_READING)
        self._readers = anyio.CapacityLimiter(pool_size)
        self._writer = anyio.Lock()
        self._committing = anyio.CapacityLimiter(pool_size + 1)

    @asynccontextmanager
    async def gate(self, *, writing: bool) -> AsyncIterator[None]:
        """Wait for a turn; on SQLite only one request writes at a time."""
        turn = self._writer if writing and self.is_sqlite else self._readers
        async with turn:
            yield

    async def commit(self, session: Session) -> None:
        """Commit in a thread that is not one of the app's few.

        Those may all be waiting for the very row lock that this commit lets go.
        """
        await anyio.to_thread.run_sync(session.commit, limiter=self._committing)

    def session(self, *, writing: bool) -> Session:
        """A session that begins with its first statement; a writing one takes SQLite's write lock at once."""
        engine = self.engine if writing else self.reading_engine
        # What is set for a transaction would end with the statement where each statement is one.
        info = {confinement.LASTING: not writing}
        return Session(engine, expire_on_commit=False, autoflush=True, info=info)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """For jobs and commands: commit when the block ends well, roll back when it raises."""
        with self.session(writing=True) as session:
            yield session
            session.commit()

    def pool_figures(self) -> list[tuple[str, int, int]]:
        """Each pool's name, the connections it keeps, and those in use."""
        pools = (("reading", self.reading_engine.pool), ("writing", self.engine.pool))
        return [
            (name, pool.size(), pool.checkedout()) for name, pool in pools if isinstance(pool, sa.QueuePool)
        ]

    def close(self) -> None:
        self.reading_engine.dispose()
        self.engine.dispose()


def _sqlite_engine(url: str, pool_size: int, **more: Any) -> sa.Engine:
    engine = sa.create_engine(
        url,
        connect_args={"timeout": 30, "check_same_thread": False},
        pool_size=pool_size,
        max_overflow=5,
        # A failed statement is logged; what it would have written is not.
        hide_parameters=True,
        **more,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _postgres_engine(url: str, pool_size: int, options: str, **more: Any) -> sa.Engine:
    # What the address itself says comes first; libpq takes the last word.
    said = sa.make_url(url).query.get("options", "")
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={"options": f"{said} {options}".strip()},
        **more,
    )
    event.listen(engine, "checkin", confinement.release)
    event.listen(engine, "checkout", _look_at_connection)
    return engine


def _look_at_connection(connection: Any, record: Any, proxy: Any) -> None:
    confinement.collect(connection, record)
    _ask_an_idle_connection(connection, record, proxy)


def _ask_an_idle_connection(connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that lay idle may have died with its server; one just used need not be asked at every request."""
    now = monotonic()
    if now - record.info.get("asked", 0.0) > _IDLE_SECONDS:
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except psycopg.Error as gone:
            raise sa.exc.DisconnectionError from gone
    record.info["asked"] = now


def database_clock(session: Session) -> datetime:
    """The instant by the one clock all servers share, read now: after a lock was waited for, not when the transaction began.

    PostgreSQL's `now()` stands still inside a transaction, so it would be wrong at the closing second.
    """
    if session.get_bind().dialect.name == "postgresql":
        instant: datetime = session.connection().execute(sa.text("SELECT clock_timestamp()")).scalar_one()
        return instant.astimezone(UTC)
    return utc_now()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    journal, synchronous = journal_settings(sqlite3.sqlite_version_info)
    cursor = connection.cursor()
    for pragma in (
        f"journal_mode={journal}",
        f"synchronous={synchronous}",
        "foreign_keys=ON",
        "busy_timeout=30000",
        # 20 MB: with SQLite's own 2 MB a count of some thousand homes asks the system for every page anew.
        "cache_size=-20000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A deferred transaction that upgrades to writing fails at once when another writes; an immediate one waits.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _refuse_writing(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA query_only=ON").close()
