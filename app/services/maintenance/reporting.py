"""Report a fault by the form: one's own, a neighbour's, or without an account by the code on a sticker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, Invalid
from app.models.accounts import Account
from app.models.base import NO_ID
from app.models.maintenance.orders import ReportSource, WorkOrder
from app.services.accounts import limits
from app.services.accounts.guesses import address_tag
from app.services.accounts.hashing import token_hash
from app.services.accounts.phones import read_phone
from app.services.deliberations.attaching import Upload
from app.services.estates.standing import standing_of
from app.services.maintenance.filing import Report, file_report
from app.services.maintenance.places import find_code
from app.services.maintenance.spots import read_spot
from app.services.trail import Actor

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
MOST_A_DAY = 20
# Without an account: a carrier puts many homes behind one address, and a stairwell has few visitors.
MOST_ADDRESS_HOUR, MOST_PLACE_DAY = 6, 20
# Twice as many as there may be reports: one that was refused is sent again.
MOST_PICTURES_HOUR = 12
# As `secrets.token_urlsafe(32)` makes them.
_TOKEN_LENGTH = 43
_SOMEBODY = Actor(NO_ID, "扫码报修人")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the form says. `contact_name` and `contact_phone` are the neighbour's, or of who has no account."""

    id: UUID
    place: str
    category: str
    text: str
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    photos: Sequence[Upload] = ()
    contact_name: str = ""
    contact_phone: str = ""


def report_fault(
    session: Session,
    *,
    estate_id: UUID,
    told: Told,
    for_neighbour: bool,
    is_committee: bool,
    actor: Actor,
    now: datetime,
) -> UUID:
    """A member's report, or one that he writes down for a neighbour who cannot. Raises as `file_report`, and `TooMany`.

    A neighbour whose telephone is a member's is the reporter and may confirm; else nobody is.
    """
    spot = read_spot(session, estate_id=estate_id, account_id=actor.id, value=told.place)
    if not is_committee and session.get(WorkOrder, told.id) is None:
        key = f"report:person:{actor.id}"
        limits.hit(session, key=key, limit=MOST_A_DAY, window=_DAY, now=now)
    reporter_id: UUID | None = actor.id
    if for_neighbour:
        _ensure_named(told)
        reporter_id = _member_with(session, estate_id, told.contact_phone)
    report = Report(
        id=told.id,
        estate_id=estate_id,
        source=ReportSource.PROXY if for_neighbour else ReportSource.RESIDENT,
        place_id=spot.place_id,
        # The home is the one of who writes, so a neighbour's fault is never inside it.
        unit_id=None if for_neighbour else spot.unit_id,
        category=told.category,
        text=told.text,
        answers=told.answers,
        photos=told.photos,
        reporter_id=reporter_id,
        filed_by=actor.id if for_neighbour else None,
        contact_name=told.contact_name if for_neighbour else "",
        contact_phone=told.contact_phone if for_neighbour else "",
    )
    return file_report(session, report, actor=actor, now=now)


def report_by_sticker(
    session: Session, *, told: Told, token: str, address: str, secret: bytes, now: datetime
) -> UUID:
    """A report without an account: it waits for the committee. Only a hash of `token`, by which it is followed, is kept.

    Raises as `file_report`, `NotFound` for a code that no place has, and `TooMany`.
    """
    if len(token) != _TOKEN_LENGTH:
        raise Invalid(N_("这张表单不完整，请重新扫码打开"), code="no_token")
    place = find_code(session, code=told.place)
    present = session.get(WorkOrder, told.id)
    if present is None:
        for key, most, window in (
            (f"report:address:{address_tag(secret, address)}", MOST_ADDRESS_HOUR, _HOUR),
            (f"report:place:{place.id}", MOST_PLACE_DAY, _DAY),
        ):
            limits.hit(session, key=key, limit=most, window=window, now=now)
    if told.contact_phone.strip():
        _read_phone(told.contact_phone)
    report = Report(
        id=told.id,
        estate_id=place.estate_id,
        source=ReportSource.STICKER,
        place_id=place.id,
        category=told.category,
        text=told.text,
        answers=told.answers,
        photos=told.photos,
        contact_phone=told.contact_phone,
        token_hash=token_hash(token),
        held=True,
    )
    return file_report(session, report, actor=_SOMEBODY, now=now)


def count_pictures(session: Session, *, address: str, secret: bytes, now: datetime) -> None:
    """Count a form with pictures from somebody without an account, before they are drawn. Raises `TooMany`."""
    key = f"report:pictures:{address_tag(secret, address)}"
    limits.hit(session, key=key, limit=MOST_PICTURES_HOUR, window=_HOUR, now=now)


def _ensure_named(told: Told) -> None:
    if not told.contact_name.strip():
        raise Invalid(N_("请填写邻居怎么称呼，维修的人上门要找他"), code="required", field="contact_name")


def _member_with(session: Session, estate_id: UUID, phone: str) -> UUID | None:
    """The account of a neighbour who belongs to this estate; who asks does not learn whether there is one."""
    if not phone.strip():
        return None
    number = _read_phone(phone)
    account_id = session.exec(select(Account.id).where(Account.phone == number)).one_or_none()
    if account_id is None:
        return None
    known = standing_of(session, estate_id=estate_id, account_id=account_id)
    return account_id if known.is_member else None


def _read_phone(text: str) -> str:
    number = read_phone(text[:60])
    if number is None:
        raise Invalid(
            N_("这个电话号码不对，请检查；没有电话可以不填"), code="bad_phone", field="contact_phone"
        )
    return number
