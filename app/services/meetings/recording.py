"""Meetings: the record (纪要), drafted from statements and agenda, written, and put to those present."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.base import table_of
from app.models.meetings import (
    Meeting,
    MeetingDecision,
    MeetingItem,
    MeetingPoint,
    MeetingRecord,
    MeetingRole,
)
from app.rules.calendar import period_end
from app.rules.deliberations.minutes import MOST_POINTS, MOST_TEXT, MOST_WHO, Point, PointKind
from app.rules.meetings import quorum as counting
from app.rules.meetings import record as rules
from app.rules.meetings.kinds import MeetingKind, RecordState, RoomRole
from app.rules.meetings.quorum import MOST_DECISIONS, MOST_PEOPLE, Hands, Quorum, Share
from app.rules.meetings.record import Document
from app.rules.meetings.states import MeetingState, move, phase_at
from app.rules.text import clean_line, clean_text
from app.services.deliberations.minutes import PointView, points_from_statements
from app.services.deliberations.threads import get_thread
from app.services.holidays import is_rest_day
from app.services.meetings.access import (
    current_record,
    ensure_runs,
    lock_meeting,
    note,
    place_of,
    present_rows,
    tell,
)
from app.services.trail import Actor

_NO_CHAIR = "（未指定）"


@dataclass(frozen=True, slots=True)
class TypedRecord:
    """The record as its form gives it; the last three belong to a residents' meeting."""

    points: Sequence[PointView]
    eligible: int = 0
    voters: int = 0
    decisions: Sequence[Hands] = ()


def start_record(
    session: Session, *, estate_id: UUID, meeting_id: UUID, record_id: UUID, actor: Actor, now: datetime
) -> UUID:
    """Begin the first version with a point for every statement of the linked thread and every item of the agenda.

    Whoever begins it, there is one; a second time is the same. Raises `Conflict` (`too_early`) before the meeting.
    """
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    present = current_record(session, meeting.id)
    if present:
        return present.id
    if meeting.state is not MeetingState.INVITED or now < meeting.starts_at:
        raise Conflict(N_("开会以后才能起草纪要"), code="too_early")
    record = MeetingRecord(
        id=record_id,
        meeting_id=meeting.id,
        version=1,
        state=RecordState.DRAFT,
        written_by=actor.id,
        changed_at=now,
    )
    session.add(record)
    session.flush()
    put_points(session, record.id, _drafted(session, meeting, actor, now))
    note(session, meeting, "record:start", actor, now, new={"version": 1})
    return record.id


def _drafted(session: Session, meeting: Meeting, actor: Actor, now: datetime) -> list[PointView]:
    points = []
    if meeting.thread_id:
        thread = get_thread(session, estate_id=meeting.estate_id, thread_id=meeting.thread_id)
        points = list(points_from_statements(session, thread, actor, now))
    # What the room came to on an item is for the recorder to say: until then it is open.
    points += [PointView(PointKind.OPEN, f"议程：{title}") for title in agenda_of(session, meeting.id)]
    return points[:MOST_POINTS]


def save_record(
    session: Session,
    *,
    estate_id: UUID,
    meeting_id: UUID,
    typed: TypedRecord,
    actor: Actor,
    now: datetime,
) -> Document:
    """Store the version that is being written, as far as it has come. Raises `Conflict` (`frozen`) once it is put."""
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    record = draft_of(session, meeting)
    points = [_clean(place, point) for place, point in enumerate(typed.points, 1)]
    decisions = [_hands(place, one) for place, one in enumerate(typed.decisions, 1)]
    if decisions and meeting.kind is not MeetingKind.RESIDENTS:
        raise Invalid(
            N_("协商类会议不表决，只记录意见；要表决请开居民会议，或者发起业主表决"), field="points"
        )
    if not 0 <= typed.eligible <= MOST_PEOPLE or not 0 <= typed.voters <= MOST_PEOPLE:
        raise Invalid(N_("人数请填写 0 到 %(most)s 的整数"), field="voters", most=MOST_PEOPLE)
    if meeting.kind is MeetingKind.RESIDENTS:
        record.voters = typed.voters
        _set_eligible(session, meeting, typed.eligible, actor, now)
    record.changed_at, record.written_by = now, actor.id
    session.add(record)
    session.flush()
    put_points(session, record.id, points)
    put_decisions(session, record.id, decisions)
    return document_of(session, meeting, record)


def _set_eligible(session: Session, meeting: Meeting, eligible: int, actor: Actor, now: datetime) -> None:
    """How many should have come decides the quorum: who changed it after the meeting stands on the trail."""
    before = meeting.eligible
    if eligible == before:
        return
    meeting.eligible = eligible
    session.add(meeting)
    session.flush()
    note(
        session, meeting, "meeting:eligible", actor, now, old={"eligible": before}, new={"eligible": eligible}
    )


def problems_of(document: Document) -> list[Invalid]:
    """All that keeps a version from being put to those present, each with its field."""
    found = rules.problems(document)
    if document.present < 1:
        found.append(
            Invalid(N_("还没有人签到，纪要没有人可以确认。请先补登到会的人"), code="nobody", field="points")
        )
    if document.quorum and document.decisions:
        found += counting.problems(document.decisions, voters=document.voters, quorum=document.quorum)
    if document.voters > document.present:
        found.append(
            Invalid(
                N_("有权表决的人数比签到的人还多，请核对，或者先补登签到"), code="bad_voters", field="voters"
            )
        )
    return found


def put_record(
    session: Session, *, estate_id: UUID, meeting_id: UUID, seen: str, actor: Actor, now: datetime
) -> None:
    """Freeze the draft with its digest and put it to everybody present; a second time changes nothing.

    `seen` is the digest of what was looked at: raises `Conflict` (`changed`) when the draft is another by now, and the
    first of `problems_of`. The window counts days as the Civil Code does (arts. 201, 203).
    """
    meeting = lock_meeting(session, estate_id=estate_id, meeting_id=meeting_id)
    ensure_runs(session, meeting, actor, now)
    record = current_record(session, meeting.id)
    if record and record.state is RecordState.PUT and record.digest == seen:
        return
    record = draft_of(session, meeting)
    document = document_of(session, meeting, record)
    for problem in problems_of(document):
        raise problem
    if rules.digest(document) != seen:
        raise Conflict(N_("您看过以后纪要或签到又变了，请看过现在的内容再交大家确认"), code="changed")
    due_at = period_end(now, meeting.confirm_days, is_rest_day)
    record.present, record.digest, record.state = document.present, seen, RecordState.PUT
    record.put_at, record.due_at, record.changed_at = now, due_at, now
    phase = phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now)
    session.add(record)
    meeting.state, meeting.changed_at = move(phase, meeting.state, MeetingState.RECORD), now
    session.add(meeting)
    session.flush()
    note(session, meeting, "record:put", actor, now, new={"version": record.version, "digest": seen})
    people = [one.account_id for one in present_rows(session, meeting.id) if one.account_id]
    tell(
        session,
        meeting,
        people,
        template="meeting_record_put" if record.version == 1 else "meeting_record_again",
        key=str(record.id),
        values={"due_at": due_at.isoformat()},
        now=now,
    )


def next_version(
    session: Session, meeting: Meeting, record: MeetingRecord, actor: Actor, now: datetime
) -> None:
    """After an accepted objection: the put version is replaced by a draft that begins as its copy."""
    document = document_of(session, meeting, record)
    points = list(points_of(session, record.id))
    record.state = RecordState.REPLACED
    session.add(record)
    phase = phase_at(meeting.state, meeting.starts_at, meeting.ends_at, now)
    meeting.state, meeting.changed_at = move(phase, meeting.state, MeetingState.INVITED), now
    session.add(meeting)
    session.flush()
    draft = MeetingRecord(
        id=uuid4(),
        meeting_id=meeting.id,
        version=record.version + 1,
        state=RecordState.DRAFT,
        voters=record.voters,
        written_by=actor.id,
        changed_at=now,
    )
    session.add(draft)
    session.flush()
    put_points(session, draft.id, points)
    put_decisions(session, draft.id, document.decisions)


def draft_of(session: Session, meeting: Meeting) -> MeetingRecord:
    record = current_record(session, meeting.id)
    if record is None:
        raise NotFound(N_("这次会议还没有纪要草稿，请先起草"))
    if record.state is RecordState.CONFIRMED:
        raise Conflict(N_("纪要已经确认，一个字也不能再改；有新的情况请另开一次会"), code="frozen")
    if record.state is not RecordState.DRAFT:
        raise Conflict(N_("纪要已经交到会的人确认，不能再改；接受一条异议以后可以出新的一稿"), code="frozen")
    return record


def document_of(session: Session, meeting: Meeting, record: MeetingRecord) -> Document:
    """What a version says; of a draft, with those present now."""
    is_draft = record.state is RecordState.DRAFT
    residents = meeting.kind is MeetingKind.RESIDENTS
    holders = _holders(session, meeting.id)
    return Document(
        kind=meeting.kind,
        number=meeting.number,
        version=record.version,
        title=meeting.title,
        place=meeting.place,
        scope=place_of(meeting).label or "全小区",
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        chair=holders.get(RoomRole.CHAIR, _NO_CHAIR),
        recorder=holders.get(RoomRole.RECORDER, _NO_CHAIR),
        agenda=tuple(agenda_of(session, meeting.id)),
        present=len(present_rows(session, meeting.id)) if is_draft else record.present,
        points=tuple(Point(one.kind, one.text, one.who, one.by) for one in points_of(session, record.id)),
        voters=record.voters,
        quorum=quorum_of(meeting) if residents else None,
        quorum_source=_source(meeting) if residents else "",
        decisions=tuple(_decisions_of(session, record.id)) if residents else (),
    )


def _source(meeting: Meeting) -> str:
    """Where the figures come from; what nobody has checked says so on paper too."""
    return meeting.quorum_source + ("" if meeting.quorum_verified else "（未核实）")


def quorum_of(meeting: Meeting) -> Quorum:
    attend, decide = (
        Share(meeting.attend_num, meeting.attend_den),
        Share(meeting.decide_num, meeting.decide_den),
    )
    return Quorum(meeting.eligible, attend, decide)


def agenda_of(session: Session, meeting_id: UUID) -> list[str]:
    query = select(MeetingItem.title).where(MeetingItem.meeting_id == meeting_id)
    return list(session.exec(query.order_by(col(MeetingItem.position))))


def points_of(session: Session, record_id: UUID) -> list[PointView]:
    query = select(MeetingPoint).where(MeetingPoint.record_id == record_id)
    rows = session.exec(query.order_by(col(MeetingPoint.position)).execution_options(populate_existing=True))
    return [PointView(row.kind, row.text, row.who, row.due_on, row.statement) for row in rows]


def _decisions_of(session: Session, record_id: UUID) -> list[Hands]:
    query = select(MeetingDecision).where(MeetingDecision.record_id == record_id)
    rows = session.exec(
        query.order_by(col(MeetingDecision.position)).execution_options(populate_existing=True)
    )
    return [Hands(row.text, row.hands_for, row.against, row.abstain) for row in rows]


def _holders(session: Session, meeting_id: UUID) -> dict[RoomRole, str]:
    query = select(MeetingRole).where(MeetingRole.meeting_id == meeting_id)
    names: dict[RoomRole, list[str]] = {}
    for row in session.exec(query.order_by(col(MeetingRole.position))):
        names.setdefault(row.role, []).append(row.name)
    return {role: "、".join(held) for role, held in names.items()}


def put_points(session: Session, record_id: UUID, points: Sequence[PointView]) -> None:
    table, connection = table_of(MeetingPoint), session.connection()
    connection.execute(sa.delete(table).where(table.c.record_id == record_id))
    rows = [
        {
            "record_id": record_id,
            "position": place,
            "kind": point.kind,
            "text": point.text,
            "who": point.who,
            "due_on": point.by,
            "statement": point.statement,
        }
        for place, point in enumerate(points, 1)
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def put_decisions(session: Session, record_id: UUID, decisions: Sequence[Hands]) -> None:
    table, connection = table_of(MeetingDecision), session.connection()
    connection.execute(sa.delete(table).where(table.c.record_id == record_id))
    rows = [
        {
            "record_id": record_id,
            "position": place,
            "text": one.text,
            "hands_for": one.hands_for,
            "against": one.against,
            "abstain": one.abstain,
        }
        for place, one in enumerate(decisions, 1)
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def _clean(place: int, point: PointView) -> PointView:
    if place > MOST_POINTS:
        raise Invalid(
            N_("纪要最多 %(most)s 条，请合并相近的"), code="too_many_points", field="points", most=MOST_POINTS
        )
    text = clean_text(point.text, most=MOST_TEXT, field=f"text-{place}")
    who = clean_line(point.who, most=MOST_WHO, field=f"who-{place}")
    return PointView(point.kind, text, who, point.by, point.statement)


def _hands(place: int, one: Hands) -> Hands:
    if place > MOST_DECISIONS:
        raise Invalid(N_("一次会议最多表决 %(most)s 项"), field="points", most=MOST_DECISIONS)
    if any(not 0 <= count <= MOST_PEOPLE for count in (one.hands_for, one.against, one.abstain)):
        raise Invalid(N_("人数请填写 0 到 %(most)s 的整数"), field=f"for-{place}", most=MOST_PEOPLE)
    text = clean_line(one.text, most=200, field=f"decision-{place}")
    return Hands(text, one.hands_for, one.against, one.abstain)
