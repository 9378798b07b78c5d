"""The calendar of 2025 and 2026 as the notices have it around the vectors, and 2027 as far as statute goes."""

from __future__ import annotations

from datetime import date

from app.rules.maintenance.workcalendar import WorkCalendar

REST_2026 = (
    (1, 1), (1, 2), (2, 16), (2, 17), (2, 18), (2, 19), (2, 20), (2, 23), (4, 6), (5, 1), (5, 4), (5, 5),
    (6, 19), (9, 25), (10, 1), (10, 2), (10, 5), (10, 6), (10, 7),
)  # fmt: skip
MADE_UP_2026 = ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10))

CALENDAR = WorkCalendar(
    version=1,
    settled=frozenset({2025, 2026}),
    days={
        **{date(2026, *day): False for day in REST_2026},
        **{date(2026, *day): True for day in MADE_UP_2026},
        date(2027, 1, 1): False,
    },
)
