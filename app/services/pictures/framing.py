"""How the two processes talk: a length and so many bytes, and nothing that would make either run what the other sent."""

from __future__ import annotations

import struct
from typing import IO, NamedTuple

_LENGTH = struct.Struct(">I")
# No upload and no picture made of one is longer.
MOST = 64 * 1024 * 1024

DRAWN, TOO_MANY_PIXELS, MOVING, UNREADABLE, HEAVY = (
    "drawn",
    "too_many_pixels",
    "moving",
    "unreadable",
    "heavy",
)


class Job(NamedTuple):
    """The upload, and black boxes over it: left, top, width, height in thousandths of its sides."""

    content: bytes
    boxes: tuple[tuple[int, int, int, int], ...] = ()


class Drawn(NamedTuple):
    """`word` is `DRAWN` or why not; the JPEG, and its thumbnail: b"" where it is small enough itself."""

    word: str
    full: bytes = b""
    small: bytes = b""


def write_job(stream: IO[bytes], job: Job) -> None:
    _write(stream, b"".join(struct.pack(">4I", *box) for box in job.boxes), job.content)


def read_job(stream: IO[bytes]) -> Job:
    """The next job; `EOFError` when there is none any more."""
    boxes, content = _read(stream), _read(stream)
    return Job(content, tuple(struct.iter_unpack(">4I", boxes)))


def write_drawn(stream: IO[bytes], drawn: Drawn) -> None:
    _write(stream, drawn.word.encode(), drawn.full, drawn.small)


def read_drawn(stream: IO[bytes]) -> Drawn:
    """What the child says; `EOFError` when it died, `ValueError` when it says what it cannot say."""
    word = _read(stream).decode("ascii", "replace")
    drawn = Drawn(word, _read(stream), _read(stream))
    if word not in {DRAWN, TOO_MANY_PIXELS, MOVING, UNREADABLE, HEAVY}:
        raise ValueError(word)
    return drawn


def _write(stream: IO[bytes], *parts: bytes) -> None:
    for part in parts:
        stream.write(_LENGTH.pack(len(part)))
        stream.write(part)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > MOST:
        raise ValueError(length)
    return _exactly(stream, length)


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
