"""Two people at one order at the same moment: one deed stands, the other is told; nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from app.database import Database
from app.errors import Refusal
from app.models.maintenance.orders import FaultCount, Handing, OrderMove, WorkOrder
from app.rules.maintenance.states import OrderState
from app.services import trail
from app.services.maintenance import amending, bulk, refusing, setting_aside, working
from app.services.maintenance.bulk import BulkDeed, BulkOrder
from app.services.maintenance.desk import Hand, last_step
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.fixtures.world import Somebody


@pytest.fixture
def wide(database: Database) -> Iterator[Database]:
    """A database with a connection for every thread of a race."""
    opened = Database(database.url, pool_size=10)
    yield opened
    opened.close()


def at_once(database: Database, *deeds: Callable[[Session], object]) -> list[str]:
    """Each deed in a thread and a transaction of its own, all starting together; "done", or the refusal's code."""
    start = threading.Barrier(len(deeds))

    def run(deed: Callable[[Session], object]) -> str:
        start.wait()
        try:
            with database.transaction() as session:
                deed(session)
        except Refusal as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def hand(upkeep: Upkeep, order_id: UUID, who: Somebody, at: datetime, seen: int | None = None) -> Hand:
    return Hand(estate_id=upkeep.world.estate_id, order_id=order_id, actor=actor_of(who), now=at, seen=seen)


def test_a_form_sent_from_two_phones_is_one_deed(wide: Database, upkeep: Upkeep, now: datetime) -> None:
    for _ in range(5):
        with wide.transaction() as session:
            order_id = upkeep.report(session, now)
            seen = last_step(session, order_id)
        mine = hand(upkeep, order_id, upkeep.world.ma_chao, now, seen)

        def accept(session: Session, mine: Hand = mine) -> None:
            working.accept_order(
                session,
                mine,
                worker_name="马师傅",
                worker_number="",
                plan="换灯",
                promised_at=now + timedelta(days=1),
            )

        assert sorted(at_once(wide, accept, accept)) == ["done", "moved_on"]
        with wide.session(writing=False) as session:
            states = select(OrderMove.state).where(OrderMove.order_id == order_id)
            assert list(session.exec(states)).count(OrderState.ACCEPTED) == 1


def test_accepting_against_declining_and_handing_on_leaves_one_story(
    wide: Database, upkeep: Upkeep, now: datetime
) -> None:
    for _ in range(5):
        with wide.transaction() as session:
            order_id = upkeep.report(session, now)
            seen = last_step(session, order_id)
        party = hand(upkeep, order_id, upkeep.world.ma_chao, now, seen)
        committee = hand(upkeep, order_id, upkeep.world.chen_jie, now, seen)
        answers = at_once(
            wide,
            lambda session, party=party: refusing.refuse_order(
                session, party, party_id=upkeep.builder, note="灯由施工单位保修"
            ),
            lambda session, committee=committee: setting_aside.decline_order(
                session, committee, note="不是公共部位"
            ),
            lambda session, committee=committee: refusing.hand_order(
                session, committee, party_id=upkeep.utility, note=""
            ),
        )
        assert sorted(answers) == ["done", "moved_on", "moved_on"]
        with wide.session(writing=False) as session:
            order = session.get_one(WorkOrder, order_id)
            handings = select(Handing.party_id).where(Handing.order_id == order_id).order_by(col(Handing.seq))
            assert order.party_id == session.exec(handings).all()[-1]


def test_bulk_against_single_steps_and_moves_of_place_waits_for_nobody_for_ever(
    wide: Database, upkeep: Upkeep, now: datetime
) -> None:
    with wide.transaction() as session:
        orders = [upkeep.report(session, now) for _ in range(6)]
        ground = upkeep.report(session, now, place_id=upkeep.grounds)
    committee = upkeep.world.chen_jie
    where = {"estate_id": upkeep.world.estate_id, "actor": actor_of(committee), "now": now}

    def shift(order_id: UUID, place: UUID) -> Callable[[Session], None]:
        change = amending.Amendment(category="road", urgency="ordinary", place_id=place, note="看错了")
        return lambda session: amending.amend_order(session, hand(upkeep, order_id, committee, now), change)

    decline = BulkOrder(deed=BulkDeed.DECLINE, note="不办")
    answers = at_once(
        wide,
        lambda session: bulk.do_to_many(session, decline, numbers=[1, 2, 3], **where),  # type: ignore[arg-type]
        lambda session: bulk.do_to_many(session, decline, numbers=[3, 2, 1], **where),  # type: ignore[arg-type]
        shift(orders[3], upkeep.grounds),
        shift(ground, upkeep.building),
        lambda session: setting_aside.mark_duplicate(
            session, hand(upkeep, orders[4], committee, now), number=6
        ),
        lambda session: setting_aside.mark_duplicate(
            session, hand(upkeep, orders[5], committee, now), number=5
        ),
    )
    assert sorted(answers) == ["bad_move", "done", "done", "done", "done", "duplicate_too"]
    with wide.session(writing=False) as session:
        open_now = session.exec(select(WorkOrder.building).where(WorkOrder.is_open)).all()
        counts = {row.building: row.open for row in session.exec(select(FaultCount))}
        assert counts == {"3": list(open_now).count("3"), "": list(open_now).count("")}
        assert trail.first_broken_row(session, estate_id=upkeep.world.estate_id) is None
