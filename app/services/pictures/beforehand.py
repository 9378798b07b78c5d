"""Pictures that a form brings or names, drawn before its transaction begins: nobody waits at the database for a decoder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import IO

from sqlmodel import Session

from app.errors import N_, Refusal, TooMany
from app.rules.files import has_many_scans, is_picture
from app.services.pictures.crew import Busy, crew
from app.services.pictures.framing import HEAVY, UNREADABLE, Drawn, Job

MIB = 1024 * 1024
MAX_FILE = 10 * MIB
# More than any form takes.
MOST_PICTURES = 12
_KEY = "pictures"
# By the digest of the job: the picture, or why there is none.
Ready = dict[str, Drawn | Refusal]


def draw_forms(files: Iterable[IO[bytes]], admit: Callable[[], None] | None) -> Ready:
    """Draw what looks like a picture in these files, one after another; each is left as it was found.

    After one that took too much, nothing more is drawn of this form. `admit` is asked once before the first is drawn;
    the refusal it raises stands for all of them.
    """
    ready: Ready = {}
    stopped: Drawn | Refusal | None = None
    for file in files:
        content = file.read(MAX_FILE + 1)
        file.seek(0)
        digest = _digest(Job(content))
        if len(content) > MAX_FILE or digest in ready or word_at_sight(content):
            continue
        if admit and not ready:
            try:
                admit()
            except TooMany as refusal:
                stopped = refusal
        if len(ready) == MOST_PICTURES:
            stopped = stopped or Drawn(HEAVY)
        ready[digest] = stopped or _draw(Job(content))
        if isinstance(ready[digest], Refusal) or ready[digest] == Drawn(HEAVY):
            stopped = ready[digest]
    return ready


def draw_stored(job: Job) -> Ready:
    """Draw a picture that was stored before once more, with black boxes over it."""
    return {_digest(job): _draw(job)}


def _digest(job: Job) -> str:
    return hashlib.sha256(repr(job.boxes).encode() + job.content).hexdigest()


def _draw(job: Job) -> Drawn | Refusal:
    try:
        return crew.draw(job)
    except Busy:
        return busy()


def busy() -> TooMany:
    return TooMany(N_("现在上传照片的人太多，请过 %(seconds)s 秒再试"), seconds=10)


def word_at_sight(content: bytes) -> str:
    """Why the bytes are not worth a decoder's time, or ""."""
    if not is_picture(content):
        return UNREADABLE
    return HEAVY if has_many_scans(content) else ""


def keep(session: Session, ready: Ready) -> None:
    """Lay the drawn pictures where the use cases of this session find them."""
    session.info[_KEY] = ready


def find(session: Session, job: Job) -> Drawn | Refusal | None:
    """What became of this before the transaction; None where nobody drew: in jobs and commands."""
    ready: Ready = session.info.get(_KEY, {})
    return ready.get(_digest(job)) if ready else None
