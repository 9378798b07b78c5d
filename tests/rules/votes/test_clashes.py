"""Two ballots of one home: which counts."""

import pytest

from app.errors import Conflict
from app.rules.votes.clashes import ClashRule, Fate, Way, settle
from app.rules.votes.states import ChangeRule

ONCE, UNTIL_CLOSE = ChangeRule.ONCE, ChangeRule.UNTIL_CLOSE
LOCKS, FIRST = ClashRule.PAPER_LOCKS, ClashRule.FIRST


@pytest.mark.parametrize("clash", ClashRule)
@pytest.mark.parametrize("change", ChangeRule)
@pytest.mark.parametrize("way", Way)
def test_the_first_ballot_of_a_home_counts_by_whatever_way(way, change, clash) -> None:
    assert settle(None, way, clash=clash, change=change) is Fate.REPLACES


@pytest.mark.parametrize("change", ChangeRule)
@pytest.mark.parametrize("was", [Way.OWN, Way.AGENT])
def test_a_sheet_takes_the_place_of_a_phone_where_paper_locks_and_only_if_earlier_where_the_first_counts(
    was, change
) -> None:
    assert settle(was, Way.PAPER, clash=LOCKS, change=change) is Fate.REPLACES
    assert settle(was, Way.PAPER, clash=FIRST, change=change) is Fate.KEPT
    assert settle(was, Way.PAPER, clash=FIRST, change=change, earlier=True) is Fate.REPLACES


@pytest.mark.parametrize("earlier", [True, False])
@pytest.mark.parametrize("clash", ClashRule)
def test_a_second_sheet_is_kept_and_never_counts(clash, earlier) -> None:
    assert settle(Way.PAPER, Way.PAPER, clash=clash, change=UNTIL_CLOSE, earlier=earlier) is Fate.KEPT


@pytest.mark.parametrize("clash", ClashRule)
@pytest.mark.parametrize("change", ChangeRule)
@pytest.mark.parametrize("way", [Way.OWN, Way.AGENT])
def test_after_a_sheet_no_phone_is_taken(way, change, clash) -> None:
    with pytest.raises(Conflict) as refused:
        settle(Way.PAPER, way, clash=clash, change=change)
    assert refused.value.code == "paper_counts"


@pytest.mark.parametrize("change", ChangeRule)
def test_an_agent_never_replaces_the_owner(change) -> None:
    with pytest.raises(Conflict) as refused:
        settle(Way.OWN, Way.AGENT, clash=LOCKS, change=change)
    assert refused.value.code == "owner_voted"


def test_the_owner_replaces_his_agent_where_ballots_may_change() -> None:
    assert settle(Way.AGENT, Way.OWN, clash=LOCKS, change=UNTIL_CLOSE) is Fate.REPLACES
    with pytest.raises(Conflict) as refused:
        settle(Way.AGENT, Way.OWN, clash=LOCKS, change=ONCE)
    assert refused.value.code == "already_cast"
