"""The citizens' hotline at the committee's desk: its sheet is shown, decided row by row, taken in; and ours goes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit, reads_only
from app.errors import N_, Invalid, Refusal
from app.routers.estates.frames import read_upload
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.register_frames import register_page
from app.routers.refusals import sentence_of
from app.rules.maintenance.hotline import FIELD_NAMES, MOST_ROWS, Sheet
from app.services.maintenance.hotline.exporting import csv_of_calls
from app.services.maintenance.hotline.previewing import (
    MIB,
    MOST_FILE,
    CallLine,
    pack,
    preview_calls,
    read_file,
    unpack,
)
from app.services.maintenance.hotline.taking import Taken, put_number, take_calls

router = APIRouter(prefix="/desk/{slug}/orders/hotline")

_PREFIX = "choice-"
_COUNTS = ("new", "joined", "known", "left")


@dataclass(frozen=True, slots=True)
class HotlinePage:
    """The forms; `taken` is what the last import did, None before one."""

    address: str
    taken: Taken | None
    put: bool
    number: str
    hotline_number: str
    columns: tuple[str, ...]
    most_rows: int
    most_file: int
    errors: Errors


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """A sheet before anything is written; `refused` are (row, hotline number, column, sentence)."""

    address: str
    back: str
    lines: tuple[CallLine, ...]
    refused: tuple[tuple[int, str, str, str], ...]
    new: int
    alike: int
    known: int
    sheet: str
    choices: Mapping[str, str]
    errors: Errors


@dataclass(frozen=True, slots=True)
class _Typed:
    number: str = ""
    hotline_number: str = ""
    refusal: Refusal | None = field(default=None)
    form: str = ""


async def _choices(request: Request) -> dict[str, str]:
    """What was chosen for each hotline number."""
    form = await request.form()
    return {
        name.removeprefix(_PREFIX): value
        for name, value in form.items()
        if name.startswith(_PREFIX) and isinstance(value, str)
    }


def _root(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/orders/hotline"


def _page(
    request: Request, visit: Visit, typed: _Typed, *, taken: Taken | None = None, put: bool = False
) -> HTMLResponse:
    data = HotlinePage(
        address=_root(visit),
        taken=taken,
        put=put,
        number=typed.number,
        hotline_number=typed.hotline_number,
        columns=tuple(FIELD_NAMES.values()),
        most_rows=MOST_ROWS,
        most_file=MOST_FILE // MIB,
        errors=errors_of(request, typed.refusal, form=typed.form),
    )
    return register_page(request, visit, "maintenance/hotline.html", data, refusal=typed.refusal)


@router.get("")
def show_forms(request: Request, visit: CommitteeVisit, put: str = "", done: str = "") -> HTMLResponse:
    counts = [int(part) for part in done.split("-") if part.isascii() and part.isdigit() and len(part) < 4]
    taken = Taken(*counts) if len(counts) == len(_COUNTS) else None
    return _page(request, visit, _Typed(), taken=taken, put=bool(put))


@router.post("/preview")
@reads_only
def preview(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    file: Annotated[UploadFile | str | None, File()] = None,
) -> HTMLResponse:
    content, name = read_upload(file, most=MOST_FILE)
    sheet: Sheet | None = None
    with attempt(session) as tried:
        if not name:
            raise Invalid(N_("请先选择一个 .xlsx 或 .csv 文件"), field="file")
        sheet = read_file(content, file_name=name, now=now)
    if sheet is None:
        return _page(request, visit, _Typed(refusal=tried.refusal))
    return _preview_page(request, visit, session, sheet, now)


def _preview_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    sheet: Sheet,
    now: datetime,
    *,
    choices: Mapping[str, str] | None = None,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    lines = tuple(preview_calls(session, estate_id=visit.estate.id, sheet=sheet, now=now))
    known = sum(1 for line in lines if line.known)
    alike = sum(1 for line in lines if line.alike)
    data = PreviewPage(
        address=f"{_root(visit)}/import",
        back=_root(visit),
        lines=lines,
        refused=tuple(
            (one.row, one.number, FIELD_NAMES.get(one.refusal.field, ""), sentence_of(request, one.refusal))
            for one in sheet.refused
        ),
        new=len(lines) - known - alike,
        alike=alike,
        known=known,
        sheet=pack(line.call for line in lines),
        # What looks like nothing else is new; what looks like something is for a person to decide.
        choices=choices or {line.call.number: "new" for line in lines if not line.alike},
        errors=errors_of(request, refusal),
    )
    return register_page(request, visit, "maintenance/hotline_preview.html", data, refusal=refusal)


@router.post("/import")
def take_in(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    choices: Annotated[dict[str, str], Depends(_choices)],
    sheet: Annotated[str, Form()] = "",
) -> Response:
    read: Sheet | None = None
    taken = Taken()
    with attempt(session) as tried:
        read = unpack(sheet, now=now)
        taken = take_calls(
            session, estate_id=visit.estate.id, sheet=read, choices=choices, actor=visit.actor, now=now
        )
    if tried.refusal and read is not None:
        return _preview_page(request, visit, session, read, now, choices=choices, refusal=tried.refusal)
    if tried.refusal:
        return _page(request, visit, _Typed(refusal=tried.refusal))
    counts = "-".join(str(getattr(taken, name)) for name in _COUNTS)
    return see_other(f"{_root(visit)}?done={counts}")


@router.post("/number")
def put(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    number: Annotated[str, Form()] = "",
    hotline_number: Annotated[str, Form()] = "",
) -> Response:
    plain = number.strip()
    with attempt(session) as tried:
        put_number(
            session,
            estate_id=visit.estate.id,
            number=int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else None,
            hotline_number=hotline_number,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(
            request, visit, _Typed(number[:20], hotline_number[:80], refusal=tried.refusal, form="put")
        )
    return see_other(f"{_root(visit)}?put=yes")


@router.get("/export.csv")
def export(visit: CommitteeVisit, session: SessionDep) -> Response:
    # The mark tells spreadsheet programs that it is UTF-8.
    return Response(
        "\ufeff" + csv_of_calls(session, estate_id=visit.estate.id),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="12345-{visit.estate.slug}.csv"'},
    )
