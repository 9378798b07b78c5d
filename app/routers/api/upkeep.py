"""Planned upkeep: which round comes when and by whom, what rounds found, lifts and warranties that end soon."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from app.dependencies import Now, SessionDep
from app.routers.api.asking import EstateDep, Plain, SayDep
from app.routers.api.estates import root_of
from app.routers.api.shapes import Href, Instant, Listing, Page, Shape, Turning, cut, next_of
from app.rules.cursors import bad_cursor
from app.rules.maintenance.rounds import Every, LineResult
from app.services.estates.standing import EstateView
from app.services.maintenance.reminders import ending_items, lifts_of
from app.services.maintenance.rounds_reading import LineView, PlanView, RoundView, list_plans, list_rounds

router = APIRouter(prefix="/estates/{slug}/maintenance/upkeep", tags=["upkeep"])


class Plan(Shape):
    """A round of inspection."""

    id: UUID
    title: str
    place: str
    party: str = Field(description="Who does it: a firm or an office.")
    every: Every = Field(description="The unit of the interval, in the words of RFC 5545.")
    interval: int = Field(description="How many of them.")
    source: str = Field(description="The rule that asks for it; empty where the estate decided so.")
    next_due: date | None = Field(description="The day of the next round.")
    rounds: Href
    page: Page


class Lift(Shape):
    """A lift and its certificate."""

    name: str
    registration: str = Field(description="Its number with the authority; may be empty.")
    certificate_until: date | None = Field(description="The certificate's last day; null where none is kept.")


class EndingWarranty(Shape):
    """A warranty that ends within ninety days."""

    title: str
    place: str
    last_day: date


class Upkeep(Shape):
    """The estate's planned upkeep."""

    plans: list[Plan] = Field(description="Those that go on, the one due first at the head.")
    lifts: list[Lift]
    ending_warranties: list[EndingWarranty]


class RoundLine(Shape):
    """What one line of the list found."""

    text: str
    result: LineResult
    note: str = Field(description="May be empty.")
    order_page: Page | None = Field(description="The page of the order it became; null for none.")


class Round(Shape):
    """A round that was done."""

    due_on: date
    done_at: Instant
    note: str = Field(description="May be empty.")
    lines: list[RoundLine]


@router.get("", dependencies=[Plain], summary="Plans, lifts, and warranties that end soon")
def show_upkeep(estate: EstateDep, session: SessionDep, now: Now, say: SayDep) -> Upkeep:
    return Upkeep(
        plans=[_plan(estate, plan, say) for plan in list_plans(session, estate_id=estate.id)],
        lifts=[
            Lift(name=one.name, registration=one.registration, certificate_until=one.certificate_until)
            for one in lifts_of(session, estate_id=estate.id, now=now)
        ],
        ending_warranties=[
            EndingWarranty(title=one.title, place=one.place, last_day=one.last_day)
            for one in ending_items(session, estate_id=estate.id, now=now)
        ],
    )


@router.get("/{plan_id:uuid}/rounds", summary="The rounds of a plan that were done, the latest first")
def list_done(
    request: Request,
    estate: EstateDep,
    session: SessionDep,
    say: SayDep,
    plan_id: UUID,
    turning: Annotated[Turning, Query()],
) -> Listing[Round]:
    found = list_rounds(
        session, estate_id=estate.id, plan_id=plan_id, before=_day(turning.cursor), limit=turning.limit + 1
    )
    rows, more = cut(found, turning)
    return Listing[Round](
        items=[_round(estate, one, say) for one in rows],
        next=next_of(request, turning, rows[-1].due_on) if more else None,
    )


def _day(cursor: str) -> date | None:
    try:
        return date.fromisoformat(cursor) if cursor else None
    except ValueError:
        raise bad_cursor() from None


def _plan(estate: EstateView, plan: PlanView, say: SayDep) -> Plan:
    return Plan(
        id=plan.id,
        title=say(plan.title),
        place=plan.place,
        party=plan.party,
        every=plan.every,
        interval=plan.interval,
        source=say(plan.source),
        next_due=plan.next_due,
        rounds=f"{root_of(estate)}/maintenance/upkeep/{plan.id}/rounds",
        page=f"/e/{estate.slug}/maintenance/upkeep/{plan.id}",
    )


def _round(estate: EstateView, done: RoundView, say: SayDep) -> Round:
    assert done.done_at is not None
    return Round(
        due_on=done.due_on,
        done_at=done.done_at,
        note=done.note,
        lines=[_line(estate, line, say) for line in done.lines],
    )


def _line(estate: EstateView, line: LineView, say: SayDep) -> RoundLine:
    return RoundLine(
        text=say(line.text),
        result=line.result,
        note=line.note,
        order_page=f"/e/{estate.slug}/maintenance/{line.order_id}" if line.order_id else None,
    )
