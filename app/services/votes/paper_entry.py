"""Votes: two people, blind to each other, read a returned sheet; what both read becomes its ballot.

The second entry equals the first: the sheet becomes a ballot of the channel `paper`, received when it was handed in, and the
vote's clash rule says whether it counts or is kept; the owners are told by the ballot's own message. It does not: the
sheet is disputed, and a third person decides who sees the pictures only. His entry is final, whether it equals one of the two or
neither: a fourth reader would know no more than he. All three stay in the log, sealed.

Nobody keys a sheet twice, so two persons can never settle a dispute between themselves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict
from app.models.accounts import Account
from app.models.votes import BallotChannel
from app.models.votes.paper import PaperEntry, PaperSheet, SheetState
from app.rules.votes.questions import Answers, ensure_answers, read_paper
from app.services import trail
from app.services.trail import Actor
from app.services.votes import chain
from app.services.votes.casting import Cast, Receipt, cast_ballot
from app.services.votes.paper import get_sheet, label_of, lock_noticed
from app.services.votes.paper_return import ensure_taken, scans_of
from app.services.votes.sealing import keyring


class Came(StrEnum):
    """What came of an entry."""

    FIRST = "first"  # another person must enter it too
    DISPUTED = "disputed"  # the second differs, a third decides
    COUNTED = "counted"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Entered:
    """What came of an entry; `receipt` once the sheet is a ballot."""

    came: Came
    receipt: Receipt | None = None


def enter_sheet(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    serial: str,
    answers: Answers,
    actor: Actor,
    now: datetime,
    read_clock: Callable[[], datetime],
    secret: bytes,
    grace: timedelta,
) -> Entered:
    """Take one person's reading of a sheet, under the vote's lock: two at once come one after the other.

    `now` is when the request was here; what decides about the last day for entering is the clock under the lock. Raises
    `Conflict`: `not_returned`, `sheet_void`, `sheet_done`, `closed`, `same_person` for a second entry by one of those who
    entered before; `Invalid` for answers that are none of this paper; and whatever casting refuses.
    """
    vote = lock_noticed(session, estate_id=estate_id, vote_id=vote_id)
    sheet = get_sheet(session, vote_id=vote_id, serial=serial)
    at = max(now, read_clock())
    before = entries_of(session, sheet.id)
    if actor.id in {entry.entered_by for entry in before}:
        raise Conflict(
            N_("您已经录入过这张票。第二次录入、有分歧时的裁定，都要换一个人来做"), code="same_person"
        )
    ensure_taken(vote, sheet, now=at, grace=grace)
    if sheet.state is SheetState.ISSUED:
        raise Conflict(N_("这张票还没有登记交回和上传照片，不能录入"), code="not_returned")
    ensure_answers(answers, read_paper(vote.title, "", vote.matter, vote.questions), by_hand=True)
    keys = keyring(secret, vote_id)
    session.add(
        PaperEntry(
            sheet_id=sheet.id,
            position=len(before) + 1,
            entered_by=actor.id,
            # Bound to the sheet: sealed choices moved to another sheet's row do not open.
            sealed_choices=keys.seal_answers(answers, sheet.id),
            entered_at=at,
        )
    )
    session.flush()
    if not before:
        entered = Entered(Came.FIRST)
    elif len(before) == 1 and keys.unseal_answers(before[0].sealed_choices, sheet.id.bytes) != answers:
        sheet.state = SheetState.DISPUTED
        entered = Entered(Came.DISPUTED)
    else:
        entered = _cast(session, vote, sheet, answers, actor, read_clock, secret, grace)
    session.add(sheet)
    session.flush()
    trail.record(
        session, tag="votes:sheet:enter", actor=actor, now=at, estate_id=estate_id, subject_kind="vote",
        subject_id=vote_id, new={"serial": serial, "entry": len(before) + 1, "came": entered.came.value},
    )  # fmt: skip
    return entered


def _cast(
    session: Session,
    vote: chain.LockedVote,
    sheet: PaperSheet,
    answers: Answers,
    actor: Actor,
    read_clock: Callable[[], datetime],
    secret: bytes,
    grace: timedelta,
) -> Entered:
    assert sheet.handed_in_at is not None
    cast = Cast(
        estate_id=vote.estate_id,
        vote_id=vote.id,
        unit_id=sheet.unit_id,
        account_id=actor.id,
        answers=answers,
        # One sheet is one ballot, however often it is sent.
        key=hashlib.sha256(b"sheet\x00" + sheet.id.bytes).hexdigest(),
        received_at=sheet.handed_in_at,
        channel=BallotChannel.PAPER,
    )
    receipt = cast_ballot(session, cast, read_clock=read_clock, secret=secret, grace=grace)
    sheet.state = SheetState.COUNTED if receipt.counts else SheetState.KEPT
    sheet.seq = receipt.seq
    return Entered(Came(sheet.state.value), receipt)


def entries_of(session: Session, sheet_id: UUID) -> list[PaperEntry]:
    """Who has entered a sheet, in order; the choices are sealed."""
    query = select(PaperEntry).where(PaperEntry.sheet_id == sheet_id).order_by(col(PaperEntry.position))
    return list(session.exec(query.execution_options(populate_existing=True)))


@dataclass(frozen=True, slots=True)
class SheetView:
    """A sheet as its page shows it: who has entered it and when, never what; `successor` is the live sheet after a void one."""

    serial: str
    unit_id: UUID
    state: str
    label: str
    printed_at: datetime
    handed_in_at: datetime | None
    void_reason: str
    successor: str
    scans: tuple[UUID, ...]
    entries: tuple[tuple[str, datetime], ...]
    entered_by_reader: bool


def read_sheet(session: Session, *, vote_id: UUID, serial: str, account_id: UUID) -> SheetView:
    """One sheet for a reader; raises `NotFound`. The caller has made sure of the vote."""
    sheet = get_sheet(session, vote_id=vote_id, serial=serial)
    entries = entries_of(session, sheet.id)
    keyers = [entry.entered_by for entry in entries]
    people = session.exec(select(Account.id, Account.name).where(col(Account.id).in_(keyers)))
    names = {row[0]: row[1] for row in people}
    live = select(PaperSheet.serial).where(
        PaperSheet.vote_id == vote_id,
        PaperSheet.unit_id == sheet.unit_id,
        PaperSheet.state != SheetState.VOID,
    )
    return SheetView(
        serial=serial,
        unit_id=sheet.unit_id,
        state=sheet.state.value,
        label=label_of(session, vote_id, sheet.unit_id),
        printed_at=sheet.printed_at,
        handed_in_at=sheet.handed_in_at,
        void_reason=sheet.void_reason,
        successor=(session.exec(live).first() or "") if sheet.state is SheetState.VOID else "",
        scans=tuple(scans_of(session, sheet_id=sheet.id)),
        entries=tuple((names.get(entry.entered_by, ""), entry.entered_at) for entry in entries),
        entered_by_reader=account_id in keyers,
    )
