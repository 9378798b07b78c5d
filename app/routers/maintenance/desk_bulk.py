"""Several orders at once: tick them in the list, say here what shall be done, and it is done to all or to none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from app.clock import BEIJING
from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.desk_fields import DeskForm, read_day, read_desk_form, read_key, read_whole
from app.routers.maintenance.desk_frames import desk_page, list_address
from app.rules.maintenance.pauses import PAUSES, PauseReason
from app.services.maintenance import bulk, triage, working
from app.services.maintenance.bulk import MOST_AT_ONCE, BulkDeed, BulkOrder
from app.services.maintenance.lines import DeskLine
from app.services.maintenance.parties import list_parties

router = APIRouter(prefix="/desk/{slug}/orders/bulk")

BULK_NAMES = {
    BulkDeed.HAND: N_("派给一个单位"),
    BulkDeed.ASK: N_("请报修人补充"),
    BulkDeed.DUPLICATE: N_("都和某一张重复"),
    BulkDeed.DECLINE: N_("不予办理"),
}


@dataclass(frozen=True, slots=True)
class BulkPage:
    """The orders that were ticked and the form; `deed` is the one picked."""

    lines: tuple[DeskLine, ...]
    numbers: tuple[str, ...]
    deed: str
    deeds: tuple[tuple[str, str], ...]
    typed: DeskForm
    parties: tuple[tuple[str, str], ...]
    address: str
    back: str
    most: int
    most_note: int
    errors: Errors


def _bulk_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    numbers: Sequence[int],
    *,
    deed: str = "",
    typed: DeskForm | None = None,
    refusal: Refusal | None = None,
) -> Response:
    back = list_address(visit.estate.slug)
    days = PAUSES[PauseReason.INFORMATION].most_days
    until = (now.astimezone(BEIJING).date() + timedelta(days=days)).isoformat()
    lines = triage.chosen(session, estate_id=visit.estate.id, numbers=numbers[:MOST_AT_ONCE], now=now)
    data = BulkPage(
        lines=tuple(lines),
        numbers=tuple(str(number) for number in numbers),
        deed=deed,
        deeds=tuple((key.value, name) for key, name in BULK_NAMES.items()),
        typed=typed or replace(DeskForm(), until=until),
        parties=tuple((str(one.id), one.name) for one in list_parties(session, estate_id=visit.estate.id)),
        address=f"{back}/bulk",
        back=back,
        most=MOST_AT_ONCE,
        most_note=working.MOST_NOTE,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "maintenance/desk_bulk.html", data, staff=True, refusal=refusal)


def _numbers(ticked: Sequence[str]) -> list[int]:
    return sorted({number for one in ticked if (number := read_whole(one)) is not None})


@router.get("")
def show_bulk(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    n: Annotated[list[str] | None, Query(max_length=1000)] = None,
) -> Response:
    numbers = _numbers(n or [])
    if not numbers:
        return see_other(list_address(visit.estate.slug))
    return _bulk_page(request, visit, session, now, numbers)


@router.post("")
def do_bulk(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    form: Annotated[DeskForm, Depends(read_desk_form)],
    n: Annotated[list[str] | None, Form()] = None,
    deed: Annotated[str, Form()] = "",
) -> Response:
    numbers = _numbers(n or [])
    with attempt(session) as tried:
        if deed not in set(BulkDeed):
            raise Invalid(N_("请选择要做的处理"), code="required", field="deed")
        order = BulkOrder(
            deed=BulkDeed(deed),
            note=form.note,
            party_id=read_key(form.party),
            until=read_day(form.until, "until") if deed == BulkDeed.ASK else None,
            number=read_whole(form.number),
        )
        bulk.do_to_many(
            session, order, estate_id=visit.estate.id, numbers=numbers, actor=visit.actor, now=now
        )
    if tried.refusal:
        return _bulk_page(request, visit, session, now, numbers, deed=deed, typed=form, refusal=tried.refusal)
    return see_other(list_address(visit.estate.slug))
