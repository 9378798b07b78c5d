"""Two short lists at the desk: the estate's own emergency numbers, and the city's heating and cooling seasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.register_frames import Options, options, register_page
from app.rules.maintenance.emergencies import EMERGENCIES, Danger
from app.services.maintenance.emergencies import Call, list_calls
from app.services.maintenance.local_phones import (
    MOST_NAME,
    MOST_NUMBER,
    PhoneLine,
    add_phone,
    list_phones,
    remove_phone,
)
from app.services.maintenance.seasons import (
    SEASON_NAMES,
    SeasonLine,
    add_season,
    list_seasons,
    remove_season,
)

router = APIRouter(prefix="/desk/{slug}/facilities")


@dataclass(frozen=True, slots=True)
class PhonesPage:
    """Every danger with the numbers in the order to ring them; `own` are those that can be taken away."""

    address: str
    calls: tuple[Call, ...]
    own: dict[str, list[PhoneLine]]
    dangers: Options
    id: str
    typed: dict[str, str]
    most: dict[str, int]
    errors: Errors


@dataclass(frozen=True, slots=True)
class SeasonsPage:
    """The seasons, the newest first, and the form for one more."""

    address: str
    seasons: Sequence[SeasonLine]
    names: dict[str, str]
    kinds: Options
    typed: dict[str, str]
    errors: Errors


def _phones(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/facilities/phones"


def _phones_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    own: dict[str, list[PhoneLine]] = {danger.value: [] for danger in Danger}
    for line in list_phones(session, estate_id=visit.estate.id):
        own.setdefault(line.danger, []).append(line)
    data = PhonesPage(
        address=_phones(visit),
        calls=list_calls(session, estate_id=visit.estate.id),
        own=own,
        dangers=options(request, {danger.value: call.title for danger, call in EMERGENCIES.items()}),
        id=(typed or {}).get("id") or str(uuid4()),
        typed=typed or {},
        most={"name": MOST_NAME, "number": MOST_NUMBER},
        errors=errors_of(request, refusal),
    )
    return register_page(request, visit, "maintenance/desk_phones.html", data, refusal=refusal)


@router.get("/phones")
def show_phones(request: Request, visit: CommitteeVisit, session: SessionDep) -> Response:
    return _phones_page(request, visit, session)


@router.post("/phones")
def add_number(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    danger: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    number: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        add_phone(
            session,
            estate_id=visit.estate.id,
            phone_id=id,
            danger=danger,
            name=name,
            number=number,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {"id": str(id), "danger": danger, "name": name, "number": number}
        return _phones_page(request, visit, session, typed, tried.refusal)
    return see_other(_phones(visit))


@router.post("/phones/{phone_id:uuid}/remove")
def remove_number(visit: CommitteeVisit, session: SessionDep, now: Now, phone_id: UUID) -> Response:
    remove_phone(session, estate_id=visit.estate.id, phone_id=phone_id, actor=visit.actor, now=now)
    return see_other(_phones(visit))


def _seasons(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/facilities/seasons"


def _seasons_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    typed: dict[str, str] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    names = {kind.value: name for kind, name in SEASON_NAMES.items()}
    data = SeasonsPage(
        address=_seasons(visit),
        seasons=list_seasons(session, estate_id=visit.estate.id),
        names=names,
        kinds=options(request, names),
        typed=typed or {},
        errors=errors_of(request, refusal),
    )
    return register_page(request, visit, "maintenance/desk_seasons.html", data, refusal=refusal)


@router.get("/seasons")
def show_seasons(request: Request, visit: CommitteeVisit, session: SessionDep) -> Response:
    return _seasons_page(request, visit, session)


@router.post("/seasons")
def add_one(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    kind: Annotated[str, Form()] = "",
    first: Annotated[str, Form()] = "",
    last: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        add_season(
            session,
            estate_id=visit.estate.id,
            kind=kind,
            first=first,
            last=last,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = {"kind": kind, "first": first, "last": last}
        return _seasons_page(request, visit, session, typed, tried.refusal)
    return see_other(_seasons(visit))


@router.post("/seasons/remove")
def remove_one(
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    kind: Annotated[str, Form()] = "",
    first: Annotated[str, Form()] = "",
) -> Response:
    remove_season(session, estate_id=visit.estate.id, kind=kind, first=first, actor=visit.actor, now=now)
    return see_other(_seasons(visit))
