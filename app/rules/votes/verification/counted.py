"""The contents: every ballot opened against its commitment, and the count made again by the frozen rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.errors import Refusal
from app.rules.votes import log
from app.rules.votes.evidence import commitment
from app.rules.votes.figures import names_result, result_document
from app.rules.votes.log import BrokenError, Event
from app.rules.votes.privacy import is_small, needed_only
from app.rules.votes.questions import ensure_answers, items_of
from app.rules.votes.results import verdict_of
from app.rules.votes.tally import Entry, count_by_rules
from app.rules.votes.verification.bundle import WrongError
from app.rules.votes.verification.case import Case, LaterError, Line, Opening

_BALLOT = {"vote", "unit", "revision", "answers", "channel", "person", "area", "roll_entry"}


def check_openings(case: Case) -> str:
    """What each ballot says is what it was committed to when it was cast, by a home and a person of the roll."""
    if not case.is_full:
        raise LaterError("选票内容只在完整包里，脱敏包不能核对谁投了什么")
    ballots = {event.seq: event for event in case.events if event.kind in log.BALLOTS}
    if ballots.keys() != case.openings.keys():
        odd = min(ballots.keys() ^ case.openings.keys())
        raise BrokenError(odd, "的选票内容缺少或多出")
    closes = _closing(case)
    for seq, event in ballots.items():
        _ensure_same(case, event, case.openings[seq], closes)
    return f"{len(ballots)} 张票的内容都和投票时的密封值一致"


def _closing(case: Case) -> int:
    extended = [event.details["to"] for event in case.events if event.kind == log.EXTEND]
    return int(extended[-1] if extended else case.text["window"][1])


def _ensure_same(case: Case, event: Event, opening: Opening, closes: int) -> None:
    ballot, line = opening.ballot, case.standing[event.unit]
    if commitment(opening.nonce, ballot).hex() != event.commitment or ballot.keys() != _BALLOT:
        raise BrokenError(event.seq, "的选票内容和密封值不符：内容被换过")
    document = line.document
    told = (ballot["vote"], ballot["revision"], ballot["channel"])
    if told != (case.bundle.vote_id, event.revision, event.channel):
        raise BrokenError(event.seq, "的选票内容和事件不符")
    if (ballot["unit"], ballot["area"], ballot["roll_entry"]) != (document["unit"], line.area, line.hash):
        raise BrokenError(event.seq, "的选票和名册上的这一户不符")
    if not _entitled(event.channel, ballot["person"], document["voters"]):
        raise BrokenError(event.seq, "的投票人不在名册上这一户的投票人里")
    try:
        ensure_answers(tuple(ballot["answers"]), case.paper, by_hand=event.channel == "paper")
    except Refusal:
        raise BrokenError(event.seq, "的选票没有回答这张表决票") from None
    received = datetime.fromisoformat(opening.received_at).timestamp()
    if not case.text["window"][0] <= received < closes:
        raise BrokenError(event.seq, "的收到时间不在投票时间内")


def _entitled(channel: str, person: str, voters: list[str]) -> bool:
    # An agent votes for his principal, who may be an heir or a ward whom the roll does not list.
    return person == "paper" if channel == "paper" else channel == "proxy" or person in voters


def check_count(case: Case) -> str:
    """The count again, item by item, from the opened ballots on the roll."""
    if not case.is_counted:
        raise LaterError("还没有计票" if log.only(case.events, log.CLOSE) is None else "没有计票结果")
    result = case.bundle.read("result.json")
    closed = log.only(case.events, log.CLOSE)
    if closed is None or (result["head_seq"], result["head_hash"]) != (closed.seq, closed.head.hex()):
        raise WrongError("结果不是从截止时的链值算出的")
    if result.keys() != {"tally", "head_seq", "head_hash"}:
        raise WrongError("结果的写法不对")
    published = result["tally"]
    if not case.is_full:
        _ensure_verdicts(case, published)
        said = "数字和结论" if _decides(case, published) else "数字"
        raise LaterError(f"公布的{said}前后一致；逐票重新计票要用完整包")
    counted = _count(case, decides=_decides(case, published))
    if published != counted:
        raise WrongError("用选票重新计票，和公布的数字不一样")
    figures = "面积、人数和结论" if _decides(case, published) else "面积和人数"
    return f"用选票重新计票，{len(items_of(case.paper))} 项的{figures}都和公布的一样"


def _decides(case: Case, published: Mapping[str, Any]) -> bool:
    return names_result(published, survey=bool(case.text.get("survey")))


def _count(case: Case, *, decides: bool) -> dict[str, object]:
    said = {home: case.openings[event.seq].ballot["answers"] for home, event in case.current.items()}
    served = set(case.bundle.read("roll.json")["served"])
    return result_document(
        [
            count_by_rules(
                [_entry(line, said.get(home), item.place, served) for home, line in case.standing.items()],
                case.rules,
                item.matter,
            )
            for item in items_of(case.paper)
        ],
        decides=decides,
    )


def _entry(line: Line, answers: list[str] | None, place: int, served: set[str]) -> Entry:
    choice = answers[place] if answers else None
    return Entry(line.area, line.head, choice, line.home in served)


def _ensure_verdicts(case: Case, published: Mapping[str, Any]) -> None:
    """Each verdict follows from its own figures, and of a small scope no more is published than the law needs."""
    if is_small(published["total_heads"]) and needed_only(published) != published:
        raise WrongError("范围很小，脱敏包里却有多余的数字")
    rows = published.get("items", [published])
    decides = _decides(case, published)
    for item, row in zip(items_of(case.paper), rows, strict=True):
        if ("result" in row) != decides:
            raise WrongError("结果里，有的项写了结论，有的没有，或者缺了结论")
        if decides and verdict_of(row, case.rules, item.matter).result.value != row["result"]:
            raise WrongError("结论和公布的数字不符")
    if "items" in published and {**published["items"][0], "items": rows} != published:
        raise WrongError("第一项的数字前后不一样")
