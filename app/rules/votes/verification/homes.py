"""The homes: the roll as it was posted and corrected, and of each home the one ballot that counts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from app.errors import Refusal
from app.rules.votes import log
from app.rules.votes.clashes import ClashRule, Fate, Way, settle
from app.rules.votes.evidence import unit_pseudonym
from app.rules.votes.log import BrokenError, Event
from app.rules.votes.rolls import entry_hash, roll_hash
from app.rules.votes.verification.bundle import WrongError
from app.rules.votes.verification.case import WAYS, Case, LaterError, Line

_FULL = {"home", "revision", "event", "struck", "line", "owners"}
_MASKED = {"home", "revision", "event", "struck", "hash", "area", "head"}


def check_roll(case: Case) -> str:
    """The roll's lines give the fingerprint that was posted, and after each correction the one that was recorded."""
    arrived: defaultdict[int, list[Line]] = defaultdict(list)
    roll = case.bundle.read("roll.json")
    if roll.keys() != ({"lines", "served", "key"} if case.is_full else {"lines", "served"}):
        raise WrongError("名册的写法不对")
    for line in (_line(row, full=case.is_full) for row in roll["lines"]):
        arrived[line.event].append(line)
    standing: dict[str, Line] = {}
    for event in case.events:
        if event.kind in {log.NOTICE, log.AMEND}:
            _arrive(event, arrived.pop(event.seq, []), standing)
    if arrived:
        raise WrongError("名册里有公告和更正以外的行")
    if case.is_full:
        _ensure_names(standing, bytes.fromhex(roll["key"]))
    case.standing = {home: line for home, line in standing.items() if not line.struck}
    _ensure_served(case, roll["served"])
    amended = sum(event.kind == log.AMEND for event in case.events)
    return f"{len(case.standing)} 户的名册和公告的指纹一致，更正 {amended} 处都有记录"


def _arrive(event: Event, lines: list[Line], standing: dict[str, Line]) -> None:
    """Put the lines that an event brought on the roll, and hold the whole against what the event recorded."""
    if event.kind == log.AMEND and len(lines) != 1:
        raise BrokenError(event.seq, "（更正名册）在名册里找不到对应的一行")
    for line in lines:
        before = standing.get(line.home)
        if line.revision != (before.revision + 1 if before else 1):
            raise BrokenError(event.seq, "的名册行版次不连续")
        standing[line.home] = line
    counted = [line for line in standing.values() if not line.struck]
    if event.details.get("homes") != len(counted):
        raise BrokenError(event.seq, "记录的户数和名册不符")
    if event.details.get("roll") != roll_hash(line.hash for line in counted):
        raise BrokenError(event.seq, "记录的名册指纹和名册不符：有人被加进、去掉或改了面积")


def _ensure_served(case: Case, served: object) -> None:
    """Whose ballot was brought matters only where the silent join the majority."""
    if type(served) is not list or not case.standing.keys() >= set(served):
        raise WrongError("送达的房屋不在名册上")
    if served and not case.text.get("silent"):
        raise WrongError("这次表决不把未投票的算进多数，却列了送达的房屋")


def _line(row: Mapping[str, Any], *, full: bool) -> Line:
    if row.keys() != (_FULL if full else _MASKED):
        raise WrongError("名册的写法不对")
    document = row.get("line", {})
    return Line(
        home=row["home"],
        revision=row["revision"],
        event=row["event"],
        struck=row["struck"],
        hash=entry_hash(document) if full else row["hash"],
        area=document["area"] if full else row["area"],
        head=document["head"] if full else row["head"],
        document=document,
    )


def _ensure_names(standing: Mapping[str, Line], key: bytes) -> None:
    """Each home has the name that the vote's key gives it, so that none votes under two and none under another's."""
    for home, line in standing.items():
        if unit_pseudonym(key, line.document["unit"]).hex() != home:
            raise WrongError("房屋的代号和名册不符")


def check_ballots(case: Case) -> str:
    """Revisions of each home follow each other, and which ballot stands is what the vote's rules say."""
    last: dict[str, Event] = {}
    for event in (event for event in case.events if event.kind in log.BALLOTS):
        # A masked roll has other names for the homes than the chain, so that it does not tell who has voted.
        if case.is_full and event.unit not in case.standing:
            raise BrokenError(event.seq, "（投票）的房屋不在名册上")
        if event.channel not in WAYS:
            raise BrokenError(event.seq, "（投票）的方式不对")
        before = last.get(event.unit)
        if event.revision != (0 if event.kind == log.KEPT else before.revision + 1 if before else 1):
            raise BrokenError(event.seq, "（投票）的次序不对：同一户的票缺了或重了")
        if not _may(case, before, event):
            raise BrokenError(event.seq, "（投票）是不是算数，和这次表决的规则不符")
        if event.kind == log.CAST:
            last[event.unit] = event
    closed = log.only(case.events, log.CLOSE)
    if closed and closed.details != {"ballots": len(last)}:
        raise BrokenError(closed.seq, "（截止）记录的票数和事件不符")
    case.current = last
    kept = sum(event.kind == log.KEPT for event in case.events)
    return f"{len(last)} 户有票，每户只有一张有效，改过的和留存未计的（{kept} 张）都还在"


def _may(case: Case, before: Event | None, event: Event) -> bool:
    was, way = WAYS[before.channel] if before else None, WAYS[event.channel]
    fate = Fate.KEPT if event.kind == log.KEPT else Fate.REPLACES
    if before and way is Way.PAPER and was is not Way.PAPER and case.clash is ClashRule.FIRST:
        # Which was handed in first is known only from the contents.
        if not case.is_full:
            return True
        earlier = case.openings[event.seq].received_at < case.openings[before.seq].received_at
    else:
        earlier = False
    try:
        return settle(was, way, clash=case.clash, change=case.change, earlier=earlier) is fate
    except Refusal:
        return False


def check_turnout(case: Case) -> str:
    """By the masked roll: the whole is the roll's, and no more heads have taken part than homes have a ballot."""
    if case.is_full:
        raise LaterError("见“选票内容”和“计票”")
    if not case.is_counted:
        raise LaterError("还没有计票")
    figures, lines = case.bundle.read("result.json")["tally"], case.standing.values()
    whole = sum(line.area for line in lines), len({line.head for line in lines})
    if (figures["total_area"], figures["total_heads"]) != whole:
        raise WrongError("公布的总面积或总人数和名册不符")
    if not case.text.get("silent") and figures["part_heads"] > len(case.current):
        raise WrongError("公布的参加人数比有票的房屋还多")
    return "公布的总面积、总人数就是名册上的，参加的人数不多于有票的房屋"
