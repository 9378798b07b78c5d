"""Votes: one line of a posted roll read again from the register and appended as its next revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.votes import RollEntry, RollVoter, Vote
from app.rules.quantities import format_area
from app.rules.votes.rulesets import RuleSet
from app.services.votes import roll
from app.services.votes.roll import RollLine, home_label


@dataclass(frozen=True, slots=True)
class Amendment:
    """What happened to a line; `added` and `struck` are both false for a changed one. `old` and `new` go on the trail."""

    unit_id: UUID
    home: str
    revision: int
    added: bool = False
    struck: bool = False
    old: Mapping[str, object] = field(default_factory=dict)
    new: Mapping[str, object] = field(default_factory=dict)


def amend(session: Session, vote: Vote, unit_id: UUID) -> Amendment:
    """Append the home's line as the register has it now, or strike the home; the caller holds the vote's lock.

    The cost table was posted and stays: the home keeps its share, an added one has none, and no other share moves.
    Raises `Conflict` (`same_line`) when the register says what the roll already says.
    """
    query = select(RollEntry).where(RollEntry.vote_id == vote.id, RollEntry.unit_id == unit_id)
    last = session.exec(query.order_by(col(RollEntry.revision).desc())).first()
    line = roll.read_line(session, vote, RuleSet.from_json(vote.rules), unit_id)
    if last is None:
        return _add(session, vote, line)
    revision = last.revision + 1
    if line is None:
        return _strike(session, vote, last, revision)
    line = replace(line, share=last.share)
    names = "、".join(line.owner_names)[:300]
    if not last.struck and (roll.line_hash(line), names) == (last.entry_hash, last.owner_names):
        raise Conflict(
            N_("名册里的这一户和公示的一样，没有变化。请先在名册里改好再确认"),
            code="same_line",
            field="reason",
        )
    old: Mapping[str, object] = (
        {"struck": True} if last.struck else _figures(_line_of(last), _voters(session, last))
    )
    roll.freeze(session, vote, [line], revision=revision)
    return Amendment(
        unit_id,
        home_label(line),
        revision,
        added=last.struck,
        old=old,
        new=_figures(line, len(line.voter_ids)),
    )


def _add(session: Session, vote: Vote, line: RollLine | None) -> Amendment:
    if line is None:
        raise _outside()
    roll.freeze(session, vote, [line])
    new = _figures(line, len(line.voter_ids))
    return Amendment(line.unit_id, home_label(line), 1, added=True, new=new)


def _strike(session: Session, vote: Vote, last: RollEntry, revision: int) -> Amendment:
    if last.struck:
        raise _outside()
    line = _line_of(last)
    roll.freeze(session, vote, [line], revision=revision, struck=True)
    old = _figures(line, _voters(session, last))
    return Amendment(last.unit_id, home_label(last), revision, struck=True, old=old, new={"struck": True})


def _outside() -> Conflict:
    return Conflict(
        N_("名册里这套房屋不在本次表决范围内，没有变化。请先在名册里改好再确认"),
        code="same_line",
        field="reason",
    )


def _line_of(entry: RollEntry) -> RollLine:
    return RollLine(
        unit_id=entry.unit_id,
        building=entry.building,
        entrance=entry.entrance,
        floor=entry.floor,
        room=entry.room,
        kind=entry.kind,
        status=entry.status,
        heirs_proving=entry.heirs_proving,
        area=entry.area,
        head_key=entry.head_key,
        owner_names=tuple(entry.owner_names.split("、")),
        voter_ids=(),
        share=entry.share,
    )


def _voters(session: Session, entry: RollEntry) -> int:
    query = select(RollVoter.owner_id).where(
        RollVoter.vote_id == entry.vote_id,
        RollVoter.unit_id == entry.unit_id,
        RollVoter.revision == entry.revision,
    )
    return len(session.exec(query).all())


def _figures(line: RollLine, voters: int) -> dict[str, object]:
    """What the trail keeps of a line: no names, for the trail is never deleted."""
    home = {"home": home_label(line), "area": format_area(line.area), "kind": line.kind.value}
    return {**home, "head": line.head_key[:8], "voters": voters}
