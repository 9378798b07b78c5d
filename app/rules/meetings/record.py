"""The record (纪要) of a meeting: what is hashed and put to those present, and when it is confirmed by itself."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from app.errors import Invalid
from app.rules.calendar import BEIJING
from app.rules.deliberations import minutes
from app.rules.deliberations.minutes import Point, PointKind
from app.rules.meetings.kinds import DOCUMENT_NAMES, MeetingKind
from app.rules.meetings.quorum import Hands, Outcome, Quorum, outcome

NO_VOTE = "本次会议只协商、不表决；本纪要不代替业主依法作出的共同决定。"
NO_OWNERS = "居民会议的决定不代替业主依法作出的共同决定。"
_HEADINGS = {
    PointKind.AGREED: "达成一致的意见",
    PointKind.RESERVATION: "保留意见",
    PointKind.OPEN: "尚未解决的问题",
    PointKind.TASK: "交办事项",
}
_OUTCOMES = {
    Outcome.PASSED: "通过",
    Outcome.NOT_PASSED: "未通过",
    Outcome.TOO_FEW: "到会人数不够，不能作出决定",
}
_NUMERALS = "一二三四五六"


@dataclass(frozen=True, slots=True)
class Document:
    """All that one version says. `quorum` and `decisions` belong to a residents' meeting."""

    kind: MeetingKind
    number: int
    version: int
    title: str
    place: str
    scope: str
    starts_at: datetime
    ends_at: datetime
    chair: str
    recorder: str
    agenda: tuple[str, ...]
    present: int
    points: tuple[Point, ...]
    voters: int = 0
    quorum: Quorum | None = None
    quorum_source: str = ""
    decisions: tuple[Hands, ...] = ()


def problems(document: Document) -> list[Invalid]:
    """All that keeps a version from being put to those present, each with its field."""
    held_on = document.starts_at.astimezone(BEIJING).date()
    found = minutes.problems(document.points, held_on=held_on)
    if document.decisions:
        # What residents decided is a result too.
        found = [problem for problem in found if problem.code != "no_result"]
    return found


def canonical(document: Document) -> bytes:
    """The bytes that are hashed: JSON as in RFC 8785, sorted keys, no spaces, UTF-8, text in NFC."""
    value = {
        "agenda": list(document.agenda),
        "chair": document.chair,
        "decisions": [
            {"abstain": one.abstain, "against": one.against, "for": one.hands_for, "text": one.text}
            for one in document.decisions
        ],
        "ends_at": _instant(document.ends_at),
        "kind": document.kind.value,
        "number": document.number,
        "place": document.place,
        "points": [
            {
                "by": point.by.isoformat() if point.by else "",
                "kind": point.kind.value,
                "text": point.text,
                "who": point.who,
            }
            for point in document.points
        ],
        "present": document.present,
        "quorum": _quorum(document.quorum),
        "quorum_source": document.quorum_source,
        "recorder": document.recorder,
        "scope": document.scope,
        "starts_at": _instant(document.starts_at),
        "title": document.title,
        "version": document.version,
        "voters": document.voters,
    }
    written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return unicodedata.normalize("NFC", written).encode("utf-8")


def digest(document: Document) -> str:
    """SHA-256 of `canonical` in hexadecimal: what those present confirm."""
    return sha256(canonical(document)).hexdigest()


def record_lines(document: Document) -> list[str]:
    """The whole record in plain Chinese, line by line, "" between its parts."""
    lines = [
        f"{DOCUMENT_NAMES[document.kind]}纪要：{document.title}",
        f"第 {document.number} 号，第 {document.version} 稿",
        f"时间：{_local(document.starts_at)} 至 {_local(document.ends_at)}",
        f"地点：{document.place}",
        f"范围：{document.scope}",
        f"主持：{document.chair}　记录：{document.recorder}",
        f"到会 {document.present} 人",
    ]
    parts = [("议程", [f"{place}. {title}" for place, title in enumerate(document.agenda, 1)])]
    parts += [(_HEADINGS[kind], _of_kind(document.points, kind)) for kind in PointKind]
    parts.append(("举手表决", _decisions(document)))
    filled = [part for part in parts if part[1]]
    for numeral, (heading, rows) in zip(_NUMERALS, filled, strict=False):
        lines += ["", f"{numeral}、{heading}", *rows]
    return [*lines, "", NO_OWNERS if document.kind is MeetingKind.RESIDENTS else NO_VOTE]


class Standing(StrEnum):
    """Where a version that was put stands now."""

    WAITING = "waiting"
    OBJECTED = "objected"
    CONFIRMED = "confirmed"


def standing(*, due_at: datetime, open_objections: int, now: datetime) -> Standing:
    """Confirmed when the window has passed and nothing is open; an objection that is not answered stops the clock."""
    if now < due_at:
        return Standing.WAITING
    return Standing.OBJECTED if open_objections else Standing.CONFIRMED


def confirmed_at(*, due_at: datetime, handled: Sequence[datetime]) -> datetime:
    """The instant a version became final: the end of its window, or the last answer to an objection after it."""
    return max([due_at, *handled])


def _of_kind(points: Sequence[Point], kind: PointKind) -> list[str]:
    chosen = [point for point in points if point.kind is kind]
    return [f"{place}. {_line(point)}" for place, point in enumerate(chosen, 1)]


def _line(point: Point) -> str:
    text = " ".join(point.text.split())
    if point.kind is not PointKind.TASK or point.by is None:
        return text
    return f"{text}（{point.who}，期限 {point.by.year} 年 {point.by.month} 月 {point.by.day} 日）"


def _decisions(document: Document) -> list[str]:
    if document.quorum is None or not document.decisions:
        return []
    quorum = document.quorum
    head = f"应到 {quorum.eligible} 人，有权表决的到会 {document.voters} 人；依据：{document.quorum_source}"
    rows = []
    for place, hands in enumerate(document.decisions, 1):
        became = _OUTCOMES[outcome(hands, voters=document.voters, quorum=quorum)]
        figures = f"同意 {hands.hands_for} 人，反对 {hands.against} 人，弃权 {hands.abstain} 人"
        rows.append(f"{place}. {hands.text}：{figures}，{became}")
    return [head, *rows]


def _quorum(quorum: Quorum | None) -> dict[str, object]:
    if quorum is None:
        return {}
    attend, decide = quorum.attend, quorum.decide
    return {
        "attend": [attend.num, attend.den],
        "decide": [decide.num, decide.den],
        "eligible": quorum.eligible,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(BEIJING).isoformat(timespec="seconds")


def _local(at: datetime) -> str:
    local = at.astimezone(BEIJING)
    return f"{local.year} 年 {local.month} 月 {local.day} 日 {local:%H:%M}"
