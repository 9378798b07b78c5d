"""Meetings: the calendar file (RFC 5545) a telephone adds to its own calendar, with a stable name and a rising number."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vUri

from app.rules.meetings.kinds import DOCUMENT_NAMES
from app.rules.meetings.states import Phase
from app.services.meetings.reading import MeetingView

_ZONE = ZoneInfo("Asia/Shanghai")


def calendar_file(meeting: MeetingView, *, url: str, host: str) -> bytes:
    """One event in Beijing time; a later file of the same meeting replaces the earlier in the calendar."""
    calendar = Calendar()
    calendar.add("prodid", "-//Haoshangliang//Meetings//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("uid", f"meeting-{meeting.id}@{host}")
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.changed_at)
    event.add("dtstart", meeting.starts_at.astimezone(_ZONE))
    event.add("dtend", meeting.ends_at.astimezone(_ZONE))
    event.add("summary", f"{DOCUMENT_NAMES[meeting.kind]}：{meeting.title}")
    event.add("location", meeting.place)
    agenda = [f"{place}. {item.title}（{item.minutes} 分钟）" for place, item in enumerate(meeting.agenda, 1)]
    event.add("description", "\n".join([*agenda, url]))
    event.add("url", vUri(url))
    event.add("status", "CANCELLED" if meeting.phase is Phase.CANCELLED else "CONFIRMED")
    calendar.add_component(event)
    # Beijing has one offset; without bounds the file would tell the summer times of the eighties.
    day = meeting.starts_at.astimezone(_ZONE).date()
    calendar.add_missing_timezones(first_date=day, last_date=day + timedelta(days=1))
    return bytes(calendar.to_ical())
