"""Files: a name that is safe to show and to save, and what can be said of bytes without decoding them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

MAX_NAME = 120
# Cameras write one scan, or some ten of a progressive picture.
MOST_SCANS = 100
_MOST_SEGMENTS = 2000

_UNSAFE = re.compile(r'[\\/:*?"<>|;%\x00-\x1f\x7f]')
_START = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_TABLE = re.compile(rb"\s*(?:xref\b|[0-9]+ [0-9]+ obj\b)")
# Inside a scan 0xFF is followed by 0x00 or by the mark of a restart; anything else begins a segment (ITU-T T.81, B.1.1).
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_SCAN, _END, _BARE = b"\xff\xda", b"\xff\xd9", (b"\xff\xd8", b"\xff\x01")


def clean_file_name(name: str, ending: str) -> str:
    """The name's last part without what a file system or a header may stumble over, and with this ending."""
    last = PurePosixPath(unicodedata.normalize("NFC", name[-400:]).replace("\\", "/")).name
    seen = "".join(c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    stem = " ".join(_UNSAFE.sub(" ", PurePosixPath(seen).stem).split()).strip(". ")
    return (stem or "file")[: MAX_NAME - len(ending)] + ending


def is_whole_pdf(content: bytes) -> bool:
    """A PDF that begins as one and whose last lines lead to its table of objects: it was not cut off."""
    if not re.match(rb"%PDF-[12]\.[0-9]", content):
        return False
    end = _START.search(content[-2048:].rstrip(b"\x00"))
    return end is not None and bool(_TABLE.match(content[int(end[1]) : int(end[1]) + 40]))


def is_picture(content: bytes) -> bool:
    """Whether bytes begin as a JPEG, PNG or WebP does; what is behind is a decoder's to say."""
    return content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or (
        content.startswith(b"RIFF") and content[8:12] == b"WEBP"
    )


def has_many_scans(content: bytes) -> bool:
    """A JPEG that makes a decoder go over the whole picture more often than any camera asks for."""
    if not content.startswith(b"\xff\xd8"):
        return False
    at, scans = 2, 0
    for _ in range(_MOST_SEGMENTS):
        found = _MARKER.search(content, at)
        if found is None or found[0] == _END:
            return False
        at = found.end()
        if found[0] == _SCAN:
            scans += 1
            if scans > MOST_SCANS:
                return True
        if found[0] not in _BARE:
            at += int.from_bytes(content[at : at + 2])
    return True
