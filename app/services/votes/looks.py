"""Votes: a look at what a ballot says leaves a row before anything is shown, and the home's owners read who, when and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Invalid, NotAllowed, NotFound
from app.models.base import NO_ID
from app.models.votes import Vote
from app.models.votes.looks import BallotLook
from app.models.votes.paper import PaperScan, PaperSheet
from app.rules.accounts import mask_name
from app.rules.text import clean_line
from app.rules.votes.looks import LookKind
from app.services import trail
from app.services.trail import Actor

# The look reached every home of the vote.
EVERY_HOME = (NO_ID,)
LOOK_LIFE = timedelta(minutes=30)
LEAST, MOST = 5, 200


@dataclass(frozen=True, slots=True)
class LookView:
    """A look as the home's owner reads it; the name masked, `reason` empty where the kind says it."""

    kind: LookKind
    who: str
    reason: str
    at: datetime


def record_look(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    unit_ids: Collection[UUID],
    kind: LookKind,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> None:
    """Keep that this person is shown these homes' ballots now; `EVERY_HOME` for all of the vote. One trail row for one look."""
    for unit_id in unit_ids:
        session.add(
            BallotLook(
                vote_id=vote_id,
                unit_id=unit_id,
                kind=kind,
                staff_id=actor.id,
                staff_name=actor.name[:50],
                reason=reason,
                at=now,
            )
        )
    trail.record(
        session,
        tag=f"votes:look:{kind.value}",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote_id,
        new={"homes": len(unit_ids)},
        reason=reason,
    )


def look_at_sheet(
    session: Session, *, estate_id: UUID, vote_id: UUID, serial: str, actor: Actor, now: datetime
) -> None:
    """Open a sheet's pictures for half an hour. Raises `NotFound` for another estate's vote and a serial the vote has not."""
    _ensure_vote_of(session, estate_id, vote_id)
    units = _units_of(session, vote_id, [serial])
    if not units:
        raise NotFound(N_("没有找到这张票"))
    record_look(
        session,
        estate_id=estate_id,
        vote_id=vote_id,
        unit_ids=units,
        kind=LookKind.SCAN,
        actor=actor,
        now=now,
    )


def look_at_sample(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    serials: Collection[str],
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Open what the record says of the sampled sheets, for half an hour. Raises `Invalid` without a reason, `NotFound` for another estate's vote."""
    _ensure_vote_of(session, estate_id, vote_id)
    why = clean_line(reason, most=MOST, field="reason")
    if len(why) < LEAST:
        raise Invalid(N_("请写明为什么要看，至少 5 个字，业主会看到"), field="reason")
    record_look(
        session,
        estate_id=estate_id,
        vote_id=vote_id,
        unit_ids=_units_of(session, vote_id, serials),
        kind=LookKind.SAMPLE,
        actor=actor,
        now=now,
        reason=why,
    )


def is_open(
    session: Session,
    *,
    vote_id: UUID,
    kind: LookKind,
    staff_id: UUID,
    now: datetime,
    serial: str | None = None,
) -> bool:
    """Whether this person has put down a look of this kind within the half hour, at this sheet where one is named."""
    query = select(BallotLook.id).where(
        BallotLook.vote_id == vote_id,
        BallotLook.kind == kind,
        BallotLook.staff_id == staff_id,
        BallotLook.at > now - LOOK_LIFE,
    )
    if serial is not None:
        query = query.where(col(BallotLook.unit_id).in_(_units_of(session, vote_id, [serial])))
    return session.exec(query.limit(1)).first() is not None


def ensure_sheet_open(session: Session, *, vote_id: UUID, serial: str, staff_id: UUID, now: datetime) -> None:
    """Raises `NotAllowed` (`no_look`) for a picture whose look was not put down."""
    if not is_open(session, vote_id=vote_id, kind=LookKind.SCAN, staff_id=staff_id, now=now, serial=serial):
        raise NotAllowed(N_("请先在这张票的页面上点“看照片”，系统会记下是谁、什么时候看的"), code="no_look")


def is_sheet_picture(session: Session, *, file_id: UUID) -> bool:
    """Whether a stored file is a picture of a ballot, which has an address of its own that asks for a look."""
    return session.exec(select(PaperScan.id).where(PaperScan.file_id == file_id).limit(1)).first() is not None


def looks_at_homes(session: Session, *, vote_id: UUID, unit_ids: Collection[UUID]) -> list[LookView]:
    """Who has been shown these homes' ballots, the last first; the caller has made sure that they are the reader's."""
    query = (
        select(BallotLook)
        .where(BallotLook.vote_id == vote_id, col(BallotLook.unit_id).in_([NO_ID, *unit_ids]))
        .order_by(col(BallotLook.at).desc())
        .limit(50)
    )
    if not unit_ids:
        return []
    return [LookView(row.kind, mask_name(row.staff_name), row.reason, row.at) for row in session.exec(query)]


def _ensure_vote_of(session: Session, estate_id: UUID, vote_id: UUID) -> None:
    query = select(Vote.id).where(Vote.id == vote_id, Vote.estate_id == estate_id)
    if session.exec(query).first() is None:
        raise NotFound(N_("没有找到这次表决"))


def _units_of(session: Session, vote_id: UUID, serials: Collection[str]) -> list[UUID]:
    query = select(PaperSheet.unit_id).where(
        PaperSheet.vote_id == vote_id, col(PaperSheet.serial).in_(list(serials))
    )
    return list(dict.fromkeys(session.exec(query)))
