"""Votes: a digital mandate (委托): one owner, one vote, one agent, accepted by both, revocable until it is used.

Civil Code arts. 161 and 165: a declared act may be done by an agent, on a written mandate that names him; art. 469: electronic
data that can be read again is written form. Limit per agent: by the vote's rule set (Weifang art. 32: three). Staff of the property
company are refused by role (Zhoushan). The owner always beats his agent, and after use only his own ballot replaces the agent's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.accounts import Account
from app.models.base import NO_ID
from app.models.estates import Owner
from app.models.votes import BallotChannel
from app.models.votes.mandates import Mandate, MandateKind, MandateState
from app.rules.accounts import Role, mask_name
from app.rules.estates.names import MAX_NAME
from app.rules.text import clean_line, clean_text
from app.rules.votes.questions import Answers
from app.services import outbox, trail
from app.services.accounts import limits
from app.services.accounts.grants import roles_of
from app.services.accounts.people import ensure_account
from app.services.accounts.phones import is_mobile, read_phone
from app.services.trail import Actor
from app.services.votes import chain
from app.services.votes.bindings import ensure_checked
from app.services.votes.casting import Cast
from app.services.votes.principals import lock_running, principal

MAX_REASON = 500
# A message goes to any number that is named, so an owner may not name many.
OFFERS_A_DAY = 10
# What the limit of the rule set counts. An heir votes for himself, and a guardian by law and not by mandate (Civil Code art. 163).
BY_MANDATE = (MandateKind.DIGITAL, MandateKind.LETTER)
BINDING = (MandateState.IN_FORCE, MandateState.USED)
LIVE = (MandateState.OFFERED, *BINDING)


def give_mandate(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    mandate_id: UUID,
    owner_id: UUID,
    phone: str,
    name: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Offer one's right in a vote to the person with this number; the same id a second time is the same deed.

    Whether the number is known is told to nobody: an account is made for it as the first sign-in would. Raises `Invalid` for
    a number that cannot sign in or one's own, `NotAllowed` (`not_owner`, `awaits_check`), `Conflict` (`already_given`), `TooMany`.
    """
    vote = lock_running(session, estate_id=estate_id, vote_id=vote_id, now=now)
    known = session.get(Mandate, mandate_id)
    if known is not None and known.given_by == actor.id:
        return
    giver = principal(session, vote_id, owner_id)
    if giver is None or giver.account_id != actor.id:
        raise NotAllowed(N_("您不能为这套房屋投票。如果您是业主，请联系居委会核对名册"), code="not_owner")
    ensure_checked(session, vote_id=vote_id, owner_id=owner_id)
    called = _agent_name(name)
    number = read_phone(phone)
    if number is None or not is_mobile(number):
        raise Invalid(N_("这不是一个大陆手机号码，请检查后再填"), field="phone")
    limits.hit(session, key=f"mandate:{actor.id}", limit=OFFERS_A_DAY, window=timedelta(days=1), now=now)
    # Without the name: what an owner calls somebody is not yet what that person calls himself.
    agent_id = ensure_account(session, phone=number, name="", now=now)
    if agent_id == actor.id:
        raise Invalid(N_("这是您自己的号码。本人投票不用委托"), code="own_number", field="phone")
    mandate = Mandate(
        id=mandate_id,
        vote_id=vote_id,
        owner_id=owner_id,
        kind=MandateKind.DIGITAL,
        agent_id=agent_id,
        agent_name=called,
        state=MandateState.OFFERED,
        given_by=actor.id,
        given_at=now,
    )
    add_mandate(session, mandate)
    note(session, vote, mandate, "give", actor, now)
    tell_agent(session, vote, mandate, "mandate_offered", now)


def _agent_name(name: str) -> str:
    called = clean_line(name, most=MAX_NAME, field="name")
    if not called:
        raise Invalid(N_("请填写代理人的姓名"), field="name")
    return called


def add_mandate(session: Session, mandate: Mandate) -> None:
    """Raises `Conflict` (`already_given`): an owner has one live mandate in a vote."""
    try:
        with session.begin_nested():
            session.add(mandate)
    except IntegrityError:
        raise Conflict(
            N_("这位业主在本次表决里已经有一份委托。要换人，请先撤销原来的"), code="already_given"
        ) from None


def accept_mandate(
    session: Session, *, estate_id: UUID, vote_id: UUID, mandate_id: UUID, actor: Actor, now: datetime
) -> None:
    """The agent agrees, and the mandate is in force; twice is one deed.

    Raises `NotAllowed` (`staff_agent`), `Conflict` (`mandate_over` when it was revoked or refused, `proxy_limit`).
    """
    vote = lock_running(session, estate_id=estate_id, vote_id=vote_id, now=now)
    mandate = _of_agent(session, vote_id, mandate_id, actor.id)
    if mandate.state in BINDING:
        return
    _ensure_offered(mandate)
    ensure_may_be_agent(session, vote, mandate)
    _decide(session, mandate, MandateState.IN_FORCE, actor, now)
    note(session, vote, mandate, "accept", actor, now)
    tell_owner(session, vote, mandate, "mandate_accepted", now)


def refuse_mandate(
    session: Session, *, estate_id: UUID, vote_id: UUID, mandate_id: UUID, actor: Actor, now: datetime
) -> None:
    """The agent does not agree; twice is one deed. Raises `Conflict` (`mandate_over`) once it is in force or ended."""
    vote = lock_running(session, estate_id=estate_id, vote_id=vote_id, now=now)
    mandate = _of_agent(session, vote_id, mandate_id, actor.id)
    if mandate.state is MandateState.REFUSED:
        return
    _ensure_offered(mandate)
    mandate.ended_at = now
    _decide(session, mandate, MandateState.REFUSED, actor, now)
    note(session, vote, mandate, "refuse", actor, now)
    tell_owner(session, vote, mandate, "mandate_refused", now)


def revoke_mandate(
    session: Session, *, estate_id: UUID, vote_id: UUID, mandate_id: UUID, actor: Actor, now: datetime
) -> None:
    """The owner takes his mandate back, also one given by letter; twice is one deed.

    Raises `NotFound` for another's, `NotAllowed` (`awaits_check`), `Conflict` (`mandate_used`) once the agent has cast.
    """
    vote = lock_running(session, estate_id=estate_id, vote_id=vote_id, now=now)
    mandate = get_mandate(session, vote_id, mandate_id)
    owner = session.get_one(Owner, mandate.owner_id)
    if owner.account_id != actor.id or mandate.kind not in BY_MANDATE:
        raise _missing()
    ensure_checked(session, vote_id=vote_id, owner_id=owner.id)
    _end(session, vote, mandate, actor, now, reason="")


def revoke_at_desk(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    mandate_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """The desk ends a mandate that came on paper, because the owner said so there or the paper turned out wrong."""
    vote = lock_running(session, estate_id=estate_id, vote_id=vote_id, now=now)
    mandate = get_mandate(session, vote_id, mandate_id)
    if mandate.kind is MandateKind.DIGITAL:
        raise NotAllowed(N_("手机上给的委托只有业主本人能撤销"), code="not_paper")
    _end(session, vote, mandate, actor, now, reason=read_reason(reason))
    tell_owner(session, vote, mandate, "mandate_ended", now)


def agent_cast(
    *,
    estate_id: UUID,
    vote_id: UUID,
    mandate_id: UUID,
    unit_id: UUID,
    account_id: UUID,
    answers: Answers,
    key: str,
    received_at: datetime,
) -> Cast:
    """An agent's ballot, for the writer; whether the mandate is in force is judged under the vote's lock."""
    return Cast(
        estate_id=estate_id,
        vote_id=vote_id,
        unit_id=unit_id,
        account_id=account_id,
        answers=answers,
        key=key,
        received_at=received_at,
        channel=BallotChannel.PROXY,
        mandate_id=mandate_id,
    )


def read_reason(text: str) -> str:
    """Raises `Invalid` (field `reason`) for less than five characters."""
    reason = clean_text(text, most=MAX_REASON, field="reason")
    if len(reason) < 5:
        raise Invalid(N_("请写明理由，至少 %(least)s 个字"), field="reason", least=5)
    return reason


def _end(
    session: Session, vote: chain.LockedVote, mandate: Mandate, actor: Actor, now: datetime, *, reason: str
) -> None:
    if mandate.state is MandateState.REVOKED:
        return
    if mandate.state is MandateState.USED:
        raise Conflict(
            N_("代理人已经投了票，委托不能再撤销；规则允许改票的，业主本人可以重新投票代替它"),
            code="mandate_used",
        )
    if mandate.state is MandateState.REFUSED:
        raise Conflict(N_("这份委托已经结束了"), code="mandate_over")
    mandate.state, mandate.ended_at, mandate.reason = MandateState.REVOKED, now, reason
    session.add(mandate)
    session.flush()
    note(session, vote, mandate, "revoke", actor, now, reason=reason)
    tell_agent(session, vote, mandate, "mandate_revoked", now)


def _decide(session: Session, mandate: Mandate, state: MandateState, actor: Actor, now: datetime) -> None:
    mandate.state, mandate.decided_by, mandate.decided_at = state, actor.id, now
    session.add(mandate)
    session.flush()


def get_mandate(session: Session, vote_id: UUID, mandate_id: UUID) -> Mandate:
    """A mandate of this vote as it is under the lock; another vote's is `NotFound`."""
    query = select(Mandate).where(Mandate.id == mandate_id, Mandate.vote_id == vote_id)
    mandate = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if mandate is None:
        raise _missing()
    return mandate


def _of_agent(session: Session, vote_id: UUID, mandate_id: UUID, account_id: UUID) -> Mandate:
    mandate = get_mandate(session, vote_id, mandate_id)
    if mandate.agent_id != account_id or mandate.kind is not MandateKind.DIGITAL:
        raise _missing()
    return mandate


def _missing() -> NotFound:
    return NotFound(N_("没有找到这份委托"))


def _ensure_offered(mandate: Mandate) -> None:
    if mandate.state is not MandateState.OFFERED:
        raise Conflict(N_("这份委托已经结束了"), code="mandate_over")


def is_property_staff(session: Session, *, estate_id: UUID, account_id: UUID) -> bool:
    """Whether the person works for a firm that serves the estate."""
    return Role.PARTY_STAFF in roles_of(session, account_id=account_id, estate_id=estate_id)


def ensure_may_be_agent(session: Session, vote: chain.LockedVote, mandate: Mandate) -> None:
    """Raises `NotAllowed` (`staff_agent`) and `Conflict` (`proxy_limit`); the caller holds the vote's lock."""
    if mandate.kind not in BY_MANDATE:
        return
    if is_property_staff(session, estate_id=vote.estate_id, account_id=mandate.agent_id):
        raise NotAllowed(N_("物业等服务单位的工作人员不能代理业主投票"), code="staff_agent")
    limit = vote.rules.get("proxy_limit")
    if limit is None:
        return
    query = select(sa.func.count(sa.distinct(col(Mandate.owner_id)))).where(
        Mandate.vote_id == vote.id,
        Mandate.agent_id == mandate.agent_id,
        Mandate.owner_id != mandate.owner_id,
        col(Mandate.kind).in_(BY_MANDATE),
        col(Mandate.state).in_(BINDING),
    )
    if session.exec(query).one() >= int(str(limit)):
        raise Conflict(
            N_("本次表决规定一个人最多受 %(limit)s 位业主委托，代理人已经到了上限"),
            code="proxy_limit",
            limit=limit,
        )


def note(
    session: Session,
    vote: chain.LockedVote,
    mandate: Mandate,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    reason: str = "",
) -> None:
    """A row on the trail, with no name of a person but his who acts: the trail is never deleted."""
    told: dict[str, object] = {"mandate": str(mandate.id), "kind": mandate.kind.value}
    trail.record(
        session,
        tag=f"votes:mandate:{verb}",
        actor=actor,
        now=now,
        estate_id=vote.estate_id,
        subject_kind="vote",
        subject_id=vote.id,
        new={**told, "state": mandate.state.value},
        reason=reason,
    )


def note_refused(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    refusal: Refusal,
    actor: Actor,
    now: datetime,
    thing: str = "mandate",
) -> None:
    """Leave in the trail that somebody tried what the rules refuse; called after the attempt was undone."""
    trail.record(
        session,
        tag=f"votes:{thing}:refused",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote_id,
        new={"code": refusal.code},
        reason=str(refusal)[:MAX_REASON],
    )


def tell_agent(
    session: Session, vote: chain.LockedVote, mandate: Mandate, template: str, now: datetime
) -> None:
    """A message to the agent; the owner's name is masked, for the number may be a wrong one."""
    owner = session.get_one(Owner, mandate.owner_id)
    _tell(session, vote, mandate, template, now, mandate.agent_id, mask_name(owner.name))


def tell_owner(
    session: Session, vote: chain.LockedVote, mandate: Mandate, template: str, now: datetime
) -> None:
    """A message to the owner, when he has an account; of an heir's proof, the deceased is told nothing."""
    owner = session.get_one(Owner, mandate.owner_id)
    if owner.account_id and mandate.unit_id == NO_ID and session.get(Account, owner.account_id):
        _tell(session, vote, mandate, template, now, owner.account_id, mandate.agent_name)


def _tell(
    session: Session,
    vote: chain.LockedVote,
    mandate: Mandate,
    template: str,
    now: datetime,
    account_id: UUID,
    name: str,
) -> None:
    outbox.post(
        session,
        outbox.Draft(
            key=f"{template}:{mandate.id}:{account_id}",
            template=template,
            now=now,
            account_id=account_id,
            estate_id=vote.estate_id,
            values={"title": vote.title, "name": name},
            link=f"votes/{vote.id}/mandates",
        ),
    )
