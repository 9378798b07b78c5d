"""The certificate of a final result (表决结果证明): what was asked, of whom, both tests on both measures, and the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.rules.outcomes.papers import asked_words, is_plain
from app.rules.outcomes.posters import (
    Subject,
    both_sections,
    compose,
    counted_sections,
    matter_lines,
    question_lines,
    scope_line,
    window_line,
)
from app.rules.outcomes.words import day_words, minute_words, threshold_words
from app.rules.votes.privacy import is_small
from app.rules.votes.results import verdict_of
from app.rules.votes.tally import Verdict

_HEX = 8


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a final result beside its figures; `published_on` is None until the committee posted it.

    `closed_before` is the closing that an extension replaced; `checkpoint` the size and the root of the last signed one.
    """

    final_at: datetime
    published_on: date | None
    head_seq: int
    head_hash: str
    objections: int
    recounts: Sequence[date] = ()
    closed_before: datetime | None = None
    extend_reason: str = ""
    checkpoint: tuple[int, str] | None = None


def certificate_text(
    subject: Subject,
    figures: Sequence[Mapping[str, int]],
    facts: Facts,
    *,
    question: str,
    without: Sequence[Mapping[str, int]] = (),
    issued_on: date,
) -> str:
    """The text of the certificate; `figures` are the sealed integers item by item, `without` those without the silent."""
    asked = [*question_lines(question), *asked_words(subject.asked, survey=subject.survey)]
    fractions: list[str] = []
    if is_plain(subject.asked) and not subject.survey:
        fractions = _fractions(verdict_of(figures[0], subject.rules, subject.matter))
    sections = [
        (f"{subject.deed}事项", [*matter_lines(subject), *asked]),
        (f"{subject.deed}范围和投票时间", [scope_line(subject), window_line(subject), *_extension(facts)]),
        *counted_sections(subject, figures),
        ("两项比例的分数", fractions),
        *both_sections(subject, figures, without),
        ("公示和异议", _after(subject, facts)),
        ("存证", _evidence(subject, facts)),
    ]
    return compose(f"{subject.estate}业主{subject.deed}结果证明", sections, subject.committee, issued_on)


def grouped(digest: str) -> str:
    """A hash in groups of eight, to be compared by eye."""
    return " ".join(digest[start : start + _HEX] for start in range(0, len(digest), _HEX))


def _fractions(verdict: Verdict) -> list[str]:
    """The two tests as exact fractions of both measures, areas in hundredths of a square metre."""
    quorum, majority = verdict.quorum, verdict.majority
    return [
        f"参与：人数 {quorum.heads.part}/{quorum.heads.whole}，面积 {quorum.area.part}/{quorum.area.whole}，"
        f"都要{threshold_words(verdict.quorum_rule)}",
        f"同意：人数 {majority.heads.part}/{majority.heads.whole}，"
        f"面积 {majority.area.part}/{majority.area.whole}，都要{threshold_words(verdict.majority_rule)}",
        "（面积分数的单位是 0.01 ㎡）",
    ]


def _extension(facts: Facts) -> list[str]:
    if facts.closed_before is None:
        return []
    return [
        f"原定 {minute_words(facts.closed_before)} 截止，按公布的规则延长过一次，理由：{facts.extend_reason}"
    ]


def _after(subject: Subject, facts: Facts) -> list[str]:
    objected = (
        f"异议 {facts.objections} 条，都已裁决或者撤回，没有成立的" if facts.objections else "没有人提出异议"
    )
    counted = [f"{day_words(day)} 从选票链重新计票，结果相同" for day in facts.recounts]
    posted = (
        f"最终结果由{subject.committee}于 {day_words(facts.published_on)} 公示"
        if facts.published_on
        else f"最终结果由系统公布，{subject.committee}还没有张贴公示"
    )
    return [objected, *counted, f"{minute_words(facts.final_at)} 成为最终结果", posted]


def _evidence(subject: Subject, facts: Facts) -> list[str]:
    amended = f"（公告后更正 {subject.amendments} 处）" if subject.amendments else ""
    lines = [
        f"表决内容指纹：{subject.text_hash}",
        f"名册指纹：{subject.roll_hash}{amended}",
        f"选票链到第 {facts.head_seq} 条的指纹：{facts.head_hash}",
    ]
    if facts.checkpoint:
        size, root = facts.checkpoint
        lines.append(f"存证点（前 {size} 条）：{root}")
    if is_small(subject.total_heads):
        lines.append("范围内人数少，反对和弃权不分开公布")
    return lines
