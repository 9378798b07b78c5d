"""The notice board, one posting, its poster and its bare text: open to whoever scans the code in the stairwell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from markupsafe import Markup

from app.dependencies import Now, PublicVisit, SessionDep, SettingsDep
from app.routers.codes import drawn_code, is_local
from app.rules.outcomes.posters import Poster, poster_of
from app.rules.outcomes.words import void_words
from app.services import outcomes
from app.services.outcomes import Posting
from app.templating import page

router = APIRouter(prefix="/e/{slug}/outcomes")


@dataclass(frozen=True, slots=True)
class BoardPage:
    """What is posted now, and one page of what was; addresses of the pages beside it are '' for none."""

    address: str
    posted: tuple[Posting, ...]
    earlier: tuple[Posting, ...]
    number: int
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class PostingPage:
    """One posting: the fixed text taken apart, and the hash in groups that can be compared by eye."""

    posting: Posting
    poster: Poster
    hash_groups: tuple[str, ...]
    is_posted: bool
    address: str
    vote_address: str


@dataclass(frozen=True, slots=True)
class PosterPage:
    """The same for paper, with what is printed over it when the vote is annulled, '' otherwise.

    `local` warns that other telephones cannot reach the address in the code.
    """

    posting: Posting
    poster: Poster
    void: str
    hash_groups: tuple[str, ...]
    paper: str
    code: Markup
    host: str
    local: bool
    address: str


def address_of(slug: str, publication_id: UUID) -> str:
    """The page of one posting."""
    return f"/e/{slug}/outcomes/{publication_id}"


@router.get("")
def show_board(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    number: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    board = outcomes.list_posted(session, estate_id=visit.estate.id, now=now, page=number)
    address = f"/e/{visit.estate.slug}/outcomes"
    data = BoardPage(
        address=address,
        posted=board.posted,
        earlier=board.earlier,
        number=number,
        newer=f"{address}?page={number - 1}" if number > 1 else "",
        older=f"{address}?page={number + 1}" if board.has_older else "",
    )
    staff = visit.standing.is_committee
    return page(request, "outcomes/board.html", data, estate=visit.estate, tab="home", staff=staff)


@router.get("/{publication_id}")
def show_posting(
    request: Request, visit: PublicVisit, session: SessionDep, now: Now, publication_id: UUID
) -> HTMLResponse:
    posting = outcomes.get_posting(session, estate_id=visit.estate.id, publication_id=publication_id)
    data = PostingPage(
        posting=posting,
        poster=poster_of(posting.text),
        hash_groups=groups(posting.text_hash),
        is_posted=now < posting.posted_until,
        address=address_of(visit.estate.slug, posting.id),
        vote_address=f"/e/{visit.estate.slug}/votes/{posting.vote_id}",
    )
    staff = visit.standing.is_committee
    return page(request, "outcomes/posting.html", data, estate=visit.estate, tab="home", staff=staff)


@router.get("/{publication_id}/poster")
def show_poster(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    settings: SettingsDep,
    publication_id: UUID,
    paper: str = "a4",
) -> HTMLResponse:
    posting = outcomes.get_posting(session, estate_id=visit.estate.id, publication_id=publication_id)
    address = address_of(visit.estate.slug, posting.id)
    public_url = settings.public_url.rstrip("/")
    data = PosterPage(
        posting=posting,
        poster=poster_of(posting.text),
        void=void_words(posting.annulled_at, posting.annul_reason) if posting.annulled_at else "",
        hash_groups=groups(posting.text_hash),
        paper="a3" if paper == "a3" else "a4",
        code=drawn_code(public_url + address),
        host=urlsplit(public_url).netloc,
        local=is_local(public_url),
        address=address,
    )
    return page(request, "outcomes/poster.html", data, estate=visit.estate)


@router.get("/{publication_id}/text")
def download_text(visit: PublicVisit, session: SessionDep, publication_id: UUID) -> PlainTextResponse:
    """The exact bytes that were hashed, for whoever wants to compute the hash himself."""
    posting = outcomes.get_posting(session, estate_id=visit.estate.id, publication_id=publication_id)
    name = f"{posting.kind.value}-{posting.text_hash[:8]}.txt"
    return PlainTextResponse(posting.text, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def groups(digest: str) -> tuple[str, ...]:
    """A hash in groups of eight."""
    return tuple(digest[start : start + 8] for start in range(0, len(digest), 8))
