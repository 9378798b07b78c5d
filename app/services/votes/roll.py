"""Votes: the roll, read from the register, frozen at notice, corrected only by a further revision before opening."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.estates import Owner, Ownership, Unit
from app.models.votes import RollEntry, RollVoter, ScopeLevel, Vote
from app.rules.estates import labels
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.votes import rolls
from app.rules.votes.heads import Holding, developer_of, exercised_by, head_of
from app.rules.votes.rulesets import Inclusion, RuleSet
from app.services.votes import costs


@dataclass(frozen=True, slots=True)
class RollLine:
    """A home as it would stand on the roll; `area` in hundredths of a square metre, `share` in fen."""

    unit_id: UUID
    building: str
    entrance: str
    floor: int
    room: str
    kind: UnitKind
    status: UnitStatus
    heirs_proving: bool
    area: int
    head_key: str
    owner_names: tuple[str, ...]
    voter_ids: tuple[UUID, ...]
    share: int | None = None


def votable_kinds(rules: RuleSet) -> frozenset[UnitKind]:
    kinds = {UnitKind.DWELLING, UnitKind.SHOP}
    if rules.parking is Inclusion.INCLUDE:
        kinds.add(UnitKind.PARKING)
    if rules.storage is Inclusion.INCLUDE:
        kinds.add(UnitKind.STORAGE)
    return frozenset(kinds)


def read_roll(session: Session, vote: Vote, rules: RuleSet) -> list[RollLine]:
    """The roll as the living register has it now, in the order of the building. Raises `Conflict` for an ownerless home."""
    return costs.with_shares(read_lines(session, vote, rules), vote.cost)


def read_line(session: Session, vote: Vote, rules: RuleSet, unit_id: UUID) -> RollLine | None:
    """One home as the register has it now, without a share; None when it has no place on this vote's roll."""
    return next(iter(read_lines(session, vote, rules, only=unit_id)), None)


def read_lines(session: Session, vote: Vote, rules: RuleSet, *, only: UUID | None = None) -> list[RollLine]:
    """The same without the cost table, or only the line of one home."""
    estate = _register(session, vote.estate_id)
    holdings = {
        unit.id: Holding(frozenset(str(owner.id) for owner in owners), unit.status) for unit, owners in estate
    }
    developer = developer_of(holdings.values())
    kinds = votable_kinds(rules)
    lines = []
    for unit, owners in estate:
        if unit.kind not in kinds or not _in_scope(vote, unit) or only not in {None, unit.id}:
            continue
        if not owners:
            raise Conflict(
                N_("%(home)s 没有登记业主，请先在名册里补上再公告"), code="no_owner", home=home_label(unit)
            )
        lines.append(_line(unit, owners, holdings[unit.id], developer))
    return lines


def _line(unit: Unit, owners: Sequence[Owner], holding: Holding, developer: frozenset[str]) -> RollLine:
    head = head_of(holding, developer)
    voters = tuple(sorted(UUID(key) for key in exercised_by(holding, developer)))
    if unit.representative_id in voters:
        voters = (unit.representative_id,)
    # Who the heirs are is not proved yet, so nobody may cast; the home still counts in both denominators.
    if unit.heirs_proving:
        voters = ()
    return RollLine(
        unit_id=unit.id,
        building=unit.building,
        entrance=unit.entrance,
        floor=unit.floor,
        room=unit.room,
        kind=unit.kind,
        status=unit.status,
        heirs_proving=unit.heirs_proving,
        area=unit.area,
        # Hashed, so that the roll that is handed out names no owner.
        head_key=hashlib.sha256(head.encode()).hexdigest()[:32],
        owner_names=tuple(owner.name for owner in owners),
        voter_ids=voters,
    )


def _register(session: Session, estate_id: UUID) -> list[tuple[Unit, list[Owner]]]:
    units = session.exec(select(Unit).where(Unit.estate_id == estate_id)).all()
    owned: dict[UUID, list[Owner]] = {unit.id: [] for unit in units}
    rows = session.exec(
        select(Ownership.unit_id, Owner)
        .join(Owner, col(Owner.id) == Ownership.owner_id)
        .where(Owner.estate_id == estate_id)
        .order_by(col(Ownership.position))
    )
    for unit_id, owner in rows:
        owned[unit_id].append(owner)
    ordered = sorted(units, key=_standing_order)
    return [(unit, owned[unit.id]) for unit in ordered]


def _standing_order(unit: Unit) -> tuple[object, ...]:
    return (
        labels.in_order(unit.building),
        labels.in_order(unit.entrance),
        unit.floor,
        labels.in_order(unit.room),
    )


def _in_scope(vote: Vote, unit: Unit) -> bool:
    if vote.scope_level is ScopeLevel.ESTATE:
        return True
    if unit.building != vote.scope_building:
        return False
    return vote.scope_level is ScopeLevel.BUILDING or unit.entrance == vote.scope_entrance


def home_label(home: Unit | RollEntry | RollLine) -> str:
    """A home in the words people use: 3号楼1单元402室."""
    return labels.home_label(home.building, home.entrance, home.room)


def line_document(line: RollLine) -> dict[str, object]:
    """Everything that decides a line's weight and who may cast it: what its hash is over, and an outsider is shown."""
    return {
        "unit": str(line.unit_id),
        "home": [line.building, line.entrance, line.floor, line.room],
        "kind": line.kind.value,
        "status": line.status.value,
        "area": line.area,
        "head": line.head_key,
        "voters": sorted(str(voter) for voter in line.voter_ids),
        "share": -1 if line.share is None else line.share,
    }


roll_hash = rolls.roll_hash


def line_hash(line: RollLine) -> str:
    return rolls.entry_hash(line_document(line))


def freeze(
    session: Session, vote: Vote, lines: Sequence[RollLine], *, revision: int = 1, struck: bool = False
) -> None:
    """Write lines as entries of the roll with the owners who may cast them."""
    for line in lines:
        session.add(
            RollEntry(
                vote_id=vote.id,
                unit_id=line.unit_id,
                revision=revision,
                struck=struck,
                building=line.building,
                entrance=line.entrance,
                floor=line.floor,
                room=line.room,
                kind=line.kind,
                status=line.status,
                heirs_proving=line.heirs_proving,
                area=line.area,
                head_key=line.head_key,
                owner_names="、".join(line.owner_names)[:300],
                share=line.share,
                entry_hash=line_hash(line),
            )
        )
        for owner_id in line.voter_ids:
            session.add(
                RollVoter(vote_id=vote.id, unit_id=line.unit_id, revision=revision, owner_id=owner_id)
            )
    session.flush()


_any = sa.orm.aliased(RollEntry)
# Not `NOT EXISTS (a later one)`: where PostgreSQL has no statistics yet it compares every line with every other.
CURRENT = (
    col(RollEntry.revision)
    == sa.select(sa.func.max(_any.revision))
    .where(col(_any.vote_id) == RollEntry.vote_id, col(_any.unit_id) == RollEntry.unit_id)
    .correlate(RollEntry)
    .scalar_subquery()
)
# The roll that counts: the last revision of each home, without those struck off.
ON_ROLL = (CURRENT, sa.not_(col(RollEntry.struck)))


def current_entries(session: Session, vote_id: UUID) -> Sequence[RollEntry]:
    """The roll that counts: the last revision of each home, without those struck off."""
    query = (
        select(RollEntry)
        .where(RollEntry.vote_id == vote_id, *ON_ROLL)
        .order_by(col(RollEntry.building), col(RollEntry.entrance), col(RollEntry.floor), col(RollEntry.room))
    )
    return session.exec(query).all()


def entries_of_account(session: Session, vote_id: UUID, account_id: UUID) -> Sequence[RollEntry]:
    """The homes whose ballot this person may cast."""
    query = (
        select(RollEntry)
        .join(
            RollVoter,
            sa.and_(
                col(RollVoter.vote_id) == RollEntry.vote_id,
                col(RollVoter.unit_id) == RollEntry.unit_id,
                col(RollVoter.revision) == RollEntry.revision,
            ),
        )
        .join(Owner, col(Owner.id) == RollVoter.owner_id)
        .where(RollEntry.vote_id == vote_id, Owner.account_id == account_id, *ON_ROLL)
        .order_by(col(RollEntry.building), col(RollEntry.entrance), col(RollEntry.floor), col(RollEntry.room))
    )
    return session.exec(query).all()
