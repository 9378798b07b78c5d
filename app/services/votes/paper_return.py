"""Votes: a sheet comes back: when it was handed in, and its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.files import StoredFile
from app.models.votes import BallotChannel
from app.models.votes.paper import PaperScan, PaperSheet, SheetState
from app.rules.votes.states import State, ensure_open
from app.services import files, trail
from app.services.files import StoredFileView
from app.services.trail import Actor
from app.services.votes import chain
from app.services.votes.casting import Cast
from app.services.votes.counting import count_from
from app.services.votes.paper import RUNNING, get_sheet, lock_noticed, void_refusal
from app.services.votes.rights import Rights

MOST_SCANS = 6
_DONE = (SheetState.COUNTED, SheetState.KEPT)


def hand_in(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    serial: str,
    handed_in_at: datetime | None,
    scans: Sequence[bytes],
    actor: Actor,
    now: datetime,
    grace: timedelta,
) -> None:
    """Register a returned sheet with at least one picture; without `handed_in_at` it is handed in now.

    The moment of handing in decides about opening and closing, not the moment of entering. Raises `Conflict`:
    `not_open_yet`, `closed` (by that moment, or because sheets can no longer be entered), `sheet_void`, `sheet_here`;
    `Invalid`: `bad_time` for a moment in the future or before printing, `no_scan`, or for what is no picture;
    `NotAllowed` when the home is off the roll or nobody may sign for it.
    """
    vote = lock_noticed(session, estate_id=estate_id, vote_id=vote_id)
    sheet = get_sheet(session, vote_id=vote_id, serial=serial)
    ensure_taken(vote, sheet, now=now, grace=grace)
    if sheet.state is not SheetState.ISSUED:
        raise Conflict(N_("这张票已经登记过交回，可以补传照片，不能再登记一次"), code="sheet_here")
    moment = handed_in_at or now
    _ensure_moment(vote, sheet, moment, now)
    _ensure_on_roll(session, vote, sheet, moment, actor)
    if not scans:
        raise Invalid(N_("请给票的正面拍照上传，没有照片不能录入"), code="no_scan", field="scans")
    sheet.state, sheet.handed_in_at = SheetState.RETURNED, moment
    session.add(sheet)
    hashes = _store(session, vote.estate_id, sheet, scans, actor, now)
    trail.record(
        session, tag="votes:sheet:return", actor=actor, now=now, estate_id=estate_id, subject_kind="vote",
        subject_id=vote_id, new={"serial": serial, "handed_in_at": moment.isoformat(), "scans": ",".join(hashes)},
    )  # fmt: skip


def add_scans(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    serial: str,
    scans: Sequence[bytes],
    actor: Actor,
    now: datetime,
    grace: timedelta,
) -> None:
    """More pictures of a sheet that still waits for an entry: a better one for the third person, say. Refusals as in `hand_in`."""
    vote = lock_noticed(session, estate_id=estate_id, vote_id=vote_id)
    sheet = get_sheet(session, vote_id=vote_id, serial=serial)
    ensure_taken(vote, sheet, now=now, grace=grace)
    if sheet.state is SheetState.ISSUED:
        raise Conflict(N_("这张票还没有登记交回"), code="not_returned")
    if not scans:
        raise Invalid(N_("请选择要上传的照片"), code="no_scan", field="scans")
    hashes = _store(session, vote.estate_id, sheet, scans, actor, now)
    trail.record(
        session, tag="votes:sheet:scan", actor=actor, now=now, estate_id=estate_id, subject_kind="vote",
        subject_id=vote_id, new={"serial": serial, "scans": ",".join(hashes)},
    )  # fmt: skip


def ensure_taken(vote: chain.LockedVote, sheet: PaperSheet, *, now: datetime, grace: timedelta) -> None:
    """Refuse a sheet with which nothing can be done any more: `Conflict` (`sheet_void`, `sheet_done`, `closed`)."""
    if sheet.state is SheetState.VOID:
        raise void_refusal(sheet)
    if sheet.state in _DONE:
        raise Conflict(N_("这张票已经录入完毕，不能再改"), code="sheet_done")
    if State(vote.state) not in RUNNING or now >= count_from(vote, grace):
        raise Conflict(N_("纸质表决票的录入已经截止，不能再登记或录入"), code="closed")


def _ensure_moment(vote: chain.LockedVote, sheet: PaperSheet, moment: datetime, now: datetime) -> None:
    if moment > now:
        raise Invalid(N_("交回的时间不能晚于现在"), code="bad_time", field="handed_in_at")
    # Forms speak of minutes: a sheet printed at 9:00:30 may be handed in at 9:00.
    if moment < sheet.printed_at.replace(second=0, microsecond=0):
        raise Invalid(N_("交回的时间不能早于印票的时间"), code="bad_time", field="handed_in_at")
    ensure_open(State(vote.state), vote.opens_at, vote.closes_at, moment)


def _ensure_on_roll(
    session: Session, vote: chain.LockedVote, sheet: PaperSheet, moment: datetime, actor: Actor
) -> None:
    """Said at the door, not to the second keyer: the roll no longer changes once a sheet can be handed in."""
    asked = Cast(
        estate_id=vote.estate_id, vote_id=vote.id, unit_id=sheet.unit_id, account_id=actor.id, answers=(),
        key="", received_at=moment, channel=BallotChannel.PAPER,
    )  # fmt: skip
    try:
        Rights(session, vote.id, [asked]).of(asked)
    except NotAllowed as refusal:
        if refusal.code == "not_on_roll":
            raise
        raise NotAllowed(
            N_("名册上这套房屋现在没有人可以签票，比如继承还没有办完。请先办理代表手续，再登记这张票"),
            code="nobody_signs",
        ) from None


def _store(
    session: Session,
    estate_id: UUID,
    sheet: PaperSheet,
    scans: Sequence[bytes],
    actor: Actor,
    now: datetime,
) -> list[str]:
    """Keep the pictures, drawn anew and private; the SHA-256 of each as stored."""
    count = select(sa.func.count()).select_from(PaperScan).where(PaperScan.sheet_id == sheet.id)
    if int(session.exec(count).one()) + len(scans) > MOST_SCANS:
        raise Invalid(N_("一张票最多 %(most)s 张照片"), code="too_many_scans", field="scans", most=MOST_SCANS)
    hashes = []
    for content in scans:
        file_id = files.store_image(
            session, estate_id=estate_id, name=f"{sheet.serial}.jpg", content=content,
            uploaded_by=actor.id, now=now, private=True, field="scans",
        )  # fmt: skip
        digest = session.exec(select(StoredFile.sha256).where(StoredFile.id == file_id)).one()
        session.add(
            PaperScan(
                id=uuid4(), sheet_id=sheet.id, file_id=file_id, sha256=digest, scanned_by=actor.id, scanned_at=now
            )
        )  # fmt: skip
        hashes.append(digest)
    session.flush()
    return hashes


def scans_of(session: Session, *, sheet_id: UUID) -> list[UUID]:
    """The pictures of a sheet, in the order in which they came."""
    query = select(PaperScan.id).where(PaperScan.sheet_id == sheet_id).order_by(col(PaperScan.scanned_at))
    return list(session.exec(query))


def read_scan(
    session: Session, *, estate_id: UUID, vote_id: UUID, serial: str, scan_id: UUID
) -> StoredFileView:
    """One picture of a sheet, for whoever may key it: uploads are otherwise the committee's and the uploader's only."""
    sheet = get_sheet(session, vote_id=vote_id, serial=serial)
    query = select(PaperScan.file_id).where(PaperScan.sheet_id == sheet.id, PaperScan.id == scan_id)
    file_id = session.exec(query).one_or_none()
    if file_id is None:
        raise NotFound(N_("没有找到这张照片"))
    return files.read_file(session, estate_id=estate_id, file_id=file_id)
