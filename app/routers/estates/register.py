"""The register at the desk: homes by building or by search, and one home's sheet with its corrections."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.estates.frames import desk_page, read_id
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import LIST, ONE, spends
from app.rules.estates.labels import building_label
from app.rules.estates.units import KIND_NAMES, STATUS_NAMES, UnitKind, UnitStatus
from app.rules.quantities import format_area, parse_area
from app.services.estates.editing import HomeFacts, add_owner, edit_home
from app.services.estates.homes import RELATION_NAMES
from app.services.estates.register import (
    HomeLine,
    HomeSheet,
    RegisterCount,
    count_register,
    find_homes,
    get_home,
    list_homes,
    list_ownerless,
)
from app.services.estates.units import list_buildings

router = APIRouter(prefix="/desk/{slug}/register")


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """`filters` are (words, address, current); without a search one building is shown at a time."""

    address: str
    filters: tuple[tuple[str, str, bool], ...]
    homes: tuple[HomeLine, ...]
    search: str
    ownerless: bool
    count: RegisterCount
    kinds: dict[str, str]
    statuses: dict[str, str]


@dataclass(frozen=True, slots=True)
class HomeForm:
    """The fields of a home as typed."""

    area: str = ""
    floor: str = ""
    kind: str = ""
    status: str = ""
    heirs_proving: str = ""
    tenant: str = ""
    representative: str = ""
    remark: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OwnerForm:
    """An owner as typed."""

    name: str = ""
    phone: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HomePage:
    address: str
    sheet: HomeSheet
    kinds: dict[str, str]
    statuses: dict[str, str]
    relations: dict[str, str]
    typed: HomeForm
    adding: OwnerForm
    errors: Errors


KINDS = {kind.value: name for kind, name in KIND_NAMES.items()}
STATUSES = {status.value: name for status, name in STATUS_NAMES.items()}


@router.get("", dependencies=[spends(CommitteeVisit, LIST)])
def list_register(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    building: str = "",
    q: str = "",
    show: str = "",
) -> Response:
    estate_id, address = visit.estate.id, f"/desk/{visit.estate.slug}/register"
    buildings = [line.building for line in list_buildings(session, estate_id=estate_id)]
    search, ownerless = q.strip()[:50], show == "ownerless"
    current = building if building in buildings else (buildings[0] if buildings else "")
    if search:
        homes = find_homes(session, estate_id=estate_id, text=search)
    elif ownerless:
        homes = list_ownerless(session, estate_id=estate_id)
    else:
        homes = list_homes(session, estate_id=estate_id, building=current, masked=False)
    data = RegisterPage(
        address=address,
        filters=tuple(
            (
                building_label(name),
                f"{address}?building={quote(name)}",
                name == current and not (search or ownerless),
            )
            for name in buildings
        ),
        homes=tuple(homes),
        search=search,
        ownerless=ownerless,
        count=count_register(session, estate_id=estate_id),
        kinds=KINDS,
        statuses=STATUSES,
    )
    return desk_page(request, visit, "estates/register.html", data)


def home_address(visit: Visit, unit_id: UUID) -> str:
    return f"/desk/{visit.estate.slug}/register/{unit_id}"


def _home_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    unit_id: UUID,
    *,
    typed: HomeForm | None = None,
    adding: OwnerForm | None = None,
    refusal: Refusal | None = None,
) -> Response:
    sheet = get_home(session, estate_id=visit.estate.id, unit_id=unit_id)
    home = sheet.home
    data = HomePage(
        address=home_address(visit, unit_id),
        sheet=sheet,
        kinds=KINDS,
        statuses=STATUSES,
        relations={relation.value: name for relation, name in RELATION_NAMES.items()},
        typed=typed
        or HomeForm(
            area=format_area(home.area),
            floor=str(home.floor),
            kind=home.kind,
            status=home.status,
            heirs_proving="yes" if home.heirs_proving else "",
            tenant="yes" if home.tenant else "",
            representative=str(sheet.representative_id or ""),
            remark=sheet.remark,
        ),
        adding=adding or OwnerForm(),
        errors=errors_of(request, refusal, form="add" if adding else "edit"),
    )
    return desk_page(request, visit, "estates/home.html", data, refusal=refusal)


@router.get("/{unit_id:uuid}", dependencies=[spends(CommitteeVisit, ONE)])
def show_home(request: Request, visit: CommitteeVisit, session: SessionDep, unit_id: UUID) -> Response:
    return _home_page(request, visit, session, unit_id)


@router.post("/{unit_id:uuid}/edit")
def edit(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    area: Annotated[str, Form()] = "",
    floor: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    status: Annotated[str, Form()] = "",
    heirs_proving: Annotated[str, Form()] = "",
    tenant: Annotated[str, Form()] = "",
    representative: Annotated[str, Form()] = "",
    remark: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    typed = HomeForm(area, floor, kind, status, heirs_proving, tenant, representative, remark, reason)
    with attempt(session) as tried:
        edit_home(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            facts=_read_home(typed),
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _home_page(request, visit, session, unit_id, typed=typed, refusal=tried.refusal)
    return see_other(home_address(visit, unit_id))


def _read_home(typed: HomeForm) -> HomeFacts:
    if typed.kind not in KINDS:
        raise Invalid(N_("请选择用途"), field="kind")
    if typed.status not in STATUSES:
        raise Invalid(N_("请选择状态"), field="status")
    floor = typed.floor.strip()
    if not floor.removeprefix("-").isdecimal() or len(floor) > 4:
        raise Invalid(N_("楼层要写成数字，地下写 -1"), field="floor")
    return HomeFacts(
        area=parse_area(typed.area.strip()),
        floor=int(floor),
        kind=UnitKind(typed.kind),
        status=UnitStatus(typed.status),
        heirs_proving=bool(typed.heirs_proving),
        tenant=bool(typed.tenant),
        representative_id=read_id(typed.representative),
        remark=typed.remark,
    )


@router.post("/{unit_id:uuid}/owners")
def add(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    unit_id: UUID,
    name: Annotated[str, Form()] = "",
    phone: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    typed = OwnerForm(name, phone, reason)
    with attempt(session) as tried:
        add_owner(
            session, estate_id=visit.estate.id, unit_id=unit_id, actor=visit.actor, now=now, **asdict(typed)
        )
    if tried.refusal:
        return _home_page(request, visit, session, unit_id, adding=typed, refusal=tried.refusal)
    return see_other(home_address(visit, unit_id))
