"""The demo's meetings: one to come, one whose record those present confirm these days, and one that is done but for a task."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlmodel import Session, select

from app.cli.demo.meeting_steps import gather, meet, put, say
from app.cli.demo.people import named, owner_of
from app.cli.demo.stage import Stage, at
from app.models.deliberations import Thread
from app.rules.deliberations.minutes import PointKind
from app.rules.guides.cards import today_of
from app.rules.meetings.kinds import GuestKind, Reply, Verdict
from app.services.deliberations.minutes import PointView
from app.services.meetings import confirming, inviting, tasks
from app.services.meetings.confirming import Said
from app.services.meetings.drafting import Guest, Item

_SHED_ITEMS = (
    Item("看划好的线和两种摆法", 20, "居委会 陈洁"),
    Item("离一楼窗户的距离", 30),
    Item("电费怎么收、钱怎么用", 30, "物业公司"),
)
_RAMP_ITEMS = (
    Item("坡道放在台阶哪一侧", 20, "设计单位 王工"),
    Item("扶手和雨棚", 15),
    Item("施工期间怎么进出", 15),
)
_HALL_ITEMS = (Item("楼道里的旧家具和自行车怎么办", 30), Item("每月清理的日子", 15))


def tell(stage: Stage) -> None:
    """The oldest first."""
    with stage.database.transaction() as session:
        _hall(session, stage)
        _ramp(session, stage)
        _shed(session, stage)


def _day(stage: Stage, days: int) -> date:
    return today_of(at(stage.now, days, 9))


def _hall(session: Session, stage: Stage) -> None:
    starts_at = at(stage.now, -33, 19)
    meeting_id = meet(session, stage, "楼道堆放的东西怎么清理", starts_at, items=_HALL_ITEMS)
    people = gather(
        session, stage, meeting_id, starts_at, "王建国 1-1-601 1-2-502 5-2-501", "何玉梅 马国庆/5-2-602"
    )
    points = (
        PointView(PointKind.AGREED, "每月最后一个星期六上午清理楼道，提前三天贴通知"),
        PointView(PointKind.AGREED, "旧家具由居委会联系收运，各家自己搬到楼下"),
        PointView(PointKind.RESERVATION, "有一户提出自行车没有地方停，清走以前要先有停车的地方"),
        PointView(PointKind.TASK, "在西门划出自行车停放区", "居委会", _day(stage, -8)),
        PointView(PointKind.TASK, "联系旧家具收运，定好价钱", "物业公司", _day(stage, 6)),
    )
    seen = put(session, stage, meeting_id, points, at(stage.now, -32, 10))
    for place, person in enumerate(people):
        say(session, stage, meeting_id, person, Said(seen, Verdict.CONFIRM), at(stage.now, -32, 12 + place))
    where: dict[str, Any] = {"estate_id": stage.estate_id, "meeting_id": meeting_id}
    confirming.advance(session, **where, now=at(stage.now, -22, 9))
    words = "已在西门北侧划线，可停 24 辆。"
    tasks.settle_task(
        session, **where, position=4, words=words, actor=stage.actor, now=at(stage.now, -10, 15)
    )


def _ramp(session: Session, stage: Stage) -> None:
    starts_at = at(stage.now, -1, 15)
    meeting_id = meet(
        session,
        stage,
        "3号楼1单元门口的坡道怎么做",
        starts_at,
        scope="entrance:3:1",
        items=_RAMP_ITEMS,
        guests=[Guest(GuestKind.LOW_FLOOR, "3号楼1单元101室、102室")],
    )
    people = gather(session, stage, meeting_id, starts_at, "李秀英 王建国 钱小雨 3-1-602", "陈桂兰/3-1-202")
    points = (
        PointView(PointKind.AGREED, "坡道做在台阶东侧，坡度按无障碍规范，两边装扶手"),
        PointView(PointKind.AGREED, "施工期间留一半台阶通行，轮椅由物业帮忙抬"),
        PointView(PointKind.OPEN, "雨棚要不要接长到坡道上面，等设计单位算好再谈"),
        PointView(PointKind.TASK, "请设计单位出坡道和雨棚的图", "居委会", _day(stage, 20)),
    )
    seen = put(session, stage, meeting_id, points, at(stage.now, -1, 17))
    say(session, stage, meeting_id, people[1], Said(seen, Verdict.CONFIRM), at(stage.now, -1, 19))
    objection = "我说过施工期间的灰尘怎么办，纪要里没有写。"
    say(session, stage, meeting_id, people[3], Said(seen, Verdict.OBJECT, objection), at(stage.now, -1, 20))


def _shed(session: Session, stage: Stage) -> None:
    thread = session.exec(select(Thread)).one()
    meeting_id = meet(
        session,
        stage,
        "充电棚放在哪里，怎么收费",
        at(stage.now, 4, 19),
        thread_id=thread.id,
        items=_SHED_ITEMS,
        guests=[
            Guest(GuestKind.DEPARTMENT, "街道消防办"),
            Guest(GuestKind.LOW_FLOOR, "5号楼1单元101室、102室"),
        ],
    )
    replies = {
        Reply.COMING: "王建国 1-1-601 5-1-102 1-1-201 5-2-501 1-2-402",
        Reply.PHONE: "3-1-502",
        Reply.NOT: "5-1-301 1-2-301",
    }
    for reply, who in replies.items():
        for one in who.split():
            person = owner_of(session, stage, one) if "-" in one else named(session, one)
            inviting.answer_invitation(
                session,
                estate_id=stage.estate_id,
                meeting_id=meeting_id,
                account_id=person.id,
                reply=reply,
                now=at(stage.now, -2, 18),
            )
