"""Whose order it is: a party says not ours and names who is, the first receiver keeps it meanwhile, the committee rules."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Conflict, Invalid
from app.models.maintenance.orders import WorkOrder
from app.models.maintenance.places import Place
from app.rules.maintenance.responsible import (
    MOST_REFUSALS,
    Basis,
    Reply,
    ensure_refusable,
    refusals,
)
from app.rules.maintenance.states import Cause, OrderState, move
from app.services.maintenance.desk import HOLDERS, Hand, asked_last, ensure_committee, take_order
from app.services.maintenance.handing import as_rule, hand_to, handings_of, reply_to
from app.services.maintenance.parties import committee_party, find_party
from app.services.maintenance.places import way_of
from app.services.maintenance.warranties import who_answers
from app.services.maintenance.working import clean_note

_LEAST_RULING = 5


def refuse_order(session: Session, hand: Hand, *, party_id: UUID | None, note: str) -> None:
    """Refuse what one was asked to take, with the reason and who should answer.

    Said by the first receiver it goes to the one named, or without one to the committee; said by anybody else it goes
    back to the first receiver, who keeps it until another has accepted. Raises what `ensure_refusable` raises, and
    `Conflict` (`not_asked`, `needs_ruling`). The estate's lock is the caller's.
    """
    order, seat = take_order(session, hand)
    handings = handings_of(session, order.id)
    if not handings or handings[-1].party_id not in seat.party_ids:
        raise Conflict(N_("现在等的是另一个单位的答复，不用您退单"), code="not_asked")
    asked = asked_last(session, order, handings)
    ensure_refusable(asked, hand.now, reason=note)
    if refusals([as_rule(one) for one in handings]) >= MOST_REFUSALS:
        raise Conflict(
            N_("这张工单已经退过 %(most)s 次，请等居委会裁定由谁处理"),
            code="needs_ruling",
            most=MOST_REFUSALS,
        )
    move(order.state, OrderState.ASSIGNED, by=seat.causes & HOLDERS)
    refusing, first = handings[-1].party_id, handings[0].party_id
    following = _after_refusal(session, order, hand, party_id, refusing=refusing, first=first)
    reply_to(session, order, party_id=refusing, reply=Reply.REFUSED, now=hand.now)
    hand_to(
        session,
        order,
        party_id=following,
        basis=basis_for(session, order, following),
        by=seat.causes & HOLDERS,
        actor=hand.actor,
        now=hand.now,
        note=clean_note(note),
    )


def _after_refusal(
    session: Session, order: WorkOrder, hand: Hand, named: UUID | None, *, refusing: UUID, first: UUID
) -> UUID:
    if named is not None:
        find_party(session, estate_id=order.estate_id, party_id=named)
    if refusing != first:
        return first
    following = named or committee_party(session, estate_id=order.estate_id, now=hand.now).id
    if following == refusing:
        raise Invalid(N_("请选择应该由哪个单位负责，不能选自己"), code="same_party", field="party")
    return following


def basis_for(session: Session, order: WorkOrder, party_id: UUID) -> Basis | None:
    """Why this party answers by warranty and register; None where neither names it."""
    way = way_of(session, session.get_one(Place, order.place_id))
    found = who_answers(
        session,
        way=way,
        family=order.family,
        category=order.category,
        filed_at=order.filed_at,
        fallback=party_id,
    )
    return found.basis if found.party_id == party_id and found.basis is not Basis.DEFAULT else None


def hand_order(
    session: Session, hand: Hand, *, party_id: UUID | None, note: str, ruled: bool = False
) -> None:
    """The committee asks a party to take an order, or rules that it must: a ruling is not refused.

    Raises `Invalid` naming `party`, or `note` for a ruling without a reason; `Conflict` (`same_party`) when the one
    named has it already, and what the table of moves raises.
    """
    order, seat = take_order(session, hand)
    ensure_committee(seat)
    move(order.state, OrderState.ASSIGNED, by={Cause.COMMITTEE})
    if party_id is None:
        raise Invalid(N_("请选择派给哪个单位"), code="required", field="party")
    find_party(session, estate_id=order.estate_id, party_id=party_id)
    reason = clean_note(note)
    if ruled and len("".join(reason.split())) < _LEAST_RULING:
        raise Invalid(
            N_("裁定要写明理由，至少 %(least)s 个字"), code="no_reason", field="note", least=_LEAST_RULING
        )
    if not ruled and order.party_id == party_id and order.state is not OrderState.SUBMITTED:
        raise Conflict(N_("工单已经在这个单位；要它必须处理，请勾选“裁定”"), code="same_party", field="party")
    hand_to(
        session,
        order,
        party_id=party_id,
        basis=Basis.RULING if ruled else basis_for(session, order, party_id),
        by={Cause.COMMITTEE},
        actor=hand.actor,
        now=hand.now,
        note=reason,
        ruled=ruled,
    )
