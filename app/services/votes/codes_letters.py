"""Household letters as a PDF to print: one page a home, the code to scan and in large groups, and what to do in three steps."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app.rules.calendar import BEIJING
from app.services.printing import FONT, broken, draw_code, open_canvas
from app.services.votes.codes import PlainLetter

_CODE_FONT = "Courier-Bold"
_EDGE = 22 * mm
_WIDTH = A4[0] - 2 * _EDGE
_QR = 62 * mm


@dataclass(frozen=True, slots=True)
class LetterHead:
    """What all letters of one print have in common; `page` is the address that the code is added to."""

    estate: str
    committee: str
    phone: str
    title: str
    opens_at: datetime
    closes_at: datetime
    page: str


def draw_letters(letters: Sequence[PlainLetter], head: LetterHead) -> bytes:
    """A4, one page a letter."""
    written = io.BytesIO()
    canvas = open_canvas(written, size=A4, title=f"{head.estate} 一户一码")
    for letter in letters:
        _draw(canvas, letter, head)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def _draw(canvas: Canvas, letter: PlainLetter, head: LetterHead) -> None:
    top = A4[1] - _EDGE - 8 * mm
    top = _paragraph(canvas, f"{letter.home} 业主（亲启）", top, 20)
    top = _paragraph(canvas, f"{head.estate}：请您参加表决", top - 4 * mm, 26)
    top = _paragraph(canvas, f"《{head.title}》", top - 2 * mm, 18)
    window = f"投票时间：{_moment(head.opens_at)} 至 {_moment(head.closes_at)}"
    top = _paragraph(canvas, window, top - 1 * mm, 14)
    top -= 4 * mm + _QR
    draw_code(canvas, f"{head.page}?code={letter.code}", (A4[0] - _QR) / 2, top, _QR)
    canvas.setFont(_CODE_FONT, 27)
    canvas.drawCentredString(A4[0] / 2, top - 6 * mm, letter.code.replace("-", " "))
    top = _paragraph(canvas, "这是您家的专用编码，只有这一张，请不要给别人看。", top - 17 * mm, 14)
    host = urlsplit(head.page).netloc
    for step in (
        f"一、用手机扫上面的码。打开的网址开头应是 {host}，不是这个网址就不要继续。",
        "二、用您的手机号登录，填产权证上的业主姓名。姓名对上，您的手机就和您家绑定好了。",
        "三、阅读议案，选同意、反对或弃权，确认提交。",
    ):
        top = _paragraph(canvas, step, top - 3 * mm, 16)
    for line in (
        "为什么要填姓名：防止别人拿到这封信冒充您。姓名错五次，编码就作废，要到居委会办理。",
        f"不能扫码：在手机浏览器里输入 {head.page}，再输入上面的编码（数字 0、1 和字母 O、I 不分）。",
        f"不用手机：可以到{head.committee or '居委会'}投纸质票，或请工作人员协助。"
        + (f"电话 {head.phone}。" if head.phone else ""),
        "居委会再寄一封新的信，这一封就作废。工作人员不会向您要这个编码，也不会要您的验证码。",
    ):
        top = _paragraph(canvas, line, top - 2 * mm, 12)


def _moment(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}"


def _paragraph(canvas: Canvas, text: str, top: float, size: float) -> float:
    """The text in as many lines as it takes; where the next may begin."""
    canvas.setFont(FONT, size)
    for line in broken(text, _WIDTH, size):
        top -= size * 1.4
        canvas.drawString(_EDGE, top, line)
    return top
