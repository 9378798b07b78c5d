"""The desk of policy cards: the list, one card as residents will read it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import ModeratorVisit, Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.guides.desk_forms import read_day
from app.routers.guides.frames import ExplainerVisit, address_of, desk_address, explainer
from app.routers.refusals import sentence_of
from app.rules.guides.cards import (
    KIND_NAMES,
    MOST_REASON,
    problems_of,
    says_unverified,
    today_of,
)
from app.rules.guides.links import SubjectKind
from app.services.guides import asking, cards, linking, marking, writing
from app.services.guides.cards import CardView
from app.services.guides.linking import Place
from app.services.guides.marking import Unclear
from app.services.guides.staff import staff_of

router = APIRouter(prefix="/desk/{slug}/guides")

_KIND_NAMES = {kind.value: name for kind, name in KIND_NAMES.items()}
_PAGES = {SubjectKind.PROPOSAL: "proposals", SubjectKind.THREAD: "deliberations", SubjectKind.VOTE: "votes"}


@dataclass(frozen=True, slots=True)
class ListPage:
    """All cards, drafts first; `waiting` counts questions without an answer."""

    cards: Sequence[CardView]
    waiting: int
    unclear: Sequence[Unclear]
    kind_names: dict[str, str]
    address: str
    public: str


@dataclass(frozen=True, slots=True)
class ShowPage:
    """A card with its newest text; `changed` that residents read an older one, `needs_reason` that a vote stands beside it."""

    card: CardView
    kind: str
    changed: bool
    unverified: bool
    needs_reason: bool
    problems: Sequence[tuple[str, str]]
    places: Sequence[tuple[Place, str]]
    address: str
    public: str
    reason: str
    most_reason: int
    review_after: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class FlagPage:
    """The form to say that a card may be outdated."""

    card: CardView
    reason: str
    most_reason: int
    address: str
    public: str
    errors: Errors


@router.get("")
def list_cards(request: Request, visit: ExplainerVisit, session: SessionDep, now: Now) -> Response:
    estate_id = visit.estate.id
    data = ListPage(
        cards=cards.list_all(session, estate_id=estate_id, now=now),
        waiting=len(asking.waiting_questions(session, estate_id=estate_id)),
        unclear=marking.unclear_cards(session, estate_id=estate_id),
        kind_names=_KIND_NAMES,
        address=f"/desk/{visit.estate.slug}/guides",
        public=f"/e/{visit.estate.slug}/guides",
    )
    return talk_page(request, visit, "guides/desk_list.html", data)


def _show_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    guide_id: UUID,
    *,
    form: str = "",
    reason: str = "",
    review_after: str = "",
    refusal: Refusal | None = None,
) -> Response:
    card = cards.read_newest(session, estate_id=visit.estate.id, guide_id=guide_id, now=now)
    problems = problems_of(card.text, today=today_of(now))
    data = ShowPage(
        card=card,
        kind=KIND_NAMES[card.text.kind],
        changed=bool(card.current) and card.current != card.newest,
        unverified=says_unverified(card.text.body),
        needs_reason=writing.stands_beside_vote(session, guide_id=guide_id),
        problems=[(problem.field, sentence_of(request, problem)) for problem in problems],
        places=_places(visit, session, guide_id),
        address=desk_address(visit.estate.slug, guide_id),
        public=address_of(visit.estate.slug, guide_id),
        reason=reason,
        most_reason=MOST_REASON,
        review_after=review_after,
        errors=errors_of(request, refusal, form=form),
    )
    return talk_page(request, visit, "guides/desk_show.html", data, refusal=refusal)


def _places(visit: Visit, session: SessionDep, guide_id: UUID) -> list[tuple[Place, str]]:
    """Where the card stands; a vote is shown to the committee only, for it may be a draft."""
    found = linking.places_of(session, estate_id=visit.estate.id, guide_id=guide_id)
    if not visit.standing.is_committee:
        found = [place for place in found if place.kind is not SubjectKind.VOTE]
    root = f"/e/{visit.estate.slug}"
    desk = f"/desk/{visit.estate.slug}"
    return [
        (
            place,
            f"{desk if place.kind is SubjectKind.VOTE else root}/{_PAGES[place.kind]}/{place.subject_id}",
        )
        for place in found
    ]


@router.get("/{guide_id:uuid}")
def show_card(
    request: Request, visit: ExplainerVisit, session: SessionDep, now: Now, guide_id: UUID
) -> Response:
    return _show_page(request, visit, session, now, guide_id)


@router.post("/{guide_id:uuid}/publish")
def publish(
    request: Request,
    visit: ExplainerVisit,
    session: SessionDep,
    now: Now,
    guide_id: UUID,
    revision: Annotated[str, Form(max_length=9)] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        writing.publish_card(
            session,
            estate_id=visit.estate.id,
            guide_id=guide_id,
            revision=int(revision) if revision.isascii() and revision.isdigit() else 0,
            reason=reason,
            explainer=explainer(visit),
            now=now,
        )
    if tried.refusal:
        return _show_page(
            request, visit, session, now, guide_id, form="publish", reason=reason, refusal=tried.refusal
        )
    return see_other(desk_address(visit.estate.slug, guide_id))


@router.post("/{guide_id:uuid}/check")
def check_again(
    request: Request,
    visit: ExplainerVisit,
    session: SessionDep,
    now: Now,
    guide_id: UUID,
    revision: Annotated[str, Form(max_length=9)] = "",
    review_after: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    with attempt(session) as tried:
        writing.confirm_checked(
            session,
            estate_id=visit.estate.id,
            guide_id=guide_id,
            revision=int(revision) if revision.isascii() and revision.isdigit() else 0,
            review_after=read_day(review_after, "review_after"),
            explainer=explainer(visit),
            now=now,
        )
    if tried.refusal:
        return _show_page(
            request,
            visit,
            session,
            now,
            guide_id,
            form="check",
            review_after=review_after,
            refusal=tried.refusal,
        )
    return see_other(desk_address(visit.estate.slug, guide_id))


@router.post("/{guide_id:uuid}/withdraw")
def withdraw(
    request: Request,
    visit: ExplainerVisit,
    session: SessionDep,
    now: Now,
    guide_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        writing.withdraw_card(
            session,
            estate_id=visit.estate.id,
            guide_id=guide_id,
            reason=reason,
            explainer=explainer(visit),
            now=now,
        )
    if tried.refusal:
        return _show_page(
            request, visit, session, now, guide_id, form="withdraw", reason=reason, refusal=tried.refusal
        )
    return see_other(f"/desk/{visit.estate.slug}/guides")


def _flag_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    guide_id: UUID,
    *,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    staff_of(visit.standing, visit.actor)
    card = cards.read_card(session, estate_id=visit.estate.id, guide_id=guide_id, now=now)
    data = FlagPage(
        card=card,
        reason=reason,
        most_reason=MOST_REASON,
        address=desk_address(visit.estate.slug, guide_id),
        public=address_of(visit.estate.slug, guide_id),
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "guides/desk_flag.html", data, refusal=refusal)


@router.get("/{guide_id:uuid}/flag")
def show_flag(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, guide_id: UUID
) -> Response:
    return _flag_page(request, visit, session, now, guide_id)


@router.post("/{guide_id:uuid}/flag")
def flag(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    guide_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        writing.flag_card(
            session,
            estate_id=visit.estate.id,
            guide_id=guide_id,
            reason=reason,
            explainer=staff_of(visit.standing, visit.actor),
            now=now,
        )
    if tried.refusal:
        return _flag_page(request, visit, session, now, guide_id, reason=reason, refusal=tried.refusal)
    return see_other(address_of(visit.estate.slug, guide_id))
