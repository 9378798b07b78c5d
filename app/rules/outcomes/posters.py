"""The fixed text of a posting, composed line by line, its hash, and its parts as a poster prints them.

A body line starts with two ideographic spaces and a heading does not: typed text cannot pass for a heading.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.rules.outcomes.papers import (
    SURVEY,
    asked_words,
    counted_words,
    is_plain,
    matter_words,
    needed_words,
)
from app.rules.outcomes.rule_words import both_words, rule_words, way_words
from app.rules.outcomes.statements import NextStep
from app.rules.outcomes.words import (
    CONCLUSION,
    EFFECT,
    NUMERALS,
    amount_words,
    area_words,
    count_words,
    day_words,
    end_words,
    minute_words,
    tests_words,
)
from app.rules.votes.questions import Question
from app.rules.votes.results import verdict_of
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.silence import Silence
from app.rules.votes.states import LegalMode

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
    paper: tuple[Question, ...] = ()
    survey: bool = False
    silence: Silence | None = None

    @property
    def asked(self) -> tuple[Question, ...]:
        """The questions; a vote of one decision has none stored and is the question itself."""
        return self.paper or (Question(title=self.title, matter=self.matter),)

    @property
    def deed(self) -> str:
        return "意向调查" if self.survey else "表决"

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
    needed = [SURVEY] if subject.survey else needed_words(subject.asked, subject.rules)
    asked = asked_words(subject.asked, survey=subject.survey)
    deadline = f"对名册或者公告内容有异议的，请在 {minute_words(subject.opens_at)} 投票开始前提出"
    sections = [
        (f"{subject.deed}事项", [*matter_lines(subject), *question_lines(question), *asked]),
        (f"{subject.deed}范围", [scope_line(subject)]),
        ("投票时间", [window_line(subject), way_words(subject.rules, subject.legal_mode)]),
        (
            "效力" if subject.survey else "通过条件",
            [*needed, *rule_words(subject.rules, subject.silence), *basis_lines(subject)],
        ),
        ("核对名册和提出异议", [deadline, how_line(subject), _fingerprints(subject)]),
    ]
    return compose(f"{subject.estate}业主{subject.deed}公告", sections, subject.committee, posted_on)


def outcome_text(
    subject: Subject,
    figures: Sequence[Mapping[str, int]],
    *,
    final: bool,
    statement: str,
    steps: Sequence[NextStep],
    objections_until: datetime,
    posted_until: datetime,
    posted_on: date,
    without: Sequence[Mapping[str, int]] = (),
) -> str:
    """What is posted of a result; `figures` are the integers of the sealed count (`for_heads` and so on), item by item."""
    until = f"公示到 {end_words(posted_until)}"
    sections = [
        (f"{subject.deed}事项", matter_lines(subject)),
        (f"{subject.deed}范围和投票时间", [scope_line(subject), window_line(subject)]),
        *counted_sections(subject, figures),
        *both_sections(subject, figures, without),
        (f"{subject.committee}的说明", statement.splitlines()),
        ("下一步", [_step(place, step) for place, step in enumerate(steps, start=1)]),
        ("异议和核对", [*_objection(subject, final, objections_until), until, _fingerprints(subject)]),
    ]
    heading = f"{subject.estate}{subject.deed}结果公示（{'最终' if final else '初步'}）"
    return compose(heading, sections, subject.committee, posted_on)


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


def roll_text(subject: Subject, lines: Sequence[tuple[str, int, str]], *, posted_on: date) -> str:
    """The roll as it hangs to be checked: each home with its area and masked names, as `lines` give them."""
    deadline = (
        f"自家的面积、姓名不对，或者对名册有异议的，请在 {minute_words(subject.opens_at)} 投票开始前提出"
    )
    sections = [
        ("表决", [f"第 {subject.number} 号表决：{subject.title}"]),
        ("名册范围", [scope_line(subject)]),
        ("核对办法", [deadline, how_line(subject), _fingerprints(subject)]),
        ("名册（房屋、面积、业主）", [f"{home}　{area_words(area)}　{names}" for home, area, names in lines]),
    ]
    return compose(f"{subject.estate}业主表决名册", sections, subject.committee, posted_on)


def compose(heading: str, sections: Sections, committee: str, posted_on: date) -> str:
    """The text of numbered sections, those without a line left out, signed and dated."""
    written = [(title, body) for title, body in sections if body]
    lines = [_flat(heading)]
    for numeral, (title, body) in zip(NUMERALS, written, strict=False):
        lines.append(_flat(f"{numeral}、{title}"))
        lines.extend(_INDENT + _flat(line) for line in body if line.strip())
    lines += [_flat(committee), day_words(posted_on)]
    return unicodedata.normalize("NFC", "\n".join(lines) + "\n")


def _flat(line: str) -> str:
    return " ".join(line.split())


def matter_lines(subject: Subject) -> list[str]:
    """What the vote is; the matters of several questions stand with each of them, and a survey has none."""
    title = f"第 {subject.number} 号{subject.deed}：{subject.title}"
    if subject.survey or not is_plain(subject.asked):
        return [title]
    return [title, matter_words(subject.matter)]


def question_lines(text: str) -> list[str]:
    if len(text) <= QUESTION_ON_POSTER:
        return text.splitlines()
    return [f"内容全文 {len(text)} 字，见本次表决的网页，居委会备有纸质全文"]


def scope_line(subject: Subject) -> str:
    return f"{subject.scope}，共 {amount_words(subject.total_heads, subject.total_area)}"


def window_line(subject: Subject) -> str:
    return f"{minute_words(subject.opens_at)} 至 {minute_words(subject.closes_at)}（北京时间）"


def basis_lines(subject: Subject) -> list[str]:
    if subject.survey:
        return []
    basis = f"（{subject.legal_basis}）" if subject.legal_basis else ""
    return [f"效力：{EFFECT[subject.legal_mode]}{basis}", f"规则依据：{subject.rules.source}"]


def _fingerprints(subject: Subject) -> str:
    amended = f"（公告后更正 {subject.amendments} 处）" if subject.amendments else ""
    return f"名册指纹 {subject.roll_hash[:16]}{amended}，表决内容指纹 {subject.text_hash[:16]}"


def how_line(subject: Subject) -> str:
    contact = f"（{subject.contact_words}）" if subject.contact_words else ""
    return f"提出办法：在本次表决的网页上提交，或者书面交到{subject.committee}{contact}"


def _objection(subject: Subject, final: bool, until: datetime) -> list[str]:
    if not final:
        return [f"对投票过程或者结果有异议的，请在 {end_words(until)} 前提出", how_line(subject)]
    ended = f"异议期已于 {end_words(until)} 结束"
    if subject.legal_mode is LegalMode.CONSULTATION:
        return [ended, f"有疑问请联系{subject.committee} {subject.contact_words}"]
    # Civil Code art. 280 para. 2; the year stands in art. 12 of the SPC interpretation 2009 No. 7.
    grounds = "业主认为决定侵害其合法权益或者违反法定程序的"
    remedy = "可以自知道或者应当知道之日起一年内请求人民法院撤销"
    return [ended, f"{grounds}，{remedy}（《民法典》第二百八十条；法释〔2009〕7号第十二条）"]


def both_sections(
    subject: Subject, figures: Sequence[Mapping[str, int]], without: Sequence[Mapping[str, int]]
) -> Sections:
    """Where the silent join the majority, the other count beside it, question by question."""
    lines: list[str] = []
    for question, counted, returned in zip(subject.asked, figures, without, strict=False):
        lines += [question.title] if len(subject.asked) > 1 else []
        lines += both_words(counted, returned, subject.rules, question.matter)
    return [("没有投票的计入和不计入", lines)]


def counted_sections(subject: Subject, figures: Sequence[Mapping[str, int]]) -> Sections:
    """The sections with the count and the tests; of a survey the count alone."""
    if not subject.survey and is_plain(subject.asked):
        verdict = verdict_of(figures[0], subject.rules, subject.matter)
        conclusion = f"结论：{CONCLUSION[verdict.result]}"
        return [
            ("计票结果", count_words(figures[0])),
            ("对照规定的比例", [*tests_words(verdict), conclusion, *basis_lines(subject)]),
        ]
    counted = counted_words(subject.asked, figures, subject.rules, survey=subject.survey)
    if subject.survey:
        return [("调查结果", counted), ("效力", [SURVEY])]
    return [("计票结果，对照规定的比例", counted), ("效力和规则", basis_lines(subject))]


def _step(place: int, step: NextStep) -> str:
    return f"{place}. {step.what}（{step.who}负责，{day_words(step.by)}前）"
