"""Outcomes: draw a poster as PDF on A4 or A3: the fixed text, a code that leads to its page, and the text's hash."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app.rules.outcomes.certificates import grouped
from app.services.outcomes.posters import Sheet
from app.services.printing import FONT, broken, draw_code, open_canvas, width_of

# Each A format is the one before it, this much larger: an A3 is the same sheet for more distant eyes.
SIZES: Final = {"a4": 1.0, "a3": sqrt(2)}
_CODE_FONT = "Courier"
_WIDTH, _HEIGHT = A4
_EDGE, _BOTTOM, _FOOT, _QR, _GAP = 18 * mm, 12 * mm, 56 * mm, 36 * mm, 6 * mm
_ROOM = _WIDTH - 2 * _EDGE
_HEADING, _TITLE, _BODY, _LIST, _SMALL = 22.0, 14.0, 12.0, 10.5, 9.5
_LEADING = 1.55
# What the second fingerprint is for; on the page of the certificate too.
KEY_WORDS: Final = "证据签名密钥的指纹，核对证据包时，包里的应与它相同："


@dataclass(frozen=True, slots=True)
class _Row:
    """Texts on one height, each with its left edge; `above` is free room over it."""

    cells: tuple[tuple[str, float], ...]
    size: float
    bold: bool = False
    above: float = 0.0

    @property
    def height(self) -> float:
        return self.size * _LEADING + self.above


def draw_sheet(sheet: Sheet, *, size: str, root: str, host: str, estate: str, fingerprint: str) -> bytes:
    """The sheet on as many pages as it takes; `root` is the estate's whole address, `host` is printed in words.

    `fingerprint` is that of the key that signs evidence: whoever checks a package has it from the wall and not from us.
    """
    scale = SIZES[size]
    written = io.BytesIO()
    title = f"{sheet.poster.heading} {sheet.title}"
    canvas = open_canvas(written, size=(_WIDTH * scale, _HEIGHT * scale), title=title)
    pages = _pages(list(_rows(sheet)))
    for number, rows in enumerate(pages, start=1):
        canvas.scale(scale, scale)
        top = _HEIGHT - _EDGE
        for row in rows:
            top -= row.height
            for text, left in row.cells:
                _write(canvas, text, left, top, row.size, bold=row.bold)
        top = _draw_foot(canvas, sheet, f"{root}/{sheet.page}", host, estate)
        _draw_key(canvas, fingerprint, top)
        page = f"第 {number} 页，共 {len(pages)} 页"
        _write(canvas, page, _WIDTH - _EDGE - width_of(page, _SMALL), _BOTTOM, _SMALL)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def _pages(rows: Sequence[_Row]) -> list[list[_Row]]:
    """All pages have the same foot, so that each can hang by itself; a heading is not left alone at the bottom."""
    pages: list[list[_Row]] = [[]]
    left = room = _HEIGHT - _EDGE - _FOOT
    for place, row in enumerate(rows):
        following = rows[place + 1].height if row.bold and place + 1 < len(rows) else 0
        if pages[-1] and row.height + following > left:
            pages.append([])
            left = room
        pages[-1].append(row)
        left -= row.height
    return pages


def _rows(sheet: Sheet) -> Iterator[_Row]:
    poster = sheet.poster
    for line in broken(poster.heading, _ROOM, _HEADING):
        yield _Row(((line, (_WIDTH - width_of(line, _HEADING)) / 2),), _HEADING, bold=True)
    for over in sheet.over:
        for line in broken(f"※ {over}", _ROOM, _TITLE):
            yield _Row(((line, _EDGE),), _TITLE, bold=True)
    for title, lines in poster.sections:
        yield _Row(((title, _EDGE),), _TITLE, bold=True, above=_BODY / 2)
        texts = [line.strip() for line in lines]
        if sheet.columns > 1 and (title, lines) == poster.sections[-1]:
            yield from _columns(texts, sheet.columns)
            continue
        for text in texts:
            for part in broken(text, _ROOM - 2 * _BODY, _BODY):
                yield _Row(((part, _EDGE + 2 * _BODY),), _BODY)
    for place, line in enumerate(poster.signature):
        yield _Row(((line, _WIDTH - _EDGE - width_of(line, _BODY)),), _BODY, above=0.0 if place else _BODY)


def _columns(texts: Sequence[str], columns: int) -> Iterator[_Row]:
    """Short lines side by side; what is too long for its column is broken within it."""
    width = (_ROOM - (columns - 1) * _GAP) / columns
    for start in range(0, len(texts), columns):
        cells = [broken(text, width, _LIST) for text in texts[start : start + columns]]
        for depth in range(max(map(len, cells))):
            yield _Row(
                tuple(
                    (cell[depth], _EDGE + place * (width + _GAP))
                    for place, cell in enumerate(cells)
                    if depth < len(cell)
                ),
                _LIST,
            )


def _write(canvas: Canvas, text: str, left: float, bottom: float, size: float, *, bold: bool = False) -> None:
    line = canvas.beginText(left, bottom)
    line.setFont(FONT, size)
    # The font has no bold cut: its outline is drawn too.
    line.setTextRenderMode(2 if bold else 0)
    canvas.setLineWidth(size / 40)
    line.textOut(text)
    line.setTextRenderMode(0)
    canvas.drawText(line)


def _draw_foot(canvas: Canvas, sheet: Sheet, url: str, host: str, estate: str) -> float:
    """The code with the text's hash beside it; how far down it went."""
    bottom = _BOTTOM
    canvas.setLineWidth(0.4)
    canvas.line(_EDGE, bottom + _QR + 4 * mm, _WIDTH - _EDGE, bottom + _QR + 4 * mm)
    draw_code(canvas, url, _EDGE, bottom, _QR)
    left, top = _EDGE + _QR + 5 * mm, bottom + _QR - 3 * mm
    room = _WIDTH - _EDGE - left
    for text in (
        f"手机扫码看电子版；或在浏览器输入 {host}，进入{estate}的“{sheet.where}”。",
        "以上文字的指纹（SHA-256），与网页上相同即未改动：",
    ):
        for line in broken(text, room, _SMALL):
            _write(canvas, line, left, top, _SMALL)
            top -= _SMALL * _LEADING
    canvas.setFont(_CODE_FONT, _SMALL)
    groups = grouped(sheet.text_hash).split(" ")
    for start in range(0, len(groups), 4):
        canvas.drawString(left, top, " ".join(groups[start : start + 4]))
        top -= _SMALL * _LEADING
    return float(top)


def _draw_key(canvas: Canvas, fingerprint: str, top: float) -> None:
    left = _EDGE + _QR + 5 * mm
    for line in broken(KEY_WORDS, _WIDTH - _EDGE - left, _SMALL):
        _write(canvas, line, left, top, _SMALL)
        top -= _SMALL * _LEADING
    canvas.setFont(_CODE_FONT, _SMALL)
    canvas.drawString(left, top, fingerprint)
