"""Signing in with a phone: one page asks for the number, the next for the code; and signing out."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from app.clock import BEIJING
from app.dependencies import AddressDep, MaybePerson, Now, SecretDep, SessionDep, SettingsDep, session_cookie
from app.errors import N_, Invalid, Refusal, TooMany
from app.routers.accounts.browsers import known_at
from app.routers.accounts.door import drop_cookie, landing, let_in, renew_visitor
from app.routers.accounts.paths import local_path
from app.routers.accounts.pending import COOKIE, Pending, seal, unseal
from app.routers.accounts.proven import keep_proof
from app.routers.forms import Errors, attempt, errors_of, see_other, with_wait
from app.routers.refusals import sentence_of, status_of
from app.services.accounts.alarm import needs_picture
from app.services.accounts.codes import redeem_sms_code, send_sms_code
from app.services.accounts.guesses import CodeLimits
from app.services.accounts.pictures import new_picture, read_picture
from app.services.accounts.proofs import begin_proof
from app.services.accounts.sessions import end_session
from app.templating import page, set_cookie

router = APIRouter()


@dataclass(frozen=True, slots=True)
class PhonePage:
    """`picture` is the token of the digits to read, empty while nobody is asked to."""

    phone: str
    onward: str
    picture: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class CodePage:
    phone: str
    code: str
    sent_at: str
    resend_at: str
    resend_seconds: int
    onward: str
    wait: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a code and what holds for it; only `address` comes from the client."""

    address: str
    now: datetime
    secret: bytes
    limits: CodeLimits

    def needs_picture(self, session: SessionDep) -> bool:
        return needs_picture(
            session, address=self.address, limits=self.limits, now=self.now, secret=self.secret
        )

    def send(self, session: SessionDep, pending: Pending, *, picture_read: bool = False) -> None:
        send_sms_code(
            session,
            phone_text=pending.phone,
            address=self.address,
            request_token=pending.token,
            now=self.now,
            secret=self.secret,
            limits=self.limits,
            picture_read=picture_read,
        )


def _asker(address: AddressDep, now: Now, secret: SecretDep, settings: SettingsDep) -> Asker:
    return Asker(address, now, secret, CodeLimits.of(settings))


AskerDep = Annotated[Asker, Depends(_asker)]


@router.get("/sign-in")
def ask_phone(
    request: Request,
    session: SessionDep,
    person: MaybePerson,
    asked: AskerDep,
    onward: Annotated[str, Query(alias="next")] = "",
) -> Response:
    onward = local_path(onward, "")
    if person:
        return see_other(onward or landing(session, account_id=person.account_id))
    return _phone_page(request, session, asked, "", onward)


@router.post("/sign-in")
def send_code(
    request: Request,
    session: SessionDep,
    asked: AskerDep,
    phone: Annotated[str, Form()] = "",
    onward: Annotated[str, Form(alias="next")] = "",
    picture: Annotated[str, Form()] = "",
    digits: Annotated[str, Form()] = "",
    another: Annotated[str, Form()] = "",
) -> Response:
    onward = local_path(onward, "")
    if another:
        return _phone_page(request, session, asked, phone, onward)
    read = False
    if asked.needs_picture(session):
        wrong = read_picture(session, token=picture, typed=digits, now=asked.now, secret=asked.secret)
        if wrong:
            # Answered, not raised: the transaction ends well and the picture is used up.
            return _phone_page(request, session, asked, phone, onward, wrong)
        read = True
    pending = Pending(phone.strip()[:60], secrets.token_urlsafe(24), onward, asked.now.isoformat())
    with attempt(session) as tried:
        asked.send(session, pending, picture_read=read)
    if isinstance(tried.refusal, TooMany):
        earlier = _pending(request, asked.secret)
        if earlier is None or earlier.phone != pending.phone or not earlier.is_live(asked.now):
            raise tried.refusal
        # Back and pressed again: the code that is on its way is still good.
        return see_other("/sign-in/code")
    if tried.refusal:
        return _phone_page(request, session, asked, phone, onward, tried.refusal)
    return _to_code(request, pending, asked.secret)


@router.get("/sign-in/code")
def ask_code(request: Request, secret: SecretDep, settings: SettingsDep) -> Response:
    pending = _pending(request, secret)
    if pending is None:
        return see_other("/sign-in")
    return _code_page(request, pending, settings.sms_resend_seconds)


@router.post("/sign-in/code")
def take_code(
    request: Request,
    session: SessionDep,
    asked: AskerDep,
    code: Annotated[str, Form()] = "",
    resend: Annotated[str, Form()] = "",
) -> Response:
    pending, now = _pending(request, asked.secret), asked.now
    if pending is None:
        return see_other("/sign-in")
    if resend:
        return _send_again(request, session, asked, pending)
    redeemed = redeem_sms_code(
        session,
        phone_text=pending.phone,
        code=code,
        request_token=pending.token,
        address=asked.address,
        now=now,
        secret=asked.secret,
        limits=asked.limits,
    )
    if redeemed.account_id is None:
        # Answered, not raised: the transaction ends well and the counted try stays counted.
        return _code_page(
            request, pending, asked.limits.resend_seconds, refusal=redeemed.refusal, code=code[:12]
        )
    known = known_at(request, redeemed.account_id)
    proof = begin_proof(session, account_id=redeemed.account_id, known_at=known, now=now)
    if proof is None:
        account_id, onward = redeemed.account_id, pending.onward
        return let_in(request, session, account_id=account_id, now=now, onward=onward, proved=True)
    response = see_other("/sign-in/confirm")
    keep_proof(request, response, proof, pending.onward)
    drop_cookie(request, response, COOKIE)
    return response


@router.post("/sign-out")
def sign_out(
    request: Request, session: SessionDep, person: MaybePerson, now: Now, settings: SettingsDep
) -> RedirectResponse:
    if person:
        end_session(session, account_id=person.account_id, session_id=person.session_id, now=now)
    response = see_other("/")
    drop_cookie(request, response, session_cookie(settings))
    renew_visitor(request, response)
    return response


def _send_again(request: Request, session: SessionDep, asked: Asker, pending: Pending) -> Response:
    if asked.needs_picture(session):
        needed = Invalid(N_("请填写图里的 4 个数字"), code="picture", field="digits")
        return _phone_page(request, session, asked, pending.phone, pending.onward, needed)
    with attempt(session) as tried:
        asked.send(session, pending)
    if tried.refusal:
        return _code_page(request, pending, asked.limits.resend_seconds, refusal=tried.refusal)
    return _to_code(request, replace(pending, sent_at=asked.now.isoformat()), asked.secret)


def _phone_page(
    request: Request,
    session: SessionDep,
    asked: Asker,
    phone: str,
    onward: str,
    refusal: Refusal | None = None,
) -> Response:
    data = PhonePage(
        phone=phone[:40],
        onward=onward,
        picture=new_picture(now=asked.now, secret=asked.secret) if asked.needs_picture(session) else "",
        errors=errors_of(request, refusal),
    )
    return answer(request, "accounts/sign_in.html", data, refusal)


def _pending(request: Request, secret: bytes) -> Pending | None:
    return unseal(request.cookies.get(COOKIE, ""), secret)


def _to_code(request: Request, pending: Pending, secret: bytes) -> Response:
    response = see_other("/sign-in/code")
    set_cookie(request, response, COOKIE, seal(pending, secret), days=1)
    return response


def _code_page(
    request: Request, pending: Pending, resend_seconds: int, *, refusal: Refusal | None = None, code: str = ""
) -> Response:
    sent_at = datetime.fromisoformat(pending.sent_at)
    data = CodePage(
        phone=pending.phone,
        code=code,
        sent_at=_clock(sent_at),
        resend_at=_clock(sent_at + timedelta(seconds=resend_seconds)),
        resend_seconds=resend_seconds,
        onward=pending.onward,
        wait=wait_of(request, refusal),
        errors=() if isinstance(refusal, TooMany) else errors_of(request, refusal),
    )
    return answer(request, "accounts/code.html", data, refusal)


def answer(request: Request, template: str, data: object, refusal: Refusal | None) -> Response:
    """The page, with the status of its refusal, and the seconds to wait where a limit was reached."""
    response = page(request, template, data, tab="me", status=status_of(refusal) if refusal else 200)
    return with_wait(response, refusal)


def _clock(instant: datetime) -> str:
    # Within minutes of now the date would only be noise.
    return f"{instant.astimezone(BEIJING):%H:%M:%S}"


def wait_of(request: Request, refusal: Refusal | None) -> str:
    """A limit is nothing to mend: its sentence stands apart from the errors."""
    return sentence_of(request, refusal) if isinstance(refusal, TooMany) else ""
