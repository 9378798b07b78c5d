"""Areas and money as integers: hundredths of a square metre, and fen; text at the edges, never a float."""

from __future__ import annotations

import re

from app.errors import N_, Invalid

_PLAIN = re.compile(r"^[0-9]{1,12}(?:\.[0-9]{1,2})?$")


def _hundredths(text: str) -> int | None:
    if not _PLAIN.fullmatch(text):
        return None
    whole, _, part = text.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0") or 0)


def parse_area(text: str) -> int:
    """Hundredths of a square metre from plain text such as `80` or `62.35`.

    Raises `Invalid` (code `bad_area`) for signs, more than two decimals, exponents, or anything else.
    """
    value = _hundredths(text)
    if value is None:
        raise Invalid(
            N_("面积“%(text)s”不是数字，请写成 62.35 这样的平方米数"),
            code="bad_area",
            field="area",
            text=text[:40],
        )
    return value


def parse_money(text: str) -> int:
    """Fen from plain text in yuan such as `600000` or `0.05`; raises `Invalid` (code `bad_money`)."""
    value = _hundredths(text)
    if value is None:
        raise Invalid(
            N_("金额“%(text)s”不是数字，请写成 600000 或 600000.00 这样的元数"),
            code="bad_money",
            field="amount",
            text=text[:40],
        )
    return value


def format_area(hundredths: int) -> str:
    """`8000` as `80.00`, without a unit."""
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"


def format_money(fen: int) -> str:
    """`2450980` as `24509.80`, without a unit or thousands separators."""
    return format_area(fen)


def show_area(hundredths: int) -> str:
    """For people: thousands separated, `3,011.25`."""
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100:,}.{abs(hundredths) % 100:02d}"


def show_money(fen: int) -> str:
    """For people: thousands separated, and whole yuan without `.00`."""
    text = show_area(fen)
    return text[:-3] if text.endswith(".00") else text
