"""Deliberations: the author appeals against an act, once, and somebody of the committee who did not act decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.deliberations import Appeal, AppealState, ModerationAct
from app.models.outbox import Channel
from app.rules.accounts import Duty
from app.rules.deliberations.moderation import Act, clean_reason, ensure_may_judge
from app.services import outbox, trail
from app.services.deliberations.acts import Order, shorten, write_act
from app.services.deliberations.cases import HIGHEST, Case, Judge, is_committee, judge_of, lock_case
from app.services.deliberations.moderating import undo
from app.services.deliberations.muting import about_case, lift_mute, target_of

# Only what takes something away; what gives it back leaves nothing to appeal against.
APPEALABLE = frozenset({Act.HIDE, Act.REFUSE, Act.WARN, Act.MUTE})
PAGE = 20


@dataclass(frozen=True, slots=True)
class AppealLine:
    """An appeal that waits, with the act it is against."""

    id: UUID
    number: int
    act: Act
    text: str
    at: datetime
    act_reason: str
    moderator_name: str
    is_mine: bool


def get_act(session: Session, *, estate_id: UUID, number: int) -> ModerationAct:
    """The act of that number in the estate's log; raises `NotFound`."""
    query = select(ModerationAct).where(
        ModerationAct.estate_id == estate_id, ModerationAct.number == min(number, HIGHEST)
    )
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound(N_("审核记录里没有这一条"))
    return row


def ensure_may_appeal(act: ModerationAct, *, account_id: UUID) -> None:
    """Raises `NotAllowed` (`not_yours`) for anybody but the author, `Conflict` for what takes nothing away."""
    if act.author_id != account_id or act.kind is None:
        raise NotAllowed(N_("只有内容的作者可以对这条处理申诉"), code="not_yours")
    if act.act not in APPEALABLE:
        raise Conflict(N_("这条处理没有限制您的内容，不用申诉"), code="nothing_to_appeal")


def find_appeal(session: Session, *, act_id: UUID) -> Appeal | None:
    return session.exec(select(Appeal).where(Appeal.act_id == act_id)).one_or_none()


def appeal(
    session: Session,
    *,
    estate_id: UUID,
    number: int,
    appeal_id: UUID,
    account_id: UUID,
    text: str,
    now: datetime,
) -> None:
    """Ask the committee to look at an act again; the same form again is the same appeal.

    Raises as `ensure_may_appeal` does, `Invalid` for a text too short or too long, `Conflict` (`already_appealed`).
    """
    act = get_act(session, estate_id=estate_id, number=number)
    ensure_may_appeal(act, account_id=account_id)
    words = clean_reason(text, field="text")
    row = Appeal(
        id=appeal_id,
        estate_id=estate_id,
        act_id=act.id,
        account_id=account_id,
        text=words,
        at=now,
        state=AppealState.OPEN,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        known = find_appeal(session, act_id=act.id)
        if known is None or known.id != appeal_id:
            raise Conflict(N_("这条处理您已经申诉过了，每条只能申诉一次"), code="already_appealed") from None


def list_open_appeals(
    session: Session, *, estate_id: UUID, viewer_id: UUID, after: int = 0
) -> Sequence[AppealLine]:
    """Appeals that wait, in the order of their acts, one more than `PAGE`; `after` is the last act's number."""
    query = (
        select(Appeal, ModerationAct)
        .join(ModerationAct, col(ModerationAct.id) == Appeal.act_id)
        .where(
            Appeal.estate_id == estate_id,
            Appeal.state == AppealState.OPEN,
            col(ModerationAct.number) > after,
        )
        .order_by(col(ModerationAct.number))
        .limit(PAGE + 1)
    )
    return [
        AppealLine(
            id=row.id,
            number=act.number,
            act=act.act,
            text=row.text,
            at=row.at,
            act_reason=act.reason,
            moderator_name=act.moderator_name,
            is_mine=viewer_id in (act.moderator_id, act.author_id),
        )
        for row, act in session.exec(query)
    ]


def decide_appeal(
    session: Session, *, estate_id: UUID, number: int, upheld: bool | None, order: Order
) -> None:
    """Uphold or refuse an appeal; upheld, what was taken is given back in the same transaction, and both are told.

    Raises `NotAllowed` for others than the committee, for the one who acted (`own_decision`) and for the author
    (`own_content`); `Invalid` without a decision or a reason; `Conflict` when it is decided otherwise already.
    """
    act = get_act(session, estate_id=estate_id, number=number)
    case = lock_case(session, estate_id=estate_id, target=target_of(act))
    query = select(Appeal).where(Appeal.act_id == act.id).with_for_update()
    row = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound(N_("这条处理没有人申诉"))
    if not is_committee(session, estate_id=estate_id, account_id=order.actor.id):
        raise NotAllowed(N_("申诉由居委会处理"), code="not_committee")
    ensure_may_judge(order.actor.id, author=act.author_id, decided_by=act.moderator_id)
    if upheld is None:
        raise Invalid(N_("请选择申诉是否成立"), field="decision")
    state = AppealState.UPHELD if upheld else AppealState.REFUSED
    if row.state is not AppealState.OPEN:
        if (row.state, row.decided_by) == (state, order.actor.id):
            return
        raise Conflict(N_("这个申诉已经处理过了，请刷新页面"), code="already_decided")
    row.reason = clean_reason(order.reason)
    row.state, row.decided_by, row.decided_at = state, order.actor.id, order.now
    session.add(row)
    session.flush()
    if upheld:
        _give_back(session, case, act, Order(id=uuid4(), actor=order.actor, now=order.now, reason=row.reason))
    _record(session, row, act, order)
    _tell_both(session, row, act, case.title)


def _give_back(session: Session, case: Case, act: ModerationAct, order: Order) -> None:
    """Nothing to do when a moderator was quicker, or when the mute has run out."""
    if act.act is Act.MUTE:
        back = Act.UNMUTE if lift_mute(session, act, now=order.now) else None
    else:
        back = undo(session, case, act=act.act, now=order.now)
    if back is None:
        return
    interest = judge_of(session, case, account_id=order.actor.id, now=order.now).interest
    write_act(
        session,
        act=back,
        about=about_case(case),
        judge=Judge(Duty.NONE, interest),
        order=order,
        reason=order.reason,
        tell=False,
    )


def _record(session: Session, row: Appeal, act: ModerationAct, order: Order) -> None:
    trail.record(
        session,
        tag="deliberations:appeal:decide",
        actor=order.actor,
        now=order.now,
        estate_id=row.estate_id,
        subject_kind="appeal",
        subject_id=row.id,
        old={"state": AppealState.OPEN.value},
        new={"state": row.state.value, "act": act.number},
        reason=row.reason,
    )


def _tell_both(session: Session, row: Appeal, act: ModerationAct, title: str) -> None:
    people = (
        ("appeal_decided", act.author_id, Channel.SMS),
        ("appeal_of_yours", act.moderator_id, Channel.INBOX),
    )
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"{template}:{row.id}",
                template=template,
                now=row.decided_at or row.at,
                account_id=account_id,
                estate_id=row.estate_id,
                channel=channel,
                values={
                    "title": title,
                    "number": act.number,
                    "upheld": row.state is AppealState.UPHELD,
                    "reason": shorten(row.reason),
                },
                link=f"moderation/{act.number}",
            )
            for template, account_id, channel in people
        ],
    )
