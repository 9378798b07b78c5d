"""Reading a file of cases, one or many, and printing what becomes of each, for `tally` and `shares`."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

_UNREADABLE = 2


def run_cases(argv: list[str], usage: str, judge: Callable[[object], dict[str, Any]]) -> int:
    """Print the answer to the case in the file, or an array of answers; 2 when the file cannot be read."""
    if argv in (["-h"], ["--help"]):
        print(usage)
        return 0
    if len(argv) != 1:
        print(usage, file=sys.stderr)
        return _UNREADABLE
    try:
        cases = _load(argv[0])
    except _UnreadableError as reason:
        print(reason, file=sys.stderr)
        return _UNREADABLE
    answer = [judge(case) for case in cases] if isinstance(cases, list) else judge(cases)
    # Unit names are Chinese; a terminal set to another encoding must not stop the count.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    print(json.dumps(answer, ensure_ascii=False, indent=2))
    return 0


class _UnreadableError(Exception):
    """The file is not a file of cases; carries the sentence."""


def _load(name: str) -> Any:
    """The file's JSON, its decimals kept as written: a float would already have rounded them."""
    try:
        written = Path(name).read_bytes().decode("utf-8-sig")
        return json.loads(written, parse_float=str, parse_constant=str)
    except UnicodeDecodeError:
        raise _UnreadableError(f"读不了 {name}：不是 UTF-8 编码，请另存为 UTF-8。") from None
    except json.JSONDecodeError as fault:
        raise _UnreadableError(f"读不了 {name}：第 {fault.lineno} 行不是正确的 JSON，请改正。") from None
    except RecursionError:
        raise _UnreadableError(f"读不了 {name}：括号嵌套太深，请检查文件。") from None
    except (OSError, ValueError):
        raise _UnreadableError(f"读不了 {name}：文件不存在、没有权限或内容不可用，请检查。") from None
