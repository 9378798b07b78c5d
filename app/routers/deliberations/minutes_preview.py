"""Minutes before they are frozen: the page as everybody will read it, and the button that publishes exactly that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import ModeratorVisit, Now, SessionDep, Visit
from app.errors import Conflict, Invalid, NotFound, Refusal
from app.routers.deliberations.minutes import Groups, groups_of
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.rules.deliberations.stages import Verb, is_open
from app.services.deliberations import minutes
from app.services.deliberations.minutes import MinutesView
from app.services.deliberations.threads import ThreadView, read_thread
from app.services.votes import origins
from app.services.votes.origins import LinkedVote
from app.services.works import projects

router = APIRouter(prefix="/desk/{slug}/deliberations/{thread_id}/minutes")


@dataclass(frozen=True, slots=True)
class PreviewPage:
    """What is published is what was seen here: `minutes.digest` goes with the form."""

    thread: ThreadView
    address: str
    back: str
    minutes: MinutesView
    groups: Groups
    votes: list[LinkedVote]
    projects: list[tuple[UUID, str]]
    may_publish: bool
    errors: Errors


def _preview_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    thread_id: UUID,
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "thread_id": thread_id}
    thread = read_thread(session, **where, now=now)
    back = f"/desk/{visit.estate.slug}/deliberations/{thread_id}/minutes"
    try:
        view = minutes.preview_minutes(session, **where, actor=visit.actor, now=now)
    except (Invalid, NotFound, Conflict):
        # Not begun, not complete, or published already: the desk says so and what to do.
        return see_other(back)
    data = PreviewPage(
        thread=thread,
        address=f"/e/{visit.estate.slug}/deliberations/{thread_id}",
        back=back,
        minutes=view,
        groups=groups_of(view),
        votes=origins.votes_of(session, proposal_id=thread.proposal_id, drafts=False),
        projects=projects.projects_of(session, proposal_id=thread.proposal_id),
        may_publish=is_open(thread.stage, Verb.PUBLISH),
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "deliberations/minutes_preview.html", data, refusal=refusal)


@router.get("/preview")
def show_preview(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, thread_id: UUID
) -> Response:
    return _preview_page(request, visit, session, now, thread_id)


@router.post("/publish")
def publish_minutes(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    seen: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        minutes.publish_minutes(
            session,
            estate_id=visit.estate.id,
            thread_id=thread_id,
            seen=seen,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _preview_page(request, visit, session, now, thread_id, tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/deliberations/{thread_id}/minutes")
