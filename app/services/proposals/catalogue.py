"""Proposals: the list of what can be renovated as one estate has it, the national lines and its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Invalid
from app.models.proposals import CatalogueItem
from app.rules.proposals.catalogue import CATALOGUE, Item, ItemKind, ItemLabel


@dataclass(frozen=True, slots=True)
class ItemView:
    """A line of an estate's catalogue; `title` and `source` of a national one are marked words, of an own one typed.

    `changed` is a national line the estate has changed, `own` one that only this estate has.
    """

    key: str
    title: str
    kind: ItemKind
    label: ItemLabel
    source: str
    hidden: bool = False
    own: bool = False
    changed: bool = False


def list_items(session: Session, *, estate_id: UUID, with_hidden: bool = False) -> list[ItemView]:
    """Class by class, each with the national lines in their order and then the estate's own, by title."""
    query = select(CatalogueItem).where(CatalogueItem.estate_id == estate_id)
    rows = {row.key: row for row in session.exec(query.order_by(col(CatalogueItem.title)))}
    national = (_of_row(rows[key]) if key in rows else _of_rules(item) for key, item in CATALOGUE.items())
    own = (_of_row(row) for key, row in rows.items() if key not in CATALOGUE)
    seen = [view for view in chain(national, own) if with_hidden or not view.hidden]
    order = list(ItemKind)
    return sorted(seen, key=lambda view: order.index(view.kind))


def find_item(session: Session, *, estate_id: UUID, key: str, with_hidden: bool = False) -> ItemView:
    """The estate's line of that key; raises `Invalid` (`unknown_item`) for none, and for a hidden one unless asked."""
    row = session.get(CatalogueItem, (estate_id, key))
    found = _of_row(row) if row else _of_rules(CATALOGUE[key]) if key in CATALOGUE else None
    if found is None or (found.hidden and not with_hidden):
        raise Invalid(N_("改造项目目录里没有这一项，请从目录里重新选择"), code="unknown_item", field="item")
    return found


def item_for(session: Session, *, estate_id: UUID, key: str, kind: ItemKind) -> ItemView:
    """What a proposal was made under: hidden lines too, and for one that is gone its key alone."""
    try:
        return find_item(session, estate_id=estate_id, key=key, with_hidden=True)
    except Invalid:
        return ItemView(key, key, kind, ItemLabel.EXTENDING, "", hidden=True)


def item_titles(session: Session, *, estate_id: UUID, keys: Sequence[str]) -> dict[str, str]:
    """What those keys are called here, hidden lines too: what was proposed under one keeps its name."""
    wanted = set(keys)
    query = select(CatalogueItem.key, CatalogueItem.title).where(
        CatalogueItem.estate_id == estate_id, col(CatalogueItem.key).in_(wanted)
    )
    titles = {key: CATALOGUE[key].title for key in wanted if key in CATALOGUE}
    titles.update(session.exec(query).all())
    return titles


def _of_rules(item: Item) -> ItemView:
    return ItemView(item.key, item.title, item.kind, item.label, item.source)


def _of_row(row: CatalogueItem) -> ItemView:
    national = row.key in CATALOGUE
    return ItemView(
        key=row.key,
        title=row.title,
        kind=row.kind,
        label=row.label,
        source=row.source,
        hidden=row.hidden,
        own=not national,
        changed=national,
    )
