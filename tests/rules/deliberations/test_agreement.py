"""Floor bands, and counts that give nobody away."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.deliberations.agreement import (
    SMALLEST_CELL,
    VERDICT_NAMES,
    Agreement,
    Counts,
    Row,
    Verdict,
    agreement,
    count_marks,
)
from app.rules.deliberations.stances import Mark
from app.rules.estates.bands import Band, band_of

few = st.integers(0, 9)
counts = st.builds(Counts, few, few, few)
houses = st.fixed_dictionaries(dict.fromkeys(Band, counts))


@pytest.mark.parametrize(
    ("top", "bands"),
    [
        (1, "L"),
        (2, "LH"),
        (3, "LHH"),
        (4, "LMHH"),
        (5, "LMMHH"),
        (6, "LLMMHH"),
        (7, "LLMMHHH"),
        (18, "LLLLLLMMMMMMHHHHHH"),
    ],
)
def test_a_building_falls_into_thirds_and_the_ground_floor_is_low(top: int, bands: str) -> None:
    assert "".join(band_of(floor, top).name[0] for floor in range(1, top + 1)) == bands


def test_below_ground_is_low_and_above_the_top_is_high() -> None:
    assert band_of(-2, 6) is band_of(0, 6) is Band.LOW
    assert band_of(8, 6) is Band.HIGH


def cells(row: Row) -> list[int]:
    return [row.agree, row.other] if row.disagree is None else [row.agree, row.disagree, row.unsure or 0]


@given(houses)
def test_no_cell_and_no_difference_of_cells_is_one_or_two(house: dict[Band, Counts]) -> None:
    shown = agreement(house)
    if shown.overall is None:
        assert shown.rows == ()
        return
    # Whatever rows a reader adds up or takes from the whole, he is left with a sum of rows.
    for size in range(len(shown.rows) + 1):
        for taken in combinations(shown.rows, size):
            rest = [
                whole - sum(column)
                for whole, *column in zip(cells(shown.overall), *map(cells, taken), strict=True)
            ]
            assert all(cell == 0 or cell >= SMALLEST_CELL for cell in rest)


@given(houses)
def test_what_is_shown_is_true_and_adds_up(house: dict[Band, Counts]) -> None:
    shown = agreement(house)
    assert shown.total == sum(count.total for count in house.values())
    if shown.rows:
        assert [band for row in shown.rows for band in row.bands] == list(Band)
        assert shown.overall
        assert [sum(column) for column in zip(*map(cells, shown.rows), strict=True)] == cells(shown.overall)
    for row in filter(None, (shown.overall, *shown.rows)):
        assert row.agree == sum(house[band].agree for band in row.bands)
        assert row.total == sum(house[band].total for band in row.bands)
        assert (row.disagree is None) is (row.unsure is None)


@given(houses, houses)
def test_what_looks_the_same_is_given_the_same_verdict_while_counts_are_shown(
    one: dict[Band, Counts], two: dict[Band, Counts]
) -> None:
    first, second = agreement(one), agreement(two)
    if first.overall is not None and (first.overall, first.rows) == (second.overall, second.rows):
        assert first.verdict is second.verdict


def of(low: tuple[int, int, int], middle: tuple[int, int, int], high: tuple[int, int, int]) -> Agreement:
    return agreement({Band.LOW: Counts(*low), Band.MIDDLE: Counts(*middle), Band.HIGH: Counts(*high)})


def test_large_counts_stand_band_by_band() -> None:
    shown = of((3, 9, 0), (6, 3, 3), (12, 0, 0))
    assert [(row.bands, row.agree, row.disagree, row.unsure) for row in shown.rows] == [
        ((Band.LOW,), 3, 9, 0),
        ((Band.MIDDLE,), 6, 3, 3),
        ((Band.HIGH,), 12, 0, 0),
    ]


def test_a_lone_voice_in_a_band_is_put_together_with_a_neighbouring_band() -> None:
    shown = of((0, 9, 0), (8, 2, 0), (9, 1, 0))
    assert [row.bands for row in shown.rows] == [(Band.LOW,), (Band.MIDDLE, Band.HIGH)]
    assert of((8, 2, 0), (9, 1, 0), (9, 0, 0)).rows[0].bands == (Band.LOW, Band.MIDDLE)


def test_a_lone_unsure_is_put_together_with_those_against() -> None:
    row = of((0, 4, 1), (5, 0, 0), (5, 0, 0)).rows[0]
    assert (row.agree, row.other, row.disagree, row.unsure) == (0, 5, None, None)


def test_one_dissenter_in_the_whole_house_is_not_shown_at_all() -> None:
    shown = of((0, 1, 0), (5, 0, 0), (6, 0, 0))
    assert (shown.total, shown.overall, shown.rows) == (12, None, ())
    assert shown.verdict is Verdict.BROAD


@pytest.mark.parametrize(
    ("house", "verdict"),
    [
        (((0, 0, 0), (0, 0, 0), (0, 0, 0)), Verdict.TOO_FEW),
        (((1, 0, 0), (1, 0, 0), (0, 0, 0)), Verdict.TOO_FEW),
        (((0, 1, 0), (9, 0, 0), (0, 0, 0)), Verdict.TOO_FEW),
        (((6, 3, 0), (9, 3, 0), (12, 3, 0)), Verdict.BROAD),  # 27 of 36 is three quarters
        (((6, 3, 0), (9, 4, 0), (12, 3, 0)), Verdict.DIVIDED),  # 27 of 37 is not
        (((0, 9, 0), (6, 3, 0), (30, 0, 0)), Verdict.CONTESTED),
        (((3, 3, 0), (30, 0, 0), (30, 0, 0)), Verdict.DIVIDED),  # half of the low floors is not most
        (((0, 9, 0), (0, 9, 0), (3, 9, 0)), Verdict.REJECTED),
        (((3, 0, 4), (9, 0, 0), (9, 0, 0)), Verdict.DIVIDED),
        (((0, 0, 0), (0, 0, 0), (9, 0, 0)), Verdict.BROAD),
    ],
)
def test_the_verdict_compares_whole_numbers(house: tuple, verdict: Verdict) -> None:
    assert of(*house).verdict is verdict
    assert verdict in VERDICT_NAMES


def test_marks_are_counted_by_person_and_every_band_is_there() -> None:
    marks = [(Band.LOW, Mark.AGREE), (Band.LOW, Mark.UNSURE), (Band.HIGH, Mark.DISAGREE)]
    assert count_marks(marks) == {
        Band.LOW: Counts(1, 0, 1),
        Band.MIDDLE: Counts(),
        Band.HIGH: Counts(0, 1, 0),
    }
