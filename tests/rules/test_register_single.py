"""One home typed at the desk is read as a row of an upload is, and what an upload only warns of is refused."""

from dataclasses import replace

import pytest

from app.errors import Invalid
from app.rules.estates.rows import OwnerCell
from app.rules.estates.single import TypedHome, read_single
from app.rules.estates.units import UnitKind, UnitStatus
from app.services.accounts.phones import read_phone

TYPED = TypedHome(
    building="5号楼",
    entrance="一单元",
    room="0202室",
    area="62.35㎡",
    kind="dwelling",
    status="normal",
    owner="张三、李四",
    phone="139 0000 0001、13900000002",
)


def read(**changes):
    return read_single(replace(TYPED, **changes), read_phone=read_phone)


def test_every_spelling_of_an_upload_is_read():
    row = read()
    assert (row.building, row.entrance, row.room, row.floor, row.area) == ("5", "1", "202", 2, 6235)
    assert (row.kind, row.status) == (UnitKind.DWELLING, UnitStatus.NORMAL)
    assert row.owners == (OwnerCell("张三", "+8613900000001"), OwnerCell("李四", "+8613900000002"))


def test_what_stands_in_brackets_and_in_the_remark_tells_of_heirs_and_tenants():
    row = read(owner="张三（已故）、李四", remark="出租")
    assert (row.heirs_proving, row.tenant, row.remark) == (True, True, "出租；已故")
    assert not read().heirs_proving


def test_a_floor_is_believed_before_the_room_number():
    assert read(floor="3层").floor == 3
    assert read(floor="-1").floor == -1
    assert read(building="地下", entrance="", room="车位01", kind="parking").floor == -1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"building": ""}, "building"),
        ({"building": "楼" * 200}, "building"),
        ({"room": ""}, "room"),
        ({"room": "2" * 3000}, "room"),
        ({"room": "2单元202"}, "room"),
        ({"area": ""}, "area"),
        ({"area": "0"}, "area"),
        ({"area": "=80+1"}, "area"),
        ({"area": "62.355"}, "area"),
        ({"area": "9" * 5000}, "area"),
        ({"floor": "顶楼"}, "floor"),
        ({"floor": "-30"}, "floor"),
        ({"kind": "castle"}, "kind"),
        ({"status": ""}, "status"),
        ({"owner": "张三13900000001"}, "owner"),
        ({"owner": "张" * 600}, "owner"),
        ({"phone": "12345"}, "phone"),
        ({"phone": "13900000001、13900000002、13900000003"}, "phone"),
        ({"remark": "字" * 201}, "remark"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(changes, field):
    with pytest.raises(Invalid) as refused:
        read(**changes)
    assert refused.value.field == field
