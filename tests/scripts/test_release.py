"""A release is the committed tree, and whoever gets it can tell with common tools that we signed it."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_public_key,
)

from scripts.release import Unready, make_release, read_key

VERIFY = (
    "openssl",
    "pkeyutl",
    "-verify",
    "-pubin",
    "-inkey",
    "release.pub",
    "-rawin",
    "-in",
    "SHA256SUMS",
    "-sigfile",
    "SHA256SUMS.sig",
)


def pem(key: Ed25519PrivateKey | X25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    root.mkdir()
    (root / "pyproject.toml").write_text('[project]\nname = "haoshangliang"\nversion = "9.8.7"\n')
    person = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "-q"), ("add", "."), (*person, "commit", "-qm", "first")):
        subprocess.run(["git", "-C", str(root), *words], check=True)
    return root


def run(folder: Path, *words: str) -> int:
    return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode


def is_signed(folder: Path) -> bool:
    """What our own library says, and the command of the manual where the machine has it; both say the same."""
    public = load_pem_public_key((folder / "release.pub").read_bytes())
    assert isinstance(public, Ed25519PublicKey)
    try:
        public.verify((folder / "SHA256SUMS.sig").read_bytes(), (folder / "SHA256SUMS").read_bytes())
        known = True
    except InvalidSignature:
        known = False
    if shutil.which("openssl"):
        assert (run(folder, *VERIFY) == 0) is known
    return known


def test_a_receiver_verifies_a_release_with_common_tools_and_a_changed_byte_is_found(
    tree: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    made = make_release(tree, folder, Ed25519PrivateKey.generate())
    assert [one.name for one in made] == [
        "haoshangliang-9.8.7.tar.gz",
        "haoshangliang-9.8.7.cdx.json",
        "SHA256SUMS",
        "SHA256SUMS.sig",
        "release.pub",
    ]
    with tarfile.open(made[0]) as archive:
        assert "haoshangliang-9.8.7/pyproject.toml" in archive.getnames()
    assert is_signed(folder)
    assert run(folder, "sha256sum", "--check", "--strict", "SHA256SUMS") == 0

    made[1].write_text("{}")
    assert run(folder, "sha256sum", "--check", "--strict", "SHA256SUMS") != 0
    made[2].write_text(made[2].read_text().replace("a", "b"))
    assert not is_signed(folder)


def test_the_same_commit_and_key_give_the_same_bytes(tree: Path, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    first, second = (make_release(tree, tmp_path / name, key) for name in ("one", "two"))
    assert [one.read_bytes() for one in first] == [one.read_bytes() for one in second]


def test_what_is_not_committed_is_no_release(tree: Path, tmp_path: Path) -> None:
    (tree / "extra.txt").write_text("not committed")
    with pytest.raises(Unready, match="commit"):
        make_release(tree, tmp_path / "release", Ed25519PrivateKey.generate())
    assert not (tmp_path / "release").exists()


def test_only_a_key_for_signing_is_taken(tmp_path: Path) -> None:
    good, other, none = tmp_path / "good", tmp_path / "other", tmp_path / "none"
    good.write_bytes(pem(Ed25519PrivateKey.generate()))
    other.write_bytes(pem(X25519PrivateKey.generate()))
    none.write_text("no key")
    read_key(str(good))
    for named, said in (("", "RELEASE_KEY"), (str(other), "another kind"), (str(none), "no private key")):
        with pytest.raises(Unready, match=said):
            read_key(named)
