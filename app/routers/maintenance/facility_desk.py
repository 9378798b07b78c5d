"""The register of facilities at the desk: the tree of places, a facility's papers, where a building is, its warranties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Refusal
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
from app.rules.maintenance.warranty import CLASSES, COVER_NAMES, Cover
from app.services.maintenance import facilities, warranty_register
from app.services.maintenance.duty_table import read_id
from app.services.maintenance.facilities import NodeView, TypedFacility
from app.services.maintenance.warranty_register import ItemLine, TypedItem

router = APIRouter(prefix="/desk/{slug}/facilities")

MOST = {
    "name": facilities.MOST_NAME,
    "firm": facilities.MOST_FIRM,
    "mark": facilities.MOST_MARK,
    "note": facilities.MOST_NOTE,
    "title": warranty_register.MOST_TITLE,
    "document": warranty_register.MOST_DOCUMENT,
}


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists that the forms choose from, and the words of what is shown."""

    families: Options
    classes: Options
    contractors: Options
    family_names: dict[Family, str]
    cover_names: dict[Cover, str]


@dataclass(frozen=True, slots=True)
class NodePage:
    """One place of the tree with what is below it, its warranties, and the forms; `facility` and `item` as typed."""

    address: str
    node: NodeView
    items: Sequence[ItemLine]
    lists: Lists
    new_id: str
    new_facility: TypedFacility
    item_id: str
    item: TypedItem
    changed: TypedFacility
    spot: tuple[str, str]
    row: str
    saved: bool
    most: dict[str, int]
    errors: Errors


@dataclass(frozen=True, slots=True)
class NewPage:
    """A facility out of finished works: the form with its place still to be chosen."""

    address: str
    project: str
    id: str
    above: str
    places: Groups
    lists: Lists
    typed: TypedFacility
    most: dict[str, int]
    errors: Errors


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was refused, with what was typed in it."""

    form: str = ""
    id: str = ""
    row: str = ""
    facility: TypedFacility | None = None
    item: TypedItem | None = None
    spot: tuple[str, str] | None = None
    refusal: Refusal | None = None


def root(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/facilities"


async def _facility(
    name: Annotated[str, Form()] = "",
    family: Annotated[str, Form()] = "",
    project: Annotated[str, Form()] = "",
    lot: Annotated[str, Form()] = "",
    supervisor: Annotated[str, Form()] = "",
    installed_on: Annotated[str, Form()] = "",
    registration: Annotated[str, Form()] = "",
    certificate_until: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
) -> TypedFacility:
    return TypedFacility(
        name=name,
        family=family,
        project=project,
        lot=lot,
        supervisor=supervisor,
        installed_on=installed_on,
        registration=registration,
        certificate_until=certificate_until,
        note=note,
    )


TypedFacilityDep: TypeAlias = Annotated[TypedFacility, Depends(_facility)]


def _lists(request: Request, visit: Visit, session: SessionDep) -> Lists:
    contractors = warranty_register.contractors(session, estate_id=visit.estate.id)
    return Lists(
        families=options(
            request, {family.value: name for family, name in FAMILY_NAMES.items()}, first=N_("请选择")
        ),
        classes=options(
            request, {kind.value: rule.title for kind, rule in CLASSES.items()}, first=N_("请选择")
        ),
        contractors=any_or(request, contractors, first=N_("还没有登记")),
        family_names=FAMILY_NAMES,
        cover_names=COVER_NAMES,
    )


def node_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    place_id: UUID,
    *,
    saved: bool = False,
    tried: Tried | None = None,
) -> Response:
    tried = tried or Tried()
    node = facilities.read_node(session, estate_id=visit.estate.id, place_id=place_id)
    adding = tried.facility if tried.form == "new" else None
    changing = tried.facility if tried.form == "change" else None
    data = NodePage(
        address=root(visit),
        node=node,
        items=warranty_register.list_items(session, estate_id=visit.estate.id, place_id=place_id, now=now),
        lists=_lists(request, visit, session),
        new_id=(adding and tried.id) or str(uuid4()),
        new_facility=adding or TypedFacility(),
        item_id=(tried.item and tried.id) or str(uuid4()),
        item=tried.item or TypedItem(family=node.facility.family if node.facility else ""),
        changed=changing or node.facility or TypedFacility(),
        spot=tried.spot or (node.lat, node.long),
        row=tried.row,
        saved=saved,
        most=MOST,
        errors=errors_of(request, tried.refusal, form=tried.form, row=tried.row),
    )
    return register_page(request, visit, "maintenance/desk_place.html", data, refusal=tried.refusal)


@router.get("")
def show_root(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, saved: str = ""
) -> Response:
    place_id = facilities.root_of(session, estate_id=visit.estate.id)
    if place_id is None:
        data = EmptyPage(root(visit))
        return register_page(request, visit, "maintenance/desk_places_empty.html", data)
    return node_page(request, visit, session, now, place_id, saved=bool(saved))


@dataclass(frozen=True, slots=True)
class EmptyPage:
    """There is no tree yet: one button grows it."""

    address: str


@router.post("/grow")
def grow(visit: CommitteeVisit, session: SessionDep, now: Now) -> Response:
    facilities.grow(session, estate_id=visit.estate.id, actor=visit.actor, now=now)
    return see_other(f"{root(visit)}?saved=yes")


def _new_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    *,
    typed: TypedFacility,
    id: str = "",
    above: str = "",
    refusal: Refusal | None = None,
) -> Response:
    data = NewPage(
        address=root(visit),
        project=facilities.project_title(session, estate_id=visit.estate.id, project=typed.project),
        id=id or str(uuid4()),
        above=above,
        places=place_groups(request, visit, session),
        lists=_lists(request, visit, session),
        typed=typed,
        most=MOST,
        errors=errors_of(request, refusal, form="new"),
    )
    return register_page(request, visit, "maintenance/desk_facility_new.html", data, refusal=refusal)


@router.get("/new")
def show_new(request: Request, visit: CommitteeVisit, session: SessionDep, project: str = "") -> Response:
    title = facilities.project_title(session, estate_id=visit.estate.id, project=project)
    typed = TypedFacility(name=title[: facilities.MOST_NAME], project=project)
    return _new_page(request, visit, session, typed=typed)


@router.post("/new")
def add(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    typed: TypedFacilityDep,
    above: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        facilities.add_facility(
            session,
            estate_id=visit.estate.id,
            place_id=id,
            above=read_id(above, "above"),
            typed=typed,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _new_page(request, visit, session, typed=typed, id=str(id), above=above, refusal=tried.refusal)
    return see_other(f"{root(visit)}/{id}?saved=yes")


@router.get("/{place_id:uuid}")
def show_place(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, place_id: UUID, saved: str = ""
) -> Response:
    return node_page(request, visit, session, now, place_id, saved=bool(saved))


@router.post("/{place_id:uuid}/facilities")
def add_below(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    place_id: UUID,
    id: Annotated[UUID, Form()],
    typed: TypedFacilityDep,
) -> Response:
    typed = replace(typed, project="")
    with attempt(session) as tried:
        facilities.add_facility(
            session,
            estate_id=visit.estate.id,
            place_id=id,
            above=place_id,
            typed=typed,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        refused = Tried("new", str(id), facility=typed, refusal=tried.refusal)
        return node_page(request, visit, session, now, place_id, tried=refused)
    return see_other(f"{root(visit)}/{id}?saved=yes")


@router.post("/{place_id:uuid}")
def change(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    place_id: UUID,
    typed: TypedFacilityDep,
) -> Response:
    with attempt(session) as tried:
        facilities.change_facility(
            session, estate_id=visit.estate.id, place_id=place_id, typed=typed, actor=visit.actor, now=now
        )
    if tried.refusal:
        refused = Tried("change", facility=typed, refusal=tried.refusal)
        return node_page(request, visit, session, now, place_id, tried=refused)
    return see_other(f"{root(visit)}/{place_id}?saved=yes")


@router.post("/{place_id:uuid}/retire")
def retire(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    place_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    above = facilities.read_node(session, estate_id=visit.estate.id, place_id=place_id).above
    with attempt(session) as tried:
        facilities.retire_facility(
            session, estate_id=visit.estate.id, place_id=place_id, reason=reason, actor=visit.actor, now=now
        )
    if tried.refusal:
        refused = Tried("retire", refusal=tried.refusal)
        return node_page(request, visit, session, now, place_id, tried=refused)
    return see_other(f"{root(visit)}/{above}?saved=yes")


@router.post("/{place_id:uuid}/spot")
def locate(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    place_id: UUID,
    lat: Annotated[str, Form()] = "",
    long: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        facilities.locate(
            session,
            estate_id=visit.estate.id,
            place_id=place_id,
            lat=lat,
            long=long,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        refused = Tried("spot", spot=(lat, long), refusal=tried.refusal)
        return node_page(request, visit, session, now, place_id, tried=refused)
    return see_other(f"{root(visit)}/{place_id}?saved=yes")
