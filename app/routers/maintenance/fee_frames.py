"""What the desk's pages of fees have in common: their address, the month asked for, and how months are turned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from app.dependencies import Visit
from app.errors import Invalid
from app.routers.forms import visit_page
from app.rules.maintenance.fees import month_after, read_month
from app.rules.maintenance.rates import month_of

# A party's people have no menu of the committee's: their pages stand in the plain frame.
fee_page = partial(visit_page, tab="repairs")


@dataclass(frozen=True, slots=True)
class Months:
    """The month of a page and its neighbours; `later` "" where that has not come."""

    month: str
    earlier: str
    later: str


def months(given: str, now: datetime) -> Months:
    """The month asked for, this one when nothing sensible was."""
    current = month_of(now)
    try:
        month = min(read_month(given), current)
    except Invalid:
        month = current
    return Months(month, month_after(month, -1), month_after(month) if month < current else "")


def fees_desk(visit: Visit, service_id: UUID | None = None) -> str:
    root = f"/desk/{visit.estate.slug}/fees"
    return f"{root}/services/{service_id}" if service_id else root


def id_of(text: str) -> UUID | None:
    """The id a form sent; nothing for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
