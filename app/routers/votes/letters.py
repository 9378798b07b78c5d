"""A household letter at the owner's end: scan, sign in, give the owner's name, and go on to the ballot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import AddressDep, Now, PublicVisit, SecretDep, SessionDep, Visit
from app.errors import N_, NotSignedIn, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, visit_page
from app.routers.votes.pages import address_of
from app.services.votes import codes_using
from app.services.votes.codes_using import Scanned

router = APIRouter(prefix="/e/{slug}/letters")

MOST_CODE = 60


@dataclass(frozen=True, slots=True)
class LetterPage:
    """The form; nothing on it says whose home the letter is for, or whether there is such a letter at all."""

    code: str
    name: str
    sign_in: str
    address: str
    errors: Errors


def _page(
    request: Request, visit: Visit, *, code: str, name: str = "", refusal: Refusal | None = None
) -> HTMLResponse:
    address = f"/e/{visit.estate.slug}/letters"
    data = LetterPage(
        code=code,
        name=name,
        sign_in="" if visit.person else f"/sign-in?next={quote(f'{address}?code={quote(code)}')}",
        address=address,
        errors=errors_of(request, refusal),
    )
    return visit_page(request, visit, "votes/letter.html", data, tab="votes", refusal=refusal)


@router.get("")
def show_letter(request: Request, visit: PublicVisit, code: Annotated[str, Query()] = "") -> HTMLResponse:
    return _page(request, visit, code=code[:MOST_CODE])


@router.post("")
def use_letter(
    request: Request,
    visit: PublicVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    address: AddressDep,
    code: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
) -> Response:
    """A refused name is counted, so its transaction is committed like any other."""
    if visit.person is None:
        raise NotSignedIn(N_("请先登录"))
    scanned = Scanned()
    with attempt(session) as tried:
        scanned = codes_using.use_letter(
            session,
            estate_id=visit.estate.id,
            code=code[:MOST_CODE],
            name=name,
            actor=visit.actor,
            address=address,
            now=now,
            secret=secret,
        )
    refusal = tried.refusal or scanned.refusal
    if refusal:
        return _page(request, visit, code=code[:MOST_CODE], name=name[:60], refusal=refusal)
    if scanned.vote_id is None:
        return see_other(f"/e/{visit.estate.slug}")
    vote = address_of(visit.estate.slug, scanned.vote_id)
    return see_other(f"{vote}/ballot?unit={scanned.unit_id}" if scanned.is_open else vote)
