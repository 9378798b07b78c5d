"""Minutes to read and to print, once they are published."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.rules.deliberations.minutes import KIND_NAMES, PointKind, minutes_text
from app.services.deliberations import minutes
from app.services.deliberations.minutes import MinutesView, PointView, document
from app.services.deliberations.threads import ThreadView, read_thread, seat_of
from app.services.votes import origins
from app.services.votes.origins import LinkedVote
from app.services.works import projects
from app.templating import page

router = APIRouter(prefix="/e/{slug}/deliberations/{thread_id}/minutes")

Groups = tuple[tuple[str, str, list[PointView]], ...]


@dataclass(frozen=True, slots=True)
class MinutesPage:
    """Published minutes by the kind of their points, or None; and the votes and projects made from them."""

    thread: ThreadView
    address: str
    desk: str
    minutes: MinutesView | None
    groups: Groups
    votes: list[LinkedVote]
    projects: list[tuple[UUID, str]]


@dataclass(frozen=True, slots=True)
class PrintPage:
    """The whole document in the Chinese it was published in; `lines` after the title."""

    address: str
    title: str
    lines: tuple[str, ...]
    digest: str


def groups_of(view: MinutesView) -> Groups:
    """(kind, its name, its points) in the order of a document, empty kinds left out."""
    found = ((kind.value, KIND_NAMES[kind], view.of_kind(kind)) for kind in PointKind)
    return tuple(group for group in found if group[2])


@router.get("")
def show_minutes(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, thread_id: UUID
) -> Response:
    where = {"estate_id": visit.estate.id, "thread_id": thread_id}
    thread = read_thread(session, **where, now=now)
    seat = seat_of(session, **where, account_id=visit.actor.id, now=now)
    found = minutes.read_minutes(session, **where)
    published = found if found and found.is_published else None
    data = MinutesPage(
        thread=thread,
        address=f"/e/{visit.estate.slug}/deliberations/{thread_id}",
        desk=f"/desk/{visit.estate.slug}/deliberations/{thread_id}/minutes"
        if minutes.may_write(seat)
        else "",
        minutes=published,
        groups=groups_of(published) if published else (),
        votes=origins.votes_of(session, proposal_id=thread.proposal_id, drafts=False),
        projects=projects.projects_of(session, proposal_id=thread.proposal_id),
    )
    return page(
        request,
        "deliberations/minutes.html",
        data,
        estate=visit.estate,
        tab="talk",
        staff=visit.standing.is_committee,
    )


@router.get("/print")
def print_minutes(request: Request, visit: MemberVisit, session: SessionDep, thread_id: UUID) -> Response:
    published = minutes.read_published(session, estate_id=visit.estate.id, thread_id=thread_id)
    title, *lines = minutes_text(document(published)).split("\n")
    data = PrintPage(
        address=f"/e/{visit.estate.slug}/deliberations/{thread_id}/minutes",
        title=title,
        lines=tuple(lines),
        digest=published.digest,
    )
    return page(request, "deliberations/minutes_print.html", data, estate=visit.estate, tab="talk")
