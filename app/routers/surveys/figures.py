"""Figures of a survey as pages draw them: words for options and groups, and the reader's own rounding of a mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.routers.surveys.fields import option_words
from app.rules.estates.bands import BAND_NAMES, Band
from app.rules.estates.labels import building_label
from app.rules.surveys.kinds import AGE_NAMES, Age, Kind
from app.rules.surveys.results import AGE, BAND, Figures, Table


@dataclass(frozen=True, slots=True)
class TableView:
    """Counts by group: `groups` are (marked words of each part, how many answered), `rows` (option, counts)."""

    way: str
    groups: tuple[tuple[tuple[str, ...], int], ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True, slots=True)
class FigureView:
    """One question's figures; `few` says that too few answered to show any. `mean` is (total, answered, text)."""

    number: int
    title: str
    kind: str
    answered: int
    few: bool
    low: str
    high: str
    counts: tuple[tuple[str, int], ...]
    mean: tuple[int, int, str] | None
    places: tuple[tuple[str, tuple[int, ...], int], ...]
    tables: tuple[TableView, ...]


def figure_views(figures: Sequence[Figures]) -> tuple[FigureView, ...]:
    return tuple(_view(number, figure) for number, figure in enumerate(figures, 1))


def _view(number: int, figure: Figures) -> FigureView:
    question, mean = figure.question, figure.mean
    hundredths = mean.hundredths if mean else 0
    return FigureView(
        number=number,
        title=question.title,
        kind=question.kind.value,
        answered=figure.answered,
        few=figure.counts is None,
        low=question.low,
        high=question.high,
        counts=tuple((option_words(question, key), count) for key, count in figure.counts or ()),
        mean=(mean.total, mean.answered, f"{hundredths // 100}.{hundredths % 100:02d}") if mean else None,
        places=tuple((question.text_of(line.key), line.counts, line.points) for line in figure.places),
        tables=tuple(
            TableView(
                table.way,
                tuple(
                    (_group(table, keys), size) for keys, size in zip(table.columns, table.sizes, strict=True)
                ),
                tuple(
                    (option_words(question, key), counts)
                    for key, counts in zip(question.keys, table.rows, strict=True)
                ),
            )
            for table in figure.tables
        )
        if question.kind is not Kind.TEXT
        else (),
    )


def _group(table: Table, keys: Sequence[str]) -> tuple[str, ...]:
    if table.way == BAND:
        return tuple(BAND_NAMES[Band(key)] for key in keys)
    if table.way == AGE:
        return tuple(AGE_NAMES[Age(key)] for key in keys)
    return tuple(building_label(key) for key in keys)
