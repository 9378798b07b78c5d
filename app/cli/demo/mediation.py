"""The demo's mediation: neighbours who are still talking, with an offer on the table, and an agreement that is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from sqlmodel import Session, select

from app.cli.demo import mediation_agreed
from app.cli.demo.mediation_agreed import Case
from app.cli.demo.people import named, owner_of
from app.cli.demo.stage import Stage, at
from app.models.estates import Unit
from app.rules.guides.cards import today_of
from app.rules.mediation.cases import Kind, Side
from app.rules.mediation.offers import OfferKind, OfferVerb
from app.services.mediation import consenting, mediators, offering, opening, preparing, talking
from app.services.mediation.offering import Offered
from app.services.mediation.opening import Told
from app.services.trail import Actor

_NOISE = Told(
    Kind.NOISE,
    "3号楼1单元501室的住户",
    "楼上最近在重铺地板、改厨房，中午和晚上八点以后还在敲，我有高血压，躺下就被吵醒。装修完了桌椅拖动的声音也大。",
)
_NOISE_SUMMARY = (
    "402 室希望楼上装修避开休息时间，装修以后减轻脚步和拖动桌椅的声音；两家商量具体的时间和办法。"
)
_NOISE_TALK = (
    (Side.B, "对不起，阿姨。工人是房东请的，我白天上班不知道他们中午也干活。我去跟他们说。", True),
    (Side.A, "谢谢你。十二点到两点、晚上七点以后不敲，我就能歇一会儿。", False),
    (Side.B, "地板这星期能铺完。桌椅腿我可以包上毛毡，客厅再铺一块厚地垫。", False),
)
_LIGHT = Told(
    Kind.LIGHT,
    "1号楼1单元601室",
    "电梯井就在我家北窗外面，量下来 3.2 米。厨房白天也要开灯，井道里有人上下，换衣服都要拉窗帘。",
    320,
    "从厨房窗户到电梯井外墙",
)
_LIGHT_SUMMARY = "加装电梯以后 101 室北窗的采光和隐私怎么补；各出资户由 601 室代表来谈。"
_LIGHT_TALK = (
    (Side.B, "电梯大家都盼着，您家受影响我们认。井道这一面可以换成磨砂玻璃。", True),
    (Side.A, "玻璃要换，电费和窗帘钱也要补一点，我不多要。", False),
)


def tell(stage: Stage) -> None:
    """The settled one first."""
    with stage.database.transaction() as session:
        low, high = owner_of(session, stage, "1-1-101"), owner_of(session, stage, "1-1-601")
        settled = _begin(session, stage, _LIGHT, _LIGHT_SUMMARY, (low, high, "1-1-601"), -28)
        _talk(settled, _LIGHT_TALK, -26)
        _offer(settled, Side.B, OfferKind.ONE_OFF, 800_000, "电梯开工前一次付清。", -24, OfferVerb.ACCEPT)
        _offer(
            settled, Side.B, OfferKind.GLASS, 0, "井道二层以下换磨砂玻璃，施工单位装。", -24, OfferVerb.ACCEPT
        )
        mediation_agreed.settle(settled)
        person, tenant = named(session, "李秀英"), named(session, "钱小雨")
        running = _begin(session, stage, _NOISE, _NOISE_SUMMARY, (person, tenant, "3-1-501"), -6)
        _talk(running, _NOISE_TALK, -4)
        text = "客厅铺厚地垫，桌椅腿包毛毡；装修只在上午八点到十二点、下午两点到七点施工，星期天不施工。"
        _offer(running, Side.B, OfferKind.SOUND_INSULATION, 0, text, -1, None)


def _begin(
    session: Session, stage: Stage, told: Told, summary: str, who: tuple[Actor, Actor, str], day: int
) -> Case:
    """Applied for, taken up by the mediator, and consented to by both within a day."""
    applicant, other, home = who
    now = at(stage.now, day, 9)
    case_id = opening.open_case(
        session, estate_id=stage.estate_id, form_id=uuid4(), told=told, actor=applicant, now=now
    )
    case = Case(session, stage, case_id, {Side.A: applicant, Side.B: other}, named(session, "冯玉清"))
    now += timedelta(hours=2)
    mediators.take_case(session, **case.where(case.mediator, now), disclose=False)
    preparing.write_summary(session, **case.where(case.mediator, now), summary=summary)
    building, entrance, room = home.split("-")
    unit_id = session.exec(
        select(Unit.id).where(
            Unit.estate_id == stage.estate_id,
            Unit.building == building,
            Unit.entrance == entrance,
            Unit.room == room,
        )
    ).one()
    preparing.add_party(
        session, **case.where(case.mediator, now), unit_id=unit_id, party_id=other.id, side=Side.B
    )
    preparing.ask_parties(session, **case.where(case.mediator, now))
    for place, party in enumerate((applicant, other), start=3):
        consenting.answer_request(session, **case.where(party, now + timedelta(hours=place)), agrees=True)
    return case


def _talk(case: Case, said: Sequence[tuple[Side, str, bool]], day: int) -> None:
    for place, (side, text, is_response) in enumerate(said):
        where = case.where(case.sides[side], at(case.stage.now, day, 18 + place))
        talking.say(case.session, **where, message_id=uuid4(), text=text, is_response=is_response)


def _offer(
    case: Case, side: Side, kind: OfferKind, amount: int, text: str, day: int, answer: OfferVerb | None
) -> None:
    """It holds for three weeks; the other side answers the next hour, or has not yet."""
    now, offer_id = at(case.stage.now, day, 20), uuid4()
    offered = Offered(kind, amount, text, today_of(now) + timedelta(days=21))
    offering.make_offer(case.session, **case.where(case.sides[side], now), offer_id=offer_id, offered=offered)
    if answer:
        other = case.sides[Side.A if side is Side.B else Side.B]
        where = case.where(other, now + timedelta(hours=1))
        offering.decide_offer(case.session, **where, offer_id=offer_id, verb=answer)
