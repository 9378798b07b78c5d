"""Co-owners name who casts their home's ballot: one proposes, every other agrees on his own phone, or all sign a paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.models.estates import Owner, RepresentativeConsent, RepresentativeNaming, Unit
from app.rules.estates.reasons import clean_reason
from app.rules.estates.representatives import NamingState, Step, move, persons, still_missing
from app.services import files
from app.services.estates.namings import (
    agreed_to,
    co_owners,
    end,
    ensure_owner,
    ensure_steady,
    find_open,
    name_of,
    note,
    tell_all,
)
from app.services.estates.units import find_unit, lock_register, owners_of
from app.services.trail import Actor

# Each proposal sends a message to every co-owner.
MOST_A_DAY = 3


def propose_representative(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    naming_id: UUID,
    owner_id: UUID | None,
    actor: Actor,
    now: datetime,
) -> None:
    """Ask the other co-owners that `owner_id` casts the home's ballot, or with None that any of them may again.

    The same id twice is one proposal. Raises `NotAllowed` (`not_owner`, `awaits_check`), `Conflict` (`one_owner`, `naming_open`),
    `Invalid` (`owner_id`) for somebody who owns nothing here or for what is so already, `TooMany`.
    """
    lock_register(session, estate_id=estate_id)
    unit = find_unit(session, estate_id=estate_id, unit_id=unit_id)
    owners = ensure_owner(session, unit, actor.id)
    ensure_steady(session, owners, actor.id)
    present = session.get(RepresentativeNaming, naming_id)
    if present is not None:
        if (present.unit_id, present.proposed_by) != (unit_id, actor.id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    _ensure_may_propose(session, unit, owners, owner_id, actor.id, now)
    naming = RepresentativeNaming(
        id=naming_id,
        estate_id=estate_id,
        unit_id=unit_id,
        owner_id=owner_id,
        state=NamingState.OPEN,
        proposed_by=actor.id,
        proposed_at=now,
    )
    session.add(naming)
    session.flush()
    _agree(session, naming, actor.id, now)
    note(session, naming, unit, "propose", actor, now, before=unit.representative_id)
    proposer = next(owner.name for owner in owners if owner.account_id == actor.id)
    tell_all(session, naming, unit, "naming_asked", now, but=actor.id, name=proposer)


def _ensure_may_propose(
    session: Session, unit: Unit, owners: list[Owner], owner_id: UUID | None, account_id: UUID, now: datetime
) -> None:
    if persons(co_owners(owners)) < 2:
        raise Conflict(N_("这套房屋只登记了一位业主，由他本人投票，不用推举"), code="one_owner")
    if find_open(session, unit_id=unit.id) is not None:
        raise _waiting()
    if owner_id is not None and all(owner.id != owner_id for owner in owners):
        raise Invalid(N_("表决代表必须是这套房屋的业主"), field="owner_id")
    if owner_id == unit.representative_id:
        raise Invalid(N_("现在就是这样登记的，不用再推举"), field="owner_id")
    query = select(sa.func.count()).where(
        RepresentativeNaming.unit_id == unit.id,
        RepresentativeNaming.proposed_by == account_id,
        col(RepresentativeNaming.proposed_at) > now - timedelta(days=1),
    )
    if session.exec(query).one() >= MOST_A_DAY:
        raise TooMany(N_("今天已经提议了 %(most)s 次，请明天再提"), most=MOST_A_DAY, seconds=86400)


def _waiting() -> Conflict:
    return Conflict(N_("这套房屋已经有一个推举在等共有人答复，请先把它办完"), code="naming_open")


def _agree(session: Session, naming: RepresentativeNaming, account_id: UUID, now: datetime) -> None:
    session.add(RepresentativeConsent(naming_id=naming.id, account_id=account_id, agreed_at=now))
    session.flush()


def _find(
    session: Session, estate_id: UUID, unit_id: UUID, naming_id: UUID
) -> tuple[RepresentativeNaming, Unit]:
    """Under the register's lock, so that two who agree at once see each other."""
    lock_register(session, estate_id=estate_id)
    unit = find_unit(session, estate_id=estate_id, unit_id=unit_id)
    session.refresh(unit)
    naming = session.get(RepresentativeNaming, naming_id, populate_existing=True)
    if naming is None or naming.unit_id != unit_id or naming.estate_id != estate_id:
        raise NotFound(N_("没有找到这次推举"))
    return naming, unit


def agree_to_representative(
    session: Session, *, estate_id: UUID, unit_id: UUID, naming_id: UUID, actor: Actor, now: datetime
) -> UUID | None:
    """A co-owner agrees; with the last one the register changes, and the proposer's account is handed back.

    Agreeing twice is one deed. Raises `NotAllowed` (`not_owner`, `awaits_check`), `Conflict` (`naming_over`).
    """
    naming, unit = _find(session, estate_id, unit_id, naming_id)
    owners = ensure_owner(session, unit, actor.id)
    ensure_steady(session, owners, actor.id)
    agreed = agreed_to(session, naming.id)
    if actor.id in agreed:
        return None
    move(naming.state, Step.AGREE)
    _agree(session, naming, actor.id, now)
    if still_missing(co_owners(owners), agreed | {actor.id}):
        return None
    end(session, naming, unit, Step.AGREE, actor=actor, now=now)
    _tell_agreed(session, naming, unit, owners, now, paper=False)
    return naming.proposed_by


def refuse_representative(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    naming_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """One co-owner refuses, and it is over; the others read the reason. The proposer withdraws instead.

    Refusing twice is one deed. Raises `NotAllowed` (`not_owner`, `own_naming`), `Conflict` (`naming_over`), `Invalid`.
    """
    naming, unit = _find(session, estate_id, unit_id, naming_id)
    ensure_owner(session, unit, actor.id)
    if naming.state is NamingState.REFUSED and naming.ended_by == actor.id:
        return
    if naming.proposed_by == actor.id:
        raise NotAllowed(N_("这是您自己提议的，不想办了请点“撤回”"), code="own_naming")
    move(naming.state, Step.REFUSE)
    why = clean_reason(reason)
    end(session, naming, unit, Step.REFUSE, actor=actor, now=now, reason=why)
    tell_all(session, naming, unit, "naming_refused", now, but=actor.id)


def withdraw_naming(
    session: Session, *, estate_id: UUID, unit_id: UUID, naming_id: UUID, actor: Actor, now: datetime
) -> None:
    """The proposer takes it back before all have agreed; twice is one deed."""
    naming, unit = _find(session, estate_id, unit_id, naming_id)
    ensure_owner(session, unit, actor.id)
    if naming.proposed_by != actor.id:
        raise NotAllowed(N_("只有提议的人可以撤回。您不同意的话，请点“不同意”"), code="not_proposer")
    if naming.state is NamingState.WITHDRAWN:
        return
    end(session, naming, unit, Step.WITHDRAW, actor=actor, now=now)
    tell_all(session, naming, unit, "naming_withdrawn", now, but=actor.id)


def confirm_on_paper(
    session: Session,
    *,
    estate_id: UUID,
    unit_id: UUID,
    naming_id: UUID,
    reason: str,
    scan: bytes,
    scan_name: str,
    actor: Actor,
    now: datetime,
) -> UUID | None:
    """The committee saw a paper signed by those who did not agree by phone; the proposer's account is handed back.

    Confirming twice is one deed. Raises `NotAllowed` (`own_case`) for a co-owner, `Invalid` (`reason`, `scan`), `Conflict`.
    """
    naming, unit = _find(session, estate_id, unit_id, naming_id)
    owners = list(owners_of(session, unit_id=unit.id))
    if naming.state is NamingState.AGREED and naming.paper_id and naming.ended_by == actor.id:
        return None
    if actor.id in {naming.proposed_by, *(owner.account_id for owner in owners)}:
        raise NotAllowed(N_("这是您自己家的事，请由另一位工作人员办理"), code="own_case")
    move(naming.state, Step.AGREE)
    why = clean_reason(reason)
    if not scan:
        raise Invalid(N_("请上传共有人签字的书面材料的照片"), field="scan")
    paper_id = files.store_image(
        session,
        estate_id=estate_id,
        name=scan_name,
        content=scan,
        uploaded_by=actor.id,
        now=now,
        private=True,
        field="scan",
    )
    end(session, naming, unit, Step.AGREE, actor=actor, now=now, reason=why, paper_id=paper_id)
    _tell_agreed(session, naming, unit, owners, now, paper=True)
    return naming.proposed_by


def _tell_agreed(
    session: Session,
    naming: RepresentativeNaming,
    unit: Unit,
    owners: list[Owner],
    now: datetime,
    *,
    paper: bool,
) -> None:
    template = "naming_paper" if paper else "naming_agreed"
    tell_all(session, naming, unit, template, now, name=name_of(owners, naming.owner_id))
