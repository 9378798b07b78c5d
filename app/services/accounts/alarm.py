"""Alarm: signs that codes are guessed or sent for their own sake; then nobody gets one without reading a picture."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from app.models.accounts import Attempt
from app.rules.accounts import CODES_JUDGED, too_few_used
from app.services.accounts import limits as tries
from app.services.accounts.guesses import DAY, HOUR, CodeLimits, address_tag
from app.services.accounts.hashing import keyed_hash

SENDS_SITE = "send:site"
FAILURES_SITE = "fail:site"
USED_SITE = "used:site"
# A code sent just now had no time to be used; without this a rush to a vote would look like an attack.
_TO_TYPE = timedelta(minutes=1)


def send_keys(*, phone: str, address: str, secret: bytes) -> tuple[str, str]:
    """Under which keys a code to this phone for this client is counted."""
    tag = keyed_hash(secret, "phone", phone)
    return f"send:phone:{tag}", f"send:address:{address_tag(secret, address)}"


def is_attacked(session: Session, *, limits: CodeLimits, now: datetime) -> bool:
    """Whether the whole site has seen too many wrong codes within the hour."""
    return tries.count(session, key=FAILURES_SITE, window=HOUR, now=now) >= limits.failures_site_hour


def needs_picture(
    session: Session, *, address: str, limits: CodeLimits, now: datetime, secret: bytes
) -> bool:
    """Whether a code goes out to this client only after a picture was read; it is not asked of anybody otherwise."""
    _, address_key = send_keys(phone="", address=address, secret=secret)
    asked = tries.count(session, key=address_key, window=HOUR, now=now)
    if asked >= limits.pictures_address_hour or is_attacked(session, limits=limits, now=now):
        return True
    return _is_pumped(session, now=now)


def note_used(session: Session, *, now: datetime) -> None:
    """A right code came in."""
    tries.add(session, key=USED_SITE, now=now)


def _is_pumped(session: Session, *, now: datetime) -> bool:
    """Judged by the last codes sent site-wide; without enough of them in the day there is nothing to judge."""
    query = (
        select(Attempt.at)
        .where(col(Attempt.key) == SENDS_SITE, col(Attempt.at) > now - DAY, col(Attempt.at) <= now - _TO_TYPE)
        .order_by(col(Attempt.at).desc())
        .offset(CODES_JUDGED - 1)
        .limit(1)
    )
    since = session.exec(query).one_or_none()
    if since is None:
        return False
    used = tries.count(session, key=USED_SITE, window=now - since, now=now)
    return too_few_used(sent=CODES_JUDGED, used=used)
