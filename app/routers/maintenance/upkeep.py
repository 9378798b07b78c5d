"""Planned upkeep for residents: what is inspected when and by whom, what rounds found, which warranties end soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import Now, PublicVisit, SessionDep
from app.routers.forms import visit_page
from app.rules.maintenance.workcalendar import day_of
from app.services.maintenance.reminders import EndingItem, LiftLine, ending_items, lifts_of
from app.services.maintenance.rounds_reading import PlanView, RoundView, list_plans, list_rounds, read_plan

router = APIRouter(prefix="/e/{slug}/maintenance/upkeep")


@dataclass(frozen=True, slots=True)
class UpkeepPage:
    """`today` in Beijing tells which rounds are late."""

    address: str
    plans: list[PlanView]
    items: list[EndingItem]
    lifts: list[LiftLine]
    today: date


@dataclass(frozen=True, slots=True)
class PlanPage:
    """One plan and its done rounds; `older` is the address of the next page, "" for none."""

    address: str
    plan: PlanView
    rounds: list[RoundView]
    older: str
    today: date


_PAGE = 20


@router.get("")
def show_upkeep(request: Request, visit: PublicVisit, session: SessionDep, now: Now) -> Response:
    data = UpkeepPage(
        address=f"/e/{visit.estate.slug}/maintenance",
        plans=list_plans(session, estate_id=visit.estate.id),
        items=ending_items(session, estate_id=visit.estate.id, now=now),
        lifts=lifts_of(session, estate_id=visit.estate.id, now=now),
        today=day_of(now),
    )
    return visit_page(request, visit, "maintenance/upkeep.html", data, tab="repairs")


@router.get("/{plan_id:uuid}")
def show_plan(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    plan_id: UUID,
    before: date | None = None,
) -> Response:
    address = f"/e/{visit.estate.slug}/maintenance/upkeep"
    rounds = list_rounds(session, estate_id=visit.estate.id, plan_id=plan_id, before=before, limit=_PAGE + 1)
    data = PlanPage(
        address=address,
        plan=read_plan(session, estate_id=visit.estate.id, plan_id=plan_id),
        rounds=rounds[:_PAGE],
        older=f"{address}/{plan_id}?before={rounds[_PAGE - 1].due_on}" if len(rounds) > _PAGE else "",
        today=day_of(now),
    )
    return visit_page(request, visit, "maintenance/upkeep_plan.html", data, tab="repairs")
