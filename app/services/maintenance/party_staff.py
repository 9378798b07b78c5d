"""The people of a party: added by their telephone number, with the role they need, and taken away with it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.accounts import Account
from app.models.maintenance.parties import Party, PartyStaff
from app.rules.accounts import Duty, Role
from app.rules.text import clean_line
from app.services import trail
from app.services.accounts.grants import end_grant, find_grant, grant_role, roles_of
from app.services.accounts.people import ensure_account
from app.services.accounts.phones import is_mobile, read_phone
from app.services.estates.units import lock_register
from app.services.maintenance.parties import find_party, parties_of
from app.services.trail import Actor

MOST_PERSON = 50


def add_staff(
    session: Session,
    *,
    estate_id: UUID,
    party_id: UUID,
    phone: str,
    name: str,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Let a person work for a party; he gets the role of party staff where he has it not. The account.

    The name has to be the account's own, so that a number tells nobody whose it is. Raises `Invalid` naming `phone` or
    `name`, `NotAllowed` (`own_party`) for oneself, `Conflict` (`already_staff`).
    """
    lock_register(session, estate_id=estate_id)
    party = find_party(session, estate_id=estate_id, party_id=party_id)
    account_id = _account(session, phone, name, now)
    if account_id == actor.id:
        raise NotAllowed(N_("不能把自己加进责任方，请另一位工作人员来办理"), code="own_party", field="phone")
    row = session.get(PartyStaff, (party.id, account_id))
    if row is not None and row.ended_at is None:
        raise Conflict(N_("这个人已经在这个责任方里了"), code="already_staff", field="phone")
    row = row or PartyStaff(party_id=party.id, account_id=account_id, since=now)
    row.since, row.ended_at = now, None
    session.add(row)
    session.flush()
    if Role.PARTY_STAFF not in roles_of(session, account_id=account_id, estate_id=estate_id):
        grant_role(
            session,
            account_id=account_id,
            estate_id=estate_id,
            role=Role.PARTY_STAFF,
            duty=Duty.NONE,
            actor=actor,
            now=now,
        )
    _record(session, party, account_id, "add", actor, now)
    return account_id


def _account(session: Session, phone: str, name: str, now: datetime) -> UUID:
    number = read_phone(phone[:40])
    if number is None or not is_mobile(number):
        raise Invalid(N_("这不是一个大陆手机号码，请检查后再填"), code="bad_phone", field="phone")
    name = clean_line(name, most=MOST_PERSON, field="name")
    if not name:
        raise Invalid(N_("请填写姓名"), code="required", field="name")
    known = session.exec(select(Account).where(Account.phone == number)).one_or_none()
    if known is not None and known.name not in ("", name):
        raise Invalid(
            N_("这个手机号登记的不是这个姓名，请和本人核对手机号和姓名"), code="other_name", field="name"
        )
    return ensure_account(session, phone=number, name=name, now=now)


def end_staff(
    session: Session, *, estate_id: UUID, party_id: UUID, account_id: UUID, actor: Actor, now: datetime
) -> None:
    """A person no longer works for a party; with the last one of the estate his role goes too. Twice is once."""
    lock_register(session, estate_id=estate_id)
    party = find_party(session, estate_id=estate_id, party_id=party_id)
    row = session.get(PartyStaff, (party.id, account_id))
    if row is None:
        raise NotFound(N_("没有找到这个人，请刷新页面"))
    if row.ended_at is None:
        _end(session, party, row, actor, now)


def end_all_staff(session: Session, party: Party, *, actor: Actor, now: datetime) -> None:
    """The same for everybody of a party that ends; the caller holds the estate's lock."""
    rows = session.exec(
        select(PartyStaff).where(PartyStaff.party_id == party.id, col(PartyStaff.ended_at).is_(None))
    )
    for row in rows.all():
        _end(session, party, row, actor, now)


def _end(session: Session, party: Party, row: PartyStaff, actor: Actor, now: datetime) -> None:
    row.ended_at = now
    session.add(row)
    session.flush()
    if not parties_of(session, estate_id=party.estate_id, account_id=row.account_id):
        _end_role(session, party.estate_id, row.account_id, actor, now)
    _record(session, party, row.account_id, "end", actor, now)


def _end_role(session: Session, estate_id: UUID, account_id: UUID, actor: Actor, now: datetime) -> None:
    try:
        grant_id = find_grant(
            session, account_id=account_id, estate_id=estate_id, role=Role.PARTY_STAFF, duty=Duty.NONE
        )
    except NotFound:
        return
    end_grant(session, grant_id=grant_id, estate_id=estate_id, actor=actor, now=now)


def _record(session: Session, party: Party, account_id: UUID, verb: str, actor: Actor, now: datetime) -> None:
    trail.record(
        session,
        tag=f"maintenance:staff:{verb}",
        actor=actor,
        now=now,
        estate_id=party.estate_id,
        subject_kind="account",
        subject_id=account_id,
        new={"party": party.name},
    )
