"""The evidence of a vote of many homes: a checkpoint made, the full package exported, and verified from its bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

from app.config import Settings
from app.jobs import votes as job
from app.rules.votes.states import Choice
from app.rules.votes.verification.bundle import open_bundle
from app.rules.votes.verification.report import holds, verify
from app.services.votes import checkpoints
from app.services.votes.casting import Cast, cast_ballots
from app.services.votes.packages import build_package
from app.services.votes.signing import check_signature
from scripts.benchmarks.servers import SECRET, Place

BATCH = 500
Found = TypeVar("Found")


@dataclass(frozen=True)
class Times:
    """Seconds for a checkpoint, for the export and for the check; and the package's size in bytes."""

    checkpoint: float
    export: float
    check: float
    size: int


def cast_all(place: Place) -> None:
    """A ballot of every home, straight through the use case."""
    vote, secret = place.vote, SECRET.encode()
    at = vote.opens_at + timedelta(minutes=1)
    choices = list(Choice)
    homes = place.crowd.homes
    for start in range(0, len(homes), BATCH):
        casts = [
            Cast(
                estate_id=vote.estate_id,
                vote_id=vote.id,
                unit_id=home.unit_id,
                account_id=home.account_id,
                answers=(choices[number % 3],),
                key=uuid4().hex,
                received_at=at,
            )
            for number, home in enumerate(homes[start : start + BATCH])
        ]
        with place.database.transaction() as session:
            cast_ballots(session, casts, read_clock=lambda: at, secret=secret)


def measure(place: Place) -> Times:
    vote, secret = place.vote, SECRET.encode()
    cast_all(place)
    with place.database.session(writing=False) as session:
        checkpoint, _ = timed(lambda: checkpoints.make_checkpoint(session, vote_id=vote.id, secret=secret))
    job.tick(place.database, Settings(_env_file=None), secret, now=vote.closes_at + timedelta(minutes=2))
    where = {"estate_id": vote.estate_id, "vote_id": vote.id}
    with place.database.session(writing=False) as session:
        export, package = timed(lambda: build_package(session, **where, full=True, secret=secret))
    check, findings = timed(lambda: verify(open_bundle(package.content), check_signature))
    if not holds(findings):
        raise SystemExit("the package does not hold")
    return Times(checkpoint, export, check, len(package.content))


def timed(deed: Callable[[], Found]) -> tuple[float, Found]:
    start = time.perf_counter()
    found = deed()
    return time.perf_counter() - start, found
