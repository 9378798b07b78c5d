"""Stickers for places as a PDF to print: a code to scan, and the same code in letters for the telephone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app.services.printing import FONT, broken, draw_code, open_canvas

_CODE_FONT = "Courier-Bold"
_COLUMNS, _ROWS = 2, 4
_WIDTH, _HEIGHT = 93 * mm, 66 * mm
_EDGE, _INSIDE = 12 * mm, 4 * mm
_QR = 44 * mm
_MOST_LINES = 3


@dataclass(frozen=True, slots=True)
class Sticker:
    """What one sticker says: `url` is in the picture, `code` stands beneath it."""

    label: str
    code: str
    url: str


def draw_sheet(stickers: Sequence[Sticker], *, estate: str, hotline: str) -> bytes:
    """A4 pages of eight, with lines to cut along."""
    written = io.BytesIO()
    canvas = open_canvas(written, size=A4, title=f"{estate} 报修贴纸")
    for place, sticker in enumerate(stickers):
        slot = place % (_COLUMNS * _ROWS)
        if place and not slot:
            canvas.showPage()
        left = _EDGE + (slot % _COLUMNS) * _WIDTH
        top = A4[1] - _EDGE - (slot // _COLUMNS) * _HEIGHT
        _draw(canvas, sticker, left, top, estate=estate, hotline=hotline)
    canvas.save()
    return written.getvalue()


def _draw(canvas: Canvas, sticker: Sticker, left: float, top: float, *, estate: str, hotline: str) -> None:
    canvas.setLineWidth(0.3)
    canvas.setDash(2, 2)
    canvas.rect(left, top - _HEIGHT, _WIDTH, _HEIGHT)
    canvas.setDash()
    draw_code(canvas, sticker.url, left + _INSIDE, top - _INSIDE - _QR, _QR)
    canvas.setFont(_CODE_FONT, 15)
    code = f"{sticker.code[:4]} {sticker.code[4:]}"
    canvas.drawCentredString(left + _INSIDE + _QR / 2, top - _INSIDE - _QR - 2 * mm, code)
    aside, room = left + _QR + 2 * _INSIDE, _WIDTH - _QR - 3 * _INSIDE
    below = _lines(canvas, "扫码报修", aside, top - 11 * mm, room, 24)
    below = _lines(canvas, estate, aside, below - 2 * mm, room, 10)
    _lines(canvas, sticker.label, aside, below - 1 * mm, room, 15)
    canvas.setFont(FONT, 9.5)
    foot = f"不能扫码：打 {hotline}，报上面的编号" if hotline else "不能扫码：请到居委会，报上面的编号"
    canvas.drawString(left + _INSIDE, top - _HEIGHT + 9.5 * mm, foot)
    canvas.drawString(left + _INSIDE, top - _HEIGHT + 4 * mm, "着火、燃气泄漏、电梯困人，先打 119、110、120")


def _lines(canvas: Canvas, text: str, left: float, top: float, room: float, size: float) -> float:
    """The text in as many lines as it takes, smaller when they are too many; where the next may begin."""
    lines = broken(text, room, size)
    while len(lines) > _MOST_LINES:
        size -= 1
        lines = broken(text, room, size)
    canvas.setFont(FONT, size)
    for line in lines:
        canvas.drawString(left, top, line)
        top -= size * 1.35
    return top
