"""What was done for a service this month, written down by the committee or the people of the party; hidden by the committee."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, PartyVisit, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.fee_frames import Months, fee_page, fees_desk, id_of, months
from app.services.deliberations.attaching import Upload
from app.services.files import MAX_FILE
from app.services.maintenance.fees.deeds import (
    MOST_TEXT,
    DeedView,
    NewDeed,
    deeds_of,
    ensure_may_tell,
    tell_deed,
)
from app.services.maintenance.fees.hiding import MOST_REASON, hide_deed, show_deed
from app.services.maintenance.fees.prices import ServiceView, read_service

router = APIRouter(prefix="/desk/{slug}/fees/services/{service_id:uuid}/deeds")


class Verb(StrEnum):
    """What the committee may do with a deed that stands."""

    HIDE = "hide"
    SHOW = "show"


_VERBS = {Verb.HIDE: hide_deed, Verb.SHOW: show_deed}


@dataclass(frozen=True, slots=True)
class DeedsPage:
    """The deeds of a month and the form for one more; `lost` says that a picked photo must be picked again.

    `may_hide` on the committee's page; `reason` is what was typed for the deed `hiding`, "" for none.
    """

    address: str
    back: str
    files: str
    service: ServiceView
    months: Months
    deeds: list[DeedView]
    id: UUID
    text: str
    lost: bool
    most_text: int
    may_hide: bool
    hiding: str
    reason: str
    most_reason: int
    errors: Errors


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    service_id: UUID,
    month: str,
    *,
    form_id: UUID | None = None,
    text: str = "",
    lost: bool = False,
    hiding: str = "",
    reason: str = "",
    refusal: Refusal | None = None,
) -> Response:
    turned, estate_id, committee = months(month, now), visit.estate.id, visit.standing.is_committee
    ensure_may_tell(
        session,
        estate_id=estate_id,
        service_id=service_id,
        actor=visit.actor,
        committee=committee,
    )
    deeds = deeds_of(session, estate_id=estate_id, month=turned.month, committee=committee)
    data = DeedsPage(
        address=f"{fees_desk(visit, service_id)}/deeds",
        back=fees_desk(visit),
        files=f"/e/{visit.estate.slug}/files",
        service=read_service(session, estate_id=estate_id, service_id=service_id),
        months=turned,
        deeds=deeds.get(service_id, []),
        id=form_id or uuid4(),
        text=text,
        lost=lost,
        most_text=MOST_TEXT,
        may_hide=committee,
        hiding=hiding,
        reason=reason,
        most_reason=MOST_REASON,
        errors=errors_of(request, refusal, row=hiding),
    )
    return fee_page(request, visit, "maintenance/fee_deeds.html", data, refusal=refusal)


@router.get("")
def show_deeds(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    service_id: UUID,
    month: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    return _page(request, visit, session, now, service_id, month)


@router.post("")
def add(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    service_id: UUID,
    id: Annotated[str, Form(max_length=40)] = "",
    month: Annotated[str, Form(max_length=10)] = "",
    text: Annotated[str, Form(max_length=4000)] = "",
    photo: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    form_id, picked = id_of(id), _picked(photo)
    with attempt(session) as tried:
        if form_id is None:
            raise Invalid(N_("这张表单不完整，请重新打开页面"))
        tell_deed(
            session,
            NewDeed(id=form_id, service_id=service_id, month=month, text=text, photo=picked),
            estate_id=visit.estate.id,
            actor=visit.actor,
            committee=visit.standing.is_committee,
            now=now,
        )
    if tried.refusal:
        return _page(
            request,
            visit,
            session,
            now,
            service_id,
            month,
            form_id=form_id,
            text=text,
            lost=picked is not None,
            refusal=tried.refusal,
        )
    return see_other(f"{fees_desk(visit, service_id)}/deeds?month={month.strip()}")


@router.post("/{deed_id:uuid}/{verb}")
def hide_or_show(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    service_id: UUID,
    deed_id: UUID,
    verb: Verb,
    month: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    with attempt(session) as tried:
        _VERBS[verb](
            session,
            estate_id=visit.estate.id,
            service_id=service_id,
            deed_id=deed_id,
            reason=reason,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(
            request,
            visit,
            session,
            now,
            service_id,
            month,
            hiding=str(deed_id),
            reason=reason,
            refusal=tried.refusal,
        )
    return see_other(f"{fees_desk(visit, service_id)}/deeds?month={month.strip()}")


def _picked(photo: UploadFile | str | None) -> Upload | None:
    if photo is None or isinstance(photo, str) or not photo.filename:
        return None
    return Upload(photo.filename, photo.file.read(MAX_FILE + 1))
