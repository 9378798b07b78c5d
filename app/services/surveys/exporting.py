"""Surveys: the sheets as a workbook for the committee, home by home without names, and masked counts for everybody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.rules.calendar import BEIJING
from app.rules.estates.bands import BAND_NAMES, Band
from app.rules.surveys.answers import picked
from app.rules.surveys.kinds import AGE_NAMES, CHANNEL_NAMES, KIND_NAMES, Age, Kind
from app.rules.surveys.masking import SMALLEST
from app.rules.surveys.questions import Question
from app.rules.surveys.results import BAND, BUILDING, Figures, Table
from app.services.sheets import write_csv, write_workbook
from app.services.surveys.reading import read_editions
from app.services.surveys.results import StandingRow, figures, standing_rows

_HEAD = ("房屋", "楼层", "楼层段", "年龄段", "怎么填的", "问卷版次", "填写时间", "收到时间", "不再计入的题")


def workbook(session: Session, *, survey_id: UUID) -> bytes:
    """A sheet that stands to a row, answers as they count under the present edition; every cell is plain text."""
    editions = read_editions(session, survey_id=survey_id)
    questions = editions[max(editions)].questions if editions else ()
    rows = standing_rows(session, survey_id=survey_id)
    heads = [*_HEAD, *(f"{number}. {each.title}" for number, each in enumerate(questions, 1))]
    ordered = sorted(rows, key=lambda row: row.home)
    return write_workbook("答卷", heads, (_cells(row, questions) for row in ordered))


def _cells(row: StandingRow, questions: tuple[Question, ...]) -> list[str]:
    sheet = row.sheet
    return [
        row.home,
        str(row.floor),
        BAND_NAMES[sheet.band],
        AGE_NAMES[sheet.age],
        CHANNEL_NAMES[sheet.channel],
        str(sheet.edition),
        _when(sheet.answered_at),
        _when(sheet.received_at),
        "、".join(row.lost),
        *(_words(question, row.counted.get(question.key)) for question in questions),
    ]


def _when(at: datetime) -> str:
    return at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _words(question: Question, value: object) -> str:
    if value is None:
        return ""
    if question.kind in {Kind.TEXT, Kind.SCALE}:
        return str(value)
    joint = " > " if question.kind is Kind.RANKING else "、"
    return joint.join(question.text_of(key) for key in picked(question, value))


_TABLE_HEAD = ("题号", "题目", "题型", "选项", "分组", "组里回答的份数", "人数")


def csv_of_figures(session: Session, *, estate_id: UUID, survey_id: UUID) -> str:
    """The masked counts, a line for every option of every group shown; free text is not in it."""
    found = enumerate(figures(session, estate_id=estate_id, survey_id=survey_id), 1)
    return write_csv(_TABLE_HEAD, (line for number, figure in found for line in _lines(number, figure)))


def _lines(number: int, figure: Figures) -> list[list[str]]:
    question = figure.question
    head = [str(number), question.title, KIND_NAMES[question.kind]]
    if figure.counts is None:
        # Not how many: a few who were led to a question are themselves an answer.
        return [[*head, "", "全部", f"少于 {SMALLEST}", ""]]
    lines = [
        [*head, option_text(question, key), "全部", str(figure.answered), str(count)]
        for key, count in figure.counts
    ] or [[*head, "", "全部", str(figure.answered), ""]]
    for table in figure.tables:
        for (key, _), counts in zip(figure.counts, table.rows, strict=True):
            lines += [
                [*head, option_text(question, key), group_text(table, place), str(size), str(count)]
                for place, (size, count) in enumerate(zip(table.sizes, counts, strict=True))
            ]
    return lines


def option_text(question: Question, key: str) -> str:
    return f"{key} 分" if question.kind is Kind.SCALE else question.text_of(key)


def group_text(table: Table, place: int) -> str:
    """A column in words: one group, or the pool of those too small to stand alone."""
    keys = table.columns[place]
    if table.way == BUILDING:
        names = list(keys)
    elif table.way == BAND:
        names = [BAND_NAMES[Band(key)] for key in keys]
    else:
        names = [AGE_NAMES[Age(key)] for key in keys]
    return "＋".join(names)
