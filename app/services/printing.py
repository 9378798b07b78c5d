"""What every PDF of ours is made with: a canvas, lines that fit, and a code to scan."""

from __future__ import annotations

import re
from typing import IO, Final

import segno
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

# Adobe's name for a font that readers bring themselves, so that hundreds of leaves stay small.
FONT: Final = "STSong-Light"
# Never at the beginning of a line: one of these may hang over the edge instead.
_HANGING: Final = frozenset("，。；：、）》”’％！？")
# A run of Latin letters and digits, such as an address, is not torn where it fits on a line of its own.
_PIECES: Final = re.compile(r"[!-~]+|.", re.DOTALL)


def open_canvas(written: IO[bytes], *, size: tuple[float, float], title: str) -> Canvas:
    """A canvas that writes the same bytes for the same strokes; sizes are in points."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    canvas = Canvas(written, pagesize=size, pageCompression=1, invariant=1)
    canvas.setTitle(title)
    return canvas


def width_of(text: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, FONT, size))


def broken(text: str, room: float, size: float) -> list[str]:
    """The text in lines that fit the room; a comma or a full stop never begins a line."""
    lines = [""]
    for piece in _PIECES.findall(text):
        for part in [piece] if width_of(piece, size) <= room else piece:
            wide = width_of(lines[-1] + part, size)
            fits = wide <= room or (part in _HANGING and wide <= room + 2 * size)
            if lines[-1] and not fits:
                lines.append("")
            lines[-1] = (lines[-1] + part).lstrip()
    return lines


def draw_code(canvas: Canvas, url: str, left: float, bottom: float, side: float) -> None:
    """A QR with its quiet zone, one path for all its squares. Level M still reads with a seventh of it scratched off."""
    rows = list(segno.make(url, error="m", micro=False).matrix_iter(scale=1, border=4))
    square = side / len(rows)
    path = canvas.beginPath()
    for row, squares in enumerate(rows):
        for column, dark in enumerate(squares):
            if dark:
                path.rect(left + column * square, bottom + (len(rows) - 1 - row) * square, square, square)
    canvas.drawPath(path, stroke=0, fill=1)
