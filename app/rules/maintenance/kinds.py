"""What a category of reports is: its family, its words, and the questions that several categories share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.errors import N_
from app.rules.maintenance.clockrules import Urgency
from app.rules.maintenance.emergencies import Danger
from app.rules.maintenance.questions import Datatype, Question, Value


class Family(StrEnum):
    """Kinds of facility; the group of an Open311 service."""

    WATER = "water"
    POWER = "power"
    ENVELOPE = "envelope"
    ROADS = "roads"
    LIFT = "lift"
    FIRE = "fire"
    AGEING = "ageing"
    GREEN = "green"
    ORDER = "order"
    OTHER = "other"


FAMILY_NAMES = {
    Family.WATER: N_("给排水"),
    Family.POWER: N_("电气照明"),
    Family.ENVELOPE: N_("屋面外墙"),
    Family.ROADS: N_("道路管网"),
    Family.LIFT: N_("电梯"),
    Family.FIRE: N_("消防"),
    Family.AGEING: N_("适老设施"),
    Family.GREEN: N_("绿化环境"),
    Family.ORDER: N_("公共秩序"),
    Family.OTHER: N_("其他"),
}


@dataclass(frozen=True, slots=True)
class Category:
    """`key` is stable and the Open311 service code; `title` and `hint` are marked Chinese; `keywords` are searched."""

    key: str
    title: str
    hint: str
    family: Family
    keywords: tuple[str, ...] = ()
    urgency: Urgency = Urgency.ORDINARY
    questions: tuple[Question, ...] = ()
    dangers: tuple[Danger, ...] = ()


_YES, _NO = N_("是"), N_("否")


def yes_no(code: str, title: str, danger: Danger | None = None) -> Question:
    values = (Value("no", _NO), Value("yes", _YES, danger))
    return Question(code, title, Datatype.ONE, required=True, values=values)


def when(*names: tuple[str, str]) -> Question:
    return Question(
        "when", N_("什么时候出现"), Datatype.ONE, values=tuple(Value(key, name) for key, name in names)
    )


ALWAYS, IN_RAIN = ("always", N_("一直有")), ("rain", N_("下雨时"))
MORNING, EVENING, NIGHT = ("morning", N_("早上")), ("evening", N_("傍晚")), ("night", N_("夜里"))
WHERE = Question(
    "where_exactly", N_("具体位置，怎么走最容易找到（请不要写别人的姓名、电话和车牌）"), Datatype.STRING
)
SIZE = Question(
    "size",
    N_("范围有多大"),
    Datatype.ONE,
    values=(
        Value("small", N_("一两处")),
        Value("medium", N_("一个单元或一小片")),
        Value("large", N_("整栋楼或一大片")),
    ),
)
GOING_ON = yes_no("going_on", N_("现在还在进行吗"))
