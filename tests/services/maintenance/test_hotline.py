"""Calls of the hotline become orders once, or join the order that is here: one fault, one clock."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, select

from app.errors import Conflict, Invalid, TooLarge
from app.models.maintenance.orders import OrderNote, ReportSource, WorkOrder
from app.models.maintenance.parties import Party
from app.models.trail import TrailRow
from app.rules.maintenance.states import Cause, OrderState
from app.services.maintenance.hotline.exporting import csv_of_calls
from app.services.maintenance.hotline.previewing import MOST_FILE, pack, preview_calls, read_file, unpack
from app.services.maintenance.hotline.taking import Taken, put_number, take_calls
from tests.fixtures.maintenance import Upkeep, actor_of

HEAD = "工单编号,来电时间,类别,内容,地址,来电人,电话\n"
LAMP = "H1,2026-11-22 09:15,路灯,张三反映二楼楼道灯不亮，电话13812345678,幸福里3栋1单元,张三,13812345678\n"
TREE = "H2,2026-11-22 10:00,绿化,树倒了,小区东门,李四,\n"


def sheet_of(text: str, now: datetime, encoding: str = "utf-8"):
    return read_file((HEAD + text).encode(encoding), file_name="热线.csv", now=now)


def take(session: Session, upkeep: Upkeep, text: str, now: datetime, **choices: str) -> Taken:
    world = upkeep.world
    return take_calls(
        session,
        estate_id=world.estate_id,
        sheet=sheet_of(text, now),
        choices=choices,
        actor=actor_of(world.chen_jie),
        now=now,
    )


def orders(session: Session) -> list[WorkOrder]:
    return list(session.exec(select(WorkOrder).order_by(WorkOrder.number)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_sheet_is_read_in_the_encodings_that_offices_use(now, encoding) -> None:
    assert sheet_of(LAMP, now, encoding).calls == sheet_of(LAMP, now).calls


def test_a_sheet_that_is_too_big_is_refused_before_it_is_read(now) -> None:
    with pytest.raises(TooLarge):
        read_file(b"x" * (MOST_FILE + 1), file_name="x.csv", now=now)


def test_what_a_form_carries_is_what_was_shown(now) -> None:
    sheet = sheet_of(LAMP + '"H3",,,"两行\n""引号"", 逗号",,,\n', now)
    again = unpack(pack(sheet.calls).replace("\n", "\r\n"), now=now)
    assert [(one.number, one.text, one.called_at) for one in again.calls] == [
        (one.number, one.text, one.called_at) for one in sheet.calls
    ]
    for text in ("", "不是表格", "x" * (MOST_FILE + 1), pack(sheet.calls) + ",,,\0,,,"):
        with pytest.raises(Invalid):
            unpack(text, now=now)


def test_the_preview_names_what_looks_alike_here_and_in_the_sheet_and_writes_nothing(
    session, upkeep, now
) -> None:
    upkeep.report(session, now)
    again = LAMP.replace("H1", "H9")
    lines = preview_calls(
        session, estate_id=upkeep.world.estate_id, sheet=sheet_of(LAMP + TREE + again, now), now=now
    )
    assert [[one.choice for one in line.alike] for line in lines] == [["order:1"], [], ["call:H1", "order:1"]]
    assert [line.place for line in lines] == ["3号楼 1单元", "", "3号楼 1单元"]
    assert len(orders(session)) == 1


def test_a_new_call_is_an_order_with_a_clock_and_without_the_callers_name_in_public(
    session, upkeep, now
) -> None:
    assert take(session, upkeep, LAMP, now, H1="new") == Taken(new=1)
    (order,) = orders(session)
    assert (order.source, order.hotline_number, order.place_id) == (
        ReportSource.HOTLINE,
        "H1",
        upkeep.entrance,
    )
    assert (order.listed, order.state, order.party_id) == (True, OrderState.ASSIGNED, upkeep.manager)
    assert order.due_at is not None
    assert order.text == "来电人反映二楼楼道灯不亮，电话（电话略）"
    assert (order.contact_name, order.contact_phone) == ("张三", "13812345678")
    (note,) = session.exec(select(OrderNote)).all()
    assert note.private
    assert "2026-11-22 09:15来电" in note.text
    assert "138" not in note.text


def test_the_same_sheet_twice_is_once(session, upkeep, now) -> None:
    take(session, upkeep, LAMP + TREE, now, H1="new", H2="skip")
    assert take(session, upkeep, LAMP + TREE, now, H1="new", H2="new") == Taken(new=1, known=1)
    assert [order.hotline_number for order in orders(session)] == ["H1", "H2"]
    assert take(session, upkeep, LAMP + TREE, now) == Taken(known=2)


def test_a_call_put_to_an_order_gives_it_its_number_and_no_second_clock(session, upkeep, now) -> None:
    upkeep.report(session, now)
    before = orders(session)[0].due_at
    later = now + timedelta(hours=2)
    assert take(session, upkeep, LAMP, later, H1="order:1") == Taken(joined=1)
    (order,) = orders(session)
    assert (order.hotline_number, order.due_at, order.source) == ("H1", before, ReportSource.RESIDENT)
    # It is li_na's report: whom to ask back is known.
    assert order.contact_phone == ""
    (entry,) = session.exec(select(TrailRow).where(TrailRow.tag == "maintenance:order:hotline")).all()
    assert entry.actor_id == upkeep.world.chen_jie.account_id


def test_a_second_number_for_one_fault_is_closed_at_once_as_a_duplicate(session, upkeep, now) -> None:
    upkeep.report(session, now)
    second, third = LAMP.replace("H1", "H2"), LAMP.replace("H1", "H3")
    taken = take(session, upkeep, LAMP + second + third, now, H1="order:1", H2="call:H1", H3="call:H2")
    assert taken == Taken(joined=3)
    first, *doubles = orders(session)
    assert [(one.state, one.duplicate_of, one.is_open) for one in doubles] == [
        (OrderState.DUPLICATE, first.id, False)
    ] * 2
    # Nobody was asked to mend them.
    assert {one.party_id for one in doubles} == {None}


@pytest.mark.parametrize("choice", ["", "order:77", "order:x", "call:H1", "call:nothing", "order:²", "drop"])
def test_a_choice_that_names_nothing_is_refused_and_nothing_is_written(session, upkeep, now, choice) -> None:
    with pytest.raises(Invalid) as refused:
        take(session, upkeep, LAMP, now, H1=choice)
    assert refused.value.field == "choice-H1"
    assert orders(session) == []


def test_a_call_is_not_put_to_an_order_that_is_over_or_another_estates(session, upkeep, now) -> None:
    order_id = upkeep.report(session, now)
    upkeep.take(session, order_id, OrderState.WITHDRAWN, Cause.REPORTER, upkeep.world.li_na, now)
    with pytest.raises(Conflict) as refused:
        take(session, upkeep, LAMP, now, H1="order:1")
    assert refused.value.field == "choice-H1"


def test_a_number_is_written_by_hand_on_one_order_only(session, upkeep, now) -> None:
    world = upkeep.world
    upkeep.report(session, now)
    upkeep.report(session, now, text="另一盏灯")
    by = {"estate_id": world.estate_id, "actor": actor_of(world.chen_jie), "now": now}
    for _ in range(2):
        put_number(session, number=1, hotline_number=" H1 ", **by)
    assert orders(session)[0].hotline_number == "H1"
    for number, hotline, field in ((2, "H1", "hotline_number"), (1, "H2", "number")):
        with pytest.raises(Conflict) as refused:
            put_number(session, number=number, hotline_number=hotline, **by)
        assert refused.value.field == field
    for number, hotline, field in ((None, "H3", "number"), (9, "H3", "number"), (2, "=1", "hotline_number")):
        with pytest.raises(Invalid) as refused:
            put_number(session, number=number, hotline_number=hotline, **by)
        assert refused.value.field == field


def test_the_sheet_that_goes_back_follows_duplicates_and_cannot_compute(session, upkeep, now) -> None:
    world = upkeep.world
    order_id = upkeep.report(session, now)
    second = LAMP.replace("H1", "-H2")
    take(session, upkeep, LAMP + second, now, **{"H1": "order:1", "-H2": "call:H1"})
    upkeep.report(session, now, text="没有热线编号")
    manager = session.get_one(Party, upkeep.manager)
    manager.name = "=HYPERLINK(1)"
    session.add(manager)
    at = now + timedelta(hours=1)
    upkeep.take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, at, note="明天上午\n来修")
    head, double, first = csv.reader(io.StringIO(csv_of_calls(session, estate_id=world.estate_id)))
    assert head[0] == "热线编号"
    assert first == ["H1", "1", "已接单", "", "'=HYPERLINK(1)", "2026-11-23 11:00", "", "明天上午 来修"]
    assert double == ["'-H2", "2", "已接单", "1", *first[4:]]
    assert "13812345678" not in csv_of_calls(session, estate_id=world.estate_id)
    assert len(csv_of_calls(session, estate_id=world.other_estate_id).splitlines()) == 1
