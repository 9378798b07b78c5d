"""The children that draw: started when first needed, used again, and replaced when a picture killed one."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.services.pictures.framing import HEAVY, Drawn, Job, read_drawn, write_job

REPO = Path(__file__).parents[3]
# Where programs and libraries are, and nothing else: no secret of this process is any business of a decoder.
_HANDED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "LANG")
_JOBS = 500


class Busy(Exception):
    """All children have been drawing for longer than anybody should wait."""


class _Child:
    """One process and the two pipes to it."""

    def __init__(self) -> None:
        self.jobs = 0
        self._overdue = False
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.services.pictures.child"],
            cwd=REPO,
            env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A Ctrl-C at the terminal is for the server, which then lets its children go.
            start_new_session=True,
        )

    @property
    def fit(self) -> bool:
        return not self._overdue and self.jobs < _JOBS and self.process.poll() is None

    def draw(self, job: Job, seconds: float) -> Drawn:
        """`HEAVY` when it died, fell silent or ran out of memory; then it is fit for nothing any more."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.jobs += 1
        alarm = threading.Timer(seconds, self._give_up)
        alarm.start()
        try:
            write_job(self.process.stdin, job)
            drawn = read_drawn(self.process.stdout)
        except (OSError, EOFError, ValueError):
            drawn = Drawn(HEAVY)
        finally:
            alarm.cancel()
            alarm.join()
        if drawn.word == HEAVY:
            self._give_up()
        return drawn

    def _give_up(self) -> None:
        self._overdue = True
        self.process.kill()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except OSError:  # what was not written any more
                continue


class Crew:
    """At most `size` pictures at once, each within `seconds`; who has waited `patience` seconds is told to come back."""

    def __init__(self, *, size: int = 2, seconds: float = 4.0, patience: float = 3.0) -> None:
        self.seconds, self.patience = seconds, patience
        self._turns = threading.BoundedSemaphore(size)
        self._idle: list[_Child] = []

    def draw(self, job: Job) -> Drawn:
        """The picture drawn anew, or why not. Raises `Busy`."""
        with self._turn() as child:
            return child.draw(job, self.seconds)

    @contextmanager
    def _turn(self) -> Iterator[_Child]:
        if not self._turns.acquire(timeout=self.patience):
            raise Busy
        try:
            child = self._take()
            try:
                yield child
            finally:
                if child.fit:
                    self._idle.append(child)
                else:
                    child.end()
        finally:
            self._turns.release()

    def _take(self) -> _Child:
        while self._idle:
            child = self._idle.pop()
            if child.fit:
                return child
            child.end()
        return _Child()

    def close(self) -> None:
        """Let the idle ones go; the next picture starts a new one."""
        while self._idle:
            self._idle.pop().end()

    def processes(self) -> list[int]:
        """The ids of the idle children, for whoever watches what they take."""
        return [child.process.pid for child in self._idle]


# One for the process, however many apps and sessions it holds: the limit is the machine's.
crew = Crew()
atexit.register(crew.close)
