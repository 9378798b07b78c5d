"""Building, entrance and room from any spelling: `5栋1单元202室`, `5-1-202`, `88弄5号202室`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.errors import N_, Invalid
from app.rules.estates.cells import chinese_number, compact

MAX_PART = 20
MAX_TEXT = 100

_CN = "[〇零一二三四五六七八九十]+"
_ID = rf"(?:[A-Z]{{0,2}}[0-9]+[A-Z]?|[A-Z]|{_CN}|[甲乙丙丁])"
_PHASE = rf"(?:第?(?:[0-9]+|{_CN}|[A-Z])期|[东西南北中A-Z](?:区|苑|园|组团))"
_TOWER = "(?:号楼|号栋|号幢|号座|#楼|#栋|#幢|#座|#|栋|幢|座)"
_STAIR = "(?:单元|号门|门洞|门|梯)"

_BUILDING = re.compile(rf"(?P<phase>{_PHASE})?[第#]?(?P<id>{_ID})(?:{_TOWER}|号|楼)?楼?")
_ENTRANCE = re.compile(rf"第?(?P<id>{_ID}|[东西南北中左右])(?:{_STAIR}|号|座)?")
_ROOM = re.compile(
    r"(?P<id>-?[A-Z]?[0-9]+[A-Z]?)(?:室|号房|房间|房|号|户)?|(?P<cn>[〇零一二三四五六七八九]{2,4})室?"
)
_TOWER_AND_REST = re.compile(rf"(?P<before>.*?)(?P<id>{_ID}){_TOWER}(?P<rest>.+)")
_NUMBER_AND_REST = re.compile(rf"(?P<before>.*?)(?P<id>{_ID})(?:号|楼)(?P<rest>.+)")
_TOWER_AND_STAIR = re.compile(
    rf"(?P<building>.+?{_TOWER})(?P<entrance>第?(?:{_ID}|[东西南北中左右]){_STAIR})"
)
_IN_BUILDING = re.compile(
    rf"(?P<dash>-?)(?:第?(?P<entrance>{_ID}|[东西南北中左右]){_STAIR})?(?:-?第?-?(?:[0-9]+|{_CN})(?:层|楼))?(?P<room>.+)"
)
_PART = "[A-Z]{0,2}[0-9]+[A-Z]?"
_DASHED = re.compile(rf"(?:.*[^0-9A-Z_./-])?(?P<parts>{_PART}(?:[-_./]{_PART}){{1,3}})(?:室|号|房)?")
_BELOW = re.compile(r"(?P<building>地下)[-/]?(?P<room>.*[0-9].*)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:00:00:00)?")


@dataclass(frozen=True, slots=True)
class Home:
    """Where a unit is: the key by which register rows are compared. `entrance` may be empty."""

    building: str
    entrance: str
    room: str

    def __str__(self) -> str:
        return "-".join(part for part in (self.building, self.entrance, self.room) if part)


def building_name(text: str) -> str:
    """`1号楼`, `1栋`, `1幢`, `1#`, `第1栋`, `一号楼`, `01` are all `1`; `综合楼` and `地下` stay."""
    text = _word(text)
    match = _BUILDING.fullmatch(text)
    return _phase(match["phase"]) + _plain(match["id"]) if match else text


def entrance_name(text: str) -> str:
    """`1单元`, `一单元`, `1门` are all `1`; without one, nothing."""
    text = _word(text)
    match = _ENTRANCE.fullmatch(text)
    return _plain(match["id"]) if match else text


def room_name(text: str) -> str:
    """`101室`, `101号`, `0101` are all `101`; `车位01` and `商铺1` stay."""
    text = _word(text)
    if text.startswith("负"):
        text = "-" + text[1:]
    match = _ROOM.fullmatch(text)
    return _plain(match["id"] or match["cn"]) if match else text


def split_address(text: str) -> Home | None:
    """The home named by one combined cell, whatever stands before it; nothing when it cannot be told."""
    text = compact(text)
    if _DATE.fullmatch(text):
        return None
    if match := _TOWER_AND_REST.fullmatch(text):
        return _from_words(match)
    if match := _DASHED.fullmatch(text):
        return _from_parts(re.split(r"[-_./]", match["parts"]))
    if match := _BELOW.fullmatch(text):
        return Home(match["building"], "", room_name(match["room"]))
    match = _NUMBER_AND_REST.fullmatch(text)
    return _from_words(match) if match else None


def read_home(building: str, entrance: str, room: str, address: str) -> Home:
    """One home from separate cells, or from the combined one when there is no room cell.

    Raises `Invalid` naming the cell at fault: missing, turned into a date by the spreadsheet, unreadable,
    too long, or two cells that contradict each other.
    """
    for field, text in (("building", building), ("entrance", entrance), ("room", room), ("address", address)):
        if len(text) > MAX_TEXT:
            # Patterns may start anywhere in the text: what grows with its square must not be long.
            raise Invalid(
                N_("“%(text)s…”太长，最多 %(limit)d 个字"), field=field, text=text[:20], limit=MAX_TEXT
            )
        if _DATE.fullmatch(compact(text)):
            raise Invalid(
                N_("“%(text)s”被表格软件改成了日期，请把单元格设为文本后重填"),
                field=field,
                text=compact(text)[:10],
            )
    home = _from_cells(building, entrance, room) if room else _from_address(address)
    for field, value in (("building", home.building), ("entrance", home.entrance), ("room", home.room)):
        if len(value) > MAX_PART:
            raise Invalid(
                N_("“%(text)s…”太长，最多 %(limit)d 个字"), field=field, text=value[:MAX_PART], limit=MAX_PART
            )
    return home


def _from_cells(building: str, entrance: str, room: str) -> Home:
    whole = split_address(room)
    if not building:
        if whole is None:
            raise Invalid(N_("没有写楼栋"), field="building")
        return whole
    tower, stair = _split_building(building)
    if entrance:
        stair = entrance_name(entrance)
    if whole and whole.building == tower and (whole.entrance or stair):
        inner, number = whole.entrance, whole.room
    else:
        inner, number = _split_room(room)
    if inner and stair and inner != stair:
        raise Invalid(
            N_("房号“%(room)s”与单元“%(entrance)s”对不上"), field="room", room=room[:40], entrance=stair[:40]
        )
    return Home(tower, stair or inner, number)


def _from_address(address: str) -> Home:
    if not address:
        raise Invalid(N_("没有写房号"), field="room")
    home = split_address(address)
    if home is None:
        raise Invalid(
            N_("看不懂地址“%(text)s”，请写成 5栋1单元202室 或 5-1-202"), field="address", text=address[:40]
        )
    return home


def _split_building(text: str) -> tuple[str, str]:
    text = compact(text)
    match = _TOWER_AND_STAIR.fullmatch(text) or re.fullmatch(
        r"(?P<building>[0-9]+)-(?P<entrance>[0-9]+)", text
    )
    if match:
        return building_name(match["building"]), entrance_name(match["entrance"])
    return building_name(text), ""


def _split_room(text: str) -> tuple[str, str]:
    text = compact(text)
    match = _IN_BUILDING.fullmatch(text)
    entrance, room = (match["entrance"] or "", match["room"]) if match else ("", text)
    # 5栋-1单元-101 only joins with dashes; 5栋1单元-101 is in the basement.
    if match and match["dash"]:
        room = room.removeprefix("-")
    parts = re.fullmatch(rf"(?P<parts>{_PART}(?:[-/]{_PART}){{1,2}})(?:室|号|房)?", room)
    if parts:
        pieces = re.split(r"[-/]", parts["parts"])
        return (_plain(entrance or pieces[0]), room_name(pieces[-1]))
    return (_plain(entrance) if entrance else "", room_name(room))


def _from_words(match: re.Match[str]) -> Home:
    phase = re.search(rf"{_PHASE}第?$", match["before"])
    entrance, room = _split_room(match["rest"])
    return Home(_phase(phase[0] if phase else "") + _plain(match["id"]), entrance, room)


def _from_parts(parts: list[str]) -> Home:
    # Four parts name the floor too (5-1-2-202); the room number already does.
    entrance = _plain(parts[1]) if len(parts) > 2 else ""
    return Home(_plain(parts[0]), entrance, room_name(parts[-1]))


def _word(text: str) -> str:
    # Other programs export whole numbers as 101.0.
    return re.sub(r"^([0-9]+)\.0$", r"\1", compact(text))


def _plain(text: str) -> str:
    if text.isascii() and text.isdigit():
        return str(int(text))
    number = chinese_number(text)
    return text if number is None else str(number)


def _phase(text: str | None) -> str:
    if not text:
        return ""
    text = text.removeprefix("第").removesuffix("第")
    return _plain(text[:-1]) + text[-1] if text.endswith("期") else text
