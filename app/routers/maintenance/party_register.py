"""The register of parties at the desk: add one, change or end it, and say who works for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.register_frames import Options, options, register_page
from app.rules.maintenance.responsible import PARTY_KIND_NAMES, PartyKind
from app.services.maintenance import party_register
from app.services.maintenance.party_register import KINDS, PartyLine, TypedParty
from app.services.maintenance.party_staff import MOST_PERSON, add_staff, end_staff

router = APIRouter(prefix="/desk/{slug}/parties")

MOST = {
    "name": party_register.MOST_NAME,
    "contact": party_register.MOST_CONTACT,
    "phone": party_register.MOST_PHONE,
    "hours": party_register.MOST_HOURS,
    "person": MOST_PERSON,
}


@dataclass(frozen=True, slots=True)
class PartiesPage:
    """Those that work here, those that did, and the form for another."""

    address: str
    parties: Sequence[PartyLine]
    ended: Sequence[PartyLine]
    kind_names: dict[PartyKind, str]
    kinds: Options
    id: str
    typed: TypedParty
    most: dict[str, int]
    errors: Errors


@dataclass(frozen=True, slots=True)
class PartyPage:
    """One party with its people and the forms about it; `person` and `reason` are what was typed there."""

    address: str
    back: str
    party: PartyLine
    kind_names: dict[PartyKind, str]
    is_committee: bool
    typed: TypedParty
    person: tuple[str, str]
    reason: str
    most: dict[str, int]
    saved: bool
    errors: Errors


@dataclass(frozen=True, slots=True)
class _Tried:
    """A form that was refused, with what was typed in it."""

    form: str = ""
    typed: TypedParty | None = None
    person: tuple[str, str] = ("", "")
    reason: str = field(default="")
    refusal: Refusal | None = None


def _root(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/parties"


async def _typed(
    kind: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    contact: Annotated[str, Form()] = "",
    phone: Annotated[str, Form()] = "",
    hours: Annotated[str, Form()] = "",
    every_day: Annotated[str, Form()] = "",
) -> TypedParty:
    return TypedParty(
        kind=kind, name=name, contact=contact, phone=phone, hours=hours, every_day=bool(every_day)
    )


Typed: TypeAlias = Annotated[TypedParty, Depends(_typed)]


def _list_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    *,
    id: str = "",
    typed: TypedParty | None = None,
    refusal: Refusal | None = None,
) -> Response:
    found = party_register.list_parties(session, estate_id=visit.estate.id)
    data = PartiesPage(
        address=_root(visit),
        parties=[party for party in found if party.ended_at is None],
        ended=[party for party in found if party.ended_at is not None],
        kind_names=PARTY_KIND_NAMES,
        kinds=options(request, {kind.value: PARTY_KIND_NAMES[kind] for kind in KINDS}),
        id=id or str(uuid4()),
        typed=typed or TypedParty(),
        most=MOST,
        errors=errors_of(request, refusal, form="party"),
    )
    return register_page(request, visit, "maintenance/desk_parties.html", data, refusal=refusal)


@router.get("")
def show_parties(request: Request, visit: CommitteeVisit, session: SessionDep) -> Response:
    return _list_page(request, visit, session)


@router.post("")
def add(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    typed: Typed,
) -> Response:
    with attempt(session) as tried:
        party_register.add_party(
            session, estate_id=visit.estate.id, party_id=id, typed=typed, actor=visit.actor, now=now
        )
    if tried.refusal:
        return _list_page(request, visit, session, id=str(id), typed=typed, refusal=tried.refusal)
    return see_other(f"{_root(visit)}/{id}")


def _party_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    party_id: UUID,
    *,
    saved: bool = False,
    tried: _Tried | None = None,
) -> Response:
    tried = tried or _Tried()
    party = party_register.read_party(session, estate_id=visit.estate.id, party_id=party_id)
    data = PartyPage(
        address=f"{_root(visit)}/{party_id}",
        back=_root(visit),
        party=party,
        kind_names=PARTY_KIND_NAMES,
        is_committee=party.kind is PartyKind.COMMITTEE,
        typed=tried.typed or _as_typed(party),
        person=tried.person,
        reason=tried.reason,
        most=MOST,
        saved=saved,
        errors=errors_of(request, tried.refusal, form=tried.form),
    )
    return register_page(request, visit, "maintenance/desk_party.html", data, refusal=tried.refusal)


def _as_typed(party: PartyLine) -> TypedParty:
    return TypedParty(
        kind=party.kind.value,
        name=party.name,
        contact=party.contact,
        phone=party.phone,
        hours=party.hours,
        every_day=party.every_day,
    )


@router.get("/{party_id:uuid}")
def show_party(
    request: Request, visit: CommitteeVisit, session: SessionDep, party_id: UUID, saved: str = ""
) -> Response:
    return _party_page(request, visit, session, party_id, saved=bool(saved))


@router.post("/{party_id:uuid}")
def change(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, party_id: UUID, typed: Typed
) -> Response:
    with attempt(session) as tried:
        party_register.change_party(
            session, estate_id=visit.estate.id, party_id=party_id, typed=typed, actor=visit.actor, now=now
        )
    if tried.refusal:
        refused = _Tried("party", typed=typed, refusal=tried.refusal)
        return _party_page(request, visit, session, party_id, tried=refused)
    return see_other(f"{_root(visit)}/{party_id}?saved=yes")


@router.post("/{party_id:uuid}/end")
def end(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    party_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        party_register.end_party(
            session, estate_id=visit.estate.id, party_id=party_id, reason=reason, actor=visit.actor, now=now
        )
    if tried.refusal:
        refused = _Tried("end", reason=reason, refusal=tried.refusal)
        return _party_page(request, visit, session, party_id, tried=refused)
    return see_other(_root(visit))


@router.post("/{party_id:uuid}/staff")
def add_person(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    party_id: UUID,
    phone: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        add_staff(
            session,
            estate_id=visit.estate.id,
            party_id=party_id,
            phone=phone,
            name=name,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        refused = _Tried("staff", person=(phone, name), refusal=tried.refusal)
        return _party_page(request, visit, session, party_id, tried=refused)
    return see_other(f"{_root(visit)}/{party_id}?saved=yes#staff")


@router.post("/{party_id:uuid}/staff/{account_id:uuid}/end")
def end_person(
    visit: CommitteeVisit, session: SessionDep, now: Now, party_id: UUID, account_id: UUID
) -> Response:
    end_staff(
        session,
        estate_id=visit.estate.id,
        party_id=party_id,
        account_id=account_id,
        actor=visit.actor,
        now=now,
    )
    return see_other(f"{_root(visit)}/{party_id}?saved=yes#staff")
