"""Votes: an owner says that the posted roll is wrong; staff decide before opening, and a correction appends a revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.models.accounts import Account
from app.models.estates import Owner, Ownership, Unit
from app.models.votes import CorrectionState, EventKind, RollCorrection, RollVoter, Vote
from app.rules.text import clean_line, clean_text
from app.rules.votes.states import State
from app.services import outbox, trail
from app.services.estates.standing import standing_of
from app.services.trail import Actor
from app.services.votes import chain, roll
from app.services.votes.amending import Amendment, amend
from app.services.votes.bindings import ensure_others_hand
from app.services.votes.counting import state_at
from app.services.votes.drafting import get_vote
from app.services.votes.roll import home_label

MAX_OPEN = 5
LEAST_REASON = 4
# What the product itself asks when co-owners have agreed, and the answer that staff may send with one tap.
REPRESENTATIVE = N_(
    "这套房屋的共有业主一致商定了由谁投票，名册里已经登记。请从名册重读这一户，更正可以投票的人。"
)
REPRESENTATIVE_ANSWER = N_("共有业主一致商定，已按名册更正可以投票的人。")


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """A request as the person who made it, and the desk, see it; `home` is empty for one not on the roll."""

    id: UUID
    unit_id: UUID | None
    home: str
    account_id: UUID
    asker_name: str
    text: str
    state: CorrectionState
    reason: str
    created_at: datetime
    decided_at: datetime | None
    # The answer the form begins with, for a request that the product made itself; then `text` is a msgid too.
    suggested: str = ""


def ask_correction(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    correction_id: UUID,
    unit_id: UUID | None,
    account_id: UUID,
    text: str,
    now: datetime,
) -> UUID:
    """Keep a request; the same id a second time is the same request. `unit_id` is None for a home the roll lacks.

    Raises `Conflict` (`roll_settled`) from the opening on, `NotAllowed` for somebody who neither owns nor lives here.
    """
    vote = get_vote(session, estate_id=estate_id, vote_id=vote_id)
    present = session.get(RollCorrection, correction_id)
    if present is not None:
        if (present.vote_id, present.account_id) != (vote_id, account_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    _ensure_noticed(vote, now)
    if not standing_of(session, estate_id=estate_id, account_id=account_id).is_resident:
        raise NotAllowed(N_("只有本小区的业主和住户可以提出更正。请先认领您的房屋"))
    if (
        unit_id is not None
        and session.exec(select(Unit.id).where(Unit.id == unit_id, Unit.estate_id == estate_id)).first()
        is None
    ):
        raise NotFound(N_("没有找到这套房屋"))
    text = clean_text(text, most=1000, field="text")
    if len(text) < 5:
        raise Invalid(N_("请写明哪里不对、应该是什么，至少 5 个字"), field="text")
    asked = sa.select(sa.func.count()).select_from(RollCorrection)
    mine = asked.where(
        col(RollCorrection.vote_id) == vote_id,
        col(RollCorrection.account_id) == account_id,
        col(RollCorrection.state) == CorrectionState.OPEN,
    )
    if int(session.connection().execute(mine).scalar_one()) >= MAX_OPEN:
        raise TooMany(
            N_("您已有 %(most)s 条更正在等答复，请等居委会处理后再提"), most=MAX_OPEN, seconds=86400
        )
    session.add(
        RollCorrection(
            id=correction_id,
            vote_id=vote_id,
            unit_id=unit_id,
            account_id=account_id,
            text=text,
            state=CorrectionState.OPEN,
            created_at=now,
        )
    )
    session.flush()
    return correction_id


def list_corrections(
    session: Session, *, vote_id: UUID, account_id: UUID | None = None
) -> list[CorrectionView]:
    """The requests of one vote, open ones first; with `account_id` only that person's own."""
    query = (
        select(RollCorrection, Unit, Account.name)
        .join(Unit, col(Unit.id) == RollCorrection.unit_id, isouter=True)
        .join(Account, col(Account.id) == RollCorrection.account_id)
        .where(RollCorrection.vote_id == vote_id)
        .order_by(
            sa.case((col(RollCorrection.state) == CorrectionState.OPEN, 0), else_=1),
            col(RollCorrection.created_at),
        )
    )
    if account_id is not None:
        query = query.where(RollCorrection.account_id == account_id)
    return [
        CorrectionView(
            id=row.id,
            unit_id=row.unit_id,
            home=home_label(unit) if unit else "",
            account_id=row.account_id,
            asker_name=name,
            text=row.text,
            state=row.state,
            reason=row.reason,
            created_at=row.created_at,
            decided_at=row.decided_at,
            suggested=REPRESENTATIVE_ANSWER if row.text == REPRESENTATIVE else "",
        )
        for row, unit, name in session.exec(query)
    ]


def uphold_correction(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    correction_id: UUID,
    actor: Actor,
    reason: str,
    now: datetime,
    home: str = "",
) -> Amendment:
    """Read the home's line again from the register and append it to the roll, or strike the home from it.

    The register is mended first; a line that comes out the same is refused (`Conflict`, `same_line`). The posted cost
    table is frozen: the home keeps its share, an added home has none, and nobody else's share moves. `home` names the
    room in words for a request that named none. Raises `Conflict` (`roll_settled`) from the opening on.
    """
    locked, vote = _lock(session, estate_id, vote_id)
    correction = _undecided(session, vote, correction_id, actor)
    reason = _reason(reason)
    _ensure_noticed(vote, now)
    unit_id = correction.unit_id or _find_home(session, estate_id, home)
    amendment = amend(session, vote, unit_id)
    ensure_others_hand(session, vote=vote, unit_id=unit_id, actor=actor)
    current = roll.current_entries(session, vote.id)
    details: dict[str, object] = {
        "correction": str(correction_id),
        "revision": amendment.revision,
        "homes": len(current),
        "roll": roll.roll_hash([entry.entry_hash for entry in current]),
    }
    chain.append(session, locked, kind=EventKind.ROLL_AMEND, at=now, details=details)
    correction.unit_id = unit_id
    _decide(
        session,
        vote,
        correction,
        CorrectionState.UPHELD,
        actor,
        reason,
        now,
        old=amendment.old,
        new=amendment.new,
    )
    _tell(session, vote, correction, "correction_upheld", amendment.home, now)
    return amendment


def refuse_correction(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    correction_id: UUID,
    actor: Actor,
    reason: str,
    now: datetime,
) -> None:
    """Answer a request with a reason and leave the roll as it is; allowed after opening too, so that nobody goes unanswered."""
    _locked, vote = _lock(session, estate_id, vote_id)
    correction = _undecided(session, vote, correction_id, actor)
    _decide(session, vote, correction, CorrectionState.REFUSED, actor, _reason(reason), now)
    unit = session.get(Unit, correction.unit_id) if correction.unit_id else None
    _tell(session, vote, correction, "correction_refused", home_label(unit) if unit else "", now)


def _lock(session: Session, estate_id: UUID, vote_id: UUID) -> tuple[chain.LockedVote, Vote]:
    locked = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    if locked is None:
        raise NotFound(N_("没有找到这次表决"))
    return locked, session.get_one(Vote, vote_id, populate_existing=True)


def _ensure_noticed(vote: Vote, now: datetime) -> None:
    if vote.state is State.DRAFT:
        raise NotFound(N_("没有找到这次表决"))
    if state_at(vote, now) is not State.NOTICED:
        raise Conflict(
            N_("名册只能在投票开始前更正，现在已经不能改了；有疑问请联系居委会"), code="roll_settled"
        )


def _undecided(session: Session, vote: Vote, correction_id: UUID, actor: Actor) -> RollCorrection:
    correction = session.get(RollCorrection, correction_id, populate_existing=True)
    if correction is None or correction.vote_id != vote.id:
        raise NotFound(N_("没有找到这条更正"))
    if correction.state is not CorrectionState.OPEN:
        raise Conflict(N_("这条更正已经答复过了"), code="decided")
    if correction.account_id == actor.id:
        raise NotAllowed(N_("这条更正是您自己提的，请由另一位工作人员处理"), code="own_case")
    return correction


def _reason(text: str) -> str:
    text = clean_text(text, most=1000, field="reason")
    if len(text) < LEAST_REASON:
        raise Invalid(N_("请写明理由，提出更正的人会看到"), field="reason")
    return text


def _find_home(session: Session, estate_id: UUID, words: str) -> UUID:
    """The unit that the desk names as it is written on the roll, 3号楼1单元402室."""
    wanted = clean_line(words, most=60, field="home").replace(" ", "")
    if wanted:
        for unit in session.exec(select(Unit).where(Unit.estate_id == estate_id)):
            if home_label(unit) == wanted:
                return unit.id
    raise Invalid(
        N_("请写明是哪一套房屋，写法如“3号楼1单元402室”；名册里没有的要先在名册里添上"), field="home"
    )


def _decide(
    session: Session,
    vote: Vote,
    correction: RollCorrection,
    state: CorrectionState,
    actor: Actor,
    reason: str,
    now: datetime,
    *,
    old: Mapping[str, object] | None = None,
    new: Mapping[str, object] | None = None,
) -> None:
    correction.state, correction.reason = state, reason
    correction.decided_by, correction.decided_at = actor.id, now
    session.add(correction)
    session.flush()
    verb = "uphold" if state is CorrectionState.UPHELD else "refuse"
    trail.record(
        session,
        tag=f"votes:correction:{verb}",
        actor=actor,
        now=now,
        estate_id=vote.estate_id,
        subject_kind="vote",
        subject_id=vote.id,
        old=old,
        new=new,
        reason=reason,
    )


def _tell(
    session: Session, vote: Vote, correction: RollCorrection, template: str, home: str, now: datetime
) -> None:
    """The person who asked hears the decision; when the roll changed, so does everybody who could or can cast for the home."""
    accounts = {correction.account_id}
    if template == "correction_upheld" and correction.unit_id is not None:
        accounts |= set(_voter_accounts(session, vote.id, correction.unit_id))
    for account_id in accounts:
        outbox.post(
            session,
            outbox.Draft(
                key=f"correction:{correction.id}:{account_id}",
                template=template,
                now=now,
                account_id=account_id,
                estate_id=vote.estate_id,
                values={"title": vote.title, "home": home},
                link=f"votes/{vote.id}/roll",
            ),
        )


def _voter_accounts(session: Session, vote_id: UUID, unit_id: UUID) -> Sequence[UUID]:
    query = (
        select(Owner.account_id)
        .join(RollVoter, col(RollVoter.owner_id) == Owner.id)
        .where(RollVoter.vote_id == vote_id, RollVoter.unit_id == unit_id, col(Owner.account_id).is_not(None))
        .distinct()
    )
    return [account_id for account_id in session.exec(query) if account_id is not None]


def homes_of_askers(session: Session, *, vote_id: UUID) -> dict[UUID, tuple[str, ...]]:
    """The homes that the register gives to those who asked, for the desk: a request often says only "my flat"."""
    query = (
        select(Owner.account_id, Unit)
        .join(Ownership, col(Ownership.owner_id) == Owner.id)
        .join(Unit, col(Unit.id) == Ownership.unit_id)
        .join(RollCorrection, col(RollCorrection.account_id) == Owner.account_id)
        .where(RollCorrection.vote_id == vote_id, Owner.estate_id == Unit.estate_id)
        .order_by(col(Unit.building), col(Unit.entrance), col(Unit.room))
    )
    homes: dict[UUID, list[str]] = {}
    for account_id, unit in session.exec(query):
        if account_id is not None and home_label(unit) not in homes.setdefault(account_id, []):
            homes[account_id].append(home_label(unit))
    return {account_id: tuple(labels) for account_id, labels in homes.items()}
