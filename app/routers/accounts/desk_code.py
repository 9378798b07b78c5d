"""Signing in with the code that the committee's desk printed: no phone, one field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import AddressDep, Now, SecretDep, SessionDep, SettingsDep
from app.errors import Refusal, TooMany
from app.routers.accounts.door import let_in
from app.routers.accounts.paths import local_path
from app.routers.accounts.proven import proof_of
from app.routers.accounts.sign_in import answer, wait_of
from app.routers.forms import Errors, errors_of
from app.services.accounts.desk import redeem_desk_code
from app.services.accounts.guesses import CodeLimits
from app.services.accounts.proofs import lock_open

router = APIRouter()


@dataclass(frozen=True, slots=True)
class DeskCodePage:
    code: str
    onward: str
    wait: str
    errors: Errors


@router.get("/sign-in/desk")
def ask_desk_code(request: Request, onward: Annotated[str, Query(alias="next")] = "") -> Response:
    return _page(request, onward)


@router.post("/sign-in/desk")
def take_desk_code(
    request: Request,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    settings: SettingsDep,
    address: AddressDep,
    code: Annotated[str, Form()] = "",
    onward: Annotated[str, Form(alias="next")] = "",
) -> Response:
    redeemed = redeem_desk_code(
        session, code=code, address=address, now=now, secret=secret, limits=CodeLimits.of(settings)
    )
    if redeemed.account_id is None:
        # Answered, not raised: the transaction ends well and the counted try stays counted.
        return _page(request, onward, code=code[:20], refusal=redeemed.refusal)
    return let_in(
        request,
        session,
        account_id=redeemed.account_id,
        now=now,
        onward=local_path(onward, ""),
        proved=_shows_phone(request, session, redeemed.account_id, now),
    )


def _shows_phone(request: Request, session: SessionDep, account_id: UUID, now: datetime) -> bool:
    """The desk has seen the person; the phone is his only if this browser has just proved that too."""
    kept = proof_of(request, now)
    if kept is None or kept[0].account_id != account_id:
        return False
    return lock_open(session, proof=kept[0], now=now) is not None


def _page(request: Request, onward: str, *, code: str = "", refusal: Refusal | None = None) -> Response:
    data = DeskCodePage(
        code=code,
        onward=local_path(onward, ""),
        wait=wait_of(request, refusal),
        errors=() if isinstance(refusal, TooMany) else errors_of(request, refusal),
    )
    return answer(request, "accounts/desk_code.html", data, refusal)
