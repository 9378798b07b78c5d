"""Votes: what residents' pages show, as plain values; an owner sees his own ballot and nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, NotFound
from app.models.votes import BallotEvent, EventKind, Vote
from app.rules.accounts import mask_name
from app.rules.quantities import show_money
from app.rules.votes.matters import MatterClass, matter_of
from app.rules.votes.questions import Question
from app.rules.votes.questions import read_paper as questions_of
from app.rules.votes.rulesets import RuleSet
from app.rules.votes.states import ChangeRule, LegalMode, State
from app.services.accounts.sessions import Person, live
from app.services.estates import standing
from app.services.estates.standing import EstateView, Standing, entered
from app.services.votes import counting, roll
from app.services.votes.costs import CostSheet, sheet
from app.services.votes.drafting import Attachment, get_vote, list_attachments
from app.services.votes.fixed import Fixed
from app.services.votes.reading_homes import ENTRY, HOMES, STATE, VOTE, MyHome, homes_in, homes_of, my_homes
from app.services.votes.results import Ending, ending_of


@dataclass(frozen=True, slots=True)
class VoteLine:
    """A vote in a list; `mine` counts the homes the reader votes for, `waiting` those not cast while it is open."""

    id: UUID
    title: str
    state: State
    scope_level: str
    scope_building: str
    scope_entrance: str
    opens_at: datetime | None
    closes_at: datetime | None
    survey: bool
    ending: Ending
    mine: int
    waiting: int


@dataclass(frozen=True, slots=True)
class VoteSheet:
    """One vote as its pages show it; areas in hundredths of a square metre. What moves after the notice stands last.

    `paper` is what a ballot answers; `text` is about all of it. A `survey` binds nobody.
    """

    id: UUID
    estate_id: UUID
    number: int
    title: str
    text: str
    matter: int
    matter_title: str
    is_special: bool
    paper: tuple[Question, ...]
    survey: bool
    scope_level: str
    scope_building: str
    scope_entrance: str
    legal_mode: LegalMode
    legal_basis: str
    rules: RuleSet
    may_change: bool
    opens_at: datetime
    closes_at: datetime
    noticed_at: datetime
    text_hash: str
    roll_hash: str
    cost: CostSheet | None
    attachments: tuple[Attachment, ...]
    state: State = State.NOTICED
    sealed_at: datetime | None = None
    objections_until: datetime | None = None
    final_at: datetime | None = None
    annul_reason: str = ""
    head_hash: str = ""
    roll_fixed: bool = False


@dataclass(frozen=True, slots=True)
class FloorShare:
    """What the homes of one floor pay, in words; one amount, or the least and the most."""

    floor: int
    amount: str
    mine: bool


@dataclass(frozen=True, slots=True)
class RollLineView:
    """A line of the posted roll: the name masked unless it is the reader's own, no phone."""

    unit_id: UUID
    label: str
    area: int
    owners: str
    mine: bool
    amended: bool


_frozen = Fixed[VoteSheet]()
_fixed_floors = Fixed[list[tuple[int, int, int]]]()


def read_vote(session: Session, *, estate_id: UUID, vote_id: UUID, now: datetime) -> VoteSheet:
    """A noticed vote; a draft is nobody's business but the desk's, so it is `NotFound` here."""
    where = {"estate_id": estate_id, "vote_id": vote_id}
    moving = session.connection().execute(_MOVING, where).one_or_none()
    if moving is None:
        raise NotFound(N_("没有找到这次表决"))
    return _sheet(session, vote_id, moving, now)


def read_paper(
    session: Session, *, estate_id: UUID, vote_id: UUID, account_id: UUID, secret: bytes, now: datetime
) -> tuple[VoteSheet, list[MyHome]]:
    """`read_vote` and `my_homes` in one statement."""
    where = {"estate_id": estate_id, "vote_id": vote_id, "account_id": account_id}
    rows = session.connection().execute(HOMES, where).all()
    if not rows:
        return read_vote(session, estate_id=estate_id, vote_id=vote_id, now=now), []
    return _sheet(session, vote_id, rows[0], now), homes_in(vote_id, rows, secret)


@dataclass(frozen=True, slots=True)
class OpenedPaper:
    """A voter before his ballot: the estate, what he is there, who he is, the vote and his homes on its roll."""

    estate: EstateView
    standing: Standing
    person: Person
    vote: VoteSheet
    homes: list[MyHome]


def open_paper(
    session: Session, *, slug: str, token: str, vote_id: UUID, secret: bytes, now: datetime
) -> OpenedPaper | None:
    """`standing.enter` and `read_paper` in one statement, for the page that all owners open at once.

    None for whoever has no home on the roll, or for any other reason does not get that far: the long way says why.
    Confined to the estate by its own joins only: a setting for later statements would cost what this one saves.
    """
    where = {"slug": slug, "vote_id": vote_id, **live(token, now)}
    rows = session.connection().execute(_PAPER, where).all()
    if not rows:
        return None
    estate, mine, person = entered(rows, now)
    if person is None:
        return None
    vote, homes = _sheet(session, vote_id, rows[0], now), homes_in(vote_id, rows, secret)
    return OpenedPaper(estate=estate, standing=mine, person=person, vote=vote, homes=homes)


def _sheet(session: Session, vote_id: UUID, moving: Any, now: datetime) -> VoteSheet:
    frozen = _frozen.read(vote_id, lambda: _frozen_sheet(session, vote_id), keep=_is_roll_fixed(moving.state))
    return replace(
        frozen,
        state=counting.state_at(moving, now),
        # An extension moves it, once.
        closes_at=moving.closes_at,
        sealed_at=moving.sealed_at,
        objections_until=moving.objections_until,
        final_at=moving.final_at,
        annul_reason=moving.annul_reason,
        head_hash=moving.head_hash,
        roll_fixed=_is_roll_fixed(moving.state),
    )


def _is_roll_fixed(state: State) -> bool:
    return state not in {State.DRAFT, State.NOTICED}


def _frozen_sheet(session: Session, vote_id: UUID) -> VoteSheet:
    vote = session.connection().execute(_FROZEN, {"vote_id": vote_id}).one()
    rules = RuleSet.from_json(vote.rules)
    matter = matter_of(vote.matter)
    return VoteSheet(
        id=vote.id,
        estate_id=vote.estate_id,
        number=vote.number,
        title=vote.title,
        text=vote.text,
        matter=vote.matter,
        matter_title=matter.title,
        is_special=matter.kind is MatterClass.SPECIAL,
        paper=questions_of(vote.title, vote.text, vote.matter, vote.questions),
        survey=vote.survey,
        scope_level=vote.scope_level.value,
        scope_building=vote.scope_building,
        scope_entrance=vote.scope_entrance,
        legal_mode=vote.legal_mode,
        legal_basis=vote.legal_basis,
        rules=rules,
        may_change=rules.change is ChangeRule.UNTIL_CLOSE,
        opens_at=vote.opens_at,
        closes_at=vote.closes_at,
        noticed_at=vote.noticed_at,
        text_hash=vote.text_hash,
        roll_hash=vote.roll_hash,
        cost=sheet(vote.cost),
        attachments=tuple(list_attachments(session, vote.id)),
    )


def list_votes(session: Session, *, estate_id: UUID, account_id: UUID, now: datetime) -> list[VoteLine]:
    """Noticed votes of an estate, the newest first."""
    query = (
        select(Vote)
        .where(Vote.estate_id == estate_id, col(Vote.noticed_at).is_not(None))
        .order_by(col(Vote.number).desc())
    )
    return [_line(session, vote, account_id, now) for vote in session.exec(query)]


def _line(session: Session, vote: Vote, account_id: UUID, now: datetime) -> VoteLine:
    state = counting.state_at(vote, now)
    running = state in {State.NOTICED, State.OPEN}
    where = {"estate_id": vote.estate_id, "vote_id": vote.id, "account_id": account_id}
    homes = my_homes(session, **where, secret=None) if running else []
    return VoteLine(
        id=vote.id,
        title=vote.title,
        state=state,
        scope_level=vote.scope_level.value,
        scope_building=vote.scope_building,
        scope_entrance=vote.scope_entrance,
        opens_at=vote.opens_at,
        closes_at=vote.closes_at,
        survey=vote.survey,
        ending=ending_of(vote, counting.sealed_result(session, vote.id)),
        mine=len(homes),
        waiting=_waiting(session, vote, account_id, homes) if state is State.OPEN else 0,
    )


def _waiting(session: Session, vote: Vote, account_id: UUID, homes: Sequence[MyHome]) -> int:
    """Homes without a ballot, less those whose head has cast the one it has for all of them."""
    without = {home.unit_id for home in homes if not home.receipt}
    spoken = counting.spoken_heads(session, vote) if without else frozenset[str]()
    if spoken:
        mine = roll.entries_of_account(session, vote.id, account_id)
        without -= {entry.unit_id for entry in mine if entry.head_key in spoken}
    return len(without)


_NOTICED = (VOTE.c.estate_id == sa.bindparam("estate_id"), VOTE.c.noticed_at.is_not(None))
_MOVING = sa.select(*STATE).where(VOTE.c.id == sa.bindparam("vote_id"), *_NOTICED)
_FROZEN = sa.select(VOTE).where(VOTE.c.id == sa.bindparam("vote_id"))
_PAPER = homes_of(
    standing.ENTRY.join(VOTE, VOTE.c.estate_id == standing.ESTATE.c.id), standing.SESSION.c.account_id
)
_FLOORS = (
    sa.select(ENTRY.c.floor, sa.func.min(ENTRY.c.share), sa.func.max(ENTRY.c.share))
    .where(ENTRY.c.vote_id == sa.bindparam("vote_id"), ENTRY.c.share.is_not(None), *roll.ON_ROLL)
    .group_by(ENTRY.c.floor)
    .order_by(ENTRY.c.floor)
)


def floor_shares(session: Session, *, vote: VoteSheet, my_floors: Sequence[int] = ()) -> list[FloorShare]:
    """The cost table by floor from the frozen roll; empty without a cost table."""
    # Homes of one floor may differ by area, or by one fen of rounding.
    return [
        FloorShare(
            floor=floor,
            amount=show_money(least) if least == most else f"{show_money(least)} – {show_money(most)}",
            mine=floor in my_floors,
        )
        for floor, least, most in _fixed_floors.read(
            vote.id, lambda: _floors(session, vote.id), keep=vote.roll_fixed
        )
    ]


def _floors(session: Session, vote_id: UUID) -> list[tuple[int, int, int]]:
    """Each floor with its least and its greatest share in fen."""
    rows = session.connection().execute(_FLOORS, {"vote_id": vote_id})
    return [(floor, least, most) for floor, least, most in rows]


def posted_roll(session: Session, *, vote_id: UUID, account_id: UUID) -> list[RollLineView]:
    """The roll as posted for checking (law: room, area, masked name; never a phone)."""
    mine = {entry.unit_id for entry in roll.entries_of_account(session, vote_id, account_id)}
    return [
        RollLineView(
            unit_id=entry.unit_id,
            label=roll.home_label(entry),
            area=entry.area,
            owners=entry.owner_names
            if entry.unit_id in mine
            else "、".join(mask_name(name) for name in entry.owner_names.split("、")),
            mine=entry.unit_id in mine,
            amended=entry.revision > 1,
        )
        for entry in roll.current_entries(session, vote_id)
    ]


def turnout_of(session: Session, *, estate_id: UUID, vote_id: UUID) -> counting.Turnout:
    return counting.turnout(session, get_vote(session, estate_id=estate_id, vote_id=vote_id))


def amendments(session: Session, *, vote_id: UUID) -> int:
    """How many corrections the roll has had since it was posted: public."""
    query = select(sa.func.count()).where(
        BallotEvent.vote_id == vote_id, BallotEvent.kind == EventKind.ROLL_AMEND
    )
    return int(session.exec(query).one())
