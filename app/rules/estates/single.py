"""One home as typed at the desk, read by the rules that read a row of an uploaded register."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import N_, Invalid
from app.rules.estates.addresses import read_home
from app.rules.estates.cells import read_area, read_floor
from app.rules.estates.contacts import TOO_MANY_PHONES, read_owners
from app.rules.estates.rows import ParsedRow, ReadPhone
from app.rules.estates.sheets import MAX_REMARK
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.estates.words import has_tenant, heirs_are_proving
from app.rules.text import clean_line

FLOORS = range(-9, 200)


@dataclass(frozen=True, slots=True)
class TypedHome:
    """The fields of the form; several owners stand in one field, their numbers in the same order in the other."""

    building: str = ""
    entrance: str = ""
    floor: str = ""
    room: str = ""
    area: str = ""
    kind: str = ""
    status: str = ""
    owner: str = ""
    phone: str = ""
    remark: str = ""


def read_single(typed: TypedHome, *, read_phone: ReadPhone) -> ParsedRow:
    """The home; raises `Invalid` naming the field. Without a floor the room number tells it.

    What an upload only warns of is refused here, for whoever types is there to answer.
    """
    if not typed.room.strip():
        raise Invalid(N_("没有写房号"), field="room")
    home = read_home(
        typed.building.strip(), typed.entrance.strip(), clean_line(typed.room, most=40, field="room"), ""
    )
    area = read_area(typed.area)
    owners, notes, spare = read_owners((typed.owner,), (typed.phone,), read_phone)
    if spare:
        raise Invalid(TOO_MANY_PHONES, field="phone", count=spare)
    own = clean_line(typed.remark, most=MAX_REMARK, field="remark")
    remark = "；".join(part for part in (own, notes) if part)[:MAX_REMARK]
    return ParsedRow(
        sheet="",
        row=0,
        building=home.building,
        entrance=home.entrance,
        floor=_floor(typed.floor, home.building, home.room),
        room=home.room,
        area=area,
        kind=_kind(typed.kind),
        status=_status(typed.status),
        heirs_proving=heirs_are_proving(remark),
        tenant=has_tenant(remark),
        owners=owners,
        remark=remark,
    )


def _floor(text: str, building: str, room: str) -> int:
    """What is written must be a floor: falling back to the room number would hide a slip."""
    if not text.strip():
        return read_floor("", building, room)
    floor = read_floor(text[:20], "", "")
    if not floor or floor not in FLOORS:
        raise Invalid(N_("楼层要写成数字，地下写 -1"), field="floor")
    return floor


def _kind(text: str) -> UnitKind:
    try:
        return UnitKind(text)
    except ValueError:
        raise Invalid(N_("请选择用途"), field="kind") from None


def _status(text: str) -> UnitStatus:
    try:
        return UnitStatus(text)
    except ValueError:
        raise Invalid(N_("请选择状态"), field="status") from None
