"""Services and their prices: a new price is a new row from a month on, so that every month keeps the one it was charged at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound
from app.models.base import table_of
from app.models.maintenance.fees import FeeBasis, FeeCharge, FeeService
from app.models.maintenance.parties import Party
from app.models.votes import Vote
from app.rules.maintenance.fees import first_day, last_day, month_after, read_month, read_price
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.estates.units import lock_register
from app.services.maintenance.parties import find_party
from app.services.trail import Actor

MOST_TITLE, MOST_TEXT, MOST_DOCUMENT = 60, 500, 120
BASIS_NAMES = {FeeBasis.AREA.value: N_("按建筑面积，每平方米每月"), FeeBasis.HOME.value: N_("按户，每户每月")}
_MOST_VOTES = 50


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service at one price, in fen for a home or a square metre a month; `last_month` "" while it goes on."""

    id: UUID
    title: str
    text: str
    party: str
    party_id: UUID | None
    by_area: bool
    price: int
    document: str
    vote_id: UUID | None
    vote: str
    first_month: str
    last_month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """A price as typed, under the id of its form: yuan, the decision it stands on, and the month from which it counts."""

    id: UUID
    basis: str
    price: str
    document: str
    vote_id: UUID | None
    first_month: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewService(NewPrice):
    """A service as typed with its first price."""

    title: str
    text: str
    party_id: UUID | None


def open_service(session: Session, new: NewService, *, estate_id: UUID, actor: Actor, now: datetime) -> UUID:
    """A new service; arriving twice is one. Raises `Invalid` naming the field, `title` where the name is in use."""
    lock_register(session, estate_id=estate_id)
    if _is_there(session, new.id, estate_id, actor):
        return new.id
    title = clean_line(new.title, most=MOST_TITLE, field="title")
    if not title:
        raise Invalid(N_("请填写服务的名称"), field="title")
    if new.party_id is not None:
        find_party(session, estate_id=estate_id, party_id=new.party_id)
    row = _priced(session, new, estate_id, actor, now)
    row.title, row.party_id = title, new.party_id
    row.text = clean_text(new.text, most=MOST_TEXT, field="text")
    same = select(FeeService.id).where(
        FeeService.estate_id == estate_id,
        FeeService.title == title,
        sa.or_(col(FeeService.valid_to).is_(None), col(FeeService.valid_to) >= row.valid_from),
    )
    if session.exec(same).first() is not None:
        raise Invalid(N_("已经有同名的服务了。要改价格，请在那项服务里改"), code="same_title", field="title")
    session.add(row)
    _record(session, row, "add", actor, now)
    return row.id


def change_price(
    session: Session, new: NewPrice, *, estate_id: UUID, service_id: UUID, actor: Actor, now: datetime
) -> UUID:
    """The same service at another price from a month on; the months before keep theirs.

    Raises `Conflict` where the service has ended, or a month from then on was charged at the old price.
    """
    lock_register(session, estate_id=estate_id)
    if _is_there(session, new.id, estate_id, actor):
        return new.id
    old = find_service(session, estate_id=estate_id, service_id=service_id)
    _ensure_goes_on(old)
    row = _priced(session, new, estate_id, actor, now)
    if row.valid_from <= old.valid_from:
        raise Invalid(N_("新价格请从原价格开始以后的月份起算"), field="first_month")
    month = f"{row.valid_from:%Y-%m}"
    _ensure_uncharged(session, old, month)
    row.title, row.text, row.party_id = old.title, old.text, old.party_id
    old.valid_to = last_day(month_after(month, -1))
    session.add_all([old, row])
    _record(session, row, "price", actor, now, old=old)
    return row.id


def end_service(
    session: Session, *, estate_id: UUID, service_id: UUID, last_month: str, actor: Actor, now: datetime
) -> None:
    """No fee after that month. Raises `Conflict` where it has ended or a later month was charged."""
    lock_register(session, estate_id=estate_id)
    service = find_service(session, estate_id=estate_id, service_id=service_id)
    _ensure_goes_on(service)
    month = read_month(last_month, field="last_month")
    if last_day(month) < service.valid_from:
        raise Invalid(N_("停止的月份不能早于开始的月份"), field="last_month")
    _ensure_uncharged(session, service, month_after(month))
    service.valid_to = last_day(month)
    session.add(service)
    _record(session, service, "end", actor, now)


def _is_there(session: Session, row_id: UUID, estate_id: UUID, actor: Actor) -> bool:
    present = session.get(FeeService, row_id)
    if present is not None and (present.estate_id, present.recorded_by) != (estate_id, actor.id):
        raise Conflict(N_("这张表单已经用过，请重新打开页面"))
    return present is not None


def _priced(session: Session, new: NewPrice, estate_id: UUID, actor: Actor, now: datetime) -> FeeService:
    """The row with its price and what it stands on: law and contract ask for a decision or a contract."""
    if new.basis not in set(FeeBasis):
        raise Invalid(N_("请选择按面积还是按户收"), field="basis")
    document = clean_line(new.document, most=MOST_DOCUMENT, field="document")
    if new.vote_id is not None:
        vote = session.get(Vote, new.vote_id)
        if vote is None or vote.estate_id != estate_id or vote.noticed_at is None:
            raise NotFound(N_("没有找到这次表决，请从列表里重新选择"))
    if not document and new.vote_id is None:
        raise Invalid(
            N_("请写明收费依据：合同或业主大会决定的名称和编号，或选择一次表决"),
            code="no_basis",
            field="document",
        )
    return FeeService(
        id=new.id,
        estate_id=estate_id,
        title="",
        basis=FeeBasis(new.basis),
        price=read_price(new.price),
        document=document,
        vote_id=new.vote_id,
        valid_from=first_day(read_month(new.first_month, field="first_month")),
        recorded_by=actor.id,
        recorded_at=now,
    )


def _ensure_goes_on(service: FeeService) -> None:
    if service.valid_to is not None:
        raise Conflict(N_("这项服务的这个价格已经停止，请刷新页面"))


def _ensure_uncharged(session: Session, service: FeeService, month: str) -> None:
    later = select(FeeCharge.month).where(
        FeeCharge.estate_id == service.estate_id,
        FeeCharge.service_id == service.id,
        col(FeeCharge.month) >= month,
    )
    charged = session.exec(later.order_by(col(FeeCharge.month).desc()).limit(1)).first()
    if charged is not None:
        raise Conflict(N_("%(month)s 已经按原价格计费，请从以后的月份算起"), code="charged", month=charged)


def _record(
    session: Session, row: FeeService, verb: str, actor: Actor, now: datetime, old: FeeService | None = None
) -> None:
    session.flush()
    trail.record(
        session,
        tag=f"maintenance:fee_service:{verb}",
        actor=actor,
        now=now,
        estate_id=row.estate_id,
        subject_kind="fee_service",
        subject_id=row.id,
        old={"price": old.price, "to": str(old.valid_to)} if old else None,
        new={
            "title": row.title,
            "basis": row.basis.value,
            "price": row.price,
            "document": row.document,
            "from": str(row.valid_from),
            "to": str(row.valid_to or ""),
        },
    )


def find_service(session: Session, *, estate_id: UUID, service_id: UUID) -> FeeService:
    """The row; `NotFound` for another estate's."""
    service = session.get(FeeService, service_id)
    if service is None or service.estate_id != estate_id:
        raise NotFound(N_("没有找到这项服务"))
    return service


def read_service(session: Session, *, estate_id: UUID, service_id: UUID) -> ServiceView:
    find_service(session, estate_id=estate_id, service_id=service_id)
    return _views(session, sa.and_(col(FeeService.id) == service_id))[0]


def services_in(session: Session, *, estate_id: UUID, month: str) -> list[ServiceView]:
    """The services of a month at that month's prices, by name."""
    day = first_day(month)
    return _views(
        session,
        sa.and_(col(FeeService.estate_id) == estate_id, col(FeeService.valid_from) <= day, _not_before(day)),
    )


def services_to_come(session: Session, *, estate_id: UUID, today: date) -> list[ServiceView]:
    """Every price that counts now or later, by name."""
    return _views(session, sa.and_(col(FeeService.estate_id) == estate_id, _not_before(today)))


def earlier_prices(session: Session, *, estate_id: UUID, month: str) -> list[ServiceView]:
    """Prices that had ended when the month began, by name and age."""
    ended = sa.and_(col(FeeService.estate_id) == estate_id, col(FeeService.valid_to) < first_day(month))
    return _views(session, ended)


def _not_before(day: date) -> sa.ColumnElement[bool]:
    return sa.or_(col(FeeService.valid_to).is_(None), col(FeeService.valid_to) >= day)


def _views(session: Session, where: sa.ColumnElement[bool]) -> list[ServiceView]:
    service, party, vote = table_of(FeeService), table_of(Party), table_of(Vote)
    query = (
        sa.select(service, party.c.name.label("party"), vote.c.title.label("vote"))
        .join_from(service, party, party.c.id == service.c.party_id, isouter=True)
        .join(vote, vote.c.id == service.c.vote_id, isouter=True)
        .where(where)
        .order_by(service.c.title, service.c.valid_from)
    )
    return [
        ServiceView(
            id=row.id,
            title=row.title,
            text=row.text,
            party=row.party or "",
            party_id=row.party_id,
            by_area=row.basis is FeeBasis.AREA,
            price=row.price,
            document=row.document,
            vote_id=row.vote_id,
            vote=row.vote or "",
            first_month=f"{row.valid_from:%Y-%m}",
            last_month=f"{row.valid_to:%Y-%m}" if row.valid_to else "",
        )
        for row in session.connection().execute(query)
    ]


def votes_to_name(session: Session, *, estate_id: UUID) -> Sequence[tuple[UUID, str]]:
    """The newest noticed votes, for the form."""
    query = (
        select(Vote.id, Vote.title)
        .where(Vote.estate_id == estate_id, col(Vote.noticed_at).is_not(None))
        .order_by(col(Vote.number).desc())
        .limit(_MOST_VOTES)
    )
    return list(session.exec(query).all())
