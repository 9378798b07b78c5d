"""Dangers that are telephone calls before anything else: what to do, and which numbers to ring first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from app.errors import N_


class Danger(StrEnum):
    FIRE = "fire"
    GAS = "gas"
    LIFT = "lift"
    ELECTRICITY = "electricity"
    FALLING = "falling"
    WATER = "water"
    INJURY = "injury"
    CRIME = "crime"


class Phone(NamedTuple):
    """A number and whose it is, a marked Chinese word or what the estate wrote."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """`todo` comes before the numbers because it takes a second; the estate's own numbers stand first."""

    title: str
    todo: str
    phones: tuple[Phone, ...]


_FIRE = Phone(N_("消防救援"), "119")
_POLICE = Phone(N_("公安报警"), "110")
_MEDICAL = Phone(N_("医疗急救"), "120")
_POWER = Phone(N_("供电服务热线"), "95598")
_HOTLINE = Phone(N_("政务服务便民热线"), "12345")

# The rescue numbers of lifts, gas and water differ by place: the estate adds its own in front.
EMERGENCIES: dict[Danger, Emergency] = {
    Danger.FIRE: Emergency(
        N_("着火、冒烟"), N_("马上离开，走楼梯，不坐电梯，到安全的地方再打电话"), (_FIRE,)
    ),
    Danger.GAS: Emergency(
        N_("闻到燃气味"),
        N_("关总阀、开窗、不开关电器、不在屋里打电话，到室外再打"),
        (_FIRE, _POLICE),
    ),
    Danger.LIFT: Emergency(
        N_("电梯困人"),
        N_("不要扒门，按轿厢里的呼叫按钮，或打轿厢里贴的救援电话"),
        (_FIRE,),
    ),
    Danger.ELECTRICITY: Emergency(
        N_("触电、电线掉落、电表箱打火"), N_("不要靠近，不要碰触电的人，先断电"), (_POWER, _FIRE, _MEDICAL)
    ),
    Danger.FALLING: Emergency(
        N_("外墙、构件快要掉下来或已经砸到人"), N_("离开下方，提醒别人不要经过"), (_POLICE, _FIRE, _MEDICAL)
    ),
    Danger.WATER: Emergency(N_("水管爆裂、大量跑水"), N_("先关总水阀，注意断电"), (_HOTLINE,)),
    Danger.INJURY: Emergency(N_("有人受伤"), N_("不要随意搬动伤者"), (_MEDICAL,)),
    Danger.CRIME: Emergency(N_("正在打架、偷盗、破坏"), N_("保护好自己，不要上前"), (_POLICE,)),
}


# Danger to life is no work order; the others are filed after the call, and their report is evidence.
BLOCKING = frozenset(Danger) - {Danger.FALLING, Danger.WATER}


def phones_for(danger: Danger, local: Mapping[Danger, Sequence[Phone]]) -> tuple[Phone, ...]:
    """The numbers in the order to ring them: the estate's own for this danger, then the national ones."""
    numbers: dict[str, Phone] = {}
    for phone in (*local.get(danger, ()), *EMERGENCIES[danger].phones):
        numbers.setdefault(phone.number, phone)
    return tuple(numbers.values())
