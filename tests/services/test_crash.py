"""Kill -9 while ballots are cast: what was acknowledged is there once, and asking again gives the same receipt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from app.database import Database
from app.models.votes import EventKind
from app.rules.votes.states import Choice
from tests.fixtures.crowd import Crowd, events_of, faults_of, make_crowd, make_crowd_vote
from tests.fixtures.votes import ElevatorVote

KILLS = 50 if os.environ.get("CAMPAIGN") else 4
REPO = Path(__file__).parents[2]
# Reads one order a line, casts it in one of six threads, and says so only after the commit.
CHILD = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID
from app.database import Database
from app.rules.votes.states import Choice
from app.services.votes.casting import Cast, cast_ballot

url, estate, vote, at = sys.argv[1:]
database, at = Database(url, pool_size=6), datetime.fromisoformat(at)

def cast(line):
    key, unit, account, choice = line.split()
    with database.transaction() as session:
        receipt = cast_ballot(session, Cast(estate_id=UUID(estate), vote_id=UUID(vote), unit_id=UUID(unit), account_id=UUID(account), answers=(Choice(choice),), key=key, received_at=at), read_clock=lambda: at, secret=secret)
    sys.stdout.write(f"{key} {receipt.code}\\n")
    sys.stdout.flush()

secret = sys.stdin.readline().strip().encode()
print("ready", flush=True)
with ThreadPoolExecutor(6) as pool:
    list(pool.map(cast, sys.stdin))
"""


@dataclass
class History:
    """Every ballot ordered by its key, and the receipt of each that was acknowledged."""

    orders: dict[str, tuple[UUID, UUID, Choice]] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)


def cast_until_killed(
    database: Database, vote: ElevatorVote, crowd: Crowd, history: History, random: Random
) -> None:
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            CHILD,
            database.url,
            str(vote.estate_id),
            str(vote.id),
            vote.opens_at.isoformat(),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPO,
    )
    with child:
        for _ in range(400):
            home, choice = random.choice(crowd.homes), random.choice([*Choice])
            history.orders[uuid4().hex] = (home.unit_id, home.account_id, choice)
        sent = list(history.orders)[-400:]
        lines = [
            f"{key} {' '.join(map(str, history.orders[key][:2]))} {history.orders[key][2].value}"
            for key in sent
        ]
        child.stdin.write("\n".join([vote.secret.decode(), *lines, ""]))
        child.stdin.flush()
        assert child.stdout.readline() == "ready\n"
        # However slow the machine, the kill falls among ballots: after the first answer, and long before the last.
        first = child.stdout.readline()
        time.sleep(random.uniform(0.05, 0.4))
        os.kill(child.pid, signal.SIGKILL)
        # What the pipe still holds was acknowledged; a line cut short was not.
        for line in (first + child.stdout.read()).split("\n")[:-1]:
            key, code = line.split()
            history.acknowledged[key] = code
        assert child.wait() == -signal.SIGKILL


def test_nothing_acknowledged_is_lost_or_doubled_by_kill_9_and_a_retry_gives_the_same_receipt(
    database: Database, now, secret
) -> None:
    with database.transaction() as session:
        crowd = make_crowd(session, 30, now)
        vote = make_crowd_vote(session, crowd, now=now, secret=secret)
    history, random = History(), Random(7)
    for _ in range(KILLS):
        cast_until_killed(database, vote, crowd, history, random)
    assert KILLS <= len(history.acknowledged) < len(history.orders)
    with database.session(writing=False) as session:
        assert faults_of(session, vote.id, vote.secret) == []
        written = {
            event.key: event.receipt for event in events_of(session, vote.id) if event.kind is EventKind.CAST
        }
    assert history.acknowledged.items() <= written.items()
    # A ballot may be in without its acknowledgement having got out, but only one that was asked for.
    assert written.keys() <= history.orders.keys()
    some = [*history.acknowledged][-20:] + [key for key in written if key not in history.acknowledged][:20]
    with database.transaction() as session:
        for key in some:
            assert vote.cast(session, *history.orders[key], vote.opens_at, key).code == written[key]
        assert len([event for event in events_of(session, vote.id) if event.kind is EventKind.CAST]) == len(
            written
        )
        missing = [key for key in history.orders if key not in written][:10]
        for key in missing:
            vote.cast(session, *history.orders[key], vote.opens_at, key)
    with database.session(writing=False) as session:
        assert {*written, *missing} <= {event.key for event in events_of(session, vote.id)}
        assert faults_of(session, vote.id, vote.secret) == []
