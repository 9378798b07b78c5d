"""The demo's credits: four neighbours take part, two of them helped last quarter, and one has something to collect."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import uuid4

from sqlmodel import Session

from app.cli.demo.people import named, owner_of
from app.cli.demo.stage import Stage, at
from app.clock import BEIJING
from app.jobs import credits as granting
from app.rules.credits.honours import Honour, before, quarter_of, span
from app.services.credits import desk, honours, members, redeeming, rewards
from app.services.credits.ledger import day_of
from app.services.trail import Actor

# Who takes part, and whether by name on the roll of honours.
_MEMBERS: Final = (("李秀英", True), ("王建国", False), ("1-1-601", True), ("5-2-501", True))
# Whose work, how many days before the end of last quarter, hours, and what it was.
_WORK: Final = (
    ("李秀英", 24, 1, "和居委会一起看望独居老人，送米面油"),
    ("李秀英", 11, 2, "在花园教邻居用手机看公告、报修"),
    ("1-1-601", 18, 2, "周末清理 1 号楼楼道的废纸箱"),
    ("1-1-601", 6, 2, "陪设计单位逐户量窗户"),
    ("王建国", 9, 2, "给西门空地画停车线"),
)
_REWARDS: Final = (
    ("环保购物袋", 10, 40, "工作日上午到居委会领取"),
    ("理发券（便民服务日）", 20, 12, "每月最后一个星期六上午，凭兑换码在便民服务点使用"),
    ("家政保洁 1 小时", 60, 6, "凭兑换码由居委会预约上门"),
    ("花园认养牌", 30, None, "到居委会登记，牌子上写您起的名字"),
)


def tell(stage: Stage) -> None:
    """Work of last quarter by hand, what took place in the other rooms by the job, then honours and a redemption."""
    quarter = before(quarter_of(day_of(stage.now)))
    first, after = span(quarter)
    ended = datetime.combine(after, time(9), BEIJING).astimezone(stage.now.tzinfo)
    with stage.database.transaction() as session:
        people = {name: _person(session, stage, name) for name, _ in _MEMBERS}
        begun = datetime.combine(first, time(9), BEIJING).astimezone(stage.now.tzinfo)
        for name, shown in _MEMBERS:
            _join(session, stage, people[name], shown, begun)
        for name, days, hours, note in _WORK:
            _work(session, stage, people[name], ended - timedelta(days=days), hours, note)
        _offer(session, stage, begun)
    granting.tick(stage.database, now=stage.now)
    with stage.database.transaction() as session:
        chosen = {(Honour.VOLUNTEER, people[name].id) for name in ("李秀英", "1-1-601")}
        where: dict[str, Any] = {"estate_id": stage.estate_id, "quarter": quarter, "actor": stage.actor}
        honours.confirm(session, **where, chosen=chosen, now=stage.now - timedelta(hours=1))
        _redeem(session, stage, people["李秀英"])


def _person(session: Session, stage: Stage, name: str) -> Actor:
    return owner_of(session, stage, name) if "-" in name else named(session, name)


def _join(session: Session, stage: Stage, who: Actor, shown: bool, now: datetime) -> None:
    where: dict[str, Any] = {"estate_id": stage.estate_id, "account_id": who.id, "now": now}
    members.join(session, **where, is_resident=True, agreed=True)
    if shown:
        members.set_shown(session, **where, shown=True)


def _work(session: Session, stage: Stage, who: Actor, when: datetime, hours: int, note: str) -> None:
    desk.enter_work(
        session,
        estate_id=stage.estate_id,
        work_id=uuid4(),
        account_id=who.id,
        on_day=day_of(when),
        hours=hours,
        note=note,
        actor=stage.actor,
        now=when + timedelta(hours=6),
    )


def _offer(session: Session, stage: Stage, now: datetime) -> None:
    for title, points, stock, how in _REWARDS:
        rewards.add_reward(
            session,
            estate_id=stage.estate_id,
            reward_id=uuid4(),
            title=title,
            points=points,
            stock=stock,
            how=how,
            valid_until=None,
            actor=stage.actor,
            now=now,
        )


def _redeem(session: Session, stage: Stage, who: Actor) -> None:
    """She has not fetched it yet."""
    offered = rewards.list_rewards(session, estate_id=stage.estate_id, now=stage.now)
    reward = next(one for one in offered if one.title == _REWARDS[1][0])
    redeeming.ask_for(
        session,
        estate_id=stage.estate_id,
        reward_id=reward.id,
        redemption_id=uuid4(),
        account_id=who.id,
        now=max(at(stage.now, -1, 9), stage.now - timedelta(hours=30)),
    )
