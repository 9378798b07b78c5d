"""Namings of a representative as rows: who owns the home, who agreed, and the one way a naming ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, NotAllowed
from app.models.estates import Owner, RepresentativeConsent, RepresentativeNaming, Unit
from app.models.votes import Vote
from app.rules.estates.representatives import CoOwner, NamingState, Step, move
from app.rules.votes.states import State
from app.services import outbox
from app.services.estates.units import label_of, owners_of
from app.services.trail import SYSTEM, Actor, record


def ensure_owner(session: Session, unit: Unit, account_id: UUID) -> list[Owner]:
    """The home's owners, for one of them; raises `NotAllowed` (`not_owner`) for everybody else, tenants and staff too."""
    owners = list(owners_of(session, unit_id=unit.id))
    if all(owner.account_id != account_id for owner in owners):
        raise NotAllowed(N_("只有这套房屋的业主可以推举表决代表"), code="not_owner")
    return owners


def ensure_steady(session: Session, owners: Sequence[Owner], account_id: UUID) -> None:
    """Raises `NotAllowed` (`awaits_check`) for an account that a clerk bound after a vote's notice and nobody checked.

    Whom a home names casts its ballot, so who may not cast does not name either.
    """
    since = [owner.waits_since for owner in owners if owner.account_id == account_id and owner.waits_since]
    if not since:
        return
    query = select(Vote.id).where(
        Vote.estate_id == owners[0].estate_id,
        col(Vote.state).in_((State.NOTICED, State.OPEN)),
        col(Vote.noticed_at) < max(since),
    )
    if session.exec(query.limit(1)).first() is not None:
        raise NotAllowed(
            N_("您的账户是公告以后由工作人员办理的，还要另一位工作人员核对，核对以后才能推举表决代表"),
            code="awaits_check",
        )


def co_owners(owners: Iterable[Owner]) -> list[CoOwner]:
    return [CoOwner(owner.id, owner.account_id) for owner in owners]


def find_open(session: Session, *, unit_id: UUID) -> RepresentativeNaming | None:
    query = select(RepresentativeNaming).where(
        RepresentativeNaming.unit_id == unit_id, RepresentativeNaming.state == NamingState.OPEN
    )
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()


def agreed_to(session: Session, naming_id: UUID) -> set[UUID]:
    """The accounts that agreed, the proposer's with them."""
    query = select(RepresentativeConsent.account_id).where(RepresentativeConsent.naming_id == naming_id)
    return set(session.exec(query))


def end(
    session: Session,
    naming: RepresentativeNaming,
    unit: Unit,
    step: Step,
    *,
    actor: Actor | None,
    now: datetime,
    reason: str = "",
    paper_id: UUID | None = None,
) -> None:
    """The one step out of `open`, with its row on the trail; raises `Conflict` (`naming_over`) for one that has ended.

    Without an actor it was the register that changed. When all agreed, the home has its representative with it.
    """
    naming.state = move(naming.state, step)
    naming.ended_by, naming.ended_at = actor.id if actor else None, now
    naming.reason, naming.paper_id = reason, paper_id
    session.add(naming)
    before = unit.representative_id
    if step is Step.AGREE:
        unit.representative_id = naming.owner_id
        session.add(unit)
    session.flush()
    verb = "paper" if paper_id else step.value
    # A co-owner's own words stay in his household: the trail is never deleted and others read it.
    spoken = reason if paper_id else ""
    note(session, naming, unit, verb, actor or SYSTEM, now, before=before, reason=spoken)


def lapse(session: Session, unit: Unit, *, now: datetime) -> None:
    """The register changed under an open naming: those who had agreed and still own the home are told that it is void."""
    naming = find_open(session, unit_id=unit.id)
    if naming is None:
        return
    end(session, naming, unit, Step.LAPSE, actor=None, now=now)
    tell_all(session, naming, unit, "naming_void", now, only=agreed_to(session, naming.id))


def note(
    session: Session,
    naming: RepresentativeNaming,
    unit: Unit,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    before: UUID | None,
    reason: str = "",
) -> None:
    record(
        session,
        tag=f"estates:naming:{verb}",
        actor=actor,
        now=now,
        estate_id=naming.estate_id,
        subject_kind="unit",
        subject_id=unit.id,
        old={"home": label_of(unit), "representative": str(before or "")},
        new={"naming": str(naming.id), "representative": str(naming.owner_id or "")},
        reason=reason,
    )


def tell_all(
    session: Session,
    naming: RepresentativeNaming,
    unit: Unit,
    template: str,
    now: datetime,
    *,
    but: UUID | None = None,
    only: Collection[UUID] | None = None,
    name: str = "",
) -> None:
    """A message to every co-owner who has an account, `but` one or `only` some; `name` is whom the template speaks of."""
    accounts = {owner.account_id for owner in owners_of(session, unit_id=unit.id) if owner.account_id}
    for account_id in sorted(accounts - {but}):
        if only is None or account_id in only:
            outbox.post(
                session,
                outbox.Draft(
                    key=f"{template}:{naming.id}:{account_id}",
                    template=template,
                    now=now,
                    values={"home": label_of(unit), "name": name},
                    account_id=account_id,
                    estate_id=naming.estate_id,
                    link=f"homes/{unit.id}/representative",
                ),
            )


def name_of(owners: Iterable[Owner], owner_id: UUID | None) -> str:
    """An owner's name, empty for none and for one who owns nothing of the home any more."""
    return next((owner.name for owner in owners if owner.id == owner_id), "")


def open_namings(session: Session, *, estate_id: UUID) -> list[tuple[RepresentativeNaming, Unit]]:
    """Those of an estate that wait for somebody, the oldest first."""
    query = (
        select(RepresentativeNaming, Unit)
        .join(Unit, col(Unit.id) == RepresentativeNaming.unit_id)
        .where(RepresentativeNaming.estate_id == estate_id, RepresentativeNaming.state == NamingState.OPEN)
        .order_by(col(RepresentativeNaming.proposed_at), col(RepresentativeNaming.id))
    )
    return list(session.exec(query))
