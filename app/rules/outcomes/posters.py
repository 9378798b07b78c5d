"""The fixed text of a posting, composed line by line, its hash, and its parts as a poster prints them.

A body line starts with two ideographic spaces and a heading does not: typed text cannot pass for a heading.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.rules.outcomes.statements import NextStep
from app.rules.outcomes.words import (
    CONCLUSION,
    EFFECT,
    NUMERALS,
    amount_words,
    count_words,
    day_words,
    end_words,
    minute_words,
    tests_words,
    threshold_words,
)
from app.rules.votes.matters import matter_of
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.states import ChangeRule, LegalMode
from app.rules.votes.tally import Verdict

# A longer question would push the notice off its sheet; the notice then says where the whole of it is.
QUESTION_ON_POSTER = 500
_INDENT = "\u3000\u3000"

Sections = Sequence[tuple[str, Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The vote that is posted, as frozen at notice; areas in hundredths of a square metre.

    `contact` is where the committee is reached: address, telephone, hours; any of them may be empty.
    `amendments` counts the corrections of the roll since it was posted.
    """

    estate: str
    committee: str
    contact: Sequence[str]
    number: int
    title: str
    matter: int
    scope: str
    total_heads: int
    total_area: int
    opens_at: datetime
    closes_at: datetime
    legal_mode: LegalMode
    legal_basis: str
    rules: RuleSet
    roll_hash: str
    text_hash: str
    amendments: int = 0

    @property
    def contact_words(self) -> str:
        return "，".join(part for part in self.contact if part)


@dataclass(frozen=True, slots=True)
class Poster:
    """A fixed text taken apart for print; joined by line breaks again it is the text."""

    heading: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    signature: tuple[str, str]


def text_hash(text: str) -> str:
    """SHA-256 of the text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def notice_text(subject: Subject, *, question: str, posted_on: date) -> str:
    """What is posted at notice: the question, who decides, when, by which rule, and how to object."""
    majority = subject.rules.majority(subject.matter)
    deadline = f"对名册或者公告内容有异议的，请在 {minute_words(subject.opens_at)} 投票开始前提出"
    sections = [
        ("表决事项", [*_matter(subject), *_question(question)]),
        ("表决范围", [_scope(subject)]),
        ("投票时间", [_window(subject), f"使用手机投票，{_change(subject.rules)}"]),
        (
            "通过条件",
            [
                f"参与表决的业主，面积和人数都要{threshold_words(subject.rules.quorum)}",
                f"参与表决的业主中，同意的面积和人数都要{threshold_words(majority)}",
                *_basis(subject),
            ],
        ),
        ("核对名册和提出异议", [deadline, _how(subject), _fingerprints(subject)]),
    ]
    return _compose(f"{subject.estate}业主表决公告", sections, subject.committee, posted_on)


def outcome_text(
    subject: Subject,
    figures: Mapping[str, int],
    *,
    final: bool,
    statement: str,
    steps: Sequence[NextStep],
    objections_until: datetime,
    posted_until: datetime,
    posted_on: date,
) -> str:
    """What is posted of a result; `figures` are the integers of the sealed count (`for_heads` and so on)."""
    verdict = _verdict(subject, figures)
    conclusion = f"结论：{CONCLUSION[verdict.result]}"
    until = f"公示到 {end_words(posted_until)}"
    sections = [
        ("表决事项", _matter(subject)),
        ("表决范围和投票时间", [_scope(subject), _window(subject)]),
        ("计票结果", count_words(figures)),
        ("对照规定的比例", [*tests_words(verdict), conclusion, *_basis(subject)]),
        (f"{subject.committee}的说明", statement.splitlines()),
        ("下一步", [_step(place, step) for place, step in enumerate(steps, start=1)]),
        ("异议和核对", [*_objection(subject, final, objections_until), until, _fingerprints(subject)]),
    ]
    heading = f"{subject.estate}表决结果公示（{'最终' if final else '初步'}）"
    return _compose(heading, sections, subject.committee, posted_on)


def poster_of(text: str) -> Poster:
    """Take a fixed text apart: heading, sections with their lines, and the two lines of the signature."""
    heading, *middle, committee, day = text.rstrip("\n").split("\n")
    sections: list[tuple[str, list[str]]] = []
    for line in middle:
        if line.startswith(_INDENT):
            sections[-1][1].append(line)
        else:
            sections.append((line, []))
    return Poster(heading, tuple((title, tuple(lines)) for title, lines in sections), (committee, day))


def _compose(heading: str, sections: Sections, committee: str, posted_on: date) -> str:
    written = [(title, body) for title, body in sections if body]
    lines = [_flat(heading)]
    for numeral, (title, body) in zip(NUMERALS, written, strict=False):
        lines.append(_flat(f"{numeral}、{title}"))
        lines.extend(_INDENT + _flat(line) for line in body if line.strip())
    lines += [_flat(committee), day_words(posted_on)]
    return unicodedata.normalize("NFC", "\n".join(lines) + "\n")


def _flat(line: str) -> str:
    return " ".join(line.split())


def _matter(subject: Subject) -> list[str]:
    article = f"《民法典》第二百七十八条第一款第{NUMERALS[subject.matter - 1]}项"
    return [f"第 {subject.number} 号表决：{subject.title}", f"{matter_of(subject.matter).title}（{article}）"]


def _question(text: str) -> list[str]:
    if len(text) <= QUESTION_ON_POSTER:
        return text.splitlines()
    return [f"内容全文 {len(text)} 字，见本次表决的网页，居委会备有纸质全文"]


def _scope(subject: Subject) -> str:
    return f"{subject.scope}，共 {amount_words(subject.total_heads, subject.total_area)}"


def _window(subject: Subject) -> str:
    return f"{minute_words(subject.opens_at)} 至 {minute_words(subject.closes_at)}（北京时间）"


def _change(rules: RuleSet) -> str:
    if rules.change is ChangeRule.UNTIL_CLOSE:
        return "截止前可以更改，以最后一次为准"
    return "投票后不能更改"


def _basis(subject: Subject) -> list[str]:
    basis = f"（{subject.legal_basis}）" if subject.legal_basis else ""
    return [f"效力：{EFFECT[subject.legal_mode]}{basis}", f"规则依据：{subject.rules.source}"]


def _fingerprints(subject: Subject) -> str:
    amended = f"（公告后更正 {subject.amendments} 处）" if subject.amendments else ""
    return f"名册指纹 {subject.roll_hash[:16]}{amended}，表决内容指纹 {subject.text_hash[:16]}"


def _how(subject: Subject) -> str:
    contact = f"（{subject.contact_words}）" if subject.contact_words else ""
    return f"提出办法：在本次表决的网页上提交，或者书面交到{subject.committee}{contact}"


def _objection(subject: Subject, final: bool, until: datetime) -> list[str]:
    if not final:
        return [f"对投票过程或者结果有异议的，请在 {end_words(until)} 前提出", _how(subject)]
    ended = f"异议期已于 {end_words(until)} 结束"
    if subject.legal_mode is LegalMode.CONSULTATION:
        return [ended, f"有疑问请联系{subject.committee} {subject.contact_words}"]
    # Civil Code art. 280 para. 2; the year stands in art. 12 of the SPC interpretation 2009 No. 7.
    grounds = "业主认为决定侵害其合法权益或者违反法定程序的"
    remedy = "可以自知道或者应当知道之日起一年内请求人民法院撤销"
    return [ended, f"{grounds}，{remedy}（《民法典》第二百八十条；法释〔2009〕7号第十二条）"]


def _verdict(subject: Subject, figures: Mapping[str, int]) -> Verdict:
    return Verdict(
        kind=matter_of(subject.matter).kind,
        quorum_rule=subject.rules.quorum,
        majority_rule=subject.rules.majority(subject.matter),
        total_area=figures["total_area"],
        total_heads=figures["total_heads"],
        part_area=figures["part_area"],
        part_heads=figures["part_heads"],
        for_area=figures["for_area"],
        for_heads=figures["for_heads"],
    )


def _step(place: int, step: NextStep) -> str:
    return f"{place}. {step.what}（{step.who}负责，{day_words(step.by)}前）"
