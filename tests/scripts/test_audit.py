"""The list of what we stand on, and what is said of it: nothing that was not looked at is called clean."""

from __future__ import annotations

import json
import re

import pytest

from scripts import audit

LOCK = """\
alpha==1.2.3 \\
    --hash=sha256:{a} \\
    --hash=sha256:{b}
beta-two==0.1 ; python_version < "4" \\
    --hash=sha256:{c}
""".format(a="a" * 64, b="b" * 64, c="c" * 64)


def test_a_lock_file_is_read_with_its_hashes() -> None:
    alpha, beta = audit.read_lock(LOCK, "required")
    assert (alpha.name, alpha.version, alpha.hashes) == ("alpha", "1.2.3", ("a" * 64, "b" * 64))
    assert (beta.name, beta.version, beta.hashes) == ("beta-two", "0.1", ("c" * 64,))


def test_every_package_of_both_locks_stands_in_the_bill_once_and_with_hashes() -> None:
    bill = audit.bill_of(audit.read_locks())
    parts = {part["name"]: part for part in bill["components"]}
    assert len(parts) == len(bill["components"])
    for scope, path in audit.LOCKS.items():
        names = set(re.findall(r"^([a-z0-9._-]+)==", path.read_text(), re.MULTILINE))
        assert names <= set(parts)
        assert all(part["properties"] for part in parts.values())
        assert scope in {part["scope"] for part in parts.values()}
    assert parts["fastapi"]["scope"] == "required"
    assert parts["pytest"]["scope"] == "excluded"
    assert parts["fastapi"]["purl"] == f"pkg:pypi/fastapi@{parts['fastapi']['version']}"


CLEAN = {"name": "alpha", "version": "1", "vulns": []}
HOLE = {"name": "beta", "version": "2", "vulns": [{"id": "CVE-2026-1", "fix_versions": ["2.1"]}]}
OLD = {"name": "gamma", "version": "3", "vulns": [{"id": "CVE-2026-2", "fix_versions": []}]}
UNKNOWN = {"name": "delta", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "code", "lines"),
    [
        ([CLEAN], 0, []),
        ([CLEAN, HOLE], 1, ["beta 2: CVE-2026-1, mended in 2.1"]),
        ([OLD, UNKNOWN], 1, ["gamma 3: CVE-2026-2, mended in no release yet"]),
        ([CLEAN, UNKNOWN], 2, ["delta"]),
        ([], 2, []),
    ],
)
def test_the_verdict(dependencies: list[object], code: int, lines: list[str]) -> None:
    assert audit.judge(json.dumps({"dependencies": dependencies, "fixes": []})) == (code, lines)


@pytest.mark.parametrize("report", ["", "ERROR:pip_audit: no route to host", "{}"])
def test_no_report_is_no_clean_bill(report: str) -> None:
    assert audit.judge(report) == (2, [])


def test_where_nobody_answers_the_bill_is_written_and_it_is_said(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setattr(audit, "ROOT", tmp_path)
    monkeypatch.setattr(audit, "BUILD", tmp_path / "build")
    monkeypatch.setattr(audit, "ask", lambda: "")
    assert audit.main() == 2
    assert json.loads((tmp_path / "build" / "sbom.cdx.json").read_text())["bomFormat"] == "CycloneDX"
    assert "not audited" in capsys.readouterr().err
