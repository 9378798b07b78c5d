"""The demo with something on every desk: a draft, an upload to look at, a claim, a correction, an objection, half an owner's ballots."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from sqlmodel import Session, select

from app.clock import BEIJING, utc_now
from app.config import Settings
from app.database import Database
from app.jobs import registers
from app.models.accounts import Account
from app.models.deliberations import Thread
from app.models.estates import Owner, Unit
from app.models.outcomes import Publication
from app.models.proposals import Proposal
from app.models.votes import Vote
from app.rules.deliberations.minutes import PointKind
from app.rules.deliberations.stages import Stage
from app.rules.proposals.catalogue import ItemKind
from app.rules.proposals.states import ProposalState
from app.rules.proposals.support import Scope
from app.rules.votes.states import ChangeRule, Choice, LegalMode
from app.services.deliberations import minutes, opening
from app.services.deliberations.minutes import PointView, Typed
from app.services.estates import claims, uploads
from app.services.trail import Actor
from app.services.votes import casting, corrections, drafting, objections, scopes, terms
from tests.browser.furnished_accounts import furnish_accounts
from tests.browser.furnished_people import furnish_people
from tests.browser.furnished_repairs import furnish_repairs

REGISTER = (
    "楼栋,单元,楼层,房号,建筑面积（㎡）,用途,产权人,联系电话\n"
    "7号楼,1单元,1,101,60.00,住宅,郑一,13700070101\n"
    "7号楼,1单元,2,201,七十,住宅,郑二,13700070201\n"
    "3号楼,1单元,4,402,75.30,住宅,李秀英,13800030402\n"
    "3号楼,1单元,5,502,74.30,住宅,王建国,13811112222\n"
)
Facts = dict[str, str]


def furnish(folder: Path) -> Facts:
    """Put it there, and return what the addresses of pages need: ids by name."""
    settings = Settings(_env_file=None, data_dir=folder, demo=True)
    database, now = Database(settings.resolved_database_url()), utc_now()
    with database.transaction() as session:
        people = {account.name: account.id for account in session.exec(select(Account))}
        votes = {vote.title: vote for vote in session.exec(select(Vote))}
        estate_id = next(iter(votes.values())).estate_id
        desk = Actor(people["陈洁"], "陈洁")
        facts = _ids(session, votes)
        _ballot(session, settings, UUID(facts["open"]), estate_id, people["王建国"], now)
        _requests(session, facts, estate_id, people, now)
        facts["draft"] = str(_draft(session, estate_id, desk, now))
        facts["import"] = str(uuid4())
        uploads.start_import(
            session,
            estate_id=estate_id,
            import_id=UUID(facts["import"]),
            file_name="七号楼.csv",
            content=REGISTER.encode(),
            actor=desk,
            now=now,
        )
        proposals = {proposal.title: proposal for proposal in session.exec(select(Proposal))}
        facts["gathering"] = str(proposals["中心花园加几张长椅"].id)
        facts["owed"] = str(proposals["3号楼1单元门口做无障碍坡道"].id)
        facts["thread"] = str(session.exec(select(Thread.id)).one())
        facts["agreed"] = str(_minutes(session, estate_id, desk, now))
        facts |= furnish_repairs(session, estate_id, desk, now)
        facts |= furnish_accounts(session, settings, estate_id, people, now)
        facts |= furnish_people(session, settings, estate_id, people, now)
    registers.tick(database, now=now)
    database.close()
    return facts


def _ids(session: Session, votes: dict[str, Vote]) -> Facts:
    titles = {
        "open": "3号楼1单元加装电梯",
        "noticed": "选聘物业服务企业",
        "preliminary": "5号楼2单元加装电梯",
        "final": "1号楼1单元加装电梯",
    }
    facts = {name: str(votes[title].id) for name, title in titles.items()}
    for name in ("noticed", "final"):
        query = select(Publication).where(Publication.vote_id == UUID(facts[name]))
        facts[f"posting-{name}"] = str(max(session.exec(query), key=lambda row: row.posted_at).id)
    for room in ("301", "302", "402"):
        query = select(Unit.id).where(Unit.building == "3", Unit.entrance == "1", Unit.room == room)
        facts[room] = str(session.exec(query).one())
    facts["owner"] = str(session.exec(select(Owner.id).where(Owner.name == "李秀英")).one())
    return facts


def _ballot(
    session: Session, settings: Settings, vote_id: UUID, estate_id: UUID, account_id: UUID, now: datetime
) -> None:
    unit = session.exec(select(Unit).where(Unit.building == "3", Unit.room == "301")).one()
    casting.cast_ballot(
        session,
        casting.Cast(
            estate_id=estate_id,
            vote_id=vote_id,
            unit_id=unit.id,
            account_id=account_id,
            answers=(Choice.FOR,),
            key=uuid4().hex,
            received_at=now,
        ),
        read_clock=lambda: now,
        secret=settings.resolved_secret(),
    )


def _requests(
    session: Session, facts: Facts, estate_id: UUID, people: dict[str, UUID], now: datetime
) -> None:
    corrections.ask_correction(
        session,
        estate_id=estate_id,
        vote_id=UUID(facts["noticed"]),
        correction_id=uuid4(),
        unit_id=None,
        account_id=people["李秀英"],
        text="3号楼1单元402室面积应为 75.30 平方米，有房产证。",
        now=now,
    )
    objections.raise_objection(
        session,
        estate_id=estate_id,
        vote_id=UUID(facts["preliminary"]),
        objection_id=uuid4(),
        account_id=people["李秀英"],
        text="有两户没有收到公告，请核实公告是怎样送达的。",
        now=now,
    )
    facts["claim"] = str(
        claims.submit_claim(
            session,
            estate_id=estate_id,
            claim_id=uuid4(),
            account_id=people["吴新"],
            unit_id=UUID(facts["402"]),
            relation="family",
            name="吴新",
            note="我是李秀英的女儿，和母亲同住。",
            photo=b"",
            photo_name="",
            now=now,
        )
    )


def _draft(session: Session, estate_id: UUID, actor: Actor, now: datetime) -> UUID:
    vote_id = uuid4()
    where = {"estate_id": estate_id, "vote_id": vote_id}
    drafting.start_draft(
        session,
        **where,
        title="5号楼1单元加装电梯",
        matter=7,
        text="在 5 号楼 1 单元北侧加装一部电梯。" * 3,
        actor=actor,
        now=now,
    )
    drawn = {
        (building.name, entrance.name): entrance.value
        for building in scopes.draw_estate(session, estate_id=estate_id)
        for entrance in building.entrances
    }
    scopes.save_drawn_scope(
        session, **where, value=next(value for (name, _), value in drawn.items() if "5" in name)
    )
    cost = {"cost": "580000.00", "subsidy": {"fixed": "100000.00"}, "scheme": {"type": "area"}}
    drafting.save_cost(session, **where, cost=cost)
    given = terms.Terms(
        legal_mode=LegalMode.ELECTRONIC,
        legal_basis="《幸福里小区业主大会议事规则》第八条",
        change=ChangeRule.UNTIL_CLOSE,
        notice_days=15,
        objection_days=10,
        rules_source="",
        opens_at=now + timedelta(days=17),
        closes_at=now + timedelta(days=31),
    )
    terms.save_terms(session, **where, terms=given)
    return vote_id


def _minutes(session: Session, estate_id: UUID, actor: Actor, now: datetime) -> UUID:
    """A thread that forms its consensus, with minutes that only need to be published."""
    began = now - timedelta(days=25)
    proposal = Proposal(
        estate_id=estate_id,
        number=980,
        author_id=actor.id,
        state=ProposalState.ACCEPTED,
        title="楼道装扶手",
        text="每层楼梯装扶手。",
        item_kind=ItemKind.UPLIFTING,
        scope=Scope.ESTATE,
        created_at=began,
        changed_at=began,
    )
    session.add(proposal)
    session.flush()
    days = {Stage.OPINIONS: 3, Stage.CONSENSUS: 20, Stage.CLOSED: 40}
    new = opening.NewThread(
        id=uuid4(),
        title="扶手装在哪一侧",
        question="装左侧还是右侧？",
        stages=tuple((stage, began + timedelta(days=count)) for stage, count in days.items()),
    )
    where = {"estate_id": estate_id, "actor": actor}
    opening.open_thread(session, **where, proposal_id=proposal.id, new=new, now=began)
    points = (
        PointView(PointKind.AGREED, "扶手装在靠墙一侧，高 85 厘米", "", None, 0),
        PointView(PointKind.OPEN, "顶层平台要不要装，还没有商量好", "", None, 0),
        PointView(
            PointKind.TASK,
            "请施工单位出样品",
            "居委会",
            (now + timedelta(days=30)).astimezone(BEIJING).date(),
            0,
        ),
    )
    minutes.start_minutes(session, **where, thread_id=new.id, minutes_id=uuid4(), now=now)
    typed = Typed((now - timedelta(days=2)).astimezone(BEIJING).date(), 9, points)
    minutes.save_minutes(session, **where, thread_id=new.id, typed=typed, now=now)
    return new.id
