"""What the demo's surveys ask beyond the templates, and what its homes answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, Final

from app.rules.surveys.kinds import Kind
from app.rules.surveys.questions import Condition, Option, Question, Questions

Sheet = Mapping[str, Any]

SQUARE_TITLE: Final = "小广场改造意见调查"
SQUARE_INTRO: Final = (
    "小广场地面破损、没有地方坐。改造以前想听听各家怎么用、想要什么。"
    "这是调查，不是表决；改不改、花多少钱，由业主共同决定。"
)
SQUARE: Final[Questions] = (
    Question(
        "use",
        Kind.SINGLE,
        "您家多久去一次小广场",
        required=True,
        options=(Option("daily", "差不多每天"), Option("weekly", "一周几次"), Option("rare", "很少去")),
    ),
    Question(
        "why",
        Kind.MULTIPLE,
        "为什么很少去",
        options=(
            Option("floor", "地面不平，怕摔"),
            Option("seat", "没有地方坐"),
            Option("dark", "晚上太暗"),
            Option("dogs", "不牵绳的狗多"),
        ),
        when=Condition("use", ("rare",)),
    ),
    Question(
        "first",
        Kind.RANKING,
        "先改哪一样",
        hint="1 是最先。",
        options=(
            Option("paving", "重铺地面"),
            Option("bench", "带靠背的座椅"),
            Option("light", "路灯"),
            Option("play", "儿童滑梯"),
        ),
    ),
    Question("now", Kind.SCALE, "您对小广场现在的样子满意吗", required=True, low="很不满意", high="很满意"),
    Question("words", Kind.TEXT, "还想说什么", hint="请不要写姓名和电话。"),
)
_ORDERS = (
    ["paving", "bench", "light", "play"],
    ["bench", "paving", "light", "play"],
    ["paving", "light", "bench", "play"],
    ["light", "paving", "bench", "play"],
    ["play", "bench", "paving", "light"],
)
_SQUARE_WORDS = {
    2: "下雨天石板翘起来溅一身水，先把地面做好。",
    9: "座椅请装在有树荫的地方，夏天才坐得住。",
    17: "跳舞的音响能不能九点以后关掉。",
    28: "推轮椅过去有两级台阶，请改成坡道。",
    41: "保留那棵老槐树。",
}
_NEEDS_WORDS = {
    3: "六楼年年漏雨，先修屋面。",
    8: "电动车没有地方充电，都推进楼道，太危险。",
    15: "要是装电梯，一楼的采光要先商量好。",
    22: "下水管一到夏天就反味。",
    30: "希望有个能吃中饭的地方，不用太贵。",
}
_MUST = (
    ["roof", "drainage", "stairs"],
    ["power", "fire", "roof"],
    ["drainage", "outer_wall"],
    ["roof", "fire", "waste_sorting", "water"],
)
_SHOULD = (["lift", "lighting", "bike_charging"], ["parking", "greening"], ["barrier_free", "ageing", "lift"])
_COULD = (["meals", "elderly_care"], ["childcare", "market"], ["meals", "parcel_station"], ["health_station"])
_FIRST = (
    ["basic", "improving", "uplifting"],
    ["improving", "basic", "uplifting"],
    ["basic", "uplifting", "improving"],
)
_PAY = ("pay1", "pay2", "pay2", "pay3", "pay1")


def square_sheets() -> Iterator[Sheet]:
    """One after the other without an end."""
    for place in count():
        use = ("daily", "weekly", "rare", "weekly", "daily", "rare", "weekly")[place % 7]
        sheet: dict[str, Any] = {"use": use, "now": (2, 3, 1, 2, 4, 2, 3, 1)[place % 8]}
        if use == "rare":
            sheet["why"] = (["floor", "seat"], ["seat", "dark"], ["floor"])[place % 3]
        if place % 6 != 4:
            sheet["first"] = _ORDERS[place * 3 % 11 % len(_ORDERS)]
        if place in _SQUARE_WORDS:
            sheet["words"] = _SQUARE_WORDS[place]
        yield sheet


def needs_sheets() -> Iterator[Sheet]:
    """To the questions of the template, one after the other without an end."""
    for place in count():
        pay = _PAY[place * 2 % len(_PAY)]
        sheet: dict[str, Any] = {
            "basic": _MUST[place % 4],
            "improving": _SHOULD[place % 3],
            "first": _FIRST[place * 5 % 3],
            "now": (2, 1, 3, 2, 4)[place % 5],
            "pay": pay,
        }
        if place % 3:
            sheet["uplifting"] = _COULD[place % 4]
        if pay != "pay3":
            sheet["pay_for"] = (["fund"], ["fund", "lift"], ["income", "service"])[place % 3]
        if place in _NEEDS_WORDS:
            sheet["words"] = _NEEDS_WORDS[place]
        yield sheet
