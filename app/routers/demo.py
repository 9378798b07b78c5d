"""The demo: one button per demo person, and every message on screen. Not there unless `demo` is set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import Now, SessionDep, SettingsDep
from app.errors import N_, NotFound
from app.routers.accounts.door import let_in
from app.services.outbox import Letter, list_recent
from app.templating import language_of, page, render_message

PEOPLE_FILE = "demo-people.json"


async def _in_demo(settings: SettingsDep) -> None:
    if not settings.demo:
        raise NotFound(N_("没有找到这个页面。可能网址不对，或者您没有这个小区的权限"))


router = APIRouter(dependencies=[Depends(_in_demo)])


@dataclass(frozen=True, slots=True)
class DemoPerson:
    account_id: UUID
    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class PeoplePage:
    people: tuple[DemoPerson, ...]


@dataclass(frozen=True, slots=True)
class SentLine:
    phone: str
    text: str
    href: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OutboxPage:
    letters: tuple[SentLine, ...]


@router.get("/demo")
def list_people(request: Request, settings: SettingsDep) -> Response:
    return page(request, "demo/people.html", PeoplePage(people=_people(settings.data_dir)))


@router.post("/demo/sign-in")
def be_person(
    request: Request,
    session: SessionDep,
    now: Now,
    settings: SettingsDep,
    account_id: Annotated[str, Form()] = "",
) -> Response:
    for person in _people(settings.data_dir):
        if str(person.account_id) == account_id:
            return let_in(request, session, account_id=person.account_id, now=now, onward="")
    raise NotFound(N_("没有这个演示人物。请回到演示首页再选"))


@router.get("/demo/outbox")
def show_outbox(request: Request, session: SessionDep) -> Response:
    language = language_of(request)
    letters = tuple(_sent_line(letter, language) for letter in list_recent(session))
    return page(request, "demo/outbox.html", OutboxPage(letters=letters))


def _people(data_dir: Path) -> tuple[DemoPerson, ...]:
    path = data_dir / PEOPLE_FILE
    if not path.exists():
        return ()
    rows = json.loads(path.read_text(encoding="utf-8"))
    return tuple(DemoPerson(UUID(row["account_id"]), row["name"], row["caption"]) for row in rows)


def _sent_line(letter: Letter, language: str) -> SentLine:
    text = render_message(letter.template, letter.values, language=language)
    return SentLine(phone=letter.phone or "", text=text, href=letter.link, at=letter.created_at)
