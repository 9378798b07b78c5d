"""Ids of the demo's people's side by name, and what it lacks: a meeting under way, and mediations that begin."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app.config import Settings
from app.models.accounts import Grant
from app.models.estates import Unit
from app.models.guides import GuideQuestion
from app.models.mediation import MediationCase
from app.models.meetings import Meeting
from app.models.surveys import AnswerSheet, Survey
from app.rules.accounts import Duty
from app.rules.guides.questions import QuestionState
from app.rules.mediation.cases import Kind, Side, State
from app.rules.meetings.door import door_token
from app.rules.meetings.kinds import MeetingKind, RoomRole
from app.services.guides.cards import list_published
from app.services.mediation import mediators, opening, preparing
from app.services.mediation.opening import Told
from app.services.meetings import door, drafting, inviting, recording, speaking
from app.services.meetings.drafting import Holder, Item, Typed
from app.services.trail import Actor

Facts = dict[str, str]


def furnish_people(
    session: Session, settings: Settings, estate_id: UUID, people: dict[str, UUID], now: datetime
) -> Facts:
    """Put it there, and return what the addresses of its pages need."""
    facts = _mediations(session, estate_id, people, now)
    facts["meeting-now"] = _meeting(session, settings, estate_id, people, now)
    cards = {card.text.title: card for card in list_published(session, estate_id=estate_id, now=now)}
    facts["guide"] = str(cards["加装电梯，要多少业主同意"].id)
    facts["guide-outdated"] = str(next(card.id for card in cards.values() if card.outdated))
    older, newer = session.exec(select(Survey.id).order_by(col(Survey.number))).all()
    meetings = {meeting.title: str(meeting.id) for meeting in session.exec(select(Meeting))}
    cases = {case.state: str(case.id) for case in session.exec(select(MediationCase))}
    wang = (AnswerSheet.account_id == people["王建国"], AnswerSheet.survey_id == older)
    single = {
        "501": select(Unit.id).where(Unit.building == "3", Unit.room == "501"),
        "grant": select(Grant.id).where(Grant.duty == Duty.EXPLAINER),
        "question": select(GuideQuestion.id).where(GuideQuestion.state == QuestionState.WAITING),
        "sheet": select(AnswerSheet.id).where(*wang).limit(1),
    }
    facts |= {name: str(session.exec(query).one()) for name, query in single.items()}
    return {
        **facts,
        "survey": str(newer),
        "survey-closed": str(older),
        "meeting-coming": meetings["充电棚放在哪里，怎么收费"],
        "meeting-record": meetings["3号楼1单元门口的坡道怎么做"],
        "meeting-done": meetings["楼道堆放的东西怎么清理"],
        "case": cases[State.TALKING],
        "case-settled": cases[State.AGREED],
        "li": str(people["李秀英"]),
    }


def _meeting(
    session: Session, settings: Settings, estate_id: UUID, people: dict[str, UUID], now: datetime
) -> str:
    """It began a moment ago: some are there, one speaks and one waits, and the record is begun."""
    desk = Actor(people["陈洁"], "陈洁")
    where = {"estate_id": estate_id, "meeting_id": uuid4()}
    began, secret = now - timedelta(minutes=5), settings.resolved_secret()
    typed = Typed(
        kind=MeetingKind.RESIDENTS,
        title="居民公约怎么改",
        place="居委会二楼会议室",
        starts_at=began,
        ends_at=began + timedelta(hours=8),
        scope="estate",
        eligible=60,
        quorum_source="《城市居民委员会组织法》第九条",
        items=(Item("停车和充电的几条", 30), Item("举手表决", 20)),
        roles=(
            Holder(RoomRole.CHAIR, account_id=desk.id),
            Holder(RoomRole.RECORDER, account_id=people["赵敏"]),
        ),
    )
    before = now - timedelta(days=8)
    drafting.save_meeting(session, **where, typed=typed, actor=desk, now=before)
    inviting.invite(session, **where, actor=desk, now=before)
    for name in ("王建国", "李永福"):
        token = door_token(secret, where["meeting_id"], began)
        door.sign_in(session, **where, account_id=people[name], token=token, secret=secret, now=began)
        speaking.ask(session, **where, speech_id=uuid4(), account_id=people[name], now=now)
    someone = uuid4()
    door.sign_in_by_name(
        session, **where, attendance_id=someone, name="何玉梅", home="5-2-602", actor=desk, now=now
    )
    speaking.call_next(session, **where, seen=None, actor=desk, now=now)
    recording.start_record(session, **where, record_id=uuid4(), actor=desk, now=now)
    return str(where["meeting_id"])


def _mediations(session: Session, estate_id: UUID, people: dict[str, UUID], now: datetime) -> Facts:
    """One waits for anybody, one is being prepared, and of one 李秀英 is asked whether she consents."""
    facts: Facts = {}
    mediator = people["冯玉清"]
    home = session.exec(select(Unit.id).where(Unit.building == "3", Unit.room == "402")).one()
    for name, who in (("waiting", "钱小雨"), ("preparing", "王建国"), ("asking", "王建国")):
        told = Told(Kind.NOISE, "3号楼1单元402室", "楼上楼下晚上声音大，睡不好，想请人说一说。")
        case_id = opening.open_case(
            session,
            estate_id=estate_id,
            form_id=uuid4(),
            told=told,
            actor=Actor(people[who], who),
            now=now,
        )
        facts[f"case-{name}"] = str(case_id)
        if name == "waiting":
            continue
        where = {"estate_id": estate_id, "case_id": case_id, "account_id": mediator, "now": now}
        mediators.take_case(session, **where, disclose=False)
        preparing.write_summary(session, **where, summary="两家商量晚上的声音，怎样都能睡好。")
        person = people["李秀英"]
        preparing.add_party(session, **where, unit_id=home, party_id=person, side=Side.B)
        if name == "asking":
            preparing.ask_parties(session, **where)
    return facts
