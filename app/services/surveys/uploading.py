"""Surveys: sheets that a device kept while there was no network, one at a time or as a file brought to the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.errors import Refusal
from app.rules.surveys.answer_files import SheetLine, read_file, read_line, read_text
from app.services.surveys.answering import SheetIn, Taken, take_door_sheet
from app.services.surveys.drafting import record
from app.services.surveys.homes import asked_homes
from app.services.surveys.reading import get_survey
from app.services.trail import Actor


@dataclass(frozen=True, slots=True)
class LineReport:
    """What became of one sheet of a file: taken, or refused with the reason; `home` is "" where none can be told."""

    number: int
    home: str
    taken: Taken | None
    refusal: Refusal | None


def take_text(
    session: Session, *, estate_id: UUID, survey_id: UUID, text: str, actor: Actor, now: datetime
) -> Taken:
    """One sheet as a device sends it; raises whatever speaks against it."""
    sheet = _sheet(read_text(text))
    return take_door_sheet(
        session, estate_id=estate_id, survey_id=survey_id, sheet=sheet, actor=actor, now=now
    )


def take_file(
    session: Session, *, estate_id: UUID, survey_id: UUID, data: bytes, actor: Actor, now: datetime
) -> list[LineReport]:
    """Every sheet of an answer file by itself: one refused does not keep back another, and none is taken twice.

    Raises `Invalid` or `TooLarge` (field `file`) for a file that cannot be read at all.
    """
    survey = get_survey(session, estate_id=estate_id, survey_id=survey_id)
    lines = read_file(data, survey_id=survey_id)
    homes = {home.unit_id: home.label for home in asked_homes(session, survey=survey)}
    reports = []
    for number, line in enumerate(lines, 1):
        home = ""
        try:
            read = read_line(line)
            home = homes.get(read.unit_id, "")
            with session.begin_nested():
                taken = take_door_sheet(
                    session,
                    estate_id=estate_id,
                    survey_id=survey_id,
                    sheet=_sheet(read),
                    actor=actor,
                    now=now,
                )
            reports.append(LineReport(number, home, taken, None))
        except Refusal as refusal:
            reports.append(LineReport(number, home, None, refusal))
    taken_now = sum(report.taken is not None for report in reports)
    record(
        session,
        survey,
        "file:upload",
        actor,
        now,
        new={"sheets": len(reports), "taken": taken_now, "refused": len(reports) - taken_now},
    )
    return reports


def _sheet(line: SheetLine) -> SheetIn:
    return SheetIn(
        id=line.id,
        edition=line.edition,
        unit_id=line.unit_id,
        age=line.age,
        answers=line.answers,
        answered_at=line.answered_at,
        corrects=line.corrects,
        consented=line.consented,
    )
