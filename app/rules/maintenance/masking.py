"""Black boxes over a picture: the cells of a grid that were ticked, as boxes in thousandths and as pixels."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from app.errors import N_, Invalid

# So many rows and columns: a face across the yard fits one cell, and a thumb still hits it.
GRID = 12
WHOLE = 1000


class Cell(NamedTuple):
    """One field of the grid, counted from 0 at the upper left."""

    row: int
    column: int

    @property
    def key(self) -> str:
        return f"{self.row}-{self.column}"


class Box(NamedTuple):
    """A black box in thousandths of the picture's sides."""

    left: int
    top: int
    width: int
    height: int


def all_cells() -> list[list[Cell]]:
    """The grid row by row."""
    return [[Cell(row, column) for column in range(GRID)] for row in range(GRID)]


def read_cells(keys: Iterable[str]) -> frozenset[Cell]:
    """The ticked cells of a form; raises `Invalid` (`bad_cell`) for one outside the grid."""
    known = {cell.key: cell for row in all_cells() for cell in row}
    try:
        return frozenset(known[key] for key in keys)
    except KeyError:
        raise Invalid(N_("遮挡的格子不对，请刷新页面重新选择"), code="bad_cell", field="cells") from None


def boxes_of(cells: Collection[Cell]) -> list[Box]:
    """The fewest boxes row by row: neighbours in a row are one."""
    boxes = []
    for row in range(GRID):
        columns = sorted(cell.column for cell in cells if cell.row == row)
        for start, end in _runs(columns):
            left, top = _edge(start), _edge(row)
            boxes.append(Box(left, top, _edge(end) - left, _edge(row + 1) - top))
    return boxes


def cells_of(boxes: Iterable[Box]) -> frozenset[Cell]:
    """The cells whose middle lies under a box: what the form shows ticked."""
    kept = list(boxes)
    return frozenset(cell for row in all_cells() for cell in row if any(_covers(box, cell) for box in kept))


def pixels_of(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, upper, right and lower edge in pixels, the last two included; outwards, so that nothing shows at a rim."""
    left, top = box.left * width // WHOLE, box.top * height // WHOLE
    right = -((box.left + box.width) * width // -WHOLE)
    bottom = -((box.top + box.height) * height // -WHOLE)
    return left, top, min(right, width) - 1, min(bottom, height) - 1


def _edge(index: int) -> int:
    return index * WHOLE // GRID


def _runs(columns: list[int]) -> list[tuple[int, int]]:
    """First and one past the last column of each unbroken run."""
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and runs[-1][1] == column:
            runs[-1] = (runs[-1][0], column + 1)
        else:
            runs.append((column, column + 1))
    return runs


def _covers(box: Box, cell: Cell) -> bool:
    across = (_edge(cell.column) + _edge(cell.column + 1)) // 2
    down = (_edge(cell.row) + _edge(cell.row + 1)) // 2
    return box.left <= across < box.left + box.width and box.top <= down < box.top + box.height
