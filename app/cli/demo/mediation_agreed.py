"""The demo's agreement between neighbours: written, confirmed by three, signed on paper, and looked after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from app.cli.demo.stage import Stage, at
from app.rules.guides.cards import today_of
from app.rules.mediation.cases import Side
from app.rules.mediation.checks import CheckState
from app.services.mediation import agreeing, performing
from app.services.mediation.papers import read_agreement
from app.services.mediation.printing import Head, draw_agreement
from app.services.trail import Actor

_AGREEMENT = (
    "1. 出资各户在 {day} 以前，一次付给 101 室人民币 8000 元，作为采光和隐私受影响的补偿。\n"
    "2. 电梯井朝 101 室北窗的一面，二层以下用磨砂玻璃，由施工单位在电梯竣工验收以前装好。\n"
    "3. 101 室同意按公示的方案施工，不再就此事争议。\n"
    "4. 以上由 601 室代表各出资户办理，付款后由调解员回访。"
)
_HEAD = Head("幸福里小区", "幸福里社区居民委员会", "采光", None)


@dataclass(frozen=True)
class Case:
    """A case in its estate, and the three in its room."""

    session: Session
    stage: Stage
    id: UUID
    sides: dict[Side, Actor]
    mediator: Actor

    def where(self, who: Actor, now: datetime) -> dict[str, Any]:
        return {"estate_id": self.stage.estate_id, "case_id": self.id, "account_id": who.id, "now": now}


def settle(case: Case) -> None:
    """From a talk with accepted offers to an agreement in force."""
    session, now = case.session, at(case.stage.now, -21, 10)
    paid_by = today_of(at(case.stage.now, -8, 9))
    text = _AGREEMENT.format(day=f"{paid_by.year} 年 {paid_by.month} 月 {paid_by.day} 日")
    agreeing.write_version(session, **case.where(case.mediator, now), version_id=uuid4(), text=text)
    version = agreeing.current_version(session, case_id=case.id)
    assert version
    for place, who in enumerate((*case.sides.values(), case.mediator), start=1):
        where = case.where(who, now + timedelta(hours=place))
        agreeing.sign_version(session, **where, digest=version.digest, name=who.name, agrees=True)
    signed = now + timedelta(days=1)
    paper = agreeing.Paper("调解协议书.pdf", _scan(case), today_of(signed))
    agreeing.take_effect(session, **case.where(case.mediator, signed), paper=paper)
    _look_after(case, paid_by, signed)


def _scan(case: Case) -> bytes:
    """The printed agreement stands in for the paper that was signed: no real signature is made up."""
    agreement = read_agreement(
        case.session, estate_id=case.stage.estate_id, case_id=case.id, account_id=case.mediator.id
    )
    assert agreement
    return draw_agreement(agreement, _HEAD)


def _look_after(case: Case, paid_by: date, signed: datetime) -> None:
    """The money is paid, which both sides say; the glass is looked at in a fortnight."""
    session, paid, glass = case.session, uuid4(), today_of(at(case.stage.now, 14, 9))
    for check_id, due_on, what in (
        (paid, paid_by, "8000 元付了没有"),
        (uuid4(), glass, "磨砂玻璃装好了没有"),
    ):
        where = case.where(case.mediator, signed + timedelta(hours=1))
        performing.add_check(session, **where, check_id=check_id, due_on=due_on, what=what)
    received = case.where(case.sides[Side.A], at(case.stage.now, -9, 12))
    performing.remark(session, **received, check_id=paid, remark_id=uuid4(), text="钱昨天收到了，谢谢大家。")
    performing.settle_check(
        session,
        **case.where(case.mediator, at(case.stage.now, -7, 16)),
        check_id=paid,
        found=CheckState.PERFORMED,
        note="看过转账记录，101 室已经收到。",
    )
