"""Guides: a card beside a proposal, a thread or a vote, and what of it changed since a vote was announced.

A card informs, it does not campaign. The rule, which is the same for everybody:

1. Before a vote is announced, cards are put beside it and changed freely.
2. From the announcement on, a card is put beside the vote, and a card beside it is changed or withdrawn, only with a
   written reason. The deed stands in the trail with that reason, and wherever the vote shows the card it says
   "since the announcement" with the day and the reason of each deed, a change that was changed back included; the
   text that stood at the announcement, or when the card was put there later, can still be read.
3. Once put beside an announced vote, a card is not taken away from it: it can only be withdrawn, and that is shown.
4. Beside a vote whose ballots are in, nothing is put any more.

A card that stands beside any vote asks for the reason whatever that vote's state, so that no order of two deeds at
the same moment slips between. New days of checking are no change: the words are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from app.errors import N_, Conflict
from app.rules.guides.cards import read_reason


class SubjectKind(StrEnum):
    """What a card may stand beside."""

    PROPOSAL = "proposal"
    THREAD = "thread"
    VOTE = "vote"


class Standing(StrEnum):
    """How a card beside a vote relates to what was announced."""

    AS_ANNOUNCED = "as_announced"
    ADDED_LATER = "added_later"
    CHANGED_LATER = "changed_later"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Publication:
    """A revision as it went out; `words` is what a resident reads."""

    revision: int
    at: datetime
    words: tuple[str, ...]
    reason: str = ""


def ensure_may_attach(*, announced: bool, ballots_are_in: bool, reason: str) -> str:
    """The reason as it is kept. Raises `Conflict` for a vote that is over, `Invalid` without the reason it needs."""
    if ballots_are_in:
        raise Conflict(N_("这次表决已经截止，不能再挂政策卡"), code="vote_is_over")
    return read_reason(reason) if announced else reason


def ensure_may_detach(*, announced: bool) -> None:
    """Raises `Conflict` for an announced vote."""
    if announced:
        raise Conflict(
            N_("表决公告以后，已经挂出的政策卡不能拿下。内容有错的，请写明理由修改或撤下"),
            code="vote_announced",
        )


def first_text(
    publications: Sequence[Publication], *, attached_at: datetime, noticed_at: datetime
) -> Publication | None:
    """What the announced vote's readers could read first: what stood at the announcement, or when the card was put there.

    The last of those before it, in their order; None where nothing was out by then.
    """
    before = [one for one in publications if one.at <= max(attached_at, noticed_at)]
    return before[-1] if before else None


def changes_since(publications: Sequence[Publication], then: Publication | None) -> Sequence[Publication]:
    """Every later time at which the words became others, in their order; also where they came back to what they were."""
    return [
        after
        for before, after in pairwise(publications)
        if (then is None or after.revision > then.revision) and after.words != before.words
    ]


def standing_of(
    publications: Sequence[Publication],
    *,
    attached_at: datetime,
    withdrawn_at: datetime | None,
    noticed_at: datetime | None,
) -> Standing:
    """How a card stands beside a vote announced at that instant; before any announcement nothing can have changed.

    One added later may have been changed since: `changes_since` tells it.
    """
    if withdrawn_at is not None:
        return Standing.WITHDRAWN
    if noticed_at is None:
        return Standing.AS_ANNOUNCED
    then = first_text(publications, attached_at=attached_at, noticed_at=noticed_at)
    if attached_at > noticed_at or then is None:
        return Standing.ADDED_LATER
    return Standing.CHANGED_LATER if changes_since(publications, then) else Standing.AS_ANNOUNCED
