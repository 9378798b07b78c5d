"""What a unit is and in which state it stands, for tables, imports and rolls alike."""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_


class UnitKind(StrEnum):
    """Use of an exclusive part (专有部分)."""

    DWELLING = "dwelling"
    SHOP = "shop"
    PARKING = "parking"
    STORAGE = "storage"


class UnitStatus(StrEnum):
    """Whether the developer still counts as the owner (法释〔2009〕7号 art. 9)."""

    NORMAL = "normal"
    UNSOLD = "unsold"
    UNDELIVERED = "undelivered"


KIND_NAMES = {
    UnitKind.DWELLING: N_("住宅"),
    UnitKind.SHOP: N_("商业"),
    UnitKind.PARKING: N_("车位"),
    UnitKind.STORAGE: N_("储藏"),
}

STATUS_NAMES = {
    UnitStatus.NORMAL: N_("正常"),
    UnitStatus.UNSOLD: N_("未售"),
    UnitStatus.UNDELIVERED: N_("已售未交付"),
}


def votable_by_default(kind: UnitKind) -> bool:
    """Parking and storage stay out of the vote unless the estate's own rules of procedure say otherwise."""
    return kind in {UnitKind.DWELLING, UnitKind.SHOP}
