"""The working calendar at the desk: everybody on staff sees it, the operator of the installation changes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import AuditVisit, Now, SessionDep, Visit
from app.errors import N_, NotAllowed, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.register_frames import register_page
from app.rules.accounts import Role
from app.rules.maintenance.workcalendar import day_of
from app.services.maintenance.calendar import year_missing
from app.services.maintenance.calendar_loading import (
    MOST_DAYS,
    MOST_NAME,
    MOST_REASON,
    change_days,
    settle_year,
)
from app.services.maintenance.calendar_reading import (
    DayLine,
    VersionLine,
    YearLine,
    days_of,
    versions_of,
    years_of,
)
from app.services.maintenance.duty_table import read_day

router = APIRouter(prefix="/desk/{slug}/clocks/calendar")


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """One year's exceptions, the versions, and for the operator the two forms; `next_year` may be settled by hand."""

    address: str
    year: int
    years: list[YearLine]
    days: Sequence[DayLine]
    versions: list[VersionLine]
    missing: int | None
    next_year: int | None
    may_change: bool
    typed: dict[str, str]
    most: dict[str, int]
    saved: bool
    errors: Errors


@dataclass(frozen=True, slots=True)
class _Tried:
    """A form that was refused, with what was typed."""

    form: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None


def _address(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/clocks/calendar"


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    year: str = "",
    *,
    saved: bool = False,
    tried: _Tried | None = None,
) -> Response:
    tried = tried or _Tried()
    today, years = day_of(now), years_of(session)
    known = {line.year for line in years}
    chosen = int(year) if year.isascii() and year.isdigit() and int(year[:4]) in known else today.year
    settled = max((line.year for line in years if line.source), default=today.year)
    data = CalendarPage(
        address=_address(visit),
        year=chosen,
        years=years,
        days=days_of(session, year=chosen),
        versions=versions_of(session),
        missing=year_missing(session, today=today),
        next_year=settled + 1 if settled <= today.year else None,
        may_change=Role.OPERATOR in visit.standing.roles,
        typed=tried.typed,
        most={"days": MOST_DAYS, "name": MOST_NAME, "reason": MOST_REASON},
        saved=saved,
        errors=errors_of(request, tried.refusal, form=tried.form),
    )
    staff = visit.standing.is_committee
    template = "maintenance/desk_calendar.html"
    return register_page(request, visit, template, data, refusal=tried.refusal, staff=staff)


@router.get("")
def show_calendar(
    request: Request, visit: AuditVisit, session: SessionDep, now: Now, year: str = "", saved: str = ""
) -> Response:
    return _page(request, visit, session, now, year[:4], saved=bool(saved))


def _ensure_operator(visit: Visit) -> None:
    if Role.OPERATOR not in visit.standing.roles:
        raise NotAllowed(N_("工作日历全系统共用，由系统管理员修改，请把情况告诉系统管理员"))


@router.post("/days")
def change(
    request: Request,
    visit: AuditVisit,
    session: SessionDep,
    now: Now,
    first: Annotated[str, Form()] = "",
    last: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    _ensure_operator(visit)
    with attempt(session) as tried:
        change_days(
            session,
            first=read_day(first, "first"),
            last=read_day(last or first, "last"),
            workday=kind == "work",
            name=name,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {"first": first, "last": last, "kind": kind, "name": name, "reason": reason}
        return _page(request, visit, session, now, tried=_Tried("days", typed, tried.refusal))
    year = date.fromisoformat(first.strip()).year
    return see_other(f"{_address(visit)}?year={year}&saved=yes")


@router.post("/year")
def settle(
    request: Request,
    visit: AuditVisit,
    session: SessionDep,
    now: Now,
    year: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
) -> Response:
    _ensure_operator(visit)
    number = int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0
    with attempt(session) as tried:
        settle_year(session, year=number, source=source, actor=visit.actor, now=now)
    if tried.refusal:
        typed = {"source": source}
        return _page(request, visit, session, now, tried=_Tried("year", typed, tried.refusal))
    return see_other(f"{_address(visit)}?year={number}&saved=yes")
