"""The demo's people's side: policy cards, surveys, meetings, mediation, credits, and a home whose owners name one of them."""

from __future__ import annotations

from uuid import uuid4

from sqlmodel import Session, select

from app.cli.demo import credits, guides, mediation, meetings, surveys
from app.cli.demo.people import owner_of
from app.cli.demo.stage import Stage, at, bind
from app.models.base import NO_ID
from app.models.estates import Owner, Ownership
from app.rules.accounts import Duty, Role
from app.services.accounts.grants import grant_role
from app.services.accounts.people import ensure_account
from app.services.estates.representatives import propose_representative
from app.services.trail import SYSTEM

_STAFF = (
    ("13900000107", "郑晓岚", Role.PARTY_MEMBER, Duty.EXPLAINER, "党员，政策宣讲员：写政策卡、解答提问"),
    ("13900000108", "冯玉清", Role.PARTY_MEMBER, Duty.MEDIATOR, "党员，调解员：有一件正在谈，一件已经谈成"),
    ("13900000109", "韩松", Role.OPERATOR, Duty.NONE, "系统管理员：授予和收回身份"),
)
_CO_OWNED = "3-1-501"


def tell(stage: Stage) -> list[dict[str, str]]:
    """Load all of it; the people who come with it, to sign in as."""
    with stage.database.transaction() as session:
        people = [_staff(session, stage, *who) for who in _STAFF]
    guides.tell(stage)
    surveys.tell(stage)
    meetings.tell(stage)
    mediation.tell(stage)
    credits.tell(stage)
    with stage.database.transaction() as session:
        people.append(_asked(session, stage))
    return people


def _staff(
    session: Session, stage: Stage, phone: str, name: str, role: Role, duty: Duty, caption: str
) -> dict[str, str]:
    long_ago = at(stage.now, -90, 9)
    account = ensure_account(session, phone=phone, name=name, now=long_ago)
    estate_id = NO_ID if role is Role.OPERATOR else stage.estate_id
    grant_role(
        session, account_id=account, estate_id=estate_id, role=role, duty=duty, actor=SYSTEM, now=long_ago
    )
    return {"account_id": str(account), "name": name, "caption": caption}


def _asked(session: Session, stage: Stage) -> dict[str, str]:
    """One of a couple proposes that she casts their home's ballot; she has not answered yet."""
    proposer = owner_of(session, stage, _CO_OWNED)
    home = session.exec(
        select(Ownership).join(Owner).where(Owner.account_id == proposer.id, Ownership.position == 0)
    ).one()
    second = session.exec(
        select(Owner).join(Ownership).where(Ownership.unit_id == home.unit_id, Ownership.position == 1)
    ).one()
    account_id = bind(session, second, at(stage.now, -40, 20))
    propose_representative(
        session,
        estate_id=stage.estate_id,
        unit_id=home.unit_id,
        naming_id=uuid4(),
        owner_id=second.id,
        actor=proposer,
        now=at(stage.now, -1, 20),
    )
    caption = "和丈夫共有 3 号楼 1 单元 501 室：丈夫推举她投票，等她答复"
    return {"account_id": str(account_id), "name": second.name, "caption": caption}
