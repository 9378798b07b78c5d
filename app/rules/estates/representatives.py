"""Co-owners of one home name who casts its ballot (建房〔2009〕274号 art. 25): the steps of a naming, and who still has to agree."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.errors import N_, Conflict


class NamingState(StrEnum):
    """Where a naming stands; only `agreed` changed the register."""

    OPEN = "open"
    AGREED = "agreed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    VOID = "void"


class Step(StrEnum):
    """What ends a naming: all agreed, one refused, the proposer took it back, or the register changed under it."""

    AGREE = "agree"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    LAPSE = "lapse"


MOVES: dict[tuple[NamingState, Step], NamingState] = {
    (NamingState.OPEN, Step.AGREE): NamingState.AGREED,
    (NamingState.OPEN, Step.REFUSE): NamingState.REFUSED,
    (NamingState.OPEN, Step.WITHDRAW): NamingState.WITHDRAWN,
    (NamingState.OPEN, Step.LAPSE): NamingState.VOID,
}

_SENTENCES = {
    NamingState.AGREED: N_("这次推举已经办成，不能再改。要换人请重新推举"),
    NamingState.REFUSED: N_("这次推举有共有人不同意，已经结束。可以商量以后重新推举"),
    NamingState.WITHDRAWN: N_("提议的人已经撤回这次推举。需要的话请重新推举"),
    NamingState.VOID: N_("这套房屋的登记在这期间变了，这次推举已经失效。请重新推举"),
}


def move(state: NamingState, step: Step) -> NamingState:
    """Where a step leads; raises `Conflict` (`naming_over`) for a naming that has ended."""
    to = MOVES.get((state, step))
    if to is None:
        raise Conflict(_SENTENCES[state], code="naming_over")
    return to


@dataclass(frozen=True, slots=True)
class CoOwner:
    """One line of the register's owners of a home; `account_id` once he has proved that it is he."""

    owner_id: UUID
    account_id: UUID | None


def persons(owners: Iterable[CoOwner]) -> int:
    """How many people own the home: lines that one account is bound to are one person."""
    return len({owner.account_id or owner.owner_id for owner in owners})


def still_missing(owners: Iterable[CoOwner], agreed: Collection[UUID]) -> tuple[UUID, ...]:
    """The owners who have not agreed; whoever has no account cannot be asked by phone and is never skipped."""
    return tuple(owner.owner_id for owner in owners if owner.account_id not in agreed)
