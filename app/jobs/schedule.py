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
from app.rules.drift import ClockWatch, Drift
from app.services.health import look_at_clock
from app.templating import render_message

log = logging.getLogger("haoshangliang.worker")


# Codes to sign in with go out whatever the clock says; everything else opens, closes, counts or deletes by it.
_WHATEVER_THE_CLOCK = frozenset({"deliver"})


class Worker:
    """Ticks until stopped. Nothing legal hangs on it: pages derive a vote's phase from the clock.

    While the clock is not to be believed nothing is written down by it: what was sealed too early stays sealed.
    """

    def __init__(
        self,
        database: Database,
        settings: Settings,
        secret: bytes,
        clock: Callable[[], datetime],
        *,
        pause: float = 1.0,
        watch: ClockWatch | None = None,
    ) -> None:
        self.database, self.settings, self.secret, self.clock, self.pause = (
            database,
            settings,
            secret,
            clock,
            pause,
        )
        self.watch = watch
        self._drift = Drift(0.0, "")
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
        done, believed = 0, self._believes_clock()
        for name, job in jobs:
            if not believed and name not in _WHATEVER_THE_CLOCK:
                continue
            try:
                done += job()
                self.ended_at[name] = self.clock()
            except Exception:
                log.exception("job %s failed; it will be tried again", name)
        return done

    def _believes_clock(self) -> bool:
        """Said once when it turns, not every second."""
        if self.watch is None:
            return True
        before, self._drift = self._drift, look_at_clock(self.database, self.watch)
        if self._drift.fault and self._drift.fault != before.fault:
            log.error(
                "the clock is off by %.1f s (%s): timed work waits until it is right again, or until a restart "
                "says that it is right now",
                self._drift.seconds,
                self._drift.fault,
            )
        if before.fault and not self._drift.fault:
            log.warning("the clock is right again: timed work goes on")
        return not self._drift.fault

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
