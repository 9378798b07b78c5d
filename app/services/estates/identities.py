"""Which owner a cell of a register means: one already registered, one made for this import, or one staff said it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.models.estates import Owner, Ownership, Unit
from app.rules.estates.addresses import Home
from app.rules.estates.people import person_key
from app.rules.estates.rows import OwnerCell, ParsedRow
from app.services.estates.owners import join_owners
from app.services.estates.ownership import set_phones
from app.services.estates.units import home_of, phones_of


class Identities:
    """Finds or makes the owner whom a cell means, by the same keys as the preview's doubles."""

    def __init__(
        self, session: Session, estate_id: UUID, same: Sequence[Sequence[str]], by: UUID, now: datetime
    ) -> None:
        self.session, self.estate_id, self.by, self.now = session, estate_id, by, now
        self.same: dict[str, str] = {}
        for keys in same:
            self._join(keys)
        everybody = session.exec(select(Owner).where(Owner.estate_id == estate_id).order_by(col(Owner.id)))
        self.owners = {str(owner.id): owner for owner in everybody}
        self.by_number: dict[tuple[str, str], str] = {}
        for key, owner in self.owners.items():
            for phone in phones_of(owner):
                self.by_number.setdefault((owner.name, phone), key)
        self.at_home = self._by_home()
        self.made: dict[str, Owner] = {}

    def _by_home(self) -> dict[tuple[Home, str], str]:
        query = (
            select(Unit, Ownership.owner_id, Owner.name)
            .join(Ownership, col(Ownership.unit_id) == Unit.id)
            .join(Owner, col(Owner.id) == Ownership.owner_id)
            .where(Unit.estate_id == self.estate_id)
        )
        return {(home_of(unit), name): str(owner_id) for unit, owner_id, name in self.session.exec(query)}

    def _join(self, keys: Sequence[str]) -> None:
        """One key stands for all: a registered owner where there is one; further registered rows are put together."""
        query = select(Owner).where(Owner.estate_id == self.estate_id, col(Owner.id).in_(_ids(keys)))
        registered = self.session.exec(query.order_by(sa.desc(col(Owner.account_id).is_not(None)))).all()
        for other in registered[1:]:
            join_owners(self.session, owner=registered[0], other=other, by=self.by, now=self.now)
        chosen = str(registered[0].id) if registered else keys[0]
        self.same.update(dict.fromkeys(keys, chosen))

    def find(self, cell: OwnerCell, home: Home) -> Owner:
        key = self._key(cell, home)
        owner = self.owners.get(key) or self.made.get(key)
        if owner is None:
            owner = Owner(
                estate_id=self.estate_id,
                name=cell.name,
                phone=cell.phone,
                entered_by=self.by,
                entered_at=self.now,
            )
            self.session.add(owner)
            self.made[key] = owner
        return owner

    def _key(self, cell: OwnerCell, home: Home) -> str:
        known = (
            self.by_number.get((cell.name, cell.phone)) if cell.phone else self.at_home.get((home, cell.name))
        )
        key = known or person_key(cell.name, cell.phone, home)
        return self.same.get(key, key)

    def settle_phones(self, rows: Sequence[ParsedRow]) -> None:
        """Those put together have the numbers the file gives them; a number it no longer knows is dropped."""
        chosen = set(self.same.values())
        numbers: defaultdict[str, list[str]] = defaultdict(list)
        for row in rows:
            for cell in row.owners:
                key = self._key(cell, row.home)
                if key in chosen and cell.phone:
                    numbers[key].append(cell.phone)
        for key, phones in numbers.items():
            owner = self.owners.get(key) or self.made[key]
            first = [owner.phone] if owner.phone in phones else []
            set_phones(self.session, owner, [*filter(None, first), *phones], by=self.by, now=self.now)
        self.session.flush()


def _ids(keys: Sequence[str]) -> list[UUID]:
    found = []
    for key in keys:
        try:
            found.append(UUID(key))
        except ValueError:
            continue
    return found
