"""Proposals: split in two what asks for two things; those who seconded it stand behind both until they say otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, NotFound
from app.models.base import table_of
from app.models.proposals import EventKind, Proposal, ProposalPhoto, ProposalText
from app.models.search import SubjectKind
from app.rules.proposals.states import ProposalState
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.estates.units import lock_register
from app.services.proposals.answering import ensure_seen, lock_published
from app.services.proposals.backers import tell_backers
from app.services.proposals.catalogue import find_item
from app.services.proposals.drafting import MOST_TEXT, MOST_TITLE, check_wording
from app.services.proposals.merging import clean_reason
from app.services.proposals.moving import note_event
from app.services.proposals.places import Place, count_homes, homes_of, place_of, read_place
from app.services.proposals.settings import read_settings
from app.services.proposals.voices import copy_voices, recount
from app.services.search import put_in_index
from app.services.trail import Actor

# A deliberation is about one text, so it must be split before that.
SPLIT_IN = frozenset({ProposalState.GATHERING, ProposalState.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Part:
    """The second of the two, as the committee wrote it from the first; `id` is the form's.

    `scope` is a value of the drawing, empty for the place of the first.
    """

    id: UUID
    title: str
    text: str
    item: str
    reason: str
    scope: str = ""


def split_proposal(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    part: Part,
    seen: ProposalState,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Make a second proposal out of one, in the same state and with the same clocks; the new one's id.

    The first keeps its text, which is its author's to change. In another place the second needs the voices of that
    place, and only those count; an answer that is owed stays owed. The caller is the committee. Raises `Invalid` for
    what was typed, `Conflict` when it is past splitting. The same form a second time changes nothing.
    """
    known = session.get(Proposal, part.id)
    if known is not None:
        if known.estate_id != estate_id or known.split_from != proposal_id:
            raise NotFound(N_("没有找到这个议题"))
        return known.id
    title = clean_line(part.title, most=MOST_TITLE, field="title")
    text = clean_text(part.text, most=MOST_TEXT, field="text")
    check_wording(title, text)
    reason = clean_reason(part.reason)
    item = find_item(session, estate_id=estate_id, key=part.item)
    place = read_place(session, estate_id=estate_id, value=part.scope) if part.scope else None
    old = lock_published(session, estate_id=estate_id, proposal_id=proposal_id)
    ensure_seen(old, seen)
    if old.state not in SPLIT_IN or old.hidden_at is not None:
        raise Conflict(N_("只有征集附议和已采纳的议题可以拆分"), code="past_splitting")
    lock_register(session, estate_id=estate_id)
    new = Proposal(
        id=part.id, title=title, text=text, item_key=item.key, item_kind=item.kind, **_kept(old, now)
    )
    new.number = _next_number(session, estate_id)
    session.add(new)
    session.flush()
    session.add(
        ProposalText(
            proposal_id=new.id, revision=1, title=title, text=text, reason=reason, by=actor.id, at=now
        )
    )
    copy_voices(session, old=old, new=new)
    if place is not None and place != place_of(old):
        _settle_in(session, new, place, now)
    _copy_photos(session, old, new)
    put_in_index(
        session,
        estate_id=estate_id,
        kind=SubjectKind.PROPOSAL,
        subject_id=new.id,
        text=f"{title}\n{text}",
        at=now,
    )
    old.changed_at = now
    session.add(old)
    _announce(session, old, new, reason, actor, now)
    return new.id


def _kept(old: Proposal, now: datetime) -> dict[str, Any]:
    """What the second has from the first: whose it is, where, how far it has come and what it is owed."""
    names = (
        *("estate_id", "author_id", "state", "scope", "scope_building", "scope_entrance", "gathering_until"),
        *("supporters", "needed", "reached_at", "answer_due_at", "street_due_at", "street_told_at"),
        *("answer", "answered_at", "answered_by", "sponsor_id"),
    )
    return {
        **{name: getattr(old, name) for name in names},
        "warmth": old.supporters,
        "revision": 1,
        "split_from": old.id,
        "created_at": now,
        "changed_at": now,
        "published_at": now,
    }


def _settle_in(session: Session, proposal: Proposal, place: Place, now: datetime) -> None:
    """Give the second a place of its own, with the homes it needs there and those of its voices that are from there."""
    estate_id = proposal.estate_id
    own = homes_of(session, estate_id=estate_id, account_id=proposal.author_id, place=place)
    homes = count_homes(session, estate_id=estate_id, place=place) - len(own)
    proposal.scope, proposal.scope_building, proposal.scope_entrance = (
        place.scope,
        place.building,
        place.entrance,
    )
    proposal.needed = read_settings(session, estate_id=estate_id).support.of(place.scope).needed(homes)
    recount(session, proposal, now=now)


def _next_number(session: Session, estate_id: UUID) -> int:
    query = select(sa.func.max(col(Proposal.number))).where(Proposal.estate_id == estate_id)
    return (session.exec(query).one() or 0) + 1


def _copy_photos(session: Session, old: Proposal, new: Proposal) -> None:
    photo = table_of(ProposalPhoto)
    kept = sa.select(sa.literal(new.id, photo.c.proposal_id.type), photo.c.file_id, photo.c.position).where(
        photo.c.proposal_id == old.id
    )
    session.connection().execute(sa.insert(photo).from_select(["proposal_id", "file_id", "position"], kept))


def _announce(
    session: Session, old: Proposal, new: Proposal, reason: str, actor: Actor, now: datetime
) -> None:
    words = (
        (old, f"拆出第 {new.number} 号《{new.title}》。{reason}", f"proposals/{new.id}"),
        (new, f"从第 {old.number} 号《{old.title}》拆出。{reason}", f"proposals/{old.id}"),
    )
    for proposal, note, link in words:
        note_event(
            session, proposal, kind=EventKind.SPLIT, now=now, actor_name=actor.name, note=note, link=link
        )
    trail.record(
        session,
        tag="proposals:proposal:split",
        actor=actor,
        now=now,
        estate_id=old.estate_id,
        subject_kind="proposal",
        subject_id=old.id,
        old={"number": old.number},
        new={
            "number": new.number,
            "title": new.title,
            "scope": place_of(new).value,
            "supporters": new.supporters,
        },
        reason=reason,
    )
    values: dict[str, object] = {"new_number": new.number, "new_title": new.title, "reason": reason}
    tell_backers(
        session,
        old,
        template="proposal_split",
        cause=f"split:{new.number}",
        now=now,
        values=values,
        link=f"proposals/{new.id}",
    )
