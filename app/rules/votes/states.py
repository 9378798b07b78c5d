"""The life of a vote as a table, the clock that opens and closes it, and the words a vote is set up with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from app.errors import N_, Conflict


class State(StrEnum):
    DRAFT = "draft"
    NOTICED = "noticed"
    OPEN = "open"
    CLOSED = "closed"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    ANNULLED = "annulled"


class Choice(StrEnum):
    """What a valid ballot can say: 同意, 反对, 弃权."""

    FOR = "for"
    AGAINST = "against"
    ABSTAIN = "abstain"


class ChangeRule(StrEnum):
    """Whether an owner may replace a ballot already cast."""

    ONCE = "once"
    UNTIL_CLOSE = "until_close"


class LegalMode(StrEnum):
    """What the electronic ballots are worth in law; fixed per vote and shown on every page of it."""

    CONSULTATION = "consultation"
    PAPER_WITH_SUPPORT = "paper_with_support"
    ELECTRONIC = "electronic"


# A court can set aside even a final result, within a year (Civil Code art. 280; SPC interpretation art. 12).
MOVES: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.NOTICED}),
    State.NOTICED: frozenset({State.OPEN, State.ANNULLED}),
    State.OPEN: frozenset({State.CLOSED, State.ANNULLED}),
    State.CLOSED: frozenset({State.PRELIMINARY, State.ANNULLED}),
    State.PRELIMINARY: frozenset({State.FINAL, State.ANNULLED}),
    State.FINAL: frozenset({State.ANNULLED}),
    State.ANNULLED: frozenset(),
}


def move(current: State, target: State) -> State:
    """The target, when the table allows the step; raises `Conflict` (code `bad_move`) when it does not."""
    if target not in MOVES[current]:
        raise Conflict(
            N_("表决现在是“%(current)s”，不能改成“%(target)s”，请刷新页面看最新状态"),
            code="bad_move",
            current=current.value,
            target=target.value,
        )
    return target


def phase(stored: State, opens_at: datetime, closes_at: datetime, now: datetime) -> State:
    """The state that holds at `now`: once noticed, the clock alone opens and closes, job or no job.

    The opening instant is in, the closing instant is out. All three times carry an offset.
    """
    if stored not in (State.NOTICED, State.OPEN):
        return stored
    if now < opens_at:
        return State.NOTICED
    return State.OPEN if now < closes_at else State.CLOSED


def ensure_open(stored: State, opens_at: datetime, closes_at: datetime, now: datetime) -> None:
    """Let a ballot through only between opening and closing; nobody's role widens the window.

    Raises `Conflict` with code `not_open_yet` or `closed`.
    """
    match phase(stored, opens_at, closes_at, now):
        case State.OPEN:
            return
        case State.DRAFT | State.NOTICED:
            raise Conflict(N_("表决还没有开始，请等到开始时间再投票"), code="not_open_yet")
        case _:
            raise Conflict(N_("表决已经截止，不能再投票；有疑问请联系居委会"), code="closed")
