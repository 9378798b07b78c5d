"""Files: a name that is safe to show and to save, and whether bytes are a whole PDF."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

MAX_NAME = 120

_UNSAFE = re.compile(r'[\\/:*?"<>|;%\x00-\x1f\x7f]')
_START = re.compile(rb"startxref\s+([0-9]{1,10})\s+%%EOF\s*\Z")
_TABLE = re.compile(rb"\s*(?:xref\b|[0-9]+ [0-9]+ obj\b)")


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
