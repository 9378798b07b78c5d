"""What an import would change, who may be one person, and heads."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.rules.estates.addresses import Home
from app.rules.estates.heads import DEVELOPER, head_key, head_keys
from app.rules.estates.people import Holding, likely_doubles, persons_of
from app.rules.estates.plan import FieldChange, ImportPlan, RegisteredOwner, as_registered, plan_import
from app.rules.estates.rows import OwnerCell, ParsedRow
from app.rules.estates.units import UnitKind, UnitStatus


def row(room="101", *owners, area=6000, floor=1, remark="") -> ParsedRow:
    return ParsedRow(
        "名册",
        2,
        "1",
        "1",
        floor,
        room,
        area,
        UnitKind.DWELLING,
        UnitStatus.NORMAL,
        False,
        False,
        owners or (OwnerCell("张三", "+8613800000001"),),
        remark,
    )


rows = st.builds(
    lambda room, owners, area, kind, status, flags, floor, remark: replace(
        row(str(room), *owners, area=area, floor=floor, remark=remark),
        kind=kind,
        status=status,
        heirs_proving=flags[0],
        tenant=flags[1],
    ),
    st.integers(101, 130),
    st.lists(
        st.builds(
            OwnerCell, st.sampled_from(["张三", "李四", "王五"]), st.sampled_from([None, "+861", "+862"])
        ),
        max_size=3,
        unique=True,
    ),
    st.integers(1, 10**7),
    st.sampled_from(UnitKind),
    st.sampled_from(UnitStatus),
    st.tuples(st.booleans(), st.booleans()),
    st.integers(-2, 33),
    st.text(max_size=10),
)
registers = st.lists(rows, max_size=5, unique_by=lambda r: r.home)


@settings(max_examples=50)
@given(registers, registers)
def test_an_import_applied_and_planned_again_changes_nothing(before, after):
    present = {unit.home: unit for unit in map(as_registered, before)}
    plan = plan_import(after, present.values())
    for new in [*plan.added, *(unit.row for unit in plan.changed)]:
        present[new.home] = as_registered(new)
    for gone in plan.removed:
        del present[gone.home]
    again = plan_import(after, present.values())
    assert again.is_empty
    assert again.unchanged == len(after)


@settings(max_examples=50)
@given(registers, registers)
def test_a_plan_survives_json(before, after):
    plan = plan_import(after, map(as_registered, before))
    assert ImportPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_added_changed_and_removed_homes_are_told_field_by_field():
    plan = plan_import(
        [row("101", area=6100), row("102")], [as_registered(row("101")), as_registered(row("103"))]
    )
    assert [new.room for new in plan.added] == ["102"]
    assert plan.changed[0].changes == (FieldChange("area", "60.00", "61.00"),)
    assert [unit.room for unit in plan.removed] == ["103"]


def test_a_home_whose_row_was_refused_is_not_listed_as_removed():
    plan = plan_import([], [as_registered(row("101"))], kept=[Home("1", "1", "101")])
    assert plan.is_empty


def test_the_order_of_owners_is_no_change_and_a_blank_phone_erases_nothing():
    unit = as_registered(row("101", OwnerCell("张三", "+861"), OwnerCell("李四", "+862")))
    assert plan_import([row("101", OwnerCell("李四"), OwnerCell("张三", "+861"))], [unit]).is_empty


def test_a_floor_the_file_does_not_tell_is_no_change():
    assert plan_import([row("101", floor=0)], [as_registered(row("101", floor=3))]).is_empty
    assert not plan_import([row("101", floor=2)], [as_registered(row("101", floor=3))]).is_empty


def test_a_number_known_as_his_from_another_home_is_no_change():
    unit = replace(as_registered(row("101")), owners=(RegisteredOwner("张三", "+861", "owner-1", ("+862",)),))
    assert plan_import([row("101", OwnerCell("张三", "+862"))], [unit]).is_empty
    assert not plan_import([row("101", OwnerCell("张三", "+863"))], [unit]).is_empty


def test_equal_name_and_phone_is_one_person_and_equal_name_alone_is_asked():
    plan = plan_import(
        [row("101"), row("102"), row("103", OwnerCell("张三")), row("104", OwnerCell("李四"))], []
    )
    (double,) = plan.doubles
    assert [person.homes for person in double.persons] == [("1-1-101", "1-1-102"), ("1-1-103",)]


def test_doubles_the_register_knows_are_not_asked_again():
    known = [
        replace(as_registered(row(str(101 + n))), owners=(RegisteredOwner("张三", f"+86{n}", f"owner-{n}"),))
        for n in range(2)
    ]
    files = [row(str(101 + n), OwnerCell("张三", f"+86{n}")) for n in range(2)]
    assert plan_import(files, known).doubles == ()
    assert len(plan_import([*files, row("103", OwnerCell("张三", "+869"))], known).doubles[0].persons) == 3
    assert plan_import([*files, row("103", OwnerCell("张三", "+861"))], known).doubles == ()


def test_two_nameless_of_number_in_different_homes_are_asked():
    holdings = [Holding("张三", None, Home("1", "", "101")), Holding("张三", None, Home("1", "", "102"))]
    assert len(likely_doubles(persons_of(holdings))[0].persons) == 2


def test_identical_owner_sets_are_one_head_and_overlapping_ones_are_not():
    normal = UnitStatus.NORMAL
    keys = head_keys([(["a", "b"], normal), (["b", "a"], normal), (["a"], normal)])
    assert keys[0] == keys[1] != keys[2]


def test_unsold_undelivered_and_the_developers_own_units_are_one_head():
    keys = head_keys(
        [(["d"], UnitStatus.UNSOLD), (["x"], UnitStatus.UNDELIVERED), (["d"], UnitStatus.NORMAL)]
    )
    assert set(keys) == {DEVELOPER}


def test_units_without_owners_are_heads_of_their_own():
    assert len(set(head_keys([([], UnitStatus.NORMAL), ([], UnitStatus.NORMAL)]))) == 2
    with pytest.raises(ValueError, match="unit_key"):
        head_key([], UnitStatus.NORMAL)
