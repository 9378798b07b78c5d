"""Casting over HTTP against the same rows written by the bare driver, one durable transaction a ballot."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from itertools import count
from statistics import median
from typing import Any
from uuid import UUID, uuid4

import psycopg
import sqlalchemy as sa

from app.database import journal_settings
from app.models.base import table_of
from app.models.outbox import Message
from app.models.votes import BallotCurrent, BallotEvent, BallotSecret
from scripts.benchmarks import load
from scripts.benchmarks.servers import Place
from tests.fixtures.crowd import make_bare_vote

TABLES = [table_of(model) for model in (BallotEvent, BallotSecret, BallotCurrent, Message)]


class Bare:
    """Writes rows of the shape of one real ballot; the statements are the driver's own, prepared as strings once."""

    def __init__(self, place: Place, mark: str) -> None:
        self.place, self.mark = place, mark
        with place.database.transaction() as session:
            self.vote_id = make_bare_vote(
                session, place.crowd.estate_id, place.crowd.homes[0].account_id, now=place.vote.opens_at
            ).id
            self.rows = [self._shape(session, table) for table in TABLES]
        dialect = place.database.engine.dialect
        self.inserts = [str(sa.insert(table).compile(dialect=dialect)) for table in TABLES]

    def _shape(self, session: Any, table: sa.Table) -> dict[str, Any]:
        """The first row the app itself wrote there, as the driver takes it."""
        query = sa.select(table).limit(1)
        if "kind" in table.c:
            query = query.where(table.c.kind == "cast")
        row = dict(session.connection().execute(query).one()._mapping)
        dialect, bound = session.get_bind().dialect, {}
        for name, value in row.items():
            process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
            bound[name] = process(value) if process else value
        return bound

    def key(self, value: UUID) -> Any:
        return value.hex if self.place.database.is_sqlite else value

    def rows_for(self, seq: int) -> list[dict[str, Any]]:
        event, secret, current, message = (dict(row) for row in self.rows)
        for row in (event, secret, current):
            row["vote_id"] = self.key(self.vote_id)
            row["seq"] = seq
        event["unit_id"] = current["unit_id"] = self.key(uuid4())
        event["key"] = f"{self.mark}{seq}"
        event["revision"] = 1
        message["id"], message["key"] = self.key(uuid4()), f"{self.mark}:{seq}"
        return [event, secret, current, message]


def bare_sqlite(place: Place, ballots: int, mark: str) -> float:
    bare = Bare(place, mark)
    connection = sqlite3.connect(place.url.removeprefix("sqlite:///"), isolation_level=None)
    journal, synchronous = journal_settings(sqlite3.sqlite_version_info)  # type: ignore[arg-type]
    for pragma in (f"journal_mode={journal}", f"synchronous={synchronous}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    rows = [bare.rows_for(seq) for seq in range(1, ballots + 1)]
    ordered = [
        [tuple(row[name] for name in table.c.keys()) for table, row in zip(TABLES, ballot, strict=True)]  # noqa: SIM118
        for ballot in rows
    ]
    start = time.perf_counter()
    for seq, ballot in enumerate(ordered, start=1):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("SELECT head_seq FROM vote WHERE id = ?", (bare.key(bare.vote_id),)).fetchone()
        for statement, values in zip(bare.inserts, ballot, strict=True):
            connection.execute(statement, values)
        connection.execute(
            "UPDATE vote SET head_seq = ?, head_hash = ? WHERE id = ?",
            (seq, "0" * 64, bare.key(bare.vote_id)),
        )
        connection.execute("COMMIT")
    rate = ballots / (time.perf_counter() - start)
    connection.close()
    return rate


def bare_postgres(place: Place, ballots: int, mark: str, threads: int) -> float:
    bare, numbers, lock = Bare(place, mark), count(1), threading.Lock()
    url = place.url.replace("+psycopg", "")

    def write(share: int) -> None:
        with psycopg.connect(url) as connection:
            for _ in range(share):
                # The number is taken under the row's lock, as a chain must.
                connection.execute(
                    "SELECT head_seq FROM vote WHERE id = %s FOR NO KEY UPDATE", (bare.vote_id,)
                )
                with lock:
                    seq = next(numbers)
                for statement, row in zip(bare.inserts, bare.rows_for(seq), strict=True):
                    connection.execute(statement, {name: _plain(value) for name, value in row.items()})
                connection.execute(
                    "UPDATE vote SET head_seq = %s, head_hash = %s WHERE id = %s",
                    (seq, "0" * 64, bare.vote_id),
                )
                connection.commit()

    workers = [threading.Thread(target=write, args=(ballots // threads,)) for _ in range(threads)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return ballots // threads * threads / (time.perf_counter() - start)


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value


def over_http(place: Place, port: int, ballots: int) -> load.Load:
    requests = []
    for number in range(ballots):
        home = place.crowd.homes[number % len(place.crowd.homes)]
        form = {"csrf": place.csrf(home), "unit": str(home.unit_id), "choice": "for", "key": uuid4().hex}
        requests.append(load.post(place.path("/ballot"), place.cookies(home), form))
    ran = load.run(port, requests, seconds=12)
    if set(ran.statuses) != {303}:
        raise SystemExit(f"casting was refused: {dict(ran.statuses)}")
    return ran


def measure(place: Place, port: int, *, ballots: int, rounds: int) -> tuple[float, load.Load]:
    """The bare limit and the run over HTTP, in turn, so that both meet the same disk; medians by rate."""
    over_http(place, port, min(ballots, 100))  # warms the app, and leaves a real ballot to copy
    limits, runs = [], []
    for round_ in range(rounds):
        if place.database.is_sqlite:
            limits.append(bare_sqlite(place, ballots, f"bare{round_}"))
        else:
            limits.append(
                max(bare_postgres(place, ballots, f"bare{round_}-{threads}", threads) for threads in (1, 4))
            )
        runs.append(over_http(place, port, ballots))
    return median(limits), sorted(runs, key=lambda run: run.rate)[len(runs) // 2]
