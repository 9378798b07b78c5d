"""`tally FILE.json`: count votes written down as cases and print the figures."""

from __future__ import annotations

from app.cli.casefile import run_cases
from app.rules.votes.cases import judge_case

USAGE = "用法：python -m app tally 文件.json（一个表决案例，或案例的数组）"


def run(argv: list[str]) -> int:
    return run_cases(argv, USAGE, judge_case)
