"""The desk's form of a meeting: what, when, where, for whom, the agenda, guests, and who does what in the room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from app.dependencies import ModeratorVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.meetings.frames import desk_address, desk_page
from app.routers.meetings.words import Words, words
from app.rules.accounts import Role
from app.rules.calendar import BEIJING
from app.rules.meetings.kinds import RUNNING, Basis, GuestKind, MeetingKind, RoomRole
from app.rules.meetings.quorum import SOURCE, Share
from app.rules.votes.windows import read_local, show_local
from app.services.accounts.grants import list_grants
from app.services.meetings import drafting, reading
from app.services.meetings.drafting import Guest, Holder, Item, Typed
from app.services.meetings.reading import MeetingView
from app.services.votes.scopes import DrawnBuilding, draw_estate

router = APIRouter(prefix="/desk/{slug}/meetings")

BLANK = 3
LENGTH = timedelta(hours=2)
OTHER_ROLES = (RoomRole.EXPERT, RoomRole.OBSERVER, RoomRole.REPRESENTATIVE)


@dataclass(frozen=True, slots=True)
class Sent:
    """The form as it was sent; rows are tuples of what was typed, blank ones left out."""

    kind: str = MeetingKind.COUNCIL.value
    title: str = ""
    place: str = ""
    starts_at: str = ""
    ends_at: str = ""
    scope: str = "estate"
    thread: str = ""
    confirm_days: str = "3"
    speak_minutes: str = "3"
    basis: str = Basis.PERSONS.value
    eligible: str = ""
    attend_num: str = "1"
    attend_den: str = "2"
    decide_num: str = "1"
    decide_den: str = "2"
    quorum_source: str = SOURCE
    quorum_verified: str = ""
    chair: str = ""
    recorder: str = ""
    items: list[tuple[str, str, str]] = field(default_factory=list)
    guests: list[tuple[str, str]] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FormPage:
    """The form; `meeting` is None for a new one."""

    meeting: MeetingView | None
    meeting_id: UUID
    sent: Sent
    words: Words
    buildings: list[DrawnBuilding]
    threads: list[tuple[str, str]]
    staff: list[tuple[str, str]]
    other_roles: tuple[RoomRole, ...]
    items: list[tuple[str, str, str]]
    guests: list[tuple[str, str]]
    others: list[tuple[str, str]]
    action: str
    back: str
    errors: Errors


Column = Annotated[list[str] | None, Form()]
Text = Annotated[str, Form()]


async def _plain(
    kind: Text = "",
    title: Text = "",
    place: Text = "",
    starts_at: Text = "",
    ends_at: Text = "",
    scope: Text = "estate",
    thread: Text = "",
    confirm_days: Text = "3",
    speak_minutes: Text = "3",
    chair: Text = "",
    recorder: Text = "",
) -> dict[str, str]:
    return dict(locals())


async def _quorum(
    basis: Text = "persons",
    eligible: Text = "",
    attend_num: Text = "1",
    attend_den: Text = "2",
    decide_num: Text = "1",
    decide_den: Text = "2",
    quorum_source: Text = "",
    quorum_verified: Text = "",
) -> dict[str, str]:
    return dict(locals())


async def _sent(
    plain: Annotated[dict[str, str], Depends(_plain)],
    quorum: Annotated[dict[str, str], Depends(_quorum)],
    item: Column = None,
    minutes: Column = None,
    presents: Column = None,
    guest_kind: Column = None,
    guest: Column = None,
    role: Column = None,
    holder: Column = None,
) -> Sent:
    items = zip(item or [], minutes or [], presents or [], strict=False)
    guests = zip(guest_kind or [], guest or [], strict=False)
    others = zip(role or [], holder or [], strict=False)
    return Sent(
        **plain,
        **quorum,
        items=[row for row in items if row[0].strip() or row[2].strip()],
        guests=[row for row in guests if row[1].strip()],
        others=[row for row in others if row[1].strip()],
    )


def number(typed: str, name: str) -> int:
    """A whole number as typed; empty is 0."""
    typed = typed.strip() or "0"
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 6):
        raise Invalid(N_("请填写整数"), field=name)
    return int(typed)


def _id(typed: str, name: str) -> UUID | None:
    try:
        return UUID(typed) if typed else None
    except ValueError:
        raise Invalid(N_("请重新选择"), field=name) from None


def _typed(sent: Sent) -> Typed:
    if sent.kind not in set(MeetingKind):
        raise Invalid(N_("请选择开哪一种会"), field="kind")
    if sent.basis not in set(Basis):
        raise Invalid(N_("请选择按什么计算应到人数"), field="basis")
    if any(kind not in set(GuestKind) for kind, _ in sent.guests):
        raise Invalid(N_("请选择邀请的是哪一类"), field="guest-1")
    if any(role not in set(OTHER_ROLES) for role, _ in sent.others):
        raise Invalid(N_("请选择在会上做什么"), field="holder-3")
    running = ((RoomRole.CHAIR, sent.chair), (RoomRole.RECORDER, sent.recorder))
    roles = [Holder(role, "", _id(who, role.value)) for role, who in running if who]
    return Typed(
        kind=MeetingKind(sent.kind),
        title=sent.title,
        place=sent.place,
        starts_at=read_local(sent.starts_at, field="starts_at"),
        ends_at=read_local(sent.ends_at, field="ends_at"),
        scope=sent.scope,
        thread_id=_id(sent.thread, "thread"),
        confirm_days=number(sent.confirm_days, "confirm_days"),
        speak_minutes=number(sent.speak_minutes, "speak_minutes"),
        basis=Basis(sent.basis),
        eligible=number(sent.eligible, "eligible"),
        attend=Share(number(sent.attend_num, "attend_num"), number(sent.attend_den, "attend_num")),
        decide=Share(number(sent.decide_num, "decide_num"), number(sent.decide_den, "decide_num")),
        quorum_source=sent.quorum_source,
        quorum_verified=sent.quorum_verified == "yes",
        items=[
            Item(title, number(minutes, f"minutes-{place}"), who)
            for place, (title, minutes, who) in enumerate(sent.items, 1)
        ],
        guests=[Guest(GuestKind(kind), name) for kind, name in sent.guests],
        roles=[*roles, *[Holder(RoomRole(role), name) for role, name in sent.others]],
    )


def _stored(meeting: MeetingView) -> Sent:
    held = {one.role: str(one.account_id or "") for one in meeting.roles if one.role in RUNNING}
    return Sent(
        kind=meeting.kind.value,
        title=meeting.title,
        place=meeting.place,
        starts_at=show_local(meeting.starts_at),
        ends_at=show_local(meeting.ends_at),
        scope=meeting.scope_value,
        thread=str(meeting.thread_id or ""),
        confirm_days=str(meeting.confirm_days),
        speak_minutes=str(meeting.speak_minutes),
        basis=meeting.basis.value,
        eligible=str(meeting.quorum.eligible or ""),
        attend_num=str(meeting.quorum.attend.num),
        attend_den=str(meeting.quorum.attend.den),
        decide_num=str(meeting.quorum.decide.num),
        decide_den=str(meeting.quorum.decide.den),
        quorum_source=meeting.quorum_source or SOURCE,
        quorum_verified="yes" if meeting.quorum_verified else "",
        chair=held.get(RoomRole.CHAIR, ""),
        recorder=held.get(RoomRole.RECORDER, ""),
        items=[(item.title, str(item.minutes), item.who) for item in meeting.agenda],
        guests=[(guest.kind.value, guest.name) for guest in meeting.guests],
        others=[(one.role.value, one.name) for one in meeting.roles if one.role not in RUNNING],
    )


def _fresh(now: datetime) -> tuple[str, str]:
    """When a meeting may be proposed: a week from now, at two in the afternoon in Beijing."""
    day = (now + timedelta(days=7)).astimezone(BEIJING)
    starts = day.replace(hour=14, minute=0, second=0, microsecond=0)
    return show_local(starts), show_local(starts + LENGTH)


def _staff(session: SessionDep, visit: Visit) -> list[tuple[str, str]]:
    held = [
        line
        for line in list_grants(session, estate_id=visit.estate.id)
        if line.role in (Role.COMMITTEE, Role.PARTY_MEMBER)
    ]
    return list({str(line.account_id): line.name for line in held}.items())


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    *,
    meeting: MeetingView | None,
    meeting_id: UUID,
    sent: Sent,
    refusals: Sequence[Refusal] = (),
) -> Response:
    desk = f"/desk/{visit.estate.slug}/meetings"
    data = FormPage(
        meeting=meeting,
        meeting_id=meeting_id,
        sent=sent,
        words=words(),
        buildings=draw_estate(session, estate_id=visit.estate.id),
        threads=[
            (str(key), title) for key, title in drafting.list_threads(session, estate_id=visit.estate.id)
        ],
        staff=_staff(session, visit),
        other_roles=OTHER_ROLES,
        items=[*sent.items, *[("", "10", "")] * BLANK],
        guests=[*sent.guests, *[(GuestKind.DEPARTMENT.value, "")] * BLANK],
        others=[*sent.others, *[(RoomRole.EXPERT.value, "")] * BLANK],
        action=f"{desk_address(visit, meeting_id)}/edit" if meeting else f"{desk}/new",
        back=desk_address(visit, meeting_id) if meeting else desk,
        errors=errors_of(request, *refusals),
    )
    refusal = next(iter(refusals), None)
    return desk_page(request, visit, "meetings/form.html", data, refusal=refusal)


@router.get("/new")
def new_meeting(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, thread: str = ""
) -> Response:
    known = {str(key) for key, _ in drafting.list_threads(session, estate_id=visit.estate.id)}
    starts_at, ends_at = _fresh(now)
    sent = Sent(starts_at=starts_at, ends_at=ends_at, thread=thread if thread in known else "")
    return _page(request, visit, session, meeting=None, meeting_id=uuid4(), sent=sent)


@router.post("/new")
def create_meeting(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    sent: Annotated[Sent, Depends(_sent)],
) -> Response:
    with attempt(session) as tried:
        drafting.save_meeting(
            session,
            estate_id=visit.estate.id,
            meeting_id=id,
            typed=_typed(sent),
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        return _page(
            request, visit, session, meeting=None, meeting_id=id, sent=sent, refusals=[tried.refusal]
        )
    return see_other(desk_address(visit, id))


@router.get("/{meeting_id}/edit")
def edit_meeting(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, meeting_id: UUID
) -> Response:
    meeting = reading.read_for_desk(
        session, estate_id=visit.estate.id, meeting_id=meeting_id, account_id=visit.actor.id, now=now
    )
    return _page(request, visit, session, meeting=meeting, meeting_id=meeting_id, sent=_stored(meeting))


@router.post("/{meeting_id}/edit")
def change_meeting(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    meeting_id: UUID,
    sent: Annotated[Sent, Depends(_sent)],
) -> Response:
    where = {"estate_id": visit.estate.id, "meeting_id": meeting_id}
    meeting = reading.read_for_desk(session, **where, account_id=visit.actor.id, now=now)
    with attempt(session) as tried:
        drafting.save_meeting(session, **where, typed=_typed(sent), actor=visit.actor, now=now)
    if tried.refusal:
        return _page(
            request,
            visit,
            session,
            meeting=meeting,
            meeting_id=meeting_id,
            sent=sent,
            refusals=[tried.refusal],
        )
    return see_other(desk_address(visit, meeting_id))
