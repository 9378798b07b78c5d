"""What can be renovated: the national list of three classes, each item with the essay's second label."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.errors import N_, Invalid


class ItemKind(StrEnum):
    """The classes of 国办发〔2020〕23号 part 2(2); funding follows them."""

    BASIC = "basic"
    IMPROVING = "improving"
    UPLIFTING = "uplifting"


class ItemLabel(StrEnum):
    """The essay's two kinds: what a house needs to stand and be lived in, and what goes beyond."""

    FOUNDATIONAL = "foundational"
    EXTENDING = "extending"


KIND_NAMES = {
    ItemKind.BASIC: N_("基础类"),
    ItemKind.IMPROVING: N_("完善类"),
    ItemKind.UPLIFTING: N_("提升类"),
}

KIND_ATTITUDES = {
    ItemKind.BASIC: N_("满足安全和基本生活需要，应改尽改"),
    ItemKind.IMPROVING: N_("方便生活，尊重居民意愿，宜改即改"),
    ItemKind.UPLIFTING: N_("丰富社区服务，有条件的积极推进"),
}

LABEL_NAMES = {
    ItemLabel.FOUNDATIONAL: N_("基础性"),
    ItemLabel.EXTENDING: N_("拓展性"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the catalogue; `key` is stable, `title` and `source` are marked Chinese words."""

    key: str
    title: str
    kind: ItemKind
    label: ItemLabel
    source: str


NATIONAL_BASIC = N_("国办发〔2020〕23号第二部分第（二）项：基础类")
NATIONAL_IMPROVING = N_("国办发〔2020〕23号第二部分第（二）项：完善类")
NATIONAL_UPLIFTING = N_("国办发〔2020〕23号第二部分第（二）项：提升类")
ESSAY = N_("陈威《城镇老旧小区改造面临的困境与对策》，国办发〔2020〕23号没有单列")

# The essay puts lifts, insulation and parking under 基础性 and waste sorting under 拓展性; the document puts
# them the other way round. Both stand here. Where the essay is silent, the basic class is foundational.
_BASIC = {
    "water": N_("供水管网"),
    "drainage": N_("排水管网"),
    "power": N_("供电线路"),
    "weak_current": N_("弱电线路"),
    "roads": N_("小区道路"),
    "gas": N_("燃气管道"),
    "heating": N_("供热管网"),
    "fire": N_("消防设施"),
    "security": N_("安防设施"),
    "waste_sorting": N_("生活垃圾分类"),
    "mobile": N_("移动通信设施"),
    "fibre": N_("光纤入户"),
    "overhead_lines": N_("架空线规整（入地）"),
    "roof": N_("屋面维修"),
    "outer_wall": N_("外墙维修"),
    "stairs": N_("楼梯和楼道维修"),
    "common_parts": N_("其他公共部位维修"),
}
_IMPROVING = {
    "illegal_structures": N_("拆除违法建设"),
    "greening": N_("绿化整治"),
    "lighting": N_("公共照明"),
    "ageing": N_("适老设施"),
    "barrier_free": N_("无障碍设施"),
    "parking": N_("停车库（场）"),
    "bike_charging": N_("电动自行车充电设施"),
    "car_charging": N_("汽车充电设施"),
    "parcel_lockers": N_("智能快件箱、信包箱"),
    "culture": N_("文化休闲设施"),
    "sports": N_("体育健身设施"),
    "management_rooms": N_("物业用房"),
    "insulation": N_("建筑节能改造（保温）"),
    "lift": N_("加装电梯"),
}
_UPLIFTING = {
    "service_centre": N_("社区综合服务设施"),
    "health_station": N_("卫生服务站"),
    "kindergarten": N_("幼儿园等教育设施"),
    "sensing": N_("周界防护等智能感知设施"),
    "elderly_care": N_("养老服务设施"),
    "childcare": N_("托育服务设施"),
    "meals": N_("助餐服务设施"),
    "housekeeping": N_("家政保洁服务"),
    "market": N_("便民市场"),
    "convenience_store": N_("便利店"),
    "parcel_station": N_("邮政快递末端综合服务站"),
}
_ESSAY_FOUNDATIONAL = {"ageing", "barrier_free", "parking", "insulation", "lift"}
_ESSAY_EXTENDING = {"waste_sorting"}


def _label(key: str, kind: ItemKind) -> ItemLabel:
    basic = kind is ItemKind.BASIC and key not in _ESSAY_EXTENDING
    return ItemLabel.FOUNDATIONAL if basic or key in _ESSAY_FOUNDATIONAL else ItemLabel.EXTENDING


def _items(titles: dict[str, str], kind: ItemKind, source: str) -> list[Item]:
    return [Item(key, title, kind, _label(key, kind), source) for key, title in titles.items()]


CATALOGUE: dict[str, Item] = {
    item.key: item
    for item in (
        Item("structure", N_("房屋检测与结构加固"), ItemKind.BASIC, ItemLabel.FOUNDATIONAL, ESSAY),
        *_items(_BASIC, ItemKind.BASIC, NATIONAL_BASIC),
        *_items(_IMPROVING, ItemKind.IMPROVING, NATIONAL_IMPROVING),
        Item("children", N_("儿童活动设施"), ItemKind.IMPROVING, ItemLabel.EXTENDING, ESSAY),
        *_items(_UPLIFTING, ItemKind.UPLIFTING, NATIONAL_UPLIFTING),
        Item("management_system", N_("物业管理系统"), ItemKind.UPLIFTING, ItemLabel.EXTENDING, ESSAY),
    )
}


def item_of(key: str) -> Item:
    """The default item of that key; raises `Invalid` (`unknown_item`) for any other."""
    if key not in CATALOGUE:
        raise Invalid(N_("改造项目目录里没有这一项，请从目录里重新选择"), code="unknown_item", field="item")
    return CATALOGUE[key]
