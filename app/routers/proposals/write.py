"""Writing a proposal: the draft, kept while it is typed, its photos, and its publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import PlainTextResponse, Response

from app.clock import BEIJING
from app.dependencies import MemberVisit, Now, SessionDep, Visit
from app.errors import N_, Conflict, NotAllowed, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.proposals.frames import address_of, list_address
from app.routers.refusals import sentence_of, status_of
from app.rules.proposals.catalogue import KIND_ATTITUDES, KIND_NAMES, ItemKind
from app.services.deliberations.threads import muted_until
from app.services.files import MAX_FILE
from app.services.proposals import drafting, photos
from app.services.proposals.catalogue import ItemView, list_items
from app.services.proposals.drafting import DraftView, Typed
from app.services.proposals.similar import SimilarLine, find_similar
from app.services.votes.scopes import DrawnBuilding, draw_estate
from app.templating import language_of, page, translate

router = APIRouter(prefix="/e/{slug}/proposals")

SAVED = N_("已保存 %(time)s")


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """A class of the catalogue and what it holds."""

    name: str
    attitude: str
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True)
class DraftPage:
    """The form as typed; `saved` is the time of the last saving in Beijing, "" before the first."""

    address: str
    typed: Typed
    saved: str
    groups: tuple[ItemGroup, ...]
    buildings: list[DrawnBuilding]
    photos: tuple[UUID, ...]
    most_photos: int
    most_title: int
    most_text: int
    similar: list[SimilarLine]
    errors: Errors


@dataclass(frozen=True, slots=True)
class SimilarPage:
    """The inside of the part that is fetched again while the draft is written."""

    similar: list[SimilarLine]


def ensure_not_muted(session: SessionDep, visit: Visit, now: datetime) -> None:
    until = muted_until(session, estate_id=visit.estate.id, account_id=visit.actor.id, now=now)
    if until is not None:
        raise NotAllowed(
            N_("您目前被禁言，可以阅读，不能发言。对处理不服可以在“审核记录”里向居委会申诉"), code="muted"
        )


def _clock(at: datetime | None) -> str:
    return f"{at.astimezone(BEIJING):%H:%M}" if at else ""


def _groups(session: SessionDep, estate_id: UUID) -> tuple[ItemGroup, ...]:
    items = list_items(session, estate_id=estate_id)
    return tuple(
        ItemGroup(KIND_NAMES[kind], KIND_ATTITUDES[kind], tuple(item for item in items if item.kind is kind))
        for kind in ItemKind
    )


def _similar(session: SessionDep, visit: Visit, draft: DraftView, typed: Typed) -> list[SimilarLine]:
    return find_similar(session, estate_id=visit.estate.id, title=typed.title, text=typed.text, but=draft.id)


def _draft_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    draft: DraftView,
    typed: Typed,
    refusal: Refusal | None = None,
) -> Response:
    data = DraftPage(
        address=address_of(visit.estate.slug, draft.id),
        typed=typed,
        saved=_clock(draft.saved_at),
        groups=_groups(session, visit.estate.id),
        buildings=draw_estate(session, estate_id=visit.estate.id),
        photos=draft.photos,
        most_photos=photos.MOST_PHOTOS,
        most_title=drafting.MOST_TITLE,
        most_text=drafting.MOST_TEXT,
        similar=_similar(session, visit, draft, typed),
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "proposals/draft.html", data, refusal=refusal)


@router.get("/{proposal_id}/draft")
def show_draft(request: Request, visit: MemberVisit, session: SessionDep, proposal_id: UUID) -> Response:
    where = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    try:
        draft = drafting.read_draft(session, proposal_id=proposal_id, **where)
    except Conflict:
        return see_other(address_of(visit.estate.slug, proposal_id))
    if draft.saved_at is None:
        drafting.ensure_may_propose(session, **where)
    return _draft_page(request, visit, session, draft, draft.typed)


@router.get("/{proposal_id}/similar")
def show_similar(request: Request, visit: MemberVisit, session: SessionDep, proposal_id: UUID) -> Response:
    """What is like the draft as saved; 204 once it is no draft any more."""
    where = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    try:
        draft = drafting.read_draft(session, proposal_id=proposal_id, **where)
    except Conflict:
        return Response(status_code=204)
    if draft.saved_at is None:
        drafting.ensure_may_propose(session, **where)
    data = SimilarPage(_similar(session, visit, draft, draft.typed))
    return page(request, "proposals/similar.html", data, estate=visit.estate)


def _read_uploads(uploads: list[UploadFile | str] | None) -> list[tuple[str, bytes]]:
    """The files chosen, each read to one byte more than may be, and one file more than may be."""
    chosen = [file for file in uploads or [] if not isinstance(file, str) and file.filename]
    return [(file.filename or "", file.file.read(MAX_FILE + 1)) for file in chosen[: photos.MOST_PHOTOS + 1]]


def _read_ids(texts: list[str] | None) -> list[UUID]:
    found = []
    for text in (texts or [])[: photos.MOST_PHOTOS]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


@router.post("/{proposal_id}/draft")
def save_draft(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    title: Annotated[str, Form()] = "",
    item: Annotated[str, Form()] = "",
    scope: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "",
    saved: Annotated[str, Form()] = "",
    remove: Annotated[list[str] | None, Form()] = None,
    photo: Annotated[list[UploadFile | str] | None, File(alias="photos")] = None,
) -> Response:
    typed = Typed(title=title, item=item, scope=scope, text=text)
    where = {"estate_id": visit.estate.id, "proposal_id": proposal_id}
    with attempt(session) as tried:
        proposal = drafting.save_draft(session, **where, typed=typed, author=visit.actor, now=now)
        if saved:
            return PlainTextResponse(translate(SAVED, {"time": _clock(now)}, language_of(request)))
        photos.remove_photos(session, proposal=proposal, file_ids=_read_ids(remove))
        photos.add_photos(
            session, proposal=proposal, uploads=_read_uploads(photo), by=visit.actor.id, now=now
        )
        if act == "publish":
            ensure_not_muted(session, visit, now)
            drafting.publish(session, **where, author=visit.actor, now=now)
            return see_other(address_of(visit.estate.slug, proposal_id))
    if tried.refusal:
        return _refused(request, visit, session, proposal_id, typed, tried.refusal, autosave=bool(saved))
    return see_other(f"{address_of(visit.estate.slug, proposal_id)}/draft")


def _refused(
    request: Request,
    visit: Visit,
    session: SessionDep,
    proposal_id: UUID,
    typed: Typed,
    refusal: Refusal,
    *,
    autosave: bool,
) -> Response:
    """The form again with everything typed; a line of text for the script; a page where there is nothing to mend."""
    if autosave:
        return PlainTextResponse(sentence_of(request, refusal), status_code=status_of(refusal))
    try:
        draft = drafting.read_draft(
            session, estate_id=visit.estate.id, proposal_id=proposal_id, account_id=visit.actor.id
        )
    except Conflict:
        # Sent twice: what it asked for has happened.
        return see_other(address_of(visit.estate.slug, proposal_id))
    return _draft_page(request, visit, session, draft, typed, refusal)


@router.post("/{proposal_id}/withdraw")
def withdraw(
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    proposal = drafting.withdraw(
        session,
        estate_id=visit.estate.id,
        proposal_id=proposal_id,
        author=visit.actor,
        reason=reason,
        now=now,
    )
    slug = visit.estate.slug
    return see_other(address_of(slug, proposal_id) if proposal.number else list_address(slug))
