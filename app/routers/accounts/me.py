"""One's own page: homes, messages, posts held, and one's name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.dependencies import Now, PersonDep, SessionDep
from app.routers.accounts.frames import my_page
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.rules.accounts import DUTY_NAMES, ROLE_NAMES, Role
from app.rules.estates.labels import home_label
from app.services.accounts.profile import NAME_MOST, set_name
from app.services.estates.homes import RELATION_NAMES, MyHome, MyPost, my_homes, my_posts
from app.services.outbox import Letter, list_letters, mark_read
from app.templating import language_of, render_message, translate

router = APIRouter()


@dataclass(frozen=True, slots=True)
class HomeLine:
    """`representative` is the address of who votes for a home with several owners, else empty."""

    href: str
    estate: str
    home: str
    area: int
    relation: str
    representative: str


@dataclass(frozen=True, slots=True)
class PostLine:
    estate: str
    titles: tuple[str, ...]
    desk: str


@dataclass(frozen=True, slots=True)
class MePage:
    name: str
    phone: str
    homes: tuple[HomeLine, ...]
    posts: tuple[PostLine, ...]
    unread: int
    asks_second_factor: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class LetterLine:
    text: str
    href: str
    at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True)
class MessagesPage:
    letters: tuple[LetterLine, ...]
    unread: int


@dataclass(frozen=True, slots=True)
class NamePage:
    name: str
    most: int
    errors: Errors


@router.get("/me")
def show_me(request: Request, person: PersonDep, session: SessionDep) -> Response:
    language = language_of(request)
    data = MePage(
        name=person.name,
        phone=shown_phone(person.phone),
        homes=tuple(_home_line(home, language) for home in my_homes(session, account_id=person.account_id)),
        posts=tuple(_post_line(post, language) for post in my_posts(session, account_id=person.account_id)),
        unread=person.unread,
        asks_second_factor=person.is_staff or person.has_second_factor,
        has_second_factor=person.has_second_factor,
    )
    return my_page(request, session, person, "accounts/me.html", data)


@router.get("/me/messages")
def list_messages(request: Request, person: PersonDep, session: SessionDep) -> Response:
    language = language_of(request)
    letters = list_letters(session, account_id=person.account_id)
    data = MessagesPage(
        letters=tuple(_letter_line(letter, language) for letter in letters),
        unread=person.unread,
    )
    return my_page(request, session, person, "accounts/messages.html", data)


@router.post("/me/messages/read")
def read_messages(person: PersonDep, session: SessionDep, now: Now) -> RedirectResponse:
    mark_read(session, account_id=person.account_id, now=now)
    return see_other("/me/messages")


@router.get("/me/name")
def ask_name(request: Request, person: PersonDep, session: SessionDep) -> Response:
    data = NamePage(name=person.name, most=NAME_MOST, errors=())
    return my_page(request, session, person, "accounts/name.html", data)


@router.post("/me/name")
def save_name(
    request: Request, person: PersonDep, session: SessionDep, name: Annotated[str, Form()] = ""
) -> Response:
    with attempt(session) as tried:
        set_name(session, account_id=person.account_id, name=name)
    if tried.refusal:
        errors = errors_of(request, tried.refusal)
        data = NamePage(name=name[: 2 * NAME_MOST], most=NAME_MOST, errors=errors)
        return my_page(request, session, person, "accounts/name.html", data, status=422)
    return see_other("/me")


def shown_phone(phone: str | None) -> str:
    """Enough to know one's own number by, not enough for who looks over the shoulder."""
    local = (phone or "").removeprefix("+86")
    return f"{local[:3]}****{local[-4:]}" if local else ""


def _home_line(mine: MyHome, language: str) -> HomeLine:
    return HomeLine(
        href=f"/e/{mine.estate.slug}",
        estate=mine.estate.name,
        home=home_label(mine.home.building, mine.home.entrance, mine.home.room),
        area=mine.area,
        relation=translate(RELATION_NAMES[mine.relation], {}, language),
        representative=f"/e/{mine.estate.slug}/homes/{mine.unit_id}/representative" if mine.shared else "",
    )


def _post_line(post: MyPost, language: str) -> PostLine:
    names: Iterable[str] = [ROLE_NAMES[role] for role in sorted(post.roles)]
    names = [*names, *(DUTY_NAMES[duty] for duty in sorted(post.duties))]
    return PostLine(
        estate=post.estate.name,
        titles=tuple(translate(name, {}, language) for name in names),
        desk=_desk(post),
    )


def _desk(post: MyPost) -> str:
    """Where the person's work lies: the committee's desk, a party member's duties, the roles an
    operator gives, the trail for who only looks on.
    """
    if Role.COMMITTEE in post.roles:
        return f"/desk/{post.estate.slug}"
    if Role.PARTY_MEMBER in post.roles:
        return f"/desk/{post.estate.slug}/duties"
    if Role.OPERATOR in post.roles:
        return f"/desk/{post.estate.slug}/roles"
    return f"/desk/{post.estate.slug}/trail" if Role.AUDITOR in post.roles else ""


def _letter_line(letter: Letter, language: str) -> LetterLine:
    return LetterLine(
        text=render_message(letter.template, letter.values, language=language),
        href=letter.link,
        at=letter.created_at,
        is_new=letter.read_at is None,
    )
