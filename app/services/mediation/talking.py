"""Mediation: what is said in the room, photos, and the mediator's notes for himself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, func, select

from app.confinement import everywhere
from app.errors import N_, Conflict, Invalid, NotFound
from app.models.mediation import MediationFile, MediationMessage, MediationNote
from app.models.outbox import Channel
from app.rules.calendar import BEIJING
from app.rules.mediation.cases import Side, State, ensure_state
from app.rules.text import clean_text
from app.services import files
from app.services.files import StoredFileView
from app.services.mediation.access import NOT_HERE, Chair, ensure_mediator, enter_case, people_of
from app.services.mediation.opening import store_photos
from app.services.mediation.telling import tell

MOST_TEXT = 2000
# A talk that long needs a table and chairs.
MOST_MESSAGES = 500


def say(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    message_id: UUID,
    text: str,
    now: datetime,
    is_response: bool = False,
    photos: Sequence[tuple[str, bytes]] = (),
) -> UUID:
    """Say something in the room while it is open; the same id twice is one message.

    A response answers the claim and comes from the other side. Raises `Conflict` outside the talk, `Invalid` for nothing
    said.
    """
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    known = session.get(MediationMessage, message_id)
    if known is not None:
        if (known.case_id, known.account_id) != (case_id, account_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return known.id
    ensure_state(chair.case.state, State.TALKING, State.SIGNING)
    cleaned = clean_text(text, most=MOST_TEXT, field="text")
    if not cleaned:
        raise Invalid(N_("请写下您想说的话"), field="text")
    _refuse_too_many(session, case_id)
    session.add(
        MediationMessage(
            id=message_id,
            case_id=case_id,
            account_id=account_id,
            seat=chair.seat,
            is_response=is_response and chair.side is Side.B,
            text=cleaned,
            at=now,
        )
    )
    session.flush()
    store_photos(session, chair.case, photos, account_id=account_id, now=now)
    # Talk comes in bursts: one word a day is enough to come and look.
    day = now.astimezone(BEIJING).date().isoformat()
    tell(
        session,
        chair.case,
        people_of(session, chair),
        cause=f"talk:{day}",
        now=now,
        but=account_id,
        channel=Channel.INBOX,
    )
    return message_id


def write_note(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    note_id: UUID,
    text: str,
    now: datetime,
) -> UUID:
    """A note that its writer alone reads, as long as he is the mediator."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    ensure_mediator(chair)
    known = session.get(MediationNote, note_id)
    if known is not None:
        if (known.case_id, known.account_id) != (case_id, account_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return known.id
    cleaned = clean_text(text, most=MOST_TEXT, field="note")
    if not cleaned:
        raise Invalid(N_("请写下要记的内容"), field="note")
    session.add(MediationNote(id=note_id, case_id=case_id, account_id=account_id, text=cleaned, at=now))
    session.flush()
    return note_id


def read_case_file(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, file_id: UUID, small: bool = False
) -> StoredFileView:
    """A photo or a scan, for whoever may see it; raises `NotFound` for the others. See `may_see`."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id)
    file = session.get(MediationFile, file_id)
    if file is None or file.case_id != case_id or not may_see(chair, file.account_id, file.at):
        raise NotFound(NOT_HERE)
    read = files.read_thumbnail if small else files.read_file
    with everywhere(session):  # the case is no estate
        return read(session, estate_id=case_id, file_id=file_id)


def may_see(chair: Chair, brought_by: UUID, at: datetime) -> bool:
    """Until both have consented: for him who brought it, and for the mediator what came with the application."""
    if chair.sees_all or brought_by == chair.account_id:
        return True
    return chair.is_mediator and at <= chair.case.opened_at


def _refuse_too_many(session: Session, case_id: UUID) -> None:
    said = session.exec(
        select(func.count()).select_from(MediationMessage).where(MediationMessage.case_id == case_id)
    ).one()
    if said >= MOST_MESSAGES:
        raise Conflict(N_("这里已经说了很多话，请和调解员约时间当面谈"), code="talked_out")
