"""Votes that hang on the notice board: the list, and one with its rules, its window and its posted result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from app.dependencies import Now, SessionDep
from app.routers.api import vote_shapes as shapes
from app.routers.api.asking import EstateDep, Plain, SayDep
from app.routers.api.estates import root_of
from app.routers.api.shapes import Listing, Turning, cut, next_of
from app.rules.votes import matters, tally
from app.rules.votes.privacy import is_small
from app.rules.votes.questions import QuestionKind
from app.rules.votes.results import Line
from app.services.estates.standing import EstateView
from app.services.outcomes.posted_votes import (
    AskedQuestion,
    CountedQuestion,
    PostedVote,
    PostedVoteSheet,
    list_posted_votes,
    read_posted_vote,
)

router = APIRouter(prefix="/estates/{slug}/votes", tags=["votes"])

Say = Callable[[str], str]


@router.get("", summary="Votes on the notice board, the newest number first")
def list_votes(
    request: Request, estate: EstateDep, session: SessionDep, now: Now, turning: Annotated[Turning, Query()]
) -> Listing[shapes.VoteLine]:
    found = list_posted_votes(
        session, estate_id=estate.id, now=now, limit=turning.limit + 1, below=turning.number
    )
    rows, more = cut(found, turning)
    return Listing[shapes.VoteLine](
        items=[shapes.VoteLine(**_line(estate, vote)) for vote in rows],
        next=next_of(request, turning, rows[-1].number) if more else None,
    )


@router.get("/{vote_id:uuid}", dependencies=[Plain], summary="One vote")
def show_vote(estate: EstateDep, session: SessionDep, now: Now, say: SayDep, vote_id: UUID) -> shapes.Vote:
    sheet = read_posted_vote(session, estate_id=estate.id, vote_id=vote_id, now=now)
    binds = not sheet.vote.survey
    return shapes.Vote(
        **_line(estate, sheet.vote),
        text=sheet.text,
        legal_mode=sheet.legal_mode if binds else None,
        legal_basis=sheet.legal_basis if binds else None,
        questions=[_question(one, sheet, say) for one in sheet.asked],
        rules=_rules(sheet, say),
        roll_fingerprint=sheet.roll_hash[:16],
        text_fingerprint=sheet.text_hash[:16],
        result=_result(sheet),
    )


def _line(estate: EstateView, vote: PostedVote) -> dict[str, Any]:
    root = root_of(estate)
    return {
        "id": vote.id,
        "number": vote.number,
        "title": vote.title,
        "survey": vote.survey,
        "state": vote.state.value,
        "scope": shapes.Scope(building=vote.scope_building, entrance=vote.scope_entrance),
        "opens_at": vote.opens_at,
        "closes_at": vote.closes_at,
        "extended": vote.extended,
        "annulled_at": vote.annulled_at,
        "annul_reason": vote.annul_reason,
        "postings": [
            shapes.Sheet(
                kind=kind.value,
                id=posting,
                href=f"{root}/outcomes/{posting}",
                page=f"/e/{estate.slug}/outcomes/{posting}",
            )
            for kind, posting in vote.postings.items()
        ],
        "href": f"{root}/votes/{vote.id}",
    }


def _question(asked: AskedQuestion, sheet: PostedVoteSheet, say: Say) -> shapes.Question:
    question, binds = asked.question, not sheet.vote.survey
    return shapes.Question(
        title=question.title,
        text=asked.text,
        kind=question.kind,
        matter=question.matter if binds else None,
        matter_title=say(matters.matter_of(question.matter).title) if binds else None,
        labels=list(question.labels),
        most=question.most,
        seats=question.seats,
        majority=_threshold(sheet.rules.majority(question.matter)) if binds else None,
    )


def _rules(sheet: PostedVoteSheet, say: Say) -> shapes.Rules:
    rules, silence, binds = sheet.rules, sheet.silence, not sheet.vote.survey
    return shapes.Rules(
        source=say(rules.source) if binds else None,
        quorum=_threshold(rules.quorum) if binds else None,
        ballot_mode=rules.ballot_mode,
        change=rules.change,
        clash=rules.clash,
        spoiled=rules.spoiled,
        proxy_limit=rules.proxy_limit,
        parking=rules.parking,
        storage=rules.storage,
        paper_days=rules.paper_days,
        extension_days=rules.extension_days,
        silent=rules.silent,
        silence=shapes.Silence(text=silence.text, adopted_on=silence.adopted_on, sign_off=silence.sign_off)
        if silence
        else None,
    )


def _threshold(rule: matters.Threshold) -> shapes.Threshold:
    return shapes.Threshold(numerator=rule.top, denominator=rule.bottom, strict=rule.strict)


def _result(sheet: PostedVoteSheet) -> shapes.PostedResult | None:
    if sheet.result is None:
        return None
    return shapes.PostedResult(
        final=sheet.result.final,
        objections_until=sheet.result.objections_until,
        questions=[_counted(one, binds=not sheet.vote.survey) for one in sheet.result.questions],
    )


def _counted(counted: CountedQuestion, *, binds: bool) -> shapes.Counted:
    found, without = counted.found, counted.without
    decided = found.question.kind is QuestionKind.DECISION
    return shapes.Counted(
        title=found.question.title,
        count=_count(counted.figures, found.tally, binds=binds) if counted.figures else None,
        without_silent=_count(without, counted.without_verdict, binds=binds)
        if without and counted.without_verdict
        else None,
        part_heads=found.tally.part_heads,
        part_area=found.tally.part_area,
        quorum=_test(found.tally.quorum) if binds else None,
        lines=[]
        if decided
        else [
            _label(line, binds=binds, elects=found.question.kind is QuestionKind.ELECTION)
            for line in found.lines
        ],
    )


def _count(figures: Mapping[str, int], verdict: tally.Verdict, *, binds: bool) -> shapes.Count:
    return shapes.Count(
        total_heads=verdict.total_heads,
        total_area=verdict.total_area,
        part_heads=verdict.part_heads,
        part_area=verdict.part_area,
        for_heads=verdict.for_heads,
        for_area=verdict.for_area,
        others_heads=verdict.part_heads - verdict.for_heads,
        others_area=verdict.part_area - verdict.for_area,
        split=None
        if is_small(verdict.total_heads)
        else shapes.Split(**{name: figures[name] for name in shapes.Split.model_fields}),
        quorum=_test(verdict.quorum) if binds else None,
        majority=_test(verdict.majority) if binds else None,
        result=verdict.result if binds else None,
    )


def _label(line: Line[tally.Verdict], *, binds: bool, elects: bool) -> shapes.Line:
    return shapes.Line(
        label=line.label,
        for_heads=line.tally.for_heads,
        for_area=line.tally.for_area,
        majority=_test(line.tally.majority) if binds else None,
        passed=line.passed if binds else None,
        seated=line.seated if binds and elects else None,
        tied=line.tied if binds and elects else None,
    )


def _test(measures: tally.Measures) -> shapes.Test:
    return shapes.Test(heads=_measure(measures.heads), area=_measure(measures.area))


def _measure(measure: tally.Measure) -> shapes.Measure:
    return shapes.Measure(part=measure.part, whole=measure.whole, met=measure.met, short=measure.short)
