"""Headings by their synonyms, wherever in the first rows they stand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.errors import N_
from app.rules.estates.cells import compact

# The first word of a list is the best: of 建筑面积 and 面积 side by side the former counts.
_SYNONYMS = {
    "building": "楼栋 楼栋号 楼号 栋号 幢号 楼幢号 楼座 座号 栋 幢 栋座 楼宇 楼房号 楼",
    "entrance": "单元 单元号 门洞 门洞号 单元门 梯号 门栋",
    "floor": "楼层 所在楼层 所在层 层 层数 层号",
    "room": "房号 室号 房间号 户号 房屋编号 门牌号 门牌 房间 室 房屋号 单元房号",
    "address": (
        "房屋坐落 坐落 房屋地址 地址 房屋坐落地址 房屋位置 坐落位置 "
        "楼栋房号 楼号房号 栋室号 楼室号 住址 位置 房屋"
    ),
    "area": (
        "专有部分面积 专有部分建筑面积 建筑面积 房屋建筑面积 产权面积 产权建筑面积 "
        "登记面积 证载面积 房屋面积 面积"
    ),
    "kind": "用途 房屋用途 规划用途 使用性质 房屋类型 类型 房屋性质 性质 业态",
    "owner": (
        "产权人 产权人姓名 业主 业主姓名 权利人 权利人姓名 所有权人 "
        "房主 户主 户主姓名 姓名 共有人 业主名称 产权单位"
    ),
    "phone": "联系电话 电话 电话号码 手机 手机号 手机号码 联系方式 业主电话 产权人电话 联系手机",
    "status": "状态 销售状态 交付状态 房屋状态 出售状态 售房状态",
    "remark": "备注 说明 附注 备考",
}
_ENDINGS = {
    "area": ("建筑面积", "产权面积"),
    "owner": ("产权人", "权利人", "业主姓名", "所有权人"),
    "phone": ("电话", "手机", "手机号", "手机号码", "联系方式"),
}
MAX_HEADING = 40
_SOMEBODY_ELSE = re.compile(r"租|紧急|家属|物业|代理|受托|开发|套内|分摊|公摊")
_RANKS = {word: (key, rank) for key, words in _SYNONYMS.items() for rank, word in enumerate(words.split())}

NEEDED = N_(
    "没有找到表头。请在前 15 行写一行表头，"
    "至少有：楼栋、房号（或地址）、建筑面积、业主、电话；也可以下载模板填写"
)
NEEDS_AREA = N_("表头里没有“建筑面积”一列，请补上后再上传")
NEEDS_PLACE = N_("表头里没有“房号”或“地址”一列，请补上后再上传")


@dataclass(frozen=True, slots=True)
class Headings:
    """Columns by what they hold; several for owners and phones, one for the rest."""

    columns: Mapping[str, tuple[int, ...]]

    @property
    def missing(self) -> str:
        """The sentence for what is lacking, or nothing."""
        if "room" not in self.columns and "address" not in self.columns:
            return NEEDS_PLACE
        return "" if "area" in self.columns else NEEDS_AREA

    def texts(self, cells: Sequence[str], key: str) -> list[str]:
        return [cells[column] for column in self.columns.get(key, ()) if column < len(cells)]

    def text(self, cells: Sequence[str], key: str) -> str:
        return next(iter(self.texts(cells, key)), "")


def find_headings(cells: Sequence[str]) -> Headings | None:
    """The columns of a heading row; nothing when fewer than three headings are known."""
    exact: dict[str, list[tuple[int, int]]] = {}
    ending: dict[str, list[tuple[int, int]]] = {}
    for column, text in enumerate(cells):
        word = _heading(text)
        if word in _RANKS:
            key, rank = _RANKS[word]
            exact.setdefault(key, []).append((rank, column))
        elif key := _by_ending(word):
            ending.setdefault(key, []).append((0, column))
    found = {**ending, **exact}
    if len(found) < 3 and not {"address", "area"} <= found.keys():
        return None
    return Headings({key: _choose(key, places) for key, places in found.items()})


def _choose(key: str, places: list[tuple[int, int]]) -> tuple[int, ...]:
    if key in {"owner", "phone"}:
        return tuple(sorted(column for _, column in places))
    return (min(places)[1],)


def _heading(text: str) -> str:
    if len(text) > MAX_HEADING:
        return ""
    word = re.sub(r"[(\[【<].*?[)\]】>]", "", compact(text))
    word = re.sub(r"(?:M2|平方米|平米)$", "", word.replace("㎡", ""))
    return re.sub(r"[*:/、,.]|[0-9一二三]$", "", word)


def _by_ending(word: str) -> str:
    if not word or len(word) > 12 or _SOMEBODY_ELSE.search(word):
        return ""
    return next((key for key, endings in _ENDINGS.items() if word.endswith(endings)), "")
