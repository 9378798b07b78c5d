"""Mediation: what a case is about, where it stands, and the one table of how it moves."""

from __future__ import annotations

from enum import StrEnum

from app.errors import N_, Conflict


class Origin(StrEnum):
    """What a case came from: an objection to a vote, an impact on a home, or a mediator's own hand."""

    OBJECTION = "objection"
    IMPACT = "impact"
    HAND = "hand"


class Kind(StrEnum):
    """What a quarrel is about; all that is ever shown of a case that still waits for a mediator."""

    LIGHT = "light"
    NOISE = "noise"
    PRIVACY = "privacy"
    ACCESS = "access"
    VALUE = "value"
    COST = "cost"
    OTHER = "other"


class Side(StrEnum):
    """The two sides, by neutral words: 申请方 and 另一方. Nobody is ever "the one who blocks"."""

    A = "a"
    B = "b"


class Seat(StrEnum):
    """From where somebody speaks in the room."""

    A = "a"
    B = "b"
    MEDIATOR = "mediator"


class State(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"
    PREPARING = "preparing"
    ASKING = "asking"
    TALKING = "talking"
    SIGNING = "signing"
    AGREED = "agreed"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What moves a case."""

    TAKE = "take"
    RELEASE = "release"
    ASK = "ask"
    RECALL = "recall"
    START = "start"
    SIGN = "sign"
    REOPEN = "reopen"
    EFFECT = "effect"
    FAIL = "fail"
    STOP = "stop"


# 人民调解法 arts. 17 and 23: it begins only with both, and either may stop until the agreement takes effect.
MOVES: dict[tuple[State, Verb], State] = {
    (State.WAITING, Verb.TAKE): State.PREPARING,
    (State.WAITING, Verb.STOP): State.WITHDRAWN,
    (State.PREPARING, Verb.RELEASE): State.WAITING,
    (State.PREPARING, Verb.ASK): State.ASKING,
    (State.PREPARING, Verb.STOP): State.WITHDRAWN,
    (State.ASKING, Verb.RELEASE): State.WAITING,
    (State.ASKING, Verb.RECALL): State.PREPARING,
    (State.ASKING, Verb.START): State.TALKING,
    (State.ASKING, Verb.STOP): State.WITHDRAWN,
    (State.TALKING, Verb.RELEASE): State.WAITING,
    (State.TALKING, Verb.SIGN): State.SIGNING,
    (State.TALKING, Verb.FAIL): State.FAILED,
    (State.TALKING, Verb.STOP): State.WITHDRAWN,
    (State.SIGNING, Verb.RELEASE): State.WAITING,
    (State.SIGNING, Verb.REOPEN): State.TALKING,
    (State.SIGNING, Verb.EFFECT): State.AGREED,
    (State.SIGNING, Verb.FAIL): State.FAILED,
    (State.SIGNING, Verb.STOP): State.WITHDRAWN,
}

ENDED = frozenset({State.AGREED, State.FAILED, State.WITHDRAWN})
RUNNING = frozenset(State) - ENDED

_SENTENCES = {
    State.WAITING: N_("这件事还在等调解员，请等调解员接手以后再办"),
    State.PREPARING: N_("调解员还在准备，双方还没有被征求意见，现在不能这样做"),
    State.ASKING: N_("还在等双方同意调解，双方都同意以后才能这样做"),
    State.TALKING: N_("正在调解，现在不能这样做。请刷新页面看看最新的情况"),
    State.SIGNING: N_("协议正在确认，内容不能再改。要改内容，请调解员先退回商谈"),
    State.AGREED: N_("协议已经生效，不能再这样做。有新的情况请另行申请调解"),
    State.FAILED: N_("这次调解已经结束，没有达成协议，不能再改动"),
    State.WITHDRAWN: N_("这次调解已经停止，不能再改动。您仍可以看原来的内容"),
}


def move(state: State, verb: Verb) -> State:
    """Where a verb leads from a state; raises `Conflict` (`wrong_state`) where the table has no such step."""
    to = MOVES.get((state, verb))
    if to is None:
        raise wrong_state(state)
    return to


def ensure_state(state: State, *wanted: State) -> None:
    """Raises `Conflict` (`wrong_state`) with a sentence that says where the case stands."""
    if state not in wanted:
        raise wrong_state(state)


def wrong_state(state: State) -> Conflict:
    return Conflict(_SENTENCES[state], code="wrong_state")


def may(state: State, verb: Verb) -> bool:
    return (state, verb) in MOVES
