"""The demo's proposals, told through the use cases people use: one in each state a neighbour would meet first."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from sqlmodel import Session

from app.cli.demo import moderation, thread
from app.cli.demo.people import named, owner_of
from app.cli.demo.stage import Stage, at
from app.models.proposals import Proposal
from app.rules.accounts import Duty, Role
from app.rules.proposals import deadlines
from app.rules.proposals.states import ProposalState
from app.services.accounts.grants import grant_role
from app.services.accounts.people import ensure_account
from app.services.holidays import is_rest_day
from app.services.proposals import answering, clocks, drafting, merging, seconding, settings
from app.services.proposals.drafting import Typed
from app.services.trail import SYSTEM, Actor

INITIATOR_PHONE = "13900000106"

_CROSSING = Typed(
    "小区大门外装红绿灯",
    "roads",
    "estate",
    "大门外的和平路车多，老人过马路要等很久，孩子上学也不放心。希望在大门口装一个红绿灯，或者画一条斑马线。",
)
_CHARGING = Typed(
    "西门空地建电动车充电棚",
    "bike_charging",
    "estate",
    "现在不少人把电动车推进楼道充电，还有从窗户拉线下来的，很不安全。\n\n"
    "西门里面有一块空地，建议建一个带雨棚的充电棚，装 20 个充电口，扫码付电费。",
)
_STAIR_LIGHT = Typed(
    "1号楼2单元楼道换感应灯",
    "lighting",
    "entrance:1:2",
    "1号楼2单元三楼以上的灯坏了半年，晚上摸黑上楼，上个月有人踩空。希望每层换一盏声光感应灯。",
)
_RAMP = Typed(
    "3号楼1单元门口做无障碍坡道",
    "barrier_free",
    "entrance:3:1",
    "单元门口有四级台阶，坐轮椅和推婴儿车都上不去，我每次买菜回来也要歇两次。希望在台阶旁边做一条坡道，装扶手。",
)
_BENCHES = Typed(
    "中心花园加几张长椅",
    "ageing",
    "estate",
    "中心花园只有两张长椅，傍晚乘凉的人多，很多老人站着说话。希望沿着小路再加六张有靠背的长椅，其中两张带扶手。",
)
_STOOLS = Typed(
    "花园里的凳子太少",
    "ageing",
    "estate",
    "带孩子到花园玩，大人没有地方坐。建议在沙坑旁边放几个凳子。",
)


def tell(stage: Stage) -> list[dict[str, str]]:
    """Load the proposals, the oldest first; the people who come with them, to sign in as."""
    with stage.database.transaction() as session:
        initiator = _initiator(session, stage)
        street = settings.Settings(street_name="和平街道办事处", street_phone="+8613900000999")
        settings.save_settings(
            session, estate_id=stage.estate_id, settings=street, actor=stage.actor, now=at(stage.now, -89, 9)
        )
    _declined(stage)
    _accepted(stage, initiator)
    _overdue(stage)
    _owed(stage)
    _nearly_there(stage)
    thread_id = thread.tell(stage, _CHARGING.title)
    people = [
        {"account_id": str(initiator.id), "name": initiator.name, "caption": "党员，发起人：为邻居的议题联名"}
    ]
    return people + moderation.tell(stage, thread_id)


def _initiator(session: Session, stage: Stage) -> Actor:
    long_ago = at(stage.now, -90, 9)
    account = ensure_account(session, phone=INITIATOR_PHONE, name="孙立平", now=long_ago)
    grant_role(
        session,
        account_id=account,
        estate_id=stage.estate_id,
        role=Role.PARTY_MEMBER,
        duty=Duty.INITIATOR,
        actor=SYSTEM,
        now=long_ago,
    )
    return Actor(account, "孙立平")


def _publish(session: Session, stage: Stage, typed: Typed, author: Actor, when: datetime) -> Proposal:
    proposal_id = uuid4()
    drafting.save_draft(
        session, estate_id=stage.estate_id, proposal_id=proposal_id, typed=typed, author=author, now=when
    )
    return drafting.publish(
        session, estate_id=stage.estate_id, proposal_id=proposal_id, author=author, now=when
    )


def _second(session: Session, stage: Stage, proposal: Proposal, homes: str, first: datetime) -> None:
    """The owners of these homes second it, one every two hours."""
    for place, home in enumerate(homes.split()):
        seconding.second(
            session,
            estate_id=stage.estate_id,
            proposal_id=proposal.id,
            account_id=owner_of(session, stage, home).id,
            now=first + timedelta(hours=2 * place, minutes=13 * place),
        )


def _declined(stage: Stage) -> None:
    with stage.database.transaction() as session:
        author = owner_of(session, stage, "5-1-301")
        proposal = _publish(session, stage, _CROSSING, author, at(stage.now, -58, 10))
        _second(session, stage, proposal, "5-1-302 5-1-401 1-1-301 1-1-502 1-2-101", at(stage.now, -57, 8))
        answering.decline(
            session,
            estate_id=stage.estate_id,
            proposal_id=proposal.id,
            seen=ProposalState.GATHERING,
            text="大门外是市政道路，红绿灯和斑马线由交警部门设置，小区改造的资金不能用在那里。\n\n"
            "我们已经把大家的意见报给交警大队，收到回复后在公示栏告诉大家。",
            actor=stage.actor,
            now=at(stage.now, -50, 15),
        )


def _accepted(stage: Stage, initiator: Actor) -> None:
    with stage.database.transaction() as session:
        proposal = _publish(session, stage, _CHARGING, named(session, "王建国"), at(stage.now, -45, 19))
        where = {"estate_id": stage.estate_id, "proposal_id": proposal.id}
        answering.sponsor(session, **where, actor=initiator, now=at(stage.now, -44, 9))
        _second(
            session,
            stage,
            proposal,
            "1-1-201 1-1-601 1-2-402 3-1-502 5-1-102 5-2-501",
            at(stage.now, -44, 10),
        )
        answering.accept(
            session,
            **where,
            seen=ProposalState.GATHERING,
            text="楼道充电是消防隐患，这件事应当办，可以列入今年的改造计划。\n\n"
            "充电棚放在哪里、要不要占两个车位、电费怎么收，请大家一起商量。",
            actor=stage.actor,
            now=at(stage.now, -36, 11),
        )


def _overdue(stage: Stage) -> None:
    """Its answer fell due yesterday or a little before, however the holidays lie."""
    days = next(days for days in range(15, 60) if _due(at(stage.now, -days, 20)) < at(stage.now, -1, 9))
    with stage.database.transaction() as session:
        author = owner_of(session, stage, "1-2-502")
        proposal = _publish(session, stage, _STAIR_LIGHT, author, at(stage.now, -days - 4, 21))
        _second(session, stage, proposal, "1-2-301 1-2-401", at(stage.now, -days - 3, 9))
        _second(session, stage, proposal, "1-2-602", at(stage.now, -days, 20))
        due, proposal_id = _due(at(stage.now, -days, 20)), proposal.id
    with stage.database.transaction() as session:
        clocks.settle(session, estate_id=stage.estate_id, proposal_id=proposal_id, now=due)


def _due(reached: datetime) -> datetime:
    return deadlines.answer_due(reached, deadlines.DEFAULT, is_rest_day)


def _owed(stage: Stage) -> None:
    with stage.database.transaction() as session:
        proposal = _publish(session, stage, _RAMP, named(session, "李秀英"), at(stage.now, -9, 16))
        _second(session, stage, proposal, "3-1-101 3-1-401", at(stage.now, -8, 9))
        _second(session, stage, proposal, "3-1-602", at(stage.now, -2, 18))


def _nearly_there(stage: Stage) -> None:
    """One voice short, and 李秀英 has not given hers; another of the same wish was merged into it."""
    with stage.database.transaction() as session:
        tenant = named(session, "钱小雨")
        benches = _publish(session, stage, _BENCHES, tenant, at(stage.now, -6, 19))
        _second(session, stage, benches, "1-1-402 5-2-301", at(stage.now, -5, 9))
        stools = _publish(session, stage, _STOOLS, owner_of(session, stage, "5-2-402"), at(stage.now, -4, 12))
        _second(session, stage, stools, "5-2-601", at(stage.now, -4, 18))
        merging.merge_proposals(
            session,
            estate_id=stage.estate_id,
            proposal_id=stools.id,
            into_id=benches.id,
            seen=ProposalState.GATHERING,
            reason="都是在花园里加座位，合在一起办",
            actor=stage.actor,
            now=at(stage.now, -2, 10),
        )
