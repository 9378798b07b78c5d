"""Votes: the words of a paper sheet: how to fill it in, and on its back every rule by which it is counted.

A sheet is a document: it is Chinese in every language of the interface, like the notice that was posted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from app.models.votes import Vote
from app.rules.outcomes.words import EFFECT, end_words, minute_words, threshold_words
from app.rules.votes.clashes import ClashRule
from app.rules.votes.questions import Question
from app.rules.votes.rulesets import RuleSet, SpoiledRule
from app.rules.votes.silence import read_silence
from app.rules.votes.windows import paper_until
from app.services.estates.standing import get_estate
from app.services.votes.counting import paper_of


@dataclass(frozen=True, slots=True)
class SheetWords:
    """What all sheets of a vote say alike; `warning` is empty unless the silent join the majority."""

    estate: str
    title: str
    paper: tuple[Question, ...]
    instructions: tuple[str, ...]
    until: str
    rules: tuple[str, ...]
    warning: str
    fingerprint: str


def words_of(session: Session, vote: Vote) -> SheetWords:
    """The words for the sheets of a noticed vote."""
    estate, paper = get_estate(session, estate_id=vote.estate_id), paper_of(vote)
    rules, closes_at = RuleSet.from_json(vote.rules), _closing(vote)
    committee = estate.committee_name or f"{estate.name}居委会"
    where = "，".join(part for part in (estate.desk_address, estate.desk_phone) if part)
    silence = read_silence(vote.silent)
    until = minute_words(closes_at)
    return SheetWords(
        estate=estate.name,
        title=vote.title,
        paper=paper,
        instructions=(
            "在您选的方框里打√。" + ("每个问题都要选。" if len(paper) > 1 else ""),
            f"签名后请在 {until} 前交到{committee}{f'（{where}）' if where else ''}。",
        ),
        until=until,
        rules=tuple(_rules(vote, rules, paper, closes_at)),
        warning=f"特别提醒：按 {silence.adopted_on.isoformat()} 通过的议事规则，{silence.text}" if silence else "",
        fingerprint=vote.text_hash[:16],
    )  # fmt: skip


def _closing(vote: Vote) -> datetime:
    assert vote.closes_at is not None
    return vote.closes_at


def _rules(vote: Vote, rules: RuleSet, paper: Sequence[Question], closes_at: datetime) -> Iterator[str]:
    yield f"效力：{'调查意见，没有通过不通过' if vote.survey else EFFECT[vote.legal_mode]}。"
    if not vote.survey:
        yield f"参与：参加投票的业主，面积和人数都要{threshold_words(rules.quorum)}（占全部）。"
        yield from _majorities(rules, paper)
    yield "弃权算参加，不算同意。不投票不算参加。" if not vote.silent else "弃权算参加，不算同意。"
    taken = "算参加，不算同意" if rules.spoiled is SpoiledRule.PARTICIPATING else "不算参加"
    yield f"废票：没有选、多选、涂改、看不清的，那一项是废票；没有签名的，整张是废票。废票{taken}。"
    yield "一套房屋一张票；同一业主有几套的，人数算一人，面积相加。"
    yield _clash(rules)
    yield _proxy(rules)
    yield f"截止：{minute_words(closes_at)}，之后交来的不算。" + _entering(rules, closes_at)
    yield "交回的票由两个人分开录入，两次一致才计入，结果告诉绑定了手机的业主。"
    yield "票丢了、写坏了，可以到居委会作废换新。"


def _majorities(rules: RuleSet, paper: Sequence[Question]) -> Iterator[str]:
    needed = [threshold_words(rules.majority(question.matter)) for question in paper]
    if len(set(needed)) == 1:
        yield f"通过：同意的业主，面积和人数都要{needed[0]}（占参加投票的）。"
        return
    each = "；".join(f"第 {number} 题{share}" for number, share in enumerate(needed, start=1))
    yield f"通过：同意的业主，面积和人数都要达到的比例（占参加投票的）：{each}。"


def _clash(rules: RuleSet) -> str:
    if rules.clash is ClashRule.PAPER_LOCKS:
        return "纸票和手机：交了纸票就以纸票为准，手机投的不再算，以后也不能再用手机投。"
    return "纸票和手机：先交的算，后到的留存，不计票。"


def _proxy(rules: RuleSet) -> str:
    limit = f"，一人最多受 {rules.proxy_limit} 名业主委托" if rules.proxy_limit is not None else ""
    return f"委托：本人不能投的，可以书面委托他人{limit}。"


def _entering(rules: RuleSet, closes_at: datetime) -> str:
    if not rules.paper_days:
        return ""
    return f"截止前交回的，最晚 {end_words(paper_until(closes_at, rules.paper_days))} 录入完。"
