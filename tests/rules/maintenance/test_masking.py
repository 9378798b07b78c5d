"""The grid of black boxes: what was ticked is covered to the pixel, and comes back ticked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.maintenance.masking import GRID, Box, Cell, boxes_of, cells_of, pixels_of, read_cells

CELLS = st.frozensets(st.builds(Cell, st.integers(0, GRID - 1), st.integers(0, GRID - 1)))


@given(CELLS)
def test_what_was_ticked_comes_back_ticked(cells: frozenset[Cell]) -> None:
    assert cells_of(boxes_of(cells)) == cells
    assert read_cells(cell.key for cell in cells) == cells


@given(CELLS, st.integers(GRID, 300), st.integers(GRID, 300))
def test_every_corner_of_a_ticked_cell_lies_under_a_box(
    cells: frozenset[Cell], width: int, height: int
) -> None:
    boxes = [pixels_of(box, width, height) for box in boxes_of(cells)]
    for row, column in cells:
        for x in (column * width // GRID, (column + 1) * width // GRID - 1):
            for y in (row * height // GRID, (row + 1) * height // GRID - 1):
                assert any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in boxes)


def test_neighbours_in_a_row_are_one_box_and_the_last_reaches_the_rim() -> None:
    assert boxes_of({Cell(0, 0), Cell(0, 1), Cell(0, 3)}) == [Box(0, 0, 166, 83), Box(250, 0, 83, 83)]
    (whole,) = boxes_of({Cell(GRID - 1, column) for column in range(GRID)})
    assert pixels_of(whole, 1280, 960)[2:] == (1279, 959)


@pytest.mark.parametrize("key", ["12-0", "0-12", "-1-0", "", "1", "1-1-1", "x" * 1_000_000])
def test_a_cell_outside_the_grid_is_refused(key: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_cells([key])
    assert refusal.value.code == "bad_cell"
