"""Questionnaires to begin with: what residents want renovated, and whether an entrance wants a lift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.errors import N_
from app.rules.surveys.kinds import Kind
from app.rules.surveys.questions import MOST_OPTION, MOST_OPTIONS, Condition, Option, Question, Questions

NEEDS, LIFT = "needs", "lift"
TEMPLATE_NAMES = {
    NEEDS: N_("老旧小区改造需求调查（基础类、完善类、提升类）"),
    LIFT: N_("加装电梯意向调查"),
}
TEMPLATE_INTROS = {
    NEEDS: "想了解您家对小区改造的需要：改什么、先改什么、能怎样参与。这是调查，不是表决；"
    "要不要改、怎样出钱，以后还要按《民法典》第二百七十八条由业主共同决定。",
    LIFT: "想了解各层住户对加装电梯的想法和担心。这是调查，不是表决；是否加装，以后还要由业主依法共同决定。",
}

# By class of 国办发〔2020〕23号 part 2(2), as the catalogue has them: (key, title).
Lines = Sequence[tuple[str, str]]

_MUST = "基础类（满足安全和基本生活需要）：您家最需要改哪几项"
_SHOULD = "完善类（方便生活、改善居住）：您家最需要改哪几项"
_COULD = "提升类（丰富社区服务）：您家最需要哪几项"


def template_questions(template: str, catalogue: Mapping[str, Lines]) -> Questions:
    """The questions of a template, `NEEDS` over the estate's own catalogue (`basic`, `improving`, `uplifting`)."""
    return _lift() if template == LIFT else _needs(catalogue)


def _options(lines: Lines) -> tuple[Option, ...]:
    return tuple(Option(key, title[:MOST_OPTION]) for key, title in lines[:MOST_OPTIONS])


def _choice(
    key: str, title: str, texts: Sequence[str], *, hint: str = "", when: Condition | None = None
) -> Question:
    options = tuple(Option(f"{key}{number}", text) for number, text in enumerate(texts, 1))
    return Question(key, Kind.SINGLE, title, hint=hint, required=True, options=options, when=when)


def _needs(catalogue: Mapping[str, Lines]) -> Questions:
    several = [
        Question(key, Kind.MULTIPLE, title, options=_options(catalogue[key]), most=5)
        for key, title in (("basic", _MUST), ("improving", _SHOULD), ("uplifting", _COULD))
        if len(catalogue.get(key, ())) > 1
    ]
    first = Question(
        "first",
        Kind.RANKING,
        "三类里先改哪一类",
        hint="1 是最先。",
        options=(
            Option("basic", "基础类：水电气路、消防、屋面外墙"),
            Option("improving", "完善类：停车、绿化、适老、电梯"),
            Option("uplifting", "提升类：养老、托育、助餐、便民"),
        ),
    )
    return (
        *several,
        first,
        Question(
            "now",
            Kind.SCALE,
            "您对小区现在的居住环境满意吗",
            required=True,
            low="很不满意",
            high="很满意",
        ),
        _choice("pay", "改造需要居民出一部分钱时，您家怎么想", ("愿意出", "看项目和金额再定", "不愿意出")),
        Question(
            "pay_for",
            Kind.MULTIPLE,
            "您家愿意为哪些事出钱",
            options=tuple(
                Option(key, text)
                for key, text in (
                    ("fund", "用住宅专项维修资金"),
                    ("income", "用小区公共收益"),
                    ("lift", "自家出加装电梯的一份"),
                    ("service", "改造后按时交物业费"),
                )
            ),
            when=Condition("pay", ("pay1", "pay2")),
        ),
        Question("words", Kind.TEXT, "还想说什么", hint="请不要写姓名和电话。"),
    )


def _lift() -> Questions:
    return (
        _choice("want", "您家希望本单元加装电梯吗", ("希望", "都可以", "不希望")),
        Question(
            "worry",
            Kind.MULTIPLE,
            "您家担心什么",
            options=tuple(
                Option(key, text)
                for key, text in (
                    ("light", "采光、通风、隐私"),
                    ("noise", "噪声"),
                    ("safety", "房屋结构安全"),
                    ("money", "费用怎样分摊"),
                    ("upkeep", "建好后谁来管、谁出维护费"),
                    ("value", "低层房屋的价值"),
                )
            ),
        ),
        Question(
            "amends",
            Kind.TEXT,
            "怎样做，您家可以接受",
            when=Condition("want", ("want3",)),
        ),
        _choice(
            "share",
            "需要分摊费用时，您家怎么想",
            ("愿意按楼层分摊", "看金额再定", "不愿意分摊"),
            when=Condition("want", ("want1", "want2")),
        ),
        Question(
            "stairs",
            Kind.SCALE,
            "您家上下楼方便吗",
            required=True,
            low="很不方便",
            high="很方便",
        ),
        _choice(
            "need",
            "您家有没有上下楼困难的人",
            ("有，天天要上下楼", "有，很少下楼", "没有"),
            hint="不用写是谁。",
        ),
    )
