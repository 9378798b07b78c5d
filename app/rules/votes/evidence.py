"""The exact bytes that bind a vote: canonical text, commitments, hash chain, Merkle tree, receipts."""

from __future__ import annotations

import hmac
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from app.errors import N_, Invalid

NONCE_BYTES: Final = 32
# What the first event of a vote names as the head before it.
FIRST_HEAD: Final = bytes(32)
_BALLOT_TAG: Final = b"yz/ballot/v1\x00"
_EXACT: Final = 2**53 - 1

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKS: Final = _DIGITS + "*~$=U"
_RECEIPT: Final = re.compile(f"[{_DIGITS}]{{16}}[{re.escape(_CHECKS)}]")
_LOOKALIKES: Final = str.maketrans("OIL", "011")


def canonical(value: object) -> bytes:
    """JSON as in RFC 8785: sorted keys, no spaces, UTF-8, text in NFC, whole numbers only.

    Raises `TypeError` for a float or anything else JSON has not, `ValueError` for a number beyond 2^53 - 1,
    for text that is not Unicode, and for two keys that become one in NFC.
    """
    if _is_plain(value):
        return _PLAIN(value).encode("ascii")
    written = json.dumps(_normal(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return written.encode("utf-8")


_PLAIN: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=True
).encode


def _is_plain(value: object) -> bool:
    """Whether it is ASCII throughout: so in NFC, and its keys sort by code points as by UTF-16. Most of what is hashed is."""
    if isinstance(value, str):
        return value.isascii()
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return value is None or (isinstance(value, int) and -_EXACT <= value <= _EXACT)


def _normal(value: object) -> object:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, int):
        if abs(value) > _EXACT:
            raise ValueError("a whole number beyond 2^53 - 1 reads differently in other languages")
        return int(value)
    if isinstance(value, Mapping):
        return _normal_object(value)
    if isinstance(value, list | tuple):
        return [_normal(item) for item in value]
    raise TypeError(f"evidence holds no {type(value).__name__}")


def _normal_object(value: Mapping[object, object]) -> dict[str, object]:
    if not all(isinstance(key, str) for key in value):
        raise TypeError("keys are text")
    normal = {unicodedata.normalize("NFC", str(key)): _normal(item) for key, item in value.items()}
    if len(normal) < len(value):
        raise ValueError("two keys are the same text")
    # RFC 8785 sorts by UTF-16 code units, as JavaScript does.
    return dict(sorted(normal.items(), key=lambda item: item[0].encode("utf-16-be")))


def commitment(nonce: bytes, ballot: Mapping[str, object]) -> bytes:
    """Binds a ballot without showing it; opened later with the same 32 random bytes."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError("the nonce has 32 bytes")
    return sha256(_BALLOT_TAG + nonce + canonical(ballot)).digest()


def unit_pseudonym(vote_key: bytes, unit: str) -> bytes:
    """16 bytes that stand for a unit within one vote, so that revision 2 is seen to replace revision 1."""
    return hmac.digest(vote_key, unit.encode("utf-8"), "sha256")[:16]


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def chain_head(previous: bytes, leaf: bytes) -> bytes:
    """The head after appending an event, given the head before it and the event's leaf hash."""
    return sha256(b"\x02" + previous + leaf).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The tree head of RFC 6962 over leaf hashes, not over the leaves; of none, SHA-256 of nothing."""
    if not leaves:
        return sha256(b"").digest()
    # Complete subtrees, largest first, as in a binary counter: each new leaf carries into equals.
    peaks: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, top = 1, leaf
        while peaks and peaks[-1][0] == size:
            top = node_hash(peaks.pop()[1], top)
            size *= 2
        peaks.append((size, top))
    root = peaks.pop()[1]
    while peaks:
        root = node_hash(peaks.pop()[1], root)
    return root


def receipt_code(leaf: bytes) -> str:
    """The first 80 bits of a leaf hash in Crockford base32, four groups of four and a check symbol."""
    number = int.from_bytes(leaf[:10], "big")
    digits = "".join(_DIGITS[number >> shift & 31] for shift in range(75, -1, -5))
    return _grouped(digits + _CHECKS[number % 37])


def parse_receipt(typed: str) -> str:
    """The code as we print it, from what a person typed: any case, spaces or dashes, O for 0, I or L for 1.

    Raises `Invalid` (code `bad_receipt`) when it is no code or the check symbol does not fit.
    """
    # NFKC: a Chinese keyboard gives full-width letters and dashes. A code never needs more than this.
    plain = unicodedata.normalize("NFKC", typed[:100]).upper()
    code = re.sub(r"[\s\-‐‑–—−_.]", "", plain).translate(_LOOKALIKES)
    if _RECEIPT.fullmatch(code):
        number = 0
        for digit in code[:16]:
            number = number * 32 + _DIGITS.index(digit)
        if code[16] == _CHECKS[number % 37]:
            return _grouped(code)
    raise Invalid(N_("回执码不对，请对照回执重新输入，共 17 位字母和数字"), code="bad_receipt", field="code")


def _grouped(code: str) -> str:
    return "-".join((code[:4], code[4:8], code[8:12], code[12:16], code[16:]))
