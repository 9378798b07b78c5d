"""Counting: turnout and tally equal a count by hand on any roll, cost grows with size, and nothing is told before closing."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from app.errors import Conflict
from app.models.votes import Vote
from app.rules.votes.figures import tally_document
from app.rules.votes.rulesets import NATIONAL, BallotMode
from app.rules.votes.states import Choice
from app.services.votes import counting
from tests.fixtures.crowd import RollHome, add_ballots, make_bare_vote

GRACE = timedelta(seconds=60)


def some_roll(random: Random, homes: int) -> list[RollHome]:
    """Homes of few heads, so that heads with several homes differ among themselves; some struck, corrected, or silent."""
    heads = max(1, homes * 2 // 3)
    return [
        RollHome(
            area=random.choice([1, random.randint(1, 30_000)]),
            head=f"head-{random.randrange(heads)}",
            choice=random.choice([*Choice, None, None]),
            earlier_area=random.choice([None, None, random.randint(1, 30_000)]),
            struck=place > 0 and random.random() < 0.1,
        )
        for place in range(homes)
    ]


def by_hand(roll: list[RollHome]) -> dict[str, int]:
    """The same figures, the slow and plain way: area by home, heads by what all their homes said."""
    figures: Counter[str] = Counter()
    said = defaultdict(list)
    for home in (home for home in roll if not home.struck):
        said[home.head].append(home.choice)
        figures["total_area"] += home.area
        if home.choice:
            figures["part_area"] += home.area
            figures[f"{home.choice}_area"] += home.area
    for choices in said.values():
        spoken = {choice for choice in choices if choice}
        figures["total_heads"] += 1
        figures["part_heads"] += bool(spoken)
        if spoken:
            figures[f"{spoken.pop()}_heads" if len(spoken) == 1 else "mixed_heads"] += 1
    return figures


@pytest.mark.parametrize("seed", range(12))
def test_turnout_and_tally_equal_a_count_by_hand(session, world, now, secret, seed) -> None:
    random = Random(seed)
    roll = some_roll(random, random.choice([1, 2, 5, 40, 150]))
    vote = make_bare_vote(session, world.estate_id, world.chen_jie.account_id, now=now)
    add_ballots(session, vote, roll, secret=secret, now=now)
    expected = by_hand(roll)
    tally = tally_document(
        counting.tally_of(session, vote, now=vote.closes_at + GRACE, grace=GRACE, secret=secret)
    )
    figures = {name: value for name, value in tally.items() if name != "result"}
    assert figures == {name: expected[name] for name in figures}
    seen = counting.turnout(session, vote)
    live = [home for home in roll if not home.struck]
    assert (seen.quorum.area.part, seen.quorum.area.whole) == (expected["part_area"], expected["total_area"])
    assert (seen.quorum.heads.part, seen.quorum.heads.whole) == (
        expected["part_heads"],
        expected["total_heads"],
    )
    assert (seen.homes_cast, seen.homes) == (sum(home.choice is not None for home in live), len(live))


@pytest.mark.parametrize("seed", range(6))
def test_with_one_ballot_a_head_turnout_is_what_the_tally_takes_part(
    session, world, now, secret, seed
) -> None:
    random = Random(seed)
    roll = some_roll(random, random.choice([1, 2, 5, 40, 150]))
    rules = replace(NATIONAL, ballot_mode=BallotMode.PER_HEAD)
    vote = make_bare_vote(session, world.estate_id, world.chen_jie.account_id, now=now, rules=rules)
    add_ballots(session, vote, roll, secret=secret, now=now)
    tally = counting.tally_of(session, vote, now=vote.closes_at + GRACE, grace=GRACE, secret=secret)
    seen = counting.turnout(session, vote)
    area, heads = seen.quorum.area, seen.quorum.heads
    assert (area.part, area.whole) == (tally.part_area, tally.total_area)
    assert (heads.part, heads.whole) == (tally.part_heads, tally.total_heads)
    live = [home for home in roll if not home.struck]
    spoken = {home.head for home in live if home.choice}
    assert (seen.homes_cast, seen.homes) == (sum(home.head in spoken for home in live), len(live))


@pytest.mark.parametrize("after", [timedelta(days=-30), timedelta(seconds=-1), timedelta(), GRACE / 2])
def test_no_tally_before_the_grace_is_over(session, world, vote, after) -> None:
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    row = session.get_one(Vote, vote.id, populate_existing=True)
    with pytest.raises(Conflict) as refused:
        counting.tally_of(session, row, now=vote.closes_at + after, grace=GRACE, secret=vote.secret)
    assert refused.value.code == "not_countable"
    assert (
        counting.tally_of(session, row, now=vote.closes_at + GRACE, grace=GRACE, secret=vote.secret).for_heads
        == 1
    )


def test_a_draft_and_an_annulled_vote_have_no_tally_at_any_time(
    session, world, make_vote, now, secret
) -> None:
    row = session.get_one(Vote, make_vote(notice=False).id)
    with pytest.raises(Conflict):
        counting.tally_of(session, row, now=now + timedelta(days=99), grace=GRACE, secret=secret)


def test_ten_times_the_homes_cost_about_ten_times_the_time(session, world, now, secret) -> None:
    def seconds(homes: int) -> tuple[float, float]:
        vote = make_bare_vote(session, world.estate_id, world.chen_jie.account_id, now=now)
        roll = [RollHome(8000 + place, f"head-{place}", Choice.FOR) for place in range(homes)]
        add_ballots(session, vote, roll, secret=secret, now=now)
        options = {"now": vote.closes_at + GRACE, "grace": GRACE, "secret": secret}
        tally = lambda: counting.tally_of(session, vote, **options).for_heads  # noqa: E731
        turnout = lambda: counting.turnout(session, vote).homes_cast  # noqa: E731
        return best_of_three(tally, homes), best_of_three(turnout, homes)

    def is_linear() -> bool:
        # Ten is linear, a hundred is quadratic.
        few, many = seconds(2_000), seconds(20_000)
        return all(slow < 40 * max(fast, 0.002) for fast, slow in zip(few, many, strict=True))

    # The machine may be busy with others: one quiet moment among three is enough.
    assert is_linear() or is_linear() or is_linear()


def best_of_three(deed: Callable[[], int], expected: int) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        assert deed() == expected
        best = min(best, time.perf_counter() - start)
    return best
