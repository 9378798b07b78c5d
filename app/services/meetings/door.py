"""Meetings: sign in at the door with the code on the screen or by name at the desk; strike out what was wrong."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.accounts import Account
from app.models.base import table_of
from app.models.estates import Owner, Ownership, Residence, Unit
from app.models.meetings import Meeting, MeetingAttendance, MeetingInvitee, MeetingSpeech
from app.rules.estates.labels import home_label
from app.rules.meetings import door
from app.rules.meetings.kinds import How, SpeechState
from app.rules.meetings.states import DOOR_OPENS, MeetingState, is_door_open
from app.rules.text import clean_line
from app.services.accounts import limits
from app.services.meetings.access import attendance_of, ensure_runs, lock_meeting, note, seat_of
from app.services.trail import Actor

MOST_NAME, MOST_HOME, LEAST_REASON, MOST_REASON = 50, 60, 4, 200
# Whoever stands at the door scans again once or twice; whoever guesses needs far more.
TRIES, WITHIN = 10, timedelta(minutes=10)

_UNIT, _OWNER, _OWNERSHIP, _RESIDENCE = (table_of(model) for model in (Unit, Owner, Ownership, Residence))


def sign_in(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    account_id: UUID,
    token: str,
    secret: bytes,
    now: datetime,
) -> Refusal | None:
    """Sign in with the code of the room; None when signed in, now or before.

    A stale code is returned and not raised, so that the counted try stays: the caller commits and shows it. Raises
    `Conflict` (`door_closed`, `struck`), `NotAllowed` (`not_invited`) and `TooMany`.
    """
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    if attendance_of(session, meeting.id, account_id):
        return None
    ensure_door(meeting, now)
    seat = seat_of(session, meeting, account_id, now)
    if not (seat.is_invited or seat.roles):
        raise NotAllowed(N_("这次会议的邀请名单里没有您；您在会场的话，请到签到台登记"), code="not_invited")
    key = f"meeting-door:{meeting.id}:{account_id}"
    limits.lock(session, key=key)
    limits.check(session, key=key, limit=TRIES, window=WITHIN, now=now)
    if not door.fits(secret, meeting.id, token, now):
        limits.add(session, key=key, now=now)
        return stale()
    if _was_struck(session, meeting.id, account_id):
        raise Conflict(N_("您的签到已被工作人员划去；您在会场的话，请到签到台说明"), code="struck")
    home = next(iter(_homes(session, estate_id, [account_id]).get(account_id, [])), "")
    name = session.get_one(Account, account_id).name
    session.add(
        MeetingAttendance(
            meeting_id=meeting.id, account_id=account_id, name=name, home=home, how=How.QR, at=now
        )
    )
    session.flush()
    return None


def stale() -> Conflict:
    """The code is another meeting's, or older than a minute or two."""
    return Conflict(
        N_("这个签到码已经过期，没有签到。签到要在会场现场扫码：请扫屏幕上现在的码，或者到签到台登记"),
        code="stale",
    )


def ensure_door(meeting: Meeting, now: datetime) -> None:
    """Raises `Conflict` (`door_closed`) outside half an hour before the start until the end."""
    if meeting.state is not MeetingState.INVITED:
        raise Conflict(N_("这次会议现在不能签到"), code="door_closed")
    if now < meeting.starts_at - DOOR_OPENS:
        raise Conflict(N_("还没有到签到时间，开会前半小时开始签到"), code="door_closed")
    if not is_door_open(meeting.starts_at, meeting.ends_at, now):
        raise Conflict(N_("会议已经结束，不能再扫码签到；到过会的请联系签到台"), code="door_closed")


def sign_in_by_name(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    attendance_id: UUID,
    name: str,
    home: str,
    actor: Actor,
    now: datetime,
) -> None:
    """The desk signs somebody in by name and home, until the record is put; twice is once.

    Whoever was invited with an account under this name and home is signed in as that person, so nobody counts twice.
    """
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    if session.get(MeetingAttendance, attendance_id) is not None:
        return
    if meeting.state is not MeetingState.INVITED or now < meeting.starts_at - DOOR_OPENS:
        raise Conflict(N_("开会前半小时到纪要交大家确认以前，可以在这里登记签到"), code="door_closed")
    name = clean_line(name, most=MOST_NAME, field="name")
    home = clean_line(home, most=MOST_HOME, field="home")
    if not name:
        raise Invalid(N_("请填写姓名"), field="name")
    account_id, home = _find_invited(session, meeting, name, home)
    if _is_present(session, meeting.id, account_id, name, home):
        return
    session.add(
        MeetingAttendance(
            id=attendance_id,
            meeting_id=meeting.id,
            account_id=account_id,
            name=name,
            home=home,
            how=How.DESK,
            at=now,
            entered_by=actor.id,
        )
    )
    session.flush()
    note(session, meeting, "attendance:enter", actor, now, new={"attendance": str(attendance_id)})


def strike(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    attendance_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Strike out an attendance that was wrong; the row stays with its reason."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    row = session.get(MeetingAttendance, attendance_id, populate_existing=True)
    if row is None or row.meeting_id != meeting.id:
        raise NotFound(N_("没有找到这条签到"))
    if row.struck_at is not None:
        return
    if meeting.state is not MeetingState.INVITED:
        raise Conflict(N_("纪要已经交到会的人确认，签到不能再改"), code="record_out")
    words = clean_line(reason, most=MOST_REASON, field="reason")
    if len(words) < LEAST_REASON:
        raise Invalid(N_("请写明为什么划去，至少 4 个字"), field="reason")
    row.struck_at, row.struck_by, row.struck_reason = now, actor.id, words
    session.add(row)
    waits = sa.and_(
        col(MeetingSpeech.attendance_id) == row.id,
        col(MeetingSpeech.state).in_((SpeechState.WAITING, SpeechState.SPEAKING)),
    )
    passed = sa.update(MeetingSpeech).where(waits).values(state=SpeechState.PASSED, ended_at=now)
    session.connection().execute(passed)
    session.flush()
    note(session, meeting, "attendance:strike", actor, now, new={"attendance": str(row.id)}, reason=words)


def _was_struck(session: Session, meeting_id: UUID, account_id: UUID) -> bool:
    query = select(MeetingAttendance.id).where(
        MeetingAttendance.meeting_id == meeting_id,
        MeetingAttendance.account_id == account_id,
        col(MeetingAttendance.struck_at).is_not(None),
    )
    return session.exec(query.limit(1)).first() is not None


def _is_present(session: Session, meeting_id: UUID, account_id: UUID | None, name: str, home: str) -> bool:
    if account_id is not None:
        return attendance_of(session, meeting_id, account_id) is not None
    query = select(MeetingAttendance.id).where(
        MeetingAttendance.meeting_id == meeting_id,
        col(MeetingAttendance.account_id).is_(None),
        MeetingAttendance.name == name,
        MeetingAttendance.home == home,
        col(MeetingAttendance.struck_at).is_(None),
    )
    return session.exec(query).first() is not None


def _find_invited(session: Session, meeting: Meeting, name: str, home: str) -> tuple[UUID | None, str]:
    """The invited account of that name, and of that home where one is given; none is a person without an account."""
    query = (
        select(Account.id)
        .join(MeetingInvitee, col(MeetingInvitee.account_id) == Account.id)
        .where(MeetingInvitee.meeting_id == meeting.id, Account.name == name)
    )
    named = list(session.exec(query))
    homes = _homes(session, meeting.estate_id, named)
    found = [one for one in named if not home or _squeeze(home) in map(_squeeze, homes.get(one, []))]
    if len(found) > 1:
        raise Invalid(N_("有几位同名的人，请写明住哪一户，例如 3号楼1单元301室"), field="home")
    if not found:
        return None, home
    return found[0], home or next(iter(homes.get(found[0], [])), "")


def _squeeze(home: str) -> str:
    """A home as people type it, without what they leave out: 3-1-301 and 3号楼1单元301室 are one."""
    for word in ("号楼", "单元", "栋", "幢", "室", "－", "—"):
        home = home.replace(word, "-")
    return "-".join(filter(None, home.replace(" ", "").split("-")))


def _homes(session: Session, estate_id: UUID, accounts: list[UUID]) -> dict[UUID, list[str]]:
    """The homes of each in the words people use."""
    if not accounts:
        return {}
    parts = (_UNIT.c.building, _UNIT.c.entrance, _UNIT.c.room)
    owned = (
        sa.select(_OWNER.c.account_id, *parts)
        .select_from(_OWNER.join(_OWNERSHIP).join(_UNIT, _UNIT.c.id == _OWNERSHIP.c.unit_id))
        .where(_OWNER.c.account_id.in_(accounts), _UNIT.c.estate_id == estate_id)
    )
    lived = (
        sa.select(_RESIDENCE.c.account_id, *parts)
        .select_from(_RESIDENCE.join(_UNIT))
        .where(_RESIDENCE.c.account_id.in_(accounts), _UNIT.c.estate_id == estate_id)
    )
    found: dict[UUID, list[str]] = {}
    for account_id, building, entrance, room in session.connection().execute(owned.union(lived)):
        found.setdefault(account_id, []).append(home_label(building, entrance, room))
    return {account_id: sorted(labels) for account_id, labels in found.items()}
