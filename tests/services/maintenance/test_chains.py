"""Faults that come back: what the hourly figures keep of them, and what a page may still show."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlmodel import Session

from app.models.maintenance.orders import RatesSnapshot
from app.rules.maintenance.kinds import FAMILY_NAMES, Family
from app.rules.maintenance.states import Cause, OrderState
from app.services.maintenance import chains, hiding
from app.services.maintenance.chains import MOST_CHAINS, MOST_ORDERS, ChainView, read_chains
from app.services.maintenance.rates import renew
from tests.fixtures.maintenance import Upkeep, actor_of

DAY = timedelta(days=1)


def mended(session: Session, upkeep: Upkeep, at: datetime, **report: object) -> UUID:
    """A lamp reported, mended and confirmed on one day."""
    order_id = upkeep.report(session, at, **report)
    world, take = upkeep.world, upkeep.take
    take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, at)
    take(session, order_id, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, at, proof=True)
    take(session, order_id, OrderState.CONFIRMED, Cause.REPORTER, world.li_na, at)
    return order_id


def found(session: Session, upkeep: Upkeep, now: datetime) -> tuple[ChainView, ...]:
    renew(session, estate_id=upkeep.world.estate_id, now=now)
    read = read_chains(session, estate_id=upkeep.world.estate_id)
    assert read is not None
    return read.chains


def test_a_fault_that_came_back_twice_is_one_chain_with_its_latest_order_first(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    first = mended(session, upkeep, now)
    second = mended(session, upkeep, now + DAY)
    third = upkeep.report(session, now + 2 * DAY)
    mended(session, upkeep, now, place_id=upkeep.grounds)  # a lamp elsewhere, once
    (chain,) = found(session, upkeep, now + 3 * DAY)
    assert [one.id for one in chain.orders] == [third, second, first]
    assert (chain.times, chain.place, chain.is_open) == (3, "3号楼1单元", True)
    assert (chain.first_at, chain.last_at, chain.title) == (now, now + 2 * DAY, "路灯、楼道灯不亮")
    assert read_chains(session, estate_id=upkeep.world.other_estate_id) is None


def test_a_chain_of_several_categories_has_the_name_of_their_family(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    mended(session, upkeep, now)
    mended(session, upkeep, now + DAY, category="entry_cctv")
    (chain,) = found(session, upkeep, now + 2 * DAY)
    assert chain.title == FAMILY_NAMES[Family.POWER]


def test_what_is_private_hidden_duplicate_or_taken_back_is_not_counted(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    first, second = mended(session, upkeep, now), mended(session, upkeep, now + DAY)
    inside = upkeep.report(session, now + 2 * DAY, unit_id=world.homes["301"].unit_id)
    upkeep.report(session, now + 2 * DAY, held=True, reporter_id=None)
    gone = upkeep.report(session, now + 2 * DAY)
    upkeep.take(session, gone, OrderState.WITHDRAWN, Cause.REPORTER, world.li_na, now + 2 * DAY)
    (chain,) = found(session, upkeep, now + 3 * DAY)
    assert {one.id for one in chain.orders} == {first, second}
    assert inside not in {one.id for one in chain.orders}
    by = {"estate_id": world.estate_id, "actor": actor_of(world.chen_jie), "now": now + 3 * DAY}
    hiding.hide_order(session, order_id=second, reason="不妥", **by)  # type: ignore[arg-type]
    # Hidden a minute ago, it is gone although the figures are an hour old; one order alone is no chain.
    read = read_chains(session, estate_id=world.estate_id)
    assert read is not None
    assert read.chains == ()


def test_of_many_chains_and_orders_a_page_takes_in_a_few_with_two_questions(
    session: Session, upkeep: Upkeep, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chains, "MOST_CHAINS", 2)
    monkeypatch.setattr(chains, "MOST_ORDERS", 3)
    for category, times in (("lighting", 5), ("rubbish", 2), ("roof_leak", 3)):
        for number in range(times):
            mended(session, upkeep, now + number * DAY, category=category)
    renew(session, estate_id=upkeep.world.estate_id, now=now + 9 * DAY)
    kept = session.get_one(RatesSnapshot, upkeep.world.estate_id).document["chains"]
    assert [(one["times"], len(one["orders"])) for one in kept] == [(5, 3), (3, 3)]  # type: ignore[index]
    asked: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *said: asked.append(said[2]))
    read = read_chains(session, estate_id=upkeep.world.estate_id)
    assert read is not None
    assert [(one.times, len(one.orders)) for one in read.chains] == [(5, 3), (3, 3)]
    assert len(asked) == 2  # the figures, and the orders they name
    assert (MOST_CHAINS, MOST_ORDERS) == (20, 10)


def test_figures_from_before_there_were_chains_show_none(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    document: dict[str, object] = {"since": now.isoformat()}
    session.add(RatesSnapshot(estate_id=upkeep.world.estate_id, at=now, document=document))
    session.flush()
    read = read_chains(session, estate_id=upkeep.world.estate_id)
    assert read is not None
    assert read.chains == ()
