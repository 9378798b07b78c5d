"""Backups: the file itself, a line that says what it is, a manifest, the copy and a SHA-256 over all of it, inside age.

Read and written as a stream, so that a database of any size needs little memory.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import pyrage

MAGIC = b"haoshangliang-backup/1\n"
CHUNK = 1 << 20
_AGE = b"age-encryption.org/v1"
_SUM = hashlib.sha256().digest_size
_LONGEST_MANIFEST = 10 << 20


class BackupError(Exception):
    """A backup or a restore that cannot be done, in a sentence for whoever runs the machine."""


class DamagedError(BackupError):
    """The file cannot be read with this key, was cut off, or was changed."""


def new_key() -> tuple[str, str]:
    """A new pair: (public half, private half)."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def recipients_of(written: str) -> list[Any]:
    """The keys to encrypt to, parted by spaces or commas; raises `BackupError` at one that is none."""
    try:
        return [pyrage.x25519.Recipient.from_str(word) for word in written.replace(",", " ").split()]
    except pyrage.RecipientError:
        raise BackupError(
            "BACKUP_RECIPIENT 不是公钥：公钥以 age1 开头，用 python -m app backup-key 生成"
        ) from None


def identities_of(written: str) -> list[Any]:
    """The private keys in a key file; lines that begin with # are passed over."""
    lines = (line.strip() for line in written.splitlines())
    try:
        return [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        raise BackupError("私钥文件的写法不对：里面应有一行以 AGE-SECRET-KEY-1 开头") from None


class _Source:
    """Header, copy and sum as something that is read; `fault` is what stopped it."""

    def __init__(self, manifest: Mapping[str, Any], chunks: Iterable[bytes]) -> None:
        self.fault: BaseException | None = None
        self._chunks, self._left = self._all(manifest, chunks), b""

    def _all(self, manifest: Mapping[str, Any], chunks: Iterable[bytes]) -> Iterator[bytes]:
        total = hashlib.sha256()
        head = MAGIC + json.dumps(manifest, ensure_ascii=False, sort_keys=True).encode() + b"\n"
        for chunk in chain([head], chunks):
            total.update(chunk)
            yield chunk
        yield total.digest()

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._left:
                self._left = next(self._chunks)
        except StopIteration:
            return b""
        except BaseException as fault:
            self.fault = fault
            raise
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def write(
    target: Path, manifest: Mapping[str, Any], chunks: Iterable[bytes], recipients: Sequence[Any]
) -> int:
    """Write the file, readable by its owner only, beside its place, and rename it when it is whole; its size in bytes."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    source = _Source(manifest, chunks)
    try:
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            if recipients:
                pyrage.encrypt_io(source, out, recipients)
            else:
                while taken := source.read(CHUNK):
                    out.write(taken)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
        settle(target.parent)
    except pyrage.EncryptError as failed:
        raise source.fault or BackupError(f"加密没有成功：{failed}") from failed
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def settle(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Sink:
    """Takes the file apart as it comes: the manifest is kept, the copy written out, the sum held back to the end."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.manifest: dict[str, Any] | None = None
        self.fault: BaseException | None = None
        self._sum, self._left = hashlib.sha256(), b""

    def write(self, taken: bytes) -> int:
        try:
            self._take(bytes(taken))
        except BaseException as fault:
            self.fault = fault
            raise
        return len(taken)

    def flush(self) -> None:
        self.out.flush()

    def _take(self, taken: bytes) -> None:
        self._left += taken
        if self.manifest is None:
            end = self._left.find(b"\n", len(MAGIC))
            if not self._left.startswith(MAGIC[: len(self._left)]) or len(self._left) > _LONGEST_MANIFEST:
                raise DamagedError("这不是好商量的备份文件")
            if end < 0:
                return
            self._sum.update(self._left[: end + 1])
            self.manifest = json.loads(self._left[len(MAGIC) : end])
            self._left = self._left[end + 1 :]
        ready, self._left = self._left[:-_SUM], self._left[-_SUM:]
        self._sum.update(ready)
        self.out.write(ready)

    def ensure_whole(self) -> dict[str, Any]:
        if self.manifest is None or self._left != self._sum.digest():
            raise DamagedError("备份文件不完整，或者被改过")
        return self.manifest


def read(path: Path, copy: Path, identities: Sequence[Any]) -> dict[str, Any]:
    """Write the copy inside the file to `copy` and return the manifest; nothing of it may be used when this raises.

    Raises `DamagedError` for a wrong key and for a file that was cut off or changed anywhere.
    """
    with (
        path.open("rb") as source,
        open(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out,
    ):
        sink = _Sink(out)
        is_encrypted = source.read(len(_AGE)) == _AGE
        source.seek(0)
        if is_encrypted and not identities:
            raise BackupError("备份是加密的，请用 --identity 给出私钥文件")
        try:
            if is_encrypted:
                pyrage.decrypt_io(source, sink, identities)
            else:
                shutil.copyfileobj(source, sink, CHUNK)
        except (pyrage.DecryptError, OSError, ValueError) as failed:
            if isinstance(sink.fault, OSError):
                raise BackupError(f"写不下去：{sink.fault.strerror}") from failed
            raise DamagedError("打不开备份：私钥不对，或者文件不完整、被改过") from failed
        manifest = sink.ensure_whole()
        out.flush()
        os.fsync(out.fileno())
    return manifest
