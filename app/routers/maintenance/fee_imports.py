"""Payments out of a sheet, for the committee only: upload, look, confirm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit, reads_only
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.fee_frames import Months, fee_page, fees_desk, months
from app.routers.refusals import sentence_of
from app.rules.maintenance.fee_sheet import MOST_ROWS
from app.rules.maintenance.fees import read_month
from app.services.maintenance.fees.charging import pay_many
from app.services.maintenance.fees.importing import Preview, pack, preview_payments, unpack
from app.services.maintenance.fees.prices import ServiceView, read_service

router = APIRouter(prefix="/desk/{slug}/fees/services/{service_id:uuid}/import")

_MOST_BYTES = 2 * 1024 * 1024
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class ImportPage:
    """`preview` once a sheet was read, `rows` what its confirmation carries; `problems` are (row, home, sentence)."""

    address: str
    back: str
    service: ServiceView
    months: Months
    preview: Preview | None
    problems: tuple[tuple[int, str, str], ...]
    rows: str
    most_rows: int
    most_shown: int
    errors: Errors


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    service_id: UUID,
    turned: Months,
    preview: Preview | None = None,
    refusal: Refusal | None = None,
) -> Response:
    problems = preview.problems[:_MOST_SHOWN] if preview else ()
    data = ImportPage(
        address=f"{fees_desk(visit, service_id)}/import",
        back=fees_desk(visit),
        service=read_service(session, estate_id=visit.estate.id, service_id=service_id),
        months=turned,
        preview=preview,
        problems=tuple((one.row, one.home, sentence_of(request, one.problem)) for one in problems),
        rows=pack(preview.ready) if preview else "",
        most_rows=MOST_ROWS,
        most_shown=_MOST_SHOWN,
        errors=errors_of(request, refusal),
    )
    return fee_page(request, visit, "maintenance/fee_import.html", data, refusal=refusal)


@router.get("")
def ask_file(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    service_id: UUID,
    month: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    return _page(request, visit, session, service_id, months(month, now))


@router.post("")
@reads_only
def show_preview(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    service_id: UUID,
    month: Annotated[str, Form(max_length=10)] = "",
    file: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    preview: Preview | None = None
    with attempt(session) as tried:
        if file is None or isinstance(file, str) or not file.filename:
            raise Invalid(N_("请先选择一个 .xlsx 或 .csv 文件"), field="file")
        content = file.file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise Invalid(N_("文件超过 2 MB，请分楼栋上传"), field="file")
        preview = preview_payments(
            session,
            estate_id=visit.estate.id,
            service_id=service_id,
            month=month,
            file_name=file.filename,
            content=content,
        )
    turned = months(month, now)
    return _page(request, visit, session, service_id, turned, preview, tried.refusal)


@router.post("/confirm")
def confirm(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    service_id: UUID,
    month: Annotated[str, Form(max_length=10)] = "",
    rows: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        pay_many(
            session,
            estate_id=visit.estate.id,
            service_id=service_id,
            month=read_month(month),
            paid=unpack(rows),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(request, visit, session, service_id, months(month, now), refusal=tried.refusal)
    return see_other(f"{fees_desk(visit)}?month={month.strip()}")
