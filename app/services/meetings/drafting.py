"""Meetings: what the form holds, checked and stored; after the invitation a change of time or place tells all invited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.accounts import Account
from app.models.base import table_of
from app.models.deliberations import Thread
from app.models.meetings import Meeting, MeetingGuest, MeetingItem, MeetingRole
from app.rules.accounts import Role
from app.rules.meetings.kinds import RUNNING, Basis, GuestKind, MeetingKind, RoomRole
from app.rules.meetings.quorum import HALF, MOST_PEOPLE, Share, ensure_share
from app.rules.meetings.states import MeetingState, Phase, phase_at
from app.rules.text import clean_line
from app.services.accounts.grants import roles_of
from app.services.deliberations.threads import get_thread
from app.services.estates.standing import standing_of
from app.services.estates.units import lock_register
from app.services.meetings.access import ensure_runs, lock_meeting, moderates, note, place_of, tell
from app.services.meetings.inviting import invited_accounts
from app.services.proposals.places import Place, read_place
from app.services.trail import Actor

MOST_TITLE, MOST_PLACE, MOST_SOURCE, MOST_WHO, MOST_NAME = 60, 100, 200, 40, 50
MOST_ITEMS, MOST_GUESTS, MOST_ROLES = 20, 30, 20
MOST_MINUTES, MOST_CONFIRM, MOST_SPEAK = 480, 15, 30
LONGEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the agenda as typed."""

    title: str
    minutes: int
    who: str = ""


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody invited by name."""

    kind: GuestKind
    name: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with a role in the room; without an account, by name."""

    role: RoomRole
    name: str = ""
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A meeting as its form gives it; `scope` as the drawing of the estate has it."""

    kind: MeetingKind
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    scope: str
    thread_id: UUID | None = None
    confirm_days: int = 3
    speak_minutes: int = 3
    basis: Basis = Basis.PERSONS
    eligible: int = 0
    attend: Share = HALF
    decide: Share = HALF
    quorum_source: str = ""
    quorum_verified: bool = False
    items: Sequence[Item] = ()
    guests: Sequence[Guest] = ()
    roles: Sequence[Holder] = ()


def save_meeting(
    session: Session, *, estate_id: UUID, meeting_id: UUID, typed: Typed, actor: Actor, now: datetime
) -> UUID:
    """Begin a meeting under the form's id, or change one that has not begun.

    Raises `Invalid` with the field, `NotAllowed` for who convenes nothing here, `Conflict` (`begun`) once it has begun.
    """
    if session.get(Meeting, meeting_id) is None:
        _ensure_convenes(session, estate_id, typed.thread_id, actor, now)
        # Under this lock numbers are given, and of two same forms the second finds the first.
        lock_register(session, estate_id=estate_id)
        if session.get(Meeting, meeting_id) is None:
            return _create(session, estate_id, meeting_id, typed, actor, now)
        return meeting_id
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    if typed.thread_id != meeting.thread_id:
        _ensure_convenes(session, estate_id, typed.thread_id, actor, now)
    phase = phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now)
    if phase not in (Phase.DRAFT, Phase.COMING):
        raise Conflict(N_("会议已经开始或者结束，安排不能再改"), code="begun")
    before = _shown(session, meeting)
    _fill(session, meeting, typed, now)
    _put_lists(session, meeting, typed)
    after = _shown(session, meeting)
    if after == before:
        return meeting.id  # the same form once more: no new number in anybody's calendar
    note(session, meeting, "meeting:change", actor, now, old=before, new=after)
    if meeting.state is MeetingState.INVITED:
        meeting.sequence += 1
        session.add(meeting)
        session.flush()
        if any(before[name] != after[name] for name in ("place", "starts_at", "ends_at")):
            tell(
                session,
                meeting,
                invited_accounts(session, meeting.id),
                template="meeting_changed",
                key=f"{meeting.id}:{meeting.sequence}",
                values={"starts_at": meeting.starts_at.isoformat(), "place": meeting.place},
                now=now,
            )
    return meeting.id


def _create(
    session: Session, estate_id: UUID, meeting_id: UUID, typed: Typed, actor: Actor, now: datetime
) -> UUID:
    query = select(sa.func.coalesce(sa.func.max(Meeting.number), 0)).where(Meeting.estate_id == estate_id)
    meeting = Meeting(
        id=meeting_id,
        estate_id=estate_id,
        number=session.exec(query).one() + 1,
        kind=typed.kind,
        title="",
        place="",
        starts_at=typed.starts_at,
        ends_at=typed.ends_at,
        scope=Place().scope,
        state=MeetingState.DRAFT,
        basis=typed.basis,
        convened_by=actor.id,
        created_at=now,
        changed_at=now,
    )
    _fill(session, meeting, typed, now)
    session.add(meeting)
    session.flush()
    _put_lists(session, meeting, typed)
    note(session, meeting, "meeting:draft", actor, now, new=_shown(session, meeting))
    return meeting.id


def _ensure_convenes(
    session: Session, estate_id: UUID, thread_id: UUID | None, actor: Actor, now: datetime
) -> None:
    if standing_of(session, estate_id=estate_id, account_id=actor.id).is_committee:
        return
    if not moderates(session, estate_id, thread_id, actor.id, now):
        raise NotAllowed(N_("会议由居委会召集；党员可以为自己主持的协商召集会议，请先选择那次协商"))


def _fill(session: Session, meeting: Meeting, typed: Typed, now: datetime) -> None:
    """Every plain column of the form, checked."""
    meeting.kind = typed.kind
    meeting.title = _needed(typed.title, MOST_TITLE, "title", N_("请填写会议要商量什么"))
    meeting.place = _needed(typed.place, MOST_PLACE, "place", N_("请填写在哪里开会"))
    if typed.starts_at <= now:
        raise Invalid(N_("开会时间要在现在以后"), field="starts_at")
    if not typed.starts_at < typed.ends_at <= typed.starts_at + LONGEST:
        raise Invalid(N_("结束时间要晚于开始时间，一次会议最长 12 个小时"), field="ends_at")
    meeting.starts_at, meeting.ends_at = typed.starts_at, typed.ends_at
    if typed.thread_id is not None:
        get_thread(session, estate_id=meeting.estate_id, thread_id=typed.thread_id)
    meeting.thread_id = typed.thread_id
    place = read_place(session, estate_id=meeting.estate_id, value=typed.scope)
    meeting.scope, meeting.scope_building = place.scope, place.building
    meeting.scope_entrance = place.entrance
    meeting.confirm_days = _within(typed.confirm_days, 1, MOST_CONFIRM, "confirm_days")
    meeting.speak_minutes = _within(typed.speak_minutes, 1, MOST_SPEAK, "speak_minutes")
    _fill_quorum(meeting, typed)
    meeting.changed_at = now


def _fill_quorum(meeting: Meeting, typed: Typed) -> None:
    meeting.basis = typed.basis
    meeting.eligible = _within(typed.eligible, 0, MOST_PEOPLE, "eligible")
    ensure_share(typed.attend, field="attend_num")
    ensure_share(typed.decide, field="decide_num")
    meeting.attend_num, meeting.attend_den = typed.attend.num, typed.attend.den
    meeting.decide_num, meeting.decide_den = typed.decide.num, typed.decide.den
    meeting.quorum_source = clean_line(typed.quorum_source, most=MOST_SOURCE, field="quorum_source")
    meeting.quorum_verified = typed.quorum_verified
    if typed.kind is MeetingKind.RESIDENTS and not meeting.quorum_source:
        raise Invalid(N_("请写明人数要求的依据，例如法律名称和条款"), field="quorum_source")


def _put_lists(session: Session, meeting: Meeting, typed: Typed) -> None:
    items = [_item(place, item) for place, item in enumerate(typed.items, 1)]
    guests: list[dict[str, object]] = [
        {"kind": guest.kind, "name": clean_line(guest.name, most=60, field=f"guest-{place}")}
        for place, guest in enumerate(typed.guests, 1)
    ]
    roles = [_role(session, meeting, place, holder) for place, holder in enumerate(typed.roles, 1)]
    for rows, most in ((items, MOST_ITEMS), (guests, MOST_GUESTS), (roles, MOST_ROLES)):
        if len(rows) > most:
            raise Invalid(N_("一张表最多填 %(most)s 行，请合并相近的"), code="too_many", most=most)
    _replace(session, meeting, MeetingItem, items)
    _replace(session, meeting, MeetingGuest, guests)
    _replace(session, meeting, MeetingRole, roles)


def _replace(
    session: Session,
    meeting: Meeting,
    model: type[MeetingItem] | type[MeetingGuest] | type[MeetingRole],
    rows: Sequence[dict[str, object]],
) -> None:
    session.flush()
    session.expire_all()
    table, connection = table_of(model), session.connection()
    connection.execute(sa.delete(table).where(table.c.meeting_id == meeting.id))
    numbered = [{**row, "meeting_id": meeting.id, "position": place} for place, row in enumerate(rows, 1)]
    if numbered:
        connection.execute(sa.insert(table), numbered)


def _item(place: int, item: Item) -> dict[str, object]:
    title = _needed(item.title, 100, f"item-{place}", N_("请填写这一项议程的内容，或者把整行清空"))
    return {
        "title": title,
        "minutes": _within(item.minutes, 1, MOST_MINUTES, f"minutes-{place}"),
        "who": clean_line(item.who, most=MOST_WHO, field=f"presents-{place}"),
    }


def _role(session: Session, meeting: Meeting, place: int, holder: Holder) -> dict[str, object]:
    field = f"holder-{place}"
    name = clean_line(holder.name, most=MOST_NAME, field=field)
    if holder.account_id is not None:
        held = roles_of(session, account_id=holder.account_id, estate_id=meeting.estate_id)
        if not held & {Role.COMMITTEE, Role.PARTY_MEMBER}:
            raise NotFound(N_("没有找到这位工作人员，请刷新页面重新选择"))
        name = session.get_one(Account, holder.account_id).name
    elif holder.role in RUNNING:
        raise Invalid(N_("主持和记录请从工作人员和党员里选，他们要在系统里办理"), field=field)
    if not name:
        raise Invalid(N_("请填写是谁，或者把整行清空"), field=field)
    return {"role": holder.role, "account_id": holder.account_id, "name": name}


def _needed(text: str, most: int, field: str, sentence: str) -> str:
    line = clean_line(text, most=most, field=field)
    if not line:
        raise Invalid(sentence, field=field)
    return line


def _within(number: int, least: int, most: int, field: str) -> int:
    if not least <= number <= most:
        raise Invalid(N_("请填写 %(least)s 到 %(most)s 的整数"), field=field, least=least, most=most)
    return number


def _shown(session: Session, meeting: Meeting) -> dict[str, object]:
    """What the trail keeps of a meeting: all that decides who is asked, about what, and what carries there."""
    items = session.exec(
        select(MeetingItem.title, MeetingItem.minutes)
        .where(MeetingItem.meeting_id == meeting.id)
        .order_by(col(MeetingItem.position))
    )
    roles = session.exec(
        select(MeetingRole.role, MeetingRole.name)
        .where(MeetingRole.meeting_id == meeting.id)
        .order_by(col(MeetingRole.position))
    )
    return {
        "number": meeting.number,
        "kind": meeting.kind.value,
        "title": meeting.title,
        "place": meeting.place,
        "starts_at": meeting.starts_at.isoformat(),
        "ends_at": meeting.ends_at.isoformat(),
        "scope": place_of(meeting).value,
        "thread": str(meeting.thread_id or ""),
        "basis": meeting.basis.value,
        "eligible": meeting.eligible,
        "attend": f"{meeting.attend_num}/{meeting.attend_den}",
        "decide": f"{meeting.decide_num}/{meeting.decide_den}",
        "source": meeting.quorum_source,
        "verified": meeting.quorum_verified,
        "agenda": "、".join(f"{title} {minutes}" for title, minutes in items),
        "roles": "、".join(f"{RoomRole(role).value} {name}" for role, name in roles),
    }


def list_threads(session: Session, *, estate_id: UUID) -> list[tuple[UUID, str]]:
    """The threads a meeting can be about, the newest first."""
    query = (
        select(Thread.id, Thread.title, Thread.number)
        .where(Thread.estate_id == estate_id)
        .order_by(col(Thread.number).desc())
        .limit(50)
    )
    return [(thread_id, title) for thread_id, title, _ in session.exec(query)]
