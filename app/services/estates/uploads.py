"""Uploads of a register: kept as they come, leased to one worker at a time, read, and put up as a preview."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid, NotFound, Refusal
from app.models.estates import ImportState, RegisterImport
from app.rules.estates.rows import ParsedRegister
from app.rules.files import clean_file_name
from app.services.estates.comparing import compare, record_import
from app.services.estates.workbooks import read_rows
from app.services.trail import Actor

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload leased for reading; only the holder of this lease may settle it."""

    id: UUID
    file_name: str
    content: bytes
    lease_until: datetime


def start_import(
    session: Session,
    *,
    estate_id: UUID,
    import_id: UUID,
    file_name: str,
    content: bytes,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Keep an upload for the job to read; arriving twice under one id is one upload.

    Raises `Invalid` or `TooLarge` (field `file`) for what can be seen at once to be no register.
    """
    known = session.get(RegisterImport, import_id)
    if known is not None:
        if known.estate_id != estate_id:
            raise NotFound(N_("没有找到这次导入"))
        return known.id
    read_rows(content, file_name=file_name)
    digest = hashlib.sha256(content).hexdigest()
    suffix = ".csv" if file_name.lower().endswith(".csv") else ".xlsx"
    row = RegisterImport(
        id=import_id,
        estate_id=estate_id,
        file_name=clean_file_name(file_name, suffix),
        sha256=digest,
        content=content,
        state=ImportState.READING,
        preview={"attempts": 0},
        uploaded_by=actor.id,
        uploaded_at=now,
    )
    session.add(row)
    session.flush()
    record_import(
        session, row, "upload", actor, now, {"file": row.file_name, "sha256": digest, "size": len(content)}
    )
    return row.id


def lease_upload(session: Session, *, now: datetime) -> Upload | None:
    """The oldest unread upload, for this worker alone until the lease runs out; None when there is none.

    An upload on which workers have died three times is refused.
    """
    query = (
        select(RegisterImport)
        .where(
            RegisterImport.state == ImportState.READING,
            sa.or_(col(RegisterImport.lease_until).is_(None), col(RegisterImport.lease_until) < now),
        )
        .order_by(col(RegisterImport.uploaded_at))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.exec(query).one_or_none()
    if row is None or row.content is None:
        return None
    attempts = int(str(row.preview.get("attempts", 0)))
    if attempts >= MAX_ATTEMPTS:
        _refuse(row, Invalid(N_("这个文件读了几次都没有读完，请分楼栋上传，或另存为 CSV 后再试")))
        session.add(row)
        return None
    row.lease_until, row.preview = now + LEASE, {"attempts": attempts + 1}
    session.add(row)
    return Upload(row.id, row.file_name, row.content, row.lease_until)


def note_progress(session: Session, *, upload: Upload, done: int, total: int) -> None:
    """Say how far the reading is; `total` as far as the file tells it."""
    session.connection().execute(
        sa.update(RegisterImport)
        .where(col(RegisterImport.id) == upload.id, col(RegisterImport.lease_until) == upload.lease_until)
        .values(done=done, total=max(done, total))
    )


def settle_read(session: Session, *, upload: Upload, parsed: ParsedRegister) -> None:
    """The file is read: compare it with the register and put the preview up."""
    row = _leased(session, upload)
    if row is None:
        return
    row.state, row.lease_until = ImportState.READY, None
    row.done = row.total = max(row.total, len(parsed.rows) + len(parsed.errors))
    compare(session, row, parsed, same=[], removals=[])


def settle_refused(session: Session, *, upload: Upload, refusal: Refusal) -> None:
    """The file cannot be read as a register; the sentence says why, and the content is dropped."""
    row = _leased(session, upload)
    if row is not None:
        _refuse(row, refusal)
        session.add(row)


def _leased(session: Session, upload: Upload) -> RegisterImport | None:
    query = select(RegisterImport).where(
        RegisterImport.id == upload.id,
        RegisterImport.state == ImportState.READING,
        RegisterImport.lease_until == upload.lease_until,
    )
    return session.exec(query.with_for_update()).one_or_none()


def _refuse(row: RegisterImport, refusal: Refusal) -> None:
    row.state, row.lease_until, row.content = ImportState.REFUSED, None, None
    row.refusal = str(refusal)[:500]
    row.preview = {"message": refusal.message, "values": dict(refusal.values)}
