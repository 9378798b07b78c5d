"""What we stand on: a list of it (CycloneDX) in `build/`, and whether any of it has a known hole: `make audit`.

Ends with 0 when nothing is known, 1 when something is, 2 when nobody could be asked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCKS = {"required": ROOT / "requirements" / "runtime.txt", "excluded": ROOT / "requirements" / "dev.txt"}
BUILD = ROOT / "build"
CLEAN, HOLES, UNASKED = 0, 1, 2
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Pinned:
    """One line of a lock file; `scope` is CycloneDX's word for whether the product itself needs it."""

    name: str
    version: str
    scope: str
    hashes: tuple[str, ...]


def read_lock(text: str, scope: str) -> Iterator[Pinned]:
    """Every package of a lock file with the hashes of the files that may be installed for it."""
    pins = list(_PIN.finditer(text))
    ends = [pin.start() for pin in pins[1:]] + [len(text)]
    for pin, end in zip(pins, ends, strict=True):
        yield Pinned(pin[1], pin[2], scope, tuple(_HASH.findall(text[pin.end() : end])))


def read_locks() -> list[Pinned]:
    """Both lock files; what the product needs is not told twice."""
    found: dict[str, Pinned] = {}
    for scope, path in LOCKS.items():
        for one in read_lock(path.read_text(), scope):
            found.setdefault(one.name, one)
    return sorted(found.values(), key=lambda one: one.name)


def bill_of(pinned: Sequence[Pinned]) -> dict[str, Any]:
    """A CycloneDX 1.6 document without times and numbers of its own, so that it changes only with the lock files."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "name": "haoshangliang", "bom-ref": "haoshangliang"}
        },
        "components": [
            {
                "type": "library",
                "bom-ref": f"pkg:pypi/{one.name}@{one.version}",
                "name": one.name,
                "version": one.version,
                "purl": f"pkg:pypi/{one.name}@{one.version}",
                "scope": one.scope,
                "properties": [{"name": "lock:sha256", "value": value} for value in one.hashes],
            }
            for one in pinned
        ],
    }


def judge(report: str) -> tuple[int, list[str]]:
    """The exit code and the lines to print for what pip-audit wrote."""
    try:
        told = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return UNASKED, []
    holes = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or 'no release yet'}"
        for one in told
        for hole in one.get("vulns", ())
    ]
    if holes:
        return HOLES, holes
    # A package that the service does not know was not looked at, and is not clean.
    unknown = [one["name"] for one in told if "skip_reason" in one]
    return (UNASKED, unknown) if unknown or not told else (CLEAN, [])


def ask() -> str:
    """pip-audit's report on both lock files; nothing is installed and no package is fetched."""
    files = [part for path in LOCKS.values() for part in ("--requirement", str(path))]
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    ran = subprocess.run(
        [sys.executable, "-m", "pip_audit", *files, *options], capture_output=True, text=True, check=False
    )
    return ran.stdout


def main() -> int:
    pinned = read_locks()
    BUILD.mkdir(exist_ok=True)
    path = BUILD / "sbom.cdx.json"
    path.write_text(json.dumps(bill_of(pinned), indent=1) + "\n")
    print(f"{path.relative_to(ROOT)}: {len(pinned)} packages")
    code, lines = judge(ask())
    if code == CLEAN:
        print("no known hole in any of them")
    elif code == HOLES:
        print("known holes:", *lines, sep="\n  ")
    else:
        print(
            "not audited: the service that knows of holes did not answer"
            + (f" for {len(lines)} of them" if lines else "")
            + "; run this again where it can be reached",
            file=sys.stderr,
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
