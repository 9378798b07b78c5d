"""Who casts a home's ballot, as its co-owners see it, and what of it waits for them or for the desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.accounts import Account
from app.models.estates import Owner, Ownership, RepresentativeConsent, RepresentativeNaming, Unit
from app.rules.estates.representatives import NamingState, persons, still_missing
from app.services.estates.namings import agreed_to, co_owners, ensure_owner, find_open, name_of, open_namings
from app.services.estates.units import find_unit, label_of

MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class CoOwnerLine:
    """One of the home's owners, by name in full, for his co-owners and the desk; `agreed` is about the open naming."""

    id: UUID
    name: str
    is_me: bool
    has_account: bool
    agreed: bool


@dataclass(frozen=True, slots=True)
class NamingLine:
    """A naming; `candidate` is empty where none is to be named any more, `missing` are the names it waits for."""

    id: UUID
    unit_id: UUID
    home: str
    candidate: str
    nobody: bool
    proposer: str
    is_mine: bool
    has_agreed: bool
    owners: tuple[CoOwnerLine, ...]
    missing: tuple[str, ...]
    proposed_at: datetime
    state: NamingState
    ended_by: str
    ended_at: datetime | None
    reason: str
    paper_id: UUID | None

    @property
    def needs_paper(self) -> bool:
        """Somebody who has not agreed has no account to agree with."""
        return any(not owner.agreed and not owner.has_account for owner in self.owners)

    @property
    def is_own_case(self) -> bool:
        """The reader, if he works at the desk, is one of those it is about."""
        return self.is_mine or any(owner.is_me for owner in self.owners)


@dataclass(frozen=True, slots=True)
class RepresentativeSheet:
    """A home's co-owners, who votes for them now, the naming that is open and else the last one that ended."""

    unit_id: UUID
    home: str
    heirs_proving: bool
    several: bool
    owners: tuple[CoOwnerLine, ...]
    representative_id: UUID | None
    representative: str
    open: NamingLine | None
    last: NamingLine | None


def read_representative(
    session: Session, *, estate_id: UUID, unit_id: UUID, account_id: UUID
) -> RepresentativeSheet:
    """For a co-owner alone; raises `NotAllowed` (`not_owner`) for everybody else, `NotFound` for another estate's home."""
    unit = find_unit(session, estate_id=estate_id, unit_id=unit_id)
    owners = ensure_owner(session, unit, account_id)
    waiting = find_open(session, unit_id=unit_id)
    ended = None if waiting else _last(session, unit_id, owners, account_id)
    return RepresentativeSheet(
        unit_id=unit_id,
        home=label_of(unit),
        heirs_proving=unit.heirs_proving,
        several=persons(co_owners(owners)) > 1,
        owners=_lines(owners, account_id, agreed_to(session, waiting.id) if waiting else set()),
        representative_id=unit.representative_id,
        representative=name_of(owners, unit.representative_id),
        open=_line(session, waiting, unit, owners, account_id) if waiting else None,
        last=_line(session, ended, unit, owners, account_id) if ended else None,
    )


def list_open_namings(session: Session, *, estate_id: UUID, account_id: UUID) -> list[NamingLine]:
    """All that wait in an estate, the oldest first, for the desk."""
    return _namings(session, open_namings(session, estate_id=estate_id), account_id)


def list_on_paper(session: Session, *, estate_id: UUID, account_id: UUID) -> list[NamingLine]:
    """The last ones that the desk confirmed with a signed paper, the newest first; homes since removed are left out."""
    query = (
        select(RepresentativeNaming, Unit)
        .join(Unit, col(Unit.id) == RepresentativeNaming.unit_id)
        .where(RepresentativeNaming.estate_id == estate_id, col(RepresentativeNaming.paper_id).is_not(None))
        .order_by(col(RepresentativeNaming.ended_at).desc())
        .limit(MOST_SHOWN)
    )
    return _namings(session, session.exec(query).all(), account_id)


def count_for_paper(session: Session, *, estate_id: UUID) -> int:
    """Open namings in which an owner without an account is asked: only a signed paper can end those well."""
    query = (
        select(RepresentativeNaming.id)
        .join(Ownership, col(Ownership.unit_id) == RepresentativeNaming.unit_id)
        .join(Owner, col(Owner.id) == Ownership.owner_id)
        .where(
            RepresentativeNaming.estate_id == estate_id,
            RepresentativeNaming.state == NamingState.OPEN,
            col(Owner.account_id).is_(None),
        )
    )
    return len(session.exec(query.distinct()).all())


def awaiting_consent(session: Session, *, estate_id: UUID, account_id: UUID) -> list[tuple[UUID, str]]:
    """The homes, by id and label, in which this co-owner is asked to agree and has not answered."""
    answered = (
        select(RepresentativeConsent.naming_id)
        .where(
            RepresentativeConsent.naming_id == RepresentativeNaming.id,
            RepresentativeConsent.account_id == account_id,
        )
        .correlate(RepresentativeNaming)
        .exists()
    )
    query = (
        select(Unit)
        .join(RepresentativeNaming, col(RepresentativeNaming.unit_id) == Unit.id)
        .join(Ownership, col(Ownership.unit_id) == Unit.id)
        .join(Owner, col(Owner.id) == Ownership.owner_id)
        .where(
            RepresentativeNaming.estate_id == estate_id,
            RepresentativeNaming.state == NamingState.OPEN,
            Owner.account_id == account_id,
            ~answered,
        )
        .distinct()
    )
    return sorted(((unit.id, label_of(unit)) for unit in session.exec(query)), key=lambda home: home[1])


def _last(
    session: Session, unit_id: UUID, owners: Iterable[Owner], account_id: UUID
) -> RepresentativeNaming | None:
    """The last one that ended, for who took part in it; for the others only while all who did are still owners.

    Whoever bought the home, or a part of it, does not read what those before him disagreed on.
    """
    query = select(RepresentativeNaming).where(RepresentativeNaming.unit_id == unit_id)
    naming = session.exec(query.order_by(col(RepresentativeNaming.ended_at).desc()).limit(1)).first()
    if naming is None:
        return None
    took_part = agreed_to(session, naming.id) | {naming.proposed_by}
    # What a paper settled was ended by the desk, which owns nothing of the home.
    if naming.ended_by and naming.paper_id is None:
        took_part.add(naming.ended_by)
    still_there = {owner.account_id for owner in owners}
    return naming if account_id in took_part or took_part <= still_there else None


def _namings(
    session: Session, rows: Sequence[tuple[RepresentativeNaming, Unit]], account_id: UUID
) -> list[NamingLine]:
    """A list for the desk; the owners and consents of all of them are read at once."""
    owners: dict[UUID, list[Owner]] = {unit.id: [] for _, unit in rows}
    held = select(Ownership.unit_id, Owner).join(Owner, col(Owner.id) == Ownership.owner_id)
    of_homes = held.where(col(Ownership.unit_id).in_(owners)).order_by(col(Ownership.position))
    for unit_id, owner in session.exec(of_homes):
        owners[unit_id].append(owner)
    agreed: dict[UUID, set[UUID]] = {naming.id: set() for naming, _ in rows}
    consents = select(RepresentativeConsent.naming_id, RepresentativeConsent.account_id)
    for naming_id, who in session.exec(consents.where(col(RepresentativeConsent.naming_id).in_(agreed))):
        agreed[naming_id].add(who)
    return [
        _shown(session, naming, unit, owners[unit.id], agreed[naming.id], account_id) for naming, unit in rows
    ]


def _lines(owners: Iterable[Owner], account_id: UUID, agreed: set[UUID]) -> tuple[CoOwnerLine, ...]:
    return tuple(
        CoOwnerLine(
            owner.id,
            owner.name,
            is_me=owner.account_id == account_id,
            has_account=owner.account_id is not None,
            agreed=owner.account_id in agreed,
        )
        for owner in owners
    )


def _line(
    session: Session, naming: RepresentativeNaming, unit: Unit, owners: list[Owner], account_id: UUID
) -> NamingLine:
    return _shown(session, naming, unit, owners, agreed_to(session, naming.id), account_id)


def _shown(
    session: Session,
    naming: RepresentativeNaming,
    unit: Unit,
    owners: list[Owner],
    agreed: set[UUID],
    account_id: UUID,
) -> NamingLine:
    missing = still_missing(co_owners(owners), agreed)
    return NamingLine(
        id=naming.id,
        unit_id=unit.id,
        home=label_of(unit),
        candidate=name_of(owners, naming.owner_id),
        nobody=naming.owner_id is None,
        proposer=_person(session, owners, naming.proposed_by),
        is_mine=naming.proposed_by == account_id,
        has_agreed=account_id in agreed,
        owners=_lines(owners, account_id, agreed),
        missing=tuple(name_of(owners, owner_id) for owner_id in missing),
        proposed_at=naming.proposed_at,
        state=naming.state,
        ended_by=_person(session, owners, naming.ended_by) if naming.ended_by else "",
        ended_at=naming.ended_at,
        reason=naming.reason,
        paper_id=naming.paper_id,
    )


def _person(session: Session, owners: Iterable[Owner], account_id: UUID) -> str:
    """By the name in the register; by the account's own for the desk, or for who owns nothing of the home any more."""
    known = next((owner.name for owner in owners if owner.account_id == account_id), "")
    return known or session.get_one(Account, account_id).name
