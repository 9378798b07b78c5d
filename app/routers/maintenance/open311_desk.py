"""The programs that may send reports, at the committee's desk: a key is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, SettingsDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.services.maintenance import clients
from app.services.maintenance.clients import ClientLine

router = APIRouter(prefix="/desk/{slug}/open311")


@dataclass(frozen=True, slots=True)
class Typed:
    """A new program as typed."""

    name: str = ""
    contact: str = ""
    daily: str = "200"


@dataclass(frozen=True, slots=True)
class ClientsPage:
    """`id` is of the next program, `key` the new one's, "" on every other showing; `root` is the address that programs are given."""

    id: UUID
    address: str
    root: str
    slug: str
    clients: Sequence[ClientLine]
    key: str
    typed: Typed
    errors: Errors


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    settings: SettingsDep,
    *,
    key: str = "",
    typed: Typed | None = None,
    refusal: Refusal | None = None,
) -> Response:
    data = ClientsPage(
        id=uuid4(),
        address=f"/desk/{visit.estate.slug}/open311",
        root=f"{settings.public_url.rstrip('/')}/open311/v2",
        slug=visit.estate.slug,
        clients=clients.list_clients(session, estate_id=visit.estate.id),
        key=key,
        typed=typed or Typed(),
        errors=errors_of(request, refusal),
    )
    return visit_page(
        request, visit, "maintenance/open311_desk.html", data, tab="repairs", staff=True, refusal=refusal
    )


@router.get("")
def show_clients(
    request: Request, visit: CommitteeVisit, session: SessionDep, settings: SettingsDep
) -> Response:
    return _page(request, visit, session, settings)


@router.post("")
def add_client(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    settings: SettingsDep,
    now: Now,
    form_id: Annotated[str, Form(alias="id", max_length=40)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    contact: Annotated[str, Form(max_length=400)] = "",
    daily: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Answers with the page itself and not with an address: the key must not stand in one, and cannot be shown again."""
    typed, key = Typed(name, contact, daily), ""
    with attempt(session) as tried:
        key = clients.add_client(
            session,
            estate_id=visit.estate.id,
            client_id=_id_of(form_id),
            name=name,
            contact=contact,
            daily=int(daily) if daily.isascii() and daily.isdigit() else 0,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, settings, typed=typed, refusal=tried.refusal)
    return _page(request, visit, session, settings, key=key)


def _id_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@router.post("/{client_id:uuid}/end")
def end_client(visit: CommitteeVisit, session: SessionDep, now: Now, client_id: UUID) -> Response:
    clients.end_client(session, estate_id=visit.estate.id, client_id=client_id, actor=visit.actor, now=now)
    return see_other(f"/desk/{visit.estate.slug}/open311")
