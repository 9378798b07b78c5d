"""`migrate` brings the schema up, and with it the calendar that came with the library."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import select

from app.cli import migrate
from app.database import Database
from app.models.maintenance.clocks import CalendarVersion, CalendarYear


def test_a_new_installation_has_its_calendar_and_a_second_run_adds_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    for _ in range(2):
        assert migrate.run([]) == 0
    database = Database(url)
    with database.session(writing=False) as session:
        assert session.exec(select(CalendarVersion.version)).all() == [1]
        assert {2025, 2026} <= set(session.exec(select(CalendarYear.year)).all())
    database.close()
