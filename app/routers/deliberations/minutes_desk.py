"""The desk for minutes: draw them up, and hand them over to a vote or a project once they are published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, ModeratorVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, NotAllowed, Refusal
from app.routers.deliberations.minutes import Groups, groups_of
from app.routers.deliberations.points import Row, read_day, read_points, rows_of, stored_rows
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.rules.deliberations.minutes import KIND_NAMES, MOST_POINTS, MOST_TEXT, MOST_WHO, PointKind
from app.rules.deliberations.stages import STAGE_NAMES, Verb, is_open
from app.services.deliberations import minutes
from app.services.deliberations.minutes import MinutesView, Typed
from app.services.deliberations.threads import ThreadView, read_thread, seat_of
from app.services.votes import handover, origins
from app.services.votes.origins import LinkedVote
from app.services.works import opening, projects

router = APIRouter(prefix="/desk/{slug}/deliberations/{thread_id}/minutes")

BLANK_ROWS = 3


@dataclass(frozen=True, slots=True)
class Sent:
    """The form as it was sent, its blank rows left out."""

    held_on: str
    present: str
    rows: list[Row]
    preview: bool


@dataclass(frozen=True, slots=True)
class DeskPage:
    """Nothing yet, a draft in its form, or published minutes with what they can be handed over to."""

    thread: ThreadView
    stage: str
    address: str
    action: str
    minutes: MinutesView | None
    groups: Groups
    may_write: bool
    may_publish: bool
    may_hand_over: bool
    held_on: str
    present: str
    rows: list[Row]
    kinds: tuple[tuple[str, str], ...]
    most: int
    most_who: int
    ids: tuple[str, str]
    has_tasks: bool
    votes: list[LinkedVote]
    projects: list[tuple[UUID, str]]
    saved: bool
    errors: Errors


def _address(visit: Visit, thread_id: UUID) -> str:
    return f"/desk/{visit.estate.slug}/deliberations/{thread_id}/minutes"


async def _sent(
    held_on: Annotated[str, Form()] = "",
    present: Annotated[str, Form()] = "",
    kind: Annotated[list[str] | None, Form()] = None,
    text: Annotated[list[str] | None, Form()] = None,
    who: Annotated[list[str] | None, Form()] = None,
    by: Annotated[list[str] | None, Form()] = None,
    statement: Annotated[list[str] | None, Form()] = None,
    act: Annotated[str, Form()] = "",
) -> Sent:
    return Sent(held_on, present, rows_of(kind, text, who, by, statement), preview=act == "preview")


def _number(typed: str) -> int:
    typed = typed.strip() or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 4):
        raise Invalid(N_("到会人数请写整数；没有开会请写 0"), field="present")
    return int(typed)


def _typed(sent: Sent) -> Typed:
    return Typed(read_day(sent.held_on, "held_on"), _number(sent.present), read_points(sent.rows))


def _desk_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    thread_id: UUID,
    *,
    sent: Sent | None = None,
    saved: bool = False,
    refusals: Sequence[Refusal] = (),
) -> Response:
    where = {"estate_id": visit.estate.id, "thread_id": thread_id}
    thread = read_thread(session, **where, now=now)
    seat = seat_of(session, **where, account_id=visit.actor.id, now=now)
    if not minutes.may_write(seat):
        raise NotAllowed(N_("协商纪要由居委会，或者这次协商的发起人、调解员起草和公布"))
    view = minutes.read_minutes(session, **where)
    rows = sent.rows if sent else stored_rows(view.points if view else ())
    blank = min(BLANK_ROWS, max(MOST_POINTS - len(rows), 0))
    data = DeskPage(
        thread=thread,
        stage=STAGE_NAMES[thread.stage],
        address=f"/e/{visit.estate.slug}/deliberations/{thread_id}",
        action=_address(visit, thread_id),
        minutes=view,
        groups=groups_of(view) if view else (),
        may_write=is_open(thread.stage, Verb.MINUTES),
        may_publish=is_open(thread.stage, Verb.PUBLISH),
        may_hand_over=seat.is_committee and is_open(thread.stage, Verb.HAND_OVER),
        held_on=sent.held_on if sent else str(view.held_on) if view else "",
        present=sent.present if sent else str(view.present) if view else "",
        rows=[*rows, *[Row()] * blank],
        kinds=tuple((kind.value, KIND_NAMES[kind]) for kind in PointKind),
        most=MOST_TEXT,
        most_who=MOST_WHO,
        ids=(str(uuid4()), str(uuid4())),
        has_tasks=bool(view and view.of_kind(PointKind.TASK)),
        votes=origins.votes_of(session, proposal_id=thread.proposal_id, drafts=seat.is_committee),
        projects=projects.projects_of(session, proposal_id=thread.proposal_id),
        saved=saved,
        errors=errors_of(request, *refusals),
    )
    refusal = next(iter(refusals), None)
    return talk_page(request, visit, "deliberations/minutes_desk.html", data, refusal=refusal)


@router.get("")
def show_desk(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, thread_id: UUID, saved: str = ""
) -> Response:
    return _desk_page(request, visit, session, now, thread_id, saved=bool(saved))


@router.post("/start")
def start_minutes(
    visit: ModeratorVisit, session: SessionDep, now: Now, thread_id: UUID, id: Annotated[UUID, Form()]
) -> Response:
    minutes.start_minutes(
        session, estate_id=visit.estate.id, thread_id=thread_id, minutes_id=id, actor=visit.actor, now=now
    )
    return see_other(_address(visit, thread_id))


@router.post("")
def save_minutes(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    sent: Annotated[Sent, Depends(_sent)],
) -> Response:
    """Save the draft; with `act=preview` go on to its preview, when nothing is missing. What is missing does not undo saving."""
    where = {"estate_id": visit.estate.id, "thread_id": thread_id}
    with attempt(session) as tried:
        view = minutes.save_minutes(session, **where, typed=_typed(sent), actor=visit.actor, now=now)
    if tried.refusal:
        return _desk_page(request, visit, session, now, thread_id, sent=sent, refusals=[tried.refusal])
    if not sent.preview:
        return see_other(f"{_address(visit, thread_id)}?saved=1")
    missing = minutes.problems_of(view)
    if missing:
        return _desk_page(request, visit, session, now, thread_id, refusals=missing)
    return see_other(f"{_address(visit, thread_id)}/preview")


@router.post("/vote")
def hand_over_to_vote(
    visit: CommitteeVisit, session: SessionDep, now: Now, thread_id: UUID, id: Annotated[UUID, Form()]
) -> Response:
    vote_id = handover.draft_from_minutes(
        session, estate_id=visit.estate.id, thread_id=thread_id, vote_id=id, actor=visit.actor, now=now
    )
    return see_other(f"/desk/{visit.estate.slug}/votes/{vote_id}")


@router.post("/project")
def hand_over_to_project(
    visit: CommitteeVisit, session: SessionDep, now: Now, thread_id: UUID, id: Annotated[UUID, Form()]
) -> Response:
    project_id = opening.open_from_minutes(
        session, estate_id=visit.estate.id, thread_id=thread_id, project_id=id, actor=visit.actor, now=now
    )
    return see_other(f"/desk/{visit.estate.slug}/projects/{project_id}")
