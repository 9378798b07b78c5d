"""Work orders made in bulk: the list and the drawing must open alike, however many there are."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session, select

from app.models.maintenance.orders import FaultCount, OrderMove, ReportSource, WorkOrder
from app.models.maintenance.places import Place as Spot
from app.models.maintenance.places import PlaceKind
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.responsible import Basis
from app.rules.maintenance.states import OPEN, Cause, OrderState
from app.services.estates.units import lock_register
from app.services.maintenance.parties import committee_party
from app.services.maintenance.places import grow_places
from scripts.benchmarks.servers import Place
from scripts.benchmarks.talk import insert_rows, sentence

# One in fifty is open, as after years of use; of the first hundred one in four, so that short pages are full as well.
_RARE, _OFTEN = 50, 4


def add_orders(session: Session, where: Place, count: int, *, first: int, now: datetime) -> UUID:
    """So many orders numbered from `first`, spread over the buildings, with their counts; the id of the last."""
    estate = where.crowd.estate_id
    lock_register(session, estate_id=estate)
    grow_places(session, estate_id=estate)
    party = committee_party(session, estate_id=estate, now=now)
    spots = session.exec(select(Spot).where(Spot.estate_id == estate, Spot.kind == PlaceKind.BUILDING)).all()
    dice = random.Random(first)
    keys, ids, homes = list(CATEGORIES), [uuid4() for _ in range(count)], where.crowd.homes
    open_in: Counter[str] = Counter()

    def rows() -> Iterator[dict[str, Any]]:
        for place, order_id in enumerate(ids):
            spot, category = dice.choice(spots if first > 1 else spots[:1]), CATEGORIES[dice.choice(keys)]
            done = place % (_RARE if first > 1 else _OFTEN)
            state = OrderState.CONFIRMED if done else OrderState.IN_PROGRESS
            at = now - timedelta(minutes=5 * (count - place))
            open_in[spot.building] += state in OPEN
            yield {
                "id": order_id, "estate_id": estate, "number": first + place, "source": ReportSource.RESIDENT,
                "reporter_id": homes[place % len(homes)].account_id, "category": category.key,
                "family": category.family, "urgency": category.urgency, "place_id": spot.id,
                "building": spot.building, "entrance": "", "private": False, "text": sentence(dice), "answers": {},
                "state": state, "is_open": state in OPEN, "listed": True, "held": False, "party_id": party.id,
                "basis": Basis.DEFAULT, "filed_at": at, "changed_at": at, "answered_at": at,
                "repaired_at": None if state in OPEN else at, "closed_at": None if state in OPEN else at,
                "due_at": at + timedelta(days=7) if state in OPEN else None, "response_due_at": at + timedelta(days=1),
                "contact_name": "", "contact_phone": "", "media_url": "", "hidden_reason": "", "worker_name": "",
                "worker_number": "", "plan": "", "recipient": "", "reopened": 0, "joiners": 0, "due_provisional": False,
                "overdue": False, "call_back_note": "",
            }  # fmt: skip

    insert_rows(session, WorkOrder, rows())
    moves = (
        {"order_id": order_id, "seq": 1, "state": OrderState.SUBMITTED, "cause": Cause.REPORTER,
         "actor_id": homes[0].account_id, "actor_name": "", "note": "", "private_note": "", "at": now}
        for order_id in ids
    )  # fmt: skip
    insert_rows(session, OrderMove, moves)
    for building, count_open in open_in.items():
        kept = session.get(FaultCount, (estate, building)) or FaultCount(estate_id=estate, building=building)
        kept.open += count_open
        session.add(kept)
    return ids[-1]
