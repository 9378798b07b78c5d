"""Votes: paper sheets as a PDF: a leaf for each home, questions in large type in front, all rules behind, a stub to tear off."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app.rules.quantities import show_area
from app.rules.votes.questions import Question, QuestionKind
from app.services.printing import FONT, broken, draw_code, open_canvas, width_of
from app.services.votes.paper_text import SheetWords

_CODE_FONT = "Courier-Bold"
_EDGE = 15 * mm
_WIDTH = A4[0] - 2 * _EDGE
_QR = 38 * mm
_BOX = 8 * mm
# Nothing on a sheet is smaller: it is read by people of eighty, at the kitchen table.
_SMALL, _PLAIN, _LARGE, _HUGE = 18, 20, 24, 28
_STUB, _SIGNING = 26 * mm, 34 * mm


@dataclass(frozen=True, slots=True)
class Sheet:
    """One home's sheet; `url` is in the QR."""

    serial: str
    label: str
    area: int
    url: str


def draw_sheets(sheets: Sequence[Sheet], words: SheetWords) -> bytes:
    """A4 to be printed on both sides: two pages a home, or an even number of more where the questions need them."""
    written = io.BytesIO()
    canvas = open_canvas(written, size=A4, title=f"{words.estate} 纸质表决票")
    for sheet in sheets:
        _Leaf(canvas, sheet, words).draw()
    canvas.save()
    return written.getvalue()


class _Leaf:
    """The pages of one sheet, written from the top down."""

    def __init__(self, canvas: Canvas, sheet: Sheet, words: SheetWords) -> None:
        self.canvas, self.sheet, self.words = canvas, sheet, words
        self.top, self.pages = A4[1] - _EDGE, 1

    def draw(self) -> None:
        self._head()
        for number, question in enumerate(self.words.paper, start=1):
            self._question(number, question)
        self._sign()
        self._turn(head=False)
        self._back()
        if self.pages % 2:
            self._turn(head=False)
        self.canvas.showPage()

    def _head(self) -> None:
        right, aside = A4[0] - _EDGE - _QR, _WIDTH - _QR - 4 * mm
        draw_code(self.canvas, self.sheet.url, right, self.top - _QR, _QR)
        self.canvas.setFont(_CODE_FONT, _SMALL)
        self.canvas.drawCentredString(right + _QR / 2, self.top - _QR - 4 * mm, self.sheet.serial)
        bottom = self.top - _QR - 8 * mm
        self._text(f"{self.words.estate}", _SMALL, room=aside)
        self._text("纸质表决票", _HUGE, room=aside)
        self._text(self.sheet.label, _LARGE, room=aside)
        self._text(f"建筑面积 {show_area(self.sheet.area)} ㎡", _SMALL, room=aside)
        self.top = min(self.top, bottom) - 1 * mm
        self._text(f"表决事项：{self.words.title}", _PLAIN)
        for line in self.words.instructions:
            self._text(line, _SMALL)
        if self.words.warning:
            self._warning()
        self._rule()

    def _question(self, number: int, question: Question) -> None:
        several = len(self.words.paper) > 1
        if question.kind is QuestionKind.DECISION:
            if several:
                self._text(f"{number}. {question.title}", _PLAIN, keep=_BOX + 10 * mm)
            alone = len(self.words.paper) == 1
            self._boxes(("同意", "反对", "弃权"), 3, *((15 * mm, 34.0) if alone else (_BOX, _LARGE)))
        else:
            title = f"{number}. {question.title}" if several else question.title
            self._text(f"{title}（最多选 {question.most} 项）", _PLAIN, keep=_BOX + 10 * mm)
            wide = max(width_of(label, _PLAIN) for label in question.labels) > _WIDTH / 2 - _BOX - 6 * mm
            for label in () if wide else _pairs(question.labels):
                self._boxes(label, 2)
            for label in question.labels if wide else ():
                self._boxes((label,), 1)
        self.top -= 2 * mm

    def _boxes(self, labels: Sequence[str], columns: int, box: float = _BOX, size: float = _PLAIN) -> None:
        """A row of boxes to tick, each with its words, which may run over more lines where they stand alone."""
        step = _WIDTH / columns
        lines = [broken(label, step - box - 4 * mm, size) for label in labels]
        height = max(box + 4 * mm, max(map(len, lines)) * size * 1.3)
        self._need(height)
        for place, rows in enumerate(lines):
            left = _EDGE + place * step
            self.canvas.setLineWidth(1.4)
            self.canvas.rect(left, self.top - box - 1 * mm, box, box)
            self.canvas.setFont(FONT, size)
            first = self.top - 1 * mm - box / 2 - size * 0.36
            for row, text in enumerate(rows):
                self.canvas.drawString(left + box + 3 * mm, first - row * size * 1.3, text)
        self.top -= height

    def _sign(self) -> None:
        """At the foot of the last front page: signature, telephone, day; under the dashes what the owner keeps."""
        if self.top < _EDGE + _STUB + _SIGNING:
            self._turn()
        foot = _EDGE + _STUB
        self.canvas.setFont(FONT, _PLAIN)
        for height, fields in ((21 * mm, (("业主签名", 0.58), ("日期", 0.42))), (6 * mm, (("电话", 0.58),))):
            left = _EDGE
            for name, share in fields:
                self.canvas.drawString(left, foot + height, f"{name}：")
                self.canvas.setLineWidth(0.8)
                begin = left + width_of(f"{name}：", _PLAIN)
                self.canvas.line(
                    begin, foot + height - 1.5 * mm, left + share * _WIDTH - 6 * mm, foot + height - 1.5 * mm
                )
                left += share * _WIDTH
        self.canvas.setDash(4, 3)
        self.canvas.line(0, foot, A4[0], foot)
        self.canvas.setDash()
        self.canvas.setFont(FONT, _SMALL)
        self.canvas.drawString(_EDGE, foot - 9 * mm, "存根（撕下自己留着）  编号")
        self.canvas.setFont(_CODE_FONT, 22)
        self.canvas.drawRightString(A4[0] - _EDGE, foot - 9 * mm, self.sheet.serial)
        self.top = foot - 12 * mm
        self._text(f"{self.sheet.label}  {self.words.until} 截止", _SMALL)

    def _back(self) -> None:
        self._text(f"怎样计票  编号 {self.sheet.serial}", _LARGE)
        if self.words.warning:
            self._warning()
        for number, line in enumerate(self.words.rules, start=1):
            self._text(f"{number}. {line}", _SMALL)
        self._text(f"议案全文见张贴的公告，内容指纹 {self.words.fingerprint}", _SMALL)

    def _warning(self) -> None:
        lines = broken(self.words.warning, _WIDTH - 6 * mm, _SMALL)
        height = len(lines) * _SMALL * 1.35 + 3 * mm
        self._need(height)
        self.canvas.setLineWidth(2)
        self.canvas.rect(_EDGE, self.top - height, _WIDTH, height)
        self.canvas.setFont(FONT, _SMALL)
        for row, line in enumerate(lines, start=1):
            self.canvas.drawString(_EDGE + 3 * mm, self.top - row * _SMALL * 1.35, line)
        self.top -= height + 2 * mm

    def _text(self, text: str, size: float, *, room: float = _WIDTH, keep: float = 0) -> None:
        """Lines of text; `keep` is the height of what must not stand on another page than they."""
        lines = broken(text, room, size)
        self._need(len(lines) * size * 1.35 + keep)
        self.canvas.setFont(FONT, size)
        for line in lines:
            self.canvas.drawString(_EDGE, self.top - size, line)
            self.top -= size * 1.35

    def _rule(self) -> None:
        self.top -= 1 * mm
        self.canvas.setLineWidth(0.6)
        self.canvas.line(_EDGE, self.top, A4[0] - _EDGE, self.top)
        self.top -= 3 * mm

    def _need(self, height: float) -> None:
        if self.top - height < _EDGE - 4 * mm:
            self._turn()

    def _turn(self, *, head: bool = True) -> None:
        """The next page; which sheet it belongs to stands on every page."""
        self.canvas.showPage()
        self.pages, self.top = self.pages + 1, A4[1] - _EDGE
        if head:
            self._text(f"{self.sheet.label}  编号 {self.sheet.serial}", _SMALL)
            self._rule()


def _pairs(labels: Sequence[str]) -> list[Sequence[str]]:
    return [labels[place : place + 2] for place in range(0, len(labels), 2)]
