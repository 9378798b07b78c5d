"""All checks of a package in their order, each with what came of it in one Chinese sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.errors import Refusal
from app.rules.votes.log import BrokenError
from app.rules.votes.notes import Check
from app.rules.votes.verification import acts, counted, course, homes, signatures
from app.rules.votes.verification.bundle import Bundle, WrongError
from app.rules.votes.verification.case import Brought, Case, LaterError


class Said(StrEnum):
    """It holds, it does not, or the package does not hold what it takes to tell."""

    HOLDS = "相符"
    FAILS = "不符"
    LATER = "未核"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, what came of it, and the sentence."""

    check: str
    said: Said
    sentence: str


# Each with those that it rests on: where one of them fails there is nothing to hold the other against.
_CHECKS: Final[tuple[tuple[str, Callable[[Case], str], tuple[str, ...]], ...]] = (
    ("文件", signatures.check_files, ()),
    ("签名", signatures.check_signature, ()),
    ("密钥", signatures.check_key, ()),
    ("事件链", signatures.check_tree, ()),
    ("公告内容", course.check_text, ("事件链",)),
    ("附件", course.check_attachments, ("公告内容",)),
    ("表决过程", course.check_course, ("事件链", "公告内容")),
    ("存证点", signatures.check_checkpoints, ("事件链",)),
    ("名册", homes.check_roll, ("事件链",)),
    ("每户的票", homes.check_ballots, ("表决过程", "名册")),
    ("参加数", homes.check_turnout, ("每户的票",)),
    ("选票内容", counted.check_openings, ("每户的票",)),
    ("计票", counted.check_count, ("选票内容",)),
    ("操作记录", acts.check_trail, ("事件链",)),
    ("您的存证点", signatures.check_brought_notes, ("事件链",)),
    ("您的回执", signatures.check_receipts, ("每户的票",)),
)


def verify(bundle: Bundle, check: Check, brought: Brought | None = None) -> list[Finding]:
    """Every check of the package. `check` holds an Ed25519 signature against a key and a message."""
    case = Case(bundle, brought or Brought(), check)
    findings: list[Finding] = []
    failed: set[str] = set()
    for name, deed, rests_on in _CHECKS:
        if failed.intersection(rests_on):
            failed.add(name)
            findings.append(Finding(name, Said.LATER, "前面有一项不符，没有往下核对"))
            continue
        finding = _tried(name, deed, case)
        if finding.said is Said.FAILS:
            failed.add(name)
        findings.append(finding)
    return findings


def _tried(name: str, deed: Callable[[Case], str], case: Case) -> Finding:
    try:
        return Finding(name, Said.HOLDS, deed(case))
    except LaterError as later:
        return Finding(name, Said.LATER, str(later))
    except (WrongError, BrokenError) as wrong:
        return Finding(name, Said.FAILS, str(wrong))
    except (
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        ArithmeticError,
        OSError,
        RecursionError,
        Refusal,
    ):
        # A package is somebody's bytes: any part of it may be of any shape.
        return Finding(name, Said.FAILS, "内容的写法不对，读不出来")


def holds(findings: list[Finding]) -> bool:
    return all(finding.said is not Said.FAILS for finding in findings)
