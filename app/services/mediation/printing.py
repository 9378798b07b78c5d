"""Mediation: the agreement as a PDF to sign by hand: one copy for each who signs, and one for the file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app.rules.calendar import BEIJING
from app.rules.mediation.cases import Seat
from app.services.mediation.papers import AgreementView, SignerView
from app.services.printing import FONT, broken, open_canvas, width_of

SEAT_WORDS = {Seat.A: "申请方", Seat.B: "另一方", Seat.MEDIATOR: "调解员"}
_EDGE, _FOOT = 22 * mm, 18 * mm
_WIDTH = A4[0] - 2 * _EDGE
_CODE_FONT = "Courier"
_LINE = 26 * mm


@dataclass(frozen=True, slots=True)
class Head:
    """What every copy says besides the text; `effective_on` is None before it took effect."""

    estate: str
    committee: str
    kind: str
    effective_on: date | None


class _Sheet:
    """Paragraphs down a page, and the next page when it is full."""

    def __init__(self, canvas: Canvas, foot: str) -> None:
        self.canvas, self.foot, self.top, self.page = canvas, foot, A4[1] - _EDGE, 1

    def room(self, height: float) -> None:
        if self.top - height < _EDGE + _FOOT:
            self.turn()

    def turn(self) -> None:
        self.canvas.setFont(FONT, 9)
        self.canvas.drawString(_EDGE, 12 * mm, self.foot)
        self.canvas.drawRightString(A4[0] - _EDGE, 12 * mm, f"第 {self.page} 页")
        self.canvas.showPage()
        self.top, self.page = A4[1] - _EDGE, self.page + 1

    def write(self, text: str, size: float, *, above: float = 0.0, centred: bool = False) -> None:
        self.top -= above
        for block in text.split("\n"):
            for line in broken(block, _WIDTH, size) if block else [""]:
                self.room(size * 1.6)
                self.top -= size * 1.6
                self.canvas.setFont(FONT, size)
                left = (A4[0] - width_of(line, size)) / 2 if centred else _EDGE
                self.canvas.drawString(left, self.top, line)


def draw_agreement(agreement: AgreementView, head: Head) -> bytes:
    """A4: a copy for every signer but the mediator, whose copy is the committee's file (人民调解法 art. 29)."""
    written = io.BytesIO()
    # The title of a file is read by whoever sees its name: it says nothing.
    canvas = open_canvas(written, size=A4, title=f"{head.estate} {agreement.number}")
    keepers = [
        f"{SEAT_WORDS[signer.seat]} {signer.name}"
        for signer in agreement.signers
        if signer.seat is not Seat.MEDIATOR
    ]
    for keeper in [*keepers, "调解委员会存档"]:
        _draw_copy(canvas, agreement, head, keeper)
    canvas.save()
    return written.getvalue()


def _draw_copy(canvas: Canvas, agreement: AgreementView, head: Head, keeper: str) -> None:
    sheet = _Sheet(canvas, f"{agreement.number} 第 {agreement.version} 稿　本份由{keeper}保存")
    sheet.write("人民调解协议书", 24, centred=True)
    sheet.write(f"编号：{agreement.number}（第 {agreement.version} 稿）", 11, above=4 * mm, centred=True)
    sheet.write(f"本份由 {keeper} 保存", 11, centred=True)
    for signer in agreement.signers:
        home = f"，{signer.home}" if signer.home else ""
        sheet.write(f"{SEAT_WORDS[signer.seat]}：{signer.name}{home}", 13, above=1 * mm)
    sheet.write(f"调解组织：{head.committee}", 13, above=1 * mm)
    sheet.write(f"事项：{head.kind}", 13, above=1 * mm)
    if head.effective_on:
        day = head.effective_on
        sheet.write(f"生效日期：{day.year}年{day.month}月{day.day}日", 13, above=1 * mm)
    sheet.write("双方自愿达成以下协议：", 13, above=4 * mm)
    sheet.write(agreement.text, 13, above=2 * mm)
    sheet.write(
        "本协议自各方签名、盖章或者按指印，调解员签名并加盖调解委员会印章之日起生效，具有法律约束力，各方应当履行。"
        "生效之日起三十日内，双方可以共同向人民法院申请司法确认。调解不收费。",
        11,
        above=4 * mm,
    )
    _draw_signatures(sheet, agreement.signers, head)
    _draw_confirmations(sheet, agreement)
    sheet.turn()


def _draw_signatures(sheet: _Sheet, signers: Sequence[SignerView], head: Head) -> None:
    """Where to sign by hand: a line and a place for the fingerprint each, and the seal."""
    sheet.top -= 4 * mm
    for signer in signers:
        sheet.room(_LINE)
        sheet.top -= _LINE
        words = f"{SEAT_WORDS[signer.seat]}（{signer.name}）签名："
        sheet.canvas.setFont(FONT, 12)
        sheet.canvas.drawString(_EDGE, sheet.top + 4 * mm, words)
        start = _EDGE + width_of(words, 12)
        sheet.canvas.line(start, sheet.top + 3 * mm, _EDGE + _WIDTH * 0.62, sheet.top + 3 * mm)
        if signer.seat is not Seat.MEDIATOR:
            sheet.canvas.rect(_EDGE + _WIDTH * 0.65, sheet.top + 2 * mm, 18 * mm, 20 * mm)
            sheet.canvas.setFont(FONT, 8)
            sheet.canvas.drawString(_EDGE + _WIDTH * 0.65 + 1 * mm, sheet.top + 3 * mm, "按指印")
        sheet.canvas.setFont(FONT, 11)
        sheet.canvas.drawRightString(A4[0] - _EDGE, sheet.top + 4 * mm, "年　 月　 日")
    sheet.room(40 * mm)
    sheet.write(f"{head.committee}调解委员会（盖章）", 12, above=6 * mm)
    sheet.top -= 24 * mm


def _draw_confirmations(sheet: _Sheet, agreement: AgreementView) -> None:
    """Who confirmed the text on his phone and when: a record, not a signature (电子签名法 art. 13)."""
    confirmed = [signer for signer in agreement.signers if signer.at is not None]
    if confirmed:
        sheet.write("在手机上确认过这份文本的人（供核对，不代替签名）：", 10, above=2 * mm)
        for signer in confirmed:
            assert signer.at is not None
            sheet.write(f"{SEAT_WORDS[signer.seat]} {signer.name}　{_moment(signer.at)}", 10)
    sheet.write("文本指纹（SHA-256）：", 9, above=2 * mm)
    for half in (agreement.digest[:32], agreement.digest[32:]):
        sheet.room(14)
        sheet.top -= 13
        sheet.canvas.setFont(_CODE_FONT, 9)
        sheet.canvas.drawString(_EDGE, sheet.top, half)


def _moment(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
