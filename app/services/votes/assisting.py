"""Votes: a ballot cast with the help of staff, the owner present: who he is was checked, a witness saw it, and nobody keeps the choice.

The ballot is the owner's own: it stands in the chain as `assisted`, and beside it who helped and who saw it. The witness is
another person of the staff, who confirms it from his own session.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Invalid, NotAllowed, NotFound
from app.models.accounts import Account
from app.models.estates import Owner
from app.models.votes import BallotChannel, BallotCurrent, BallotEvent, RollEntry, Vote
from app.models.votes.codes import AssistedBallot
from app.rules.estates.labels import building_label, entrance_label
from app.rules.text import clean_line
from app.services import outbox, trail
from app.services.accounts.phones import is_mobile
from app.services.estates.units import phones_of
from app.services.trail import Actor
from app.services.votes import chain
from app.services.votes.assisting_witness import Witness, ensure_witnessed, witnesses
from app.services.votes.casting import Cast, Receipt, cast_ballot
from app.services.votes.principals import Principal, principals
from app.services.votes.roll import ON_ROLL, current_entries, home_label

MAX_IDENTITY = 200
_NUMBER = re.compile(r"\d[\d\s-]{9,}[\dXx]")


@dataclass(frozen=True, slots=True)
class Presence:
    """What the helper vouches for: who is present, how that was seen, and who was there too; and the home's line on the roll.

    `area` in hundredths of a square metre, `share` in fen, None without a cost table.
    """

    owner: Principal
    home: str
    unit_id: UUID
    area: int
    share: int | None
    identity: str
    witness: Witness
    witness_code: str


@dataclass(frozen=True, slots=True)
class AssistedReceipt:
    """What was recorded, as the paper that the owner takes home says it: no choice."""

    home: str
    owner_name: str
    helper_name: str
    witness_name: str
    identity: str
    code: str
    at: datetime


def homes_by_entrance(session: Session, vote_id: UUID) -> list[tuple[str, list[tuple[UUID, str]]]]:
    """The homes of the roll under their entrances."""
    groups: dict[str, list[tuple[UUID, str]]] = {}
    for entry in current_entries(session, vote_id):
        label = building_label(entry.building) + entrance_label(entry.entrance)
        groups.setdefault(label, []).append((entry.unit_id, home_label(entry)))
    return list(groups.items())


def owners_of_home(session: Session, vote_id: UUID, unit_id: UUID) -> tuple[str, list[Principal]]:
    """The home's label and those who may cast its ballot; raises `NotFound` for a home that is not on the roll."""
    return home_label(_entry(session, vote_id, unit_id)), principals(session, vote_id, unit_id=unit_id)


def _entry(session: Session, vote_id: UUID, unit_id: UUID) -> RollEntry:
    query = select(RollEntry).where(RollEntry.vote_id == vote_id, RollEntry.unit_id == unit_id, *ON_ROLL)
    entry = session.exec(query).one_or_none()
    if entry is None:
        raise NotFound(N_("这套房屋不在本次表决的名册上。如有疑问，请联系居委会"))
    return entry


def read_presence(
    session: Session,
    *,
    vote_id: UUID,
    unit_id: UUID,
    owner_id: UUID | None,
    identity: str,
    witness_id: UUID | None,
    witness_code: str,
    actor: Actor,
    now: datetime,
    secret: bytes,
) -> Presence:
    """What the helper typed, checked; raises `NotAllowed` (`own_ballot`), `Invalid` (`owner`, `identity`, `witness`, `witness_code`)."""
    entry = _entry(session, vote_id, unit_id)
    owners = principals(session, vote_id, unit_id=unit_id)
    owner = next((one for one in owners if one.owner_id == owner_id), None)
    if owner is None:
        raise Invalid(N_("请选择是哪一位业主"), field="owner")
    if owner.account_id == actor.id:
        raise NotAllowed(
            N_("您不能协助自己投票。请用自己的手机投，或请另一位工作人员协助"), code="own_ballot"
        )
    seen = clean_line(identity, most=MAX_IDENTITY, field="identity")
    if len(seen) < 4:
        raise Invalid(N_("请写明怎样核对的身份，例如“看了身份证原件，姓名与名册一致”"), field="identity")
    if _NUMBER.search(seen):
        raise Invalid(N_("请不要写证件号码或电话号码，只写怎样核对的"), code="number", field="identity")
    witness = _witness(session, vote_id, owners, witness_id, actor)
    presence = Presence(
        owner, home_label(entry), unit_id, entry.area, entry.share, seen, witness, witness_code
    )
    _ensure_witnessed(session, vote_id, presence, now, secret)
    return presence


def _witness(
    session: Session, vote_id: UUID, owners: Sequence[Principal], witness_id: UUID | None, actor: Actor
) -> Witness:
    estate_id = session.get_one(Vote, vote_id).estate_id
    known = witnesses(session, estate_id=estate_id, owners=owners, helper=actor.id)
    found = next((one for one in known if one.account_id == witness_id), None)
    if found is None:
        raise Invalid(
            N_("请选择见证人：居委会的另一位工作人员或担任监督员的党员，不能是协助的人或这一户的业主"),
            code="own_witness",
            field="witness",
        )
    return found


def _ensure_witnessed(
    session: Session, vote_id: UUID, presence: Presence, now: datetime, secret: bytes
) -> None:
    ensure_witnessed(
        session,
        vote_id=vote_id,
        unit_id=presence.unit_id,
        owner_id=presence.owner.owner_id,
        witness_id=presence.witness.account_id,
        code=presence.witness_code,
        now=now,
        secret=secret,
    )


def is_cast(session: Session, *, vote_id: UUID, key: str) -> int | None:
    """The number of the ballot that went out under this key: its page is not shown again."""
    query = select(BallotEvent.seq).where(BallotEvent.vote_id == vote_id, BallotEvent.key == key)
    return session.exec(query).one_or_none()


def cast_assisted(
    session: Session,
    cast: Cast,
    presence: Presence,
    *,
    actor: Actor,
    read_clock: Callable[[], datetime],
    secret: bytes,
) -> Receipt:
    """Cast the present owner's ballot and record, in the same transaction, who helped; sent twice it is one ballot.

    Raises what casting raises, for the owner has no more rights at the desk than on his phone. Under the vote's lock the
    witness's code is asked once more: it serves one ballot, also when two are sent at once.
    """
    chain.lock_vote(session, vote_id=cast.vote_id, estate_id=cast.estate_id)
    if is_cast(session, vote_id=cast.vote_id, key=cast.key) is None:
        _ensure_witnessed(session, cast.vote_id, presence, cast.received_at, secret)
    asked = replace(
        cast,
        unit_id=presence.unit_id,
        account_id=actor.id,
        channel=BallotChannel.ASSISTED,
        owner_id=presence.owner.owner_id,
        mandate_id=None,
    )
    receipt = cast_ballot(session, asked, read_clock=read_clock, secret=secret)
    if session.get(AssistedBallot, (cast.vote_id, receipt.seq)) is not None:
        return receipt
    session.add(
        AssistedBallot(
            vote_id=cast.vote_id,
            seq=receipt.seq,
            owner_id=presence.owner.owner_id,
            helper_id=actor.id,
            witness_name=presence.witness.name,
            witness_id=presence.witness.account_id,
            identity=presence.identity,
            at=receipt.recorded_at,
        )
    )
    session.flush()
    trail.record(
        session,
        tag="votes:ballot:assist",
        actor=actor,
        now=receipt.recorded_at,
        estate_id=cast.estate_id,
        subject_kind="vote",
        subject_id=cast.vote_id,
        # Neither the receipt nor its number: who reads the trail need not find the home's event in the chain.
        new={"home": presence.home, "witness": str(presence.witness.account_id)},
        reason=presence.identity,
    )
    _tell_owner(session, cast, presence, receipt, actor)
    return receipt


def _tell_owner(session: Session, cast: Cast, presence: Presence, receipt: Receipt, actor: Actor) -> None:
    """The owner's account, and without one that has a phone the register's numbers: an absent owner hears of it too."""
    account_id = presence.owner.account_id
    account = session.get(Account, account_id) if account_id else None
    owner = session.get_one(Owner, presence.owner.owner_id)
    numbers = () if account and account.phone else phones_of(owner)
    told: list[tuple[UUID | None, str | None]] = [(None, phone) for phone in numbers if is_mobile(phone)]
    if account:
        told.append((account.id, None))
    for to, phone in told:
        outbox.post(
            session,
            outbox.Draft(
                key=f"ballot_assisted:{cast.vote_id}:{receipt.seq}" + (f":{phone}" if phone else ""),
                template="ballot_assisted",
                now=receipt.recorded_at,
                account_id=to,
                phone=phone,
                estate_id=cast.estate_id,
                values={
                    "title": session.get_one(Vote, cast.vote_id).title,
                    "home": presence.home,
                    "helper": actor.name,
                    "witness": presence.witness.name,
                    "code": receipt.code,
                },
                link=f"votes/{cast.vote_id}" if to else "",
            ),
        )


def read_receipt(session: Session, *, vote_id: UUID, seq: int) -> AssistedReceipt:
    """The receipt of one assisted ballot; raises `NotFound` for any other event."""
    query = (
        select(AssistedBallot, BallotEvent, Owner, Account)
        .join(
            BallotEvent,
            (col(BallotEvent.vote_id) == col(AssistedBallot.vote_id))
            & (col(BallotEvent.seq) == col(AssistedBallot.seq)),
        )
        .join(Owner, col(Owner.id) == col(AssistedBallot.owner_id))
        .join(Account, col(Account.id) == col(AssistedBallot.helper_id))
        .where(AssistedBallot.vote_id == vote_id, AssistedBallot.seq == seq)
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound(N_("没有找到这张回执"))
    assisted, event, owner, helper = found
    label, _ = owners_of_home(session, vote_id, event.unit_id)
    return AssistedReceipt(
        home=label,
        owner_name=owner.name,
        helper_name=helper.name,
        witness_name=assisted.witness_name,
        identity=assisted.identity,
        code=event.receipt,
        at=event.recorded_at,
    )


def has_ballot(session: Session, *, vote_id: UUID, unit_id: UUID) -> bool:
    """Whether a ballot of the home counts already."""
    return session.get(BallotCurrent, (vote_id, unit_id)) is not None
