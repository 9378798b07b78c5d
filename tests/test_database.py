"""The database layer: journal by version, a fair gate, and a commit that stands before the answer does."""

from __future__ import annotations

import sqlite3
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

import anyio
import httpx
import psycopg
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from app.clock import utc_now
from app.config import Settings
from app.database import Database, database_clock, journal_settings
from app.dependencies import SessionDep
from app.errors import Conflict
from app.models.accounts import Account
from app.models.estates import Owner

AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "journal"),
    [
        ("3.7.0", "DELETE"),
        ("3.40.1", "DELETE"),
        ("3.44.5", "DELETE"),
        ("3.44.6", "WAL"),
        ("3.45.0", "DELETE"),
        ("3.50.6", "DELETE"),
        ("3.50.7", "WAL"),
        ("3.51.1", "DELETE"),
        ("3.51.2", "DELETE"),
        ("3.51.3", "WAL"),
        ("3.53.0", "WAL"),
        ("3.53.2", "WAL"),
        ("4.0.0", "WAL"),
    ],
)
def test_wal_is_used_only_where_it_loses_no_commit(version: str, journal: str) -> None:
    major, minor, patch = (int(part) for part in version.split("."))
    assert journal_settings((major, minor, patch)) == (journal, "FULL" if journal == "WAL" else "EXTRA")


def test_every_sqlite_connection_has_the_settings(sqlite_databases) -> None:
    database = Database(sqlite_databases.new())
    journal, _ = journal_settings(sqlite3.sqlite_version_info)  # type: ignore[arg-type]
    with database.session(writing=False) as one, database.session(writing=False) as other:
        for session in (one, other):
            found = [
                session.connection().exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
            ]
            assert found == [journal.lower(), 2 if journal == "WAL" else 3, 1, 30000]
    database.close()


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.transaction() as session:
        session.add(Owner(estate_id=UUID(int=1), name="无"))


def names_of(database: Database) -> set[str]:
    with database.session(writing=False) as session:
        return set(session.exec(select(Account.name)))


def add(session: Session, name: str) -> None:
    session.add(Account(name=name, created_at=AT))
    session.flush()


def test_a_transaction_that_raises_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    def fail() -> None:
        with database.transaction() as session:
            add(session, "lost")
            raise Conflict("x")

    with pytest.raises(Conflict):
        fail()
    with database.transaction() as session:
        add(session, "kept")
    assert names_of(database) == {"kept"}


def test_a_second_writer_waits_for_the_first_and_sees_what_it_wrote(database: Database) -> None:
    begun, done = threading.Event(), []

    def second() -> None:
        begun.wait()
        with database.transaction() as session:
            # The same unique number: on either database this waits for the first writer to end.
            try:
                session.add(Account(phone="+8613800000000", name="second", created_at=AT))
                session.flush()
            except sa.exc.IntegrityError:
                done.append(time.perf_counter())
                session.rollback()

    thread = threading.Thread(target=second)
    thread.start()
    with database.transaction() as session:
        session.add(Account(phone="+8613800000000", name="first", created_at=AT))
        session.flush()
        begun.set()
        time.sleep(0.15)
        ended = time.perf_counter()
        assert done == []
    thread.join()
    assert done[0] >= ended
    assert names_of(database) == {"first"}


def test_the_clock_runs_on_inside_a_transaction(database: Database) -> None:
    with database.session(writing=True) as session:
        first = database_clock(session)
        time.sleep(0.02)
        second = database_clock(session)
    assert second > first
    assert abs((utc_now() - second).total_seconds()) < 2
    assert second.tzinfo is UTC


def test_the_gate_lets_writers_through_in_the_order_they_came(sqlite_databases) -> None:
    database = Database(sqlite_databases.new())
    order, inside, most = [], 0, 0

    async def write(number: int) -> None:
        nonlocal inside, most
        async with database.gate(writing=True):
            inside += 1
            most = max(most, inside)
            order.append(number)
            await anyio.sleep(0.001)
            inside -= 1

    async def race() -> None:
        async with anyio.create_task_group() as tasks:
            for number in range(30):
                tasks.start_soon(write, number)
                await anyio.lowlevel.checkpoint()

    anyio.run(race)
    assert order == list(range(30))
    assert most == 1
    database.close()


def test_readers_pass_a_writer_and_the_gate_frees_itself_after_an_error(sqlite_databases) -> None:
    database = Database(sqlite_databases.new(), pool_size=2)

    async def race() -> None:
        with anyio.fail_after(5):
            async with database.gate(writing=True):
                for _ in range(5):
                    with pytest.raises(Conflict):
                        async with database.gate(writing=False):
                            raise Conflict("x")
            async with database.gate(writing=True):
                pass

    anyio.run(race)
    database.close()


def tiny_app(database: Database) -> FastAPI:
    """Routes that write and answer, on the app's own session dependency."""
    app = FastAPI()
    app.state.database, app.state.clock = database, utc_now
    app.state.settings = Settings(_env_file=None)

    @app.post("/write/{name}")
    def write(session: SessionDep, name: str) -> RedirectResponse:
        add(session, name)
        return RedirectResponse("/done", status_code=303)

    @app.post("/spoil")
    def spoil(session: SessionDep) -> RedirectResponse:
        def refuse(_session: Session) -> None:
            raise sa.exc.OperationalError("COMMIT", {}, Exception("disk full"))

        add(session, "spoilt")
        sa.event.listen(session, "before_commit", refuse)
        return RedirectResponse("/done", status_code=303)

    @app.post("/raise")
    def fail(session: SessionDep) -> None:
        add(session, "raised")
        raise RuntimeError("in the middle")

    @app.get("/write")
    def write_in_a_reading_request(session: SessionDep) -> dict[str, bool]:
        add(session, "read")
        return {"written": True}

    return app


@pytest.fixture
def client(database: Database):
    with TestClient(tiny_app(database), raise_server_exceptions=False) as opened:
        yield opened


def test_the_commit_stands_before_the_answer_is_sent(database: Database, client) -> None:
    seen = []
    sa.event.listen(database.engine, "commit", lambda _connection: seen.append("commit"))
    app = client.app

    async def note_the_answer(scope, receive, send):
        async def noted(message):
            if message["type"] == "http.response.start":
                seen.append(message["status"])
            await send(message)

        await app(scope, receive, noted)

    with TestClient(note_the_answer) as noted_client:
        noted_client.post("/write/somebody", follow_redirects=False)
    assert seen == ["commit", 303]
    assert names_of(database) == {"somebody"}


def test_a_commit_that_fails_is_a_500_and_no_redirect(database: Database, client) -> None:
    answer = client.post("/spoil", follow_redirects=False)
    assert answer.status_code == 500
    assert "location" not in answer.headers
    assert names_of(database) == set()
    assert client.post("/write/next", follow_redirects=False).status_code == 303


def test_a_request_that_raises_leaves_nothing_and_lets_the_next_one_write(database: Database, client) -> None:
    assert client.post("/raise").status_code == 500
    assert client.post("/write/next", follow_redirects=False).status_code == 303
    assert names_of(database) == {"next"}


def test_what_a_reading_request_writes_is_thrown_away(database: Database, client) -> None:
    client.get("/write")
    assert names_of(database) == set()


def test_a_server_that_was_restarted_is_found_again_by_connections_that_lay_idle(
    postgres_databases, monkeypatch
) -> None:
    monkeypatch.setattr("app.database._IDLE_SECONDS", -1)
    url = postgres_databases.new()
    database = Database(url.replace("postgresql://", "postgresql+psycopg://"))
    for writing in (True, False):
        with database.session(writing=writing) as session:
            pid = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with psycopg.connect(url) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        with database.session(writing=writing) as session:
            assert session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != pid
    database.close()
    postgres_databases.drop(url)


def test_more_requests_wait_on_one_row_than_there_are_threads_and_none_is_stuck(database_url) -> None:
    """A request that holds a lock needs a thread to commit; those that wait for its lock must not hold them all."""
    database = Database(database_url.replace("postgresql://", "postgresql+psycopg://"), pool_size=8)
    with database.transaction() as session:
        session.add(Account(phone="+8613800000000", name="0", created_at=AT))
    app = tiny_app(database)

    @app.post("/count")
    def count(session: SessionDep) -> RedirectResponse:
        account = session.exec(select(Account).with_for_update()).one()
        account.name = str(int(account.name) + 1)
        session.add(account)
        session.flush()
        return RedirectResponse("/done", status_code=303)

    async def crowd() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 4
        transport = httpx.ASGITransport(app)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://t") as caller,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(24):
                tasks.start_soon(caller.post, "/count")

    start = time.perf_counter()
    anyio.run(crowd)
    assert names_of(database) == {"24"}
    assert time.perf_counter() - start < 8
    database.close()
