"""Who answers for what, at the desk: the dated table, a new row, the end of one, and a question put to the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, NotFound, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.register_frames import (
    Groups,
    Options,
    any_or,
    options,
    place_groups,
    register_page,
)
from app.rules.maintenance.kinds import FAMILY_NAMES, Family
from app.rules.maintenance.responsible import BASIS_NAMES, Basis
from app.rules.maintenance.warranty import COVER_NAMES, Cover
from app.rules.maintenance.workcalendar import day_of
from app.services.maintenance.duty_table import (
    BASES,
    MOST_DOCUMENT,
    DutyLine,
    Found,
    TypedDuty,
    add_duty,
    ask_who,
    end_duty,
    list_duties,
)
from app.services.maintenance.party_register import list_parties

router = APIRouter(prefix="/desk/{slug}/parties/duties")


@dataclass(frozen=True, slots=True)
class DutiesPage:
    """Rows that hold now or later, rows that are over, the form for a new one, and the question with its answer."""

    address: str
    today: date
    duties: Sequence[DutyLine]
    over: Sequence[DutyLine]
    family_names: dict[Family, str]
    basis_names: dict[Basis, str]
    cover_names: dict[Cover, str]
    parties: Options
    places: Groups
    families: Options
    bases: Options
    id: str
    typed: TypedDuty
    most: int
    asked: tuple[str, str, str]
    found: Found | None
    errors: Errors


@dataclass(frozen=True, slots=True)
class _Tried:
    """A form that was refused, with what was typed; or a question with its answer."""

    form: str = ""
    id: str = ""
    row: str = ""
    typed: TypedDuty | None = None
    asked: tuple[str, str, str] | None = None
    found: Found | None = None
    refusal: Refusal | None = None


def _address(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/parties/duties"


def _page(
    request: Request, visit: Visit, session: SessionDep, now: datetime, tried: _Tried | None = None
) -> Response:
    tried, today = tried or _Tried(), day_of(now)
    duties = list_duties(session, estate_id=visit.estate.id)
    parties = [
        (str(party.id), party.name)
        for party in list_parties(session, estate_id=visit.estate.id)
        if party.ended_at is None
    ]
    families = {family.value: name for family, name in FAMILY_NAMES.items()}
    data = DutiesPage(
        address=_address(visit),
        today=today,
        duties=[duty for duty in duties if not duty.is_over(today)],
        over=[duty for duty in duties if duty.is_over(today)],
        family_names=FAMILY_NAMES,
        basis_names=BASIS_NAMES,
        cover_names=COVER_NAMES,
        parties=any_or(request, parties, first=N_("请选择")),
        places=place_groups(request, visit, session),
        families=options(request, families, first=N_("所有设施")),
        bases=options(request, {basis.value: BASIS_NAMES[basis] for basis in BASES}, first=N_("请选择")),
        id=tried.id or str(uuid4()),
        typed=tried.typed or TypedDuty(valid_from=str(today)),
        most=MOST_DOCUMENT,
        asked=tried.asked or ("", "", str(today)),
        found=tried.found,
        errors=errors_of(request, tried.refusal, form=tried.form, row=tried.row),
    )
    return register_page(request, visit, "maintenance/desk_duties.html", data, refusal=tried.refusal)


@router.get("")
def show_duties(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    ask_place: str = "",
    ask_family: str = "",
    ask_day: str = "",
) -> Response:
    asked = (ask_place[:40], ask_family[:24], ask_day[:10])
    if not any(asked):
        return _page(request, visit, session, now)
    try:
        found = ask_who(session, estate_id=visit.estate.id, place=asked[0], family=asked[1], day=asked[2])
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(request, visit, session, now, _Tried(asked=asked, refusal=refusal))
    return _page(request, visit, session, now, _Tried(asked=asked, found=found))


@router.post("")
def add(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    party: Annotated[str, Form()] = "",
    place: Annotated[str, Form()] = "",
    family: Annotated[str, Form()] = "",
    basis: Annotated[str, Form()] = "",
    document: Annotated[str, Form()] = "",
    valid_from: Annotated[str, Form()] = "",
    valid_to: Annotated[str, Form()] = "",
) -> Response:
    typed = TypedDuty(
        party=party,
        place=place,
        family=family,
        basis=basis,
        document=document,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    with attempt(session) as tried:
        add_duty(session, estate_id=visit.estate.id, duty_id=id, typed=typed, actor=visit.actor, now=now)
    if tried.refusal:
        refused = _Tried("duty", str(id), typed=typed, refusal=tried.refusal)
        return _page(request, visit, session, now, refused)
    return see_other(_address(visit))


@router.post("/{duty_id:uuid}/end")
def end(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    duty_id: UUID,
    last_day: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        end_duty(
            session,
            estate_id=visit.estate.id,
            duty_id=duty_id,
            last_day=last_day,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, now, _Tried(row=str(duty_id), refusal=tried.refusal))
    return see_other(_address(visit))
