"""Let Lighthouse look at the ballot page as a cheap telephone sees it: `make lighthouse`, or `--keep FOLDER` for the reports.

Needs Node and Chromium, and installs Lighthouse with npm into a folder of the machine's cache; it is no part of the suite,
because its figures are those of the machine of the day. Prints each category beside its aim; exit 1 when one is missed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scripts.benchmarks import load
from scripts.benchmarks.servers import place, served

VERSION = "13.5.0"
HOMES = 30
# Of a hundred; what has no aim of its own is printed beside them.
AIMS = {"performance": 95, "accessibility": 100}
CACHE = Path.home() / ".cache" / "haoshangliang" / f"lighthouse-{VERSION}"


def program() -> Path:
    """Lighthouse itself, installed where it is not yet."""
    found = CACHE / "node_modules" / ".bin" / "lighthouse"
    if not found.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("Lighthouse needs Node and npm; neither is on this machine")
        CACHE.mkdir(parents=True, exist_ok=True)
        options = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--silent"]
        subprocess.run([npm, "install", *options, f"lighthouse@{VERSION}"], cwd=CACHE, check=True)
    return found


def look(address: str, cookies: str, report: Path) -> dict[str, int]:
    """The scores of one page, out of a hundred, by category; the whole report is left as JSON."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("Lighthouse needs Chromium; `make test` installs it where it may")
    headers = report.with_name("headers.json")
    headers.write_text(json.dumps({"Cookie": cookies}))
    subprocess.run(
        [
            str(program()),
            address,
            "--quiet",
            f"--extra-headers={headers}",
            "--chrome-flags=--headless=new --no-sandbox --disable-dev-shm-usage",
            "--output=json",
            f"--output-path={report}",
        ],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(Path.home()), "CHROME_PATH": browser},
        check=True,
    )
    headers.unlink()
    found = json.loads(report.read_text())
    return {name: round(100 * category["score"]) for name, category in found["categories"].items()}


def main() -> None:
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("--keep", type=Path, help="a folder for the whole reports")
    keep = reader.parse_args().keep
    missed = False
    with tempfile.TemporaryDirectory() as throw_away, place("SQLite", None, HOMES) as where:
        folder = keep or Path(throw_away)
        folder.mkdir(parents=True, exist_ok=True)
        home = where.crowd.homes[0]
        with served(where) as port:
            for name, path in (("ballot", where.path("/ballot")), ("vote", where.path())):
                status, _ = load.fetch(port, load.get(path, where.cookies(home)))
                if status != 200:
                    raise SystemExit(f"{path} answers {status}")
                scores = look(f"http://127.0.0.1:{port}{path}", where.cookies(home), folder / f"{name}.json")
                for category, score in scores.items():
                    aim = AIMS.get(category, 0)
                    missed |= score < aim
                    told = f" (aim {aim}{', MISSED' if score < aim else ''})" if aim else ""
                    print(f"{name}: {category} {score}{told}", flush=True)
    raise SystemExit(missed)


if __name__ == "__main__":
    main()
