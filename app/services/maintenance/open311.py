"""Open311: which estates and services there are, what was reported, and a report that a program sends in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Invalid, NotFound
from app.models.base import table_of
from app.models.estates import Estate
from app.models.maintenance.clients import ServiceChange
from app.models.maintenance.clocks import MaintenanceSettings
from app.models.maintenance.orders import OrderMove, ReportSource, WorkOrder
from app.models.maintenance.parties import Party
from app.models.maintenance.photos import OrderPhoto
from app.models.maintenance.places import LocalPhone, Place, PlaceKind
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.emergencies import Danger, Phone
from app.rules.maintenance.open311.documents import (
    RequestRow,
    Say,
    definition_document,
    services_document,
)
from app.rules.maintenance.open311.listing import Query
from app.rules.maintenance.open311.posting import Posting
from app.rules.maintenance.open311.writing import Format, write
from app.services.maintenance.filing import Report, file_report
from app.services.maintenance.listing import place_words
from app.services.maintenance.places import find_code
from app.services.trail import Actor

# About two kilometres of latitude, in millionths of a degree: whoever stands further away means another place.
_FURTHEST = 18_000
# Before any change of the services was noted.
_FIRST_CHANGE = datetime(2026, 11, 23, tzinfo=UTC)
_ORDER = table_of(WorkOrder).c


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """An estate as the contract sees it; `id` in the contract is its slug."""

    id: UUID
    slug: str
    name: str
    address: str
    phone: str


def jurisdictions(session: Session) -> dict[str, Jurisdiction]:
    """Every estate by its slug."""
    rows = session.exec(select(Estate).order_by(col(Estate.slug)))
    return {row.slug: Jurisdiction(row.id, row.slug, row.name, row.address, row.desk_phone) for row in rows}


def local_phones(session: Session, *, estate_id: UUID) -> dict[Danger, list[Phone]]:
    """The estate's own numbers by danger, in the order it set."""
    rows = session.exec(
        select(LocalPhone).where(LocalPhone.estate_id == estate_id).order_by(col(LocalPhone.position))
    )
    found: dict[Danger, list[Phone]] = {}
    for row in rows:
        if row.danger in set(Danger):
            found.setdefault(Danger(row.danger), []).append(Phone(row.name, row.number))
    return found


def services_known(session: Session) -> bool:
    """Whether the services and definitions as they are now have been noted."""
    return session.get(ServiceChange, _fingerprint(session)) is not None


def note_services(session: Session, *, now: datetime) -> bool:
    """Note that the services or a definition changed, for the changeset of discovery; False when they did not."""
    fingerprint = _fingerprint(session)
    if session.get(ServiceChange, fingerprint) is not None:
        return False
    session.add(ServiceChange(fingerprint=fingerprint, at=now))
    session.flush()
    return True


@lru_cache(maxsize=1)
def _definitions() -> str:
    everything = [services_document(CATEGORIES.values(), str)]
    everything += [definition_document(one, str) for one in CATEGORIES.values()]
    return "\n".join(write(document, Format.JSON) for document in everything)


def _fingerprint(session: Session) -> str:
    """Of the definitions as the product has them, the estates, and the numbers they add."""
    phones = session.exec(select(LocalPhone)).all()
    estates = session.exec(select(Estate.slug).order_by(col(Estate.slug))).all()
    told = [_definitions(), *estates, *sorted(phone.model_dump_json(exclude={"id"}) for phone in phones)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def services_changed_at(session: Session) -> datetime:
    """When the newest change was noted."""
    return session.exec(select(sa.func.max(ServiceChange.at))).one() or _FIRST_CHANGE


def list_requests(
    session: Session, *, estate: Jurisdiction, query: Query, public_url: str, say: Say
) -> list[RequestRow]:
    """What is listed, newest first; unknown ids and kinds are left out."""
    wanted = sa.and_(_ORDER.estate_id == estate.id, _ORDER.listed.is_(True))
    if query.ids:
        numbers = [int(one) for one in query.ids if one.isascii() and one.isdigit() and len(one) < 10]
        wanted = sa.and_(wanted, _ORDER.number.in_(numbers))
    else:
        wanted = sa.and_(
            wanted,
            _ORDER.filed_at >= query.since,
            _ORDER.filed_at <= query.until,
            _ORDER.state.in_(list(query.states)),
            # Only codes that there are: PostgreSQL refuses a text with a null character in it.
            *(
                (_ORDER.category.in_([one for one in query.codes if one in CATEGORIES]),)
                if query.codes
                else ()
            ),
        )
    rows = (
        session.connection()
        .execute(
            sa.select(table_of(WorkOrder), table_of(Party).c.name.label("agency"))
            .join_from(
                table_of(WorkOrder), table_of(Party), table_of(Party).c.id == _ORDER.party_id, isouter=True
            )
            .where(wanted)
            # Sorted here when asked for by id: the index of the numbers finds them, that of the days would read them all.
            .order_by(*(() if query.ids else (_ORDER.filed_at.desc(), _ORDER.id)))
            .limit(query.most)
        )
        .all()
    )
    if query.ids:
        rows = sorted(rows, key=lambda row: (-row.filed_at.timestamp(), row.id))
    return _shown(session, estate, rows, public_url, say)


def _shown(
    session: Session, estate: Jurisdiction, rows: Sequence[Any], public_url: str, say: Say
) -> list[RequestRow]:
    ids = [row.id for row in rows]
    notes, photos = _notes(session, ids), _photos(session, ids)
    codes, spots = _places(session, estate.id)
    settings = session.get(MaintenanceSettings, estate.id)
    root = f"{public_url.rstrip('/')}/e/{estate.slug}/maintenance"
    shown = []
    for row in rows:
        lat, long = spots.get(row.building, (None, None))
        photo = photos.get(row.id)
        shown.append(
            RequestRow(
                id=str(row.number),
                state=row.state,
                service_code=row.category,
                service_name=say(CATEGORIES[row.category].title),
                filed_at=row.filed_at,
                changed_at=row.changed_at,
                closed_at=row.closed_at,
                expected_at=row.due_at,
                status_notes=notes.get(row.id, ""),
                description=row.text,
                agency=row.agency or "",
                address="，".join(
                    part
                    for part in (place_words(row.building, row.entrance), estate.name, estate.address)
                    if part
                ),
                address_id=codes.get(row.place_id, ""),
                zipcode=settings.zipcode if settings else "",
                lat=lat,
                long=long,
                media_url=f"{root}/{row.id}/photos/{photo}" if photo else "",
            )
        )
    return shown


def _notes(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The public note of each order's last step."""
    move = table_of(OrderMove).c
    last = (
        sa.select(move.order_id, sa.func.max(move.seq).label("seq"))
        .where(move.order_id.in_(ids))
        .group_by(move.order_id)
        .subquery()
    )
    query = sa.select(move.order_id, move.note).join_from(
        table_of(OrderMove), last, sa.and_(move.order_id == last.c.order_id, move.seq == last.c.seq)
    )
    return {row.order_id: row.note for row in session.connection().execute(query)}


def _photos(session: Session, ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The first published photo of each order."""
    query = (
        select(OrderPhoto.order_id, OrderPhoto.id)
        .where(col(OrderPhoto.order_id).in_(ids), col(OrderPhoto.public_file_id).is_not(None))
        .order_by(col(OrderPhoto.position).desc())
    )
    return dict(session.exec(query).all())


def _places(
    session: Session, estate_id: UUID
) -> tuple[dict[UUID, str], dict[str, tuple[int | None, int | None]]]:
    """The code of each place, and the middle of each building."""
    places = session.exec(select(Place).where(Place.estate_id == estate_id)).all()
    return (
        {place.id: place.code for place in places},
        {place.building: (place.lat, place.long) for place in places if place.kind is PlaceKind.BUILDING},
    )


def request_of_token(session: Session, *, estate_id: UUID, token: str) -> str:
    """The id of the request whose secret this is; `NotFound` for none."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    query = select(WorkOrder.number).where(WorkOrder.estate_id == estate_id, WorkOrder.token_hash == digest)
    number = session.exec(query).one_or_none()
    if number is None:
        raise NotFound(N_("没有这个 token"), code="unknown_token")
    return str(number)


def post_request(
    session: Session, posting: Posting, *, estate: Jurisdiction, actor: Actor, now: datetime
) -> WorkOrder:
    """File what a program sent; coordinates are put to the nearest building, an address id is a place's code.

    Raises `Invalid` (`unknown_place`, `far_away`) and what `file_report` raises.
    """
    order_id = uuid4()
    sent: dict[str, Sequence[str]] = dict(posting.answers)
    report = Report(
        id=order_id,
        estate_id=estate.id,
        source=ReportSource.OPEN311,
        place_id=_place_of(session, posting, estate.id),
        category=posting.category.key,
        text=posting.description,
        answers=sent,
        contact_name=_name(posting.sender),
        contact_phone=posting.sender.get("phone", ""),
        media_url=posting.media_url,
        address=posting.address,
    )
    file_report(session, report, actor=actor, now=now)
    return session.get_one(WorkOrder, order_id)


def _name(sender: Mapping[str, str]) -> str:
    """Family name first, as it is written here."""
    return (sender.get("last_name", "") + sender.get("first_name", ""))[:50]


def _place_of(session: Session, posting: Posting, estate_id: UUID) -> UUID:
    if posting.address_id:
        try:
            place = find_code(session, code=posting.address_id)
        except NotFound:
            place = None
        if place is None or place.estate_id != estate_id:
            raise Invalid(N_("参数 address_id 指的地点不存在"), code="unknown_place", field="address_id")
        return place.id
    places = session.exec(
        select(Place).where(Place.estate_id == estate_id, col(Place.retired_at).is_(None))
    ).all()
    root = next((place for place in places if place.kind is PlaceKind.ESTATE), None)
    if root is None:
        raise Invalid(N_("这个小区还没有开通报修"), code="not_open", field="jurisdiction_id")
    if posting.lat is None or posting.long is None:
        return root.id
    return _nearest(places, posting.lat, posting.long) or root.id


def _nearest(places: Sequence[Place], lat: int, long: int) -> UUID | None:
    """The building whose middle is nearest; None where no building has coordinates."""
    spots = [
        (max(abs(place.lat - lat), abs(place.long - long)), place.id)
        for place in places
        if place.lat is not None and place.long is not None
    ]
    if not spots:
        return None
    distance, nearest = min(spots, key=lambda spot: spot[0])
    if distance > _FURTHEST:
        raise Invalid(N_("这个位置不在小区里，请核对 lat 和 long"), code="far_away", field="lat")
    return nearest
