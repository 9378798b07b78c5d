"""A number nobody signed in with for long: the person shows that he is the one he was, or begins anew as its new holder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import Now, SessionDep
from app.errors import Refusal, TooMany
from app.routers.accounts.door import let_in
from app.routers.accounts.proven import proof_of
from app.routers.accounts.sign_in import answer, wait_of
from app.routers.forms import Errors, errors_of, see_other
from app.services.accounts.proofs import Proof, is_open
from app.services.estates.holders import confirm_by_home, hand_over
from app.services.estates.saying import MOST_TYPED
from app.templating import page

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """Nothing of the account: who reads this may be a stranger to it. `desk` is where a printed code is typed in."""

    home: str
    name: str
    most: int
    desk: str
    wait: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class NewHolderPage:
    """The page before the deed has nothing of its own to say."""


@router.get("/sign-in/confirm")
def ask_home(request: Request, session: SessionDep, now: Now) -> Response:
    found = _waiting(request, session, now)
    return _page(request, found[1]) if found else see_other("/sign-in")


@router.post("/sign-in/confirm")
def take_home(
    request: Request,
    session: SessionDep,
    now: Now,
    home: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
) -> Response:
    found = _waiting(request, session, now)
    if found is None:
        return see_other("/sign-in")
    proof, onward = found
    refusal = confirm_by_home(session, proof=proof, home=home, name=name, now=now)
    if refusal:
        # Answered, not raised: the transaction ends well and the counted try stays counted.
        return _page(request, onward, home=home, name=name, refusal=refusal)
    return let_in(request, session, account_id=proof.account_id, now=now, onward=onward, proved=True)


@router.get("/sign-in/confirm/new")
def ask_new_holder(request: Request, session: SessionDep, now: Now) -> Response:
    if _waiting(request, session, now) is None:
        return see_other("/sign-in")
    return page(request, "accounts/new_holder.html", NewHolderPage(), tab="me")


@router.post("/sign-in/confirm/new")
def be_new_holder(request: Request, session: SessionDep, now: Now) -> Response:
    found = _waiting(request, session, now)
    if found is None:
        return see_other("/sign-in")
    account_id = hand_over(session, proof=found[0], now=now)
    # Not where the old holder was going: that page is none of his business.
    return let_in(request, session, account_id=account_id, now=now, onward="", proved=True)


def _waiting(request: Request, session: SessionDep, now: Now) -> tuple[Proof, str] | None:
    found = proof_of(request, now)
    return found if found and is_open(session, proof=found[0], now=now) else None


def _page(
    request: Request, onward: str, *, home: str = "", name: str = "", refusal: Refusal | None = None
) -> Response:
    data = ConfirmPage(
        home=home[:MOST_TYPED],
        name=name[:MOST_TYPED],
        most=MOST_TYPED,
        desk="/sign-in/desk" + (f"?{urlencode({'next': onward})}" if onward else ""),
        wait=wait_of(request, refusal),
        errors=() if isinstance(refusal, TooMany) else errors_of(request, refusal),
    )
    return answer(request, "accounts/confirm.html", data, refusal)
