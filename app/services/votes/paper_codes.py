"""Votes: the QR of a paper sheet, and finding a sheet by what a scanner read or a person typed.

The QR leads to the sheet's page at the desk and carries a mark that only this installation can make, so that a sheet printed
elsewhere, or for another vote, is refused with its reason.
"""

from __future__ import annotations

import hmac
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid
from app.models.votes import Vote
from app.models.votes.paper import PaperSheet
from app.rules.votes import serials


def _mark_key(secret: bytes, vote_id: UUID) -> bytes:
    return hmac.digest(secret, b"haoshangliang/sheet/v1\x00" + vote_id.bytes, "sha256")


def qr_address(root: str, slug: str, vote_id: UUID, serial: str, secret: bytes) -> str:
    """What the QR of a sheet says: its page at the desk, with the mark."""
    mark = serials.mark_of(_mark_key(secret, vote_id), vote_id, serial)
    return f"{root.rstrip('/')}/desk/{slug}/votes/{vote_id}/paper/{serial}?m={mark}"


def find_serial(session: Session, *, estate_id: UUID, vote_id: UUID, code: str, secret: bytes) -> str:
    """The serial of this vote's sheet that a scanner read or a person typed.

    Raises `Invalid` (`bad_serial`, `unknown_serial`), `Conflict` (`other_vote`, `forged`), all for the field `code`.
    """
    scanned = serials.read_code(code)
    if scanned.vote_id not in {None, vote_id}:
        raise _other_vote(_title_of(session, estate_id, scanned.vote_id))
    return check_serial(
        session,
        estate_id=estate_id,
        vote_id=vote_id,
        serial=scanned.serial,
        mark=scanned.mark or None,
        secret=secret,
    )


def check_serial(
    session: Session, *, estate_id: UUID, vote_id: UUID, serial: str, mark: str | None, secret: bytes
) -> str:
    """The serial as we print it, when this vote has such a sheet; `mark` is the QR's, None when it was typed. Refusals as above."""
    serial = serials.parse_serial(serial)
    if mark is not None:
        ensure_marked(secret, vote_id, serial, mark)
    query = select(PaperSheet.id).where(PaperSheet.vote_id == vote_id, PaperSheet.serial == serial)
    if session.exec(query).first() is None:
        raise _unknown(session, estate_id, serial)
    return serial


def ensure_marked(secret: bytes, vote_id: UUID, serial: str, mark: str) -> None:
    """Refuse a QR that this installation did not print for this vote and serial: `Conflict` (`forged`)."""
    if not serials.is_marked(_mark_key(secret, vote_id), vote_id, serial, mark):
        raise Conflict(
            N_("这个二维码不是本次表决印发的票上的，可能是伪造的。请核对票面编号，把票留下并报告负责人"),
            code="forged",
            field="code",
        )


def _title_of(session: Session, estate_id: UUID, vote_id: UUID | None) -> str:
    title = session.exec(select(Vote.title).where(Vote.id == vote_id, Vote.estate_id == estate_id)).first()
    return title or ""


def _other_vote(title: str) -> Conflict:
    if title:
        return Conflict(
            N_("这张票是另一次表决“%(title)s”的，请到那次表决的票柜里办理"),
            code="other_vote",
            field="code",
            title=title,
        )
    return Conflict(N_("这张票是别处的表决票，不能在这里办理"), code="other_vote", field="code")


def _unknown(session: Session, estate_id: UUID, serial: str) -> Conflict | Invalid:
    query = (
        select(Vote.title)
        .join(PaperSheet, col(PaperSheet.vote_id) == Vote.id)
        .where(Vote.estate_id == estate_id, PaperSheet.serial == serial)
    )
    title = session.exec(query).first()
    if title:
        return _other_vote(title)
    return Invalid(
        N_("本次表决没有印发过编号 %(serial)s 的票，请核对票面"),
        code="unknown_serial",
        field="code",
        serial=serial,
    )
