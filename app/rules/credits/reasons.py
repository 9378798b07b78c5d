"""What credits are given and taken for: taking part, never a direction and never a ballot's content.

Seconding a proposal earns nothing, because there is no way to second against one; a fault report earns the same whatever
its reporter says of the repair (PIPL art. 55 and the rule that no opinion is paid for).
"""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_


class Reason(StrEnum):
    """Why a line of the ledger is there."""

    PROPOSAL = "proposal"
    POST = "post"
    STATEMENTS = "statements"
    BALLOT = "ballot"
    SURVEY = "survey"
    MEETING = "meeting"
    QUESTION = "question"
    REPORT = "report"
    VOLUNTEER = "volunteer"
    REVERSAL = "reversal"
    REDEMPTION = "redemption"
    REDEMPTION_BACK = "redemption_back"
    ERASED = "erased"


# In the order in which the rules are shown.
EARNING = (
    Reason.PROPOSAL,
    Reason.POST,
    Reason.STATEMENTS,
    Reason.BALLOT,
    Reason.SURVEY,
    Reason.MEETING,
    Reason.QUESTION,
    Reason.REPORT,
    Reason.VOLUNTEER,
)

REASON_NAMES = {
    Reason.PROPOSAL: N_("发布议题"),
    Reason.POST: N_("在协商里发言"),
    Reason.STATEMENTS: N_("对共识点表态"),
    Reason.BALLOT: N_("参加表决"),
    Reason.SURVEY: N_("填写问卷"),
    Reason.MEETING: N_("参加议事会"),
    Reason.QUESTION: N_("提出政策问题"),
    Reason.REPORT: N_("报修并办结"),
    Reason.VOLUNTEER: N_("志愿服务（每小时）"),
    Reason.REVERSAL: N_("扣回"),
    Reason.REDEMPTION: N_("兑换"),
    Reason.REDEMPTION_BACK: N_("兑换退回"),
    Reason.ERASED: N_("按您的要求清零"),
}

# One plain sentence each, for the table of the rules.
REASON_HINTS = {
    Reason.PROPOSAL: N_("议题公开发布以后"),
    Reason.POST: N_("每个协商只算第一次公开的发言，赞成、担心、提问都一样"),
    Reason.STATEMENTS: N_("每个协商算一次，选同意、不同意、不确定都一样"),
    Reason.BALLOT: N_("表决截止、计票以后才记，选什么、用手机还是纸质票都一样"),
    Reason.SURVEY: N_("每份问卷算一次，填什么都一样"),
    Reason.MEETING: N_("签到的每次会算一次"),
    Reason.QUESTION: N_("问题公开以后"),
    Reason.REPORT: N_("您报的问题维修办结以后，您满意不满意都一样"),
    Reason.VOLUNTEER: N_("由居委会登记"),
}
