"""How pages look: text size, colours and language, kept in the browser and not at the account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse

from app.routers.accounts.paths import local_path
from app.routers.forms import see_other
from app.templating import LANGUAGES, SIZES, THEMES, set_cookie

router = APIRouter()


@router.post("/settings/display")
def choose_display(
    request: Request,
    size: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
    return_to: Annotated[str, Form()] = "",
) -> RedirectResponse:
    response = see_other(local_path(return_to))
    for name, chosen, known in (
        ("size", size, SIZES),
        ("theme", theme, THEMES),
        ("language", language, LANGUAGES),
    ):
        if chosen in known:
            set_cookie(request, response, name, chosen, days=365)
    return response
