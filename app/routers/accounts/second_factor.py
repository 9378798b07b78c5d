"""The second factor: shown after signing in, set up, replaced and removed on one's own pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from app.dependencies import (
    Now,
    PersonDep,
    SecretDep,
    SessionDep,
    SettingsDep,
    owes_second_factor,
    session_cookie,
)
from app.errors import N_, NotFound, Refusal, TooMany
from app.routers.accounts.door import landing, renew_visitor
from app.routers.accounts.frames import my_page
from app.routers.accounts.paths import local_path
from app.routers.codes import drawn_code
from app.routers.forms import Errors, attempt, errors_of, see_other, with_wait
from app.routers.refusals import second_step, sentence_of, status_of
from app.rules.accounts import SESSION_LIFE
from app.services.accounts import second_factor as factors
from app.services.accounts.sessions import Person
from app.templating import page, set_cookie

router = APIRouter()

HOME = "/me/second-factor"
SET_UP = f"{HOME}/set-up"

Onward = Annotated[str, Query(alias="next")]
SentOnward = Annotated[str, Form(alias="next")]
Code = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class ShowPage:
    """`recovery` asks for a recovery code in place of the six digits; `skip` leads on without staff roles."""

    recovery: bool
    onward: str
    other: str
    skip: str
    wait: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class FactorPage:
    """`since` is None while none is set up."""

    since: datetime | None
    codes_left: int
    required: bool
    onward: str
    wait: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class SetUpPage:
    code: Markup
    uri: str
    groups: tuple[str, ...]
    onward: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class CodesPage:
    codes: tuple[str, ...]
    name: str
    onward: str


@router.get("/sign-in/second")
def ask_code(
    request: Request,
    session: SessionDep,
    person: PersonDep,
    onward: Onward = "",
    with_: Annotated[str, Query(alias="with")] = "",
) -> Response:
    if not person.has_second_factor or person.second_factor_shown:
        return see_other(local_path(onward, "") or landing(session, account_id=person.account_id))
    return _show_page(request, session, person, onward, recovery=with_ == "recovery")


@router.post("/sign-in/second")
def take_code(
    request: Request,
    session: SessionDep,
    person: PersonDep,
    now: Now,
    secret: SecretDep,
    code: Code = "",
    recovery: Annotated[str, Form()] = "",
    onward: SentOnward = "",
) -> Response:
    if not person.has_second_factor or person.second_factor_shown:
        return see_other(local_path(onward, "") or HOME)
    shown = factors.show(session, person, typed=code, now=now, secret=secret)
    if shown.refusal:
        # Answered, not raised: the transaction ends well and the counted try stays counted.
        return _show_page(request, session, person, onward, recovery=bool(recovery), refusal=shown.refusal)
    target = local_path(onward, "") or landing(session, account_id=person.account_id)
    return _with_token(request, see_other(target), shown.token)


@router.get(HOME)
def show_factor(
    request: Request, session: SessionDep, person: PersonDep, settings: SettingsDep, onward: Onward = ""
) -> Response:
    return _elsewhere(person) or _factor_page(request, session, person, settings, onward)


@router.post(HOME)
def change_factor(
    request: Request,
    session: SessionDep,
    person: PersonDep,
    settings: SettingsDep,
    now: Now,
    secret: SecretDep,
    deed: Annotated[str, Form()] = "",
    code: Code = "",
    onward: SentOnward = "",
) -> Response:
    elsewhere = _elsewhere(person)
    if elsewhere:
        return elsewhere
    if deed == "remove":
        required = settings.second_factor_required
        shown = factors.remove(session, person, typed=code, required=required, now=now, secret=secret)
    elif deed == "codes":
        shown = factors.renew_recovery_codes(session, person, typed=code, now=now, secret=secret)
    else:
        shown = factors.begin(session, person, typed=code, now=now, secret=secret)
    if shown.refusal:
        return _factor_page(request, session, person, settings, onward, refusal=shown.refusal)
    if shown.recovery_codes:
        return _codes_page(request, person, shown.recovery_codes, onward)
    return see_other(HOME if deed == "remove" else f"{SET_UP}?next={quote(local_path(onward, ''))}")


@router.get(SET_UP)
def show_set_up(
    request: Request,
    session: SessionDep,
    person: PersonDep,
    now: Now,
    secret: SecretDep,
    onward: Onward = "",
) -> Response:
    return _elsewhere(person) or _set_up_page(request, session, person, now, secret, onward)


@router.post(SET_UP)
def confirm(
    request: Request,
    session: SessionDep,
    person: PersonDep,
    now: Now,
    secret: SecretDep,
    code: Code = "",
    onward: SentOnward = "",
) -> Response:
    elsewhere = _elsewhere(person)
    if elsewhere:
        return elsewhere
    with attempt(session) as tried:
        shown = factors.confirm(session, person, typed=code, now=now, secret=secret)
    refusal = tried.refusal or shown.refusal
    if refusal:
        return _set_up_page(request, session, person, now, secret, onward, refusal=refusal)
    return _with_token(request, _codes_page(request, person, shown.recovery_codes, onward), shown.token)


def _elsewhere(person: Person) -> Response | None:
    """Whoever has a factor shows it before he sees or changes anything here. Raises `NotFound` for who needs none."""
    if not person.is_staff and not person.has_second_factor:
        raise NotFound(N_("动态口令是给工作人员用的，您不需要设置"))
    if person.has_second_factor and not person.second_factor_shown:
        return see_other(second_step(person, HOME))
    return None


def _with_token(request: Request, response: Response, token: str) -> Response:
    """The session goes on under a new token, and forms made before are worth nothing."""
    name = session_cookie(request.app.state.settings)
    set_cookie(request, response, name, token, days=SESSION_LIFE.days)
    renew_visitor(request, response)
    return response


def _show_page(
    request: Request,
    session: SessionDep,
    person: Person,
    onward: str,
    *,
    recovery: bool,
    refusal: Refusal | None = None,
) -> Response:
    onward = local_path(onward, "")
    other = f"/sign-in/second?next={quote(onward)}" + ("" if recovery else "&with=recovery")
    at_desk = not onward or onward.startswith("/desk/") or not owes_second_factor(request, person)
    data = ShowPage(
        recovery=recovery,
        onward=onward,
        other=other,
        skip="/me" if at_desk else onward,
        wait=_wait_of(request, refusal),
        errors=_mendable(request, refusal),
    )
    return _answer(request, session, person, "accounts/second.html", data, refusal)


def _factor_page(
    request: Request,
    session: SessionDep,
    person: Person,
    settings: SettingsDep,
    onward: str,
    *,
    refusal: Refusal | None = None,
) -> Response:
    state = factors.read_state(session, account_id=person.account_id)
    data = FactorPage(
        since=state.confirmed_at,
        codes_left=state.codes_left,
        required=settings.second_factor_required,
        onward=local_path(onward, ""),
        wait=_wait_of(request, refusal),
        errors=_mendable(request, refusal),
    )
    return _answer(request, session, person, "accounts/second_factor.html", data, refusal)


def _set_up_page(
    request: Request,
    session: SessionDep,
    person: Person,
    now: datetime,
    secret: bytes,
    onward: str,
    *,
    refusal: Refusal | None = None,
) -> Response:
    waiting = factors.read_set_up(session, person, now=now, secret=secret)
    if waiting is None:
        return see_other(HOME)
    data = SetUpPage(
        code=drawn_code(waiting.uri),
        uri=waiting.uri,
        groups=waiting.groups,
        onward=local_path(onward, ""),
        errors=errors_of(request, refusal),
    )
    return _answer(request, session, person, "accounts/second_factor_set_up.html", data, refusal)


def _codes_page(request: Request, person: Person, codes: tuple[str, ...], onward: str) -> Response:
    """The answer itself: only hashes of the codes are kept, so there is no page to come back to."""
    data = CodesPage(codes=codes, name=person.name, onward=local_path(onward, HOME))
    return page(request, "accounts/recovery_codes.html", data)


def _answer(
    request: Request,
    session: SessionDep,
    person: Person,
    template: str,
    data: object,
    refusal: Refusal | None,
) -> Response:
    status = status_of(refusal) if refusal else 200
    return with_wait(my_page(request, session, person, template, data, status=status), refusal)


def _wait_of(request: Request, refusal: Refusal | None) -> str:
    return sentence_of(request, refusal) if isinstance(refusal, TooMany) else ""


def _mendable(request: Request, refusal: Refusal | None) -> Errors:
    return () if isinstance(refusal, TooMany) else errors_of(request, refusal)
