"""协商纪要: complete, the same bytes for the same content, and readable."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from app.errors import Invalid
from app.rules.deliberations.minutes import (
    KIND_NAMES,
    MOST_POINTS,
    Minutes,
    Point,
    PointKind,
    canonical,
    digest,
    ensure_complete,
    minutes_text,
    problems,
    tasks,
    vote_text,
)
from app.rules.votes import evidence

HELD = date(2026, 6, 1)
AGREED = Point(PointKind.AGREED, "同意在3号楼1单元加装电梯")
RESERVED = Point(PointKind.RESERVATION, "低楼层担心采光")
OPEN = Point(PointKind.OPEN, "电梯井位置待定")
TASK = Point(PointKind.TASK, "请设计单位出日照分析", "居委会", date(2026, 6, 20))
MINUTES = Minutes("3号楼1单元加装电梯", "3号楼1单元", HELD, 14, (AGREED, TASK, RESERVED, OPEN))


def found(*points: Point) -> list[str]:
    return [problem.field for problem in problems(points, held_on=HELD)]


def test_complete_minutes_have_no_problem() -> None:
    ensure_complete(MINUTES.points, held_on=HELD)
    assert found(OPEN) == []


@pytest.mark.parametrize(
    ("point", "field"),
    [
        (replace(AGREED, text="  "), "text-2"),
        (replace(AGREED, text="长" * 501), "text-2"),
        (replace(AGREED, who="居委会"), "who-2"),
        (replace(AGREED, by=HELD), "who-2"),
        (replace(TASK, who=" "), "who-2"),
        (replace(TASK, who="长" * 41), "who-2"),
        (replace(TASK, by=None), "by-2"),
        (replace(TASK, by=date(2026, 5, 31)), "by-2"),
    ],
)
def test_a_point_that_says_too_little_or_too_much_is_named_by_its_field(point: Point, field: str) -> None:
    assert found(AGREED, point) == [field]


def test_a_task_may_be_due_on_the_day_itself() -> None:
    assert found(AGREED, replace(TASK, by=HELD)) == []


def test_minutes_without_a_result_or_with_too_many_points_are_not_published() -> None:
    assert found() == found(RESERVED, TASK) == ["points"]
    assert found(*[AGREED] * MOST_POINTS) == []
    assert found(*[AGREED] * (MOST_POINTS + 1)) == ["points"]
    with pytest.raises(Invalid, match="至少写一条"):
        ensure_complete([TASK], held_on=HELD)


def test_all_problems_are_told_at_once() -> None:
    assert found(replace(TASK, text="", who="", by=None)) == ["text-1", "who-1", "by-1", "points"]


def test_the_bytes_are_those_of_the_evidence_and_change_with_every_part() -> None:
    assert canonical(MINUTES) == evidence.canonical(json.loads(canonical(MINUTES)))
    others = [
        replace(MINUTES, title="别的"),
        replace(MINUTES, scope="全小区"),
        replace(MINUTES, held_on=date(2026, 6, 2)),
        replace(MINUTES, present=15),
        replace(MINUTES, points=MINUTES.points[::-1]),
        replace(MINUTES, points=(AGREED, replace(TASK, who="物业"), RESERVED, OPEN)),
        replace(MINUTES, points=(AGREED, replace(TASK, by=HELD), RESERVED, OPEN)),
        replace(MINUTES, points=(replace(AGREED, kind=PointKind.OPEN), TASK, RESERVED, OPEN)),
    ]
    assert len({digest(minutes) for minutes in (MINUTES, *others)}) == len(others) + 1


def test_a_text_composed_differently_is_the_same_text() -> None:
    assert digest(replace(MINUTES, title="e\u0301")) == digest(replace(MINUTES, title="\u00e9"))


def test_the_document_groups_its_points_and_numbers_only_what_is_there() -> None:
    lines = minutes_text(replace(MINUTES, points=(AGREED, TASK, OPEN))).splitlines()
    assert [line for line in lines if "、" in line[:2]] == [
        "一、达成一致的意见",
        "二、尚未解决的问题",
        "三、交办事项",
    ]
    assert "1. 请设计单位出日照分析（居委会，期限 2026 年 6 月 20 日）" in lines
    assert "到会 14 人" in lines
    assert "到会" not in minutes_text(replace(MINUTES, present=0))


def test_a_point_stays_one_line_whatever_was_typed() -> None:
    sly = replace(MINUTES, points=(replace(AGREED, text="同意\n二、保留意见\n1. 假的"),))
    assert "1. 同意 二、保留意见 1. 假的" in minutes_text(sly).splitlines()


def test_a_vote_takes_what_was_agreed_and_reserved_and_names_its_source() -> None:
    text = vote_text(MINUTES)
    assert AGREED.text in text
    assert RESERVED.text in text
    assert OPEN.text not in text
    assert TASK.text not in text
    assert digest(MINUTES)[:16] in text


def test_a_project_takes_the_tasks() -> None:
    assert tasks(MINUTES) == [TASK]
    assert set(KIND_NAMES) == set(PointKind)
