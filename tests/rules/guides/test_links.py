"""Rules of cards beside a vote: a card informs and does not campaign, and what changed since the announcement is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, Invalid
from app.rules.guides.links import (
    Publication,
    Standing,
    changes_since,
    ensure_may_attach,
    ensure_may_detach,
    first_text,
    standing_of,
)

NOTICE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def at(hours: int) -> datetime:
    return NOTICE + timedelta(hours=hours)


def went(*texts: tuple[int, str]) -> list[Publication]:
    return [Publication(n, at(hours), (words,)) for n, (hours, words) in enumerate(texts, 1)]


@pytest.mark.parametrize(
    ("texts", "attached", "withdrawn", "standing"),
    [
        ([(-9, "a")], -8, None, Standing.AS_ANNOUNCED),
        ([(-9, "a"), (-7, "b")], -8, None, Standing.AS_ANNOUNCED),
        ([(0, "a")], 0, None, Standing.AS_ANNOUNCED),
        ([(-9, "a")], 1, None, Standing.ADDED_LATER),
        ([(1, "a")], 2, None, Standing.ADDED_LATER),
        ([(-9, "a"), (1, "b")], -8, None, Standing.CHANGED_LATER),
        ([(-9, "a"), (1, "a")], -8, None, Standing.AS_ANNOUNCED),
        ([(-9, "a"), (1, "b"), (2, "a")], -8, None, Standing.CHANGED_LATER),
        ([(-9, "a")], -8, 5, Standing.WITHDRAWN),
        ([(-9, "a")], -8, -5, Standing.WITHDRAWN),
    ],
)
def test_how_a_card_stands_beside_an_announced_vote(texts, attached, withdrawn, standing) -> None:
    gone = None if withdrawn is None else at(withdrawn)
    found = standing_of(went(*texts), attached_at=at(attached), withdrawn_at=gone, noticed_at=NOTICE)
    assert found is standing


@given(st.lists(st.tuples(st.integers(-9, 9), st.sampled_from("ab")), min_size=1, max_size=6))
def test_nothing_is_shown_as_announced_that_did_not_say_so_then(texts: list[tuple[int, str]]) -> None:
    publications = went(*sorted(texts, key=lambda one: one[0]))
    found = standing_of(publications, attached_at=at(-10), withdrawn_at=None, noticed_at=NOTICE)
    then = first_text(publications, attached_at=at(-10), noticed_at=NOTICE)
    if found is Standing.AS_ANNOUNCED:
        assert then is not None
        assert {one.words for one in publications[then.revision - 1 :]} == {then.words}
    if then is not None:
        assert then.at <= NOTICE
        assert not [one for one in publications if then.revision < one.revision and one.at <= NOTICE]


@pytest.mark.parametrize(
    ("texts", "attached", "first", "changed"),
    [
        ([(-9, "a"), (1, "b"), (2, "a")], -8, 1, [2, 3]),
        ([(-9, "a"), (1, "a"), (2, "b"), (3, "b")], -8, 1, [3]),
        ([(-9, "a"), (1, "b"), (3, "c")], 2, 2, [3]),
        ([(-9, "a"), (1, "b")], 2, 2, []),
        ([(1, "a"), (3, "b"), (4, "a")], 2, 1, [2, 3]),
    ],
)
def test_every_change_is_told_since_the_announcement_or_since_the_card_came(
    texts, attached, first, changed
) -> None:
    then = first_text(went(*texts), attached_at=at(attached), noticed_at=NOTICE)
    assert then is not None
    assert then.revision == first
    assert [one.revision for one in changes_since(went(*texts), then)] == changed


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.sampled_from("ab")), min_size=1, max_size=6),
    st.integers(-9, 9),
)
def test_a_text_that_was_ever_another_since_the_card_stood_there_is_told(
    texts: list[tuple[int, str]], attached: int
) -> None:
    publications = went(*sorted(texts, key=lambda one: one[0]))
    then = first_text(publications, attached_at=at(attached), noticed_at=NOTICE)
    if then is not None:
        others = any(one.words != then.words for one in publications[then.revision :])
        assert bool(changes_since(publications, then)) is others


def test_before_any_announcement_nothing_has_changed() -> None:
    texts = went((-9, "a"), (3, "b"))
    found = standing_of(texts, attached_at=at(2), withdrawn_at=None, noticed_at=None)
    assert found is Standing.AS_ANNOUNCED


def test_what_an_announced_vote_asks_for() -> None:
    assert ensure_may_attach(announced=False, ballots_are_in=False, reason="") == ""
    with pytest.raises(Invalid):
        ensure_may_attach(announced=True, ballots_are_in=False, reason="有用")
    assert ensure_may_attach(announced=True, ballots_are_in=False, reason="业主问到补贴办法") != ""
    with pytest.raises(Conflict):
        ensure_may_attach(announced=True, ballots_are_in=True, reason="业主问到补贴办法")
    ensure_may_detach(announced=False)
    with pytest.raises(Conflict):
        ensure_may_detach(announced=True)
