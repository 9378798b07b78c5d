"""Meetings: the calendar file (RFC 5545) a telephone adds to its own calendar, with a stable name and a rising number."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vUri

from app.rules.meetings.kinds import DOCUMENT_NAMES
from app.rules.meetings.states import Phase
from app.services.meetings.reading import MeetingView

_NAME = "Asia/Shanghai"
_ZONE = ZoneInfo(_NAME)
_OFFSET = timedelta(hours=8)
_EPOCH = datetime(1992, 1, 1)  # noqa: DTZ001 — RFC 5545 wants local time here


def calendar_file(meeting: MeetingView, *, url: str, host: str) -> bytes:
    """One event in Beijing time; a later file of the same meeting replaces the earlier in the calendar."""
    calendar = Calendar()
    calendar.add("prodid", "-//Haoshangliang//Meetings//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_zone())
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
    return bytes(calendar.to_ical())


def _zone() -> Timezone:
    """China has had one offset and no summer time since 1992."""
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", _NAME)
    standard.add("dtstart", _EPOCH)
    standard.add("tzoffsetfrom", _OFFSET)
    standard.add("tzoffsetto", _OFFSET)
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone
