"""The demo's moderation: posts that were hidden, an appeal and a report that wait, and a neighbour who may only read for some days."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlmodel import Session

from app.cli.demo.people import named, owner_of
from app.cli.demo.stage import Stage, at
from app.rules.deliberations.moderation import Act, ReportKind
from app.services.deliberations.acts import Order
from app.services.deliberations.appeals import appeal
from app.services.deliberations.cases import Target
from app.services.deliberations.moderating import judge_content
from app.services.deliberations.posting import NewPost, write_post
from app.services.deliberations.reports import report_content
from app.services.trail import Actor

_ANGRY, _CRITIC, _REPORTER = "5-1-302", "1-2-502", "5-2-501"

_RUDE = "一楼那几户就是自私，只想着自己清静，别人家着火都不管。"
_WHY_HIDDEN = "说邻居“自私”是人身攻击，请就事论事，谈距离和噪声"
_APPEAL = "我说的是有人不同意往北挪，没有点名，也没有骂人。着火的事隔壁小区真的发生过，请再看一看。"
_RUMOUR = "谁反对就是收了停车场的好处，我已经把名单发到业主群里了。"
_WHY_RUMOUR = "没有依据说邻居收了好处，并公布邻居名单，泄露他人隐私"
_WHY_MUTED = "发言被隐藏后继续指责邻居，又在业主群里公布名单"
_OFF_TOPIC = "停车费一年收多少、用到哪里了，物业什么时候公布？"
_WHY_REPORTED = "这里商量充电棚，停车费的事请另外提议题。"


def tell(stage: Stage, thread_id: UUID) -> list[dict[str, str]]:
    """Add the story to the thread about the charging shed; the neighbour it is about, to sign in as."""
    with stage.database.transaction() as session:
        angry = owner_of(session, stage, _ANGRY)
        rude = _post(session, stage, thread_id, angry, _RUDE, -4)
        hidden = _act(session, stage, rude, Act.HIDE, named(session, "赵敏"), _WHY_HIDDEN, -4)
        appeal(
            session,
            estate_id=stage.estate_id,
            number=hidden,
            appeal_id=uuid4(),
            account_id=angry.id,
            text=_APPEAL,
            now=at(stage.now, -3, 8),
        )
        rumour = _post(session, stage, thread_id, angry, _RUMOUR, -2)
        _act(session, stage, rumour, Act.HIDE, stage.actor, _WHY_RUMOUR, -2)
        _act(session, stage, rumour, Act.MUTE, stage.actor, _WHY_MUTED, -2, days=7)
        asked = _post(session, stage, thread_id, owner_of(session, stage, _CRITIC), _OFF_TOPIC, -1)
        report_content(
            session,
            estate_id=stage.estate_id,
            target=asked,
            account_id=owner_of(session, stage, _REPORTER).id,
            why=ReportKind.OFF_TOPIC,
            text=_WHY_REPORTED,
            now=at(stage.now, -1, 20),
        )
    caption = "业主，发言被隐藏，正在禁言：看理由，已经申诉了一次"
    return [{"account_id": str(angry.id), "name": angry.name, "caption": caption}]


def _post(session: Session, stage: Stage, thread_id: UUID, who: Actor, text: str, day: int) -> Target:
    """At seven in the evening of that day."""
    posted = write_post(
        session,
        estate_id=stage.estate_id,
        thread_id=thread_id,
        post=NewPost(id=uuid4(), text=text),
        account_id=who.id,
        now=at(stage.now, day, 19),
    )
    return Target(thread_id=thread_id, seq=posted.seq)


def _act(
    session: Session,
    stage: Stage,
    target: Target,
    act: Act,
    who: Actor,
    reason: str,
    day: int,
    *,
    days: int = 0,
) -> int:
    """An hour after the post."""
    order = Order(id=uuid4(), actor=who, now=at(stage.now, day, 20), reason=reason)
    return judge_content(session, estate_id=stage.estate_id, target=target, act=act, order=order, days=days)
