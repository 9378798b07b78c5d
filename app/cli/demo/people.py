"""The demo's people, found by the home the register has them in or by name."""

from __future__ import annotations

from sqlmodel import Session, col, select

from app.cli.demo.stage import Stage, at, bind
from app.models.accounts import Account
from app.models.estates import Owner, Ownership, Unit
from app.services.trail import Actor


def owner_of(session: Session, stage: Stage, home: str) -> Actor:
    """Whom the register names first for a home such as `1-2-302`."""
    building, entrance, room = home.split("-")
    owner = session.exec(
        select(Owner)
        .join(Ownership, col(Ownership.owner_id) == Owner.id)
        .join(Unit, col(Unit.id) == Ownership.unit_id)
        .where(
            Unit.estate_id == stage.estate_id,
            Unit.building == building,
            Unit.entrance == entrance,
            Unit.room == room,
            Ownership.position == 0,
        )
    ).one()
    return Actor(bind(session, owner, at(stage.now, -80, 9)), owner.name)


def named(session: Session, name: str) -> Actor:
    account = session.exec(select(Account).where(Account.name == name)).one()
    return Actor(account.id, account.name)
