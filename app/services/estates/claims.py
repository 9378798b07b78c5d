"""Claims: a person says what he is to a home, with a photo of the certificate; `claim_desk.py` decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.estates import Claim, ClaimState, Relation, Residence, Unit
from app.rules.estates.names import MAX_NAME
from app.rules.text import clean_line, clean_text
from app.services import files
from app.services.estates.units import find_unit, label_of, lock_register, owners_of

MAX_PENDING = 5
MAX_NOTE = 1000
# Who decides with the owner's weight must prove it; a tenant or relative only takes part.
WITH_PHOTO = frozenset({Relation.OWNER, Relation.HEIR})

STATE_NAMES = {
    ClaimState.PENDING: N_("等待核实"),
    ClaimState.APPROVED: N_("已通过"),
    ClaimState.REFUSED: N_("未通过"),
    ClaimState.WITHDRAWN: N_("已撤回"),
}


@dataclass(frozen=True, slots=True)
class MyClaim:
    """A claim as its maker sees it."""

    id: UUID
    home: str
    relation: Relation
    state: ClaimState
    reason: str
    created_at: datetime


def submit_claim(
    session: Session,
    *,
    estate_id: UUID,
    claim_id: UUID,
    account_id: UUID,
    unit_id: UUID | None,
    relation: str,
    name: str,
    note: str,
    photo: bytes,
    photo_name: str,
    now: datetime,
) -> UUID:
    """Put a claim before the committee; arriving twice under one id is one claim.

    Raises `Invalid` (fields `unit_id`, `relation`, `name`, `note`, `photo`) or `TooLarge`, `Conflict` when the
    person is that to the home already, has asked before, or waits for too many answers.
    """
    known = session.get(Claim, claim_id)
    if known is not None and known.account_id == account_id:
        return known.id
    # The register's lock also keeps two devices from passing the count of pending claims side by side.
    lock_register(session, estate_id=estate_id)
    called = clean_line(name, most=MAX_NAME, field="name")
    said = clean_text(note, most=MAX_NOTE, field="note")
    unit, kind = _read_choice(session, estate_id=estate_id, unit_id=unit_id, relation=relation)
    if not called:
        raise Invalid(N_("请填写您的姓名，与证件一致"), field="name")
    _check_new(session, unit=unit, account_id=account_id, relation=kind)
    if kind in WITH_PHOTO and not photo:
        raise Invalid(N_("请上传不动产权证或其他证明的照片"), field="photo")
    photo_id = _keep_photo(session, unit, account_id, photo, photo_name, now) if photo else None
    claim = Claim(
        id=claim_id,
        estate_id=estate_id,
        unit_id=unit.id,
        account_id=account_id,
        relation=kind,
        name=called,
        note=said,
        photo_id=photo_id,
        state=ClaimState.PENDING,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(claim)
    except IntegrityError:
        raise Conflict(N_("您已经申请过认领这套房屋，正在等待核实")) from None
    return claim.id


def _keep_photo(
    session: Session, unit: Unit, account_id: UUID, photo: bytes, name: str, now: datetime
) -> UUID:
    return files.store_image(
        session,
        estate_id=unit.estate_id,
        name=name,
        content=photo,
        uploaded_by=account_id,
        now=now,
        private=True,
    )


def _read_choice(
    session: Session, *, estate_id: UUID, unit_id: UUID | None, relation: str
) -> tuple[Unit, Relation]:
    if unit_id is None:
        raise Invalid(N_("请选择房号"), field="unit_id")
    if relation not in set(Relation):
        raise Invalid(N_("请选择您与这套房屋的关系"), field="relation")
    return find_unit(session, estate_id=estate_id, unit_id=unit_id), Relation(relation)


def _check_new(session: Session, *, unit: Unit, account_id: UUID, relation: Relation) -> None:
    if any(owner.account_id == account_id for owner in owners_of(session, unit_id=unit.id)):
        raise Conflict(N_("您已经是这套房屋的业主，不需要再认领"))
    lived = select(Residence).where(Residence.account_id == account_id, Residence.unit_id == unit.id)
    if relation not in WITH_PHOTO and session.exec(lived).first() is not None:
        raise Conflict(N_("您已经登记住在这套房屋，不需要再认领"))
    waiting = select(Claim).where(
        Claim.estate_id == unit.estate_id, Claim.account_id == account_id, Claim.state == ClaimState.PENDING
    )
    pending = session.exec(waiting).all()
    if any(claim.unit_id == unit.id for claim in pending):
        raise Conflict(N_("您已经申请过认领这套房屋，正在等待核实"))
    if len(pending) >= MAX_PENDING:
        raise Conflict(N_("您已有 %(most)s 个认领在等待核实，请等有结果后再申请"), most=MAX_PENDING)


def withdraw_claim(session: Session, *, estate_id: UUID, claim_id: UUID, account_id: UUID) -> None:
    """Take one's own claim back, and the photo with it; twice is one deed. Raises `NotFound` for another's."""
    claim = find_claim(session, estate_id=estate_id, claim_id=claim_id)
    if claim.account_id != account_id:
        raise NotFound(N_("没有找到这个认领"))
    if claim.state is ClaimState.WITHDRAWN:
        return
    if claim.state is not ClaimState.PENDING:
        raise Conflict(N_("这个认领已经有了结果，不能撤回"))
    claim.state = ClaimState.WITHDRAWN
    drop_photo(session, claim)


def find_claim(session: Session, *, estate_id: UUID, claim_id: UUID, lock: bool = True) -> Claim:
    query = select(Claim).where(Claim.id == claim_id, Claim.estate_id == estate_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    claim = session.exec(query).one_or_none()
    if claim is None:
        raise NotFound(N_("没有找到这个认领"))
    return claim


def drop_photo(session: Session, claim: Claim) -> None:
    """The photo has served its purpose (PIPL art. 19): its row and bytes go with the decision."""
    photo_id, claim.photo_id = claim.photo_id, None
    session.add(claim)
    session.flush()
    if photo_id:
        files.delete_file(session, estate_id=claim.estate_id, file_id=photo_id)


def list_my_claims(session: Session, *, estate_id: UUID, account_id: UUID) -> Sequence[MyClaim]:
    query = (
        select(Claim, Unit)
        .join(Unit, col(Unit.id) == Claim.unit_id)
        .where(Claim.estate_id == estate_id, Claim.account_id == account_id)
        .order_by(col(Claim.created_at).desc())
    )
    return [
        MyClaim(claim.id, label_of(unit), claim.relation, claim.state, claim.reason, claim.created_at)
        for claim, unit in session.exec(query)
    ]


def count_pending(session: Session, *, estate_id: UUID) -> int:
    query = select(sa.func.count()).where(
        col(Claim.estate_id) == estate_id, col(Claim.state) == ClaimState.PENDING
    )
    return int(session.exec(query).one())
