"""Numbers of paper sheets: short, checkable by hand, and bound to their vote by the mark in the QR."""

from __future__ import annotations

import hmac
import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from app.errors import N_, Invalid

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 7
_MARK_LENGTH: Final = 10
_SERIAL: Final = re.compile(f"[{_DIGITS}]{{{_LENGTH + 1}}}")
_MARK: Final = re.compile(f"[{_DIGITS}]{{{_MARK_LENGTH}}}")
_LOOKALIKES: Final = str.maketrans("OIL", "011")
_TAG: Final = b"haoshangliang/sheet/v1\x00"

SPACE: Final = 32**_LENGTH


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a code says: a serial; from a QR also the vote and the mark."""

    serial: str
    vote_id: UUID | None = None
    mark: str = ""


def serial_of(number: int) -> str | None:
    """The serial of a number below `SPACE`, seven digits of Crockford base32 and a check symbol; None for a number without one.

    The check symbol is the number modulo 37, as in receipts. Numbers whose check symbol would be no letter or digit are not
    used, so that a serial can stand in an address and be read out.
    """
    check = number % 37
    if check >= len(_DIGITS):
        return None
    digits = "".join(_DIGITS[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
    return _grouped(digits + _DIGITS[check])


def parse_serial(typed: str) -> str:
    """The serial as we print it, from what a person typed: any case, full width, spaces or dashes, O for 0, I or L for 1.

    Raises `Invalid` (`bad_serial`) when it is none or the check symbol does not fit.
    """
    plain = unicodedata.normalize("NFKC", typed[:60]).upper()
    code = re.sub(r"[\s\-‐‑–—−_.]", "", plain).translate(_LOOKALIKES)
    if _SERIAL.fullmatch(code):
        number = 0
        for digit in code[:_LENGTH]:
            number = number * 32 + _DIGITS.index(digit)
        if number % 37 == _DIGITS.index(code[_LENGTH]):
            return _grouped(code)
    raise Invalid(
        N_("编号不对，请对照票上的编号重新输入，共 8 位字母和数字"), code="bad_serial", field="code"
    )


def read_code(text: str) -> Scanned:
    """What was typed, or what a scanner read out of a QR: its whole address. Raises `Invalid` (`bad_serial`)."""
    text = text.strip()[:400]
    if "/" not in text:
        return Scanned(parse_serial(text))
    found = re.search(r"/votes/([0-9a-fA-F-]{36})/paper/([^/?#]+)", urlsplit(text).path)
    try:
        vote_id = UUID(found[1]) if found else None
    except ValueError:
        vote_id = None
    mark = parse_qs(urlsplit(text).query).get("m", [""])[0].upper()[:40]
    # An address without a mark is no QR of ours: an empty mark would pass for a serial typed by hand.
    return Scanned(parse_serial(found[2] if found else ""), vote_id, mark or "-")


def mark_of(key: bytes, vote_id: UUID, serial: str) -> str:
    """50 bits of HMAC-SHA-256 over vote and serial: whoever has not the key cannot print a QR that we take for ours."""
    digest = hmac.digest(key, _TAG + vote_id.bytes + serial.encode(), "sha256")
    number = int.from_bytes(digest[:7], "big") >> 6
    return "".join(_DIGITS[number >> shift & 31] for shift in range(5 * (_MARK_LENGTH - 1), -1, -5))


def is_marked(key: bytes, vote_id: UUID, serial: str, mark: str) -> bool:
    """Whether the mark of a QR is ours for this vote and serial."""
    return bool(_MARK.fullmatch(mark)) and hmac.compare_digest(mark, mark_of(key, vote_id, serial))


def _grouped(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"
