"""Which verb is open in which stage, and the plan that the clock turns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from app.errors import Conflict, Invalid
from app.rules.deliberations.stages import (
    MOVES,
    STAGE_NAMES,
    VERB_NAMES,
    Stage,
    Verb,
    ensure_open,
    ensure_plan,
    ensure_replan,
    is_open,
    move,
    moved,
    stage_at,
)

DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
START = datetime(2026, 6, 1, 1, tzinfo=UTC)
PLAN = [(stage, START + 5 * DAY * place) for place, stage in enumerate(Stage)]
# Rows as a lawyer would write them: n notice, o opinions, m meeting, c consensus, x closed.
MATRIX = {
    Verb.READ: "nomcx",
    Verb.REPORT: "nomcx",
    Verb.APPEAL: "nomcx",
    Verb.MODERATE: "nomcx",
    Verb.POST: "om",
    Verb.REPLY: "om",
    Verb.LIKE: "om",
    Verb.DRAFT_STATEMENT: "om",
    Verb.MARK: "omc",
    Verb.ANSWER: "omc",
    Verb.SUMMARISE: "nomc",
    Verb.SIGN_IN: "m",
    Verb.MINUTES: "mcx",
    Verb.CONFIRM: "mcx",
    Verb.PUBLISH: "cx",
    Verb.HAND_OVER: "cx",
}


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_is_open_exactly_where_the_matrix_says(verb: Verb) -> None:
    for letter, stage in zip("nomcx", Stage, strict=True):
        assert is_open(stage, verb) is (letter in MATRIX[verb])
        if is_open(stage, verb):
            ensure_open(stage, verb)
            continue
        with pytest.raises(Conflict) as refusal:
            ensure_open(stage, verb)
        assert refusal.value.code == "stage_closed"
        assert VERB_NAMES[verb] in str(refusal.value)
        assert "请" in str(refusal.value)


@pytest.mark.parametrize("stage", Stage)
def test_a_refusal_that_says_later_is_true(stage: Stage) -> None:
    for verb in Verb:
        if not is_open(stage, verb):
            with pytest.raises(Conflict) as refusal:
                ensure_open(stage, verb)
            later = list(Stage)[list(Stage).index(stage) + 1 :]
            assert ("还不能" in str(refusal.value)) is any(is_open(next_one, verb) for next_one in later)


def test_stages_go_forward_only_and_any_may_be_closed() -> None:
    order = list(Stage)
    for current, target in product(Stage, Stage):
        if target in MOVES[current]:
            assert move(current, target) is target
            assert order.index(target) > order.index(current)
        else:
            with pytest.raises(Conflict):
                move(current, target)
    assert all(Stage.CLOSED in MOVES[stage] for stage in order[:-1])
    assert set(STAGE_NAMES) == set(Stage)


@pytest.mark.parametrize("place", range(1, 5))
def test_the_later_stage_begins_with_its_first_instant(place: int) -> None:
    stage, begins = PLAN[place]
    assert stage_at(PLAN, begins) is stage
    assert stage_at(PLAN, begins - TICK) is PLAN[place - 1][0]


def test_before_its_first_instant_a_plan_stands_at_notice() -> None:
    assert stage_at(PLAN, START - 9 * DAY) is Stage.NOTICE


def without(*stages: Stage) -> list[tuple[Stage, datetime]]:
    return [step for step in PLAN if step[0] not in stages]


def test_a_plan_may_do_without_a_meeting_and_without_nothing_else() -> None:
    ensure_plan(PLAN)
    ensure_plan(without(Stage.MEETING))
    for stage in set(Stage) - {Stage.MEETING}:
        with pytest.raises(Invalid) as refusal:
            ensure_plan(without(stage))
        assert refusal.value.field == stage.value


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ([PLAN[0], (Stage.OPINIONS, START + 3 * DAY - TICK), *PLAN[2:]], "opinions"),
        ([*PLAN[:3], (Stage.CONSENSUS, PLAN[2][1]), PLAN[4]], "consensus"),
        ([PLAN[0], PLAN[2], PLAN[1], *PLAN[3:]], "notice"),
        ([*PLAN, PLAN[2]], "meeting"),
        ([], "notice"),
    ],
)
def test_a_plan_out_of_order_or_too_short_is_refused_by_field(plan: list, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        ensure_plan(plan)
    assert (refusal.value.code, refusal.value.field) == ("bad_plan", field)


def test_exactly_the_days_of_notice_are_enough() -> None:
    ensure_plan([PLAN[0], (Stage.OPINIONS, START + 3 * DAY), *PLAN[2:]])


def test_what_has_begun_is_not_planned_anew() -> None:
    now = START + 6 * DAY
    later = [*PLAN[:2], *((stage, begins + DAY) for stage, begins in PLAN[2:])]
    ensure_replan(PLAN, later, now)
    for wrong in (
        [PLAN[0], (Stage.OPINIONS, START + 7 * DAY), *PLAN[2:]],
        [*PLAN[:2], (Stage.MEETING, now), *PLAN[3:]],
        PLAN[:1],
    ):
        with pytest.raises(Conflict) as refusal:
            ensure_replan(PLAN, wrong, now)
        assert refusal.value.code == "already_begun"


def test_a_stage_moved_early_begins_now_and_what_it_skips_is_left_out() -> None:
    now = START + 6 * DAY
    plan = moved(PLAN, Stage.CONSENSUS, now)
    assert plan == [*PLAN[:2], (Stage.CONSENSUS, now), PLAN[4]]
    assert stage_at(plan, now) is Stage.CONSENSUS
    assert stage_at(moved(PLAN, Stage.CLOSED, now), now + 90 * DAY) is Stage.CLOSED


def test_opinions_do_not_begin_before_the_papers_have_been_out() -> None:
    with pytest.raises(Conflict) as refusal:
        moved(PLAN, Stage.OPINIONS, START + 3 * DAY - TICK)
    assert refusal.value.code == "notice_too_short"
    assert moved(PLAN, Stage.OPINIONS, START + 3 * DAY)[1] == (Stage.OPINIONS, START + 3 * DAY)
