"""Credits: grant for what took place in the earlier rooms, read since the last time, a few people a transaction."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

from app.database import Database
from app.services.credits import granting, rates
from app.services.credits.sources import SOURCES, Fact

log = logging.getLogger("haoshangliang.worker")

_EVERY = timedelta(minutes=10)
_AT_ONCE = 100
_last: WeakKeyDictionary[Database, datetime] = WeakKeyDictionary()


def tick(database: Database, *, now: datetime) -> int:
    """The number of lines written; asked again after ten minutes. A room that fails is read again from where it was."""
    last = _last.get(database)
    if last is not None and timedelta() <= now - last < _EVERY:
        return 0
    _last[database] = now
    with database.session(writing=False) as session:
        estates = granting.estates_with_members(session)
    return sum(_look_through(database, estate_id, now) for estate_id in estates)


def _look_through(database: Database, estate_id: UUID, now: datetime) -> int:
    done, read = 0, []
    for source in SOURCES:
        try:
            with database.session(writing=False) as session:
                facts = granting.read_facts(session, estate_id=estate_id, source=source)
                lines = rates.read_lines(session, estate_id=estate_id) if facts else ()
            for few in _chunks(facts):
                with database.transaction() as session:
                    done += sum(
                        granting.settle_fact(session, estate_id=estate_id, fact=fact, lines=lines, now=now)
                        for fact in few
                    )
        except Exception:
            log.exception("credits for %s of estate %s failed; read again next time", source.name, estate_id)
        else:
            read.append(source.name)
    with database.transaction() as session:
        for name in read:
            granting.move_cursor(session, estate_id=estate_id, source=name, read_until=now)
    return done


def _chunks(facts: Sequence[Fact]) -> Iterator[Sequence[Fact]]:
    """Always in the same order of people, so that two workers at once wait for each other and never in a ring."""
    ordered = sorted((fact for fact in facts if not fact.hidden), key=lambda fact: (fact.account_id, fact.at))
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]
    # Taking back may lock rewards, and whoever holds one waits for no further person.
    yield from ([fact] for fact in facts if fact.hidden)
