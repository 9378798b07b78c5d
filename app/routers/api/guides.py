"""Policy cards and the questions that were answered, without the names of who wrote, asked or answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from app.dependencies import Now, SessionDep
from app.routers.api.asking import EstateDep
from app.routers.api.estates import root_of
from app.routers.api.shapes import Asked, Href, Instant, Listing, Page, Row, Shape, Turning, cut, next_of
from app.rules.cursors import Mark
from app.rules.guides.cards import GuideKind, says_unverified
from app.services.estates.standing import EstateView
from app.services.guides import asking, cards, marking
from app.services.guides.asking import QuestionView
from app.services.guides.cards import CardView, Went

router = APIRouter(prefix="/estates/{slug}", tags=["guides"])


class GuideLine(Shape):
    """A card in a list."""

    id: UUID
    kind: GuideKind = Field(description="What it tells about.")
    title: str
    source: str = Field(description="The document it rests on.")
    checked_on: date = Field(description="When somebody last compared it with that document.")
    outdated: bool = Field(description="Its day of checking has come, or staff said so: do not act on it.")
    published_at: Instant = Field(description="When this text went out.")
    href: Href
    page: Page


class Publication(Shape):
    """A text of the card that went out."""

    revision: int
    at: Instant
    badge: str = Field(description="As what its writer wrote.")
    reason: str = Field(description="Why it was changed; empty for the first.")


class Question(Shape):
    """A question with its answer."""

    id: UUID
    text: str
    asked_at: Instant
    answer: str
    source: str = Field(description="The document the answer rests on.")
    answered_at: Instant
    badge: str = Field(description="As what it was answered.")


class Guide(GuideLine):
    """One card."""

    body: str = Field(description="Plain text; Chinese in every language.")
    reference: str = Field(description="Document number or article.")
    address: str = Field(description="The document on the web; may be empty.")
    source_date: date = Field(description="The document's own date.")
    review_after: date = Field(description="From this day on the card counts as outdated.")
    unverified: bool = Field(description="The text says that some of it was not checked.")
    badge: str = Field(description="As what its writer wrote: a committee's or a party member's explainer.")
    revision: int = Field(description="Of the text told here.")
    current_revision: int = Field(description="Of the text residents read now.")
    outdated_reason: str = Field(description="Why staff said that it is outdated; may be empty.")
    withdrawn_at: Instant | None = Field(description="When it was taken down; null while it stands.")
    withdrawn_reason: str = Field(description="Why; empty while it stands.")
    useful: int = Field(description="How many found it useful.")
    publications: list[Publication] = Field(description="Every text that went out, the first one first.")
    questions: list[Question] = Field(description="What was asked about it and answered, the newest first.")


class GuideAsked(Asked):
    """Which text of a card."""

    revision: int = Field(0, ge=0, le=999_999, description="An earlier text; 0 for the current one.")


class GuidesAsked(Turning):
    """Which cards."""

    kind: GuideKind | None = Field(None, description="Only this kind.")


@router.get("/guides", summary="Policy cards, the newest text first; at most the 200 that the page has")
def list_guides(
    request: Request, estate: EstateDep, session: SessionDep, now: Now, asked: Annotated[GuidesAsked, Query()]
) -> Listing[GuideLine]:
    found = cards.list_published(session, estate_id=estate.id, now=now, kind=asked.kind)
    rows, more = _turn(found, asked, _mark_of_card)
    kept = {"kind": asked.kind.value} if asked.kind else {}
    return Listing[GuideLine](
        items=[GuideLine(**_line(estate, card)) for card in rows],
        next=next_of(request, asked, _mark_of_card(rows[-1]), **kept) if more else None,
    )


@router.get("/guides/{guide_id:uuid}", summary="One card")
def show_guide(
    estate: EstateDep, session: SessionDep, now: Now, guide_id: UUID, asked: Annotated[GuideAsked, Query()]
) -> Guide:
    where = {"estate_id": estate.id, "guide_id": guide_id}
    card = cards.read_card(session, **where, now=now, revision=asked.revision)
    text = card.text
    return Guide(
        **_line(estate, card),
        body=text.body,
        reference=text.reference,
        address=text.address,
        source_date=text.source_date,
        review_after=text.review_after,
        unverified=says_unverified(text.body),
        badge=card.badge,
        revision=card.revision,
        current_revision=card.current,
        outdated_reason=card.flagged_reason if card.flagged_by else "",
        withdrawn_at=card.withdrawn_at,
        withdrawn_reason=card.withdrawn_reason,
        useful=marking.marks_of(session, guide_id=guide_id, account_id=None).useful,
        publications=[_went(one) for one in cards.publications_of(session, guide_id=guide_id)],
        questions=[_question(one) for one in asking.list_answered(session, **where, reader=None)],
    )


@router.get("/questions", summary="What was asked about policy at large and answered, the newest first")
def list_questions(
    request: Request, estate: EstateDep, session: SessionDep, turning: Annotated[Turning, Query()]
) -> Listing[Question]:
    found = asking.list_answered(session, estate_id=estate.id, guide_id=None, reader=None)
    rows, more = _turn(found, turning, _mark_of_question)
    return Listing[Question](
        items=[_question(one) for one in rows],
        next=next_of(request, turning, _mark_of_question(rows[-1])) if more else None,
    )


def _turn(
    found: Sequence[Row], turning: Turning, mark_of: Callable[[Row], Mark]
) -> tuple[Sequence[Row], bool]:
    """A page of a list that is short by its nature and was read as a whole."""
    after = Mark.read(turning.cursor) if turning.cursor else None
    rows = sorted(found, key=lambda row: (-mark_of(row).ticks, mark_of(row).id.hex))
    return cut([row for row in rows if after is None or after.is_before(mark_of(row))], turning)


def _mark_of_card(card: CardView) -> Mark:
    assert card.published_at is not None
    return Mark(card.published_at, card.id)


def _mark_of_question(question: QuestionView) -> Mark:
    return Mark(question.settled_at or question.at, question.id)


def _line(estate: EstateView, card: CardView) -> dict[str, Any]:
    return {
        "id": card.id,
        "kind": card.text.kind,
        "title": card.text.title,
        "source": card.text.source,
        "checked_on": card.text.checked_on,
        "outdated": card.outdated,
        "published_at": card.published_at,
        "href": f"{root_of(estate)}/guides/{card.id}",
        "page": f"/e/{estate.slug}/guides/{card.id}",
    }


def _went(went: Went) -> Publication:
    return Publication(revision=went.revision, at=went.at, badge=went.badge, reason=went.reason)


def _question(question: QuestionView) -> Question:
    assert question.settled_at is not None
    return Question(
        id=question.id,
        text=question.text,
        asked_at=question.at,
        answer=question.answer,
        source=question.source,
        answered_at=question.settled_at,
        badge=question.settled_badge,
    )
