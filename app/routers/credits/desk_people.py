"""The desk enters volunteer work, and opens one person's ledger to correct it: each look is asked for and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import Refusal
from app.routers.credits.frames import desk_page, read_day, read_number
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.paging import Links, links_of
from app.routers.records import ONE, spends
from app.rules.paging import read_turn
from app.services.credits import desk, people
from app.services.credits.desk import LookView
from app.services.credits.ledger import day_of
from app.services.credits.people import Person

router = APIRouter(prefix="/desk/{slug}/credits")

Short = Annotated[str, Form(max_length=20)]


@dataclass(frozen=True, slots=True)
class FindPage:
    """People who take part, found by name."""

    address: str
    q: str
    found: Sequence[Person]


@dataclass(frozen=True, slots=True)
class PersonPage:
    """One person, without his points: the forms for volunteer work and for a look at his ledger."""

    address: str
    person: Person
    entered: bool
    work_id: UUID
    look_id: UUID
    typed: dict[str, str]
    errors: Errors


@dataclass(frozen=True, slots=True)
class LookPage:
    """A ledger opened for half an hour; `chosen` is the line whose form came back, with the reason typed."""

    address: str
    look: LookView
    links: Links
    chosen: UUID | None
    reason: str
    errors: Errors


@router.get("/people", dependencies=[spends(CommitteeVisit, ONE)])
def find_people(request: Request, visit: CommitteeVisit, session: SessionDep, q: str = "") -> Response:
    words = q[:50]
    found = people.find_members(session, estate_id=visit.estate.id, words=words)
    data = FindPage(address=f"/desk/{visit.estate.slug}/credits", q=words, found=found)
    return desk_page(request, visit, "credits/desk_people.html", data)


@router.get("/people/{account_id}", dependencies=[spends(CommitteeVisit, ONE)])
def show_person(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    account_id: UUID,
    entered: str = "",
) -> Response:
    return _person_page(request, visit, session, now, account_id, entered=bool(entered))


def _person_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    account_id: UUID,
    *,
    work_id: UUID | None = None,
    look_id: UUID | None = None,
    typed: dict[str, str] | None = None,
    entered: bool = False,
    refusal: Refusal | None = None,
) -> Response:
    form = "look" if look_id else "work"
    data = PersonPage(
        address=f"/desk/{visit.estate.slug}/credits",
        person=people.get_member(session, estate_id=visit.estate.id, account_id=account_id),
        entered=entered,
        work_id=work_id or uuid4(),
        look_id=look_id or uuid4(),
        typed={"on_day": day_of(now).isoformat(), **(typed or {})},
        errors=errors_of(request, refusal, form=form),
    )
    return desk_page(request, visit, "credits/desk_person.html", data, refusal=refusal)


@router.post("/people/{account_id}/work")
def enter_work(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    account_id: UUID,
    id: Annotated[UUID, Form()],
    on_day: Short = "",
    hours: Short = "",
    note: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        desk.enter_work(
            session,
            estate_id=visit.estate.id,
            work_id=id,
            account_id=account_id,
            on_day=read_day(on_day, field="on_day"),
            hours=read_number(hours, field="hours"),
            note=note,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {"on_day": on_day, "hours": hours, "note": note}
        return _person_page(
            request, visit, session, now, account_id, work_id=id, typed=typed, refusal=tried.refusal
        )
    return see_other(f"/desk/{visit.estate.slug}/credits/people/{account_id}?entered=yes")


@router.post("/people/{account_id}/look")
def open_look(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    account_id: UUID,
    id: Annotated[UUID, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        desk.open_look(
            session,
            estate_id=visit.estate.id,
            look_id=id,
            account_id=account_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _person_page(
            request,
            visit,
            session,
            now,
            account_id,
            look_id=id,
            typed={"reason": reason},
            refusal=tried.refusal,
        )
    return see_other(f"/desk/{visit.estate.slug}/credits/looks/{id}")


@router.get("/looks/{look_id}", dependencies=[spends(CommitteeVisit, ONE)])
def show_look(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    look_id: UUID,
    before: str = "",
    after: str = "",
) -> Response:
    return _look_page(request, visit, session, now, look_id, before=before, after=after)


def _look_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    look_id: UUID,
    *,
    before: str = "",
    after: str = "",
    chosen: UUID | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    address = f"/desk/{visit.estate.slug}/credits"
    look = desk.read_look(
        session,
        estate_id=visit.estate.id,
        look_id=look_id,
        actor=visit.actor,
        now=now,
        turn=read_turn(before, after),
    )
    data = LookPage(
        address=address,
        look=look,
        links=links_of(f"{address}/looks/{look_id}", look.entries),
        chosen=chosen,
        reason=reason,
        errors=errors_of(request, refusal, row=chosen or ""),
    )
    return desk_page(request, visit, "credits/desk_look.html", data, refusal=refusal)


@router.post("/looks/{look_id}")
def reverse_entry(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    look_id: UUID,
    entry: Annotated[UUID, Form()],
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        desk.reverse_by_hand(
            session,
            estate_id=visit.estate.id,
            look_id=look_id,
            entry_id=entry,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _look_page(
            request, visit, session, now, look_id, chosen=entry, reason=reason, refusal=tried.refusal
        )
    return see_other(f"/desk/{visit.estate.slug}/credits/looks/{look_id}")
