"""Ready answers: the list, a new one, and one that nobody shall be offered any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import Now, PartyVisit, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.desk_fields import new_key, read_key
from app.routers.maintenance.desk_frames import desk_page, list_address
from app.rules.maintenance.categories import CATEGORIES
from app.services.maintenance import templates
from app.services.maintenance.templates import MOST_TEXT, MOST_TITLE, TemplateView

router = APIRouter(prefix="/desk/{slug}/orders/templates")

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TypedTemplate:
    """The form for a new one."""

    id: str
    party: str = ""
    category: str = ""
    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class TemplatesPage:
    templates: tuple[TemplateView, ...]
    parties: Options
    for_all: bool
    categories: Options
    typed: TypedTemplate
    most_title: int
    most_text: int
    address: str
    back: str
    errors: Errors


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    *,
    typed: TypedTemplate | None = None,
    refusal: Refusal | None = None,
) -> Response:
    estate_id, account_id = visit.estate.id, visit.actor.id
    scribe = templates.scribe_of(session, estate_id=estate_id, account_id=account_id)
    back = list_address(visit.estate.slug)
    data = TemplatesPage(
        templates=tuple(templates.list_templates(session, estate_id=estate_id, account_id=account_id)),
        parties=tuple((str(key), name) for key, name in scribe.parties),
        for_all=scribe.committee,
        categories=tuple((one.key, one.title) for one in CATEGORIES.values()),
        typed=typed or TypedTemplate(str(uuid4())),
        most_title=MOST_TITLE,
        most_text=MOST_TEXT,
        address=f"{back}/templates",
        back=back,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "maintenance/desk_templates.html", data, refusal=refusal)


@router.get("")
def show_templates(request: Request, visit: PartyVisit, session: SessionDep) -> Response:
    return _page(request, visit, session)


@router.post("")
def add(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[str, Form()] = "",
    party: Annotated[str, Form()] = "",
    category: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        templates.add_template(
            session,
            estate_id=visit.estate.id,
            template_id=new_key(id),
            party_id=read_key(party),
            category=category,
            title=title,
            text=text,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        typed = TypedTemplate(id, party, category, title, text)
        return _page(request, visit, session, typed=typed, refusal=tried.refusal)
    return see_other(f"{list_address(visit.estate.slug)}/templates")


@router.post("/{template_id:uuid}/retire")
def retire(visit: PartyVisit, session: SessionDep, now: Now, template_id: UUID) -> Response:
    templates.retire_template(
        session, estate_id=visit.estate.id, template_id=template_id, actor=visit.actor, now=now
    )
    return see_other(f"{list_address(visit.estate.slug)}/templates")
