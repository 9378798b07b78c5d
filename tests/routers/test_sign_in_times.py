"""An outsider with a stopwatch: whether a number has an account is not in the time that the way in takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from statistics import median
from time import perf_counter

import pytest
from sqlmodel import col, select

from app.models.accounts import Account
from app.services.accounts import codes
from app.services.accounts.guesses import CodeLimits

CAMPAIGN = bool(os.environ.get("CAMPAIGN"))
ROUNDS, SHARE = (500, 0.05) if CAMPAIGN else (60, 0.15)
# Enough to see an answer that takes twice as long.
FEW = 10
NO_LIMITS = CodeLimits(10**6, 10**6, 10**6, 0, 10**6, 10**6, 10**6, 10**6)


@dataclass
class Times:
    """How long the answers took, for numbers with an account and for numbers without one."""

    known: list[float] = field(default_factory=list)
    unknown: list[float] = field(default_factory=list)

    def tell(self) -> str:
        """What tells the two apart, "" when nothing does."""
        low, high = sorted((median(self.known), median(self.unknown)))
        apart, slower = (high - low) / low, effect(self.known, self.unknown)
        if apart < SHARE and 0.3 < slower < 0.7:
            return ""
        return f"medians {apart:.1%} of {low:.4f} s apart, a known number is slower in {slower:.2f}"


def effect(ones: Sequence[float], others: Sequence[float]) -> float:
    """The rank sum as a common-language effect: how often one of the ones is above one of the others, ties by half."""
    above = sum(one > other for one in ones for other in others)
    level = sum(one == other for one in ones for other in others)
    return (above + level / 2) / (len(ones) * len(others))


def test_the_effect_says_how_often_the_one_is_above_the_other() -> None:
    assert effect([1, 2, 3], [1, 2, 3]) == 0.5
    assert effect([4, 5], [1, 2]) == 1
    assert effect([1, 9], [2, 3]) == 0.5
    assert effect([1, 2], [2, 3]) == 0.125


@pytest.fixture
def measure(web, database, now, monkeypatch) -> Callable[[int], tuple[Times, Times]]:
    """So many rounds, in each a known and an unknown number by turns: to be sent a code, and to type a wrong one."""
    monkeypatch.setattr(CodeLimits, "of", lambda _settings: NO_LIMITS)
    numbers = count(10_000_000)

    def stopwatch(browser, path: str, form: dict[str, str], times: list[float]) -> None:
        started = perf_counter()
        answer = browser.post(path, form)
        times.append(perf_counter() - started)
        assert answer.status_code in {303, 422}

    def run(rounds: int) -> tuple[Times, Times]:
        sending, typing = Times(), Times()
        for turn, number in zip(range(rounds), numbers, strict=False):
            known, unknown = f"137{number}", f"136{number}"
            with database.transaction() as session:
                session.add(Account(phone=f"+86{known}", name="住户", created_at=now))
            pair = [(known, "known"), (unknown, "unknown")]
            # Whoever comes second finds everything warm.
            for phone, which in pair if turn % 2 else reversed(pair):
                browser = web()
                stopwatch(browser, "/sign-in", {"phone": phone}, getattr(sending, which))
                stopwatch(browser, "/sign-in/code", {"code": "000000"}, getattr(typing, which))
        return sending, typing

    run(3)
    return run


def test_a_known_number_takes_as_long_as_an_unknown_one(measure) -> None:
    # A busy machine may stumble over one side; over the same side twice only the program does.
    told = [times.tell() for times in measure(ROUNDS)]
    if any(told):
        told = [times.tell() for times in measure(ROUNDS)]
    assert told == ["", ""]


def test_the_stopwatch_sees_a_known_number_that_costs_one_hash_more(measure, monkeypatch) -> None:
    """Were this not told, the test above could not fail."""
    post = codes.outbox.post

    def slower(session, draft) -> None:
        if session.exec(select(Account).where(col(Account.phone) == draft.phone)).first():
            codes.slow_hash("123456")
        post(session, draft)

    monkeypatch.setattr(codes.outbox, "post", slower)
    sending, typing = measure(FEW)
    assert sending.tell() != ""
    assert median(sending.known) > median(sending.unknown)
    assert len(typing.known) == FEW
