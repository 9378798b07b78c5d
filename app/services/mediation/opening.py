"""Mediation: a case is opened by a resident, from an objection, or by a mediator's hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlmodel import Session, col, func, select

from app.confinement import everywhere
from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.models.estates import Estate
from app.models.mediation import MediationCase, MediationClaim, MediationFile, MediationParty
from app.models.votes import Objection, Vote
from app.rules.calendar import BEIJING
from app.rules.mediation.cases import ENDED, Kind, Origin, Side, State
from app.rules.mediation.clocks import target_of
from app.rules.mediation.consent import Consent
from app.rules.text import clean_line, clean_text
from app.services import files
from app.services.estates.standing import standing_of
from app.services.holidays import is_rest_day
from app.services.mediation.access import has_duty, is_mediator
from app.services.mediation.log import note_act
from app.services.mediation.mediators import tell_mediators, wished
from app.services.mediation.ties import home_words
from app.services.trail import Actor

LEAST = 10
MOST_TEXT = 4000
MOST_PHOTOS = 6
MOST_RUNNING = 5
MOST_CM = 100_000


@dataclass(frozen=True, slots=True)
class Told:
    """What an applicant tells; `distance` in centimetres, 0 where nothing was measured; `photos` are (name, bytes)."""

    kind: Kind
    other: str
    text: str
    distance: int = 0
    between: str = ""
    photos: Sequence[tuple[str, bytes]] = ()
    objection_id: UUID | None = None
    wished_id: UUID | None = None


def open_case(
    session: Session, *, estate_id: UUID, form_id: UUID, told: Told, actor: Actor, now: datetime
) -> UUID:
    """Apply for mediation; the same form a second time is the same case.

    Residents and owners may. Raises `NotAllowed` for others, `NotFound` for an objection that is not one's own, `Conflict`
    while that objection is being mediated, `Invalid` for what cannot be used, `TooMany` beyond five running cases.
    """
    case_id = case_id_of(form_id, actor)
    if session.get(MediationCase, case_id) is not None:
        return case_id
    if not standing_of(session, estate_id=estate_id, account_id=actor.id).is_resident:
        raise NotAllowed(N_("只有本小区的业主和住户可以申请调解。请先认领您的房屋"))
    other = clean_line(told.other, most=300, field="other")
    text = clean_text(told.text, most=MOST_TEXT, field="text")
    _check_words(other, text)
    distance, between = _measured(told)
    if _opened_meanwhile(session, estate_id, case_id):
        return case_id
    _refuse_too_many(session, estate_id, actor)
    if told.objection_id:
        _check_objection(session, estate_id, told.objection_id, actor)
    mediator_id = wished(session, estate_id=estate_id, account_id=told.wished_id, but=actor.id)
    case = _insert(
        session,
        estate_id=estate_id,
        case_id=case_id,
        origin=Origin.OBJECTION if told.objection_id else Origin.IMPACT,
        kind=told.kind,
        actor=actor,
        now=now,
    )
    case.objection_id, case.told, case.wished_id = told.objection_id, other, mediator_id
    session.add(case)
    session.add(
        MediationParty(
            case_id=case_id,
            account_id=actor.id,
            side=Side.A,
            home=home_words(session, estate_id=estate_id, account_id=actor.id),
            consent=Consent.GIVEN,
            added_at=now,
            answered_at=now,
        )
    )
    session.add(
        MediationClaim(
            case_id=case_id,
            account_id=actor.id,
            text=text,
            distance=distance or None,
            between=between,
            at=now,
        )
    )
    session.flush()
    store_photos(session, case, told.photos, account_id=actor.id, now=now)
    note_act(session, case, "open", account_id=actor.id, now=now)
    tell_mediators(session, case, cause="open", now=now)
    return case_id


def open_by_hand(
    session: Session, *, estate_id: UUID, form_id: UUID, kind: Kind, summary: str, actor: Actor, now: datetime
) -> UUID:
    """A mediator takes up a quarrel of his own accord (人民调解法 art. 17); he then names and asks both sides."""
    case_id = case_id_of(form_id, actor)
    if session.get(MediationCase, case_id) is not None:
        return case_id
    if not is_mediator(session, estate_id=estate_id, account_id=actor.id):
        raise NotAllowed(N_("只有调解员可以主动登记调解"))
    summary = clean_summary(summary)
    if _opened_meanwhile(session, estate_id, case_id):
        return case_id
    case = _insert(
        session, estate_id=estate_id, case_id=case_id, origin=Origin.HAND, kind=kind, actor=actor, now=now
    )
    case.state, case.mediator_id, case.summary = State.PREPARING, actor.id, summary
    case.target_at = target_of(now, is_rest_day)
    session.add(case)
    session.flush()
    note_act(session, case, "open", account_id=actor.id, now=now)
    return case_id


def case_id_of(form_id: UUID, actor: Actor) -> UUID:
    """A form's id becomes the case's only together with who sent it: under a guessed id nobody finds out what is taken."""
    return uuid5(actor.id, str(form_id))


def clean_summary(summary: str) -> str:
    cleaned = clean_text(summary, most=2000, field="summary")
    if len(cleaned) < LEAST:
        raise Invalid(N_("请用平和的话写明是什么事，至少 10 个字"), field="summary")
    return cleaned


def store_photos(
    session: Session,
    case: MediationCase,
    photos: Sequence[tuple[str, bytes]],
    *,
    account_id: UUID,
    now: datetime,
) -> None:
    """Pictures drawn anew and kept under the case's own id, where no address of the estate finds them."""
    held = session.exec(
        select(func.count()).select_from(MediationFile).where(MediationFile.case_id == case.id)
    ).one()
    if held + len(photos) > MOST_PHOTOS * 2 or len(photos) > MOST_PHOTOS:
        raise Invalid(N_("照片太多，一次最多 %(most)s 张"), field="photo", most=MOST_PHOTOS)
    for name, content in photos:
        with everywhere(session):  # the case is no estate
            file_id = files.store_image(
                session,
                estate_id=case.id,
                name=name,
                content=content,
                uploaded_by=account_id,
                now=now,
                private=True,
            )
        session.add(MediationFile(file_id=file_id, case_id=case.id, account_id=account_id, at=now))
    session.flush()


def my_objection(session: Session, *, estate_id: UUID, objection_id: UUID, account_id: UUID) -> str:
    """The text of one's own objection, to begin the application with; raises `NotFound` for anybody else's."""
    return _own_objection(session, estate_id, objection_id, account_id).text


def may_open_by_hand(session: Session, *, estate_id: UUID, account_id: UUID) -> bool:
    return is_mediator(session, estate_id=estate_id, account_id=account_id)


def sees_pool(session: Session, *, estate_id: UUID, account_id: UUID) -> bool:
    """Whether the cases that wait for anybody are shown to this person."""
    return has_duty(session, estate_id=estate_id, account_id=account_id)


def _check_words(other: str, text: str) -> None:
    if len(other) < 2:
        raise Invalid(N_("请写明另一方是谁，例如楼栋房号和姓名，只有调解员看得到"), field="other")
    if len(text) < LEAST:
        raise Invalid(N_("请写明是什么事、对您有什么影响，至少 10 个字"), field="text")


def _measured(told: Told) -> tuple[int, str]:
    if not 0 <= told.distance <= MOST_CM:
        raise Invalid(N_("距离要大于 0，不超过 1000 米"), field="distance")
    between = clean_line(told.between, most=80, field="between")
    if told.distance and not between:
        raise Invalid(N_("请写明量的是从哪里到哪里，例如“从卧室窗户到电梯井”"), field="between")
    return told.distance, between


def _opened_meanwhile(session: Session, estate_id: UUID, case_id: UUID) -> bool:
    """Whoever opens a case waits for the number of the one before; of a form sent twice at once, for its case."""
    session.exec(select(Estate.id).where(Estate.id == estate_id).with_for_update(key_share=True)).one()
    return session.get(MediationCase, case_id) is not None


def _refuse_too_many(session: Session, estate_id: UUID, actor: Actor) -> None:
    running = session.exec(
        select(func.count())
        .select_from(MediationCase)
        .where(
            MediationCase.estate_id == estate_id,
            MediationCase.opened_by == actor.id,
            col(MediationCase.state).not_in(ENDED),
        )
    ).one()
    if running >= MOST_RUNNING:
        raise TooMany(
            N_("您已有 %(most)s 件事在调解，请等其中一件有了结果再申请"), most=MOST_RUNNING, seconds=86400
        )


def _own_objection(session: Session, estate_id: UUID, objection_id: UUID, account_id: UUID) -> Objection:
    query = (
        select(Objection)
        .join(Vote, col(Vote.id) == Objection.vote_id)
        .where(Objection.id == objection_id, Objection.account_id == account_id, Vote.estate_id == estate_id)
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound(N_("没有找到这条异议"))
    return found


def _check_objection(session: Session, estate_id: UUID, objection_id: UUID, actor: Actor) -> None:
    _own_objection(session, estate_id, objection_id, actor.id)
    query = select(MediationCase.id).where(
        MediationCase.objection_id == objection_id, col(MediationCase.state).not_in(ENDED)
    )
    if session.exec(query.limit(1)).first() is not None:
        raise Conflict(N_("您已经为这条异议申请过调解，请在“我的调解”里查看"), code="under_way")


def _insert(
    session: Session,
    *,
    estate_id: UUID,
    case_id: UUID,
    origin: Origin,
    kind: Kind,
    actor: Actor,
    now: datetime,
) -> MediationCase:
    year = now.astimezone(BEIJING).year
    last = session.exec(
        select(func.max(col(MediationCase.number))).where(
            MediationCase.estate_id == estate_id, MediationCase.year == year
        )
    ).one()
    case = MediationCase(
        id=case_id,
        estate_id=estate_id,
        year=year,
        number=(last or 0) + 1,
        origin=origin,
        kind=kind,
        state=State.PREPARING if origin is Origin.HAND else State.WAITING,
        mediator_id=actor.id if origin is Origin.HAND else None,
        opened_by=actor.id,
        opened_at=now,
    )
    session.add(case)
    session.flush()
    return case
