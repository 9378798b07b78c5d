"""A home by hand: added once, refused when known, removed only while nothing stands on it."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from sqlmodel import SQLModel, select

from app.errors import Conflict, NotFound
from app.models.estates import Owner, Unit
from app.models.outbox import Message
from app.rules.estates.single import TypedHome
from app.services.estates.register import get_home
from app.services.estates.rolls import HELD_BY
from app.services.estates.single_homes import add_home, remove_home
from app.services.trail import Actor, list_rows

WHY = "漏登的房屋，凭不动产权证"
TYPED = TypedHome(
    building="3", entrance="1", room="701", area="80", kind="dwelling", status="normal", owner="孙宁"
)
# These stand on a home only through its line on a roll, or stay readable without it.
THROUGH_THE_ROLL = {
    "ballot_look",
    "ballot_event",
    "ballot_current",
    "delivery",
    "mandate",
    "paper_sheet",
    "roll_correction",
    "roll_voter",
}
GO_WITH_IT = {"ownership", "representative_naming"}


@pytest.fixture
def act(session, world, now):
    actor = Actor(world.chen_jie.account_id, "陈洁")

    def do(deed, *args, **options):
        given = {"estate_id": world.estate_id, "reason": WHY, "actor": actor, "now": now}
        return deed(session, *args, **{**given, **options})

    return do


def tags(session, world) -> list[str]:
    return [line.tag for line in list_rows(session, estate_id=world.estate_id)]


def test_a_home_is_added_once_and_its_owner_is_who_he_already_is(act, session, world) -> None:
    unit_id, typed = uuid4(), TypedHome(**{**as_typed(), "owner": "li_na、孙宁", "phone": world.li_na.phone})
    for _ in range(2):
        assert act(add_home, typed, unit_id=unit_id) == unit_id
    sheet = get_home(session, estate_id=world.estate_id, unit_id=unit_id)
    assert (sheet.home.label, sheet.home.floor, sheet.home.area) == ("3号楼1单元701室", 7, 8000)
    assert [owner.name for owner in sheet.home.owners] == ["li_na", "孙宁"]
    assert sheet.home.owners[0].id == world.homes["301"].owner_id
    assert tags(session, world) == ["estates:home:add"]


def as_typed() -> dict[str, str]:
    return {name: getattr(TYPED, name) for name in TypedHome.__slots__}


def test_a_home_that_is_there_is_refused_with_what_is_there(act, session, world) -> None:
    with pytest.raises(Conflict) as refused:
        act(add_home, TypedHome(**{**as_typed(), "building": "3号楼", "room": "0301室"}), unit_id=uuid4())
    assert str(refused.value) == "3号楼1单元301室 已经在名册里：80.00 平方米，业主 li_na"
    assert refused.value.values["unit"] == str(world.homes["301"].unit_id)
    assert len(session.exec(select(Unit)).all()) == 12


def test_an_id_of_another_estate_adds_nothing(act, session, world) -> None:
    with pytest.raises(Conflict):
        act(add_home, TYPED, unit_id=world.homes["301"].unit_id, estate_id=world.other_estate_id)


def test_a_home_nothing_stands_on_is_removed_once_with_its_owner(act, session, world) -> None:
    unit_id = act(add_home, TYPED, unit_id=uuid4())
    for _ in range(2):
        act(remove_home, unit_id=unit_id)
    assert session.get(Unit, unit_id) is None
    assert session.exec(select(Owner).where(Owner.name == "孙宁")).all() == []
    assert tags(session, world) == ["estates:home:remove", "estates:home:add"]
    with pytest.raises(NotFound):
        act(remove_home, unit_id=uuid4())
    with pytest.raises(Conflict, match="已经用过"):  # the form it came with arrives again
        act(add_home, TYPED, unit_id=unit_id)
    assert session.get(Unit, unit_id) is None
    with pytest.raises(NotFound):
        act(remove_home, unit_id=world.homes["301"].unit_id, estate_id=world.other_estate_id)


def test_an_owner_with_an_account_is_told_and_stays_known(act, session, world) -> None:
    act(remove_home, unit_id=world.homes["301"].unit_id)
    told = session.exec(select(Message).where(Message.account_id == world.li_na.account_id)).one()
    assert (told.template, told.values["reason"]) == ("home_taken_off", WHY)
    assert session.get(Owner, world.homes["301"].owner_id) is not None


def test_a_home_lived_in_stays_and_the_sentence_says_why(act, session, world) -> None:
    with pytest.raises(Conflict) as refused:
        act(remove_home, unit_id=world.homes["501"].unit_id)
    assert "3号楼1单元501室 有核实过的住户" in str(refused.value)


def test_a_home_on_a_roll_stays(act, session, world, vote) -> None:
    with pytest.raises(Conflict) as refused:
        act(remove_home, unit_id=world.homes["402"].unit_id)
    assert "表决名册" in str(refused.value)


def tables_of_homes() -> set[str]:
    """Every table that names a home, by key or without."""
    return {
        table.name
        for table in SQLModel.metadata.tables.values()
        for column in table.c
        if column.name == "unit_id"
    } | {
        table.name
        for table in SQLModel.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "unit"
    }


def test_every_table_that_names_a_home_is_asked_before_it_goes() -> None:
    assert tables_of_homes() == set(HELD_BY) | THROUGH_THE_ROLL | GO_WITH_IT


@pytest.mark.parametrize("table", sorted(HELD_BY))
def test_each_of_them_keeps_a_home(act, table, monkeypatch) -> None:
    """A true row would need its room's whole story; that the question reaches the right table is seen elsewhere."""
    unit_id = act(add_home, TYPED, unit_id=uuid4())
    monkeypatch.setattr("app.services.estates.rolls._named", asked(table, unit_id))
    with pytest.raises(Conflict) as refused:
        act(remove_home, unit_id=unit_id)
    assert refused.value.message == HELD_BY[table]


def asked(table: str, unit_id: UUID):
    return lambda _session, column, ids: frozenset({unit_id} if column.table.name == table else ())
