"""Counts in whole numbers, and no set of shown figures from which a few people can be computed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.rules.estates.bands import Band
from app.rules.surveys.kinds import Age, Kind, Per
from app.rules.surveys.masking import SMALLEST, columns_of, pool
from app.rules.surveys.questions import Option, Question
from app.rules.surveys.results import AGE, BAND, BUILDING, Sheet, count_answers
from app.rules.surveys.states import DOOR_GRACE, results_from
from app.rules.votes.privacy import SMALL_SCOPE

ABC = tuple(Option(key, key.upper()) for key in "abc")


def sheets(number: int, answers: dict, *, band=Band.LOW, age=Age.NOT_SAID, building="3") -> list[Sheet]:
    return [Sheet(answers, band, age, building)] * number


def test_the_threshold_is_that_of_the_votes() -> None:
    assert SMALLEST == SMALL_SCOPE


@pytest.mark.parametrize(
    ("sizes", "shown"),
    [
        ({"a": 12, "b": 15}, [("a",), ("b",)]),
        ({"a": 12, "b": 3}, []),
        ({"a": 12, "b": 15, "c": 3}, [("b",), ("a", "c")]),
        ({"a": 40, "b": 5, "c": 5}, [("a",), ("b", "c")]),
        ({"a": 40, "b": 5, "c": 4, "d": 11}, [("a",), ("b", "c", "d")]),
        ({"a": 9, "b": 9}, []),
        ({"a": 30, "b": 0}, []),
        ({"a": 30, "b": 0, "c": 10}, [("a",), ("c",)]),
    ],
)
def test_a_small_group_goes_into_a_pool_as_large_as_the_threshold(sizes, shown) -> None:
    groups = {key: frozenset(f"{key}{n}" for n in range(size)) for key, size in sizes.items()}
    assert [column.keys for column in pool(groups)] == shown


PEOPLE = st.lists(
    st.tuples(st.sampled_from("lmh"), st.sampled_from("1234"), st.sampled_from("ABC")),
    min_size=SMALLEST,  # below it nothing is shown at all
    max_size=70,
)


# Buildings that are mostly of one age or one band, as they are where a house was given out by one employer.
CORRELATED = st.lists(
    st.tuples(
        st.sampled_from("lmh"),
        st.sampled_from("1234"),
        st.sampled_from("ABCD"),
        st.sampled_from([1, 2, 5, 9, 10, 11, 20]),
    ),
    min_size=3,
    max_size=8,
).map(lambda blocks: [person for *person, number in blocks for person in [tuple(person)] * number])


def span_holds(rows: list[list[int]], wanted: list[int]) -> bool:
    """Whether `wanted` is a sum of the rows with any fractions as factors: Gauss, exactly, written apart from the rule's own."""
    basis: list[list[Fraction]] = []

    def reduce(vector: list[Fraction]) -> list[Fraction]:
        for row in basis:
            pivot = next(place for place, value in enumerate(row) if value)
            if vector[pivot]:
                factor = vector[pivot] / row[pivot]
                vector = [a - factor * b for a, b in zip(vector, row, strict=True)]
        return vector

    for row in rows:
        rest = reduce([Fraction(value) for value in row])
        if any(rest):
            basis.append(rest)
    return not any(reduce([Fraction(value) for value in wanted]))


@given(PEOPLE | CORRELATED.filter(lambda people: len(people) >= SMALLEST))
@example([("l", "1", "A")] * 10 + [("m", "2", "B")] * 12 + [("h", "3", "B")] * 3 + [("h", "3", "A")] * 8)
@example([("l", "1", "A")] * 12 + [("m", "1", "A")] * 5 + [("m", "2", "B")] * 20)
@example(
    [("l", "4", "A")] * 10
    + [("l", "4", "B")] * 10
    + [("l", "4", "C")]
    + [("l", "1", "C")] * 10
    + [("l", "1", "D")] * 10
)
@settings(max_examples=150, deadline=None)
def test_no_shown_figures_let_a_group_below_the_threshold_be_computed(people) -> None:
    everybody = frozenset(range(len(people)))
    ways = {
        name: {
            key: frozenset(place for place, person in enumerate(people) if person[index] == key)
            for key in sorted({person[index] for person in people})
        }
        for index, name in enumerate(("band", "age", "building"))
    }
    shown = [everybody]
    for name, columns in columns_of(ways, everybody).items():
        assert not columns or frozenset().union(*(column.members for column in columns)) == everybody, name
        shown += [column.members for column in columns]
    assert all(len(members) >= SMALLEST for members in shown)
    # By people whom nothing tells apart: what can be added and subtracted from the shown groups, with any factors.
    kinds = sorted(set(people))
    rows = [[int(any(people[p] == kind for p in members)) for kind in kinds] for members in shown]
    groups = [members for way in ways.values() for members in way.values()]
    atoms = [frozenset(place for place in everybody if people[place] == kind) for kind in kinds]
    for members in {one & other for one in groups for other in [*groups, *shown]}.union(atoms):
        if 0 < len(members) < SMALLEST:
            wanted = [int(any(people[p] == kind for p in members)) for kind in kinds]
            assert not span_holds(rows, wanted)
    for one in shown:
        for other in shown:
            assert not one < other or len(other - one) >= SMALLEST


def test_a_second_way_to_group_that_would_give_a_few_away_is_left_out() -> None:
    # Building 1 is the low band and five more: together they would tell of the five.
    people = sheets(12, {"q": "a"}, building="1") + sheets(5, {"q": "b"}, band=Band.HIGH, building="1")
    people += sheets(20, {"q": "a"}, band=Band.HIGH, building="2")
    (figure,) = count_answers([Question("q", Kind.SINGLE, "选", options=ABC)], people)
    assert [table.way for table in figure.tables] == [BAND]


def test_one_person_where_two_ways_cross_is_not_to_be_computed() -> None:
    # All of A and B are old and one of C: the old less A less B are one person.
    old, young = {"age": Age.FROM_70}, {"age": Age.UNDER_60}
    people = sheets(10, {"q": "a"}, building="A", **old) + sheets(10, {"q": "a"}, building="B", **old)
    people += sheets(1, {"q": "b"}, building="C", **old) + sheets(10, {"q": "a"}, building="C", **young)
    people += sheets(10, {"q": "a"}, building="D", **young)
    (figure,) = count_answers([Question("q", Kind.SINGLE, "选", options=ABC)], people)
    assert [table.way for table in figure.tables] == [AGE]


def test_figures_wait_until_the_last_sheet_is_written() -> None:
    end = datetime(2026, 12, 1, tzinfo=UTC)
    assert results_from(Per.PERSON, end) == end + timedelta(minutes=10)
    assert results_from(Per.HOME, end) == end + DOOR_GRACE + timedelta(minutes=10)


def test_single_and_several_are_counted_by_option_and_by_group() -> None:
    question = Question("q", Kind.MULTIPLE, "选几个", options=ABC)
    people = sheets(11, {"q": ["a", "b"]}) + sheets(10, {"q": ["b"]}, band=Band.HIGH) + sheets(4, {})
    (figure,) = count_answers([question], people)
    assert (figure.answered, figure.counts) == (21, (("a", 11), ("b", 21), ("c", 0)))
    (table,) = figure.tables
    assert (table.way, table.columns, table.sizes) == (BAND, (("low",), ("high",)), (11, 10))
    assert table.rows == ((11, 0), (11, 10), (0, 0))


def test_below_the_threshold_a_question_shows_no_counts_and_the_desk_sees_them() -> None:
    question = Question("q", Kind.SINGLE, "选", options=ABC)
    people = sheets(5, {"q": "a"}) + sheets(4, {"q": "b"}, band=Band.HIGH)
    (masked,) = count_answers([question], people)
    assert (masked.counts, masked.tables) == (None, ())
    (whole,) = count_answers([question], people, least=1)
    assert whole.counts == (("a", 5), ("b", 4), ("c", 0))
    assert {table.way for table in whole.tables} == {BAND}


def test_a_scale_has_its_distribution_and_its_exact_mean() -> None:
    question = Question("q", Kind.SCALE, "打分", low="差", high="好")
    people = sheets(10, {"q": 5}) + sheets(1, {"q": 2})
    (figure,) = count_answers([question], people)
    assert figure.counts == (("1", 0), ("2", 1), ("3", 0), ("4", 0), ("5", 10))
    assert figure.mean is not None
    assert (figure.mean.total, figure.mean.answered, figure.mean.hundredths) == (52, 11, 473)


def test_a_ranking_has_places_and_borda_points() -> None:
    question = Question("q", Kind.RANKING, "排", options=ABC)
    people = sheets(7, {"q": ["b", "a", "c"]}) + sheets(5, {"q": ["a", "c", "b"]})
    (figure,) = count_answers([question], people)
    assert [(line.key, line.counts, line.points) for line in figure.places] == [
        ("a", (5, 7, 0), 17),
        ("b", (7, 0, 5), 14),
        ("c", (0, 5, 7), 5),
    ]
    assert figure.counts == (("a", 5), ("b", 7), ("c", 0))
    # Every ranking hands out the same number of points.
    assert sum(line.points for line in figure.places) == 12 * (2 + 1 + 0)


def test_words_are_counted_and_never_shown_among_the_figures() -> None:
    (figure,) = count_answers([Question("q", Kind.TEXT, "说")], sheets(12, {"q": "漏水"}))
    assert (figure.answered, figure.counts, figure.tables) == (12, (), ())
    for few in (9, 0):
        (figure,) = count_answers([Question("q", Kind.TEXT, "说")], sheets(few, {"q": "漏水"}))
        assert figure.counts is None


def test_age_and_building_are_shown_where_they_tell_of_nobody() -> None:
    question = Question("q", Kind.SINGLE, "选", options=ABC)
    people = [
        sheet
        for band in Band
        for age in (Age.UNDER_60, Age.FROM_70)
        for building in ("1", "2")
        for sheet in sheets(10, {"q": "a"}, band=band, age=age, building=building)
    ]
    (figure,) = count_answers([question], people)
    assert [table.way for table in figure.tables] == [BAND, AGE, BUILDING]
