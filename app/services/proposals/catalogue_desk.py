"""Proposals: the committee's hand in the catalogue: own items, other words for national ones, and what is not offered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid
from app.models.proposals import CatalogueItem
from app.rules.proposals.catalogue import CATALOGUE, ItemKind, ItemLabel
from app.rules.text import clean_line
from app.services import trail
from app.services.estates.units import lock_register
from app.services.proposals.catalogue import find_item
from app.services.trail import Actor

MOST_TITLE, LEAST_TITLE, MOST_SOURCE = 30, 2, 200
MOST_OWN = 50

Kind = TypeVar("Kind", bound=StrEnum)


def add_item(
    session: Session,
    *,
    estate_id: UUID,
    item_id: UUID,
    title: str,
    kind: str,
    label: str,
    source: str,
    actor: Actor,
    now: datetime,
) -> str:
    """An item only this estate has; its key. The same form twice adds it once.

    Raises `Invalid` for what was typed, `Conflict` beyond fifty of its own.
    """
    key = f"own-{item_id.hex}"
    lock_register(session, estate_id=estate_id)
    if session.get(CatalogueItem, (estate_id, key)) is not None:
        return key
    count = select(sa.func.count()).where(
        CatalogueItem.estate_id == estate_id, col(CatalogueItem.key).startswith("own-")
    )
    if session.exec(count).one() >= MOST_OWN:
        raise Conflict(
            N_("本小区自己的项目最多 %(most)s 个，请改用已有的项目"),
            code="too_many_items",
            field="title",
            most=MOST_OWN,
        )
    row = CatalogueItem(
        estate_id=estate_id,
        key=key,
        title=_title(title),
        kind=_one_of(ItemKind, kind, "kind"),
        label=_one_of(ItemLabel, label, "label"),
        source=clean_line(source, most=MOST_SOURCE, field="source"),
    )
    session.add(row)
    session.flush()
    _record(session, "add", estate_id, actor, now, old={}, new=_shown(row))
    return key


def change_item(
    session: Session,
    *,
    estate_id: UUID,
    key: str,
    title: str,
    kind: str,
    label: str,
    hidden: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Other words, another class, or no longer on offer; what was proposed under it keeps it.

    A national item as the national list has it needs no row of its own. Raises `Invalid`.
    """
    lock_register(session, estate_id=estate_id)
    known = find_item(session, estate_id=estate_id, key=key, with_hidden=True)
    row = session.get(CatalogueItem, (estate_id, key))
    old = {"key": key, "title": known.title, "kind": known.kind.value, "label": known.label.value}
    before = {**old, "hidden": known.hidden}
    changed = row or CatalogueItem(
        estate_id=estate_id,
        key=key,
        title=known.title,
        kind=known.kind,
        label=known.label,
        source=known.source,
    )
    changed.title = _title(title)
    changed.kind, changed.label = _one_of(ItemKind, kind, "kind"), _one_of(ItemLabel, label, "label")
    changed.hidden = hidden
    after = _shown(changed)
    if after == before:
        return
    if _is_national(changed):
        if row is not None:
            session.delete(row)
    else:
        session.add(changed)
    session.flush()
    _record(session, "change", estate_id, actor, now, old=before, new=after)


def _is_national(row: CatalogueItem) -> bool:
    item = CATALOGUE.get(row.key)
    return (
        item is not None
        and not row.hidden
        and (row.title, row.kind, row.label) == (item.title, item.kind, item.label)
    )


def _title(text: str) -> str:
    title = clean_line(text, most=MOST_TITLE, field="title")
    if len(title) < LEAST_TITLE:
        raise Invalid(N_("请填项目名称，至少 %(least)s 个字"), field="title", least=LEAST_TITLE)
    return title


def _one_of(kind: type[Kind], value: str, field: str) -> Kind:
    try:
        return kind(value)
    except ValueError:
        raise Invalid(N_("请从给出的选项里选一个"), code="unknown_choice", field=field) from None


def _shown(row: CatalogueItem) -> dict[str, object]:
    return {
        "key": row.key,
        "title": row.title,
        "kind": row.kind.value,
        "label": row.label.value,
        "hidden": row.hidden,
    }


def _record(
    session: Session,
    verb: str,
    estate_id: UUID,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object],
    new: dict[str, object],
) -> None:
    trail.record(
        session,
        tag=f"proposals:catalogue:{verb}",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="estate",
        subject_id=estate_id,
        old=old,
        new=new,
    )
