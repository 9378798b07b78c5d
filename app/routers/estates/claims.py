"""Joining an estate: confirm by the phone the register knows, or claim with a photo of the certificate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import Now, PersonDep, PublicVisit, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.estates.frames import read_id, read_upload
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.rules.estates.labels import building_label, entrance_label
from app.services.accounts.sessions import Person
from app.services.estates.binding import Match, asks_home, confirm_home, find_matches, prove_home
from app.services.estates.claims import (
    STATE_NAMES,
    MyClaim,
    list_my_claims,
    submit_claim,
    withdraw_claim,
)
from app.services.estates.homes import RELATION_NAMES
from app.services.estates.saying import MOST_TYPED
from app.services.estates.standing import EstateView
from app.services.estates.units import list_buildings, list_rooms
from app.services.files import MAX_FILE
from app.templating import language_of, translate

router = APIRouter(prefix="/e/{slug}")

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """How far the choice of a home has come: what can be picked at each step, and what was."""

    building: str = ""
    entrance: str = ""
    buildings: Options = ()
    entrances: Options = ()
    rooms: Options = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """What the claim form held when it was refused."""

    unit_id: str = ""
    relation: str = ""
    name: str = ""
    note: str = ""
    said_home: str = ""
    said_name: str = ""


@dataclass(frozen=True, slots=True)
class JoinPage:
    estate: EstateView
    has_phone: bool
    matches: tuple[Match, ...]
    asks_home: bool
    claims: tuple[MyClaim, ...]
    states: dict[str, str]
    relations: dict[str, str]
    place: Place
    claim_id: UUID
    typed: Typed = field(default_factory=Typed)
    errors: Errors = ()


# A choice whose value is empty counts as not made in a browser.
NO_ENTRANCE = "-"


def _place(request: Request, session: SessionDep, visit: Visit, building: str, picked: str) -> Place:
    lines = {line.building: line for line in list_buildings(session, estate_id=visit.estate.id)}
    buildings = tuple((name, building_label(name)) for name in lines)
    if building not in lines:
        return Place(buildings=buildings)
    none = translate(N_("不分单元"), {}, language_of(request))
    known = {name or NO_ENTRANCE: entrance_label(name) or none for name in lines[building].entrances}
    if len(known) == 1:
        picked = next(iter(known))
    if picked not in known:
        return Place(building, "", buildings, tuple(known.items()))
    entrance = "" if picked == NO_ENTRANCE else picked
    rooms = list_rooms(session, estate_id=visit.estate.id, building=building, entrance=entrance)
    shown = tuple((str(key), room) for key, room in rooms)
    return Place(building, picked, buildings, tuple(known.items()), shown)


def _join_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    person: Person,
    *,
    place: Place,
    claim_id: UUID,
    typed: Typed,
    refusal: Refusal | None = None,
) -> Response:
    data = JoinPage(
        estate=visit.estate,
        has_phone=person.phone is not None,
        matches=tuple(find_matches(session, estate_id=visit.estate.id, phone=person.phone)),
        asks_home=asks_home(session, estate_id=visit.estate.id, phone=person.phone),
        claims=tuple(list_my_claims(session, estate_id=visit.estate.id, account_id=person.account_id)),
        states={state.value: name for state, name in STATE_NAMES.items()},
        relations={relation.value: name for relation, name in RELATION_NAMES.items()},
        place=place,
        claim_id=claim_id,
        typed=typed,
        errors=errors_of(request, refusal),
    )
    return visit_page(request, visit, "estates/join.html", data, tab="home", refusal=refusal)


@router.get("/join")
def show_join(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    person: PersonDep,
    building: str = "",
    entrance: str = "",
) -> Response:
    place = _place(request, session, visit, building, entrance)
    return _join_page(
        request, visit, session, person, place=place, claim_id=uuid4(), typed=Typed(name=person.name)
    )


@router.post("/join/confirm")
def confirm(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    person: PersonDep,
    now: Now,
    owner_id: Annotated[str, Form()] = "",
) -> Response:
    owner = read_id(owner_id)
    if owner is None:
        refusal = Invalid(N_("请选择您是哪一位业主"), field="owner_id")
        place = _place(request, session, visit, "", "")
        return _join_page(
            request,
            visit,
            session,
            person,
            place=place,
            claim_id=uuid4(),
            typed=Typed(name=person.name),
            refusal=refusal,
        )
    confirm_home(session, estate_id=visit.estate.id, account_id=person.account_id, owner_id=owner, now=now)
    return see_other(f"/e/{visit.estate.slug}")


@router.post("/join/prove")
def prove(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    person: PersonDep,
    now: Now,
    said_home: Annotated[str, Form(alias="home")] = "",
    said_name: Annotated[str, Form()] = "",
) -> Response:
    refusal = prove_home(
        session,
        estate_id=visit.estate.id,
        account_id=person.account_id,
        home=said_home,
        name=said_name,
        now=now,
    )
    if refusal is None:
        return see_other(f"/e/{visit.estate.slug}")
    # Answered, not raised: the transaction ends well and the counted try stays counted.
    return _join_page(
        request,
        visit,
        session,
        person,
        place=_place(request, session, visit, "", ""),
        claim_id=uuid4(),
        typed=Typed(name=person.name, said_home=said_home[:MOST_TYPED], said_name=said_name[:MOST_TYPED]),
        refusal=refusal,
    )


@router.post("/join/claim")
def claim(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    person: PersonDep,
    now: Now,
    claim_id: Annotated[str, Form(alias="id")] = "",
    building: Annotated[str, Form()] = "",
    entrance: Annotated[str, Form()] = "",
    unit_id: Annotated[str, Form()] = "",
    relation: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    photo: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    new_id = read_id(claim_id) or uuid4()
    content, photo_name = read_upload(photo, most=MAX_FILE)
    with attempt(session) as tried:
        submit_claim(
            session,
            estate_id=visit.estate.id,
            claim_id=new_id,
            account_id=person.account_id,
            unit_id=read_id(unit_id),
            relation=relation,
            name=name,
            note=note,
            photo=content,
            photo_name=photo_name,
            now=now,
        )
    if tried.refusal:
        return _join_page(
            request,
            visit,
            session,
            person,
            place=_place(request, session, visit, building, entrance),
            claim_id=new_id,
            typed=Typed(unit_id, relation, name, note),
            refusal=tried.refusal,
        )
    return see_other(f"/e/{visit.estate.slug}/join")


@router.post("/claims/{claim_id:uuid}/withdraw")
def withdraw(visit: PublicVisit, session: SessionDep, person: PersonDep, claim_id: UUID) -> Response:
    withdraw_claim(session, estate_id=visit.estate.id, claim_id=claim_id, account_id=person.account_id)
    return see_other(f"/e/{visit.estate.slug}/join")
