"""Pages by a mark: on and back again over every row once, whatever the length of the list."""

from __future__ import annotations

import pytest

from app.rules.paging import FIRST, Leaf, Turn, read_leaf, read_turn


def page(count: int, turn: Turn, size: int = 3) -> Leaf[int]:
    """A page of the numbers from `count` down to 1."""

    def fetch(turn: Turn) -> list[int]:
        if turn.back:
            return [n for n in range(1, count + 1) if n > turn.numbers[0]][: size + 1]
        return [n for n in range(count, 0, -1) if not turn.mark or n < turn.numbers[0]][: size + 1]

    return read_leaf(fetch, turn, size=size, mark_of=lambda number: number)


@pytest.mark.parametrize("count", range(12))
def test_going_on_shows_every_row_once_and_going_back_the_same_pages(count: int) -> None:
    pages = [page(count, FIRST)]
    while pages[-1].older:
        pages.append(page(count, Turn(pages[-1].older)))
    assert [n for leaf in pages for n in leaf.rows] == list(range(count, 0, -1))
    back = pages[-1:]
    while back[0].newer:
        back.insert(0, page(count, Turn(back[0].newer, back=True)))
    assert back == pages


def test_a_list_that_grew_leads_back_to_a_full_first_page() -> None:
    second = page(6, Turn("4"))
    assert page(7, Turn(second.newer, back=True)).rows == (6, 5, 4)
    assert page(4, Turn("3", back=True)) == page(4, FIRST)


def test_a_page_whose_rows_are_gone_is_empty_and_offers_nothing() -> None:
    assert page(3, Turn("1")) == Leaf(())


@pytest.mark.parametrize("text", ["x", "-1", "1-", "9" * 10, "1-2-3", "1\n", "\u0661"])
def test_a_mark_that_is_none_of_ours_is_the_first_page(text: str) -> None:
    assert read_turn(text, "") == read_turn("", text) == FIRST


def test_marks_are_read_both_ways_and_back_wins() -> None:
    assert read_turn("12-7", "") == Turn("12-7")
    assert read_turn("1", "2") == Turn("2", back=True)
    assert read_turn("12-7", "").numbers == (12, 7)
