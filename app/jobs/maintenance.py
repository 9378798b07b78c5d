"""Maintenance: keep the calendar up to date, and do for each order what its clocks have decided, one a transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

from app.database import Database
from app.services.maintenance import recomputing, sweeping
from app.services.maintenance.calendar import newest_version
from app.services.maintenance.calendar_loading import bring_up_to_date, is_behind

log = logging.getLogger("haoshangliang.worker")

# All open orders are asked for provisional clocks when the calendar has changed, and once an hour besides: an order
# that was filed in the very moment of a change may still have the version before.
_AGAIN = timedelta(hours=1)
_asked: WeakKeyDictionary[Database, tuple[int, datetime]] = WeakKeyDictionary()


def tick(database: Database, *, now: datetime) -> int:
    """The number of orders and calendars that had to be looked after.

    An order that fails is logged and tried again with the next tick; the others do not wait for it.
    """
    return _keep_calendar(database, now) + _recompute(database, now) + _sweep(database, now)


def _keep_calendar(database: Database, now: datetime) -> int:
    with database.session(writing=False) as session:
        if not is_behind(session):
            return 0
    with database.transaction() as session:
        return int(bring_up_to_date(session, now=now) is not None)


def _recompute(database: Database, now: datetime) -> int:
    with database.session(writing=False) as session:
        version = newest_version(session)
        asked = _asked.get(database)
        if asked and asked[0] == version and now - asked[1] < _AGAIN:
            return 0
        behind = recomputing.orders_behind(session, version=version)
    if len(behind) < recomputing.MOST_AT_ONCE:
        _asked[database] = (version, now)
    return _each(database, behind, recomputing.recompute_order, now)


def _sweep(database: Database, now: datetime) -> int:
    with database.session(writing=False) as session:
        due = sweeping.due_orders(session, now=now)
    return _each(database, due, sweeping.sweep_order, now)


def _each(
    database: Database, orders: list[tuple[UUID, UUID]], deed: Callable[..., bool], now: datetime
) -> int:
    done = 0
    for estate_id, order_id in orders:
        try:
            with database.transaction() as session:
                done += deed(session, estate_id=estate_id, order_id=order_id, now=now)
        except Exception:
            log.exception("order %s failed; it will be tried again", order_id)
    return done
