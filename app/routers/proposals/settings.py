"""How an estate consults, set at its desk: thresholds, days for an answer, the street office, hint words, the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import NotFound, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.proposals.desk_frames import desk_page
from app.rules.proposals.catalogue import KIND_NAMES, LABEL_NAMES, ItemKind, ItemLabel
from app.rules.proposals.support import MOST_PARTS, SCOPE_NAMES, Scope
from app.services.proposals import catalogue_desk
from app.services.proposals.catalogue import ItemView, find_item, list_items
from app.services.proposals.settings import (
    Typed,
    as_typed,
    number_names,
    read_settings,
    read_typed,
    save_settings,
)

router = APIRouter(prefix="/desk/{slug}/consultation")


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """The form as typed or as it is in force; `saved` right after a save."""

    typed: Typed
    scope_names: dict[Scope, str]
    most_parts: int
    saved: bool
    errors: Errors
    address: str


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Every item, hidden ones too, and the form for an own one."""

    items: list[ItemView]
    kind_names: dict[ItemKind, str]
    label_names: dict[ItemLabel, str]
    id: str
    title: str
    kind: str
    label: str
    source: str
    most_title: int
    errors: Errors
    address: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item, to be changed."""

    item: ItemView
    title: str
    kind: str
    label: str
    hidden: bool
    kind_names: dict[ItemKind, str]
    label_names: dict[ItemLabel, str]
    most_title: int
    errors: Errors
    address: str


def _root(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/consultation"


def _settings_page(
    request: Request, visit: Visit, typed: Typed, *, saved: bool = False, refusal: Refusal | None = None
) -> Response:
    data = SettingsPage(typed, SCOPE_NAMES, MOST_PARTS, saved, errors_of(request, refusal), _root(visit))
    return desk_page(request, visit, "proposals/desk_settings.html", data, refusal=refusal)


@router.get("")
def show_settings(request: Request, visit: CommitteeVisit, session: SessionDep, saved: str = "") -> Response:
    typed = as_typed(read_settings(session, estate_id=visit.estate.id))
    return _settings_page(request, visit, typed, saved=bool(saved))


async def _numbers(request: Request) -> dict[str, str]:
    """The form's whole numbers, whose names hold a point and so are no parameters."""
    form = await request.form()
    return {name: str(form.get(name, ""))[:20] for name in number_names()}


@router.post("")
def save(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    numbers: Annotated[dict[str, str], Depends(_numbers)],
    words: Annotated[str, Form()] = "",
    street_name: Annotated[str, Form()] = "",
    street_phone: Annotated[str, Form()] = "",
) -> Response:
    typed = Typed(numbers, words, street_name, street_phone)
    with attempt(session) as tried:
        save_settings(
            session, estate_id=visit.estate.id, settings=read_typed(typed), actor=visit.actor, now=now
        )
    if tried.refusal:
        return _settings_page(request, visit, typed, refusal=tried.refusal)
    return see_other(f"{_root(visit)}?saved=yes")


def _catalogue_page(
    request: Request, visit: Visit, session: SessionDep, blank: CataloguePage, refusal: Refusal | None = None
) -> Response:
    items = list_items(session, estate_id=visit.estate.id, with_hidden=True)
    data = replace(blank, items=items, errors=errors_of(request, refusal))
    return desk_page(request, visit, "proposals/desk_catalogue.html", data, refusal=refusal)


def _form(
    visit: Visit, id: UUID, title: str = "", kind: str = "", label: str = "", source: str = ""
) -> CataloguePage:
    address = f"{_root(visit)}/catalogue"
    most = catalogue_desk.MOST_TITLE
    return CataloguePage([], KIND_NAMES, LABEL_NAMES, str(id), title, kind, label, source, most, (), address)


@router.get("/catalogue")
def show_catalogue(request: Request, visit: CommitteeVisit, session: SessionDep) -> Response:
    return _catalogue_page(request, visit, session, _form(visit, uuid4()))


@router.post("/catalogue")
def add_item(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    title: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    label: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        catalogue_desk.add_item(
            session,
            estate_id=visit.estate.id,
            item_id=id,
            title=title,
            kind=kind,
            label=label,
            source=source,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        form = _form(visit, id, title, kind, label, source)
        return _catalogue_page(request, visit, session, form, tried.refusal)
    return see_other(f"{_root(visit)}/catalogue")


def _find(visit: Visit, session: SessionDep, key: str) -> ItemView:
    try:
        return find_item(session, estate_id=visit.estate.id, key=key, with_hidden=True)
    except Refusal as refusal:
        raise NotFound(refusal.message) from None


def _item_page(
    request: Request,
    visit: Visit,
    item: ItemView,
    *,
    title: str,
    kind: str,
    label: str,
    hidden: bool,
    refusal: Refusal | None = None,
) -> Response:
    data = ItemPage(
        item=item,
        title=title,
        kind=kind,
        label=label,
        hidden=hidden,
        kind_names=KIND_NAMES,
        label_names=LABEL_NAMES,
        most_title=catalogue_desk.MOST_TITLE,
        errors=errors_of(request, refusal),
        address=f"{_root(visit)}/catalogue",
    )
    return desk_page(request, visit, "proposals/desk_item.html", data, refusal=refusal)


@router.get("/catalogue/{key}")
def show_item(request: Request, visit: CommitteeVisit, session: SessionDep, key: str) -> Response:
    item = _find(visit, session, key)
    return _item_page(
        request, visit, item, title=item.title, kind=item.kind, label=item.label, hidden=item.hidden
    )


@router.post("/catalogue/{key}")
def change_item(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    key: str,
    title: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    label: Annotated[str, Form()] = "",
    hidden: Annotated[str, Form()] = "",
) -> Response:
    item = _find(visit, session, key)
    with attempt(session) as tried:
        catalogue_desk.change_item(
            session,
            estate_id=visit.estate.id,
            key=key,
            title=title,
            kind=kind,
            label=label,
            hidden=bool(hidden),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _item_page(
            request,
            visit,
            item,
            title=title,
            kind=kind,
            label=label,
            hidden=bool(hidden),
            refusal=tried.refusal,
        )
    return see_other(f"{_root(visit)}/catalogue#{key}")
