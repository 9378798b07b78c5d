"""Votes: a draft as the wizard shows it: its fields, the homes it would reach, and all that would be posted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import Refusal
from app.models.estates import Owner
from app.models.votes import Vote
from app.rules.votes.questions import Question, read_paper
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.silence import Silence, read_silence
from app.rules.votes.states import LegalMode
from app.services.votes import costs, drafting, roll, rule_texts
from app.services.votes.costs import CostSheet
from app.services.votes.drafting import Attachment, Problem
from app.services.votes.roll import RollLine, home_label
from app.services.votes.scopes import drawn_value


@dataclass(frozen=True, slots=True)
class DraftView:
    """The fields of a draft; `rules_source` is what was typed beside the source of the set `rules` names."""

    id: UUID
    number: int
    title: str
    matter: int
    text: str
    paper: tuple[Question, ...]
    survey: bool
    scope: str
    scope_level: str
    scope_building: str
    scope_entrance: str
    legal_mode: LegalMode
    legal_basis: str
    rules: RuleSet
    rules_source: str
    silence: Silence | None
    cost: Mapping[str, object]
    opens_at: datetime | None
    closes_at: datetime | None
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class ScopeHome:
    """A home in the scope of a draft; area in hundredths of a square metre."""

    unit_id: UUID
    label: str
    floor: int
    area: int


@dataclass(frozen=True, slots=True)
class RollSummary:
    """What would be frozen; `unbound` counts voters without an account, `no_voter` homes nobody may vote for."""

    homes: int
    heads: int
    area: int
    voters: int
    unbound: int
    no_voter: int


@dataclass(frozen=True, slots=True)
class FloorRow:
    """What one floor pays, in fen: how many homes, the least and the most of one, and all together."""

    floor: int
    homes: int
    least: int
    most: int
    total: int


@dataclass(frozen=True, slots=True)
class ShareRow:
    """What one home pays, in fen."""

    label: str
    area: int
    share: int


@dataclass(frozen=True, slots=True)
class CostTable:
    """A cost table worked out: its sums, by floor and by home."""

    sheet: CostSheet
    floors: tuple[FloorRow, ...]
    homes: tuple[ShareRow, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """All that stands before the notice: the roll, the cost table, the two fingerprints, and what is in the way."""

    draft: DraftView
    summary: RollSummary
    table: CostTable | None
    problems: tuple[Problem, ...]
    roll_hash: str
    text_hash: str


def read_draft(session: Session, *, estate_id: UUID, vote_id: UUID) -> DraftView:
    """Raises `Conflict` (`frozen`) once the notice is out."""
    return _view(session, drafting.get_draft(session, estate_id=estate_id, vote_id=vote_id))


def _view(session: Session, vote: Vote) -> DraftView:
    rules = RuleSet.from_json(vote.rules)
    chosen = rule_texts.set_of(session, estate_id=vote.estate_id, rules=rules)
    return DraftView(
        id=vote.id,
        number=vote.number,
        title=vote.title,
        matter=vote.matter,
        text=vote.text,
        paper=read_paper(vote.title, vote.text, vote.matter, vote.questions),
        survey=vote.survey,
        scope=drawn_value(vote),
        scope_level=vote.scope_level.value,
        scope_building=vote.scope_building,
        scope_entrance=vote.scope_entrance,
        legal_mode=vote.legal_mode,
        legal_basis=vote.legal_basis,
        rules=rules,
        rules_source=rules.source.removeprefix(chosen.rules.source).removeprefix("；"),
        silence=read_silence(vote.silent),
        cost=dict(vote.cost),
        opens_at=vote.opens_at,
        closes_at=vote.closes_at,
        attachments=tuple(drafting.list_attachments(session, vote.id)),
    )


def scope_homes(session: Session, *, estate_id: UUID, vote_id: UUID) -> list[ScopeHome]:
    """The homes a draft reaches, in the order of the building. Raises `Conflict` for an ownerless home."""
    vote = drafting.get_draft(session, estate_id=estate_id, vote_id=vote_id)
    lines = roll.read_lines(session, vote, RuleSet.from_json(vote.rules))
    return [ScopeHome(line.unit_id, home_label(line), line.floor, line.area) for line in lines]


def try_cost(session: Session, *, estate_id: UUID, vote_id: UUID, cost: Mapping[str, object]) -> CostTable:
    """Work out a cost table against the present register without storing it; raises `CostRefusal`."""
    vote = drafting.get_draft(session, estate_id=estate_id, vote_id=vote_id)
    return _table(
        costs.with_shares(roll.read_lines(session, vote, RuleSet.from_json(vote.rules)), cost), cost
    )


def _table(lines: Sequence[RollLine], cost: Mapping[str, object]) -> CostTable:
    sheet = costs.sheet(cost)
    assert sheet is not None
    by_floor = sorted(lines, key=lambda line: line.floor)
    floors = [
        _floor_row(floor, [line.share or 0 for line in homes])
        for floor, homes in groupby(by_floor, key=lambda line: line.floor)
    ]
    homes = [ShareRow(home_label(line), line.area, line.share or 0) for line in lines]
    return CostTable(sheet, tuple(floors), tuple(homes))


def _floor_row(floor: int, shares: Sequence[int]) -> FloorRow:
    return FloorRow(floor, len(shares), min(shares), max(shares), sum(shares))


def preview_draft(session: Session, *, estate_id: UUID, vote_id: UUID, now: datetime) -> Preview:
    """What the notice would freeze if it were given now, and every problem that stands in its way."""
    vote = drafting.get_draft(session, estate_id=estate_id, vote_id=vote_id)
    lines, found = drafting.problems(session, vote, now=now)
    if not lines:
        lines = _lines_without_cost(session, vote)
    has_shares = bool(vote.cost) and bool(lines) and all(line.share is not None for line in lines)
    return Preview(
        draft=_view(session, vote),
        summary=_summary(session, estate_id, lines),
        table=_table(lines, vote.cost) if has_shares else None,
        problems=tuple(found),
        roll_hash=roll.roll_hash([roll.line_hash(line) for line in lines]),
        text_hash=drafting.text_hash(vote, drafting.list_attachments(session, vote.id)),
    )


def _lines_without_cost(session: Session, vote: Vote) -> Sequence[RollLine]:
    """The roll is worth showing although the cost table does not fit it."""
    try:
        return roll.read_lines(session, vote, RuleSet.from_json(vote.rules))
    except Refusal:
        return ()


def _summary(session: Session, estate_id: UUID, lines: Sequence[RollLine]) -> RollSummary:
    bound = set(
        session.exec(select(Owner.id).where(Owner.estate_id == estate_id, col(Owner.account_id).is_not(None)))
    )
    voters = {voter for line in lines for voter in line.voter_ids}
    return RollSummary(
        homes=len(lines),
        heads=len({line.head_key for line in lines}),
        area=sum(line.area for line in lines),
        voters=len(voters),
        unbound=len(voters - bound),
        no_voter=sum(not line.voter_ids for line in lines),
    )
