"""The mediator prepares a case: the summary, the two sides, and the question to both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, Invalid, NotAllowed, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.mediation.frames import read_id, room_address
from app.routers.mediation.room import where_of
from app.routers.records import ONE, spends
from app.rules.mediation.cases import Side, State, ensure_state
from app.services.mediation import preparing, reading
from app.services.mediation.preparing import HomePerson
from app.services.mediation.reading import CaseView

router = APIRouter(prefix="/e/{slug}/mediation/{case_id:uuid}/prepare")

Groups = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class PreparePage:
    """The case, the homes to choose from, and the people of the one chosen; `home` is how it reads, "" for none."""

    case: CaseView
    address: str
    back: str
    homes: Groups
    unit: str
    home: str
    people: list[HomePerson]
    summary: str
    errors: Errors


def _page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    case_id: UUID,
    *,
    unit: str = "",
    summary: str | None = None,
    form: str = "",
    refusal: Refusal | None = None,
) -> Response:
    case = reading.read_case(session, **where_of(visit, case_id))
    if not case.is_mediator:
        raise NotAllowed(N_("这一步由调解员办理"), code="mediator_only")
    ensure_state(case.state, State.PREPARING)
    home, people = "", list[HomePerson]()
    if unit:
        home, people = preparing.people_in(
            session, **where_of(visit, case_id), unit_id=read_id(unit, field="unit")
        )
    back = room_address(visit.estate.slug, case_id)
    data = PreparePage(
        case=case,
        address=f"{back}/prepare",
        back=back,
        homes=tuple(
            (entrance.name, tuple((str(unit_id), room) for unit_id, room in entrance.homes))
            for entrance in preparing.list_entrances(session, estate_id=visit.estate.id)
        ),
        unit=unit,
        home=home,
        people=people,
        summary=case.summary if summary is None else summary,
        errors=errors_of(request, refusal, form=form),
    )
    return talk_page(request, visit, "mediation/prepare.html", data, refusal=refusal)


@router.get("", dependencies=[spends(MemberVisit, ONE)])
def show_prepare(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    case_id: UUID,
    unit: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    return _page(request, visit, session, case_id, unit=unit)


@router.post("/summary")
def write_summary(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    summary: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        preparing.write_summary(session, **where_of(visit, case_id), summary=summary, now=now)
    if tried.refusal:
        return _page(request, visit, session, case_id, summary=summary, refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/prepare")


@router.post("/parties")
def add_party(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    unit: Annotated[str, Form(max_length=60)] = "",
    person: Annotated[str, Form(max_length=60)] = "",
    side: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        if side not in set(Side):
            raise Invalid(N_("请选择是哪一方"), field="side")
        preparing.add_party(
            session,
            **where_of(visit, case_id),
            unit_id=read_id(unit, field="unit"),
            party_id=read_id(person, field="person"),
            side=Side(side),
            now=now,
        )
    if tried.refusal:
        known = unit if tried.refusal.field != "unit" else ""
        return _page(request, visit, session, case_id, unit=known, refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/prepare")


@router.post("/parties/{party_id:uuid}/remove")
def remove_party(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, case_id: UUID, party_id: UUID
) -> Response:
    with attempt(session) as tried:
        preparing.remove_party(session, **where_of(visit, case_id), party_id=party_id, now=now)
    if tried.refusal:
        return _page(request, visit, session, case_id, refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/prepare")


@router.post("/ask")
def ask(request: Request, visit: MemberVisit, session: SessionDep, now: Now, case_id: UUID) -> Response:
    with attempt(session) as tried:
        preparing.ask_parties(session, **where_of(visit, case_id), now=now)
    if tried.refusal:
        return _page(request, visit, session, case_id, refusal=tried.refusal)
    return see_other(room_address(visit.estate.slug, case_id))


@router.post("/recall")
def recall(visit: MemberVisit, session: SessionDep, now: Now, case_id: UUID) -> Response:
    preparing.recall_asking(session, **where_of(visit, case_id), now=now)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/prepare")
