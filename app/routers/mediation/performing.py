"""After an agreement took effect: the thirty days for the court, and the checks of performance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.mediation.frames import read_day, room_address
from app.routers.mediation.room import where_of
from app.routers.records import ONE, spends
from app.rules.mediation.agreements import CourtMark
from app.rules.mediation.cases import State, ensure_state
from app.rules.mediation.checks import CheckState
from app.services.mediation import papers, performing, reading
from app.services.mediation.papers import CheckView, CourtView
from app.services.mediation.reading import CaseView

router = APIRouter(prefix="/e/{slug}/mediation/{case_id:uuid}/performing")

_NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class PerformingPage:
    """What follows an agreement; `typed` holds what a refused form had, `new_id` a fresh id for each form."""

    case: CaseView
    address: str
    back: str
    court: CourtView
    checks: list[CheckView]
    typed: Mapping[str, str]
    new_id: str
    errors: Errors


def _page(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    *,
    typed: Mapping[str, str] = _NOTHING,
    form: str = "",
    row: object = "",
    refusal: Refusal | None = None,
) -> Response:
    case = reading.read_case(session, **where_of(visit, case_id))
    ensure_state(case.state, State.AGREED)
    court = papers.read_court(session, **where_of(visit, case_id), now=now)
    assert court is not None  # it took effect
    back = room_address(visit.estate.slug, case_id)
    data = PerformingPage(
        case=case,
        address=f"{back}/performing",
        back=back,
        court=court,
        checks=papers.list_checks(session, **where_of(visit, case_id), now=now),
        typed={"on": "", "court_note": "", "due_on": "", "what": "", "row": "", "text": "", "found": ""}
        | dict(typed),
        new_id=typed.get("id") or str(uuid4()),
        errors=errors_of(request, refusal, form=form, row=row),
    )
    return talk_page(request, visit, "mediation/performing.html", data, refusal=refusal)


@router.get("", dependencies=[spends(MemberVisit, ONE)])
def show_performing(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, case_id: UUID
) -> Response:
    return _page(request, visit, session, now, case_id)


@router.post("/court")
def mark_court(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    mark: Annotated[str, Form(max_length=20)] = "",
    on: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        if mark not in set(CourtMark):
            raise Invalid(N_("请选择要登记的是哪一步"), field="mark")
        performing.mark_court(
            session,
            **where_of(visit, case_id),
            mark=CourtMark(mark),
            on=read_day(on, field="on"),
            note=note,
            now=now,
        )
    if tried.refusal:
        typed = {"on": on, "court_note": note}
        return _page(request, visit, session, now, case_id, typed=typed, form="court", refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/performing")


@router.post("/checks")
def add_check(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    id: Annotated[UUID, Form()],
    due_on: Annotated[str, Form(max_length=20)] = "",
    what: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        performing.add_check(
            session,
            **where_of(visit, case_id),
            check_id=id,
            due_on=read_day(due_on, field="due_on"),
            what=what,
            now=now,
        )
    if tried.refusal:
        typed = {"due_on": due_on, "what": what, "id": str(id)}
        return _page(request, visit, session, now, case_id, typed=typed, form="check", refusal=tried.refusal)
    return see_other(f"{room_address(visit.estate.slug, case_id)}/performing")


@router.post("/checks/{check_id:uuid}")
def settle_check(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    check_id: UUID,
    found: Annotated[str, Form(max_length=20)] = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        reading.read_case(session, **where_of(visit, case_id))
        if found not in set(CheckState) - {CheckState.WAITING}:
            raise Invalid(N_("请选择做到了、做了一部分，还是没有做到"), field="found")
        performing.settle_check(
            session,
            **where_of(visit, case_id),
            check_id=check_id,
            found=CheckState(found),
            note=note,
            now=now,
        )
    if tried.refusal:
        typed = {"row": str(check_id), "found": found, "text": note}
        return _page(
            request,
            visit,
            session,
            now,
            case_id,
            typed=typed,
            form="settle",
            row=check_id,
            refusal=tried.refusal,
        )
    return see_other(f"{room_address(visit.estate.slug, case_id)}/performing")


@router.post("/checks/{check_id:uuid}/remarks")
def remark(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    case_id: UUID,
    check_id: UUID,
    id: Annotated[UUID, Form()],
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        performing.remark(
            session, **where_of(visit, case_id), check_id=check_id, remark_id=id, text=text, now=now
        )
    if tried.refusal:
        typed = {"row": str(check_id), "text": text, "id": str(id)}
        return _page(
            request,
            visit,
            session,
            now,
            case_id,
            typed=typed,
            form="remark",
            row=check_id,
            refusal=tried.refusal,
        )
    return see_other(f"{room_address(visit.estate.slug, case_id)}/performing")
