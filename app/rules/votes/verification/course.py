"""What was posted, and whether the vote then took the course its own notice set for it."""

from __future__ import annotations

from datetime import UTC, datetime

from app.rules.votes import log
from app.rules.votes.questions import items_of
from app.rules.votes.verification.bundle import WrongError, digest
from app.rules.votes.verification.case import Case, LaterError
from app.rules.votes.windows import paper_until

# The longest an installation may wait for what was here in time (`close_grace_seconds`).
_MOST_GRACE = 600


def check_text(case: Case) -> str:
    """The posted text is the one whose fingerprint stands in the first event."""
    if digest(case.bundle.files["text.json"]) != case.events[0].details.get("text"):
        raise WrongError("议案、规则或附件清单和公告时的指纹不符")
    count = len(items_of(case.paper))
    quorum = case.rules.quorum
    return f"和公告时的指纹一致，共 {count} 项表决，规则“{case.rules.code}”第 {case.rules.version} 版，参加比例要达到 {quorum.top}/{quorum.bottom}"


def check_attachments(case: Case) -> str:
    """The documents that were posted are the ones in the package."""
    wanted = [str(sha256) for _, sha256 in case.text["attachments"]]
    present = {name: content for name, content in case.bundle.files.items() if name.startswith("files/")}
    for name, content in present.items():
        if digest(content) != name.removeprefix("files/").partition(".")[0]:
            raise WrongError(f"附件 {name} 的内容和它的指纹不符")
    held = {digest(content) for content in present.values()}
    if not case.is_full and wanted:
        raise LaterError(f"脱敏包只列出 {len(wanted)} 个附件的指纹，原件在网页上下载，完整包里也有")
    absent = [sha256 for sha256 in wanted if sha256 not in held]
    if absent or held - set(wanted):
        raise WrongError("缺少公告的附件，或者多出别的文件")
    return f"{len(wanted)} 个附件都是公告时的原件"


def check_course(case: Case) -> str:
    """Events came in an order that is possible, inside the window, and nothing but annulling after the closing."""
    log.ensure_course(case.events)
    opens, closes = case.text["window"]
    said = ["先公告"]
    opened = log.only(case.events, log.OPEN)
    if opened:
        if opened.details != {"opens_at": opens, "closes_at": closes} or opened.recorded_at < opens:
            raise log.BrokenError(opened.seq, "（开始投票）和公告的时间不符")
        said.append("再开始")
    for event in (event for event in case.events if event.kind == log.EXTEND):
        before, after = event.details.get("from"), event.details.get("to")
        if before != closes or type(after) is not int or after <= closes or event.recorded_at >= closes:
            raise log.BrokenError(event.seq, "（延长）和截止时间不符")
        closes = after
        said.append("延长一次")
    if sum(event.kind == log.EXTEND for event in case.events) > 1:
        raise WrongError("延长了不止一次")
    _ensure_ballots_in_time(case, opens, closes)
    closed = log.only(case.events, log.CLOSE)
    if closed:
        if closed.recorded_at < closes:
            raise log.BrokenError(closed.seq, "（截止）早于截止时间")
        said.append("到点截止，截止以后没有再进票")
    _ensure_state(case)
    return "，".join(said)


def _ensure_ballots_in_time(case: Case, opens: int, closes: int) -> None:
    by_paper = int(paper_until(datetime.fromtimestamp(closes, UTC), case.rules.paper_days).timestamp())
    for event in case.events:
        if event.kind in log.BALLOTS:
            last = max(closes + _MOST_GRACE, by_paper if event.channel == "paper" else 0)
            if not opens <= event.recorded_at <= last:
                raise log.BrokenError(event.seq, "（投票）不在投票时间内")


def _ensure_state(case: Case) -> None:
    """The state the manifest names is one that these events lead to."""
    state, kinds = case.bundle.manifest["vote"]["state"], {event.kind for event in case.events}
    if (state == "annulled") != (log.ANNUL in kinds):
        raise WrongError("清单写的状态和事件不符")
    ended = state in {"preliminary", "final"} or (state == "annulled" and log.CLOSE in kinds)
    if ended != (log.CLOSE in kinds) or ended != case.is_counted:
        raise WrongError("清单写的状态和截止、计票不符")
