"""The stages of a deliberation: what may be done in each, and the plan of dates that turns them by the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from app.errors import N_, Conflict, Invalid, Refusal

# Papers, drawings and costs go out before anyone is asked (中办发〔2015〕41号); three days is usual practice.
NOTICE_DAYS = 3


class Stage(StrEnum):
    """In the order in which they come; a meeting may be left out."""

    NOTICE = "notice"
    OPINIONS = "opinions"
    MEETING = "meeting"
    CONSENSUS = "consensus"
    CLOSED = "closed"


class Verb(StrEnum):
    """What somebody may do in a thread, whoever has the right to it."""

    READ = "read"
    POST = "post"
    REPLY = "reply"
    LIKE = "like"
    MARK = "mark"
    REPORT = "report"
    APPEAL = "appeal"
    DRAFT_STATEMENT = "draft_statement"
    ANSWER = "answer"
    SUMMARISE = "summarise"
    MODERATE = "moderate"
    SIGN_IN = "sign_in"
    MINUTES = "minutes"
    CONFIRM = "confirm"
    PUBLISH = "publish"
    HAND_OVER = "hand_over"


STAGE_NAMES = {
    Stage.NOTICE: N_("议题告知"),
    Stage.OPINIONS: N_("征集意见"),
    Stage.MEETING: N_("协商会议"),
    Stage.CONSENSUS: N_("形成共识"),
    Stage.CLOSED: N_("协商结束"),
}

VERB_NAMES = {
    Verb.READ: N_("阅读"),
    Verb.POST: N_("发言"),
    Verb.REPLY: N_("回复"),
    Verb.LIKE: N_("点同感"),
    Verb.MARK: N_("对共识点表态"),
    Verb.REPORT: N_("举报"),
    Verb.APPEAL: N_("申诉"),
    Verb.DRAFT_STATEMENT: N_("提炼共识点"),
    Verb.ANSWER: N_("解答问题"),
    Verb.SUMMARISE: N_("写小结"),
    Verb.MODERATE: N_("管理发言"),
    Verb.SIGN_IN: N_("会议签到"),
    Verb.MINUTES: N_("起草协商纪要"),
    Verb.CONFIRM: N_("确认协商纪要"),
    Verb.PUBLISH: N_("公布协商纪要"),
    Verb.HAND_OVER: N_("把协商纪要转交下一步"),
}

_ALWAYS = frozenset({Verb.READ, Verb.REPORT, Verb.APPEAL, Verb.MODERATE})
_TALK = frozenset(
    {Verb.POST, Verb.REPLY, Verb.LIKE, Verb.MARK, Verb.DRAFT_STATEMENT, Verb.ANSWER, Verb.SUMMARISE}
)
_RECORD = frozenset({Verb.MINUTES, Verb.CONFIRM, Verb.PUBLISH, Verb.HAND_OVER})

OPEN: dict[Stage, frozenset[Verb]] = {
    Stage.NOTICE: _ALWAYS | {Verb.SUMMARISE},
    Stage.OPINIONS: _ALWAYS | _TALK,
    # Online and in the room at the same time, so nobody who stays at home falls silent.
    Stage.MEETING: _ALWAYS | _TALK | {Verb.SIGN_IN, Verb.MINUTES, Verb.CONFIRM},
    # The statements stand still while neighbours mark them.
    Stage.CONSENSUS: _ALWAYS | _RECORD | {Verb.MARK, Verb.ANSWER, Verb.SUMMARISE},
    # The clock may close a thread before its minutes are out.
    Stage.CLOSED: _ALWAYS | _RECORD,
}

_WHAT_TO_DO = {
    Stage.NOTICE: N_("现在是议题告知阶段，还不能%(verb)s；请先看材料，等意见征集开始后再来"),
    Stage.OPINIONS: N_("现在是征集意见阶段，还不能%(verb)s；请等征集意见结束后再来"),
    Stage.MEETING: N_("现在是协商会议阶段，还不能%(verb)s；请等进入形成共识阶段后再来"),
    Stage.CONSENSUS: N_("现在是形成共识阶段，不能再%(verb)s；请对共识点表态，或者查看协商纪要"),
    Stage.CLOSED: N_("这次协商已经结束，不能再%(verb)s；请查看协商纪要，有新的问题可以另提议题"),
}

# Only forward: neighbours who spoke on the strength of a stage must not find it gone again. A thread may be
# closed from anywhere, with its reason in the trail.
MOVES: dict[Stage, frozenset[Stage]] = {
    Stage.NOTICE: frozenset({Stage.OPINIONS, Stage.CLOSED}),
    Stage.OPINIONS: frozenset({Stage.MEETING, Stage.CONSENSUS, Stage.CLOSED}),
    Stage.MEETING: frozenset({Stage.CONSENSUS, Stage.CLOSED}),
    Stage.CONSENSUS: frozenset({Stage.CLOSED}),
    Stage.CLOSED: frozenset(),
}

Plan = Sequence[tuple[Stage, datetime]]


def move(current: Stage, target: Stage) -> Stage:
    """The target, when the table allows the step; raises `Conflict` (code `bad_move`) when it does not."""
    if target not in MOVES[current]:
        raise Conflict(
            N_("协商现在是“%(current)s”阶段，不能改成“%(target)s”，请刷新页面看最新状态"),
            code="bad_move",
            current=Refusal(STAGE_NAMES[current]),
            target=Refusal(STAGE_NAMES[target]),
        )
    return target


def is_open(stage: Stage, verb: Verb) -> bool:
    return verb in OPEN[stage]


def ensure_open(stage: Stage, verb: Verb) -> None:
    """Raises `Conflict` (code `stage_closed`) that says what may be done instead; no role widens a stage."""
    if not is_open(stage, verb):
        raise Conflict(_WHAT_TO_DO[stage], code="stage_closed", verb=Refusal(VERB_NAMES[verb]))


def stage_at(plan: Plan, now: datetime) -> Stage:
    """The stage that holds at `now`: the last one begun, its first instant in; before the first, the first."""
    begun = [stage for stage, starts_at in plan if starts_at <= now]
    return begun[-1] if begun else plan[0][0]


def ensure_plan(plan: Plan, *, notice_days: int = NOTICE_DAYS) -> None:
    """A plan runs from notice over opinions and consensus to the close, each stage later than the one before.

    Raises `Invalid` (code `bad_plan`); its field is the stage whose date or place is wrong.
    """
    stages = [stage for stage, _ in plan]
    for stage in Stage:
        if stages.count(stage) != 1 and (stage is not Stage.MEETING or stages.count(stage) > 1):
            raise _bad(N_("日程里“%(stage)s”要有一个开始时间"), stage)
    if stages != [stage for stage in Stage if stage in stages]:
        raise _bad(N_("日程的顺序不对，请按告知、征集、会议、共识、结束的先后填写"), Stage.NOTICE)
    for (_, earlier), (stage, later) in pairwise(plan):
        if later <= earlier:
            raise _bad(N_("“%(stage)s”的开始时间要晚于前一阶段，请修改"), stage)
    if plan[1][1] - plan[0][1] < timedelta(days=notice_days):
        raise _bad(
            N_("告知至少要 %(days)s 天，请把“%(stage)s”的开始时间改晚"), Stage.OPINIONS, days=notice_days
        )


def ensure_replan(plan: Plan, new: Plan, now: datetime) -> None:
    """What has begun stays as it was, and the rest begins after `now`; raises `Conflict` (`already_begun`)."""
    begun = [step for step in plan if step[1] <= now]
    if list(new[: len(begun)]) != begun or any(starts_at <= now for _, starts_at in new[len(begun) :]):
        raise Conflict(
            N_("已经开始的阶段不能改，其余阶段要在现在以后开始；请只改还没有开始的日期"), code="already_begun"
        )


def moved(
    plan: Plan, target: Stage, now: datetime, *, notice_days: int = NOTICE_DAYS
) -> list[tuple[Stage, datetime]]:
    """The plan with `target` beginning now and what stood between left out.

    Raises as `move` does, and `Conflict` (`notice_too_short`) when opinions would begin before the papers have
    been out for `notice_days`.
    """
    move(stage_at(plan, now), target)
    if target is Stage.OPINIONS and now - plan[0][1] < timedelta(days=notice_days):
        raise Conflict(
            N_("告知还不满 %(days)s 天，不能提前征集意见；请等满了再开始"),
            code="notice_too_short",
            days=notice_days,
        )
    begun = [step for step in plan if step[1] <= now]
    later = [step for step in plan if step[1] > now and _order(step[0]) > _order(target)]
    return [*begun, (target, now), *later]


def _order(stage: Stage) -> int:
    return list(Stage).index(stage)


def _bad(sentence: str, stage: Stage, **values: int) -> Invalid:
    return Invalid(sentence, code="bad_plan", field=stage.value, stage=Refusal(STAGE_NAMES[stage]), **values)
