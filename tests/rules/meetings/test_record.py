"""The record: its digest hangs on every word, and the clock with the objections says when it is final."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.errors import Conflict
from app.rules.deliberations.minutes import Point, PointKind
from app.rules.meetings.kinds import MeetingKind
from app.rules.meetings.quorum import HALF, Hands, Quorum
from app.rules.meetings.record import (
    Document,
    Standing,
    confirmed_at,
    digest,
    problems,
    record_lines,
    standing,
)
from app.rules.meetings.states import MOVES, MeetingState, Phase, move, phase_at

AT = datetime(2026, 12, 5, 6, 0, tzinfo=UTC)
DUE = AT + timedelta(days=3)
DOCUMENT = Document(
    kind=MeetingKind.RESIDENTS,
    number=3,
    version=1,
    title="加装电梯怎么装",
    place="居委会二楼会议室",
    scope="3号楼1单元",
    starts_at=AT,
    ends_at=AT + timedelta(hours=2),
    chair="陈洁",
    recorder="赵敏",
    agenda=("看图纸",),
    present=12,
    points=(
        Point(PointKind.AGREED, "装在北侧"),
        Point(PointKind.TASK, "出图纸", "设计院", date(2026, 12, 20)),
    ),
    voters=11,
    quorum=Quorum(20, HALF, HALF),
    quorum_source="2018 年文本第九条",
    decisions=(Hands("先做北侧方案", 8, 2, 1),),
)
OTHERS = {
    "kind": MeetingKind.COUNCIL,
    "quorum": Quorum(21, HALF, HALF),
    "decisions": (Hands("先做北侧方案", 9, 2, 1),),
    "points": DOCUMENT.points[:1],
    "agenda": ("看图纸", "谈费用"),
    "starts_at": AT + timedelta(minutes=1),
    "ends_at": AT + timedelta(hours=3),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Document)])
def test_every_field_is_in_the_digest(name: str) -> None:
    old = getattr(DOCUMENT, name)
    new = OTHERS.get(name, old + 1 if isinstance(old, int) else f"{old}改")
    assert digest(replace(DOCUMENT, **{name: new})) != digest(DOCUMENT)


def test_the_paper_says_what_was_decided_and_that_it_is_no_owners_vote() -> None:
    text = "\n".join(record_lines(DOCUMENT))
    assert "先做北侧方案：同意 8 人，反对 2 人，弃权 1 人，通过" in text
    assert "出图纸（设计院，期限 2026 年 12 月 20 日）" in text
    assert "时间：2026 年 12 月 5 日 14:00 至 2026 年 12 月 5 日 16:00" in text
    assert text.endswith("居民会议的决定不代替业主依法作出的共同决定。")
    council = replace(DOCUMENT, kind=MeetingKind.COUNCIL, quorum=None, decisions=())
    assert "只协商、不表决" in record_lines(council)[-1]


def test_a_record_without_a_result_is_not_complete_unless_residents_decided_something() -> None:
    task = replace(DOCUMENT, points=DOCUMENT.points[1:])
    assert problems(task) == []
    assert [one.code for one in problems(replace(task, decisions=()))] == ["no_result"]
    late = Point(PointKind.TASK, "出图纸", "设计院", date(2026, 12, 4))
    assert [one.field for one in problems(replace(DOCUMENT, points=(*DOCUMENT.points, late)))] == ["by-3"]


@pytest.mark.parametrize(
    ("seconds", "open_ones", "stands"),
    [
        (-1, 0, Standing.WAITING),
        (-1, 2, Standing.WAITING),
        (0, 0, Standing.CONFIRMED),
        (0, 1, Standing.OBJECTED),
        (10**6, 1, Standing.OBJECTED),
    ],
)
def test_an_open_objection_stops_the_clock(seconds: int, open_ones: int, stands: Standing) -> None:
    now = DUE + timedelta(seconds=seconds)
    assert standing(due_at=DUE, open_objections=open_ones, now=now) is stands


def test_it_is_final_at_the_end_of_the_window_or_with_the_last_answer_after_it() -> None:
    assert confirmed_at(due_at=DUE, handled=[]) == DUE
    assert confirmed_at(due_at=DUE, handled=[DUE - timedelta(hours=1)]) == DUE
    assert confirmed_at(due_at=DUE, handled=[DUE + timedelta(hours=1), DUE]) == DUE + timedelta(hours=1)


def test_the_clock_says_whether_a_meeting_comes_runs_or_is_over() -> None:
    ends = AT + timedelta(hours=2)
    assert phase_at(MeetingState.INVITED, AT, ends, AT - timedelta(seconds=1)) is Phase.COMING
    assert phase_at(MeetingState.INVITED, AT, ends, AT) is Phase.RUNNING
    assert phase_at(MeetingState.INVITED, AT, ends, ends) is Phase.HELD
    for state in set(MeetingState) - {MeetingState.INVITED}:
        assert phase_at(state, AT, ends, AT).value == state.value


def test_nothing_leads_out_of_a_confirmed_or_a_cancelled_meeting() -> None:
    assert move(Phase.RECORD, MeetingState.RECORD, MeetingState.INVITED) is MeetingState.INVITED
    for last in (MeetingState.CONFIRMED, MeetingState.CANCELLED):
        assert not MOVES[last]
        for target in MeetingState:
            with pytest.raises(Conflict):
                move(Phase(last.value), last, target)
