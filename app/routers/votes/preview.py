"""The desk's wizard, step 6: the notice as it will hang, what is still in the way, and giving it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Conflict, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.refusals import sentence_of
from app.routers.votes.frames import Frame, desk_address, desk_page, frame_of
from app.rules.calendar import BEIJING
from app.rules.outcomes.posters import Poster, Subject, notice_text, poster_of
from app.rules.outcomes.words import scope_words
from app.services import files, outcomes
from app.services.maintenance import voting
from app.services.votes import drafting, drafts
from app.services.votes.drafts import Preview

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}")


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """Everything that freezes; `poster` is None until the window is set, `problems` are (step, sentence)."""

    frame: Frame
    preview: Preview
    poster: Poster | None
    problems: list[tuple[str, str]]
    errors: Errors


def _poster(visit: CommitteeVisit, preview: Preview, now: Now) -> Poster | None:
    """The very text that `outcomes.post_notice` will hang, composed from the draft."""
    draft, estate = preview.draft, visit.estate
    if draft.opens_at is None or draft.closes_at is None or not preview.summary.homes:
        return None
    subject = Subject(
        estate=estate.name,
        committee=estate.committee_name or f"{estate.name}居委会",
        contact=(estate.desk_address, estate.desk_phone, estate.desk_hours),
        number=draft.number,
        title=draft.title,
        matter=draft.matter,
        scope=scope_words(draft.scope_building, draft.scope_entrance),
        total_heads=preview.summary.heads,
        total_area=preview.summary.area,
        opens_at=draft.opens_at,
        closes_at=draft.closes_at,
        legal_mode=draft.legal_mode,
        legal_basis=draft.legal_basis,
        rules=draft.rules,
        roll_hash=preview.roll_hash,
        text_hash=preview.text_hash,
        paper=draft.paper,
        survey=draft.survey,
        silence=draft.silence,
    )
    return poster_of(notice_text(subject, question=draft.text, posted_on=now.astimezone(BEIJING).date()))


def _preview_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    *,
    refusal: Refusal | None = None,
) -> Response:
    preview = drafts.preview_draft(session, estate_id=visit.estate.id, vote_id=vote_id, now=now)
    data = PreviewPage(
        frame=frame_of(visit.estate.slug, vote_id, "preview", preview.draft.title),
        preview=preview,
        poster=_poster(visit, preview, now),
        problems=[(problem.step, sentence_of(request, problem.refusal)) for problem in preview.problems],
        errors=errors_of(request, refusal),
    )
    return desk_page(request, visit, "votes/wizard_preview.html", data, refusal=refusal)


@router.get("/preview")
def show_preview(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID
) -> Response:
    return _preview_page(request, visit, session, now, vote_id)


@router.post("/notice")
def give_notice(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    seen: Annotated[str, Form()] = "",
    checked: Annotated[str, Form()] = "",
) -> Response:
    """Freeze and post. `seen` is the two fingerprints of the page that was checked; another text is not given notice of."""
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    preview = drafts.preview_draft(session, **where, now=now)
    with attempt(session) as tried:
        if not preview.problems and not checked:
            raise Invalid(N_("请核对后在方框里打勾，再发布公告"), field="checked")
        if not preview.problems and seen != f"{preview.text_hash}{preview.roll_hash}":
            raise Conflict(
                N_("公告内容或名册刚刚有变化，请再看一遍全文，然后发布"), code="unseen", field="checked"
            )
        drafting.give_notice(session, **where, actor=visit.actor, now=now)
        outcomes.post_notice(session, **where, actor=visit.actor, now=now)
    if tried.refusal:
        return _preview_page(request, visit, session, now, vote_id, refusal=tried.refusal)
    return see_other(desk_address(visit.estate.slug, vote_id))


@router.post("/discard")
def discard_draft(visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID) -> Response:
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    documents = drafts.read_draft(session, **where).attachments
    voting.forget_vote(session, **where, actor=visit.actor, now=now)
    drafting.discard_draft(session, **where, actor=visit.actor, now=now)
    for document in documents:
        files.delete_file(session, estate_id=visit.estate.id, file_id=document.file_id)
    return see_other(f"/desk/{visit.estate.slug}/votes")
