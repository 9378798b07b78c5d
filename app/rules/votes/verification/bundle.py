"""The package as a file: a zip whose every file is listed by hash in a manifest, and exact JSON within."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from app.rules.votes.evidence import canonical

FORMAT: Final = "haoshangliang-evidence/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.note"
FULL, MASKED = "full", "masked"
_MOST_BYTES: Final = 500 * 1024 * 1024
_MOST_FILES: Final = 500
_BIRTH: Final = (1980, 1, 1, 0, 0, 0)


class UnreadableError(Exception):
    """The file is no evidence package; carries the sentence."""


class WrongError(Exception):
    """What does not hold, as the end of a sentence."""


def pack(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip: in order, without times or owners, so that the same content gives the same bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _BIRTH)
            entry.compress_type, entry.create_system, entry.external_attr = (
                zipfile.ZIP_DEFLATED,
                3,
                0o644 << 16,
            )
            archive.writestr(entry, files[name])
    return written.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """The files of a zip; raises `UnreadableError` for anything damaged, doubled or larger than a package can be."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if len(names) < len(entries) or len(entries) > _MOST_FILES:
                raise UnreadableError("压缩包里有重名的文件，或者文件太多")
            if sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise UnreadableError("压缩包展开后太大")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        RuntimeError,
        MemoryError,
    ) as fault:
        raise UnreadableError("不是完整的压缩包，可能没有下载完") from fault


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a package and what its manifest says."""

    files: Mapping[str, bytes]
    manifest: Mapping[str, Any]

    @property
    def is_full(self) -> bool:
        return self.manifest.get("kind") == FULL

    @property
    def vote_id(self) -> str:
        return str(self.manifest["vote"]["id"])

    def read(self, name: str) -> Any:
        """A JSON file of the package; raises `WrongError` when it is absent or not written the one exact way."""
        if name not in self.files:
            raise WrongError(f"缺少文件 {name}")
        return exact_json(self.files[name], name)

    def lines(self, name: str) -> list[Any]:
        """A file of one JSON document a line."""
        if name not in self.files:
            raise WrongError(f"缺少文件 {name}")
        *lines, rest = self.files[name].split(b"\n")
        if rest:
            raise WrongError(f"{name} 的最后一行不完整")
        return [exact_json(line, f"{name} 第 {number} 行") for number, line in enumerate(lines, start=1)]


def open_bundle(content: bytes) -> Bundle:
    """Raises `UnreadableError` for what is no package of ours."""
    files = unpack(content)
    try:
        manifest = json.loads(files[MANIFEST])
        known = manifest["format"] == FORMAT and manifest["kind"] in {FULL, MASKED}
        _ = manifest["vote"]["id"], manifest["files"], manifest["key"]["public"]
    except (KeyError, ValueError, TypeError, RecursionError):
        known = False
    if not known:
        raise UnreadableError("没有可用的清单 manifest.json，不是本系统的证据包")
    return Bundle(files, manifest)


def exact_json(written: bytes, where: str) -> Any:
    """The value; there is one way only to write it, so that no change of the bytes can pass."""
    try:
        value = json.loads(written)
        if canonical(value) == written:
            return value
    except (ValueError, TypeError, RecursionError):
        pass
    raise WrongError(f"{where} 的写法不对")


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()
