"""`shares FILE.json`: split costs written down as cases and print each household's share."""

from __future__ import annotations

from app.cli.casefile import run_cases
from app.rules.votes.share_cases import share_case

USAGE = "用法：python -m app shares 文件.json（一个分摊案例，或案例的数组）"


def run(argv: list[str]) -> int:
    return run_cases(argv, USAGE, share_case)
