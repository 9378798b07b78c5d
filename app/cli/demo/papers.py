"""What the demo's vote of several questions asks: a decision, an election of the owners' committee, a menu."""

from __future__ import annotations

from typing import Any, Final

from sqlmodel import Session

from app.rules.votes.questions import Question, QuestionKind
from app.services.votes import questions

TITLE: Final = "小广场改造和业委会换届"
TEXT: Final = (
    "小广场地面破损、没有地方坐，业委会任期也到了，这次一起表决，共三项，请逐项选择。\n\n"
    "第 1 项是小广场要不要改造；第 2 项选新一届业委会委员，候选人名单已公示七天；"
    "第 3 项是改造时先添置哪些设施。三项分开计票，各自是否通过互不影响。"
)
SQUARE: Final = Question(
    title="用公共收益改造小广场",
    text="地面重铺透水砖，预算 18 万元，从公共收益里出，不向业主收钱。",
    matter=9,
)
MORE: Final = (
    Question(
        title="选举第三届业主委员会委员",
        matter=3,
        kind=QuestionKind.ELECTION,
        labels=(
            "王建国（3 号楼）",
            "李梅（1 号楼）",
            "周志强（5 号楼）",
            "刘淑珍（2 号楼）",
            "郑海涛（6 号楼）",
        ),
        most=3,
        seats=3,
    ),
    Question(
        title="小广场先添置哪些设施",
        text="得票多的先做，做到预算用完。",
        matter=9,
        kind=QuestionKind.OPTIONS,
        labels=("带靠背的座椅", "棋牌桌", "儿童滑梯", "健身器材", "太阳能路灯", "晾衣架"),
        most=3,
    ),
)


def ask(session: Session, **where: Any) -> None:
    """Put the three on the draft's paper."""
    for place, question in enumerate((SQUARE, *MORE)):
        stamp = questions.paper_of_draft(session, **where).stamp
        questions.save_question(session, **where, place=place, question=question, stamp=stamp)
