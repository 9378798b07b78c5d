"""A posting's lines about what a paper asks and what came of it, question by question; of a survey no test and no conclusion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.rules.outcomes.words import (
    CONCLUSION,
    NUMERALS,
    amount_words,
    count_words,
    measure_words,
    quorum_words,
    tests_words,
    threshold_words,
)
from app.rules.votes.matters import matter_of
from app.rules.votes.questions import Question, QuestionKind, items_of
from app.rules.votes.results import Found, Line, results_of, verdict_of
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.tally import Result, Verdict

SURVEY = "意向调查，不是表决，没有法律约束力，只公布人数和面积，不作结论"
# All explanations together; with longer ones the notice would not fit its sheet.
_MOST_TEXT = 500
_KINDS = {
    QuestionKind.DECISION: "表决一件事",
    QuestionKind.ELECTION: "选举业主委员会委员",
    QuestionKind.OPTIONS: "菜单选择",
}


def is_plain(paper: Sequence[Question]) -> bool:
    """Whether it is one decision, which the vote's own title, text and matter say already."""
    return len(paper) == 1 and paper[0].kind is QuestionKind.DECISION


def short_enough(paper: Sequence[Question]) -> bool:
    """Whether a notice has room for the explanations of all questions."""
    return sum(len(question.text) for question in paper) <= _MOST_TEXT


def matter_words(matter: int) -> str:
    article = f"《民法典》第二百七十八条第一款第{NUMERALS[matter - 1]}项"
    return f"{matter_of(matter).title}（{article}）"


def asked_words(paper: Sequence[Question], *, survey: bool) -> list[str]:
    """What a notice says of every question; explanations only while they are short together."""
    if is_plain(paper):
        return []
    short = short_enough(paper)
    lines = [f"共 {len(paper)} 项，每一项分开计票"] if len(paper) > 1 else []
    for number, question in enumerate(paper, start=1):
        lines.append(_heading(number, len(paper), question))
        if not survey:
            lines.append(matter_words(question.matter))
        lines += question.text.splitlines() if short else []
        if question.labels:
            name = "候选人" if question.kind is QuestionKind.ELECTION else "选项"
            lines.append(f"{name}：{'、'.join(question.labels)}")
    return lines if short else [*lines, "各项的说明较长，见本次表决的网页，居委会备有纸质全文"]


def needed_words(paper: Sequence[Question], rules: RuleSet) -> list[str]:
    """By which shares each question passes."""
    lines = [f"参与表决的业主，面积和人数都要{threshold_words(rules.quorum)}"]
    for number, question in enumerate(paper, start=1):
        place = f"第 {number} 项：" if len(paper) > 1 else ""
        lines.append(f"{place}{_needed(question, threshold_words(rules.majority(question.matter)))}")
    return lines


def _needed(question: Question, share: str) -> str:
    if question.kind is QuestionKind.DECISION:
        return f"参与表决的业主中，同意的面积和人数都要{share}"
    each = f"参与表决的业主中，同意的面积和人数都{share}的"
    if question.kind is QuestionKind.OPTIONS:
        return f"每个选项分开计算，{each}通过"
    return f"{each}候选人可以当选；多于应选人数时，同意人数多的当选，人数相同的面积大的当选，都相同的另行表决"


def _heading(number: int, of: int, question: Question) -> str:
    place = f"第 {number} 项：" if of > 1 else ""
    limits = {
        QuestionKind.DECISION: "",
        QuestionKind.ELECTION: f"，应选 {question.seats} 人，每票最多选 {question.most} 人",
        QuestionKind.OPTIONS: f"，每票最多选 {question.most} 项",
    }
    return f"{place}{question.title}（{_KINDS[question.kind]}{limits[question.kind]}）"


def counted_words(
    paper: Sequence[Question], figures: Sequence[Mapping[str, int]], rules: RuleSet, *, survey: bool
) -> list[str]:
    """The count of every question with its tests and its conclusion; `figures` are the sealed integers, item by item."""
    items = items_of(paper)
    found = results_of(
        paper, [verdict_of(row, rules, item.matter) for row, item in zip(figures, items, strict=True)]
    )
    first = {item.question: item.place for item in reversed(items)}
    return [
        line
        for one in found
        for line in _counted(one, len(paper), figures[first[one.number - 1]], survey=survey)
    ]


def _counted(found: Found[Verdict], of: int, figures: Mapping[str, int], *, survey: bool) -> Iterator[str]:
    question = found.question
    yield _heading(found.number, of, question)
    if question.kind is QuestionKind.DECISION:
        yield from count_words(figures)
        if not survey:
            yield from tests_words(found.tally)
            yield f"结论：{CONCLUSION[found.tally.result]}"
        return
    if survey:
        yield f"参加 {amount_words(found.tally.part_heads, found.tally.part_area)}"
        yield from (f"{place}. {_picked(line)}" for place, line in enumerate(found.lines, start=1))
        return
    yield from quorum_words(found.tally)
    for place, line in enumerate(found.lines, start=1):
        majority = line.tally.majority
        tested = f"，{measure_words(majority)}" if line.tally.part_heads else ""
        yield f"{place}. {_picked(line)}{tested}"
    yield f"结论：{_conclusion(found)}"


def _picked(line: Line[Verdict]) -> str:
    # Who was not picked was not voted against: heads and area in favour are all there is to say, in a small scope too.
    return f"{line.label}：同意 {amount_words(line.tally.for_heads, line.tally.for_area)}"


def _conclusion(found: Found[Verdict]) -> str:
    if found.tally.result is Result.QUORUM_NOT_MET:
        return CONCLUSION[Result.QUORUM_NOT_MET]
    if found.question.kind is QuestionKind.OPTIONS:
        passed = "、".join(found.passed)
        return f"{passed}，达到规定比例，获得通过" if passed else "没有选项达到规定比例，未获通过"
    said = [f"{'、'.join(found.seated)} 当选" if found.seated else "没有人当选"]
    if found.tied:
        said.append(f"{'、'.join(found.tied)} 人数和面积都相同，要另行表决")
    if found.vacant:
        said.append(f"空缺 {found.vacant} 席")
    return "；".join(said)
