"""Health: what keeps this process from serving, in one word and without details."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from app.database import Database, database_clock
from app.rules.drift import ClockWatch, Drift
from app.services.outbox import Backlog, count_backlog

MIGRATIONS = Path(__file__).parents[2] / "migrations"
# A few uploads and a day of ballots still fit; below this a database may fail in the middle of a write.
LEAST_FREE_BYTES = 200 * 1024 * 1024


def what_is_missing(database: Database, *, data_dir: Path) -> str:
    """`database`, `migrations` or `disk`, whichever fails first; empty when all is well."""
    try:
        revision = _revision(database)
    except SQLAlchemyError:
        return "database"
    if revision != newest_revision():
        return "migrations"
    return "" if _has_space(data_dir) else "disk"


def _revision(database: Database) -> str | None:
    with database.session(writing=False) as session:
        connection = session.connection()
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.execute(
            sa.text("SELECT version_num FROM alembic_version")
        ).scalar_one_or_none()
        return revision


@dataclass(frozen=True, slots=True)
class Figures:
    """Text messages that wait and that were given up, and for how long the first has been due."""

    waiting: int
    failed: int
    oldest_seconds: float


def read_figures(database: Database, *, now: datetime) -> Figures | None:
    """What a watcher counts; None when the database does not answer."""
    try:
        with database.session(writing=False) as session:
            backlog: Backlog = count_backlog(session)
    except SQLAlchemyError:
        return None
    due = backlog.first_due_at
    oldest = max(0.0, (now - due).total_seconds()) if due else 0.0
    return Figures(backlog.waiting, backlog.failed, oldest)


@lru_cache
def newest_revision() -> str | None:
    """The last migration in the tree of this release."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def look_at_clock(database: Database, watch: ClockWatch) -> Drift:
    """The machine's clock against the steady one, and against the database's where that has its own and answers."""
    if database.is_sqlite:
        return watch.look()
    try:
        with database.session(writing=False) as session:
            return watch.look(database_clock(session))
    except SQLAlchemyError:
        return watch.look()


def _has_space(data_dir: Path) -> bool:
    try:
        return shutil.disk_usage(data_dir).free >= LEAST_FREE_BYTES
    except OSError:
        return False
