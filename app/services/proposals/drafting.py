"""Proposals: write a draft, publish it for its neighbours' support, or take it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.confinement import everywhere
from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.proposals import EventKind, Proposal, ProposalText
from app.models.search import SubjectKind
from app.rules.accounts import Duty
from app.rules.proposals.catalogue import ItemKind
from app.rules.proposals.states import Cause, ProposalState, move
from app.rules.proposals.support import gathering_ends
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.accounts import limits
from app.services.accounts.grants import duties_of, ensure_shown
from app.services.estates.standing import standing_of
from app.services.estates.units import lock_register
from app.services.proposals import photos, telling
from app.services.proposals.catalogue import find_item
from app.services.proposals.lists import MOST_DRAFTS
from app.services.proposals.moving import lock_proposal, note_event
from app.services.proposals.people import public_name
from app.services.proposals.places import Place, count_homes, homes_of, place_of, read_place
from app.services.proposals.reading import photos_of
from app.services.proposals.settings import read_settings
from app.services.search import put_in_index, take_out_of_index
from app.services.trail import Actor

MOST_TITLE, LEAST_TITLE = 60, 4
MOST_TEXT, LEAST_TEXT = 10_000, 20
MOST_REASON = 200
MOST_A_DAY = 5


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form; `scope` is a value of the drawing, and any of them may still be empty in a draft."""

    title: str = ""
    item: str = ""
    scope: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as its author left it; `saved_at` is None while there is none under this id."""

    id: UUID
    typed: Typed
    photos: tuple[UUID, ...] = ()
    saved_at: datetime | None = None


def may_propose(session: Session, *, estate_id: UUID, account_id: UUID) -> bool:
    """Residents may, and a party member with the duty of opening proposals."""
    if standing_of(session, estate_id=estate_id, account_id=account_id).is_resident:
        return True
    return Duty.INITIATOR in duties_of(session, account_id=account_id, estate_id=estate_id)


def ensure_may_propose(session: Session, *, estate_id: UUID, account_id: UUID) -> None:
    """Raises `NotAllowed` (`not_a_resident`) for staff and others who have no home here."""
    if not may_propose(session, estate_id=estate_id, account_id=account_id):
        raise NotAllowed(N_("写议题的人要住在本小区或有房屋在这里。请先认领您的房屋"), code="not_a_resident")


def read_draft(session: Session, *, estate_id: UUID, proposal_id: UUID, account_id: UUID) -> DraftView:
    """One's own draft, empty when nothing was saved yet. Raises `NotFound` for another's, `Conflict` once published."""
    present = session.get(Proposal, proposal_id)
    if present is None:
        return DraftView(proposal_id, Typed())
    proposal = _own_draft(present, estate_id, account_id)
    return DraftView(
        id=proposal.id,
        typed=Typed(proposal.title, proposal.item_key, place_of(proposal).value, proposal.text),
        photos=photos_of(session, proposal_id=proposal.id),
        saved_at=proposal.changed_at,
    )


def _own_draft(proposal: Proposal, estate_id: UUID, account_id: UUID) -> Proposal:
    if proposal.estate_id != estate_id or proposal.author_id != account_id:
        raise NotFound(N_("没有找到这个议题"))
    if proposal.state is not ProposalState.DRAFT:
        raise Conflict(N_("这个议题已经发布或撤回，不再是草稿"), code="not_a_draft")
    return proposal


def save_draft(
    session: Session, *, estate_id: UUID, proposal_id: UUID, typed: Typed, author: Actor, now: datetime
) -> Proposal:
    """Keep what was typed so far under the form's id, however often it arrives.

    Raises `Invalid` for what is too long or not on offer, `NotAllowed` for one who lives elsewhere, `TooMany` beyond
    twenty open drafts, and as `read_draft` does.
    """
    # Autosave and the button may arrive together, and the row to lock may not be there yet.
    limits.lock(session, key=f"proposal:{proposal_id}")
    title = clean_line(typed.title, most=MOST_TITLE, field="title")
    text = clean_text(typed.text, most=MOST_TEXT, field="text")
    present = session.get(Proposal, proposal_id, populate_existing=True)
    if present is not None:
        proposal = _own_draft(present, estate_id, author.id)
    else:
        proposal = _new_draft(session, estate_id, proposal_id, author.id, now)
    if typed.item:
        item = find_item(session, estate_id=estate_id, key=typed.item)
        proposal.item_key, proposal.item_kind = item.key, item.kind
    if typed.scope:
        _set_place(proposal, read_place(session, estate_id=estate_id, value=typed.scope))
    proposal.title, proposal.text, proposal.changed_at = title, text, now
    session.add(proposal)
    session.flush()
    return proposal


def _new_draft(
    session: Session, estate_id: UUID, proposal_id: UUID, account_id: UUID, now: datetime
) -> Proposal:
    ensure_may_propose(session, estate_id=estate_id, account_id=account_id)
    limits.lock(session, key=f"drafts:{account_id}")
    query = select(sa.func.count()).where(
        col(Proposal.author_id) == account_id, col(Proposal.state) == ProposalState.DRAFT
    )
    with everywhere(session):
        drafts = session.exec(query).one()
    if drafts >= MOST_DRAFTS:
        raise Conflict(
            N_("您已有 %(most)s 份草稿，请先发布或删除几份"),
            code="too_many_drafts",
            field="title",
            most=MOST_DRAFTS,
        )
    return Proposal(
        id=proposal_id,
        estate_id=estate_id,
        author_id=account_id,
        state=ProposalState.DRAFT,
        item_kind=ItemKind.BASIC,
        scope=Place().scope,
        created_at=now,
        changed_at=now,
    )


def _set_place(proposal: Proposal, place: Place) -> None:
    proposal.scope, proposal.scope_building, proposal.scope_entrance = (
        place.scope,
        place.building,
        place.entrance,
    )


def check_wording(title: str, text: str) -> None:
    """A published proposal says what is wanted and why; raises `Invalid` naming the field."""
    if len(title) < LEAST_TITLE:
        raise Invalid(
            N_("请写标题，至少 %(least)s 个字，例如“3号楼门口加一盏路灯”"), field="title", least=LEAST_TITLE
        )
    if len(text) < LEAST_TEXT:
        raise Invalid(
            N_("请把内容写清楚，至少 %(least)s 个字：在哪里、有什么问题、希望怎么做"),
            field="text",
            least=LEAST_TEXT,
        )


def publish(
    session: Session, *, estate_id: UUID, proposal_id: UUID, author: Actor, now: datetime
) -> Proposal:
    """Show one's draft to the neighbours: it gets its number, its threshold and its last day, and is found from now on.

    Twice is once. Raises `Invalid` for what is missing, `TooMany` beyond five a day, `NotFound` for another's draft.
    """
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    if proposal.author_id != author.id:
        raise NotFound(N_("没有找到这个议题"))
    if proposal.number is not None:
        return proposal
    _own_draft(proposal, estate_id, author.id)
    ensure_shown(session, account_id=author.id, estate_id=estate_id)
    check_wording(proposal.title, proposal.text)
    # The catalogue and the register may have changed since it was picked.
    find_item(session, estate_id=estate_id, key=proposal.item_key)
    place = read_place(session, estate_id=estate_id, value=place_of(proposal).value)
    limits.hit(
        session, key=f"proposal:publish:{author.id}", limit=MOST_A_DAY, window=timedelta(days=1), now=now
    )
    _open_gathering(session, proposal, place, now)
    session.add(
        ProposalText(
            proposal_id=proposal.id,
            revision=1,
            title=proposal.title,
            text=proposal.text,
            by=author.id,
            at=now,
        )
    )
    name = public_name(session, estate_id=estate_id, account_id=author.id)
    note_event(session, proposal, kind=EventKind.PUBLISHED, now=now, actor_name=name)
    put_in_index(
        session,
        estate_id=estate_id,
        kind=SubjectKind.PROPOSAL,
        subject_id=proposal.id,
        text=f"{proposal.title}\n{proposal.text}",
        at=now,
    )
    _record(session, "publish", proposal, author, now)
    return proposal


def _open_gathering(session: Session, proposal: Proposal, place: Place, now: datetime) -> None:
    estate_id = proposal.estate_id
    rules = read_settings(session, estate_id=estate_id).support
    homes = count_homes(session, estate_id=estate_id, place=place)
    own = homes_of(session, estate_id=estate_id, account_id=proposal.author_id, place=place)
    # Locking the estate keeps two from taking the same number.
    lock_register(session, estate_id=estate_id)
    highest = session.exec(select(sa.func.max(Proposal.number)).where(Proposal.estate_id == estate_id)).one()
    proposal.state = move(proposal.state, ProposalState.GATHERING, by=Cause.AUTHOR)
    proposal.number = (highest or 0) + 1
    proposal.needed = rules.of(place.scope).needed(homes - len(own))
    proposal.gathering_until = gathering_ends(now, rules.gathering_days)
    proposal.published_at = proposal.changed_at = now
    proposal.revision = 1
    session.add(proposal)
    session.flush()


def withdraw(
    session: Session, *, estate_id: UUID, proposal_id: UUID, author: Actor, reason: str = "", now: datetime
) -> Proposal:
    """Throw a draft away, or take a proposal back while it gathers support; its seconders are told.

    Twice is once. Raises `NotFound` for another's, `Conflict` once it is accepted and so the neighbours' matter.
    """
    reason = clean_line(reason, most=MOST_REASON, field="reason")
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=proposal_id)
    if proposal.author_id != author.id:
        raise NotFound(N_("没有找到这个议题"))
    if proposal.state is ProposalState.WITHDRAWN:
        return proposal
    was_draft = proposal.state is ProposalState.DRAFT
    proposal.state = move(proposal.state, ProposalState.WITHDRAWN, by=Cause.AUTHOR)
    proposal.changed_at = now
    session.add(proposal)
    session.flush()
    if was_draft:
        photos.remove_photos(session, proposal=proposal, file_ids=photos_of(session, proposal_id=proposal.id))
        return proposal
    name = public_name(session, estate_id=estate_id, account_id=author.id)
    note_event(session, proposal, kind=EventKind.MOVED, now=now, actor_name=name, note=reason)
    take_out_of_index(session, kind=SubjectKind.PROPOSAL, subject_id=proposal.id)
    telling.tell_seconders(session, proposal, template="proposal_withdrawn", key="withdrawn", now=now)
    _record(session, "withdraw", proposal, author, now, reason)
    return proposal


def _record(
    session: Session, verb: str, proposal: Proposal, author: Actor, now: datetime, reason: str = ""
) -> None:
    trail.record(
        session,
        tag=f"proposals:proposal:{verb}",
        actor=author,
        now=now,
        estate_id=proposal.estate_id,
        subject_kind="proposal",
        subject_id=proposal.id,
        new={"state": proposal.state.value, "number": proposal.number, "title": proposal.title},
        reason=reason,
    )
