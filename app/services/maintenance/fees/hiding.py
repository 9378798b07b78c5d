"""Take what was written down about a fee out of sight with a reason that stays, and put it back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.files import StoredFile
from app.models.maintenance.fees import ServiceDeed
from app.rules.text import clean_text
from app.services import trail
from app.services.trail import Actor

MOST_REASON = 500


def hide_deed(
    session: Session,
    *,
    estate_id: UUID,
    service_id: UUID,
    deed_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """The residents see a stub with the reason; words and photo stay for the committee.

    Raises `Invalid` without a reason, `Conflict` (`hidden`) when it is hidden already. The caller asked who may.
    """
    why = _reason(reason)
    deed = _lock(session, estate_id, service_id, deed_id)
    if deed.hidden_at is not None:
        raise Conflict(N_("这条登记已经隐藏了，请刷新页面"), code="hidden")
    deed.hidden_at, deed.hidden_reason = now, why
    _settle(session, deed, "hide", why, actor, now)


def show_deed(
    session: Session,
    *,
    estate_id: UUID,
    service_id: UUID,
    deed_id: UUID,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Put it back; raises `Invalid` without a reason, `Conflict` (`not_hidden`)."""
    why = _reason(reason)
    deed = _lock(session, estate_id, service_id, deed_id)
    if deed.hidden_at is None:
        raise Conflict(N_("这条登记没有隐藏，请刷新页面"), code="not_hidden")
    deed.hidden_at, deed.hidden_reason = None, ""
    _settle(session, deed, "show", why, actor, now)


def _reason(typed: str) -> str:
    why = clean_text(typed, most=MOST_REASON, field="reason")
    if not why:
        raise Invalid(N_("请写明理由，居民会看到"), code="required", field="reason")
    return why


def _lock(session: Session, estate_id: UUID, service_id: UUID, deed_id: UUID) -> ServiceDeed:
    query = select(ServiceDeed).where(
        ServiceDeed.id == deed_id, ServiceDeed.estate_id == estate_id, ServiceDeed.service_id == service_id
    )
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    deed = session.exec(locked).one_or_none()
    if deed is None:
        raise NotFound(N_("没有找到这条登记"))
    return deed


def _settle(session: Session, deed: ServiceDeed, verb: str, reason: str, actor: Actor, now: datetime) -> None:
    hidden = deed.hidden_at is not None
    session.add(deed)
    if deed.photo_id is not None:
        # Whoever knows the address of the photo must not see it either.
        photo = session.get_one(StoredFile, deed.photo_id)
        photo.private = hidden
        session.add(photo)
    session.flush()
    trail.record(
        session,
        tag=f"maintenance:deed:{verb}",
        actor=actor,
        now=now,
        estate_id=deed.estate_id,
        subject_kind="service_deed",
        subject_id=deed.id,
        old={"hidden": not hidden},
        new={"hidden": hidden},
        reason=reason,
    )
