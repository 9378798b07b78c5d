"""A signed release in `build/release/`: the tree of HEAD, what it stands on, their digests, and the signature: `make release`.

`RELEASE_KEY` names the file with the private key (Ed25519, PKCS 8, PEM). Ends with 1 and a sentence when it cannot be made.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from scripts.audit import bill_of, read_locks

ROOT = Path(__file__).parents[1]
SUMS = "SHA256SUMS"


class Unready(Exception):
    """Why no release can be made now, and what to do."""


def read_key(named: str) -> Ed25519PrivateKey:
    """The key that releases are signed with. Raises `Unready` for anything else."""
    if not named:
        raise Unready(
            "RELEASE_KEY must name the file with the private key; docs/operating.md says how to make one"
        )
    try:
        key = load_pem_private_key(Path(named).read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as wrong:
        raise Unready(f"{named} holds no private key that can be read: {wrong}") from wrong
    if not isinstance(key, Ed25519PrivateKey):
        raise Unready(f"{named} holds a key of another kind; releases are signed with Ed25519")
    return key


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True).stdout


def make_release(root: Path, folder: Path, key: Ed25519PrivateKey) -> list[Path]:
    """The files of the release, the signature and the public key last. Raises `Unready` where the tree is not what HEAD says."""
    if _git(root, "status", "--porcelain"):
        raise Unready(
            "commit or put away what is changed first: a release is the tree of HEAD and nothing else"
        )
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    name = f"haoshangliang-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive, bill = folder / f"{name}.tar.gz", folder / f"{name}.cdx.json"
    _git(root, "archive", "--format=tar.gz", f"--prefix={name}/", f"--output={archive.resolve()}", "HEAD")
    bill.write_text(json.dumps(bill_of(read_locks()), indent=1) + "\n")
    sums = folder / SUMS
    sums.write_text(
        "".join(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in (archive, bill))
    )
    signature, public = folder / f"{SUMS}.sig", folder / "release.pub"
    signature.write_bytes(key.sign(sums.read_bytes()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return [archive, bill, sums, signature, public]


def main() -> int:
    try:
        made = make_release(ROOT, ROOT / "build" / "release", read_key(os.environ.get("RELEASE_KEY", "")))
    except Unready as why:
        print(why, file=sys.stderr)
        return 1
    for path in made:
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
