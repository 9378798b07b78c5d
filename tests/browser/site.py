"""The service in a process of its own, over its own copy of the demo: what a browser test visits."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlmodel import select

from app.clock import utc_now
from app.database import Database
from app.models.votes import Vote
from tests.browser.shifted import SHIFT

REPO = Path(__file__).parents[2]
SLUG = "xingfuli"


def surroundings(folder: Path, port: int = 0) -> dict[str, str]:
    """The environment of a child: nothing of the caller's own settings but where programs are."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPO),
        "DATA_DIR": str(folder),
        "DEMO": "true",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CLOSE_GRACE_SECONDS": "1",
        # A browser that drives itself is faster than anybody's thumb.
        "RATE_PER_ADDRESS": "0",
        "RATE_PER_ACCOUNT": "0",
        "RECORDS_PER_ACCOUNT": "0",
    }


def load_demo(folder: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "app", "demo"], env=surroundings(folder), cwd=folder, check=True, timeout=120
    )


class Site:
    """One server over one folder. With `shifted` its clock runs as always, but from where a test sets it."""

    def __init__(self, folder: Path, *, shifted: bool = False) -> None:
        self.folder, self.shifted = folder, shifted
        self.database = Database(f"sqlite:///{folder / 'haoshangliang.db'}")
        people = json.loads((folder / "demo-people.json").read_text(encoding="utf-8"))
        self.people: dict[str, str] = {person["name"]: person["account_id"] for person in people}
        self.states: dict[str, object] = {}
        self.url = ""

    def start(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        (self.folder / SHIFT).write_text("0")
        command = (
            ["tests.browser.shifted", str(port)] if self.shifted else ["app", "serve", "--port", str(port)]
        )
        self.log = (self.folder / "server.log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env=surroundings(self.folder, port),
            cwd=self.folder,
            stdout=self.log,
            stderr=self.log,
        )
        # Another worker's browser may have the machine to itself for a while.
        patience = time.monotonic() + 120
        while time.monotonic() < patience:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
                return
            except OSError:
                assert self.process.poll() is None, (self.folder / "server.log").read_text()
                time.sleep(0.05)
        self.stop()
        raise TimeoutError("the server did not answer")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=5)
        self.log.close()
        self.database.close()

    def set_clock(self, instant: datetime) -> None:
        """From now on it is that instant, and time goes on from there."""
        beside = self.folder / f"{SHIFT}.new"
        beside.write_text(str((instant - utc_now()).total_seconds()))
        beside.replace(self.folder / SHIFT)

    def vote(self, title: str) -> Vote:
        """A vote as it stands in the database now."""
        with self.database.session(writing=False) as session:
            return session.exec(select(Vote).where(Vote.title == title)).one()

    @property
    def estate_id(self) -> UUID:
        with self.database.session(writing=False) as session:
            return session.exec(select(Vote.estate_id)).first() or UUID(int=0)

    def home(self) -> str:
        return f"{self.url}/e/{SLUG}"

    def desk(self) -> str:
        return f"{self.url}/desk/{SLUG}"
