"""Policy cards to read: the list, one card with its questions, its print in large type; anybody may, policy is public."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from app.dependencies import Now, PublicVisit, SessionDep, SettingsDep, Visit
from app.errors import Refusal
from app.routers.codes import drawn_code, is_local
from app.routers.forms import Errors, errors_of, talk_page
from app.routers.guides.frames import Beside, address_of, desk_address, policy_beside, vote_subject
from app.rules.guides.cards import KIND_NAMES, MOST_NOTE, GuideKind, GuideState, says_unverified
from app.rules.guides.questions import MOST_QUESTION
from app.services.guides import asking, cards, marking
from app.services.guides.asking import QuestionView
from app.services.guides.cards import CardView, Went
from app.services.guides.marking import Marks
from app.services.guides.staff import may_explain
from app.services.votes.reading import read_vote

router = APIRouter(prefix="/e/{slug}/guides")

KINDS = {kind.value: name for kind, name in KIND_NAMES.items()}
_MOST_WANTED = 40


@dataclass(frozen=True, slots=True)
class ForVote:
    """The vote from whose page the reader came, and the cards beside it."""

    title: str
    address: str
    cards: Beside


@dataclass(frozen=True, slots=True)
class ListPage:
    """Cards sort by sort; `waiting` and `outdated` count what waits for staff, 0 for others."""

    groups: Sequence[tuple[str, Sequence[CardView]]]
    kinds: Sequence[tuple[str, str, bool]]
    kind: str
    wanted: str
    vote: ForVote | None
    waiting: int
    outdated: int
    address: str
    desk: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The form for a question; `guide` is "" for policy at large."""

    id: UUID
    guide: str
    text: str
    most: int


@dataclass(frozen=True, slots=True)
class ShowPage:
    """One card. `old` says that the text shown is not the one residents read now."""

    card: CardView
    kind: str
    old: bool
    unverified: bool
    history: Sequence[Went]
    marks: Marks
    most_note: int
    questions: Sequence[QuestionView]
    ask: Ask | None
    address: str
    desk: str
    flag: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class QuestionsPage:
    """What was asked about policy at large, and the form to ask."""

    questions: Sequence[QuestionView]
    ask: Ask | None
    address: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class PrintPage:
    """A card for paper with a code that leads back to it; `local` where the code leads to this machine only."""

    card: CardView
    kind: str
    unverified: bool
    code: Markup
    host: str
    local: bool
    address: str


def _reader(visit: Visit) -> UUID | None:
    """Who reads, where he belongs here; a passer-by is nobody."""
    return visit.actor.id if visit.standing.is_member else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


@router.get("")
def list_guides(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    kind: str = "",
    q: str = "",
    vote: UUID | None = None,
) -> Response:
    estate_id, wanted = visit.estate.id, " ".join(q.split())[:_MOST_WANTED]
    chosen = GuideKind(kind) if kind in set(GuideKind) else None
    found = cards.list_published(session, estate_id=estate_id, now=now, kind=chosen, wanted=wanted)
    explains = may_explain(visit.standing)
    address = f"/e/{visit.estate.slug}/guides"
    data = ListPage(
        groups=[
            (KIND_NAMES[one], [card for card in found if card.text.kind is one])
            for one in GuideKind
            if any(card.text.kind is one for card in found)
        ],
        kinds=_kinds(address, chosen, wanted),
        kind=chosen.value if chosen else "",
        wanted=wanted,
        vote=_for_vote(visit, session, now, vote) if vote and visit.standing.is_member else None,
        waiting=len(asking.waiting_questions(session, estate_id=estate_id)) if explains else 0,
        outdated=len(cards.outdated_cards(session, estate_id=estate_id, now=now)) if explains else 0,
        address=address,
        desk=f"/desk/{visit.estate.slug}/guides" if explains else "",
    )
    return talk_page(request, visit, "guides/list.html", data)


def _kinds(address: str, chosen: GuideKind | None, wanted: str) -> list[tuple[str, str, bool]]:
    """The sorts as (name, address, whether it is the current one), "" for all."""

    def link(kind: str) -> str:
        kept = {name: value for name, value in (("kind", kind), ("q", wanted)) if value}
        return f"{address}?{urlencode(kept)}" if kept else address

    every = ("", link(""), chosen is None)
    return [every, *((KIND_NAMES[one], link(one.value), one is chosen) for one in GuideKind)]


def _for_vote(visit: Visit, session: SessionDep, now: Now, vote_id: UUID) -> ForVote:
    vote = read_vote(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    return ForVote(
        title=vote.title,
        address=f"/e/{visit.estate.slug}/votes/{vote_id}",
        cards=policy_beside(session, visit, vote_subject(vote), now),
    )


def _ask(visit: Visit, guide: str, text: str) -> Ask | None:
    return Ask(uuid4(), guide, text, MOST_QUESTION) if visit.standing.is_member else None


def questions_page(
    request: Request, visit: Visit, session: SessionDep, *, text: str = "", refusal: Refusal | None = None
) -> Response:
    data = QuestionsPage(
        questions=asking.list_answered(
            session, estate_id=visit.estate.id, guide_id=None, reader=_reader(visit)
        ),
        ask=_ask(visit, "", text),
        address=f"/e/{visit.estate.slug}/guides",
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "guides/questions.html", data, refusal=refusal)


@router.get("/questions")
def list_questions(request: Request, visit: PublicVisit, session: SessionDep) -> Response:
    return questions_page(request, visit, session)


def show_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    guide_id: UUID,
    *,
    revision: int = 0,
    text: str = "",
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "guide_id": guide_id}
    card = cards.read_card(session, **where, now=now, revision=revision)
    reader, published = _reader(visit), card.state is GuideState.PUBLISHED
    works_here = may_explain(visit.standing) or bool(visit.standing.duties)
    desk = desk_address(visit.estate.slug, guide_id)
    data = ShowPage(
        card=card,
        kind=KIND_NAMES[card.text.kind],
        old=card.revision != card.current,
        unverified=says_unverified(card.text.body),
        history=cards.publications_of(session, guide_id=guide_id),
        marks=marking.marks_of(session, guide_id=guide_id, account_id=reader),
        most_note=MOST_NOTE,
        questions=asking.list_answered(session, **where, reader=reader),
        ask=_ask(visit, str(guide_id), text) if published else None,
        address=address_of(visit.estate.slug, guide_id),
        desk=desk if may_explain(visit.standing) else "",
        flag=f"{desk}/flag" if works_here and published and not card.flagged_by else "",
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "guides/show.html", data, refusal=refusal)


@router.get("/{guide_id:uuid}")
def show_guide(
    request: Request, visit: PublicVisit, session: SessionDep, now: Now, guide_id: UUID, revision: str = ""
) -> Response:
    return show_page(request, visit, session, now, guide_id, revision=_number(revision))


@router.get("/{guide_id:uuid}/print")
def print_guide(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    guide_id: UUID,
) -> Response:
    card = cards.read_card(session, estate_id=visit.estate.id, guide_id=guide_id, now=now)
    address, root = address_of(visit.estate.slug, guide_id), settings.public_url.rstrip("/")
    data = PrintPage(
        card=card,
        kind=KIND_NAMES[card.text.kind],
        unverified=says_unverified(card.text.body),
        code=drawn_code(f"{root}{address}"),
        host=root.split("://")[-1],
        local=is_local(settings.public_url),
        address=address,
    )
    return talk_page(request, visit, "guides/print.html", data)
