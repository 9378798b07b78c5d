"""Why a work order may wait, for how long at most, and until which day: nothing waits without an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.errors import N_, Invalid
from app.rules.maintenance.clocks import Pause
from app.rules.maintenance.workcalendar import DAY, day_of, midnight


class PauseReason(StrEnum):
    PARTS = "parts"
    ACCESS = "access"
    WEATHER = "weather"
    OUTSIDE = "outside"
    VOTE = "vote"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class PauseRule:
    """`title` is a marked Chinese word, `most_days` what one pause may last."""

    title: str
    most_days: int


# No rule of law says how long; an access pause is short, since its end date is the next visit.
PAUSES: dict[PauseReason, PauseRule] = {
    PauseReason.PARTS: PauseRule(N_("等待配件、材料"), 30),
    PauseReason.ACCESS: PauseRule(N_("无人在家，已约再次上门"), 7),
    PauseReason.WEATHER: PauseRule(N_("天气原因不能施工"), 15),
    PauseReason.OUTSIDE: PauseRule(N_("等待外单位配合"), 30),
    PauseReason.VOTE: PauseRule(N_("需要动用维修资金，等待业主表决"), 90),
    PauseReason.INFORMATION: PauseRule(N_("等待报修人补充情况"), 7),
}
# Only these may be chosen by the party; a question waits for its answer by its own state.
WORK_PAUSES = tuple(reason for reason in PauseReason if reason is not PauseReason.INFORMATION)


def pause_until(reason: PauseReason, last_day: date, now: datetime) -> Pause:
    """A pause from `now` to the end of `last_day` in Beijing.

    Raises `Invalid` (`bad_pause`) for a day that is past or further away than the reason allows.
    """
    most = PAUSES[reason].most_days
    today = day_of(now)
    if not today <= last_day <= today + timedelta(days=most):
        raise Invalid(
            N_("等待的最后一天请填今天到 %(most)s 天以内的日期"), code="bad_pause", field="until", most=most
        )
    return Pause(now, midnight(last_day + DAY))
