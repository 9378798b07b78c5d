"""How a meeting of the demo goes: invited to, signed in to, written down, and confirmed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import Session

from app.cli.demo.people import named, owner_of
from app.cli.demo.stage import Stage, at
from app.rules.meetings.door import door_token
from app.rules.meetings.kinds import MeetingKind, Reply, RoomRole
from app.rules.meetings.record import digest
from app.services.deliberations.minutes import PointView
from app.services.meetings import confirming, door, drafting, inviting, recording
from app.services.meetings.confirming import Said
from app.services.meetings.drafting import Holder, Typed
from app.services.meetings.recording import TypedRecord
from app.services.trail import Actor

_ROOM = "居委会二楼会议室"


def meet(session: Session, stage: Stage, title: str, starts_at: datetime, **changes: Any) -> UUID:
    """Drafted and invited to, a week before; the committee chairs and a party member writes."""
    meeting_id, now = uuid4(), min(starts_at - timedelta(days=7), at(stage.now, -3, 10))
    roles = [
        Holder(RoomRole.CHAIR, account_id=stage.actor.id),
        Holder(RoomRole.RECORDER, account_id=named(session, "赵敏").id),
    ]
    given: dict[str, Any] = {
        "kind": MeetingKind.COUNCIL,
        "title": title,
        "place": _ROOM,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=90),
        "scope": "estate",
        "roles": roles,
        **changes,
    }
    where: dict[str, Any] = {
        "estate_id": stage.estate_id,
        "meeting_id": meeting_id,
        "actor": stage.actor,
        "now": now,
    }
    drafting.save_meeting(session, **where, typed=Typed(**given))
    inviting.invite(session, **where)
    return meeting_id


def gather(
    session: Session, stage: Stage, meeting_id: UUID, starts_at: datetime, who: str, names: str
) -> list[Actor]:
    """Those who said they would come scan the code at the door, others are written down there."""
    where: dict[str, Any] = {"estate_id": stage.estate_id, "meeting_id": meeting_id}
    people = []
    for place, one in enumerate(who.split()):
        person = owner_of(session, stage, one) if "-" in one else named(session, one)
        people.append(person)
        coming = starts_at - timedelta(days=2)
        inviting.answer_invitation(session, **where, account_id=person.id, reply=Reply.COMING, now=coming)
        now = starts_at + timedelta(minutes=place - 12)
        token = door_token(stage.secret, meeting_id, now)
        door.sign_in(session, **where, account_id=person.id, token=token, secret=stage.secret, now=now)
    for line in names.split():
        name, _, home = line.partition("/")
        door.sign_in_by_name(
            session, **where, attendance_id=uuid4(), name=name, home=home, actor=stage.actor, now=starts_at
        )
    return people


def put(
    session: Session, stage: Stage, meeting_id: UUID, points: tuple[PointView, ...], now: datetime
) -> str:
    """The recorder writes the record and puts it to those present; its digest."""
    recorder = named(session, "赵敏")
    where: dict[str, Any] = {
        "estate_id": stage.estate_id,
        "meeting_id": meeting_id,
        "actor": recorder,
        "now": now,
    }
    recording.start_record(session, **where, record_id=uuid4())
    seen = digest(recording.save_record(session, **where, typed=TypedRecord(points)))
    recording.put_record(session, **where, seen=seen)
    return seen


def say(session: Session, stage: Stage, meeting_id: UUID, who: Actor, said: Said, now: datetime) -> None:
    where: dict[str, Any] = {"estate_id": stage.estate_id, "meeting_id": meeting_id}
    confirming.answer_record(session, **where, account_id=who.id, said=said, now=now)
