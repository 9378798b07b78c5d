"""What runs when: one loop, safe to run in several processes at once, inside the web process or beside it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from app.config import Settings
from app.database import Database
from app.jobs import (
    credits,
    deliver,
    maintenance,
    mediation,
    meetings,
    openness,
    proposals,
    registers,
    surveys,
    tidy,
    upkeep,
    votes,
)
from app.templating import render_message

log = logging.getLogger("haoshangliang.worker")


class Worker:
    """Ticks until stopped. Nothing legal hangs on it: pages derive a vote's phase from the clock."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        secret: bytes,
        clock: Callable[[], datetime],
        *,
        pause: float = 1.0,
    ) -> None:
        self.database, self.settings, self.secret, self.clock, self.pause = (
            database,
            settings,
            secret,
            clock,
            pause,
        )
        self.ended_at: dict[str, datetime] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def tick(self) -> int:
        """Do what is due now; the number of things done. A job that fails is logged and does not stop the others."""
        jobs: tuple[tuple[str, Callable[[], int]], ...] = (
            ("votes", lambda: votes.tick(self.database, self.settings, self.secret, now=self.clock())),
            ("proposals", lambda: proposals.tick(self.database, now=self.clock())),
            ("surveys", lambda: surveys.tick(self.database, now=self.clock())),
            ("openness", lambda: openness.tick(self.database, now=self.clock())),
            ("maintenance", lambda: maintenance.tick(self.database, now=self.clock())),
            ("mediation", lambda: mediation.tick(self.database, now=self.clock())),
            ("meetings", lambda: meetings.tick(self.database, now=self.clock())),
            ("upkeep", lambda: upkeep.tick(self.database, now=self.clock())),
            ("registers", lambda: registers.tick(self.database, now=self.clock())),
            ("credits", lambda: credits.tick(self.database, now=self.clock())),
            (
                "deliver",
                lambda: deliver.tick(self.database, self.settings, now=self.clock(), render=render_message),
            ),
            ("tidy", lambda: tidy.tick(self.database, now=self.clock())),
        )
        done = 0
        for name, job in jobs:
            try:
                done += job()
                self.ended_at[name] = self.clock()
            except Exception:
                log.exception("job %s failed; it will be tried again", name)
        return done

    def run(self) -> None:
        """Tick until `stop`, resting when nothing was due."""
        while not self._stop.is_set():
            if self.tick() == 0:
                self._stop.wait(self.pause)

    def start(self) -> None:
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self._thread.start()

    def request_stop(self) -> None:
        """End after the tick under way."""
        self._stop.set()

    def stop(self) -> None:
        self.request_stop()
        if self._thread:
            self._thread.join(timeout=10)
