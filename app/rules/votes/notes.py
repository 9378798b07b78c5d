"""Signed notes and checkpoints as C2SP writes them (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), without the signing itself.

A note is a text and, after an empty line, its signatures. A checkpoint is a note of three lines: what is logged, how many
events, and the root of the tree over them. Any program that reads C2SP notes can check ours.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

ED25519: Final = b"\x01"
# (public key, signature, message) -> whether it holds; handed in, because signing is not the standard library's.
Check = Callable[[bytes, bytes, bytes], bool]

_SIGNATURE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_SIZE: Final = re.compile(r"[1-9][0-9]{0,15}")
_FINGERPRINT: Final = 32


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends with a line break, and (key name, key id, signature) of each signature line."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint says: the root over the first `size` events of `origin`."""

    origin: str
    size: int
    root: bytes


def origin_of(vote_id: str) -> str:
    """What our checkpoints of a vote call it; also the name of the key that signs them."""
    return f"haoshangliang/vote/{vote_id}"


def key_id(name: str, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]


def fingerprint(public: bytes) -> str:
    """What is read out and compared: 128 bits of the key's SHA-256, in groups of four."""
    digits = sha256(public).hexdigest()[:_FINGERPRINT]
    return "-".join(digits[at : at + 4] for at in range(0, _FINGERPRINT, 4))


def same_fingerprint(typed: str, public: bytes) -> bool:
    """Whether somebody means this key, however he wrote the groups."""
    return re.sub(r"[\s:\-]", "", typed).lower() == fingerprint(public).replace("-", "")


def checkpoint_text(head: Head) -> str:
    return f"{head.origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"


def read_checkpoint(text: str) -> Head:
    """Raises `ValueError` for what is no checkpoint of ours: three lines, no extension lines."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or not _SIZE.fullmatch(lines[1]):
        raise ValueError("no checkpoint")
    root = _decode(lines[2])
    if len(root) != 32:
        raise ValueError("a root has 32 bytes")
    return Head(lines[0], int(lines[1]), root)


def signed_note(text: str, name: str, public: bytes, sign: Callable[[bytes], bytes]) -> str:
    """The text with one signature line under it."""
    if not text.endswith("\n"):
        raise ValueError("a note ends with a line break")
    signature = key_id(name, public) + sign(text.encode())
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def read_note(written: str) -> Note:
    """The note's parts; raises `ValueError` for anything that is no note."""
    text, mark, lines = written.rpartition("\n\n")
    if not mark or not lines.endswith("\n"):
        raise ValueError("no signature")
    text += "\n"
    if any(ord(sign) < 32 and sign != "\n" for sign in written):
        raise ValueError("a control character")
    return Note(text, tuple(_signature(line) for line in lines[:-1].split("\n")))


def _signature(line: str) -> tuple[str, bytes, bytes]:
    match = _SIGNATURE.fullmatch(line)
    if match is None:
        raise ValueError("no signature line")
    signed = _decode(match[2])
    if len(signed) < 5:
        raise ValueError("a signature is longer than its key's id")
    return match[1], signed[:4], signed[4:]


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    # The last character has bits to spare; only one way to write it is ours.
    if base64.b64encode(raw).decode() != text:
        raise ValueError("base64 written another way")
    return raw


def is_signed_by(note: Note, name: str, public: bytes, check: Check) -> bool:
    """Whether this key signed it; signatures of others, witnesses perhaps, are passed over."""
    expected = key_id(name, public)
    return any(
        (signer, number) == (name, expected) and check(public, signature, note.text.encode())
        for signer, number, signature in note.signatures
    )
