"""The desk adds one home to the register, and takes out one that was entered by mistake."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.estates.frames import desk_page
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import ONE, spends
from app.rules.estates.single import TypedHome
from app.rules.estates.units import KIND_NAMES, STATUS_NAMES
from app.services.estates.register import HomeLine, get_home
from app.services.estates.single_homes import add_home, hold_of, remove_home
from app.templating import language_of, translate

router = APIRouter(prefix="/desk/{slug}/register")

KINDS = {kind.value: name for kind, name in KIND_NAMES.items()}
STATUSES = {status.value: name for status, name in STATUS_NAMES.items()}
FRESH = TypedHome(kind="dwelling", status="normal")


@dataclass(frozen=True, slots=True)
class NewHomePage:
    """`known` is the address of the home that is there already, empty without one."""

    address: str
    back: str
    unit_id: UUID
    typed: TypedHome
    reason: str
    kinds: dict[str, str]
    statuses: dict[str, str]
    known: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class RemovalPage:
    """`held` says why the home must stay, empty when it may go."""

    address: str
    back: str
    home: HomeLine
    held: str
    reason: str
    errors: Errors


def _register(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/register"


def _new_page(
    request: Request,
    visit: Visit,
    *,
    unit_id: UUID | None = None,
    typed: TypedHome = FRESH,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    back = _register(visit)
    known = refusal.values.get("unit", "") if refusal else ""
    data = NewHomePage(
        address=f"{back}/new",
        back=back,
        unit_id=unit_id or uuid4(),
        typed=typed,
        reason=reason,
        kinds=KINDS,
        statuses=STATUSES,
        known=f"{back}/{known}" if known else "",
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "estates/home_new.html", data, refusal=refusal)


@router.get("/new")
def show_new(request: Request, visit: CommitteeVisit, building: str = "", entrance: str = "") -> Response:
    typed = TypedHome(building[:20], entrance[:20], kind=FRESH.kind, status=FRESH.status)
    return _new_page(request, visit, typed=typed)


@router.post("/new")
def add(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    building: Annotated[str, Form()] = "",
    entrance: Annotated[str, Form()] = "",
    floor: Annotated[str, Form()] = "",
    room: Annotated[str, Form()] = "",
    area: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    status: Annotated[str, Form()] = "",
    owner: Annotated[str, Form()] = "",
    phone: Annotated[str, Form()] = "",
    remark: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    typed = TypedHome(building, entrance, floor, room, area, kind, status, owner, phone, remark)
    with attempt(session) as tried:
        unit_id = add_home(
            session,
            typed,
            estate_id=visit.estate.id,
            unit_id=id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _new_page(
            request, visit, unit_id=id, typed=_shortened(typed), reason=reason[:1200], refusal=tried.refusal
        )
    return see_other(f"{_register(visit)}/{unit_id}")


def _shortened(typed: TypedHome) -> TypedHome:
    """A megabyte in a field is not sent back."""
    return TypedHome(**{field.name: getattr(typed, field.name)[:600] for field in fields(typed)})


def _removal_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    unit_id: UUID,
    *,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "unit_id": unit_id}
    home, held = get_home(session, **where).home, hold_of(session, **where)
    back = f"{_register(visit)}/{unit_id}"
    data = RemovalPage(
        address=f"{back}/remove",
        back=back,
        home=home,
        held=translate(held, {"home": home.label}, language_of(request)) if held else "",
        reason=reason,
        errors=() if held else errors_of(request, refusal),
    )
    return desk_page(request, visit, "estates/home_remove.html", data, refusal=refusal)


@router.get("/{unit_id:uuid}/remove", dependencies=[spends(CommitteeVisit, ONE)])
def show_removal(request: Request, visit: CommitteeVisit, session: SessionDep, unit_id: UUID) -> Response:
    return _removal_page(request, visit, session, unit_id)


@router.post("/{unit_id:uuid}/remove")
def remove(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        remove_home(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _removal_page(request, visit, session, unit_id, reason=reason, refusal=tried.refusal)
    return see_other(_register(visit))
