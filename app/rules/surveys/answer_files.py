"""Sheets as a device sends or saves them: the form of the file, and what in it can be read at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.errors import N_, Invalid, TooLarge

FORMAT = "haoshangliang-survey-answers/1"
MOST_BYTES, MOST_SHEETS = 2_000_000, 1000
MOST_SHEET_BYTES = 60_000

# What a device with an empty battery says; the service then goes by its own clock.
_NO_CLOCK = datetime(2000, 1, 1, tzinfo=UTC)
_BROKEN = N_("这份答卷残缺或被改过，读不出来，没有计入")


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One sheet, its parts of the right kind; whether they fit the questionnaire is asked later."""

    id: UUID
    edition: int
    unit_id: UUID
    age: str
    consented: bool
    answered_at: datetime
    corrects: int
    answers: dict[str, Any]


def _load(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def read_file(data: bytes, *, survey_id: UUID) -> list[object]:
    """The sheets of an answer file, unread. Raises `TooLarge` or `Invalid` (field `file`) for a file that is none."""
    if len(data) > MOST_BYTES:
        raise TooLarge(N_("文件太大，答卷文件不会超过 2 MB，请检查是不是选错了"), field="file")
    document = _load(data)
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise Invalid(N_("这不是从手机上存下来的答卷文件，请重新选择"), field="file")
    if document.get("survey") != str(survey_id):
        raise Invalid(N_("这个文件是另一个调查的答卷，请到那个调查里上传"), code="other_survey", field="file")
    sheets = document.get("sheets")
    if not isinstance(sheets, list) or not sheets:
        raise Invalid(N_("文件里没有答卷"), field="file")
    if len(sheets) > MOST_SHEETS:
        raise TooLarge(N_("一个文件最多 %(most)s 份答卷，请分几次上传"), field="file", most=MOST_SHEETS)
    return sheets


def read_text(text: str) -> SheetLine:
    """One sheet as a device sends it. Raises `TooLarge` or `Invalid`."""
    if len(text) > MOST_SHEET_BYTES:
        raise TooLarge(N_("这份答卷太长，没有计入"))
    return read_line(_load(text.encode("utf-8", "replace")))


def read_line(line: object) -> SheetLine:
    """Raises `Invalid` (`broken_sheet`) unless every part is there and of its kind."""
    if not isinstance(line, Mapping):
        raise Invalid(_BROKEN, code="broken_sheet")
    answers, edition, corrects = line.get("answers"), line.get("edition"), line.get("corrects", 0)
    try:
        answered_at = datetime.fromisoformat(str(line.get("answered_at")).replace("Z", "+00:00"))
        ids = UUID(str(line.get("id"))), UUID(str(line.get("unit")))
    except ValueError:
        raise Invalid(_BROKEN, code="broken_sheet") from None
    numbers = type(edition) is int and type(corrects) is int and 0 <= corrects < 10_000
    if not numbers or not isinstance(answers, dict) or answered_at.tzinfo is None:
        raise Invalid(_BROKEN, code="broken_sheet")
    if not 2000 <= answered_at.year <= 2100:
        answered_at = _NO_CLOCK
    assert isinstance(edition, int)
    assert isinstance(corrects, int)
    return SheetLine(
        id=ids[0],
        edition=edition,
        unit_id=ids[1],
        age=str(line.get("age", "")),
        consented=line.get("consented") is True,
        answered_at=answered_at,
        corrects=corrects,
        answers={str(key): value for key, value in answers.items()},
    )
