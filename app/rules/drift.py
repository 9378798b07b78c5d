"""Whether the machine's clock can be believed: held to one that nobody sets, and to the database's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

# A vote's last second is argued about; a clock that is mended by a time server moves by less than these.
AHEAD_SECONDS: Final = 5.0
BACK_SECONDS: Final = 2.0
APART_SECONDS: Final = 5.0

Fault = Literal["", "ahead", "back", "apart"]


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the wall's clock has moved against the steady one since the start, and what is wrong with it; "" for nothing."""

    seconds: float
    fault: Fault


class ClockWatch:
    """Both clocks of one process since it started. A start is the operator's word that the wall's clock is right."""

    def __init__(self, wall: Callable[[], datetime], steady: Callable[[], float]) -> None:
        self._wall, self._steady = wall, steady
        self._began, self._began_steady = wall(), steady()

    def look(self, shared: datetime | None = None) -> Drift:
        """What the clocks say now; `shared` is the database's instant, asked for just before, where it has a clock.

        The fault ends when the clock is back where it belongs.
        """
        now = self._wall()
        moved = (now - self._began).total_seconds() - (self._steady() - self._began_steady)
        if moved > AHEAD_SECONDS:
            return Drift(moved, "ahead")
        if moved < -BACK_SECONDS:
            return Drift(moved, "back")
        if shared is not None and abs((now - shared).total_seconds()) > APART_SECONDS:
            return Drift((now - shared).total_seconds(), "apart")
        return Drift(moved, "")
