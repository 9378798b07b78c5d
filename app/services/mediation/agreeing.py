"""Mediation: the agreement: its versions, the confirmations on the phone, the paper with which it takes effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.confinement import everywhere
from app.errors import N_, Conflict, Invalid
from app.models.accounts import Account
from app.models.estates import Owner
from app.models.mediation import (
    MediationAgreement,
    MediationCase,
    MediationFile,
    MediationOffer,
    MediationParty,
    MediationSignature,
)
from app.rules.mediation.agreements import LEAST, MOST, all_signed, check_name, digest_of, shown
from app.rules.mediation.cases import State, Verb, ensure_state
from app.rules.mediation.clocks import check_paper_day, court_end
from app.rules.mediation.offers import OfferState
from app.rules.text import clean_text
from app.services import files
from app.services.holidays import is_rest_day
from app.services.mediation.access import Chair, ensure_mediator, enter_case, parties_of, people_of
from app.services.mediation.log import last_act, move_case, note_act
from app.services.mediation.telling import tell


@dataclass(frozen=True, slots=True)
class Paper:
    """The scan of the paper that all have signed by hand, and the day of the last signature on it."""

    name: str
    content: bytes
    signed_on: date


def write_version(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    version_id: UUID,
    text: str,
    now: datetime,
) -> UUID:
    """The mediator writes a version; each is kept, none follows while one is being confirmed.

    The same words again are a new version only where the one before had been confirmed and was then reopened.
    """
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    ensure_mediator(chair)
    known = session.get(MediationAgreement, version_id)
    if known is not None:
        if (known.case_id, known.account_id) != (case_id, account_id):
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return known.id
    case = chair.case
    ensure_state(case.state, State.TALKING)
    cleaned = clean_text(text, most=MOST, field="text")
    if len(cleaned) < LEAST:
        raise Invalid(N_("请写明双方约定了什么、由谁在哪一天以前做到，至少 20 个字"), field="text")
    latest = current_version(session, case_id=case_id)
    if latest is not None and latest.text == cleaned and not is_void(session, latest):
        raise Conflict(N_("和现在的文本一字不差，没有另存一稿"), code="same_text", field="text")
    version = latest.version + 1 if latest else 1
    digest = digest_of(case=str(case_id), number=number_of(case), version=version, text=cleaned)
    session.add(
        MediationAgreement(
            id=version_id,
            case_id=case_id,
            version=version,
            text=cleaned,
            digest=digest,
            account_id=account_id,
            at=now,
        )
    )
    session.flush()
    note_act(session, case, "version", account_id=account_id, now=now, note=f"{version} {shown(digest)}")
    tell(session, case, people_of(session, chair), cause=f"version:{version}", now=now, but=account_id)
    return version_id


def sign_version(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    account_id: UUID,
    digest: str,
    name: str,
    agrees: bool,
    now: datetime,
) -> None:
    """Confirm the version whose digest was read, by typing one's own name; the first confirmation freezes it.

    This is no reliable electronic signature (电子签名法 art. 13): it records assent to this exact text. Raises `Conflict`
    (`other_text`) when the text is another by now or (`void`) was reopened, `Invalid` for a name that is not one's own.
    """
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    case, version = chair.case, current_version(session, case_id=case_id)
    if version is None:
        raise Conflict(N_("协议还没有起草，请等调解员写好"), code="no_text")
    if version.digest != digest:
        raise Conflict(N_("协议的文字刚刚改过。请重新看一遍新的文本，再决定是否确认"), code="other_text")
    if case.state is State.TALKING and is_void(session, version):
        raise Conflict(
            N_("这一稿退回过商谈，原来的确认已经作废。请等调解员另存一稿，再重新确认"), code="void"
        )
    if session.get(MediationSignature, (version.id, account_id)) is not None:
        return
    ensure_state(case.state, State.TALKING, State.SIGNING)
    if not agrees:
        raise Invalid(N_("请先勾选“我已经看完，同意这份协议”"), field="agrees")
    registered = registered_name(session, estate_id=estate_id, account_id=account_id)
    session.add(
        MediationSignature(
            agreement_id=version.id,
            account_id=account_id,
            seat=chair.seat,
            name=check_name(name[:100], registered),
            digest=version.digest,
            at=now,
        )
    )
    session.flush()
    if case.state is State.TALKING:
        move_case(session, case, Verb.SIGN, account_id=None, now=now)
    note_act(session, case, "confirm", account_id=account_id, now=now, note=f"{version.version}")
    if everybody_signed(session, chair):
        people = people_of(session, chair)
        tell(session, case, people, cause=f"signed:{version.version}", now=now, but=account_id)


def reopen_text(session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, now: datetime) -> None:
    """Back to the talk: the confirmations of this version are void, and a new one is written even of the same words."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    ensure_mediator(chair)
    move_case(session, chair.case, Verb.REOPEN, account_id=account_id, now=now)
    people = people_of(session, chair)
    tell(session, chair.case, people, cause=f"reopen:{now.isoformat()}", now=now, but=account_id)


def take_effect(
    session: Session, *, estate_id: UUID, case_id: UUID, account_id: UUID, paper: Paper, now: datetime
) -> None:
    """The mediator files the scan of the paper signed by all and sealed: with that day it takes effect (art. 29), and the
    thirty days for judicial confirmation begin (art. 33)."""
    chair = enter_case(session, estate_id=estate_id, case_id=case_id, account_id=account_id, lock=True)
    ensure_mediator(chair)
    case = chair.case
    if case.state is State.AGREED:
        return
    ensure_state(case.state, State.SIGNING)
    version = current_version(session, case_id=case_id)
    if version is None or not everybody_signed(session, chair):
        raise Conflict(N_("还有人没有确认这份文本。请等全部确认以后，再登记签好字的协议书"), code="not_all")
    signed_on = check_paper_day(paper.signed_on, frozen_at=version.at, now=now)
    if not paper.content:
        raise Invalid(N_("请上传签好字、盖好章的协议书的照片或扫描件"), field="scan")
    with everywhere(session):  # the case is no estate
        file_id = files.store_document(
            session,
            estate_id=case.id,
            name=paper.name,
            content=paper.content,
            uploaded_by=account_id,
            now=now,
            private=True,
            field="scan",
        )
    session.add(
        MediationFile(
            file_id=file_id, case_id=case_id, agreement_id=version.id, account_id=account_id, at=now
        )
    )
    case.effective_on, case.court_until = signed_on, court_end(signed_on, is_rest_day)
    case.ended_at = now
    move_case(session, case, Verb.EFFECT, account_id=account_id, now=now)
    tell(session, case, people_of(session, chair), cause="effect", now=now, but=account_id)


def current_version(session: Session, *, case_id: UUID) -> MediationAgreement | None:
    query = (
        select(MediationAgreement)
        .where(MediationAgreement.case_id == case_id)
        .order_by(col(MediationAgreement.version).desc())
        .limit(1)
    )
    return session.exec(query).first()


def accepted_offers(session: Session, *, case_id: UUID) -> list[MediationOffer]:
    query = (
        select(MediationOffer)
        .where(MediationOffer.case_id == case_id, MediationOffer.state == OfferState.ACCEPTED)
        .order_by(col(MediationOffer.answered_at), col(MediationOffer.id))
    )
    return list(session.exec(query))


def signatures_of(session: Session, *, agreement_id: UUID) -> dict[UUID, MediationSignature]:
    query = select(MediationSignature).where(MediationSignature.agreement_id == agreement_id)
    return {signature.account_id: signature for signature in session.exec(query)}


def is_void(session: Session, version: MediationAgreement) -> bool:
    """Whether it had been confirmed and was then reopened, or left by its mediator: who confirmed it is asked anew."""
    if not signatures_of(session, agreement_id=version.id):
        return False
    _, act = last_act(session, version.case_id, Verb.SIGN, Verb.REOPEN, Verb.RELEASE)
    return act != Verb.SIGN


def live_signatures(session: Session, version: MediationAgreement) -> dict[UUID, MediationSignature]:
    """The confirmations that count."""
    return {} if is_void(session, version) else signatures_of(session, agreement_id=version.id)


def everybody_signed(session: Session, chair: Chair) -> bool:
    version = current_version(session, case_id=chair.case.id)
    if version is None:
        return False
    wanted: list[UUID | None] = [
        party.account_id for party in parties_of(session, case_id=chair.case.id) if _counts(party)
    ]
    return all_signed([*wanted, chair.case.mediator_id], live_signatures(session, version).keys())


def _counts(party: MediationParty) -> bool:
    return party.asked_at is not None


def number_of(case: MediationCase) -> str:
    return f"{case.year}-{case.number}"


def registered_name(session: Session, *, estate_id: UUID, account_id: UUID) -> str:
    """The name in the register of owners, for others that of the account."""
    query = (
        select(Owner.name)
        .where(Owner.estate_id == estate_id, Owner.account_id == account_id)
        .order_by(col(Owner.bound_at), col(Owner.id))
        .limit(1)
    )
    return session.exec(query).first() or session.get_one(Account, account_id).name
