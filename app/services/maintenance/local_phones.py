"""The numbers an estate adds before the national ones: its lift firm's rescue line, its gas company, its guard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.maintenance.places import LocalPhone
from app.rules.maintenance.emergencies import Danger
from app.rules.text import clean_line
from app.services import trail
from app.services.estates.units import lock_register
from app.services.trail import Actor

MOST_NAME, MOST_NUMBER = 60, 30
# More than this nobody reads in a danger.
MOST_PER_DANGER = 4
_NUMBER = re.compile(r"[0-9+][0-9 +()-]{2,29}")


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """One number of the estate's own."""

    id: UUID
    danger: str
    name: str
    number: str
    position: int


def list_phones(session: Session, *, estate_id: UUID) -> Sequence[PhoneLine]:
    """All of them, in the order to ring them."""
    query = select(LocalPhone).where(LocalPhone.estate_id == estate_id)
    rows = session.exec(query.order_by(col(LocalPhone.danger), col(LocalPhone.position)))
    return [PhoneLine(row.id, row.danger, row.name, row.number, row.position) for row in rows]


def add_phone(
    session: Session,
    *,
    estate_id: UUID,
    phone_id: UUID,
    danger: str,
    name: str,
    number: str,
    actor: Actor,
    now: datetime,
) -> None:
    """A number for one danger, rung after those that stand there already; a second arrival is the same deed.

    Raises `Invalid` naming the field, `Conflict` (`taken`, `too_many`).
    """
    if danger not in list(Danger):
        raise Invalid(N_("请选择是哪种紧急情况"), code="required", field="danger")
    name = clean_line(name, most=MOST_NAME, field="name")
    if not name:
        raise Invalid(N_("请写明这是谁的电话"), code="required", field="name")
    number = clean_line(number, most=MOST_NUMBER, field="number")
    if not _NUMBER.fullmatch(number):
        raise Invalid(
            N_("电话请只填数字、空格和连字符，例如 0512-65550301"), code="bad_phone", field="number"
        )
    lock_register(session, estate_id=estate_id)
    present = session.get(LocalPhone, phone_id)
    if present is not None:
        if present.estate_id != estate_id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    others = [line for line in list_phones(session, estate_id=estate_id) if line.danger == danger]
    if any(line.number == number for line in others):
        raise Conflict(N_("这种情况已经有这个号码了"), code="taken", field="number")
    if len(others) >= MOST_PER_DANGER:
        raise Conflict(
            N_("每种情况最多 %(most)s 个号码，请先去掉不用的"),
            code="too_many",
            field="danger",
            most=MOST_PER_DANGER,
        )
    row = LocalPhone(
        id=phone_id,
        estate_id=estate_id,
        danger=danger,
        position=max((line.position for line in others), default=-1) + 1,
        name=name,
        number=number,
    )
    session.add(row)
    session.flush()
    _record(session, row, "add", actor, now)


def remove_phone(session: Session, *, estate_id: UUID, phone_id: UUID, actor: Actor, now: datetime) -> None:
    """Take a number away; `NotFound` for another estate's."""
    lock_register(session, estate_id=estate_id)
    row = session.get(LocalPhone, phone_id)
    if row is None or row.estate_id != estate_id:
        raise NotFound(N_("没有找到这个号码，请刷新页面"))
    session.delete(row)
    session.flush()
    _record(session, row, "remove", actor, now)


def _record(session: Session, row: LocalPhone, verb: str, actor: Actor, now: datetime) -> None:
    trail.record(
        session,
        tag=f"maintenance:phone:{verb}",
        actor=actor,
        now=now,
        estate_id=row.estate_id,
        subject_kind="local_phone",
        subject_id=row.id,
        new={"danger": row.danger, "name": row.name, "number": row.number},
    )
