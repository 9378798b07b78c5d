"""Votes: a household letter is scanned at home: the name is checked, the phone bound to the home's owner, the delivery noted.

Nobody learns from a letter whose home it is for: the name has to be brought along, and five wrong ones end the code.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, select

from app.errors import N_, Conflict, Invalid, Refusal, TooMany
from app.models.accounts import Account
from app.models.estates import BindingCause, Owner, Unit
from app.models.votes import Vote
from app.models.votes.codes import HouseholdCode
from app.rules.calendar import BEIJING
from app.rules.estates.names import MAX_NAME
from app.rules.text import clean_line
from app.rules.votes.evidence import parse_receipt
from app.rules.votes.states import State
from app.services import trail
from app.services.accounts import limits
from app.services.accounts.guesses import HOUR, address_tag
from app.services.estates.binding import bind_owner, tell_household
from app.services.estates.checking import Act
from app.services.estates.units import find_unit, label_of, lock_register, owners_of
from app.services.trail import SYSTEM, Actor
from app.services.votes import chain
from app.services.votes.codes import NAME_TRIES, code_hash, ensure_living
from app.services.votes.counting import state_at
from app.services.votes.deliveries import DeliveryResult, DeliveryWay, record_delivery

# A letter is typed by hand once; more wrong ones from one address in an hour are no slips.
FAILURES_ADDRESS_HOUR = 20
# The trail is never cleared: one person does not fill it, however often he tries.
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Scanned:
    """What came of a letter: the home and the vote it brought, or why not.

    A refusal is returned and not raised: raising rolls the transaction back, and the counted try with it.
    """

    home: str = ""
    unit_id: UUID | None = None
    vote_id: UUID | None = None
    is_open: bool = False
    refusal: Refusal | None = None


def use_letter(
    session: Session,
    *,
    estate_id: UUID,
    code: str,
    name: str,
    actor: Actor,
    address: str,
    now: datetime,
    secret: bytes,
) -> Scanned:
    """Bind the person to the home's owner whose name he gives. Commit whatever comes back; raises `Invalid` for an empty form only.

    Refused: `wrong_code`, `code_used`, `wrong_name`, `code_dead`, `already_bound` when the register's owner has another account
    (the desk decides then), and `TooMany` for an address that guesses.
    """
    called = clean_line(name, most=MAX_NAME, field="name")
    if not code.strip():
        raise Invalid(N_("请填写信上的编码，或者扫信上的二维码"), field="code")
    if not called:
        raise Invalid(N_("请填写业主姓名，与产权证一致"), field="name")
    key = f"letter:address:{address_tag(secret, address)}"
    try:
        limits.lock(session, key=key)
        limits.check(session, key=key, limit=FAILURES_ADDRESS_HOUR, window=HOUR, now=now)
    except TooMany as refusal:
        return Scanned(refusal=refusal)
    seen = _find(session, estate_id, code, secret)
    # The vote's lock comes before all others, the register's next, the letter's row last.
    if seen is not None and seen.vote_id is not None:
        chain.lock_vote(session, vote_id=seen.vote_id, estate_id=estate_id)
    lock_register(session, estate_id=estate_id)
    try:
        letter = ensure_living(_find(session, estate_id, code, secret, lock=True))
        unit = find_unit(session, estate_id=estate_id, unit_id=letter.unit_id)
    except Refusal as refusal:
        limits.add(session, key=key, now=now)
        if seen is None:
            _note_unknown(session, estate_id, actor, now)
        return Scanned(refusal=refusal)
    owner = _named(session, unit, called, actor.id)
    if owner is None:
        limits.add(session, key=key, now=now)
        return Scanned(refusal=_count_wrong_name(session, letter, now))
    return _use(session, letter, unit, owner, actor, now)


def _note_unknown(session: Session, estate_id: UUID, actor: Actor, now: datetime) -> None:
    """Somebody types codes that no letter has. What he typed is not written down: it may be another's code with a slip in it."""
    key = f"letter:unknown:{estate_id}:{actor.id}"
    limits.lock(session, key=key)
    if limits.count(session, key=key, window=NOTED_EVERY, now=now):
        return
    limits.add(session, key=key, now=now)
    trail.record(session, tag="votes:code:wrong", actor=actor, now=now, estate_id=estate_id)


def _find(
    session: Session, estate_id: UUID, typed: str, secret: bytes, *, lock: bool = False
) -> HouseholdCode | None:
    """Another estate's letter is none here."""
    try:
        plain = parse_receipt(typed)
    except Invalid:
        return None
    query = select(HouseholdCode).where(
        HouseholdCode.code_hash == code_hash(secret, plain), HouseholdCode.estate_id == estate_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return session.exec(query).one_or_none()


def _named(session: Session, unit: Unit, called: str, account_id: UUID) -> Owner | None:
    """The owner of that name; of namesakes the one who is this person already, else one who is not bound."""
    bare = called.replace(" ", "")
    found = [owner for owner in owners_of(session, unit_id=unit.id) if owner.name.replace(" ", "") == bare]
    found.sort(key=lambda owner: (owner.account_id != account_id, owner.account_id is not None))
    return found[0] if found else None


def _count_wrong_name(session: Session, letter: HouseholdCode, now: datetime) -> Refusal:
    letter.tries += 1
    session.add(letter)
    if letter.tries < NAME_TRIES:
        session.flush()
        return Invalid(
            N_("姓名和名册里这套房屋的业主不一致，请按产权证填写。还可以试 %(left)s 次"),
            code="wrong_name",
            field="name",
            left=NAME_TRIES - letter.tries,
        )
    letter.voided_at = now
    session.flush()
    _record(session, letter, "dead", SYSTEM, now, {"tries": letter.tries})
    return Conflict(
        N_("姓名错了 %(tries)s 次，为了安全，这封信的编码已经作废。请带证件到居委会办理"),
        code="code_dead",
        tries=letter.tries,
    )


def _use(
    session: Session, letter: HouseholdCode, unit: Unit, owner: Owner, actor: Actor, now: datetime
) -> Scanned:
    newly = owner.account_id is None
    try:
        act = Act(BindingCause.LETTER, letter.issued_by, letter.issued_at) if letter.singled else None
        bind_owner(session, owner=owner, account_id=actor.id, now=now, act=act)
    except Conflict:
        return Scanned(
            refusal=Conflict(
                N_("这位业主已经和另一个账户绑定了。请带证件到居委会核实，由居委会决定"), code="already_bound"
            )
        )
    account = session.get_one(Account, actor.id)
    if not account.name:
        account.name = owner.name
        session.add(account)
    letter.used_by, letter.used_at = actor.id, now
    session.add(letter)
    session.flush()
    who = Actor(actor.id, account.name)
    _record(session, letter, "use", who, now, {"home": label_of(unit), "bound": newly})
    if newly:
        tell_household(session, unit=unit, newcomer=actor.id, name=owner.name, relation=N_("业主"), now=now)
    state = _note_delivery(session, letter, now)
    return Scanned(label_of(unit), unit.id, letter.vote_id, state is State.OPEN)


def _note_delivery(session: Session, letter: HouseholdCode, now: datetime) -> State | None:
    """Who scans the letter has it: that is its delivery, while the vote still runs and the home is on its roll."""
    vote = session.get(Vote, letter.vote_id) if letter.vote_id else None
    if vote is None:
        return None
    state = state_at(vote, now)
    if state in {State.NOTICED, State.OPEN}:
        try:
            with session.begin_nested():
                record_delivery(
                    session,
                    estate_id=letter.estate_id,
                    vote_id=vote.id,
                    unit_id=letter.unit_id,
                    way=DeliveryWay.LETTER,
                    result=DeliveryResult.DELIVERED,
                    on_day=now.astimezone(BEIJING).date(),
                    actor=None,
                    now=now,
                    delivery_id=letter.id,
                )
        except Refusal:
            # The home was struck off the roll after the letter went out; the person is bound all the same.
            return None
    return state


def _record(
    session: Session,
    letter: HouseholdCode,
    verb: str,
    actor: Actor,
    now: datetime,
    new: dict[str, object],
) -> None:
    trail.record(
        session,
        tag=f"votes:code:{verb}",
        actor=actor,
        now=now,
        estate_id=letter.estate_id,
        subject_kind="unit",
        subject_id=letter.unit_id,
        new=new,
    )
