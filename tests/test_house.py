"""The house itself: rooms in order, small files, one true sentence at the top of each."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]
APP = REPO / "app"
MODULES = sorted(APP.rglob("*.py"))
# A room may use itself and earlier ones. Trail, outbox and files are the ground floor: every room leaves its traces there.
ROOMS = (
    "trail",
    "outbox",
    "files",
    "accounts",
    "estates",
    "search",
    "guides",
    "surveys",
    "proposals",
    "deliberations",
    "meetings",
    "votes",
    "outcomes",
    "mediation",
    "works",
    "maintenance",
    "credits",
)
MAX_MODULE, MAX_FUNCTION, MAX_TEMPLATE = 400, 60, 200


def room_of(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[2] if len(parts) > 2 and parts[2] in ROOMS else None


def imports_of(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("app."):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.startswith("app.")]
    return found


@pytest.mark.parametrize("layer", ["models", "rules", "services"])
def test_a_room_imports_only_itself_and_earlier_rooms(layer: str) -> None:
    wrong = []
    for path in (APP / layer).rglob("*.py"):
        own = room_of(".".join(("app", *path.relative_to(APP).with_suffix("").parts)))
        if own is None:
            continue
        for target in imports_of(path):
            room = room_of(target)
            if target.startswith(f"app.{layer}.") and room and ROOMS.index(room) > ROOMS.index(own):
                wrong.append(f"{path.relative_to(REPO)} imports {target}")
    assert wrong == []


def test_no_module_is_longer_than_a_room_should_be() -> None:
    assert [str(path) for path in MODULES if len(path.read_text().splitlines()) > MAX_MODULE] == []


def test_no_function_is_longer_than_a_screen() -> None:
    long = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION:
                    long.append(f"{path.relative_to(REPO)}:{node.lineno} {node.name} ({length})")
    assert long == []


def test_every_module_opens_with_one_sentence() -> None:
    assert [str(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_no_template_is_longer_than_two_screens_and_none_carries_style_or_script() -> None:
    for path in (APP / "templates").rglob("*.html"):
        text = path.read_text()
        assert len(text.splitlines()) <= MAX_TEMPLATE, path
        assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*src=)|data:", text), path
        assert "|safe" not in text, path


def test_no_file_names_a_package_registry() -> None:
    hosts = [host + ".org" for host in ("pypi", "pythonhosted", "registry.npmjs", "deb.debian")]
    kept = ["app", "docs", "migrations", "requirements", "scripts", "tests"]
    files = [path for folder in kept for path in (REPO / folder).rglob("*") if path.is_file()]
    for path in [*files, *(path for path in REPO.iterdir() if path.is_file())]:
        text = path.read_bytes().decode("utf-8", "ignore")
        assert not any(host in text for host in hosts), path


def test_only_the_clock_reads_the_clock() -> None:
    pattern = re.compile(r"datetime\.now\(|utcnow\(|time\.time\(|date\.today\(")
    assert [
        str(path) for path in MODULES if path.name != "clock.py" and pattern.search(path.read_text())
    ] == []
