"""The words of a posting for what a vote's rules leave to it: two ways at once, late sheets, spoiled ones, agents, the silent."""

from __future__ import annotations

from collections.abc import Mapping

from app.rules.outcomes.words import CONCLUSION, amount_words, count_words, day_words, tests_words
from app.rules.votes.clashes import ClashRule
from app.rules.votes.results import verdict_of
from app.rules.votes.rulesets import BallotMode, Inclusion, RuleSet, SilentRule, SpoiledRule
from app.rules.votes.silence import Silence
from app.rules.votes.states import ChangeRule, LegalMode


def way_words(rules: RuleSet, mode: LegalMode) -> str:
    """By what one votes, and whether a ballot may be changed."""
    by = (
        "以签名的纸质票为准，也可以用手机登记投票" if mode is LegalMode.PAPER_WITH_SUPPORT else "使用手机投票"
    )
    if rules.change is ChangeRule.UNTIL_CLOSE:
        return f"{by}，截止前可以更改，以最后一次为准"
    return f"{by}，投票后不能更改"


def rule_words(rules: RuleSet, silence: Silence | None = None) -> list[str]:
    """Everything a voter must know beside the shares, a line each."""
    paper = rules.clash is ClashRule.PAPER_LOCKS
    spoiled = rules.spoiled is SpoiledRule.PARTICIPATING
    lines = [
        f"同一套房屋手机和纸质都投了的，算{'签名的纸质票' if paper else '先交的那一张'}，两张都留存",
        f"没法认的纸质票是废票，{'算参与，不算同意' if spoiled else '不算参与'}",
        _proxy(rules.proxy_limit),
    ]
    if rules.ballot_mode is BallotMode.PER_HEAD:
        lines.append("一人一票：名下几套房屋投了一套，几套的面积都算；几套投得不一样的，算参与，不算同意")
    if rules.paper_days:
        lines.append(f"截止前交到的纸质票，最迟在截止后 {rules.paper_days} 日内录完，录完才计票")
    if rules.extension_days:
        lines.append(f"参与不够的，可以延长一次，最多 {rules.extension_days} 日，延长另行公告")
    counted = [
        words
        for rule, words in ((rules.parking, "车位"), (rules.storage, "储藏室"))
        if rule is Inclusion.INCLUDE
    ]
    if counted:
        lines.append(f"{'、'.join(counted)}计入面积和人数")
    return [*lines, *_silent(rules, silence)]


def _proxy(limit: int | None) -> str:
    if limit == 0:
        return "不能委托他人投票"
    return "可以委托他人投票" + ("" if limit is None else f"，一个人最多接受 {limit} 户委托")


def _silent(rules: RuleSet, silence: Silence | None) -> list[str]:
    if rules.silent is not SilentRule.FOLLOW_MAJORITY or silence is None:
        return ["没有投票的，不算参与"]
    warning = (
        "注意：选票送达了而到截止没有投票的，计入多数一方；没有送达的不计。结果同时公布计入和不计入的两种计票"
    )
    basis = f"依据：业主大会 {day_words(silence.adopted_on)} 通过的规则“{silence.text}”"
    return [warning, basis, *([f"书面法律意见：{silence.sign_off}"] if silence.sign_off else [])]


def both_words(
    figures: Mapping[str, int], without: Mapping[str, int], rules: RuleSet, matter: int
) -> list[str]:
    """How many silent owners were counted with the majority, and the whole count without them."""
    heads, area = (figures[f"part_{unit}"] - without[f"part_{unit}"] for unit in ("heads", "area"))
    verdict = verdict_of(without, rules, matter)
    return [
        f"上面的计票按议事规则计入了送达而没有投票的 {amount_words(heads, area)}",
        "不计入他们的：",
        *count_words(without),
        *tests_words(verdict),
        f"不计入的结论：{CONCLUSION[verdict.result]}",
    ]
