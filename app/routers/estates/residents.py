"""One resident at the desk: who he is to the home, and his one-time code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SecretDep, SessionDep, Visit
from app.errors import N_, NotFound, Refusal
from app.routers.estates.frames import desk_page
from app.routers.estates.register import home_address
from app.routers.estates.slips import Slip, show_slip
from app.routers.forms import Errors, attempt, errors_of
from app.routers.records import ONE, spends
from app.services.estates.desk_codes import print_resident_code
from app.services.estates.homes import RELATION_NAMES
from app.services.estates.register import HomeLine, ResidentLine, get_home

router = APIRouter(prefix="/desk/{slug}/register/{unit_id:uuid}/residents/{account_id:uuid}")


@dataclass(frozen=True, slots=True)
class ResidentPage:
    """`relation` is what he is to the home, in words; `reason` is as typed in a form that was refused."""

    address: str
    back: str
    home: HomeLine
    resident: ResidentLine
    relation: str
    reason: str
    errors: Errors


def _find(
    session: SessionDep, visit: Visit, unit_id: UUID, account_id: UUID
) -> tuple[HomeLine, ResidentLine]:
    sheet = get_home(session, estate_id=visit.estate.id, unit_id=unit_id)
    for resident in sheet.residents:
        if resident.account_id == account_id:
            return sheet.home, resident
    raise NotFound(N_("这套房屋没有登记这位住户"))


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    unit_id: UUID,
    account_id: UUID,
    *,
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    home, resident = _find(session, visit, unit_id, account_id)
    back = home_address(visit, unit_id)
    data = ResidentPage(
        address=f"{back}/residents/{account_id}",
        back=back,
        home=home,
        resident=resident,
        relation=RELATION_NAMES[resident.relation],
        reason=reason,
        errors=errors_of(request, refusal, form="code"),
    )
    return desk_page(request, visit, "estates/resident.html", data, refusal=refusal)


@router.get("", dependencies=[spends(CommitteeVisit, ONE)])
def show_resident(
    request: Request, visit: CommitteeVisit, session: SessionDep, unit_id: UUID, account_id: UUID
) -> Response:
    return _page(request, visit, session, unit_id, account_id)


@router.post("/code")
def print_code(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    unit_id: UUID,
    account_id: UUID,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """The slip is the answer itself: the code is stored nowhere, so it cannot be shown on a page to come back to."""
    home, resident = _find(session, visit, unit_id, account_id)
    with attempt(session) as tried:
        code = print_resident_code(
            session,
            estate_id=visit.estate.id,
            unit_id=unit_id,
            account_id=account_id,
            reason=reason,
            actor=visit.actor,
            now=now,
            secret=secret,
        )
    if tried.refusal:
        return _page(request, visit, session, unit_id, account_id, reason=reason, refusal=tried.refusal)
    facts = ((N_("住户"), resident.name), (N_("房屋"), home.label))
    return show_slip(request, visit, Slip(facts, home_address(visit, unit_id)), code=code, now=now)
