"""The bench runs: its short form on SQLite, from an empty database to its last line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).parents[2]


def test_the_short_form_prints_every_figure_beside_its_aim() -> None:
    ran = subprocess.run(
        [sys.executable, "scripts/bench.py", "--short"],
        cwd=REPO,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    for figure in (
        "casting on SQLite",
        "aim 25%",
        "ballot page on SQLite",
        "aim 50%",
        "bytes compressed",
        "turnout",
        "evidence of 100 homes",
    ):
        assert figure in ran.stdout
