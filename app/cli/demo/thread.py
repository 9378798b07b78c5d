"""The demo's deliberation: neighbours talk about where the charging shed goes, and mark what might be agreed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from app.cli.demo.people import named, owner_of
from app.cli.demo.stage import Stage as Scene
from app.cli.demo.stage import at
from app.models.proposals import Proposal
from app.rules.accounts import Duty
from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Mark, Stance
from app.services.deliberations import opening, posting, reacting, statements
from app.services.deliberations.posting import NewPost
from app.services.deliberations.staffing import Appointment
from app.services.trail import Actor

_STAGES = ((Stage.OPINIONS, -9), (Stage.MEETING, 2), (Stage.CONSENSUS, 5), (Stage.CLOSED, 15))

# who, stance, text, the post it replies to, days ago
_TALK = (
    ("1-1-601", Stance.SUPPORT, "支持。楼道里充电太危险了，去年隔壁小区就着过火。", 0, -8),
    ("5-1-102", Stance.CONCERN, "我家就在西门边上，一楼，担心晚上充电的人来来往往吵，棚子也会挡光。", 0, -8),
    ("1-1-201", Stance.QUESTION, "要占两个停车位，车位本来就不够，有没有别的地方？", 0, -7),
    ("王建国", "", "可以往北挪五米，离一楼窗户远一些，那里现在堆着旧花盆。", 2, -7),
    ("陈洁", "", "量过了：往北挪五米只占一个车位，离最近的窗户十一米。", 3, -6),
    ("5-2-501", Stance.QUESTION, "电费怎么收？会不会比家里贵很多？", 0, -5),
)
_MARKS = (
    ("1-1-201 1-1-301 1-2-201", Mark.AGREE),
    ("1-1-401 1-2-301 5-2-301 3-1-401", Mark.AGREE),
    ("1-1-601 1-2-502 5-2-501 5-2-601", Mark.AGREE),
    ("5-1-102 5-1-301 5-1-302", Mark.DISAGREE),
)


def tell(scene: Scene, title: str) -> UUID:
    """A thread in its opinions about the proposal of that title, with a statement that floors see differently; its id."""
    with scene.database.transaction() as session:
        proposal = session.exec(select(Proposal).where(col(Proposal.title) == title)).one()
        thread_id = _open(session, scene, proposal.id)
        for number, (who, stance, text, parent, days) in enumerate(_TALK):
            new = NewPost(id=uuid4(), text=text, stance=stance, reply_to=parent)
            when = at(scene.now, days, 9 + number)
            posting.write_post(
                session,
                estate_id=scene.estate_id,
                thread_id=thread_id,
                post=new,
                account_id=_who(session, scene, who).id,
                now=when,
            )
        _react(session, scene, thread_id)
        _state(session, scene, thread_id)
        return thread_id


def _who(session: Session, scene: Scene, name: str) -> Actor:
    return owner_of(session, scene, name) if "-" in name else named(session, name)


def _open(session: Session, scene: Scene, proposal_id: UUID) -> UUID:
    moderator = named(session, "赵敏")
    new = opening.NewThread(
        id=uuid4(),
        title="充电棚放在哪里，怎么收费",
        question="一、棚子放在西门哪个位置；二、要不要占车位；三、电费怎么收、钱怎么用。\n\n材料在居委会公示栏，也可以到现场看划好的线。",
        stages=tuple((stage, at(scene.now, days, 9)) for stage, days in _STAGES),
        moderators=(Appointment(moderator.id, Duty.SUPERVISOR),),
    )
    return opening.open_thread(
        session,
        estate_id=scene.estate_id,
        proposal_id=proposal_id,
        new=new,
        actor=scene.actor,
        now=at(scene.now, -13, 9),
    )


def _react(session: Session, scene: Scene, thread_id: UUID) -> None:
    where = {"estate_id": scene.estate_id, "thread_id": thread_id}
    for who, seq in (("1-2-402", 1), ("3-1-502", 1), ("5-1-301", 2), ("1-1-601", 4)):
        account_id = _who(session, scene, who).id
        reacting.set_like(
            session, **where, seq=seq, account_id=account_id, on=True, now=at(scene.now, -4, 18)
        )
    reacting.write_summary(
        session,
        **where,
        text="大家都认为楼道充电要停。目前两处没有谈拢：离一楼窗户的距离，电费的标准。",
        actor=named(session, "赵敏"),
        now=at(scene.now, -3, 20),
    )


def _state(session: Session, scene: Scene, thread_id: UUID) -> None:
    where = {"estate_id": scene.estate_id, "thread_id": thread_id}
    number = statements.draft_statement(
        session,
        **where,
        statement_id=uuid4(),
        text="充电棚往北挪五米，占一个车位",
        from_seq=4,
        actor=named(session, "赵敏"),
        now=at(scene.now, -3, 21),
    )
    for homes, mark in _MARKS:
        for place, home in enumerate(homes.split()):
            statements.mark_statement(
                session,
                **where,
                number=number,
                mark=mark,
                account_id=owner_of(session, scene, home).id,
                now=_morning(scene.now, place),
            )


def _morning(now: datetime, place: int) -> datetime:
    return at(now, -2, 8 + place)
