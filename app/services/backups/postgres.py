"""Backups of PostgreSQL: `pg_dump` and `pg_restore` as children, of the server's own major version or the next that is here."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from app.database import Database
from app.services.backups.container import CHUNK, BackupError

_DEBIAN = Path("/usr/lib/postgresql")
# Without the last `pg_dump` refuses a table whose policies are forced. It names no estate, so they show it every row.
_DUMP = ("--format=custom", "--no-owner", "--no-privileges", "--enable-row-security")
_READ_ONLY = "default_transaction_read_only"
_RESTORE = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")


def _major(tool: str) -> int:
    said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 — found below
    found = re.search(r" (\d+)", said.stdout)
    return int(found[1]) if found else 0


def tool_for(name: str, server: int) -> str:
    """The oldest that is not older than the server; raises `BackupError` when there is none."""
    first = shutil.which(name)
    known = [*([first] if first else []), *map(str, sorted(_DEBIAN.glob(f"*/bin/{name}")))]
    if not known:
        raise BackupError(f"没有找到 {name}：请安装 postgresql-client（第 {server} 版）")
    versions = [(_major(tool), tool) for tool in known]
    fit = [(version, tool) for version, tool in versions if version >= server]
    if not fit:
        newest = max(version for version, _ in versions)
        raise BackupError(
            f"{name} 是第 {newest} 版，比服务器的第 {server} 版旧，备份会不完整：请安装第 {server} 版 postgresql-client"
        )
    return min(fit)[1]


def server_major(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10_000


def _way(url: str) -> tuple[str, dict[str, str]]:
    """How the child reaches the database, and its environment: the password stands in no list of processes."""
    made = sa.make_url(url)
    parts = (("host", made.host), ("port", made.port), ("user", made.username), ("dbname", made.database))
    given = {name: str(value) for name, value in (*parts, *made.query.items()) if value is not None}
    words = make_conninfo("", **given)
    return words, {**os.environ, **({"PGPASSWORD": str(made.password)} if made.password else {})}


def _fault(name: str, said: IO[bytes]) -> BackupError:
    said.seek(0)
    lines = said.read().decode(errors="replace").strip().splitlines()
    return BackupError(f"{name} 没有成功：{lines[0] if lines else '没有说明'}")


def dump(url: str, *, snapshot: str, server: int) -> Iterator[bytes]:
    """What `pg_dump` writes of one exported snapshot; raises `BackupError` at the end when it failed."""
    way, environment = _way(url)
    tool = tool_for("pg_dump", server)
    with TemporaryFile() as said:
        command = [tool, *_DUMP, f"--snapshot={snapshot}", f"--dbname={way}"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, env=environment)  # noqa: S603
        assert child.stdout is not None
        try:
            while taken := child.stdout.read(CHUNK):
                yield taken
            if child.wait() != 0:
                raise _fault("pg_dump", said)
        finally:
            child.stdout.close()
            if child.poll() is None:
                child.terminate()
                child.wait()


@contextmanager
def snapshot_of(database: Database) -> Iterator[tuple[sa.Connection, str]]:
    """A connection that sees one moment, and the name under which `pg_dump` sees the same."""
    with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        yield connection, connection.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()


def load(url: str, copy: Path) -> None:
    """Load a dump into the empty database, all of it or nothing."""
    database = Database(url)
    try:
        with database.reading_engine.connect() as connection:
            tool = tool_for("pg_restore", server_major(connection))
    finally:
        database.close()
    way, environment = _way(url)
    with TemporaryFile() as said:
        command = [tool, *_RESTORE, f"--dbname={way}", str(copy)]
        done = subprocess.run(command, stdout=said, stderr=said, env=environment, check=False)  # noqa: S603
        if done.returncode != 0:
            raise _fault("pg_restore", said)


@contextmanager
def closed(url: str) -> Iterator[str]:
    """An address under which the database can be written while nobody else can write it.

    Only a block that ends well opens it. After a crash or a refusal inside, what was loaded stays closed for good: it
    can be read and dropped, and no ballot is cast in it.
    """
    made = sa.make_url(url)
    mine = made.update_query_dict({"options": f"{made.query.get('options', '')} -c {_READ_ONLY}=off".strip()})
    address = mine.render_as_string(hide_password=False)
    _set(address, f"SET {_READ_ONLY} = on")
    try:
        yield address
    except BaseException:
        if is_empty(address):
            _set(address, f"RESET {_READ_ONLY}")
        raise
    _set(address, f"RESET {_READ_ONLY}")


def _set(url: str, what: str) -> None:
    database = Database(url)
    try:
        with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            name = connection.dialect.identifier_preparer.quote(sa.make_url(url).database or "")
            connection.exec_driver_sql(f"ALTER DATABASE {name} {what}")
    except sa.exc.ProgrammingError as refused:
        raise BackupError(
            "恢复要在完成以前锁住目标库，这个数据库用户不是它的所有者：请用所有者恢复"
        ) from refused
    finally:
        database.close()


def is_empty(url: str) -> bool:
    database = Database(url)
    try:
        with database.reading_engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()
    finally:
        database.close()


def ensure_empty(url: str) -> None:
    """Raises `BackupError` when there is a table in the database."""
    if not is_empty(url):
        raise BackupError(
            "目标数据库里已经有内容，恢复只写进空库：请用 createdb 新建一个，让 DATABASE_URL 指向它"
        )


@contextmanager
def scratch(url: str) -> Iterator[str]:
    """A new database on the same server, dropped when the block ends."""
    name = f"restore_trial_{secrets.token_hex(4)}"
    database = Database(url)
    engine = database.engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0")
        except sa.exc.ProgrammingError as refused:
            raise BackupError(
                "试恢复要新建一个临时数据库，这个数据库用户没有建库的权限（CREATEDB）"
            ) from refused
        try:
            yield sa.make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        database.close()
