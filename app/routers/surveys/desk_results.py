"""What came in, at the desk: every figure, the words, a workbook home by home, and answer files from telephones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, ModeratorVisit, Now, SessionDep, Visit
from app.errors import N_, Conflict, Invalid, Refusal
from app.routers.estates.frames import desk_page, read_upload
from app.routers.forms import Errors, attempt, errors_of
from app.routers.records import WHOLE, spends
from app.routers.refusals import sentence_of
from app.routers.surveys.figures import FigureView, figure_views
from app.rules.surveys.answer_files import MOST_BYTES
from app.services.surveys.drafting import record_export
from app.services.surveys.exporting import workbook
from app.services.surveys.reading import SurveyView, read_survey
from app.services.surveys.results import Participation, Remark, figures, participation, remarks
from app.services.surveys.uploading import LineReport, take_file

router = APIRouter(prefix="/desk/{slug}/surveys/{survey_id}")


@dataclass(frozen=True, slots=True)
class ResultPage:
    """Everything unmasked, for the committee's eyes, once all sheets are in; `words` by question title."""

    survey: SurveyView
    address: str
    part: Participation
    ready: bool
    figures: tuple[FigureView, ...]
    words: dict[int, list[Remark]]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """One sheet of an uploaded file: taken, or why not; `lost` are titles of questions that do not count any more."""

    number: int
    home: str
    taken: bool
    sentence: str
    edition: int
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UploadPage:
    """The form for an answer file, and what became of the last one."""

    survey: SurveyView
    address: str
    lines: tuple[ReportLine, ...]
    taken: int
    errors: Errors


def _address(visit: Visit, survey_id: UUID) -> str:
    return f"/desk/{visit.estate.slug}/surveys/{survey_id}"


def _ready(survey: SurveyView, now: datetime) -> bool:
    """Who still brings sheets in does not see yet how it stands."""
    return survey.results_at is not None and now >= survey.results_at


@router.get("/results")
def show_results(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID
) -> Response:
    estate_id = visit.estate.id
    survey = read_survey(session, estate_id=estate_id, survey_id=survey_id, now=now, drafts=True)
    ready = _ready(survey, now)
    found = figures(session, estate_id=estate_id, survey_id=survey_id, least=1) if ready else []
    said = remarks(session, estate_id=estate_id, survey_id=survey_id) if ready else {}
    numbers = {figure.question.key: number for number, figure in enumerate(found, 1)}
    data = ResultPage(
        survey=survey,
        address=_address(visit, survey_id),
        part=participation(session, estate_id=estate_id, survey_id=survey_id),
        ready=ready,
        figures=figure_views(found),
        words={numbers[key]: texts for key, texts in said.items()},
    )
    return desk_page(request, visit, "surveys/desk_result.html", data)


@router.post("/export.xlsx", dependencies=[spends(CommitteeVisit, WHOLE)])
def send_workbook(visit: CommitteeVisit, session: SessionDep, now: Now, survey_id: UUID) -> Response:
    """A form, not a link: whose home answered what leaves the house here, and the trail says so."""
    survey = read_survey(session, estate_id=visit.estate.id, survey_id=survey_id, now=now, drafts=True)
    if not survey.edition:
        raise Conflict(N_("调查还没有发出，没有答卷可以导出"), code="not_open")
    if not _ready(survey, now):
        raise Conflict(N_("结果要等调查结束、答卷收齐以后才公布"), code="not_ready")
    record_export(session, estate_id=visit.estate.id, survey_id=survey_id, actor=visit.actor, now=now)
    return Response(
        workbook(session, survey_id=survey_id),
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="survey-{survey.number}.xlsx"'},
    )


def _upload_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    *,
    reports: list[LineReport] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    lines = tuple(_line(request, report) for report in reports or ())
    data = UploadPage(
        survey=read_survey(session, estate_id=visit.estate.id, survey_id=survey_id, now=now),
        address=_address(visit, survey_id),
        lines=lines,
        taken=sum(line.taken for line in lines),
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "surveys/upload.html", data, refusal=refusal)


def _line(request: Request, report: LineReport) -> ReportLine:
    return ReportLine(
        number=report.number,
        home=report.home,
        taken=report.taken is not None,
        sentence=sentence_of(request, report.refusal) if report.refusal else "",
        edition=report.taken.edition if report.taken and report.taken.edition != report.taken.present else 0,
        lost=report.taken.lost if report.taken else (),
    )


@router.get("/answers")
def show_upload(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, survey_id: UUID
) -> Response:
    return _upload_page(request, visit, session, now, survey_id)


@router.post("/answers")
def upload_answers(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    survey_id: UUID,
    file: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    reports: list[LineReport] = []
    with attempt(session) as tried:
        data, name = read_upload(file, most=MOST_BYTES)
        if not name:
            raise Invalid(N_("请先选择从手机上存下来的答卷文件"), field="file")
        reports = take_file(
            session, estate_id=visit.estate.id, survey_id=survey_id, data=data, actor=visit.actor, now=now
        )
    return _upload_page(request, visit, session, now, survey_id, reports=reports, refusal=tried.refusal)
