"""The words of a register and what they mean: use, state, and hints in a remark."""

from __future__ import annotations

import re

from app.rules.estates.cells import compact
from app.rules.estates.units import UnitKind, UnitStatus

# Looked for in this order: 地下车库 is parking although it is below ground, 车位储藏 is parking.
_KINDS = (
    (UnitKind.PARKING, ("车位", "车库", "停车", "机动车")),
    (UnitKind.STORAGE, ("储藏", "贮藏", "杂物", "仓", "地下室", "储物", "STORAGE")),
    (UnitKind.SHOP, ("商", "店", "铺", "门面", "网点", "办公", "营业", "写字", "SHOP")),
    (UnitKind.DWELLING, ("住", "居", "公寓", "宿舍", "DWELLING")),
)
_SOLD = (
    "",
    "正常",
    "已售",
    "已交付",
    "已交房",
    "自住",
    "出租",
    "入住",
    "已入住",
    "空置",
    "已售已交付",
    "NORMAL",
)
_UNSOLD = re.compile(r"未售|待售|在售|可售|未出售|尚未售|UNSOLD")
_UNDELIVERED = re.compile(r"未交|未移交|待交付|UNDELIVERED")
_HEIRS = re.compile(r"继承|已故|去世|过世|死亡|病故|身故|亡故")
_TENANT = re.compile(r"(?<![未不没无])(?:出租|租户|承租|租住|租赁|租客|已租)")


def read_kind(text: str, building: str = "", room: str = "") -> UnitKind | None:
    """The use as written; else by the room's name (`车位01`), else a dwelling; nothing if unknown."""
    if text:
        return _kind_in(compact(text))
    return _kind_in(room) or _kind_in(building) or UnitKind.DWELLING


def _kind_in(text: str) -> UnitKind | None:
    return next((kind for kind, words in _KINDS if any(word in text for word in words)), None)


def read_status(text: str) -> UnitStatus | None:
    """The state as written; nothing for an unknown word."""
    word = compact(text)
    # 已售未交付 names both; the later step decides.
    if _UNDELIVERED.search(word):
        return UnitStatus.UNDELIVERED
    if _UNSOLD.search(word):
        return UnitStatus.UNSOLD
    return UnitStatus.NORMAL if word in _SOLD else None


def heirs_are_proving(remark: str) -> bool:
    """The registered owner has died; heirs own from then on (Civil Code art. 230) and still prove it."""
    return bool(_HEIRS.search(remark))


def has_tenant(remark: str) -> bool:
    """Somebody rents it; a tenant discusses and reports, but does not vote."""
    return bool(_TENANT.search(remark))
