"""Mediation: both must want it, and either may stop."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from app.errors import N_, Conflict
from app.rules.mediation.cases import Side, State


class Consent(StrEnum):
    """What a party said to being mediated by this mediator; never shown to anybody as a fault."""

    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


# A party may stop until the agreement has taken effect (人民调解法 art. 23 no. 3); what binds both is not left by one.
MAY_STOP = frozenset({State.WAITING, State.PREPARING, State.ASKING, State.TALKING, State.SIGNING})


def both_sides(sides: Iterable[Side]) -> bool:
    return set(sides) == set(Side)


def all_given(answers: Iterable[tuple[Side, Consent]]) -> bool:
    """Both sides are there and everybody asked has consented: one clear refusal is enough to hinder it (art. 17)."""
    listed = list(answers)
    return both_sides(side for side, _ in listed) and all(given is Consent.GIVEN for _, given in listed)


def answered(before: Consent, *, agrees: bool) -> Consent:
    """The answer to being asked; an answer once given is not asked for again. Raises `Conflict` (`answered`)."""
    wanted = Consent.GIVEN if agrees else Consent.REFUSED
    if before not in {Consent.ASKED, wanted}:
        raise Conflict(N_("您已经答复过了。改变主意的话，可以在调解页面上随时停止调解"), code="answered")
    return wanted


def stopped(before: Consent) -> Consent:
    """Who stops had either consented or not answered yet."""
    return Consent.WITHDRAWN if before is Consent.GIVEN else Consent.REFUSED
