"""The count of 1,000, 10,000 and 100,000 homes: the rule alone, and with every ballot read and unsealed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from app.clock import utc_now
from app.rules.votes.rulesets import NATIONAL
from app.rules.votes.states import Choice
from app.rules.votes.tally import Entry, count
from app.services.votes import counting
from scripts.benchmarks.servers import SECRET, Place
from tests.fixtures.crowd import RollHome, add_ballots, make_bare_vote

GRACE = timedelta(seconds=60)
CHOICES = [Choice.FOR, Choice.FOR, Choice.AGAINST, Choice.ABSTAIN, None]


def best(deed: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        deed()
        times.append(time.perf_counter() - start)
    return min(times)


def measure(place: Place, homes: int) -> tuple[float, float, float]:
    """Seconds for the rule alone, for the whole count from the database, and for the turnout."""
    entries = [Entry(5000 + place, place // 2, CHOICES[place % 5]) for place in range(homes)]
    pure = best(lambda: count(entries, NATIONAL, 7))
    roll = [RollHome(5000 + number, f"head-{number // 2}", CHOICES[number % 5]) for number in range(homes)]
    now = utc_now()
    with place.database.session(writing=True) as session:
        vote = make_bare_vote(session, place.crowd.estate_id, place.crowd.homes[0].account_id, now=now)
        add_ballots(session, vote, roll, secret=SECRET.encode(), now=now)
        whole = best(lambda: counting.tally_of(session, vote, now=now, grace=GRACE, secret=SECRET.encode()))
        turnout = best(lambda: counting.turnout(session, vote))
    return pure, whole, turnout
