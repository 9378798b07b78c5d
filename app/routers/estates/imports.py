"""Importing a register: upload, watch it being read, look at what it would change, decide, confirm."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.estates.frames import desk_page, read_id, read_upload
from app.routers.estates.preview import PARTS, Part, part_of, sizes_of
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.records import LIST, spends
from app.routers.refusals import sentence_of
from app.services.estates.applying import Applied, apply_import, homes_to_keep
from app.services.estates.imports import (
    STATE_NAMES,
    ImportLine,
    ImportView,
    decide,
    discard_import,
    get_import,
    list_imports,
)
from app.services.estates.register_template import TEMPLATE_NAME, template_workbook
from app.services.estates.uploads import start_import
from app.services.estates.workbooks import MAX_FILE
from app.templating import language_of, page, translate

router = APIRouter(prefix="/desk/{slug}/register")

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class UploadPage:
    address: str
    import_id: UUID
    imports: tuple[ImportLine, ...]
    states: dict[str, str]
    errors: Errors


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """An upload in any state; `parts` are (words, address, current) with their numbers in the words."""

    address: str
    back: str
    file_name: str
    state: str
    done: int
    total: int
    applied_at: datetime | None
    refusal: str
    counts: dict[str, int]
    sizes: dict[str, int]
    unchanged: int
    is_empty: bool
    removals: int
    undecided: int
    moved: bool
    fingerprint: str
    parts: tuple[tuple[str, str, bool], ...]
    part: Part
    asked_again: bool


@dataclass(frozen=True, slots=True)
class ProgressPage:
    address: str
    state: str
    done: int
    total: int


@router.get("/template.xlsx")
def send_template(_visit: CommitteeVisit) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(TEMPLATE_NAME)}"
    return Response(template_workbook(), media_type=SHEET, headers={"Content-Disposition": disposition})


def _upload_page(
    request: Request, visit: Visit, session: SessionDep, *, import_id: UUID, refusal: Refusal | None = None
) -> Response:
    data = UploadPage(
        address=_address(visit),
        import_id=import_id,
        imports=tuple(list_imports(session, estate_id=visit.estate.id)),
        states={state.value: name for state, name in STATE_NAMES.items()},
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "estates/import.html", data, refusal=refusal)


def _address(visit: Visit, import_id: UUID | None = None) -> str:
    root = f"/desk/{visit.estate.slug}/register/import"
    return f"{root}/{import_id}" if import_id else root


@router.get("/import")
def ask_file(request: Request, visit: CommitteeVisit, session: SessionDep) -> Response:
    return _upload_page(request, visit, session, import_id=uuid4())


@router.post("/import")
def take_file(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    import_id: Annotated[str, Form(alias="id")] = "",
    file: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    new_id = read_id(import_id) or uuid4()
    content, name = read_upload(file, most=MAX_FILE)
    with attempt(session) as tried:
        if not name:
            raise Invalid(N_("请先选择一个 .xlsx 或 .csv 文件"), field="file")
        start_import(
            session,
            estate_id=visit.estate.id,
            import_id=new_id,
            file_name=name,
            content=content,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _upload_page(request, visit, session, import_id=new_id, refusal=tried.refusal)
    return see_other(_address(visit, new_id))


@router.get("/import/{import_id:uuid}", dependencies=[spends(CommitteeVisit, LIST)])
def show_import(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    import_id: UUID,
    part: str = "",
    number: Annotated[str, Query(alias="page")] = "1",
    again: str = "",
) -> Response:
    view = get_import(session, estate_id=visit.estate.id, import_id=import_id)
    address, sizes = _address(visit, import_id), sizes_of(view)
    kept = (
        homes_to_keep(session, estate_id=visit.estate.id) if view.plan and view.plan.removed else frozenset()
    )
    current = part_of(
        request, view, name=part, page=int(number) if number.isdecimal() and len(number) < 6 else 1, kept=kept
    )
    words = {name: translate(text, {}, language_of(request)) for name, text in PARTS.items()}
    data = PreviewPage(
        address=address,
        back=_address(visit),
        file_name=view.file_name,
        state=view.state,
        done=view.done,
        total=view.total,
        applied_at=view.applied_at,
        refusal=sentence_of(request, view.refusal) if view.refusal else "",
        counts=dict(view.counts),
        sizes=sizes,
        unchanged=view.plan.unchanged if view.plan else 0,
        is_empty=view.plan.is_empty if view.plan else True,
        removals=len(view.removals),
        undecided=_undecided(view),
        moved=view.moved,
        fingerprint=view.fingerprint,
        parts=tuple(
            (f"{words[name]} {sizes[name]}", f"{address}?part={name}", name == current.name)
            for name in words
            if sizes.get(name)
        ),
        part=current,
        asked_again=bool(again),
    )
    return desk_page(request, visit, "estates/import_show.html", data)


def _undecided(view: ImportView) -> int:
    joined = frozenset().union(*view.same) if view.same else frozenset()
    doubles = view.plan.doubles if view.plan else ()
    return sum(1 for double in doubles if not any(person.key in joined for person in double.persons))


@router.get("/import/{import_id:uuid}/progress")
def show_progress(request: Request, visit: CommitteeVisit, session: SessionDep, import_id: UUID) -> Response:
    view = get_import(session, estate_id=visit.estate.id, import_id=import_id)
    data = ProgressPage(_address(visit, import_id), view.state, view.done, view.total)
    return page(request, "estates/import_progress.html", data, estate=visit.estate, staff=True)


@router.post("/import/{import_id:uuid}/doubles")
def decide_doubles(
    visit: CommitteeVisit,
    session: SessionDep,
    import_id: UUID,
    seen: Annotated[str, Form()] = "",
    shown: Annotated[list[str] | None, Form()] = None,
    same: Annotated[list[str] | None, Form()] = None,
) -> Response:
    view = get_import(session, estate_id=visit.estate.id, import_id=import_id)
    doubles = view.plan.doubles if view.plan else ()
    keys = {
        f"{number}:{place}": person.key
        for number, double in enumerate(doubles)
        for place, person in enumerate(double.persons)
    }
    ticked: defaultdict[str, list[str]] = defaultdict(list)
    for value in same or []:
        if value in keys:
            ticked[value.partition(":")[0]].append(keys[value])
    among = [key for value, key in keys.items() if value.partition(":")[0] in (shown or [])]
    decide(
        session,
        estate_id=visit.estate.id,
        import_id=import_id,
        seen=seen,
        same=list(ticked.values()),
        among=among,
    )
    return see_other(f"{_address(visit, import_id)}?part=doubles")


@router.post("/import/{import_id:uuid}/removals")
def decide_removals(
    visit: CommitteeVisit,
    session: SessionDep,
    import_id: UUID,
    seen: Annotated[str, Form()] = "",
    shown: Annotated[list[str] | None, Form()] = None,
    remove: Annotated[list[str] | None, Form()] = None,
) -> Response:
    decide(
        session,
        estate_id=visit.estate.id,
        import_id=import_id,
        seen=seen,
        removals=remove or [],
        among=shown or [],
    )
    return see_other(f"{_address(visit, import_id)}?part=removed")


@router.post("/import/{import_id:uuid}/apply")
def confirm(
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    import_id: UUID,
    seen: Annotated[str, Form()] = "",
) -> Response:
    outcome = apply_import(
        session, estate_id=visit.estate.id, import_id=import_id, seen=seen, actor=visit.actor, now=now
    )
    address = _address(visit, import_id)
    return see_other(address if outcome is Applied.WRITTEN else f"{address}?again=yes")


@router.post("/import/{import_id:uuid}/discard")
def discard(visit: CommitteeVisit, session: SessionDep, now: Now, import_id: UUID) -> Response:
    discard_import(session, estate_id=visit.estate.id, import_id=import_id, actor=visit.actor, now=now)
    return see_other(_address(visit))
