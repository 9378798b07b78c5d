"""What the demo's policy cards say beyond the library, where they stand, and what residents ask of them."""

from __future__ import annotations

from dataclasses import dataclass

_LOCAL = "演示市既有多层住宅加装电梯实施办法（演示）"
_NUMBER = "演政办〔2025〕12 号"


@dataclass(frozen=True)
class Card:
    """A starting text of the library with what is local written in; days count from today."""

    key: str
    published: int
    review: int
    changes: tuple[tuple[str, str], ...] = ()
    source: str = ""
    reference: str = ""


CARDS = (
    Card("elevator_vote", -44, 180),
    Card(
        "cost_sharing",
        -43,
        150,
        (
            (
                "【请填写本地文件的名称、文号和分摊办法；没有就删去这一行】",
                f"《{_LOCAL}》{_NUMBER}附表：一层不分摊，二层 0.5，三层 1.0，以上每层加 0.1，供协商参考。",
            ),
        ),
    ),
    Card(
        "subsidy",
        -42,
        60,
        (
            ("【请填写金额或者比例、上限】", "每台 10 万元，不超过工程造价的 20%（演示）。"),
            (
                "【请填写办理地点、材料和时间】",
                "竣工验收后 60 天内，带验收报告和分摊协议到街道城建办申请，审核通过后 30 天内拨付（演示）。",
            ),
        ),
        f"《{_LOCAL}》",
        f"{_NUMBER}第十四条、第十五条",
    ),
    Card("warranty", -38, 200),
    Card("mediation", -30, 240),
    # Its day of checking has come.
    Card("maintenance_fund", -85, -6),
)
BESIDE_VOTE = ("elevator_vote", "cost_sharing", "subsidy")
BESIDE_TALK = ("maintenance_fund",)
ASKED = (
    (
        "1-1-101",
        "cost_sharing",
        "我家住一楼，用不着电梯，也要出钱吗？",
        "先由各户协商。大家没有约定的，才按面积分摊。本单元公示的方案里一层不分摊，运行费也不出。以各户签字的协议为准。",
        f"民法典第二百八十三条；3号楼1单元加装电梯表决公告；《{_LOCAL}》附表",
        -15,
    ),
    (
        "钱小雨",
        "",
        "我是租户，住在这里三年了，能不能参加电梯的表决？",
        "不能投票，表决权属于业主。但可以在协商里发言、填调查问卷、参加议事会；房东也可以书面委托您代他投票。",
        "民法典第二百七十八条；最高人民法院关于审理建筑物区分所有权纠纷案件适用法律若干问题的解释第一条、第十六条",
        -7,
    ),
)
WAITING = "维修资金账户里还剩多少钱，在哪里可以查到我家那一份？"
