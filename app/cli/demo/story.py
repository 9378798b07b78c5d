"""The demo's story, told through the same use cases people use: votes in every state, proposals, repairs, and the people's side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app.cli.demo import neighbours, papers, repairs, talk
from app.cli.demo.register import workbook
from app.cli.demo.stage import Stage, at, bind
from app.clock import BEIJING
from app.config import Settings
from app.database import Database
from app.jobs import registers
from app.models.estates import Owner, Ownership, Relation, Residence, Unit
from app.models.votes import ScopeLevel
from app.rules.accounts import Duty, Role
from app.rules.votes.states import ChangeRule, Choice, LegalMode
from app.services import outcomes
from app.services.accounts.grants import grant_role
from app.services.accounts.people import ensure_account
from app.services.estates import applying, imports, uploads
from app.services.estates.standing import create_estate
from app.services.holidays import is_rest_day
from app.services.trail import SYSTEM, Actor
from app.services.votes import casting, closing, drafting, terms

COMMITTEE_PHONE = "13900000101"
_GRACE = timedelta(seconds=60)

_ELEVATOR = (
    "拟在{where}北侧加装一部电梯，平层入户，担架电梯，载重 1000 公斤。\n\n"
    "工程内容：井道基础、钢结构井道、电梯设备、入户平台、管线迁移和楼道修补。施工期约 120 天。\n\n"
    "建成后由全体出资业主共有，委托小区物业公司运行和保养，每 15 天保养一次，运行费由出资业主分摊。\n\n"
    "井道距一层窗户 3.2 米，采用玻璃幕墙减少遮挡；对一、二层的影响和补偿另行协商，写入协议。"
)
_COEF = {"1": "0", "2": "0.5", "3": "1", "4": "1.1", "5": "1.2", "6": "1.3"}


def tell(database: Database, settings: Settings, *, now: datetime) -> list[dict[str, str]]:
    """Load everything and return the people to sign in as: account id, name and caption."""
    long_ago = now - timedelta(days=90)
    with database.transaction() as session:
        estate = create_estate(
            session,
            slug="xingfuli",
            name="幸福里小区",
            address="演示市和平路 88 号",
            committee_name="幸福里社区居民委员会",
            desk_phone="0512-6555 0101",
            desk_address="幸福里小区 1 号楼东侧，居委会一楼",
            desk_hours="周一至周五 8:30–17:00",
            now=long_ago,
        )
        people = _staff(session, estate.id, long_ago)
    actor = Actor(UUID(people[0]["account_id"]), people[0]["name"])
    stage = Stage(database, settings.resolved_secret(), estate.id, now, actor)
    _load_register(stage, long_ago)
    with database.transaction() as session:
        people += _residents(session, estate.id, long_ago)
    _passed(stage)
    _failed_by_a_hair(stage)
    _notice(stage, papers.TITLE, 9, papers.TEXT, "", "", (-18, -2, 12), ask=papers.ask)
    _open(stage)
    _noticed(stage)
    people += talk.tell(stage)
    people += repairs.tell(stage)
    people += neighbours.tell(stage)
    return people


def _staff(session: Session, estate_id: UUID, now: datetime) -> list[dict[str, str]]:
    found = []
    for phone, name, role, duty, caption in (
        (COMMITTEE_PHONE, "陈洁", Role.COMMITTEE, Duty.NONE, "居委会工作人员：名册、表决、公示"),
        ("13900000102", "赵敏", Role.PARTY_MEMBER, Duty.SUPERVISOR, "党员，过程监督者"),
        ("13900000103", "周丽", Role.AUDITOR, Duty.NONE, "监督人员：看操作记录"),
    ):
        account = ensure_account(session, phone=phone, name=name, now=now)
        grant_role(
            session, account_id=account, estate_id=estate_id, role=role, duty=duty, actor=SYSTEM, now=now
        )
        found.append({"account_id": str(account), "name": name, "caption": caption})
    return found


def _load_register(stage: Stage, now: datetime) -> None:
    where = {"estate_id": stage.estate_id, "import_id": uuid4()}
    with stage.database.transaction() as session:
        uploads.start_import(
            session, **where, file_name="幸福里房屋清册.xlsx", content=workbook(), actor=stage.actor, now=now
        )
    registers.tick(stage.database, now=now)
    with stage.database.transaction() as session:
        seen = imports.get_import(session, **where).fingerprint
        applying.apply_import(session, **where, seen=seen, actor=stage.actor, now=now)


def _residents(session: Session, estate_id: UUID, now: datetime) -> list[dict[str, str]]:
    found = []
    for name, caption in (
        ("李秀英", "七十岁的业主，3 号楼 1 单元 402 室，还没有投票"),
        ("王建国", "业主，在 3 号楼 1 单元有两套房"),
    ):
        owner = session.exec(select(Owner).where(Owner.estate_id == estate_id, Owner.name == name)).one()
        found.append({"account_id": str(bind(session, owner, now)), "name": name, "caption": caption})
    unit = session.exec(
        select(Unit).where(Unit.building == "3", Unit.room == "501", Unit.estate_id == estate_id)
    ).one()
    tenant = ensure_account(session, phone="13900000104", name="钱小雨", now=now)
    session.add(Residence(account_id=tenant, unit_id=unit.id, relation=Relation.TENANT, since=now))
    found.append(
        {"account_id": str(tenant), "name": "钱小雨", "caption": "租户，住 3 号楼 1 单元 501 室，不能投票"}
    )
    newcomer = ensure_account(session, phone="13900000105", name="吴新", now=now)
    found.append({"account_id": str(newcomer), "name": "吴新", "caption": "刚登录的人，还没有认领房屋"})
    return found


def _notice(
    stage: Stage,
    title: str,
    matter: int,
    text: str,
    building: str,
    entrance: str,
    days: tuple[int, int, int],
    *,
    ask: Callable[..., None] | None = None,
    **cost: object,
) -> UUID:
    """Draft and post a vote: noticed, opened and closed so many days from today; `ask` puts more on its paper."""
    vote_id = uuid4()
    where = {"estate_id": stage.estate_id, "vote_id": vote_id}
    noticed = at(stage.now, days[0], 10)
    level = ScopeLevel.ENTRANCE if entrance else ScopeLevel.BUILDING if building else ScopeLevel.ESTATE
    with stage.database.transaction() as session:
        drafting.start_draft(
            session, **where, title=title, matter=matter, text=text, actor=stage.actor, now=noticed
        )
        if ask:
            ask(session, **where)
        drafting.save_scope(session, **where, level=level, building=building, entrance=entrance)
        if cost:
            drafting.save_cost(session, **where, cost=cost)
        given = terms.Terms(
            legal_mode=LegalMode.ELECTRONIC,
            legal_basis="《幸福里小区业主大会议事规则》第八条（演示）",
            change=ChangeRule.UNTIL_CLOSE,
            notice_days=15,
            objection_days=10,
            rules_source="",
            opens_at=at(stage.now, days[1], 9),
            closes_at=at(stage.now, days[2], 21),
        )
        terms.save_terms(session, **where, terms=given)
        drafting.give_notice(session, **where, actor=stage.actor, now=noticed)
        outcomes.post_notice(session, **where, actor=stage.actor, now=noticed)
    return vote_id


def _cast(
    stage: Stage,
    vote_id: UUID,
    building: str,
    entrance: str,
    choose: Callable[[int], Choice | None],
    first: datetime,
) -> None:
    """Let the owners of an entrance vote one after the other; `choose` gives the choice of the n-th home, None for none."""
    with stage.database.transaction() as session:
        homes = session.exec(
            select(Unit.id, Owner)
            .join(Ownership, col(Ownership.unit_id) == Unit.id)
            .join(Owner, col(Owner.id) == Ownership.owner_id)
            .where(
                Unit.estate_id == stage.estate_id,
                Unit.building == building,
                Unit.entrance == entrance,
                Ownership.position == 0,
            )
            .order_by(col(Unit.floor), col(Unit.room))
        ).all()
        for place, (unit_id, owner) in enumerate(homes):
            choice = choose(place)
            if choice is None:
                continue
            at = first + timedelta(hours=3 * place, minutes=7 * place)
            casting.cast_ballot(
                session,
                casting.Cast(
                    estate_id=stage.estate_id,
                    vote_id=vote_id,
                    unit_id=unit_id,
                    account_id=bind(session, owner, first),
                    answers=(choice,),
                    key=uuid4().hex,
                    received_at=at,
                ),
                read_clock=partial(max, at, at),
                secret=stage.secret,
            )


def _advance(stage: Stage, vote_id: UUID, at: datetime) -> None:
    with stage.database.transaction() as session:
        closing.advance(
            session,
            estate_id=stage.estate_id,
            vote_id=vote_id,
            now=at,
            read_clock=lambda: at,
            grace=_GRACE,
            secret=stage.secret,
            is_rest_day=is_rest_day,
        )


def _elevator_cost() -> dict[str, Any]:
    return {
        "cost": "580000.00",
        "subsidy": {"fixed": "100000.00"},
        "scheme": {"type": "coef", "coef": _COEF},
        "running": "每户每月约 35 元",
        "source": "楼层系数由业主协商，参考各地通行做法",
    }


def _passed(stage: Stage) -> None:
    title = "1号楼1单元加装电梯"
    text = _ELEVATOR.format(where="1号楼1单元")
    vote_id = _notice(stage, title, 7, text, "1", "1", (-70, -53, -45), **_elevator_cost())
    _cast(
        stage,
        vote_id,
        "1",
        "1",
        lambda n: Choice.AGAINST if n == 0 else Choice.ABSTAIN if n == 1 else Choice.FOR,
        at(stage.now, -52, 9),
    )
    _advance(stage, vote_id, at(stage.now, -45, 21) + _GRACE)
    _publish(
        stage,
        vote_id,
        "preliminary",
        at(stage.now, -44, 10),
        "初步结果公示期间，业主如有异议，请到居委会或在手机上提出。",
        "居委会",
    )
    _advance(stage, vote_id, stage.now - timedelta(days=20))
    _publish(
        stage,
        vote_id,
        "final",
        stage.now - timedelta(days=19),
        "表决通过，进入方案公示和报批。",
        "居委会、设计单位",
    )


def _publish(stage: Stage, vote_id: UUID, kind: str, at: datetime, statement: str, who: str) -> None:
    steps = (
        (
            "把结果张贴在单元门口和公示栏",
            who,
            (at + timedelta(days=3)).astimezone(BEIJING).date().isoformat(),
        ),
    )
    additions = outcomes.Additions(statement=statement, steps=steps, days=15)
    posting = outcomes.outcome_kind(kind)
    with stage.database.transaction() as session:
        draft = outcomes.draft_outcome(
            session, estate_id=stage.estate_id, vote_id=vote_id, kind=posting, additions=additions, now=at
        )
        outcomes.publish_outcome(
            session,
            estate_id=stage.estate_id,
            vote_id=vote_id,
            kind=posting,
            publication_id=uuid4(),
            additions=additions,
            seen_hash=draft.text_hash,
            actor=stage.actor,
            now=at,
        )


def _failed_by_a_hair(stage: Stage) -> None:
    text = _ELEVATOR.format(where="5号楼2单元")
    vote_id = _notice(stage, "5号楼2单元加装电梯", 7, text, "5", "2", (-30, -13, -3), **_elevator_cost())
    _cast(
        stage,
        vote_id,
        "5",
        "2",
        lambda n: Choice.AGAINST if n in {0, 1, 3} else None if n == 2 else Choice.FOR,
        at(stage.now, -12, 9),
    )
    _advance(stage, vote_id, at(stage.now, -3, 21) + _GRACE)


def _open(stage: Stage) -> None:
    text = _ELEVATOR.format(where="3号楼1单元")
    vote_id = _notice(stage, "3号楼1单元加装电梯", 7, text, "3", "1", (-19, -3, 9), **_elevator_cost())
    votes = {0: Choice.AGAINST, 3: Choice.FOR, 6: Choice.FOR, 8: Choice.FOR, 10: Choice.FOR, 11: Choice.FOR}
    _cast(stage, vote_id, "3", "1", votes.get, at(stage.now, -3, 10))


def _noticed(stage: Stage) -> None:
    text = (
        "现物业服务合同于明年 3 月到期。拟选聘幸福物业服务有限公司，合同期三年，物业费住宅每平方米每月 0.80 元。\n\n"
        "服务内容和考核办法见公告附件，业主大会授权居委会代为签订合同。"
    )
    _notice(stage, "选聘物业服务企业", 4, text, "", "", (-2, 15, 25))
