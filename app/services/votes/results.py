"""Votes: what the sealed count of a vote says, question by question, and how a list says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.models.votes import Vote, VoteResult
from app.rules.votes.questions import items_of
from app.rules.votes.results import Found, Score, results_of, score_of, verdict_of
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.tally import Verdict
from app.services.votes.counting import paper_of


def figures_of(sealed: VoteResult) -> list[dict[str, int]]:
    """The integers of the sealed count, item by item in the paper's order: what was counted once is what is posted."""
    rows: Any = sealed.tally.get("items") or [sealed.tally]
    return [_integers(row) for row in rows]


def without_silent(sealed: VoteResult) -> list[dict[str, int]]:
    """The same of what was returned alone, where the silent were counted with the majority; else nothing."""
    rows: Any = sealed.tally.get("items") or [sealed.tally]
    return [_integers(row["silent"]["without"]) for row in rows if "silent" in row]


def _integers(row: Mapping[str, object]) -> dict[str, int]:
    return {name: figure for name, figure in row.items() if type(figure) is int}


def sealed_results(vote: Vote, sealed: VoteResult) -> tuple[Found[Verdict], ...]:
    """What the sealed count says of every question."""
    paper, rules = paper_of(vote), RuleSet.from_json(vote.rules)
    counted = zip(figures_of(sealed), items_of(paper), strict=True)
    return results_of(paper, [verdict_of(figures, rules, item.matter) for figures, item in counted])


@dataclass(frozen=True, slots=True)
class Ending:
    """A sealed count in a word or two: one decision has `passed` or not, everything else has a score, a survey neither."""

    passed: bool | None = None
    score: Score | None = None


def ending_of(vote: Vote, sealed: VoteResult | None) -> Ending:
    """What a list says of a vote; nothing before the count is sealed, and of a survey never anything."""
    if sealed is None or vote.survey:
        return Ending()
    results = sealed_results(vote, sealed)
    score = score_of(results)
    return Ending(score=score) if score else Ending(passed=results[0].settled)
