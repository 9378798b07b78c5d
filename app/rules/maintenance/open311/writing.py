"""One document, two forms: XML without namespaces, and the JSON that GeoReport v2 makes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import TypeAlias

MICRO = 1_000_000
# What XML 1.0 cannot carry, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Format(StrEnum):
    XML = "xml"
    JSON = "json"


CONTENT_TYPES = {
    Format.XML: "text/xml; charset=utf-8",
    Format.JSON: "application/json; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Degrees:
    """A latitude or longitude in millionths of a degree, written with six decimals."""

    micro: int

    def __str__(self) -> str:
        sign = "-" if self.micro < 0 else ""
        return f"{sign}{abs(self.micro) // MICRO}.{abs(self.micro) % MICRO:06d}"


@dataclass(frozen=True, slots=True)
class Items:
    """Elements of one name side by side; in JSON an array, even of one or of none."""

    name: str
    values: tuple[Value, ...] = ()


Value: TypeAlias = "str | bool | int | Degrees | Items | Mapping[str, Value] | None"


@dataclass(frozen=True, slots=True)
class Document:
    """`root` names the outermost XML element; JSON has no name for it."""

    root: str
    value: Items | Mapping[str, Value]


def write(document: Document, form: Format) -> str:
    """The whole document as text, to be sent in UTF-8."""
    if form is Format.JSON:
        return json_of(document.value)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + _element(document.root, document.value) + "\n"


def json_of(value: Value) -> str:
    """Written by hand because a number with decimals is no float here; what is empty is null."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            written = _UNWRITABLE.sub("", value)
            return json.dumps(written, ensure_ascii=False) if written else "null"
        case int() | Degrees():
            return str(value)
        case Items():
            return "[" + ",".join(map(json_of, value.values)) + "]"
        case _:
            return "{" + ",".join(f"{json.dumps(name)}:{json_of(one)}" for name, one in value.items()) + "}"


def _element(name: str, value: Value) -> str:
    inner = _inner(value)
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


def _inner(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return escape(_UNWRITABLE.sub("", value), quote=False).replace("\r", "&#13;")
        case int() | Degrees():
            return str(value)
        case Items():
            return "".join(_element(value.name, one) for one in value.values)
        case _:
            return "".join(_element(name, one) for name, one in value.items())
