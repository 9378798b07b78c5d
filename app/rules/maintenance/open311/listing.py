"""The list of requests: which ids, kinds and states are asked for, and the window of at most ninety days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.errors import N_, Invalid
from app.rules.maintenance.open311.instants import read_instant
from app.rules.maintenance.open311.parameters import Parameters, list_of, value_of
from app.rules.maintenance.states import CLOSED, OPEN, OrderState

WINDOW = timedelta(days=90)
MOST_REQUESTS = 1_000


class Status(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


STATES_OF = {Status.OPEN: OPEN, Status.CLOSED: CLOSED}


def status_in(state: OrderState) -> Status:
    return Status.CLOSED if state in CLOSED else Status.OPEN


@dataclass(frozen=True, slots=True)
class Query:
    """What to list, newest first: with `ids` nothing else counts; `codes` empty means all kinds.

    The bounds are those of the time of filing, both included; they are None only with `ids`.
    """

    ids: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    states: frozenset[OrderState] = frozenset(OrderState)
    since: datetime | None = None
    until: datetime | None = None
    most: int = MOST_REQUESTS


def read_query(parameters: Parameters, now: datetime) -> Query:
    """What the client asks for; raises `Invalid` (`bad_time`, `bad_window`, `bad_status`, `too_many`)."""
    ids = list_of(parameters, "service_request_id")
    if ids:
        return Query(ids=tuple(ids))
    since, until = _window(parameters, now)
    return Query(
        codes=tuple(list_of(parameters, "service_code")),
        states=_states(parameters),
        since=since,
        until=until,
    )


def _states(parameters: Parameters) -> frozenset[OrderState]:
    words = list_of(parameters, "status")
    if any(word not in list(Status) for word in words):
        raise Invalid(
            N_("参数 status 只能是 open 或 closed，可以用逗号连写"), code="bad_status", field="status"
        )
    return frozenset().union(*(STATES_OF[Status(word)] for word in words or Status))


def _window(parameters: Parameters, now: datetime) -> tuple[datetime, datetime]:
    first, last = value_of(parameters, "start_date"), value_of(parameters, "end_date")
    since = read_instant(first, field="start_date") if first else None
    until = read_instant(last, field="end_date") if last else None
    if since is None:
        until = until or now
        return until - WINDOW, until
    if until is None:
        # A start that lies ahead lists nothing, and is no fault.
        return since, min(since + WINDOW, max(now, since))
    if not timedelta(0) <= until - since <= WINDOW:
        raise Invalid(
            N_("end_date 不能早于 start_date，两者最多相隔 %(days)s 天"),
            code="bad_window",
            field="end_date",
            days=WINDOW.days,
        )
    return since, until
