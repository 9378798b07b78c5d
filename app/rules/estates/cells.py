"""A cell as offices type it: full-width digits, unseen characters, units behind numbers, Chinese numerals."""

from __future__ import annotations

import re
import unicodedata

from app.errors import N_, Invalid

MAX_AREA = 100_000_00

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−─━﹘﹣ー"), "-")
_DOTS = dict.fromkeys(map(ord, "•‧∙⋅・"), "·")
_BREAKS = dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n")
_BLANK = {"", "-", "--", "/", "\\", "无", "空", "N/A", "n/a", "NULL", "null", "None"}
_UNIT = re.compile(r"(?:m2|M2|平方米|平方公尺|平米|平方|平)$")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_NUMBER = re.compile(r"([0-9]{1,12})(?:\.([0-9]+))?")
_CHINESE = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def clean(text: str) -> str:
    """NFKC, one kind of dash and dot, line breaks kept, unseen characters taken out, single spaces."""
    if text.isprintable() and unicodedata.is_normalized("NFKC", text):
        # Nine cells of ten: nothing to take out. A register has 200,000 of them.
        return " ".join(text.translate(_DASHES).translate(_DOTS).split())
    text = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").translate(_BREAKS))
    text = text.translate(_DASHES).translate(_DOTS).replace("\t", " ")
    seen = "".join(
        c for c in text if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    lines = (re.sub(r" +", " ", line).strip() for line in seen.split("\n"))
    return "\n".join(line for line in lines if line)


def filled(text: str) -> str:
    """The cleaned text, or nothing when the cell only says that it says nothing (`/`, `无`)."""
    text = clean(text)
    return "" if text in _BLANK else text


def compact(text: str) -> str:
    """Cleaned, without any space, capital letters: the form in which places are compared."""
    return re.sub(r"\s+", "", clean(text)).upper()


def is_formula(text: str) -> bool:
    """A formula is never evaluated; the reader hands it over with its equals sign."""
    return text.lstrip().startswith("=")


def chinese_number(text: str) -> int | None:
    """`十二` as 12, `二〇二` as 202; nothing for other text."""
    if not text or any(c not in _CHINESE and c != "十" for c in text):
        return None
    if "十" not in text:
        return int("".join(str(_CHINESE[c]) for c in text))
    tens, _, ones = text.partition("十")
    if len(tens) > 1 or len(ones) > 1:
        return None
    return _CHINESE.get(tens, 1) * 10 + _CHINESE.get(ones, 0)


def read_area(text: str) -> int:
    """Hundredths of a square metre from `62.35㎡`, ` 78.40 `, `1,234.5平方米`.

    Raises `Invalid` (field `area`): missing, a formula, not a number, more than two decimals (rounding would
    decide votes), nothing or less, or more than 100,000 ㎡.
    """
    shown = clean(text)[:40]
    if not filled(text):
        raise Invalid(N_("没有写面积，请按不动产登记簿填写"), field="area")
    if is_formula(shown):
        raise Invalid(N_("面积是公式，系统不计算公式，请改成数字"), field="area")
    plain = _UNIT.sub("", compact(text).replace("㎡", "M2"))
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return _refuse_number(plain, shown)
    decimals = (match[2] or "").rstrip("0")
    if len(decimals) > 2:
        raise Invalid(
            N_("面积“%(text)s”多于两位小数，请按不动产登记簿写成两位小数"), field="area", text=shown
        )
    area = int(match[1]) * 100 + int(decimals.ljust(2, "0"))
    if area == 0:
        raise Invalid(N_("面积“%(text)s”不是正数，请核对"), field="area", text=shown)
    if area > MAX_AREA:
        raise Invalid(N_("面积“%(text)s”大得不合常理，请核对"), field="area", text=shown)
    return area


def _refuse_number(plain: str, shown: str) -> int:
    if plain.startswith("-") and _NUMBER.fullmatch(plain[1:]):
        raise Invalid(N_("面积“%(text)s”不是正数，请核对"), field="area", text=shown)
    raise Invalid(N_("面积“%(text)s”不是数字，请写成 62.35 这样的平方米数"), field="area", text=shown)


def read_floor(text: str, building: str, room: str) -> int:
    """The floor from its own cell, else from the room number (`1203` is on 12); 0 when nothing tells."""
    told = _told_floor(compact(text))
    if told:
        return told
    if match := re.fullmatch(r"[A-Z]?([0-9]{1,2})[0-9]{2}[A-Z]?", room):
        return -int(match[1]) if room.startswith("B") else int(match[1])
    if match := re.fullmatch(r"-([0-9]{1,2})[0-9]{2}", room):
        return -int(match[1])
    return -1 if building.startswith(("地下", "地库")) else 0


def _told_floor(text: str) -> int:
    text = text.partition("/")[0]  # `3/6层`: the third of six
    match = re.fullmatch(r"第?(-|负|地下|B)?第?([0-9]{1,2}|[一二三四五六七八九十]+)?(?:层|楼|F)?", text)
    if match is None or not (match[1] or match[2]):
        return 0
    number = match[2] or "1"
    floor = int(number) if number.isdigit() else chinese_number(number) or 0
    return -floor if match[1] else floor
