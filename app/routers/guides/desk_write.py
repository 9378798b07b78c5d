"""The desk writes a policy card: begin from a starting text or from nothing, and change it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.guides.desk_forms import (
    Limits,
    Sent,
    empty_card,
    from_starter,
    from_text,
    read_card,
    sent_card,
)
from app.routers.guides.frames import ExplainerVisit, desk_address, explainer
from app.rules.guides.cards import KIND_NAMES, TO_FILL_IN, GuideKind, today_of
from app.rules.guides.library import LIBRARY, Starter, starter_of
from app.services.guides import cards, writing

router = APIRouter(prefix="/desk/{slug}/guides")

SentCard = Annotated[Sent, Depends(sent_card)]
_KINDS = tuple((kind.value, KIND_NAMES[kind]) for kind in GuideKind)


@dataclass(frozen=True, slots=True)
class NewPage:
    """The starting texts to choose from."""

    library: Sequence[Starter]
    kind_names: dict[str, str]
    address: str


@dataclass(frozen=True, slots=True)
class FormPage:
    """The card in its form: `id` of a new one or "", `revision` of the text that was read."""

    sent: Sent
    id: str
    revision: int
    kinds: tuple[tuple[str, str], ...]
    limits: Limits
    to_fill_in: str
    action: str
    back: str
    errors: Errors


def _form_page(
    request: Request,
    visit: Visit,
    sent: Sent,
    *,
    id: str = "",
    revision: int = 0,
    action: str,
    back: str,
    refusal: Refusal | None = None,
) -> Response:
    data = FormPage(
        sent=sent,
        id=id,
        revision=revision,
        kinds=_KINDS,
        limits=Limits(),
        to_fill_in=TO_FILL_IN,
        action=action,
        back=back,
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "guides/desk_form.html", data, refusal=refusal)


@router.get("/new")
def show_library(request: Request, visit: ExplainerVisit) -> Response:
    data = NewPage(
        library=LIBRARY,
        kind_names={kind.value: name for kind, name in KIND_NAMES.items()},
        address=f"/desk/{visit.estate.slug}/guides",
    )
    return talk_page(request, visit, "guides/desk_new.html", data)


@router.get("/write")
def show_new(request: Request, visit: ExplainerVisit, now: Now, starter: str = "") -> Response:
    known, today, root = starter_of(starter), today_of(now), f"/desk/{visit.estate.slug}/guides"
    sent = from_starter(known, today) if known else empty_card(today)
    return _form_page(request, visit, sent, id=str(uuid4()), action=f"{root}/write", back=f"{root}/new")


@router.post("/write")
def start_card(
    request: Request,
    visit: ExplainerVisit,
    session: SessionDep,
    now: Now,
    sent: SentCard,
    id: Annotated[UUID, Form()],
) -> Response:
    root = f"/desk/{visit.estate.slug}/guides"
    with attempt(session) as tried:
        writing.start_card(
            session,
            estate_id=visit.estate.id,
            guide_id=id,
            text=read_card(sent),
            explainer=explainer(visit),
            now=now,
        )
    if tried.refusal:
        return _form_page(
            request,
            visit,
            sent,
            id=str(id),
            action=f"{root}/write",
            back=f"{root}/new",
            refusal=tried.refusal,
        )
    return see_other(f"{root}/{id}")


@router.get("/{guide_id:uuid}/edit")
def show_edit(
    request: Request, visit: ExplainerVisit, session: SessionDep, now: Now, guide_id: UUID
) -> Response:
    card = cards.read_newest(session, estate_id=visit.estate.id, guide_id=guide_id, now=now)
    address = desk_address(visit.estate.slug, guide_id)
    return _form_page(
        request,
        visit,
        from_text(card.text),
        revision=card.newest,
        action=f"{address}/edit",
        back=address,
    )


@router.post("/{guide_id:uuid}/edit")
def save_card(
    request: Request,
    visit: ExplainerVisit,
    session: SessionDep,
    now: Now,
    guide_id: UUID,
    sent: SentCard,
    revision: Annotated[str, Form(max_length=9)] = "",
) -> Response:
    read_at = int(revision) if revision.isascii() and revision.isdigit() else 0
    address = desk_address(visit.estate.slug, guide_id)
    with attempt(session) as tried:
        writing.save_card(
            session,
            estate_id=visit.estate.id,
            guide_id=guide_id,
            revision=read_at,
            text=read_card(sent),
            explainer=explainer(visit),
            now=now,
        )
    if tried.refusal:
        # Whoever sends it again after a conflict has been told that there is a newer text.
        newest = cards.read_newest(session, estate_id=visit.estate.id, guide_id=guide_id, now=now).newest
        return _form_page(
            request,
            visit,
            sent,
            revision=newest,
            action=f"{address}/edit",
            back=address,
            refusal=tried.refusal,
        )
    return see_other(address)
