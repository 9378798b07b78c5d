"""The register of warranties: each renovated item of a place with its own term, and the last day it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.maintenance.parties import Party
from app.models.maintenance.places import WarrantyItem
from app.models.works import Project
from app.rules.maintenance.kinds import Family
from app.rules.maintenance.responsible import PartyKind
from app.rules.maintenance.warranty import CLASSES, Cover, Unit, WarrantyClass, ensure_agreed
from app.rules.maintenance.workcalendar import day_of
from app.rules.text import clean_line
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.duty_table import read_day, read_id
from app.services.maintenance.parties import find_party
from app.services.maintenance.places import find_place
from app.services.maintenance.warranties import decide_item
from app.services.trail import Actor
from app.services.works.projects import get_project

MOST_TITLE, MOST_FIRM, MOST_DOCUMENT = 80, 60, 120


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item with what it comes to today; `provisional` while the table of seasons is too short."""

    id: UUID
    title: str
    family: Family
    warranty_class: WarrantyClass
    class_title: str
    source: str
    unit: Unit
    agreed: int | None
    accepted_on: date | None
    last_day: date | None
    provisional: bool
    cover: Cover
    contractor: str
    contractor_id: UUID | None
    lot: str
    supervisor: str
    project: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedItem:
    """An item as typed; `agreed` counts years or seasons as its class does."""

    title: str = ""
    family: str = ""
    warranty_class: str = ""
    accepted_on: str = ""
    agreed: str = ""
    contractor: str = ""
    project: str = ""
    lot: str = ""
    supervisor: str = ""
    document: str = ""


def list_items(session: Session, *, estate_id: UUID, place_id: UUID, now: datetime) -> Sequence[ItemLine]:
    """The items of one place, the newest acceptance first."""
    query = (
        select(WarrantyItem, Party, Project)
        .outerjoin(Party, col(Party.id) == col(WarrantyItem.contractor_id))
        .outerjoin(Project, col(Project.id) == col(WarrantyItem.project_id))
        .where(WarrantyItem.estate_id == estate_id, WarrantyItem.place_id == place_id)
        .order_by(col(WarrantyItem.recorded_at).desc())
    )
    return [_line(session, item, party, project, now) for item, party, project in session.exec(query).all()]


def _line(
    session: Session, item: WarrantyItem, party: Party | None, project: Project | None, now: datetime
) -> ItemLine:
    rule, decision = CLASSES[item.warranty_class], decide_item(session, item, now)
    return ItemLine(
        id=item.id,
        title=item.title,
        family=item.family,
        warranty_class=item.warranty_class,
        class_title=rule.title,
        source=rule.source,
        unit=rule.unit,
        agreed=item.agreed,
        accepted_on=item.accepted_on,
        last_day=decision.last_day,
        provisional=decision.provisional,
        cover=decision.cover,
        contractor=party.name if party else "",
        contractor_id=item.contractor_id,
        lot=item.lot,
        supervisor=item.supervisor,
        project=project.title if project else "",
        document=item.document,
    )


def contractors(session: Session, *, estate_id: UUID) -> Sequence[tuple[str, str]]:
    """(id, name) of the parties that may stand for a warranty: all but the committee's own, builders first."""
    query = select(Party).where(
        Party.estate_id == estate_id,
        Party.kind != PartyKind.COMMITTEE,
        col(Party.ended_at).is_(None),
    )
    found = sorted(
        session.exec(query), key=lambda party: (party.kind is not PartyKind.CONTRACTOR, party.name)
    )
    return [(str(party.id), party.name) for party in found]


def add_item(
    session: Session,
    *,
    estate_id: UUID,
    place_id: UUID,
    item_id: UUID,
    typed: TypedItem,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down one item of a place; a second arrival of the same form is the same deed.

    Raises what `rules.maintenance.warranty.ensure_agreed` does, and `Invalid` or `NotFound` naming the field.
    """
    lock_register(session, estate_id=estate_id)
    present = session.get(WarrantyItem, item_id)
    if present is not None:
        if present.estate_id != estate_id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    if typed.warranty_class not in list(WarrantyClass):
        raise Invalid(N_("请选择按哪一类算保修期"), code="required", field="warranty_class")
    if typed.family not in list(Family):
        raise Invalid(N_("请从列表里选择设施类别"), code="required", field="family")
    title = clean_line(typed.title, most=MOST_TITLE, field="title")
    if not title:
        raise Invalid(N_("请写明保修的是什么，例如“3栋屋面防水”"), code="required", field="title")
    item = WarrantyItem(
        id=item_id,
        estate_id=estate_id,
        place_id=find_place(session, estate_id=estate_id, place_id=place_id).id,
        family=Family(typed.family),
        title=title,
        warranty_class=WarrantyClass(typed.warranty_class),
        project_id=_project(session, estate_id, typed.project),
        lot=clean_line(typed.lot, most=MOST_FIRM, field="lot"),
        supervisor=clean_line(typed.supervisor, most=MOST_FIRM, field="supervisor"),
        recorded_by=actor.id,
        recorded_at=now,
    )
    _fill(session, item, typed, now)
    session.add(item)
    session.flush()
    _record(session, item, "add", actor, now)


def change_item(
    session: Session,
    *,
    estate_id: UUID,
    place_id: UUID,
    item_id: UUID,
    typed: TypedItem,
    actor: Actor,
    now: datetime,
) -> None:
    """Correct the acceptance, the agreed term, the contractor or the paper of an item.

    What was decided for a report when it was filed stays with that order.
    """
    lock_register(session, estate_id=estate_id)
    item = session.get(WarrantyItem, item_id)
    if item is None or (item.estate_id, item.place_id) != (estate_id, place_id):
        raise NotFound(N_("没有找到这个保修项目，请刷新页面"))
    old = _shown(item)
    _fill(session, item, typed, now)
    if _shown(item) != old:
        session.add(item)
        session.flush()
        _record(session, item, "change", actor, now, old=old)


def _fill(session: Session, item: WarrantyItem, typed: TypedItem, now: datetime) -> None:
    agreed = _whole(typed.agreed)
    ensure_agreed(item.warranty_class, agreed)
    accepted = read_day(typed.accepted_on, "accepted_on") if typed.accepted_on.strip() else None
    if accepted is not None and accepted > day_of(now):
        raise Invalid(N_("竣工验收合格的日期不能在今天以后"), code="bad_day", field="accepted_on")
    document = clean_line(typed.document, most=MOST_DOCUMENT, field="document")
    contractor = None
    if typed.contractor:
        contractor = find_party(
            session, estate_id=item.estate_id, party_id=read_id(typed.contractor, "contractor")
        )
        if contractor.kind is PartyKind.COMMITTEE:
            raise Invalid(N_("居委会不是施工单位"), code="unknown", field="contractor")
    item.agreed, item.accepted_on, item.document = agreed, accepted, document
    item.contractor_id = contractor.id if contractor else None
    item.last_day = decide_item(session, item, now).last_day


def _whole(text: str) -> int | None:
    """None for nothing typed; 0, which no warranty may be, for what is no whole number."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _project(session: Session, estate_id: UUID, text: str) -> UUID | None:
    if not text:
        return None
    return get_project(session, estate_id=estate_id, project_id=read_id(text, "project")).id


def _shown(item: WarrantyItem) -> dict[str, object]:
    return {
        "title": item.title,
        "class": item.warranty_class.value,
        "accepted_on": str(item.accepted_on or ""),
        "agreed": item.agreed,
        "last_day": str(item.last_day or ""),
        "contractor": str(item.contractor_id or ""),
        "document": item.document,
    }


def _record(
    session: Session,
    item: WarrantyItem,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
) -> None:
    trail.record(
        session,
        tag=f"maintenance:warranty:{verb}",
        actor=actor,
        now=now,
        estate_id=item.estate_id,
        subject_kind="warranty_item",
        subject_id=item.id,
        old=old,
        new=_shown(item),
    )
