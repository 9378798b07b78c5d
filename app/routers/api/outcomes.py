"""The notice board: every sheet that hung there, its exact text, its hash, and what the committee added."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from app.dependencies import Now, SessionDep
from app.routers.api.asking import EstateDep, Plain
from app.routers.api.estates import root_of
from app.routers.api.shapes import Href, Instant, Listing, Page, Shape, Turning, cut, next_of
from app.rules.cursors import Mark
from app.services import outcomes
from app.services.estates.standing import EstateView
from app.services.outcomes import Posting

router = APIRouter(prefix="/estates/{slug}/outcomes", tags=["outcomes"])


class OutcomeLine(Shape):
    """A sheet in a list."""

    id: UUID
    kind: Literal["notice", "preliminary", "final"] = Field(
        description="The notice of a vote, its preliminary outcome, or its final one."
    )
    title: str = Field(description="The vote's title.")
    vote: Href
    posted_at: Instant = Field(description="When it was posted.")
    posted_until: Instant = Field(description="The first instant in which it no longer hangs.")
    posted: bool = Field(description="Whether it hangs now.")
    changed_at: Instant = Field(description="When last something was said of it: posted, extended, annulled.")
    extended_to: Instant | None = Field(
        description="The closing that replaced the one in a notice's text; null where none did."
    )
    annulled_at: Instant | None = Field(description="When its vote was declared void; null where it was not.")
    annul_reason: str = Field(description="Why; empty where it was not.")
    sha256: str = Field(description="SHA-256 of the text's UTF-8 bytes, in hex, from the day it was posted.")
    href: Href
    page: Page


class NextStep(Shape):
    """What happens next."""

    what: str
    who: str = Field(description="Who answers for it, as posted.")
    by: date = Field(description="By the end of this day in Beijing.")


class Outcome(OutcomeLine):
    """One sheet."""

    text: str = Field(description="The fixed text; Chinese in every language.")
    intact: bool = Field(description="Whether the text still has the hash; false calls for an inquiry.")
    statement: str = Field(description="The committee's own words within the text; empty in a notice.")
    next_steps: list[NextStep] = Field(description="In the order of the text.")
    poster: Page = Field(description="The sheet for printing, as a path on this host.")
    bare_text: Page = Field(description="The exact bytes that were hashed, as a path on this host.")


@router.get("", summary="Everything that was posted, the newest first")
def list_outcomes(
    request: Request, estate: EstateDep, session: SessionDep, now: Now, turning: Annotated[Turning, Query()]
) -> Listing[OutcomeLine]:
    after = Mark.read(turning.cursor) if turning.cursor else None
    found = outcomes.newest_postings(session, estate_id=estate.id, limit=turning.limit + 1, after=after)
    rows, more = cut(found, turning)
    return Listing[OutcomeLine](
        items=[OutcomeLine(**_line(estate, one, now)) for one in rows],
        next=next_of(request, turning, Mark(rows[-1].posted_at, rows[-1].id)) if more else None,
    )


@router.get("/{publication_id:uuid}", dependencies=[Plain], summary="One sheet")
def show_outcome(estate: EstateDep, session: SessionDep, now: Now, publication_id: UUID) -> Outcome:
    posting = outcomes.get_posting(session, estate_id=estate.id, publication_id=publication_id)
    page = f"/e/{estate.slug}/outcomes/{posting.id}"
    return Outcome(
        **_line(estate, posting, now),
        text=posting.text,
        intact=posting.intact,
        statement=posting.statement,
        next_steps=[NextStep(what=step.what, who=step.who, by=step.by) for step in posting.steps],
        poster=f"{page}/poster",
        bare_text=f"{page}/text",
    )


def _line(estate: EstateView, posting: Posting, now: Now) -> dict[str, Any]:
    root = root_of(estate)
    return {
        "id": posting.id,
        "kind": posting.kind.value,
        "title": posting.title,
        "vote": f"{root}/votes/{posting.vote_id}",
        "posted_at": posting.posted_at,
        "posted_until": posting.posted_until,
        "posted": now < posting.posted_until,
        "changed_at": posting.changed_at,
        "extended_to": posting.extended_to,
        "annulled_at": posting.annulled_at,
        "annul_reason": posting.annul_reason,
        "sha256": posting.text_hash,
        "href": f"{root}/outcomes/{posting.id}",
        "page": f"/e/{estate.slug}/outcomes/{posting.id}",
    }
