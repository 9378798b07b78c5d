"""The picture with digits, which stands on the sign-in page in the time of an alarm."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from app.dependencies import Now, SecretDep
from app.services.accounts.pictures import draw_picture

router = APIRouter()


@router.get("/sign-in/picture")
def show_picture(now: Now, secret: SecretDep, token: Annotated[str, Query(alias="t")] = "") -> Response:
    return Response(draw_picture(token=token, now=now, secret=secret), media_type="image/png")
