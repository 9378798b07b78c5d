"""The paper with a one-time code: the answer to whoever prints one, and on no page to come back to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from fastapi.responses import HTMLResponse

from app.dependencies import Visit
from app.rules.accounts import DESK_CODE_LIFE
from app.templating import page


@dataclass(frozen=True, slots=True)
class Slip:
    """Whom a code is for: (what it is, words) for each line. `factor` says that the second factor is asked for as well."""

    facts: tuple[tuple[str, str], ...]
    back: str
    factor: bool = False


@dataclass(frozen=True, slots=True)
class SlipPage:
    """The code is on this paper and nowhere else: its hash alone is stored."""

    facts: tuple[tuple[str, str], ...]
    code: str
    until: datetime
    factor: bool
    back: str


def show_slip(request: Request, visit: Visit, slip: Slip, *, code: str, now: datetime) -> HTMLResponse:
    data = SlipPage(slip.facts, code, now + DESK_CODE_LIFE, slip.factor, slip.back)
    return page(request, "estates/slip.html", data, estate=visit.estate)
