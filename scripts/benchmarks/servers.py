"""What is measured: a durable database of each kind, a crowd with an open vote in it, and the app in a process of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa

from app.cli.migrate import upgrade
from app.clock import utc_now
from app.database import Database
from app.models.accounts import LoginSession
from app.routers.form_guard import form_token
from tests.fixtures.crowd import SLUG, Crowd, CrowdHome, make_crowd, make_crowd_vote
from tests.fixtures.databases import NOBODY, _postgres_binaries
from tests.fixtures.votes import ElevatorVote

REPO = Path(__file__).parents[2]
SECRET = "a secret for benchmarks only, fifty bytes long ....."
VISITOR = "visitor-of-benchmarks-0123456789"
COST = {
    "cost": "6000000",
    "subsidy": {"fixed": "1000000"},
    "scheme": {"type": "coef", "coef": {str(floor): str(floor) for floor in range(1, 301)}},
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server with its durable defaults: every commit is on the disk."""
    binaries, home, port = (
        _postgres_binaries(),
        Path(tempfile.mkdtemp(prefix="haoshangliang-bench-")),
        free_port(),
    )
    as_user = {"user": NOBODY, "group": NOBODY} if os.geteuid() == 0 else {}
    if as_user:
        os.chown(home, NOBODY, NOBODY)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home, **as_user}
    options = ["-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run([binaries / "initdb", "-D", home / "data", *options], check=True, **quiet)
    listen = ["-clisten_addresses=127.0.0.1", f"-cport={port}", f"-cunix_socket_directories={home}"]
    server = subprocess.Popen([binaries / "postgres", "-D", home / "data", *listen], **quiet)
    base = f"postgresql://bench@127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
                    assert connection.execute("SHOW data_directory").fetchone() == (str(home / "data"),)
                    assert connection.execute("SHOW fsync").fetchone() == ("on",)
                    assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
                    break
            except psycopg.OperationalError:
                time.sleep(0.05)
        yield base
    finally:
        server.send_signal(2)  # a fast shutdown; the polite one waits for clients
        server.wait(timeout=20)
        shutil.rmtree(home, ignore_errors=True)


@dataclass
class Place:
    """A migrated database with a crowd in it, and a vote that is open now."""

    kind: str
    url: str
    folder: Path
    database: Database
    crowd: Crowd
    vote: ElevatorVote

    def path(self, tail: str = "") -> str:
        return f"/e/{SLUG}/votes/{self.vote.id}{tail}"

    def cookies(self, home: CrowdHome) -> str:
        return f"visitor={VISITOR}; session={home.token}"

    def analyze(self) -> None:
        """What autovacuum does of itself within a minute: PostgreSQL plans by what it knows of the tables."""
        if not self.database.is_sqlite:
            with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")

    def csrf(self, home: CrowdHome) -> str:
        return form_token(SECRET.encode(), VISITOR, home.token)


@contextmanager
def place(
    kind: str, base: str | None, homes: int, *, cost: dict[str, object] | None = COST
) -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="haoshangliang-bench-"))
    try:
        if base is None:
            url = plain = f"sqlite:///{folder / 'bench.db'}"
        else:
            with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE bench")
            plain = f"{base}/bench"
            url = plain.replace("postgresql://", "postgresql+psycopg://")
        upgrade(plain)
        database = Database(url)
        noticed = utc_now() - timedelta(days=17)
        with database.transaction() as session:
            crowd = make_crowd(session, homes, noticed)
            vote = make_crowd_vote(session, crowd, now=noticed, secret=SECRET.encode(), cost=cost)
            session.connection().execute(sa.update(LoginSession).values(seen_at=utc_now()))
        where = Place(kind, url, folder, database, crowd, vote)
        where.analyze()
        yield where
        database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(where: Place, *, limited: bool = False) -> Iterator[int]:
    """The app as `serve` runs it, in a child process; the port. What one address may ask for is limited only where that is the question."""
    port = free_port()
    settings = {
        "DATABASE_URL": where.url,
        "DATA_DIR": str(where.folder),
        "SECRET_KEY": SECRET,
        "WORKER": "separate",
        "DEMO": "false",
        "PORT": str(port),
        "PYTHONPATH": str(REPO),
    }
    if not limited:
        settings |= {"RATE_PER_ADDRESS": "0", "RATE_PER_ACCOUNT": "0", "RECORDS_PER_ACCOUNT": "0"}
    child = subprocess.Popen(
        [sys.executable, "-m", "scripts.benchmarks.served"], env={**os.environ, **settings}, cwd=REPO
    )
    try:
        _await_answer(child, port)
        yield port
    finally:
        child.terminate()
        child.wait(timeout=20)


def _await_answer(child: subprocess.Popen[bytes], port: int, *, seconds: float = 90) -> None:
    """On a busy machine an app takes its time to start; one that died is not waited for."""
    until = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the app to be measured did not start (exit {child.poll()})")
