"""Agreement with a statement as a drawing: a house of three storeys, each with its bar; integers only."""

from __future__ import annotations

from dataclasses import dataclass

from app.rules.deliberations.agreement import VERDICT_NAMES, Agreement, Row, Verdict
from app.rules.estates.bands import BAND_NAMES, Band

_TONES = {
    Verdict.BROAD: "success",
    Verdict.REJECTED: "danger",
    Verdict.CONTESTED: "warning",
    Verdict.DIVIDED: "info",
    Verdict.TOO_FEW: "neutral",
}


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar a hundred wide: `kind` agree, disagree, unsure or other; places with one digit after the point."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Storey:
    """One line of the house: its bands' names, highest first, and the numbers that may be shown (None: may not)."""

    bands: tuple[str, ...]
    agree: int
    disagree: int | None
    unsure: int | None
    other: int
    total: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A house seen from the street, its top first; without storeys only `total` may be told."""

    total: int
    verdict: str
    tone: str
    storeys: tuple[Storey, ...]


def picture_of(agreement: Agreement) -> Picture:
    """What `rules/deliberations/agreement.py` lets through, laid out; nothing is worked out anew from marks."""
    rows = agreement.rows or ((agreement.overall,) if agreement.overall and agreement.total else ())
    return Picture(
        total=agreement.total,
        verdict=VERDICT_NAMES[agreement.verdict],
        tone=_TONES[agreement.verdict],
        storeys=tuple(_storey(row) for row in reversed(rows)) if agreement.total else (),
    )


def _storey(row: Row) -> Storey:
    names = tuple(BAND_NAMES[band] for band in reversed(Band) if band in row.bands)
    parts = [("agree", row.agree)]
    if row.disagree is None:
        parts.append(("other", row.other))
    else:
        parts += [("disagree", row.disagree), ("unsure", row.unsure or 0)]
    segments, done = [], 0
    for kind, part in parts:
        if part:
            left, right = done * 1000 // row.total, (done + part) * 1000 // row.total
            segments.append(Segment(kind, _tenth(left), _tenth(right - left)))
            done += part
    return Storey(names, row.agree, row.disagree, row.unsure, row.other, row.total, tuple(segments))


def _tenth(thousandths: int) -> str:
    return f"{thousandths // 10}.{thousandths % 10}"
