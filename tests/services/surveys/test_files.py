"""Answer files from telephones, the committee's workbook, and the counts for everybody."""

from __future__ import annotations

import io
import json
from uuid import uuid4

import pytest
from openpyxl import load_workbook
from sqlmodel import select

from app.errors import Invalid, TooLarge
from app.models.surveys import AnswerSheet
from app.models.trail import TrailRow
from app.rules.surveys.answer_files import FORMAT
from app.services.surveys import homes
from app.services.surveys.exporting import csv_of_figures, workbook
from app.services.surveys.uploading import take_file
from tests.fixtures.surveys import SHEET


def line(surveys, room: str, **changes: object) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "edition": 1,
        "unit": str(surveys.world.homes[room].unit_id),
        "age": "70+",
        "consented": True,
        "answered_at": surveys.now.isoformat(),
        "corrects": 0,
        "answers": dict(SHEET),
        **changes,
    }


def bring(surveys, *sheets: object, **changes: object) -> list:
    document = {"format": FORMAT, "survey": str(surveys.id), "sheets": list(sheets), **changes}
    return take_file(
        surveys.session,
        estate_id=surveys.world.estate_id,
        survey_id=surveys.id,
        data=json.dumps(document).encode(),
        actor=surveys.desk,
        now=surveys.now,
    )


def test_a_file_from_an_old_questionnaire_counts_where_it_stands_and_says_what_does_not(
    surveys, session, world
) -> None:
    surveys.open()
    surveys.at_door("302")
    surveys.remove("mark")
    surveys.ask_anew()
    good = line(surveys, "401")
    sheets = [
        good,
        line(surveys, "302"),
        line(surveys, "402", answers={"want": "perhaps"}),
        line(surveys, "501", answers={"mark": 3, "want": "yes"}, edition=2),
        line(surveys, "502", edition="1"),
        line(surveys, "502", consented="yes"),
        line(surveys, "502", unit=str(uuid4())),
        "nonsense",
        {"id": str(uuid4())},
        line(surveys, "502", answered_at="2026-13-45"),
    ]
    reports = bring(surveys, *sheets)
    codes = [report.refusal.code if report.refusal else "" for report in reports]
    assert codes[:4] == ["", "answered_at_door", "unknown_option", "unknown_question"]
    assert [code in {"broken_sheet", "no_consent", "invalid"} for code in codes[4:]] == [True] * 6
    assert reports[0].taken.lost == ("满意吗",)
    assert reports[0].home == "3号楼1单元401室"
    assert len(session.exec(select(AnswerSheet)).all()) == 2
    # A clock that stands in the year 1 still sends a sheet that can be used.
    assert bring(surveys, line(surveys, "502", answered_at="0001-01-01T00:00:00+14:00"))[0].taken
    # The same file again changes nothing, whoever brings it.
    assert [bool(report.taken) for report in bring(surveys, good)] == [True]
    assert len(session.exec(select(AnswerSheet)).all()) == 3
    told = session.exec(select(TrailRow.new).where(TrailRow.tag == "surveys:file:upload")).first()
    assert told == {"sheets": 10, "taken": 1, "refused": 9}


def test_a_file_reads_all_homes_once_and_then_one_for_each_sheet(surveys, world, monkeypatch) -> None:
    surveys.open()
    read, found = homes._homes, []
    monkeypatch.setattr(homes, "_homes", lambda *query: found.append(read(*query)) or found[-1])
    assert all(report.taken for report in bring(surveys, *(line(surveys, room) for room in ("401", "402"))))
    assert [len(some) for some in found] == [12, 1, 1]


@pytest.mark.parametrize(
    ("data", "refusal"),
    [
        (b"", Invalid),
        (b"\xff\xfe\x00", Invalid),
        (b"[" * 100_000, Invalid),
        (b'{"format": "other"}', Invalid),
        (b" " * 2_000_001, TooLarge),
    ],
)
def test_what_is_no_answer_file_is_refused_whole(surveys, world, data, refusal) -> None:
    surveys.open()
    with pytest.raises(refusal) as caught:
        take_file(
            surveys.session,
            estate_id=world.estate_id,
            survey_id=surveys.id,
            data=data,
            actor=surveys.desk,
            now=surveys.now,
        )
    assert caught.value.field == "file"


def test_another_surveys_file_and_an_empty_one_are_refused(surveys) -> None:
    surveys.open()
    with pytest.raises(Invalid) as caught:
        bring(surveys, line(surveys, "301"), survey=str(uuid4()))
    assert caught.value.code == "other_survey"
    with pytest.raises(Invalid):
        bring(surveys)
    with pytest.raises(TooLarge):
        bring(surveys, *["x"] * 1001)


def test_the_workbook_has_rooms_no_names_and_no_formula(surveys, session, world) -> None:
    survey_id = surveys.open()
    surveys.answer(world.li_na, "301", {"want": "no", "why": '=HYPERLINK("http://x")', "parts": ["lamp"]})
    book = load_workbook(io.BytesIO(workbook(session, survey_id=survey_id)))
    head, row = [[str(cell.value or "") for cell in cells] for cells in book.active.iter_rows()]
    told = dict(zip(head, row, strict=True))
    assert told["房屋"] == "3号楼1单元301室"
    assert told["2. 为什么不想"] == '\'=HYPERLINK("http://x")'
    assert told["3. 先改什么"] == "路灯"
    assert all(cell.data_type != "f" for cells in book.active.iter_rows() for cell in cells)
    assert "li_na" not in "".join(head + row)
    assert world.li_na.phone not in "".join(row)


def test_the_counts_for_everybody_hold_no_words_and_no_small_group(surveys, session, world) -> None:
    survey_id = surveys.open()
    for room in world.homes:
        low = room < "401"
        surveys.at_door(room, {"want": "no" if low else "yes", **({"why": f"怕{room}"} if low else {})})
    told = csv_of_figures(session, estate_id=world.estate_id, survey_id=survey_id)
    assert "怕" not in told.replace("为什么不想", "")
    assert "1,想不想装电梯,单选,想,全部,12,6" in told
    # Twelve homes in three bands of four: no band is large enough to stand alone.
    assert "楼层" not in told
    # How many were led to a question in words tells as much as a count of options.
    assert "2,为什么不想,写几句话,,全部,少于 10," in told
    assert "3,先改什么,多选,,全部,少于 10," in told
