"""Rounds: when the next is due, what a failed line becomes, who may write one down, and that it stands for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from app.database import Database
from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.base import table_of
from app.models.maintenance.orders import ReportSource, WorkOrder
from app.models.maintenance.upkeep import Inspection, InspectionLine, InspectionPlan
from app.rules.maintenance.rounds import CountedFrom, Every, LineResult, rule_of
from app.services.maintenance import rounds, rounds_reading
from app.services.maintenance.rounds import Found, NewPlan
from tests.fixtures.maintenance import Upkeep, actor_of

FINE, ABSENT = Found(LineResult.FINE, ""), Found(LineResult.ABSENT, "")
FAILED = Found(LineResult.FAILED, "三楼应急灯不亮")


def lift_plan(upkeep: Upkeep, **changes: object) -> NewPlan:
    """Every fifteen days from 2026-11-20, two lines, done by the manager."""
    plan = NewPlan(
        id=uuid4(),
        place_id=upkeep.entrance,
        party_id=upkeep.manager,
        category="lift",
        title="电梯维护保养",
        every=Every.DAILY,
        interval=15,
        counted_from=CountedFrom.PLANNED,
        lines="平层准确\n应急照明有效",
        starts_on=date(2026, 11, 20),
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def planned(session: Session, upkeep: Upkeep, now: datetime, **changes: object) -> UUID:
    return rounds.plan_rounds(
        session,
        lift_plan(upkeep, **changes),
        estate_id=upkeep.world.estate_id,
        actor=actor_of(upkeep.world.chen_jie),
        now=now,
    )


def due(session: Session, plan_id: UUID) -> list[Inspection]:
    """Its rounds that are not done."""
    return list(
        session.exec(
            select(Inspection).where(Inspection.plan_id == plan_id, Inspection.done_at == None)  # noqa: E711
        )
    )


def finish(
    session: Session,
    upkeep: Upkeep,
    round_id: UUID,
    now: datetime,
    found: tuple[Found, ...] = (FINE, FINE),
    **changes: object,
) -> list[UUID]:
    asked = {
        "estate_id": upkeep.world.estate_id,
        "inspector": "王师傅 工号12",
        "note": "",
        "actor": actor_of(upkeep.world.ma_chao),
        "committee": False,
    }
    return rounds.finish_round(session, round_id=round_id, found=found, now=now, **{**asked, **changes})  # type: ignore[arg-type]


def test_the_first_round_is_on_the_day_the_plan_starts_and_the_next_fifteen_days_on(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    plan_id = planned(session, upkeep, now)
    (first,) = due(session, plan_id)
    assert first.due_on == date(2026, 11, 20)
    finish(session, upkeep, first.id, now)  # on 23 November
    (second,) = due(session, plan_id)
    assert second.due_on == date(2026, 12, 5)


def test_counted_from_the_day_it_was_done_the_next_is_fifteen_days_after_that(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    plan_id = planned(session, upkeep, now, counted_from=CountedFrom.DONE)
    finish(session, upkeep, due(session, plan_id)[0].id, now)
    assert [one.due_on for one in due(session, plan_id)] == [date(2026, 12, 8)]


def test_a_late_round_is_not_followed_by_all_that_were_missed(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    plan_id = planned(session, upkeep, now)
    finish(session, upkeep, due(session, plan_id)[0].id, now + timedelta(days=50))  # 12 January
    assert [one.due_on for one in due(session, plan_id)] == [date(2027, 1, 19)]


@pytest.mark.parametrize(
    ("counted", "every", "interval", "starts", "planned_on", "done", "expected"),
    [
        # Done early and counted from then, the lift is never left for longer than fifteen days.
        ("done", "DAILY", 15, "2026-11-25", "2026-11-25", "2026-11-01", "2026-11-16"),
        ("planned", "DAILY", 15, "2026-11-25", "2026-11-25", "2026-11-24", "2026-12-10"),
        ("planned", "MONTHLY", 1, "2026-01-31", "2026-01-31", "2026-01-31", "2026-02-28"),
        ("planned", "MONTHLY", 1, "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31"),
        ("done", "MONTHLY", 1, "2026-01-02", "2026-01-02", "2026-01-31", "2026-02-28"),
        ("planned", "YEARLY", 1, "2028-02-29", "2028-02-29", "2028-03-05", "2029-02-28"),
        ("planned", "WEEKLY", 2, "2026-11-20", "2026-11-20", "2026-12-18", "2027-01-01"),
    ],
)
def test_the_day_of_the_round_after(
    counted: str, every: str, interval: int, starts: str, planned_on: str, done: str, expected: str
) -> None:
    plan = InspectionPlan(
        rule=rule_of(Every(every), interval),
        counted_from=CountedFrom(counted),
        starts_on=date.fromisoformat(starts),
    )
    found = rounds.next_due(plan, planned=date.fromisoformat(planned_on), done=date.fromisoformat(done))
    assert found == date.fromisoformat(expected)


def test_a_day_that_has_had_its_round_is_passed_over(session: Session, upkeep: Upkeep, now: datetime) -> None:
    # Due on 8 December; done on the 23rd of November, so due fifteen days later: that very day.
    plan_id = planned(session, upkeep, now, counted_from=CountedFrom.DONE, starts_on=date(2026, 12, 8))
    finish(session, upkeep, due(session, plan_id)[0].id, now)
    assert [one.due_on for one in due(session, plan_id)] == [date(2026, 12, 9)]


def test_a_failed_line_is_an_order_by_itself(session: Session, upkeep: Upkeep, now: datetime) -> None:
    plan_id = planned(session, upkeep, now)
    (first,) = due(session, plan_id)
    (order_id,) = finish(session, upkeep, first.id, now, found=(ABSENT, FAILED))
    order = session.get_one(WorkOrder, order_id)
    assert (order.source, order.place_id, order.category) == (
        ReportSource.INSPECTION,
        upkeep.entrance,
        "lift",
    )
    assert order.text == "电梯维护保养：应急照明有效。三楼应急灯不亮"
    assert order.listed
    assert order.party_id == upkeep.manager
    view = rounds_reading.read_round(session, estate_id=upkeep.world.estate_id, round_id=first.id)
    assert [(line.result, line.order_id) for line in view.lines] == [
        (LineResult.ABSENT, None),
        (LineResult.FAILED, order_id),
    ]
    assert (view.done_at, view.inspector) == (now, "王师傅 工号12")


def test_a_failed_line_without_words_is_refused(session: Session, upkeep: Upkeep, now: datetime) -> None:
    (first,) = due(session, planned(session, upkeep, now))
    with pytest.raises(Invalid) as refusal:
        finish(session, upkeep, first.id, now, found=(FINE, Found(LineResult.FAILED, " ")))
    assert (refusal.value.code, refusal.value.field) == ("no_note", "note-1")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"found": (FINE,)}, "result-1"),
        ({"inspector": " "}, "inspector"),
        ({"inspector": "长" * 51}, "inspector"),
        ({"note": "长" * 501}, "note"),
        ({"found": (FINE, Found(LineResult.FAILED, "长" * 1_000_000))}, "note-1"),
    ],
)
def test_a_round_half_filled_in_is_refused(
    session: Session, upkeep: Upkeep, now: datetime, changes: dict[str, object], field: str
) -> None:
    (first,) = due(session, planned(session, upkeep, now))
    with pytest.raises(Invalid) as refusal:
        finish(session, upkeep, first.id, now, **changes)  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_another_partys_people_may_not_and_the_committee_may(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    (first,) = due(session, planned(session, upkeep, now, party_id=upkeep.builder))
    with pytest.raises(NotAllowed) as refusal:
        finish(session, upkeep, first.id, now)
    assert refusal.value.code == "not_yours"
    chen_jie = actor_of(upkeep.world.chen_jie)
    finish(session, upkeep, first.id, now, actor=chen_jie, committee=True)
    assert session.get_one(Inspection, first.id).done_by == chen_jie.id


def test_a_round_is_written_down_once(session: Session, upkeep: Upkeep, now: datetime) -> None:
    (first,) = due(session, planned(session, upkeep, now))
    finish(session, upkeep, first.id, now, found=(FINE, FAILED))
    with pytest.raises(Conflict):
        finish(session, upkeep, first.id, now, found=(FINE, FAILED))
    assert len(session.exec(select(WorkOrder.id)).all()) == 1


def test_a_done_round_never_changes_nor_do_its_lines(
    database: Database, upkeep: Upkeep, now: datetime
) -> None:
    with database.transaction() as session:
        (first,) = due(session, planned(session, upkeep, now))
        first_id = first.id
        finish(session, upkeep, first_id, now)
    round_, line = table_of(Inspection), table_of(InspectionLine)
    for statement in (
        sa.update(round_).where(round_.c.id == first_id).values(note="改过"),
        sa.update(line).values(result=LineResult.FAILED),
        sa.delete(line),
    ):
        with pytest.raises(DatabaseError), database.transaction() as session:
            session.connection().execute(statement)


def test_nothing_of_another_estate_is_found(session: Session, upkeep: Upkeep, now: datetime) -> None:
    plan_id, other = planned(session, upkeep, now), upkeep.world.other_estate_id
    (first,) = due(session, plan_id)
    asked = {"actor": actor_of(upkeep.world.zhou_tao), "now": now}
    for ask in (
        lambda: finish(session, upkeep, first.id, now, estate_id=other, committee=True),
        lambda: rounds_reading.read_round(session, estate_id=other, round_id=first.id),
        lambda: rounds_reading.read_plan(session, estate_id=other, plan_id=plan_id),
        lambda: rounds_reading.list_rounds(session, estate_id=other, plan_id=plan_id),
        lambda: rounds.end_plan(session, estate_id=other, plan_id=plan_id, **asked),  # type: ignore[arg-type]
        lambda: rounds.plan_rounds(session, lift_plan(upkeep), estate_id=other, **asked),  # type: ignore[arg-type]
    ):
        with pytest.raises(NotFound):
            ask()
    assert rounds_reading.list_plans(session, estate_id=other) == []


def test_an_ended_plan_keeps_what_was_done_and_has_no_round_to_come(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    plan_id = planned(session, upkeep, now)
    (first,) = due(session, plan_id)
    finish(session, upkeep, first.id, now)
    asked = {"estate_id": upkeep.world.estate_id, "plan_id": plan_id, "now": now}
    rounds.end_plan(session, actor=actor_of(upkeep.world.chen_jie), **asked)  # type: ignore[arg-type]
    assert due(session, plan_id) == []
    assert [
        one.id
        for one in rounds_reading.list_rounds(session, estate_id=upkeep.world.estate_id, plan_id=plan_id)
    ] == [first.id]
    assert rounds_reading.list_plans(session, estate_id=upkeep.world.estate_id) == []
    with pytest.raises(Conflict):
        rounds.end_plan(session, actor=actor_of(upkeep.world.chen_jie), **asked)  # type: ignore[arg-type]


def test_a_plan_sent_twice_is_one_plan(session: Session, upkeep: Upkeep, now: datetime) -> None:
    form = uuid4()
    assert planned(session, upkeep, now, id=form) == planned(session, upkeep, now, id=form) == form
    assert len(due(session, form)) == 1
    with pytest.raises(Conflict):
        rounds.plan_rounds(
            session,
            lift_plan(upkeep, id=form),
            estate_id=upkeep.world.estate_id,
            actor=actor_of(upkeep.world.li_na),
            now=now,
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "　"}, "title"),
        ({"title": "长" * 81}, "title"),
        ({"lines": ""}, "lines"),
        ({"interval": 0}, "interval"),
        ({"category": "nothing"}, "category"),
        ({"starts_on": date(2020, 1, 1)}, "starts_on"),
        ({"starts_on": date(9999, 12, 31)}, "starts_on"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(
    session: Session, upkeep: Upkeep, now: datetime, changes: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        planned(session, upkeep, now, **changes)
    assert refusal.value.field == field
    assert session.exec(select(InspectionPlan.id)).all() == []


def test_the_list_shows_what_is_due_first_and_when_it_was_last_done(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    planned(session, upkeep, now, title="消防设施巡查", starts_on=date(2026, 12, 1))
    lift = planned(session, upkeep, now)
    finish(session, upkeep, due(session, lift)[0].id, now)
    first, second = rounds_reading.list_plans(session, estate_id=upkeep.world.estate_id)
    assert (first.title, first.next_due, first.last_done) == ("消防设施巡查", date(2026, 12, 1), None)
    assert (second.next_due, second.last_done, second.place) == (date(2026, 12, 5), now, "3号楼 1单元")


def test_a_round_is_late_from_the_day_after_it_was_due_until_it_is_done_or_its_plan_ends(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    def late(at: datetime) -> int:
        return rounds_reading.count_late(session, estate_id=upkeep.world.estate_id, now=at)

    plan_id, ended = (planned(session, upkeep, now, starts_on=date(2026, 11, 23)) for _ in range(2))
    assert (late(now), late(now + timedelta(days=1))) == (0, 2)
    by = {"estate_id": upkeep.world.estate_id, "actor": actor_of(upkeep.world.chen_jie), "now": now}
    rounds.end_plan(session, plan_id=ended, **by)  # type: ignore[arg-type]
    assert late(now + timedelta(days=1)) == 1
    finish(session, upkeep, due(session, plan_id)[0].id, now)
    assert late(now + timedelta(days=1)) == 0
    other = rounds_reading.count_late(
        session, estate_id=upkeep.world.other_estate_id, now=now + timedelta(days=90)
    )
    assert (late(now + timedelta(days=90)), other) == (1, 0)


def test_late_rounds_are_counted_to_a_hundred(session: Session, upkeep: Upkeep, now: datetime) -> None:
    plan_id = planned(session, upkeep, now)
    session.add_all(
        Inspection(estate_id=upkeep.world.estate_id, plan_id=plan_id, due_on=date(2026, 1, 1) + timedelta(n))
        for n in range(120)
    )
    session.flush()
    assert rounds_reading.count_late(session, estate_id=upkeep.world.estate_id, now=now) == 100
