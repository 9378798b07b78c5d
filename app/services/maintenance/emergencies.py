"""Whom to ring in a danger: the estate's own numbers before the national ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.maintenance.places import LocalPhone
from app.rules.maintenance.emergencies import BLOCKING, EMERGENCIES, Danger, Phone, phones_for


@dataclass(frozen=True, slots=True)
class Call:
    """What to do in one danger and whom to ring, in that order; a blocking one is no work order at all."""

    danger: Danger
    title: str
    todo: str
    phones: tuple[Phone, ...]
    blocking: bool


def list_calls(
    session: Session, *, estate_id: UUID, dangers: Iterable[Danger] = tuple(Danger)
) -> tuple[Call, ...]:
    """One call for each danger, all of them unless said otherwise."""
    local: defaultdict[Danger, list[Phone]] = defaultdict(list)
    query = select(LocalPhone).where(LocalPhone.estate_id == estate_id).order_by(col(LocalPhone.position))
    for row in session.exec(query):
        if row.danger in set(Danger):
            local[Danger(row.danger)].append(Phone(row.name, row.number))
    return tuple(
        Call(
            danger,
            EMERGENCIES[danger].title,
            EMERGENCIES[danger].todo,
            phones_for(danger, local),
            danger in BLOCKING,
        )
        for danger in dict.fromkeys(dangers)
    )
