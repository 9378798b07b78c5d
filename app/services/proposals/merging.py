"""Proposals: merge one into another that asks for the same, keeping every voice."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, Conflict, Invalid
from app.models.proposals import EventKind, Proposal
from app.rules.proposals.states import Cause, ProposalState, move
from app.rules.text import clean_line
from app.services import trail
from app.services.proposals.answering import ensure_seen, lock_published
from app.services.proposals.backers import tell_backers
from app.services.proposals.moving import note_event
from app.services.proposals.voices import carry_voices, inherit_debt, recount
from app.services.trail import Actor

MOST_REASON, LEAST_REASON = 200, 5
# A vote's text is frozen, and what has ended gathers nothing any more.
MERGED_INTO = frozenset({ProposalState.GATHERING, ProposalState.ACCEPTED, ProposalState.DELIBERATING})


def clean_reason(reason: str) -> str:
    """Why, as all can read it; raises `Invalid` for too little."""
    reason = clean_line(reason, most=MOST_REASON, field="reason")
    if len(reason) < LEAST_REASON:
        raise Invalid(
            N_("请写明理由，居民都会看到，至少 %(least)s 个字"),
            code="reason_missing",
            field="reason",
            least=LEAST_REASON,
        )
    return reason


def find_target(session: Session, *, estate_id: UUID, number: str) -> UUID:
    """The published proposal of that number as typed; raises `Invalid` for none."""
    typed = clean_line(number, most=20, field="into").removeprefix("第").removesuffix("号").strip()
    found = None
    if typed.isascii() and typed.isdigit() and len(typed) < 10:
        query = select(Proposal.id).where(Proposal.estate_id == estate_id, Proposal.number == int(typed))
        found = session.exec(query).one_or_none()
    if found is None:
        raise Invalid(
            N_("没有这个编号的议题，请填要并入的议题的编号，例如 12"), code="no_target", field="into"
        )
    return found


def merge_proposals(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    into_id: UUID,
    seen: ProposalState,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """End a proposal by taking it into another of the estate, with its voices and the answer it is owed.

    The caller is the committee. Raises `Invalid` for the same proposal or one that takes none in, `Conflict` when it
    cannot be merged (any more). A second time it changes nothing.
    """
    reason = clean_reason(reason)
    if proposal_id == into_id:
        raise Invalid(N_("不能并入自己，请填另一个议题的编号"), code="same_proposal", field="into")
    # In one order, so that two merges the other way round do not wait for each other.
    locked = {
        key: lock_published(session, estate_id=estate_id, proposal_id=key)
        for key in sorted((proposal_id, into_id))
    }
    old, into = locked[proposal_id], locked[into_id]
    if old.merged_into == into_id:
        return
    ensure_seen(old, seen)
    _ensure_in_time(old, now, field="")
    if into.state not in MERGED_INTO or into.hidden_at is not None:
        raise Invalid(
            N_("只能并入征集附议、已采纳或协商中的议题，请换一个编号"), code="bad_target", field="into"
        )
    _ensure_in_time(into, now, field="into")
    _merge(session, old, into, reason, actor, now)


def _ensure_in_time(proposal: Proposal, now: datetime, *, field: str) -> None:
    """What the clock has ended already may not have been written down yet."""
    waits = proposal.state is ProposalState.GATHERING and proposal.reached_at is None
    if waits and proposal.gathering_until is not None and now >= proposal.gathering_until:
        raise Conflict(
            N_("第 %(number)s 号议题的征集期已经结束，不能合并"),
            code="gathering_over",
            field=field,
            number=proposal.number,
        )


def _merge(session: Session, old: Proposal, into: Proposal, reason: str, actor: Actor, now: datetime) -> None:
    # Told before their voices have moved on.
    values: dict[str, object] = {"into_number": into.number or 0, "into_title": into.title, "reason": reason}
    tell_backers(
        session,
        old,
        template="proposal_merged",
        cause="merged",
        now=now,
        values=values,
        link=f"proposals/{into.id}",
    )
    inherited = inherit_debt(session, old=old, into=into, now=now)
    before = old.state
    old.state, old.merged_into = move(old.state, ProposalState.MERGED, by=Cause.COMMITTEE), into.id
    old.changed_at = into.changed_at = now
    session.add_all([old, into])
    carry_voices(session, old=old, into=into)
    note_event(
        session,
        old,
        kind=EventKind.MERGED,
        now=now,
        actor_name=actor.name,
        note=f"并入第 {into.number} 号《{into.title}》。{reason}",
        link=f"proposals/{into.id}",
    )
    title = "" if old.hidden_at else f"《{old.title}》"
    note_event(
        session,
        into,
        kind=EventKind.MERGED,
        now=now,
        actor_name=actor.name,
        note=f"第 {old.number} 号{title}并入本议题。{reason}",
        link=f"proposals/{old.id}",
    )
    reached = recount(session, into, now=now) or inherited
    trail.record(
        session,
        tag="proposals:proposal:merge",
        actor=actor,
        now=now,
        estate_id=old.estate_id,
        subject_kind="proposal",
        subject_id=old.id,
        old={"state": before.value, "supporters": old.supporters},
        new={"into": into.number, "supporters": into.supporters, "reached": reached},
        reason=reason,
    )
