"""The demo's repairs: who answers for what, a register of what was built, and a quarter of reports in every state."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid4

from PIL import Image, ImageDraw
from sqlmodel import Session, col, select

from app.cli.demo import fees
from app.cli.demo.people import owner_of
from app.cli.demo.repairs_register import Parties, Places, register
from app.cli.demo.stage import Stage, at
from app.jobs import openness
from app.models.maintenance.orders import ReportSource, WorkOrder
from app.models.maintenance.upkeep import Inspection
from app.rules.maintenance.categories import category_of
from app.rules.maintenance.confirmation import Answer
from app.rules.maintenance.pauses import PauseReason
from app.rules.maintenance.rates import Rating
from app.rules.maintenance.rounds import PRESETS, CountedFrom, LineResult
from app.rules.maintenance.workcalendar import day_of
from app.services.deliberations.attaching import Upload
from app.services.maintenance import working
from app.services.maintenance.appeals import file_appeal
from app.services.maintenance.confirming import Word, answer_repair, settle_confirmation
from app.services.maintenance.desk import Hand
from app.services.maintenance.filing import Report, file_report, join_report
from app.services.maintenance.hotline.taking import put_number
from app.services.maintenance.rounds import Found, NewPlan, finish_round, plan_rounds
from app.services.maintenance.setting_aside import decline_order
from app.services.trail import Actor


@dataclass(frozen=True)
class Fault:
    """One report: where, what, whose, how many days ago; and how far it has come, with the days since."""

    place: str
    category: str
    text: str
    home: str
    ago: int
    steps: tuple[tuple[str, int], ...] = ()
    rating: Rating | None = None


# Steps: take, wait, repair, confirm, reject, silence, decline, appeal; each with the days since the report.
_DONE = (("take", 0), ("repair", 2), ("confirm", 3))
_FAULTS = (
    Fault("1-1", "lighting", "三楼楼道灯一闪一闪的，晚上上楼害怕。", "1-1-302", 62, _DONE, Rating.SATISFIED),
    Fault("1-2", "lighting", "楼道灯又不亮了，四楼到五楼全黑。", "1-2-402", 55, _DONE, Rating.SATISFIED),
    Fault("1-2", "drainage", "一楼下水道返水，厕所地面都是水。", "1-2-101", 50, _DONE, Rating.FAIR),
    Fault("3-1", "stairwell", "单元门关不上，门禁一直叫。", "3-1-202", 44, _DONE, Rating.SATISFIED),
    Fault("5-1", "entry_cctv", "对讲机按了没有声音。", "5-1-301", 41, _DONE, Rating.SATISFIED),
    Fault(
        "3",
        "roof_leak",
        "去年刚做的屋面，顶楼卧室天花板又渗水了，墙皮掉下来。",
        "3-1-602",
        38,
        (("take", 1), ("repair", 6), ("reject", 7), ("take", 8), ("repair", 12), ("confirm", 14)),
        Rating.DISSATISFIED,
    ),
    Fault(
        "5-2",
        "lighting",
        "门口的灯坏了两个星期没人管。",
        "5-2-101",
        24,
        (("take", 4), ("repair", 9), ("silence", 17), ("appeal", 19)),
    ),
    Fault("花园", "rubbish", "花园后面堆了装修垃圾，有人半夜倒的。", "1-2-201", 20, _DONE, Rating.SATISFIED),
    Fault(
        "5-2",
        "water_supply",
        "公共水管接头漏水，楼梯上都是水。",
        "1-2-302",
        12,
        (("take", 0), ("repair", 1), ("confirm", 1)),
        Rating.SATISFIED,
    ),
    Fault("花园", "parking", "车停在消防通道上，救护车进不来。", "5-1-401", 9, (("take", 2),)),
    Fault("3-1", "lighting", "二楼和三楼之间的灯不亮。", "3-1-302", 4, (("take", 1), ("repair", 3))),
    Fault("3-1", "stairwell", "楼道墙面发黑，能不能重新刷一遍。", "3-1-402", 7, (("decline", 2),)),
    Fault("1", "outer_wall", "北墙渗水，保温层鼓起来一块。", "1-1-601", 6, (("take", 1), ("wait", 2))),
    Fault("花园", "green_damage", "西门的草坪被车压坏了一大片。", "5-2-202", 3),
    Fault("3-1", "stairwell", "三楼楼梯扶手松了，老人扶着会晃。", "3-1-402", 1, (("take", 0),)),
    Fault("1-2", "charging", "充电棚第三个插口没电。", "1-2-401", 0),
)


def tell(stage: Stage) -> list[dict[str, str]]:
    """Load everything, the oldest first; the people who come with it, to sign in as."""
    with stage.database.transaction() as session:
        parties, places = register(session, stage)
    for fault in _FAULTS:
        _play(stage, parties, places, fault)
    _stickers_stranger(stage, places)
    _hotline(stage)
    _rounds(stage, parties, places)
    fees.tell(stage, parties)
    openness.tick(stage.database, now=stage.now)
    return [
        {
            "account_id": str(parties.staff[parties.manager].id),
            "name": parties.staff[parties.manager].name,
            "caption": "物业维修班长：接单、派工、报修好",
        },
        {
            "account_id": str(parties.staff[parties.builder].id),
            "name": parties.staff[parties.builder].name,
            "caption": "施工单位保修负责人",
        },
    ]


def _play(stage: Stage, parties: Parties, places: Places, fault: Fault) -> None:
    order_id = uuid4()
    filed = min(at(stage.now, -fault.ago, 9), stage.now - timedelta(hours=1))
    with stage.database.transaction() as session:
        reporter = owner_of(session, stage, fault.home)
        report = Report(
            id=order_id,
            estate_id=stage.estate_id,
            source=ReportSource.RESIDENT,
            place_id=places[fault.place],
            category=fault.category,
            text=fault.text,
            answers=_answers(fault),
            photos=[Upload("fault.jpg", _picture(fault.text[:6], "#8a5a44"))],
            reporter_id=reporter.id,
        )
        file_report(session, report, actor=reporter, now=filed)
    for verb, days in fault.steps:
        when = min(filed + timedelta(days=days, hours=3), stage.now - timedelta(minutes=20))
        with stage.database.transaction() as session:
            _step(session, stage, parties, fault, order_id, reporter, verb, when)


def _answers(fault: Fault) -> dict[str, list[str]]:
    return {
        question.code: [
            "no" if any(value.key == "no" for value in question.values) else question.values[0].key
        ]
        for question in category_of(fault.category).questions
        if question.required
    }


def _step(
    session: Session,
    stage: Stage,
    parties: Parties,
    fault: Fault,
    order_id: UUID,
    reporter: Actor,
    verb: str,
    when: datetime,
) -> None:
    worker = parties.staff[session.get_one(WorkOrder, order_id).party_id or parties.manager]
    hand = Hand(estate_id=stage.estate_id, order_id=order_id, actor=worker, now=when)
    answer = partial(
        answer_repair, session, estate_id=stage.estate_id, order_id=order_id, actor=reporter, now=when
    )
    rounds = sum(1 for step, days in fault.steps if step == "reject" and days <= _days(fault, verb))
    match verb:
        case "take":
            working.accept_order(
                session,
                hand,
                worker_name="孙师傅",
                worker_number="W-07",
                plan="上门查看后更换损坏的部件",
                promised_at=when + timedelta(days=2),
            )
        case "wait":
            working.wait_with_order(
                session,
                hand,
                reason=PauseReason.WEATHER.value,
                until=day_of(stage.now + timedelta(days=4)),
                note="连续下雨，外墙不能施工",
            )
        case "repair":
            working.report_repaired(
                session,
                hand,
                photos=[Upload("proof.jpg", _picture("已修好", "#2f6b4f"))],
                note="已经修好并试用",
            )
        case "confirm":
            answer(word=Word(answer=Answer.FIXED, round=rounds, rating=fault.rating))
        case "reject":
            answer(word=Word(answer=Answer.NOT_FIXED, round=0, text="昨天下雨还是漏，没有修好"))
        case "silence":
            settle_confirmation(session, estate_id=stage.estate_id, order_id=order_id, now=when)
        case "decline":
            committee = Hand(estate_id=stage.estate_id, order_id=order_id, actor=stage.actor, now=when)
            decline_order(session, committee, note="楼道粉刷已列入明年的维修计划，今年不单独做")
        case "appeal":
            file_appeal(
                session,
                estate_id=stage.estate_id,
                order_id=order_id,
                appeal_id=uuid4(),
                text="没有人来问过我修好没有，灯到现在还是不亮，怎么就办结了？",
                actor=reporter,
                now=when,
            )


def _days(fault: Fault, verb: str) -> int:
    return max(days for step, days in fault.steps if step == verb)


def _picture(words: str, colour: str) -> bytes:
    """A plain card of one colour: no photo of a real place stands in for one."""
    image = Image.new("RGB", (960, 720), colour)
    draw = ImageDraw.Draw(image)
    for step in range(0, 960, 120):
        draw.line([(step, 0), (960 - step, 720)], fill="#ffffff", width=3)
    draw.rectangle([360, 260, 600, 460], outline="#ffffff", width=8)
    written = io.BytesIO()
    image.save(written, "JPEG", comment=words.encode())
    return written.getvalue()


def _stickers_stranger(stage: Stage, places: Places) -> None:
    """Somebody without an account scanned a sticker; and a neighbour joined what was reported before."""
    with stage.database.transaction() as session:
        file_report(
            session,
            Report(
                id=uuid4(),
                estate_id=stage.estate_id,
                source=ReportSource.STICKER,
                place_id=places["5-1"],
                category="stairwell",
                text="送快递的，四楼平台的窗户玻璃碎了，风大会掉下去。",
                contact_phone="13900000777",
                held=True,
            ),
            actor=Actor(stage.actor.id, "贴纸报修"),
            now=stage.now - timedelta(hours=2),
        )
        joiner = owner_of(session, stage, "3-1-502")
        last = session.exec(
            select(WorkOrder.id).where(WorkOrder.text == "三楼楼梯扶手松了，老人扶着会晃。")
        ).one()
        join_report(
            session,
            estate_id=stage.estate_id,
            order_id=last,
            account_id=joiner.id,
            text="我也差点摔倒",
            now=stage.now - timedelta(hours=5),
        )


def _hotline(stage: Stage) -> None:
    """A neighbour had called 12345 about the same fault: its number stands on the order that was here."""
    with stage.database.transaction() as session:
        number = session.exec(select(WorkOrder.number).where(WorkOrder.category == "parking")).one()
        put_number(
            session,
            estate_id=stage.estate_id,
            number=number,
            hotline_number=f"RX{day_of(at(stage.now, -8, 9)):%Y%m%d}0471",
            actor=stage.actor,
            now=at(stage.now, -8, 15),
        )


def _rounds(stage: Stage, parties: Parties, places: Places) -> None:
    """A lift looked after every fifteen days, and a fire round that is a little late."""
    for preset, place, party, start in (
        (PRESETS[0], "电梯", parties.lift, -32),
        (PRESETS[1], "花园", parties.manager, -5),
    ):
        begun = at(stage.now, start, 9)
        plan = NewPlan(
            id=uuid4(),
            place_id=places[place],
            party_id=party,
            category=preset.category,
            title=preset.title,
            every=preset.every,
            interval=preset.interval,
            counted_from=CountedFrom.PLANNED,
            lines="\n".join(preset.lines),
            starts_on=day_of(begun),
            source=preset.source,
        )
        with stage.database.transaction() as session:
            plan_id = plan_rounds(session, plan, estate_id=stage.estate_id, actor=stage.actor, now=begun)
        if preset.key != "lift":
            continue
        for days in (-32, -17, -2):
            with stage.database.transaction() as session:
                following = session.exec(
                    select(Inspection.id).where(
                        Inspection.plan_id == plan_id, col(Inspection.done_at).is_(None)
                    )
                ).one()
                finish_round(
                    session,
                    estate_id=stage.estate_id,
                    round_id=following,
                    found=[Found(LineResult.FINE, "")] * len(preset.lines),
                    inspector="周师傅 D-112",
                    note="",
                    actor=parties.staff[parties.lift],
                    committee=False,
                    now=at(stage.now, days, 10),
                )
