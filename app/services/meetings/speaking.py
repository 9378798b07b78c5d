"""Meetings: ask to speak, be called in the order of the rules, end a turn; one speaker at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotAllowed, NotFound
from app.models.meetings import Meeting, MeetingAttendance, MeetingSpeech
from app.rules.accounts import mask_name
from app.rules.meetings.kinds import SpeechState
from app.rules.meetings.speaking import Request, order, seconds_left
from app.rules.meetings.states import Phase, phase_at
from app.services.meetings.access import attendance_of, ensure_runs, lock_meeting
from app.services.trail import Actor

_LIVE = (SpeechState.WAITING, SpeechState.SPEAKING)


@dataclass(frozen=True, slots=True)
class Speaker:
    """One who speaks or waits. `name` is masked for neighbours; `turns` how often he has spoken."""

    speech_id: UUID
    name: str
    home: str
    turns: int
    is_mine: bool
    called_at: datetime | None
    minutes_left: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Who speaks, who waits in which order, and what the reader may do about himself."""

    speaking: Speaker | None
    waiting: tuple[Speaker, ...]
    turns_taken: int
    may_ask: bool
    mine: UUID | None


def read_queue(
    session: Session, meeting: Meeting, *, account_id: UUID, now: datetime, in_clear: bool
) -> Queue:
    """The speaking order; names in the clear for those who run the meeting only."""
    query = (
        select(MeetingSpeech, MeetingAttendance)
        .join(MeetingAttendance)
        .where(MeetingSpeech.meeting_id == meeting.id)
    )
    rows = {speech.id: (speech, who) for speech, who in session.exec(query)}
    requests = [
        Request(speech.id, speech.attendance_id, speech.asked_at, speech.state) for speech, _ in rows.values()
    ]
    turns: dict[UUID, int] = {}
    for speech, who in rows.values():
        turns[who.id] = turns.get(who.id, 0) + (speech.state is SpeechState.DONE)

    def view(speech: MeetingSpeech, who: MeetingAttendance) -> Speaker:
        mine = who.account_id == account_id
        left = seconds_left(speech.called_at, now, meeting.speak_minutes) if speech.called_at else 0
        return Speaker(
            speech_id=speech.id,
            name=who.name if in_clear or mine else mask_name(who.name),
            home=who.home if in_clear else "",
            turns=turns[who.id],
            is_mine=mine,
            called_at=speech.called_at,
            minutes_left=-(-left // 60),
        )

    speaking = [view(*pair) for pair in rows.values() if pair[0].state is SpeechState.SPEAKING]
    waiting = tuple(
        view(*rows[speech_id])
        for speech_id in (one.key for one in order(requests))
        if isinstance(speech_id, UUID)
    )
    mine = next((one.speech_id for one in (*speaking, *waiting) if one.is_mine), None)
    running = phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now) is Phase.RUNNING
    present = attendance_of(session, meeting.id, account_id) is not None
    return Queue(
        speaking=next(iter(speaking), None),
        waiting=waiting,
        turns_taken=sum(turns.values()),
        may_ask=running and present and mine is None,
        mine=mine,
    )


def ask(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    speech_id: UUID,
    account_id: UUID,
    now: datetime,
) -> None:
    """Ask to speak; whoever waits already goes on waiting. Raises `NotAllowed` (`not_present`), `Conflict` (`not_running`)."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    present = attendance_of(session, meeting.id, account_id)
    if present is None:
        raise NotAllowed(N_("请先在会场签到，再要求发言"), code="not_present")
    _add(session, meeting, speech_id, present, now)


def ask_for(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    speech_id: UUID,
    attendance_id: UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """The same for somebody in the room without a telephone, written down by who runs the meeting."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    present = session.get(MeetingAttendance, attendance_id)
    if present is None or present.meeting_id != meeting.id or present.struck_at is not None:
        raise NotFound(N_("请从签到名单里选择要发言的人"))
    _add(session, meeting, speech_id, present, now)


def _add(
    session: Session, meeting: Meeting, speech_id: UUID, present: MeetingAttendance, now: datetime
) -> None:
    if phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now) is not Phase.RUNNING:
        raise Conflict(N_("会议正在开的时候才能要求发言"), code="not_running")
    waits = select(MeetingSpeech.id).where(
        MeetingSpeech.attendance_id == present.id,
        col(MeetingSpeech.state).in_(_LIVE),
    )
    if session.exec(waits).first() or session.get(MeetingSpeech, speech_id):
        return
    session.add(
        MeetingSpeech(
            id=speech_id,
            meeting_id=meeting.id,
            attendance_id=present.id,
            state=SpeechState.WAITING,
            asked_at=now,
        )
    )
    session.flush()


def give_up(session: Session, *, estate_id: UUID, meeting_id: UUID, account_id: UUID, now: datetime) -> None:
    """Take back one's own request, or end one's own turn."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    for speech, who in _live(session, meeting.id):
        if who.account_id == account_id:
            _end(session, speech, speech.state is SpeechState.SPEAKING, now)


def call_next(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    seen: UUID | None,
    actor: Actor,
    now: datetime,
) -> None:
    """End the turn under way and call who is next by the rules.

    `seen` is who was speaking on the page that asked, None for nobody: pressed twice, or by two people, it calls one.
    """
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    if phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now) is not Phase.RUNNING:
        raise Conflict(N_("会议正在开的时候才能请人发言"), code="not_running")
    live = {speech.id: speech for speech, _ in _live(session, meeting.id)}
    speaking = next((one for one in live.values() if one.state is SpeechState.SPEAKING), None)
    if (speaking.id if speaking else None) != seen:
        return
    if speaking:
        _end(session, speaking, True, now)
    rows = session.exec(select(MeetingSpeech).where(MeetingSpeech.meeting_id == meeting.id)).all()
    waiting = order(Request(one.id, one.attendance_id, one.asked_at, one.state) for one in rows)
    if waiting:
        called = next(one for one in rows if one.id == waiting[0].key)
        called.state, called.called_at = SpeechState.SPEAKING, now
        session.add(called)
        session.flush()


def end_turn(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    speech_id: UUID,
    spoke: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """End somebody's turn, or pass over somebody who is not there; a second time changes nothing."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    for speech, _ in _live(session, meeting.id):
        if speech.id == speech_id:
            _end(session, speech, spoke and speech.state is SpeechState.SPEAKING, now)


def _live(session: Session, meeting_id: UUID) -> list[tuple[MeetingSpeech, MeetingAttendance]]:
    query = (
        select(MeetingSpeech, MeetingAttendance)
        .join(MeetingAttendance)
        .where(
            MeetingSpeech.meeting_id == meeting_id,
            col(MeetingSpeech.state).in_(_LIVE),
        )
        .execution_options(populate_existing=True)
    )
    return list(session.exec(query).all())


def _end(session: Session, speech: MeetingSpeech, spoke: bool, now: datetime) -> None:
    speech.state, speech.ended_at = (SpeechState.DONE if spoke else SpeechState.PASSED), now
    session.add(speech)
    session.flush()
