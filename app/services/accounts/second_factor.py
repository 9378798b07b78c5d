"""Second factor: set one up, show it in a session, put another in its place, remove it, and reset it for somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, Refusal, TooMany
from app.models.accounts import Grant, SecondFactor
from app.models.base import NO_ID
from app.rules.accounts import (
    SECOND_FACTOR_SET_UP,
    SECOND_FACTOR_TRIES,
    SECOND_FACTOR_WINDOW,
    Role,
    mask_name,
    mask_phone,
)
from app.rules.estates.reasons import clean_reason
from app.services.accounts import limits as tries
from app.services.accounts import second_factor_codes as codes
from app.services.accounts.grants import holders_of
from app.services.accounts.sessions import Person, end_all, forget_second_factor, mark_second_factor
from app.services.outbox import Draft, post
from app.services.trail import Actor, record


@dataclass(frozen=True, slots=True)
class FactorState:
    """What a person has: since when, and how many recovery codes are left."""

    confirmed_at: datetime | None
    codes_left: int


@dataclass(frozen=True, slots=True)
class SetUp:
    """A secret that waits for its first right code: for the camera, and in groups of four for typing."""

    uri: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of a typed code; without a refusal it was right. A new session token and new recovery codes, where made.

    A refusal is returned and not raised, as in `codes`: raising would roll the counted try back.
    """

    refusal: Refusal | None = None
    token: str = ""
    recovery_codes: tuple[str, ...] = ()


def read_state(session: Session, *, account_id: UUID) -> FactorState:
    row = session.get(SecondFactor, account_id)
    confirmed_at = row.confirmed_at if row else None
    left = codes.count_recovery_codes(session, account_id=account_id) if confirmed_at else 0
    return FactorState(confirmed_at, left)


def begin(session: Session, person: Person, *, typed: str = "", now: datetime, secret: bytes) -> Shown:
    """A new secret for this session to confirm. Whoever has a factor proves it first, and keeps it until then."""
    row = _lock(session, person.account_id)
    refusal = _prove(session, row, typed, now=now, secret=secret) if row and row.confirmed_at else None
    if refusal:
        return Shown(refusal)
    row = row or SecondFactor(account_id=person.account_id, created_at=now)
    row.pending = codes.seal(codes.new_shared_secret(), account_id=person.account_id, secret=secret)
    row.pending_session_id, row.pending_at = person.session_id, now
    session.add(row)
    session.flush()
    return Shown()


def read_set_up(session: Session, person: Person, *, now: datetime, secret: bytes) -> SetUp | None:
    """What this session began and has not confirmed; None after a quarter of an hour, and for every other session."""
    row = session.get(SecondFactor, person.account_id)
    if row is None or not _is_pending(row, person, now):
        return None
    shared = _opened(row.pending, row, secret)
    called = person.name or (person.phone or "")[-4:]
    return SetUp(codes.uri_of(shared, called), tuple(shared[at : at + 4] for at in range(0, len(shared), 4)))


def confirm(session: Session, person: Person, *, typed: str, now: datetime, secret: bytes) -> Shown:
    """The first right code makes the new secret the factor, with ten recovery codes, and counts as shown here.

    Every other session is asked anew. Raises `Conflict` when nothing waits for this session.
    """
    row = _lock(session, person.account_id)
    if row is None or not _is_pending(row, person, now):
        raise Conflict(N_("这次设置已经过期，请重新开始"), code="set_up_ended")
    step = codes.find_step(_opened(row.pending, row, secret), codes.fold(typed), now=now, after=0)
    if step is None:
        return Shown(_wrong_code())
    first = row.confirmed_at is None
    row.sealed, row.confirmed_at, row.last_step = row.pending, now, step
    row.pending = row.pending_session_id = row.pending_at = None
    session.add(row)
    session.flush()
    forget_second_factor(session, account_id=person.account_id)
    _keep(session, "set_up" if first else "replace", person, now)
    if first:
        _tell_colleagues(session, person, now)
    made = codes.make_recovery_codes(session, account_id=person.account_id, secret=secret)
    token = mark_second_factor(session, session_id=person.session_id, now=now)
    return Shown(token=token, recovery_codes=made)


def show(session: Session, person: Person, *, typed: str, now: datetime, secret: bytes) -> Shown:
    """A right code, or a recovery code, opens this session to the person's staff roles under a new token."""
    refusal = _prove(session, _lock(session, person.account_id), typed, now=now, secret=secret)
    if refusal:
        return Shown(refusal)
    return Shown(token=mark_second_factor(session, session_id=person.session_id, now=now))


def renew_recovery_codes(
    session: Session, person: Person, *, typed: str, now: datetime, secret: bytes
) -> Shown:
    """Ten new codes in place of the old."""
    refusal = _prove(session, _lock(session, person.account_id), typed, now=now, secret=secret)
    if refusal:
        return Shown(refusal)
    record(
        session,
        tag="accounts:second_factor:renew_codes",
        actor=Actor(person.account_id, person.name),
        now=now,
        subject_kind="account",
        subject_id=person.account_id,
    )
    made = codes.make_recovery_codes(session, account_id=person.account_id, secret=secret)
    return Shown(recovery_codes=made)


def remove(
    session: Session, person: Person, *, typed: str, required: bool, now: datetime, secret: bytes
) -> Shown:
    """Raises `NotAllowed` where staff must have a factor: there another one is put in its place."""
    if required:
        raise NotAllowed(N_("这里的工作人员都要用动态口令，不能关掉，只能换一个"), code="factor_required")
    row = _lock(session, person.account_id)
    refusal = _prove(session, row, typed, now=now, secret=secret)
    if refusal or row is None:
        return Shown(refusal)
    _take_away(session, row)
    _keep(session, "remove", person, now)
    return Shown()


def reset(
    session: Session, *, account_id: UUID, actor: Actor, reason: str, now: datetime, estate_id: UUID = NO_ID
) -> None:
    """Take the factor of somebody who lost it away and sign him out everywhere; he is told, with the reason.

    Raises `Invalid` without a reason, `NotAllowed` for oneself, `Conflict` where there is none. The caller has made
    sure that `actor` keeps the installation, and has asked the person face to face.
    """
    why = clean_reason(reason)
    if account_id == actor.id:
        raise NotAllowed(N_("不能重置自己的动态口令，请另一位系统管理员来办理"), code="own_factor")
    row = _lock(session, account_id)
    if row is None or row.confirmed_at is None:
        raise Conflict(N_("这个账户没有设置动态口令"), code="no_factor")
    _take_away(session, row)
    end_all(session, account_id=account_id, now=now)
    record(
        session,
        tag="accounts:second_factor:reset",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="account",
        subject_id=account_id,
        reason=why,
    )
    _tell(session, "second_factor_reset", account_id, now, {"reason": why})


def _lock(session: Session, account_id: UUID) -> SecondFactor | None:
    """The row as it is now, and nobody else's until the transaction ends: the same code twice at once passes once."""
    tries.lock(session, key=_tries_key(account_id))
    query = select(SecondFactor).where(SecondFactor.account_id == account_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one_or_none()


def _tries_key(account_id: UUID) -> str:
    return f"second:{account_id}"


def _prove(
    session: Session, row: SecondFactor | None, typed: str, *, now: datetime, secret: bytes
) -> Refusal | None:
    """Use a code up; a wrong one is counted. Call it under `_lock` and commit whatever comes back."""
    if row is None or row.confirmed_at is None:
        return _wrong_code()
    key, folded = _tries_key(row.account_id), codes.fold(typed)
    try:
        tries.check(session, key=key, limit=SECOND_FACTOR_TRIES, window=SECOND_FACTOR_WINDOW, now=now)
    except TooMany as refusal:
        return refusal
    if len(folded) == codes.DIGITS:
        shared = _opened(row.sealed, row, secret)
        step = codes.find_step(shared, folded, now=now, after=row.last_step)
        if step is not None:
            row.last_step = step
            session.add(row)
            session.flush()
            return None
    elif codes.take_recovery_code(session, folded, account_id=row.account_id, secret=secret, now=now):
        left = codes.count_recovery_codes(session, account_id=row.account_id)
        _tell(session, "recovery_code_used", row.account_id, now, {"left": left})
        return None
    if folded:
        tries.add(session, key=key, now=now)
    return _wrong_code()


def _wrong_code() -> Invalid:
    return Invalid(
        N_("口令不对，或者已经用过。请等下一个口令出来再填"), code="wrong_second_factor", field="code"
    )


def _is_pending(row: SecondFactor, person: Person, now: datetime) -> bool:
    return (
        row.pending_session_id == person.session_id
        and row.pending_at is not None
        and now < row.pending_at + SECOND_FACTOR_SET_UP
    )


def _opened(sealed: bytes | None, row: SecondFactor, secret: bytes) -> str:
    assert sealed is not None  # the caller has seen that it is set
    return codes.unseal(sealed, account_id=row.account_id, secret=secret)


def _take_away(session: Session, row: SecondFactor) -> None:
    codes.drop_recovery_codes(session, account_id=row.account_id)
    forget_second_factor(session, account_id=row.account_id)
    session.delete(row)
    session.flush()


def _record(session: Session, verb: str, person: Person, now: datetime, estate_id: UUID = NO_ID) -> None:
    record(
        session,
        tag=f"accounts:second_factor:{verb}",
        actor=Actor(person.account_id, person.name),
        now=now,
        estate_id=estate_id,
        subject_kind="account",
        subject_id=person.account_id,
    )


def _keep(session: Session, verb: str, person: Person, now: datetime) -> None:
    _record(session, verb, person, now)
    template = "second_factor_removed" if verb == "remove" else "second_factor_set_up"
    _tell(session, template, person.account_id, now)


def _tell_colleagues(session: Session, person: Person, now: datetime) -> None:
    """Whoever has a stolen phone could set a first factor up: those hear of it who can end the role.

    The operators, and the committees of the estates where the person has one; it stands in the trail of each.
    """
    held = select(Grant.estate_id).where(Grant.account_id == person.account_id, col(Grant.ended_at).is_(None))
    estates = sorted(set(session.exec(held)))
    for estate_id in estates:
        if estate_id != NO_ID:
            _record(session, "set_up", person, now, estate_id)
    told = set(
        holders_of(session, role=Role.OPERATOR, estate_id=NO_ID, but=person.account_id) if estates else ()
    )
    for estate_id in estates:
        told.update(holders_of(session, role=Role.COMMITTEE, estate_id=estate_id, but=person.account_id))
    name = mask_name(person.name)
    for account_id in sorted(told):
        draft = Draft(
            key=f"second_factor_set_up_staff:{person.account_id}:{account_id}:{now.isoformat()}",
            template="second_factor_set_up_staff",
            now=now,
            values={"name": name, "phone": mask_phone(person.phone)},
            account_id=account_id,
        )
        post(session, draft)


def _tell(
    session: Session, template: str, account_id: UUID, now: datetime, values: dict[str, object] | None = None
) -> None:
    draft = Draft(
        key=f"{template}:{account_id}:{now.isoformat()}",
        template=template,
        now=now,
        values=values,
        account_id=account_id,
        link="/me",
    )
    post(session, draft)
