"""Votes: household codes (一户一码): a letter for each home with a code of its own, printed once and kept only as a keyed hash."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid
from app.models.base import table_of
from app.models.votes import RollEntry
from app.models.votes.codes import HouseholdCode
from app.rules.estates.labels import building_label
from app.rules.votes.evidence import receipt_code
from app.services import trail
from app.services.accounts.hashing import keyed_hash
from app.services.trail import Actor
from app.services.votes.principals import lock_running
from app.services.votes.roll import current_entries, home_label

# 80 bits of chance, in Crockford's alphabet with a check symbol: nobody guesses one, and a slip of the pen is noticed.
_BYTES = 10
MOST_LETTERS = 500
# Fewer letters than this, and not whole buildings, are letters for chosen homes.
LEAST_BATCH = 10
NAME_TRIES = 5
_CODE = table_of(HouseholdCode)


@dataclass(frozen=True, slots=True)
class PlainLetter:
    """What one letter says; `code` exists here and on the paper, nowhere else."""

    home: str
    code: str


@dataclass(frozen=True, slots=True)
class CodeStand:
    """How the letters of one building stand; `waiting` were printed and not scanned yet, `dead` tried too often."""

    building: str
    label: str
    homes: int
    waiting: int
    used: int
    dead: int

    @property
    def missing(self) -> int:
        """Homes that no living or used letter of this vote went to."""
        return self.homes - self.waiting - self.used


def code_hash(secret: bytes, code: str) -> str:
    """The only form in which a code is stored."""
    return keyed_hash(secret, "household", code)


def print_letters(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    building: str,
    unit_id: UUID | None,
    again: bool,
    actor: Actor,
    now: datetime,
    secret: bytes,
) -> list[PlainLetter]:
    """New codes for the homes of a building ("" for all) or for one home, in the order in which they stand.

    A home that has a letter of this vote is left out unless `again`; a new letter voids the old one, and a home named by itself
    always gets a new one. What a letter for a chosen home binds, or a second one, a second person checks; a whole batch goes to the
    homes in the sight of neighbours, and a check of each would be as many checks as homes. Raises `Conflict` (`closed`), `Invalid` (`nothing_to_print`, `too_many_letters`).
    """
    vote = lock_running(session, estate_id=estate_id, vote_id=vote_id, now=now)
    entries = current_entries(session, vote_id)
    chosen = _chosen(session, vote_id, entries, building, unit_id, again=again)
    few = unit_id is not None or _is_few(entries, chosen)
    lettered = _with_letter(session, vote_id, living=False)
    voided = _void(session, estate_id, [entry.unit_id for entry in chosen], now)
    letters = [PlainLetter(home_label(entry), receipt_code(secrets.token_bytes(_BYTES))) for entry in chosen]
    session.add_all(
        HouseholdCode(
            estate_id=estate_id,
            unit_id=entry.unit_id,
            vote_id=vote_id,
            code_hash=code_hash(secret, letter.code),
            issued_by=actor.id,
            issued_at=now,
            singled=few or entry.unit_id in lettered,
        )
        for entry, letter in zip(chosen, letters, strict=True)
    )
    session.flush()
    trail.record(
        session,
        tag="votes:code:print",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote.id,
        new={
            "letters": len(letters),
            "voided": voided,
            "building": building or "-",
            "homes": _named(letters, few),
        },
    )
    return letters


def _chosen(
    session: Session,
    vote_id: UUID,
    entries: Sequence[RollEntry],
    building: str,
    unit_id: UUID | None,
    *,
    again: bool,
) -> list[RollEntry]:
    if unit_id is not None:
        chosen = [entry for entry in entries if entry.unit_id == unit_id]
    else:
        present = set() if again else _with_letter(session, vote_id)
        chosen = [
            entry for entry in entries if building in {"", entry.building} and entry.unit_id not in present
        ]
    if not chosen:
        raise Invalid(N_("选的范围里没有要打印的信"), code="nothing_to_print", field="building")
    if len(chosen) > MOST_LETTERS:
        raise Invalid(
            N_("一次最多打印 %(most)s 封，请按楼栋分开打印"),
            code="too_many_letters",
            field="building",
            most=MOST_LETTERS,
        )
    return chosen


def _is_few(entries: Sequence[RollEntry], chosen: Sequence[RollEntry]) -> bool:
    buildings = {entry.building for entry in chosen}
    whole = sum(entry.building in buildings for entry in entries)
    return len(chosen) < min(LEAST_BATCH, whole)


def _named(letters: Sequence[PlainLetter], few: bool) -> str:
    """The homes that were chosen, for the trail; of a batch the building says it."""
    return "、".join(letter.home for letter in letters) if few else "-"


def _with_letter(session: Session, vote_id: UUID, *, living: bool = True) -> set[UUID]:
    query = select(HouseholdCode.unit_id).where(HouseholdCode.vote_id == vote_id)
    if living:
        query = query.where(col(HouseholdCode.voided_at).is_(None))
    return set(session.exec(query))


def _void(session: Session, estate_id: UUID, units: Collection[UUID], now: datetime) -> int:
    """End the living codes of these homes, whichever vote they came with; how many."""
    ending = (
        sa.update(_CODE)
        .where(
            _CODE.c.estate_id == estate_id,
            _CODE.c.unit_id.in_(list(units)),
            _CODE.c.used_at.is_(None),
            _CODE.c.voided_at.is_(None),
        )
        .values(voided_at=now)
    )
    return session.connection().execute(ending).rowcount


def stand_of_letters(session: Session, *, vote_id: UUID) -> list[CodeStand]:
    """Building by building how many homes have a letter, and how many scanned it."""
    entries = current_entries(session, vote_id)
    codes = session.exec(select(HouseholdCode).where(HouseholdCode.vote_id == vote_id)).all()
    buildings: dict[str, list[RollEntry]] = {}
    for entry in entries:
        buildings.setdefault(entry.building, []).append(entry)
    return [_stand(building, homes, codes) for building, homes in buildings.items()]


def _stand(building: str, homes: Sequence[RollEntry], codes: Sequence[HouseholdCode]) -> CodeStand:
    units = {home.unit_id for home in homes}
    mine = [code for code in codes if code.unit_id in units]
    used = {code.unit_id for code in mine if code.used_at}
    waiting = {code.unit_id for code in mine if not code.used_at and not code.voided_at} - used
    dead = {code.unit_id for code in mine if code.tries >= NAME_TRIES and not code.used_at} - used - waiting
    return CodeStand(building, building_label(building), len(units), len(waiting), len(used), len(dead))


def ensure_living(code: HouseholdCode | None) -> HouseholdCode:
    """Raises `Conflict` (`code_used`) for a used one, `Invalid` (`wrong_code`) for none, a voided or a dead one."""
    if code is None or code.voided_at is not None:
        raise Invalid(
            N_("信上的编码不对或已失效。请核对；如果居委会寄过新的信，请用新信上的编码"),
            code="wrong_code",
            field="code",
        )
    if code.used_at is not None:
        raise Conflict(N_("这封信已经用过了。不是您家用的，请马上联系居委会"), code="code_used")
    return code
