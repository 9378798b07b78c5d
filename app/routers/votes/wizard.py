"""The desk's wizard, steps 1 to 3: the question, its scope on a drawing, its documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.frames import Frame, desk_page, frame_of, next_step
from app.routers.votes.wizard_questions import questions_address
from app.rules.votes.matters import MATTERS, Matter
from app.rules.votes.questions import Question
from app.services import files
from app.services.votes import drafting, drafts, origins, questions, scopes
from app.services.votes.drafting import Attachment
from app.services.votes.origins import Origin
from app.services.votes.scopes import DrawnBuilding

router = APIRouter(prefix="/desk/{slug}/votes")

# Adding an elevator is 改建 (SPC's answers to NPC proposals 7017 and 6150), and what this product is mostly used for.
ELEVATOR_MATTER = 7


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """Step 1. `id` is the new row's id on a form that opens a draft, empty on one that changes it.

    With an `origin` that has minutes the text is theirs and cannot be changed. A `paper` of several questions, or of another
    kind than a decision, has the matter of each in its own form.
    """

    frame: Frame
    id: str
    title: str
    matter: str
    text: str
    survey: bool
    paper: tuple[Question, ...]
    matters: tuple[Matter, ...]
    most: int
    origin: Origin | None
    errors: Errors


@dataclass(frozen=True, slots=True)
class ScopePage:
    """Step 2: the estate as it stands, one part of it picked."""

    frame: Frame
    buildings: list[DrawnBuilding]
    scope: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class AttachmentsPage:
    """Step 3: the documents so far and a place for one more."""

    frame: Frame
    attachments: tuple[Attachment, ...]
    most: int
    title: str
    errors: Errors


def _question(
    frame: Frame,
    *,
    id: str = "",
    title: str = "",
    matter: str = "",
    text: str = "",
    survey: bool = False,
    paper: tuple[Question, ...] = (),
    origin: Origin | None = None,
    errors: Errors = (),
) -> QuestionPage:
    return QuestionPage(
        frame=frame,
        id=id,
        title=title,
        matter=matter,
        text=text,
        survey=survey,
        paper=paper if len(paper) > 1 or any(question.labels for question in paper) else (),
        matters=tuple(MATTERS.values()),
        most=drafting.MAX_TEXT,
        origin=origin,
        errors=errors,
    )


def _onward(slug: str, vote_id: UUID, act: str) -> Response:
    """To the next step, or to the list of questions when there is more to ask."""
    return (
        see_other(questions_address(slug, vote_id)) if act == "more" else next_step(slug, vote_id, "question")
    )


def _matter(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) == 1):
        raise Invalid(N_("请选择表决事项"), field="matter")
    return int(typed)


def _opening_frame(slug: str) -> Frame:
    address = f"/desk/{slug}/votes"
    return Frame(address=address, action=f"{address}/new", back=address, step=1, title="")


@router.get("/new")
def show_new(request: Request, visit: CommitteeVisit) -> Response:
    data = _question(_opening_frame(visit.estate.slug), id=str(uuid4()), matter=str(ELEVATOR_MATTER))
    return desk_page(request, visit, "votes/wizard_question.html", data)


@router.post("/new")
def start_draft(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    title: Annotated[str, Form()] = "",
    matter: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    survey: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        drafting.start_draft(
            session, estate_id=visit.estate.id, vote_id=id, title=title, matter=_matter(matter), text=text,
            actor=visit.actor, now=now,
        )  # fmt: skip
        questions.set_survey(session, estate_id=visit.estate.id, vote_id=id, survey=bool(survey))
    if tried.refusal:
        errors = errors_of(request, tried.refusal)
        frame = _opening_frame(visit.estate.slug)
        data = _question(
            frame, id=str(id), title=title, matter=matter, text=text, survey=bool(survey), errors=errors
        )
        return desk_page(request, visit, "votes/wizard_question.html", data, refusal=tried.refusal)
    return _onward(visit.estate.slug, id, act)


@router.get("/{vote_id}/question")
def show_question(request: Request, visit: CommitteeVisit, session: SessionDep, vote_id: UUID) -> Response:
    draft = drafts.read_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    frame = frame_of(visit.estate.slug, vote_id, "question", draft.title)
    origin = origins.origin_of(session, vote_id=vote_id)
    data = _question(
        frame,
        title=draft.title,
        matter=str(draft.matter),
        text=draft.text,
        survey=draft.survey,
        paper=draft.paper,
        origin=origin,
    )
    return desk_page(request, visit, "votes/wizard_question.html", data)


@router.post("/{vote_id}/question")
def save_question(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    title: Annotated[str, Form()] = "",
    matter: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    survey: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "",
) -> Response:
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    with attempt(session) as tried:
        listed = questions.listed_matter(session, **where)
        drafting.save_question(session, **where, title=title, text=text, matter=listed or _matter(matter))
        questions.set_survey(session, **where, survey=bool(survey))
    if tried.refusal:
        errors = errors_of(request, tried.refusal)
        draft = drafts.read_draft(session, **where)
        frame = frame_of(visit.estate.slug, vote_id, "question", draft.title)
        origin = origins.origin_of(session, vote_id=vote_id)
        data = _question(
            frame,
            title=title,
            matter=matter,
            text=text,
            survey=bool(survey),
            paper=draft.paper,
            origin=origin,
            errors=errors,
        )
        return desk_page(request, visit, "votes/wizard_question.html", data, refusal=tried.refusal)
    return _onward(visit.estate.slug, vote_id, act)


def _scope_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    *,
    refusal: Refusal | None = None,
) -> Response:
    draft = drafts.read_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    data = ScopePage(
        frame=frame_of(visit.estate.slug, vote_id, "scope", draft.title),
        buildings=scopes.draw_estate(session, estate_id=visit.estate.id),
        scope=draft.scope,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/wizard_scope.html", data, refusal=refusal)


@router.get("/{vote_id}/scope")
def show_scope(request: Request, visit: CommitteeVisit, session: SessionDep, vote_id: UUID) -> Response:
    return _scope_page(request, visit, session, vote_id)


@router.post("/{vote_id}/scope")
def save_scope(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    scope: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        scopes.save_drawn_scope(session, estate_id=visit.estate.id, vote_id=vote_id, value=scope)
    if tried.refusal:
        return _scope_page(request, visit, session, vote_id, refusal=tried.refusal)
    return next_step(visit.estate.slug, vote_id, "scope")


def _attachments_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    vote_id: UUID,
    *,
    title: str = "",
    refusal: Refusal | None = None,
) -> Response:
    draft = drafts.read_draft(session, estate_id=visit.estate.id, vote_id=vote_id)
    data = AttachmentsPage(
        frame=frame_of(visit.estate.slug, vote_id, "attachments", draft.title),
        attachments=draft.attachments,
        most=drafting.MAX_ATTACHMENTS,
        title=title,
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/wizard_attachments.html", data, refusal=refusal)


@router.get("/{vote_id}/attachments")
def show_attachments(request: Request, visit: CommitteeVisit, session: SessionDep, vote_id: UUID) -> Response:
    return _attachments_page(request, visit, session, vote_id)


@router.post("/{vote_id}/attachments")
def add_attachment(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    title: Annotated[str, Form()] = "",
    file: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    with attempt(session) as tried:
        drafting.get_draft(session, **where)
        if file is None or isinstance(file, str) or not file.filename:
            raise Invalid(N_("请选择一个文件"), field="file")
        file_id = files.store_document(
            session, estate_id=visit.estate.id, name=file.filename, content=file.file.read(files.MAX_FILE + 1),
            uploaded_by=visit.actor.id, now=now, private=False, field="file",
        )  # fmt: skip
        drafting.add_attachment(session, **where, file_id=file_id, title=title.strip() or file.filename)
    if tried.refusal:
        return _attachments_page(request, visit, session, vote_id, title=title, refusal=tried.refusal)
    return see_other(frame_of(visit.estate.slug, vote_id, "attachments", "").action)


@router.post("/{vote_id}/attachments/{file_id}/remove")
def remove_attachment(visit: CommitteeVisit, session: SessionDep, vote_id: UUID, file_id: UUID) -> Response:
    drafting.remove_attachment(session, estate_id=visit.estate.id, vote_id=vote_id, file_id=file_id)
    files.delete_file(session, estate_id=visit.estate.id, file_id=file_id)
    return see_other(frame_of(visit.estate.slug, vote_id, "attachments", "").action)
