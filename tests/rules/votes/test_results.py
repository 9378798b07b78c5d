"""Questions put together from their items: who passed, who takes a seat, what a list says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.rules.votes.questions import Question, QuestionKind, items_of
from app.rules.votes.results import Score, results_of, score_of, verdict_of
from app.rules.votes.rulesets import NATIONAL
from app.rules.votes.states import Choice
from app.rules.votes.tally import Entry, count

FOR, AGAINST, ABSTAIN = Choice
DECISION = Question(title="加装电梯", matter=7)
ELECTION = Question(
    title="选举", matter=3, kind=QuestionKind.ELECTION, labels=("甲", "乙", "丙", "丁"), most=2, seats=2
)
MENU = Question(title="菜单", matter=9, kind=QuestionKind.OPTIONS, labels=("座椅", "路灯", "棋桌"), most=2)


def tallies(paper, ballots):
    """Counted from ballots of one home each, all of the same area; None is a home that did not vote."""
    return [
        count(
            [Entry(100, place, answers and answers[item.place]) for place, answers in enumerate(ballots)],
            NATIONAL,
            item.matter,
        )
        for item in items_of(paper)
    ]


def marks(word: str) -> tuple[Choice, ...]:
    """`+-0` for, against, abstain."""
    return tuple({"+": FOR, "-": AGAINST, "0": ABSTAIN}[letter] for letter in word)


def results(paper, *ballots: str):
    return results_of(paper, tallies(paper, [marks(ballot) for ballot in ballots]))


def test_every_question_has_its_own_matter_and_its_own_result() -> None:
    # Three of five are enough for an ordinary matter and not for a special one.
    found = results((DECISION, MENU), "++00", "++00", "++00", "-00+", "-000")
    assert [one.settled for one in found] == [False, True]
    assert found[1].passed == ("座椅",)
    assert [line.label for line in found[1].lines] == ["座椅", "棋桌", "路灯"]
    assert score_of(found) == Score("several", 1, 2)


def test_each_question_gets_its_own_items_wherever_it_stands() -> None:
    found = results((ELECTION, DECISION, MENU), "++00-00+", "+++0-00+", "+000+00+")
    assert found[0].seated == ("甲", "乙")
    assert not found[1].settled
    assert found[2].passed == ("棋桌",)


def test_seats_go_to_those_with_most_heads_among_who_passed() -> None:
    [found] = results((ELECTION,), "++00", "++00", "++00", "+0+0", "+000")
    assert (found.seated, found.tied, found.vacant) == (("甲", "乙"), (), 0)
    assert score_of([found]) == Score("election", 2, 2)


def test_nobody_takes_a_seat_without_the_majority_and_the_seat_stays_empty() -> None:
    [found] = results((ELECTION,), "+000", "+000", "++00", "0+00", "00+0")
    assert (found.seated, found.vacant, found.settled) == (("甲",), 1, False)


def test_equals_for_the_last_seat_are_named_and_neither_takes_it() -> None:
    [found] = results((ELECTION,), "++00", "+0+0", "+++0", "+++0", "+00+")
    assert (found.seated, found.tied, found.vacant) == (("甲",), ("乙", "丙"), 1)


def test_a_menu_counts_its_options_and_a_decision_has_no_score() -> None:
    assert score_of(results((MENU,), "++0", "+00", "0+0")) == Score("options", 2, 3)
    assert score_of(results((DECISION,), "+")) is None


def test_without_a_quorum_nothing_passes() -> None:
    ballots = [marks("++00"), None, None]
    [found] = results_of((ELECTION,), tallies((ELECTION,), ballots))
    assert (found.passed, found.seated, found.vacant) == ((), (), 2)


def test_the_tests_come_out_of_sealed_figures_as_they_were() -> None:
    [tally] = tallies((DECISION,), [marks("+"), marks("-"), marks("+"), None])
    names = (f"{part}_{unit}" for part in ("total", "part", "for") for unit in ("area", "heads"))
    again = verdict_of({name: getattr(tally, name) for name in names}, NATIONAL, 7)
    assert (again.quorum, again.majority, again.result) == (tally.quorum, tally.majority, tally.result)


@given(
    st.lists(
        st.one_of(st.none(), st.lists(st.sampled_from([FOR, ABSTAIN]), min_size=4, max_size=4)), min_size=1
    ),
    st.integers(1, 4),
)
def test_an_election_never_seats_more_than_it_may_nor_passes_over_the_better(ballots, seats) -> None:
    question = Question(
        title="选举", matter=3, kind=QuestionKind.ELECTION, labels=ELECTION.labels, most=4, seats=seats
    )
    [found] = results_of((question,), tallies((question,), ballots))
    rank = {line.label: (line.tally.for_heads, line.tally.for_area) for line in found.lines}
    assert len(found.seated) <= seats
    assert set(found.seated) | set(found.tied) <= set(found.passed)
    assert not set(found.seated) & set(found.tied)
    out = set(found.passed) - set(found.seated)
    assert all(rank[winner] > rank[loser] for winner in found.seated for loser in out)
    if found.vacant and out:
        # Nobody stands aside for an empty seat but those who are equal for it, and who comes after them.
        assert len(found.tied) > found.vacant
        assert all(rank[equal] > rank[after] for equal in found.tied for after in out - set(found.tied))
