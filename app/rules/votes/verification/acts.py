"""The trail: what staff did about this vote, each act bound to the one before it in the estate's chain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.rules.trail import row_hash, written
from app.rules.votes import log
from app.rules.votes.verification.bundle import WrongError
from app.rules.votes.verification.case import Case

_LINK = {"seq", "previous", "row_hash"}
_WHOLE = {
    *_LINK,
    "estate",
    "tag",
    "actor",
    "actor_name",
    "subject",
    "old",
    "new",
    "reason",
    "at",
}
# What the law lets everybody know of an act, without the persons in it.
_TOLD = {*_LINK, "tag", "actor_name", "at"}
# The step of a vote, and the act that must stand beside it.
_STEPS = {
    log.NOTICE: "votes:notice:give",
    log.OPEN: "votes:vote:open",
    log.CLOSE: "votes:vote:preliminary",
    log.ANNUL: "votes:vote:annulled",
    log.EPOCH: "votes:restoration:accept",
}


def check_trail(case: Case) -> str:
    """The rows follow each other without a gap; those of this vote are what was recorded; each step has its act."""
    rows = _rows(case)
    if not rows:
        raise WrongError("没有任何操作记录")
    told, before = [], None
    for row in rows:
        if before and (row["seq"], row["previous"]) != (before["seq"] + 1, before["row_hash"]):
            raise WrongError(f"第 {row['seq']} 条接不上前一条：记录被删过或改过")
        if row.keys() != _LINK:
            _ensure_whole(case, row)
            told.append(row)
        before = row
    tags = [row["tag"] for row in told]
    for event in case.events:
        if event.kind in _STEPS and _STEPS[event.kind] not in tags:
            raise WrongError(f"第 {event.seq} 号事件（{event.kind}）没有操作记录")
    tail = "" if case.is_full else "；脱敏包只核对前后相连，内容要用完整包核对"
    return f"{len(rows)} 条前后相连，其中 {len(told)} 条是这次表决的{tail}"


def _ensure_whole(case: Case, row: Mapping[str, Any]) -> None:
    if not case.is_full:
        if row.keys() not in (_TOLD, {*_TOLD, "old", "new", "reason"}):
            raise WrongError(f"第 {row['seq']} 条的写法不对")
        return
    if row.keys() != _WHOLE or row["subject"] != ["vote", case.bundle.vote_id]:
        raise WrongError(f"第 {row['seq']} 条不是这次表决的")
    document = {name: value for name, value in row.items() if name != "row_hash"}
    if row_hash(document) != row["row_hash"]:
        raise WrongError(f"第 {row['seq']} 条（{row['tag']}）的内容被改过")
    if row["tag"] == _STEPS[log.NOTICE] and row["new"] != case.events[0].details:
        raise WrongError("公告的操作记录和第 1 号事件不符")


def _rows(case: Case) -> list[dict[str, Any]]:
    """Written as the trail writes them, which is not quite as everything else is."""
    *lines, rest = case.bundle.files["trail.jsonl"].decode().split("\n")
    rows = []
    for number, line in enumerate(lines, start=1):
        row = json.loads(line)
        if written(row) != line:
            raise WrongError(f"trail.jsonl 第 {number} 行的写法不对")
        rows.append(row)
    if rest:
        raise WrongError("trail.jsonl 的最后一行不完整")
    return rows
