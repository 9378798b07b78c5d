"""Deliberations at the desk: open one for an accepted proposal, its dates, its stage, and its moderators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import N_, Invalid, NotFound, Refusal
from app.routers.deliberations.frames import Room, enter
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.routers.paging import Links, links_of
from app.rules.accounts import Duty
from app.rules.deliberations.stages import MOVES, NOTICE_DAYS, Stage
from app.rules.paging import read_turn
from app.rules.votes.windows import read_local, show_local
from app.services.deliberations import listing, opening, staffing
from app.services.deliberations.listing import ProposalCard, ThreadLine, proposal_of
from app.services.deliberations.staffing import Appointment, Moderator

router = APIRouter(prefix="/desk/{slug}/deliberations")

# What the committee dates; the notice begins when the thread is opened.
DATED = (Stage.OPINIONS, Stage.MEETING, Stage.CONSENSUS, Stage.CLOSED)
# The days after today on which each stage is proposed to begin; a meeting is there for those who want one.
PROPOSED = {Stage.OPINIONS: NOTICE_DAYS + 1, Stage.CONSENSUS: 18, Stage.CLOSED: 25}

Dates = dict[str, str]
Picks = Annotated[list[str], Form(default_factory=list)]


@dataclass(frozen=True, slots=True)
class DeskListPage:
    """Threads, and accepted proposals that wait for one."""

    threads: tuple[ThreadLine, ...]
    waiting: list[ProposalCard]
    pages: Links
    address: str


@dataclass(frozen=True, slots=True)
class NewPage:
    """The form that opens a thread."""

    id: UUID
    proposal: ProposalCard
    title: str
    question: str
    dates: Dates
    candidates: list[Moderator]
    chosen: list[str]
    pre_approval: bool
    notice_days: int
    errors: Errors


@dataclass(frozen=True, slots=True)
class DeskPage:
    """One thread: dates to come, the stages that may begin now, and its moderators."""

    room: Room
    proposal: ProposalCard
    dates: Dates
    to_come: tuple[Stage, ...]
    targets: tuple[Stage, ...]
    moderators: list[Moderator]
    candidates: list[Moderator]
    chosen: list[str]
    reason: str
    errors: Errors


@router.get("")
def list_threads(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, before: str = "", after: str = ""
) -> HTMLResponse:
    address = f"/desk/{visit.estate.slug}/deliberations"
    turn = read_turn(before, after)
    threads = listing.list_threads(
        session, estate_id=visit.estate.id, account_id=visit.actor.id, now=now, turn=turn
    )
    data = DeskListPage(
        threads=threads.rows,
        waiting=listing.list_accepted(session, estate_id=visit.estate.id),
        pages=links_of(address, threads),
        address=address,
    )
    return talk_page(request, visit, "deliberations/desk_list.html", data)


@router.get("/new")
def show_new(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, proposal: str = ""
) -> HTMLResponse:
    card = _proposal(session, visit, proposal)
    dates = {stage.value: show_local(_proposed(now, days)) for stage, days in PROPOSED.items()}
    data = _new_page(session, visit, uuid4(), card, title=card.title[: opening.MOST_TITLE], dates=dates)
    return talk_page(request, visit, "deliberations/desk_new.html", data)


def _proposed(now: datetime, days: int) -> datetime:
    """Nine in the morning, so many days on: 01:00 UTC."""
    return (now + timedelta(days=days)).replace(hour=1, minute=0, second=0, microsecond=0)


def _new_page(
    session: SessionDep,
    visit: CommitteeVisit,
    key: UUID,
    card: ProposalCard,
    *,
    title: str,
    dates: Dates,
    question: str = "",
    chosen: Sequence[str] = (),
    pre_approval: bool = False,
    errors: Errors = (),
) -> NewPage:
    return NewPage(
        id=key,
        proposal=card,
        title=title,
        question=question,
        dates={stage.value: dates.get(stage.value, "") for stage in DATED},
        candidates=staffing.list_candidates(session, estate_id=visit.estate.id),
        chosen=list(chosen),
        pre_approval=pre_approval,
        notice_days=NOTICE_DAYS,
        errors=errors,
    )


@router.post("/new")
def send_new(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    moderators: Picks,
    id: Annotated[str, Form()] = "",
    proposal: Annotated[str, Form()] = "",
    title: Annotated[str, Form()] = "",
    question: Annotated[str, Form()] = "",
    opinions: Annotated[str, Form()] = "",
    meeting: Annotated[str, Form()] = "",
    consensus: Annotated[str, Form()] = "",
    closed: Annotated[str, Form()] = "",
    pre_approval: Annotated[str, Form()] = "",
) -> Response:
    card, key = _proposal(session, visit, proposal), _key(id)
    dates = dict(zip((stage.value for stage in DATED), (opinions, meeting, consensus, closed), strict=True))
    with attempt(session) as tried:
        new = opening.NewThread(
            id=key,
            title=title,
            question=question,
            stages=_read_dates(dates, DATED),
            moderators=_read_moderators(moderators),
            pre_approval=bool(pre_approval),
        )
        where = {"estate_id": visit.estate.id, "proposal_id": card.id}
        opening.open_thread(session, **where, new=new, actor=visit.actor, now=now)
    if tried.refusal:
        data = _new_page(
            session,
            visit,
            key,
            card,
            title=title,
            dates=dates,
            question=question,
            chosen=moderators,
            pre_approval=bool(pre_approval),
            errors=errors_of(request, tried.refusal),
        )
        return talk_page(request, visit, "deliberations/desk_new.html", data, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/deliberations/{key}")


@router.get("/{thread_id}")
def show_thread(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, thread_id: UUID
) -> HTMLResponse:
    return _thread_page(request, visit, session, now, thread_id)


def _thread_page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    *,
    dates: Dates | None = None,
    chosen: list[str] | None = None,
    reason: str = "",
    refusal: Refusal | None = None,
) -> HTMLResponse:
    room = enter(session, visit, thread_id, now)
    plan = {stage.value: show_local(at) for stage, at in room.thread.plan}
    to_come = tuple(
        stage for stage in DATED if room.thread.stage is not Stage.CLOSED and _is_to_come(room, stage, now)
    )
    moderators = staffing.list_moderators(session, thread_id=thread_id)
    data = DeskPage(
        room=room,
        proposal=proposal_of(session, proposal_id=room.thread.proposal_id),
        dates={stage.value: (dates or plan).get(stage.value, "") for stage in to_come},
        to_come=to_come,
        targets=tuple(stage for stage in Stage if stage in MOVES[room.thread.stage]),
        moderators=moderators,
        candidates=staffing.list_candidates(session, estate_id=visit.estate.id),
        chosen=chosen if chosen is not None else [f"{one.account_id}:{one.duty}" for one in moderators],
        reason=reason,
        errors=errors_of(request, refusal),
    )
    return talk_page(request, visit, "deliberations/desk_show.html", data, refusal=refusal)


def _is_to_come(room: Room, stage: Stage, now: datetime) -> bool:
    """Whether a stage's date can still be set: it lies ahead, or it was left out and comes after this one."""
    at = dict(room.thread.plan).get(stage)
    order = list(Stage)
    return at > now if at else order.index(stage) > order.index(room.thread.stage)


@router.post("/{thread_id}/plan")
def send_plan(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    opinions: Annotated[str, Form()] = "",
    meeting: Annotated[str, Form()] = "",
    consensus: Annotated[str, Form()] = "",
    closed: Annotated[str, Form()] = "",
) -> Response:
    dates = dict(zip((stage.value for stage in DATED), (opinions, meeting, consensus, closed), strict=True))
    room = enter(session, visit, thread_id, now)
    begun = [step for step in room.thread.plan if step[1] <= now]
    ahead = [stage for stage in DATED if _is_to_come(room, stage, now)]
    with attempt(session) as tried:
        plan = [*begun, *_read_dates(dates, ahead)]
        where = {"estate_id": visit.estate.id, "thread_id": thread_id}
        opening.replan(session, **where, plan=plan, actor=visit.actor, now=now)
    if tried.refusal:
        return _thread_page(request, visit, session, now, thread_id, dates=dates, refusal=tried.refusal)
    return see_other(room.desk)


@router.post("/{thread_id}/stage")
def send_stage(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    target: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        if target not in set(Stage):
            raise Invalid(N_("请选择要进入的阶段"), field="target")
        opening.go_to_stage(
            session,
            estate_id=visit.estate.id,
            thread_id=thread_id,
            target=Stage(target),
            actor=visit.actor,
            now=now,
            reason=reason,
        )
    if tried.refusal:
        return _thread_page(request, visit, session, now, thread_id, reason=reason, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/deliberations/{thread_id}")


@router.post("/{thread_id}/moderators")
def send_moderators(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    moderators: Picks,
) -> Response:
    with attempt(session) as tried:
        staffing.reappoint(
            session,
            estate_id=visit.estate.id,
            thread_id=thread_id,
            appointments=_read_moderators(moderators),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _thread_page(request, visit, session, now, thread_id, chosen=moderators, refusal=tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/deliberations/{thread_id}")


def _read_dates(dates: Dates, stages: Sequence[Stage]) -> tuple[tuple[Stage, datetime], ...]:
    """The dates as typed; a meeting may be left empty."""
    return tuple(
        (stage, read_local(dates[stage.value], field=stage.value))
        for stage in stages
        if stage is not Stage.MEETING or dates[stage.value].strip()
    )


def _read_moderators(typed: Sequence[str]) -> tuple[Appointment, ...]:
    """Picks that read `account:duty`."""
    found = []
    for pick in typed[:50]:
        account, _, duty = pick.partition(":")
        try:
            found.append(Appointment(UUID(account), Duty(duty)))
        except ValueError:
            raise Invalid(N_("主持人要从本小区有这项职责的党员里选"), field="moderators") from None
    return tuple(found)


def _key(typed: str) -> UUID:
    try:
        return UUID(typed)
    except ValueError:
        return uuid4()


def _proposal(session: SessionDep, visit: CommitteeVisit, typed: str) -> ProposalCard:
    try:
        card = listing.find_proposal(session, estate_id=visit.estate.id, proposal_id=UUID(typed))
    except ValueError:
        raise NotFound(N_("没有找到这个议题")) from None
    return card
