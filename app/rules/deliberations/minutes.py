"""协商纪要: points agreed, reserved, open and to be done; complete, hashable, and as the text of a vote."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from app.errors import N_, Invalid

MOST_POINTS = 60
MOST_TEXT = 500
MOST_WHO = 40


class PointKind(StrEnum):
    AGREED = "agreed"
    RESERVATION = "reservation"
    OPEN = "open"
    TASK = "task"


KIND_NAMES = {
    PointKind.AGREED: N_("达成一致"),
    PointKind.RESERVATION: N_("保留意见"),
    PointKind.OPEN: N_("尚未解决"),
    PointKind.TASK: N_("交办事项"),
}

# A published document stays Chinese in every language of the interface.
_HEADINGS = {
    PointKind.AGREED: "达成一致的意见",
    PointKind.RESERVATION: "保留意见",
    PointKind.OPEN: "尚未解决的问题",
    PointKind.TASK: "交办事项",
}
_NUMERALS = "一二三四"


@dataclass(frozen=True, slots=True)
class Point:
    """One point; only a task has somebody who does it and a day by which it is done."""

    kind: PointKind
    text: str
    who: str = ""
    by: date | None = None


@dataclass(frozen=True, slots=True)
class Minutes:
    """What a deliberation came to; `present` is how many took part in the meeting, 0 without one."""

    title: str
    scope: str
    held_on: date
    present: int
    points: tuple[Point, ...]


def problems(points: Sequence[Point], *, held_on: date) -> list[Invalid]:
    """All that keeps minutes from being published, in order, each with its field such as `who-2`."""
    found = [problem for place, point in enumerate(points, 1) for problem in _of_point(place, point, held_on)]
    if not any(point.kind in (PointKind.AGREED, PointKind.OPEN) for point in points):
        found.append(
            Invalid(
                N_("请至少写一条达成一致的意见，或者一条尚未解决的问题"), code="no_result", field="points"
            )
        )
    if len(points) > MOST_POINTS:
        found.append(
            Invalid(
                N_("纪要最多 %(most)s 条，请合并相近的"),
                code="too_many_points",
                field="points",
                most=MOST_POINTS,
            )
        )
    return found


def ensure_complete(points: Sequence[Point], *, held_on: date) -> None:
    """Raises the first of `problems`."""
    for problem in problems(points, held_on=held_on):
        raise problem


def _of_point(place: int, point: Point, held_on: date) -> list[Invalid]:
    found = []
    if not point.text.strip():
        found.append(_bad(N_("第 %(place)s 条没有内容，请填写或删去"), "text", place))
    if len(point.text) > MOST_TEXT:
        found.append(
            _bad(N_("第 %(place)s 条太长，最多 %(most)s 个字，请拆成几条"), "text", place, most=MOST_TEXT)
        )
    if point.kind is PointKind.TASK:
        found += _of_task(place, point, held_on)
    elif point.who or point.by:
        found.append(_bad(N_("第 %(place)s 条不是交办事项，请不要填由谁办和期限"), "who", place))
    return found


def _of_task(place: int, point: Point, held_on: date) -> list[Invalid]:
    found = []
    if not point.who.strip():
        found.append(_bad(N_("第 %(place)s 条没有写由谁办"), "who", place))
    if len(point.who) > MOST_WHO:
        found.append(_bad(N_("第 %(place)s 条的承办人太长，最多 %(most)s 个字"), "who", place, most=MOST_WHO))
    if point.by is None:
        found.append(_bad(N_("第 %(place)s 条没有写什么时候办完"), "by", place))
    elif point.by < held_on:
        found.append(_bad(N_("第 %(place)s 条的期限早于协商日期，请修改"), "by", place))
    return found


def _bad(sentence: str, name: str, place: int, **values: int) -> Invalid:
    return Invalid(sentence, code="bad_point", field=f"{name}-{place}", place=place, **values)


def canonical(minutes: Minutes) -> bytes:
    """The bytes that are hashed: JSON as in RFC 8785, sorted keys, no spaces, UTF-8, text in NFC.

    The points keep their order, which is part of what was confirmed.
    """
    value = {
        "held_on": minutes.held_on.isoformat(),
        "points": [
            {
                "by": point.by.isoformat() if point.by else "",
                "kind": point.kind.value,
                "text": point.text,
                "who": point.who,
            }
            for point in minutes.points
        ],
        "present": minutes.present,
        "scope": minutes.scope,
        "title": minutes.title,
    }
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return unicodedata.normalize("NFC", written).encode("utf-8")


def digest(minutes: Minutes) -> str:
    """SHA-256 of `canonical` in hexadecimal: what a confirmation confirms."""
    return sha256(canonical(minutes)).hexdigest()


def minutes_text(minutes: Minutes) -> str:
    """The whole document in plain Chinese, its points grouped under headings and numbered within each."""
    head = [f"协商纪要：{minutes.title}", f"范围：{minutes.scope}", f"协商日期：{_day(minutes.held_on)}"]
    if minutes.present:
        head.append(f"到会 {minutes.present} 人")
    return "\n".join(
        [*head, *_sections(minutes.points, PointKind), "", "本纪要不代替业主依法作出的共同决定。"]
    )


def vote_text(minutes: Minutes) -> str:
    """The text handed over to a vote: what was agreed, what was reserved, and the minutes it comes from."""
    kinds = PointKind.AGREED, PointKind.RESERVATION
    source = f"依据：{_day(minutes.held_on)}《协商纪要：{minutes.title}》，校验码 {digest(minutes)[:16]}"
    return "\n".join([minutes.title, f"范围：{minutes.scope}", *_sections(minutes.points, kinds), "", source])


def tasks(minutes: Minutes) -> list[Point]:
    """The list handed over to a project."""
    return [point for point in minutes.points if point.kind is PointKind.TASK]


def _sections(points: Iterable[Point], kinds: Iterable[PointKind]) -> list[str]:
    lines: list[str] = []
    groups = [(kind, [point for point in points if point.kind is kind]) for kind in kinds]
    for numeral, (kind, chosen) in zip(_NUMERALS, filter(lambda group: group[1], groups), strict=False):
        lines += ["", f"{numeral}、{_HEADINGS[kind]}"]
        lines += [f"{number}. {_line(point)}" for number, point in enumerate(chosen, 1)]
    return lines


def _line(point: Point) -> str:
    text = " ".join(point.text.split())
    if point.kind is not PointKind.TASK or point.by is None:
        return text
    return f"{text}（{point.who}，期限 {_day(point.by)}）"


def _day(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"
