"""Proposals: one proposal as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.base import table_of
from app.models.proposals import Proposal, ProposalPhoto
from app.rules.proposals.catalogue import ItemKind, ItemLabel
from app.rules.proposals.deadlines import Level, level_at
from app.rules.proposals.states import ProposalState
from app.rules.proposals.support import Support, days_left
from app.services.proposals.catalogue import item_for
from app.services.proposals.people import Writer, show_people
from app.services.proposals.places import Place, place_of

_PHOTO = table_of(ProposalPhoto)
_PHOTOS = (
    sa.select(_PHOTO.c.file_id)
    .where(_PHOTO.c.proposal_id == sa.bindparam("proposal_id"))
    .order_by(_PHOTO.c.position)
)
# Every page of a proposal asks this, so it is built once.
_PROPOSAL = select(Proposal).where(
    Proposal.id == sa.bindparam("proposal_id"), Proposal.estate_id == sa.bindparam("estate_id")
)


@dataclass(frozen=True, slots=True)
class Other:
    """Another proposal this one leads to or comes from."""

    id: UUID
    number: int
    title: str


@dataclass(frozen=True, slots=True)
class ProposalView:
    """One published proposal. `item` may be a marked word; `level` tells how late its answer is, if one is owed.

    `short` homes are still missing; `days_left` counts today. A hidden one has no title, text or photos for others
    than its author and the committee (`hidden_here`).
    """

    id: UUID
    estate_id: UUID
    number: int
    state: ProposalState
    title: str
    text: str
    revision: int
    item_key: str
    item: str
    kind: ItemKind
    label: ItemLabel
    source: str
    place: Place
    author: Writer
    created_at: datetime
    published_at: datetime
    gathering_until: datetime
    days_left: int
    supporters: int
    needed: int
    short: int
    warmth: int
    reached_at: datetime | None
    answer_due_at: datetime | None
    street_due_at: datetime | None
    level: Level | None
    answer: str
    answered_at: datetime | None
    answered_by: Writer | None
    sponsor: Writer | None
    merged_into: Other | None
    split_from: Other | None
    photos: tuple[UUID, ...]
    hidden: bool
    hidden_here: bool


def get_proposal(session: Session, *, estate_id: UUID, proposal_id: UUID) -> Proposal:
    """The row, drafts too; `NotFound` for another estate's."""
    where = {"proposal_id": proposal_id, "estate_id": estate_id}
    proposal = session.exec(_PROPOSAL, params=where).one_or_none()
    if proposal is None:
        raise NotFound(N_("没有找到这个议题"))
    return proposal


def get_published(session: Session, *, estate_id: UUID, proposal_id: UUID) -> Proposal:
    """The same once it has its number: a draft, and one thrown away as a draft, is its author's alone."""
    proposal = get_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    if proposal.number is None:
        raise NotFound(N_("没有找到这个议题"))
    return proposal


def level_of(proposal: Proposal, now: datetime) -> Level | None:
    """How late the answer is; nothing when none is owed."""
    waiting = proposal.state is ProposalState.GATHERING and proposal.answered_at is None
    if not waiting or proposal.answer_due_at is None:
        return None
    return level_at(proposal.answer_due_at, proposal.street_told_at, now)


def photos_of(session: Session, *, proposal_id: UUID) -> tuple[UUID, ...]:
    return tuple(session.connection().execute(_PHOTOS, {"proposal_id": proposal_id}).scalars())


def read_proposal(
    session: Session,
    *,
    estate_id: UUID,
    proposal_id: UUID,
    viewer_id: UUID,
    now: datetime,
    sees_hidden: bool = False,
) -> ProposalView:
    """A published proposal as this person sees it; `NotFound` for a draft and another estate's."""
    proposal = get_published(session, estate_id=estate_id, proposal_id=proposal_id)
    hidden = proposal.hidden_at is not None
    hidden_here = hidden and not sees_hidden and proposal.author_id != viewer_id
    people = _people(session, proposal, viewer_id)
    item = item_for(session, estate_id=estate_id, key=proposal.item_key, kind=proposal.item_kind)
    support = Support(proposal.supporters, proposal.needed)
    gathering_until = proposal.gathering_until or proposal.created_at
    return ProposalView(
        id=proposal.id,
        estate_id=estate_id,
        number=proposal.number or 0,
        state=proposal.state,
        title="" if hidden_here else proposal.title,
        text="" if hidden_here else proposal.text,
        revision=proposal.revision,
        item_key=proposal.item_key,
        item=item.title,
        kind=proposal.item_kind,
        label=item.label,
        source=item.source,
        place=place_of(proposal),
        author=people[proposal.author_id],
        created_at=proposal.created_at,
        published_at=proposal.published_at or proposal.created_at,
        gathering_until=gathering_until,
        days_left=days_left(gathering_until, now),
        supporters=support.homes,
        needed=support.needed,
        short=0 if proposal.reached_at else support.short,
        warmth=proposal.warmth,
        reached_at=proposal.reached_at,
        answer_due_at=proposal.answer_due_at,
        street_due_at=proposal.street_due_at,
        level=level_of(proposal, now),
        answer=proposal.answer,
        answered_at=proposal.answered_at,
        answered_by=people.get(proposal.answered_by) if proposal.answered_by else None,
        sponsor=people.get(proposal.sponsor_id) if proposal.sponsor_id else None,
        merged_into=_other(session, proposal.merged_into),
        split_from=_other(session, proposal.split_from),
        photos=() if hidden_here else photos_of(session, proposal_id=proposal.id),
        hidden=hidden,
        hidden_here=hidden_here,
    )


def _people(session: Session, proposal: Proposal, viewer_id: UUID) -> dict[UUID, Writer]:
    """Its author, its sponsor, and who answered."""
    wanted = [proposal.author_id, proposal.sponsor_id, proposal.answered_by]
    return show_people(
        session,
        estate_id=proposal.estate_id,
        account_ids=[account for account in wanted if account],
        viewer_id=viewer_id,
        with_homes=True,
    )


def _other(session: Session, proposal_id: UUID | None) -> Other | None:
    if proposal_id is None:
        return None
    query = select(Proposal.number, Proposal.title, Proposal.hidden_at).where(col(Proposal.id) == proposal_id)
    number, title, hidden_at = session.exec(query).one()
    return Other(proposal_id, number or 0, "" if hidden_at else title)
