"""The roll: who is on it, who may cast, what is one head, and that order and time change nothing."""

from __future__ import annotations

import pytest
from sqlmodel import Session, select

from app.database import Database
from app.errors import NotAllowed
from app.models.estates import Owner, Ownership, Unit
from app.models.votes import RollEntry, RollVoter
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.votes.states import Choice


def unit_of(session: Session, world, room: str) -> Unit:
    return session.get_one(Unit, world.homes[room].unit_id)


def voters(session: Session, world, room: str) -> set:
    return set(
        session.exec(select(RollVoter.owner_id).where(RollVoter.unit_id == world.homes[room].unit_id)).all()
    )


def entry(session: Session, world, room: str) -> RollEntry | None:
    return session.exec(select(RollEntry).where(RollEntry.unit_id == world.homes[room].unit_id)).one_or_none()


def test_any_co_owner_may_cast_unless_one_is_named(database: Database, session, world, make_vote) -> None:
    with database.transaction() as writing:
        writing.add(
            Ownership(unit_id=world.homes["301"].unit_id, owner_id=world.homes["302"].owner_id, position=1)
        )
        writing.add(
            Ownership(unit_id=world.homes["401"].unit_id, owner_id=world.homes["302"].owner_id, position=1)
        )
        unit_of(writing, world, "401").representative_id = world.homes["302"].owner_id
    make_vote()
    assert voters(session, world, "301") == {world.homes["301"].owner_id, world.homes["302"].owner_id}
    assert voters(session, world, "401") == {world.homes["302"].owner_id}


def test_a_co_owner_who_was_not_named_is_refused(database: Database, session, world, make_vote) -> None:
    with database.transaction() as writing:
        writing.add(
            Ownership(unit_id=world.homes["301"].unit_id, owner_id=world.homes["302"].owner_id, position=1)
        )
        unit_of(writing, world, "301").representative_id = world.homes["302"].owner_id
    vote = make_vote()
    with pytest.raises(NotAllowed):
        vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    vote.cast(session, world.homes["301"].unit_id, world.wang_wei.account_id, Choice.FOR, vote.opens_at)


def test_a_home_whose_heirs_are_proving_counts_but_nobody_casts_for_it(
    database: Database, session, world, make_vote
) -> None:
    with database.transaction() as writing:
        unit_of(writing, world, "301").heirs_proving = True
    make_vote()
    found = entry(session, world, "301")
    assert found is not None
    assert found.heirs_proving
    assert voters(session, world, "301") == set()


def test_unsold_and_undelivered_homes_are_one_head_and_the_developer_casts(
    database: Database, session, world, make_vote
) -> None:
    with database.transaction() as writing:
        unit_of(writing, world, "101").status = UnitStatus.UNSOLD
        unit_of(writing, world, "102").status = UnitStatus.UNDELIVERED
    make_vote()
    first, second = entry(session, world, "101"), entry(session, world, "102")
    assert first is not None
    assert second is not None
    assert first.head_key == second.head_key
    assert voters(session, world, "102") == {world.homes["101"].owner_id}


def test_parking_is_not_on_the_roll(database: Database, session, world, make_vote) -> None:
    with database.transaction() as writing:
        unit_of(writing, world, "101").kind = UnitKind.PARKING
    make_vote()
    assert entry(session, world, "101") is None


def test_a_sale_after_the_notice_changes_nothing_on_the_roll(
    database: Database, session, world, vote
) -> None:
    with database.transaction() as writing:
        old = writing.get_one(Ownership, (world.homes["301"].unit_id, world.homes["301"].owner_id))
        writing.delete(old)
        buyer = Owner(estate_id=world.estate_id, name="买主", account_id=world.stranger.account_id)
        writing.add(buyer)
        writing.flush()
        writing.add(Ownership(unit_id=world.homes["301"].unit_id, owner_id=buyer.id))
        unit_of(writing, world, "301").area = 1
    vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, Choice.FOR, vote.opens_at)
    with pytest.raises(NotAllowed):
        vote.cast(session, world.homes["301"].unit_id, world.stranger.account_id, Choice.FOR, vote.opens_at)
    found = entry(session, world, "301")
    assert found is not None
    assert found.area == 8000
