"""Proven: a browser keeps, signed, that a phone was proved for an account, while it is asked for the rest."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import Request
from fastapi.responses import Response

from app.routers.accounts import sealed
from app.rules.accounts import CONFIRM_LIFE
from app.services.accounts.proofs import Proof
from app.templating import set_cookie

COOKIE = "proven"


def keep_proof(request: Request, response: Response, proof: Proof, onward: str) -> None:
    """How long it counts stands in it; the browser may keep it longer."""
    values = (str(proof.account_id), proof.phone, proof.at.isoformat(), onward)
    set_cookie(request, response, COOKIE, sealed.seal(COOKIE, values, request.app.state.secret), days=1)


def proof_of(request: Request, now: datetime) -> tuple[Proof, str] | None:
    """The proof and where to go on; None without one that is young enough."""
    values = sealed.unseal(COOKIE, request.cookies.get(COOKIE, ""), request.app.state.secret)
    if values is None:
        return None
    account_id, phone, at, onward = values
    proof = Proof(UUID(account_id), phone, datetime.fromisoformat(at))
    return (proof, onward) if now < proof.at + CONFIRM_LIFE else None
