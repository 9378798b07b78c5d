"""Planned upkeep at the desk: the committee plans rounds, the people of a plan's party write down what they found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, PartyVisit, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.rounds import (
    EVERY_NAMES,
    MOST_LINES,
    PRESETS,
    CountedFrom,
    Every,
    LineResult,
    Preset,
)
from app.rules.maintenance.workcalendar import day_of
from app.services.maintenance import rounds
from app.services.maintenance.parties import list_parties, parties_of
from app.services.maintenance.places import PlaceView, list_places
from app.services.maintenance.rounds import Found, NewPlan
from app.services.maintenance.rounds_reading import PlanView, RoundView, list_plans, read_round

router = APIRouter(prefix="/desk/{slug}/upkeep")

# What was chosen and written for each line of a round.
Pairs = tuple[tuple[str, str], ...]

_EVERY = {every.value: name for every, name in EVERY_NAMES.items()}


@dataclass(frozen=True, slots=True)
class DeskPage:
    """Rounds to do, those of the visitor's own parties first where he is not on the committee."""

    address: str
    plans: list[PlanView]
    today: date
    may_plan: bool


@dataclass(frozen=True, slots=True)
class TypedPlan:
    """A plan as typed; `id` is its row's."""

    id: str = ""
    place: str = ""
    party: str = ""
    category: str = ""
    title: str = ""
    every: str = Every.MONTHLY.value
    interval: str = "1"
    counted_from: str = CountedFrom.PLANNED.value
    lines: str = ""
    starts_on: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class NewPage:
    """The form of a new plan; `presets` fill it."""

    address: str
    typed: TypedPlan
    presets: tuple[Preset, ...]
    places: list[PlaceView]
    parties: list[tuple[str, str]]
    categories: tuple[tuple[str, str], ...]
    every: dict[str, str]
    errors: Errors


@dataclass(frozen=True, slots=True)
class RoundPage:
    """One round with a result for each line; `typed` are (result, note) by line."""

    address: str
    round: RoundView
    typed: Pairs
    inspector: str
    note: str
    late: bool
    errors: Errors


def _address(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/upkeep"


@router.get("")
def show_desk(request: Request, visit: PartyVisit, session: SessionDep, now: Now) -> Response:
    plans = list_plans(session, estate_id=visit.estate.id)
    if not visit.standing.is_committee:
        mine = {
            party.id for party in parties_of(session, estate_id=visit.estate.id, account_id=visit.actor.id)
        }
        plans = [plan for plan in plans if plan.party_id in mine]
    data = DeskPage(_address(visit), plans, day_of(now), visit.standing.is_committee)
    return visit_page(request, visit, "maintenance/upkeep_desk.html", data, tab="repairs")


def _new_page(
    request: Request, visit: Visit, session: SessionDep, typed: TypedPlan, refusal: Refusal | None = None
) -> Response:
    data = NewPage(
        address=_address(visit),
        typed=typed,
        presets=PRESETS,
        places=list_places(session, estate_id=visit.estate.id),
        parties=[(str(party.id), party.name) for party in list_parties(session, estate_id=visit.estate.id)],
        categories=tuple((one.key, one.title) for one in CATEGORIES.values()),
        every=_EVERY,
        errors=errors_of(request, refusal),
    )
    return visit_page(request, visit, "maintenance/upkeep_new.html", data, tab="repairs", refusal=refusal)


@router.get("/new")
def start(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, preset: str = ""
) -> Response:
    typed = TypedPlan(id=str(uuid4()), starts_on=day_of(now).isoformat())
    chosen = next((one for one in PRESETS if one.key == preset), None)
    if chosen is not None:
        typed = replace(
            typed,
            category=chosen.category,
            title=chosen.title,
            every=chosen.every.value,
            interval=str(chosen.interval),
            lines="\n".join(chosen.lines),
            source=chosen.source,
        )
    return _new_page(request, visit, session, typed)


@router.post("/new")
def create(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[str, Form(max_length=40)] = "",
    place: Annotated[str, Form(max_length=40)] = "",
    party: Annotated[str, Form(max_length=40)] = "",
    category: Annotated[str, Form(max_length=40)] = "",
    title: Annotated[str, Form(max_length=200)] = "",
    every: Annotated[str, Form(max_length=10)] = "",
    interval: Annotated[str, Form(max_length=10)] = "",
    counted_from: Annotated[str, Form(max_length=10)] = "",
    lines: Annotated[str, Form(max_length=8000)] = "",
    starts_on: Annotated[str, Form(max_length=12)] = "",
    source: Annotated[str, Form(max_length=400)] = "",
) -> Response:
    typed = TypedPlan(
        id, place, party, category, title, every, interval, counted_from, lines, starts_on, source
    )
    with attempt(session) as tried:
        rounds.plan_rounds(session, _plan(typed), estate_id=visit.estate.id, actor=visit.actor, now=now)
    if tried.refusal:
        return _new_page(request, visit, session, typed, tried.refusal)
    return see_other(_address(visit))


def _plan(typed: TypedPlan) -> NewPlan:
    """What was typed in the types it stands for; raises `Invalid` naming the field."""
    return NewPlan(
        id=_id(typed.id, "", N_("这张表单不完整，请重新打开页面")),
        place_id=_id(typed.place, "place", N_("请选择巡检的地点")),
        party_id=_id(typed.party, "party", N_("请选择由谁巡检")),
        category=typed.category,
        title=typed.title,
        every=_choice(Every, typed.every, "every"),
        interval=int(typed.interval) if typed.interval.isascii() and typed.interval.isdigit() else 0,
        counted_from=_choice(CountedFrom, typed.counted_from, "counted_from"),
        lines=typed.lines,
        starts_on=_day(typed.starts_on),
        source=typed.source,
    )


def _id(text: str, field: str, sentence: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Invalid(sentence, field=field) from None


Kind = TypeVar("Kind", bound=StrEnum)


def _choice(kind: type[Kind], text: str, field: str) -> Kind:
    try:
        return kind(text)
    except ValueError:
        raise Invalid(N_("请从列出的选项里选"), field=field) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(N_("请填写开始的日期"), field="starts_on") from None


@router.post("/plans/{plan_id:uuid}/end")
def end(visit: CommitteeVisit, session: SessionDep, now: Now, plan_id: UUID) -> Response:
    rounds.end_plan(session, estate_id=visit.estate.id, plan_id=plan_id, actor=visit.actor, now=now)
    return see_other(_address(visit))


def _round_page(
    request: Request,
    visit: Visit,
    found: RoundView,
    now: Now,
    typed: Pairs = (),
    inspector: str = "",
    note: str = "",
    refusal: Refusal | None = None,
) -> Response:
    blank = (("", ""),) * (len(found.plan.lines) - len(typed))
    data = RoundPage(
        address=_address(visit),
        round=found,
        typed=typed + blank,
        inspector=inspector or (visit.person.name if visit.person else ""),
        note=note,
        late=found.done_at is None and found.due_on < day_of(now),
        errors=errors_of(request, refusal),
    )
    return visit_page(request, visit, "maintenance/upkeep_round.html", data, tab="repairs", refusal=refusal)


@router.get("/rounds/{round_id:uuid}")
def show_round(
    request: Request, visit: PartyVisit, session: SessionDep, now: Now, round_id: UUID
) -> Response:
    found = read_round(session, estate_id=visit.estate.id, round_id=round_id)
    return _round_page(request, visit, found, now)


async def _typed_lines(request: Request) -> Pairs:
    """The result and the note of each line in order, for as many lines as a list may have."""
    form = await request.form()

    def typed(name: str) -> str:
        value = form.get(name, "")
        return value[:2000] if isinstance(value, str) else ""

    return tuple((typed(f"result-{place}"), typed(f"note-{place}")) for place in range(MOST_LINES))


@router.post("/rounds/{round_id:uuid}")
def finish(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    round_id: UUID,
    typed: Annotated[Pairs, Depends(_typed_lines)],
    inspector: Annotated[str, Form(max_length=200)] = "",
    note: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    found = read_round(session, estate_id=visit.estate.id, round_id=round_id)
    typed = typed[: len(found.plan.lines)]
    with attempt(session) as tried:
        rounds.finish_round(
            session,
            estate_id=visit.estate.id,
            round_id=round_id,
            found=_found(typed),
            inspector=inspector,
            note=note,
            actor=visit.actor,
            committee=visit.standing.is_committee,
            now=now,
        )
    if tried.refusal:
        return _round_page(request, visit, found, now, typed, inspector, note, tried.refusal)
    return see_other(f"{_address(visit)}/rounds/{round_id}")


def _found(typed: Pairs) -> list[Found]:
    results = set(LineResult)
    for place, (result, _) in enumerate(typed):
        if result not in results:
            raise Invalid(N_("请给每一项选一个结果"), field=f"result-{place}")
    return [Found(LineResult(result), note) for result, note in typed]
