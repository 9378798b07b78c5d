"""For whoever watches the machine: is the process up, and can it serve. One word each, no details."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from app.services.health import look_at_clock, what_is_missing

router = APIRouter()


@router.get("/healthz")
async def is_up() -> PlainTextResponse:
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def is_ready(request: Request) -> PlainTextResponse:
    state = request.app.state
    missing = what_is_missing(state.database, data_dir=state.settings.data_dir)
    if not missing and state.clock_watch and look_at_clock(state.database, state.clock_watch).fault:
        missing = "clock"
    return PlainTextResponse(f"{missing or 'ok'}\n", status_code=503 if missing else 200)
