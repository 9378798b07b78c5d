"""Where a home lies in its building: low, middle or high, which is what a lift is worth to it."""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_


class Band(StrEnum):
    """Where one lives in an entrance, which is what a lift is worth to one."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


BAND_NAMES = {
    Band.LOW: N_("低楼层"),
    Band.MIDDLE: N_("中间楼层"),
    Band.HIGH: N_("高楼层"),
}


def band_of(floor: int, top_floor: int) -> Band:
    """The band of a home under a top floor: thirds of the building, the ground floor and below always low.

    Seven storeys are 1 and 2, 3 and 4, 5 to 7; six are 1 and 2, 3 and 4, 5 and 6. Up to three storeys there is
    no middle: one is on the ground or climbs. Cost tables set the ground floor apart in the same way (Shanghai
    2021-01-15: it pays nothing, and the share rises with the floor).
    """
    if floor <= 1 or (top_floor > 3 and 3 * floor <= top_floor):
        return Band.LOW
    return Band.MIDDLE if top_floor > 3 and 3 * floor <= 2 * top_floor else Band.HIGH
