"""Registers: read uploaded files one at a time, saying how far it is, each step in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.database import Database
from app.errors import Refusal
from app.services.estates import uploads
from app.services.estates.workbooks import read_register

STEP = 250


def tick(database: Database, *, now: datetime) -> int:
    """Read the oldest waiting upload; 1 when there was one.

    A worker that dies in the middle loses its lease, and another begins anew: nothing is in the register yet.
    """
    with database.transaction() as session:
        upload = uploads.lease_upload(session, now=now)
    if upload is None:
        return 0
    try:
        parsed = read_register(
            upload.content, file_name=upload.file_name, progress=_progress(database, upload)
        )
    except Refusal as refusal:
        with database.transaction() as session:
            uploads.settle_refused(session, upload=upload, refusal=refusal)
        return 1
    with database.transaction() as session:
        uploads.settle_read(session, upload=upload, parsed=parsed)
    return 1


def _progress(database: Database, upload: uploads.Upload) -> Callable[[int, int], None]:
    """Told for every few rows, it writes only now and then: each telling is a commit."""
    told = -STEP

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done - told >= STEP:
            told = done
            with database.transaction() as session:
                uploads.note_progress(session, upload=upload, done=done, total=total)

    return tell
