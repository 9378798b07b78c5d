"""Which ballots count: right unit, right person, in time, the first valid one; and why the rest do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.rules.votes.heads import Holding, exercised_by
from app.rules.votes.rulesets import BallotMode, RuleSet, SpoiledRule
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED


class Reason(StrEnum):
    """Why a ballot does not count; each is published with the number of the ballot."""

    UNKNOWN_UNIT = "unknown_unit"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_OWNER = "not_owner"
    NOT_REPRESENTATIVE = "not_representative"
    EARLY = "early"
    LATE = "late"
    BAD_CHOICE = "bad_choice"
    DUPLICATE = "duplicate"
    PROXY_LIMIT = "proxy_limit"
    SPOILED = "spoiled"


@dataclass(frozen=True)
class Ballot:
    """One ballot as handed in; `choice` is whatever was written, `at` carries an offset."""

    unit: str
    voter: str
    choice: str
    at: datetime | None = None


@dataclass(frozen=True)
class Seat:
    """A unit in scope: its holding, its head, and the person its owners named to vote (指导规则 art. 25)."""

    holding: Holding
    head: str
    representative: str | None = None


@dataclass(frozen=True)
class Roll:
    """The units in scope by name, the names of the register outside it, and the developer if any."""

    seats: Mapping[str, Seat]
    outside: frozenset[str]
    developer: frozenset[str]


@dataclass(frozen=True)
class Terms:
    """What decides about a ballot; the opening instant is in, the closing instant is out.

    `proxies` holds (principal, agent) pairs of written mandates (Civil Code arts. 161, 165).
    """

    rules: RuleSet
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    proxies: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class Admission:
    """The counted choice of each unit, the rejected ballots, and the heads from which anything came back."""

    counted: dict[str, str]
    rejected: dict[int, Reason]
    heard: set[str]


def admit(ballots: Sequence[Ballot], roll: Roll, terms: Terms) -> Admission:
    """Take the ballots in order of time: the first valid one counts, a rejected one blocks no later one."""
    desk = _Desk(roll, terms)
    for index in _in_order(ballots):
        desk.take(index, ballots[index])
    counted = {unit: choice for unit, choice, _ in desk.held.values()}
    return Admission(counted, dict(sorted(desk.rejected.items())), desk.heard)


def _in_order(ballots: Sequence[Ballot]) -> list[int]:
    """As listed; ballots with a time are in order of time within the places they hold among themselves."""
    timed = [(ballot.at, index) for index, ballot in enumerate(ballots) if ballot.at is not None]
    earliest = iter(sorted(timed))
    return [index if ballot.at is None else next(earliest)[1] for index, ballot in enumerate(ballots)]


@dataclass
class _Desk:
    """The counting desk: what lies on it after each ballot."""

    roll: Roll
    terms: Terms
    held: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    rejected: dict[int, Reason] = field(default_factory=dict)
    heard: set[str] = field(default_factory=set)
    principals: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def take(self, index: int, ballot: Ballot) -> None:
        seat = self.roll.seats.get(ballot.unit)
        if seat is None:
            known = ballot.unit in self.roll.outside
            self.rejected[index] = Reason.OUT_OF_SCOPE if known else Reason.UNKNOWN_UNIT
            return
        principal = self._principal(seat, ballot.voter)
        if principal is not Reason.NOT_OWNER:
            self.heard.add(seat.head)
        reason = principal if isinstance(principal, Reason) else self._fault(seat, ballot, principal)
        if reason:
            self.rejected[index] = reason
        else:
            self._hold(index, seat, ballot, str(principal))

    def _principal(self, seat: Seat, voter: str) -> str | Reason:
        """The person whose right the voter uses: his own, or that of an owner who gave him a mandate."""
        owners = exercised_by(seat.holding, self.roll.developer)
        entitled, named = owners, seat.representative
        if named and owners == seat.holding.owners:
            # Co-owners speak through the one they named; a sole owner may always speak for himself.
            entitled = frozenset({named}) if len(owners) > 1 else owners | {named}
        if principal := self._for_whom(entitled, voter):
            return principal
        return Reason.NOT_REPRESENTATIVE if self._for_whom(owners, voter) else Reason.NOT_OWNER

    def _for_whom(self, entitled: frozenset[str], voter: str) -> str | None:
        if voter in entitled:
            return voter
        givers = sorted(person for person in entitled if (person, voter) in self.terms.proxies)
        # A mandate already used costs the agent nothing more.
        return min(givers, key=lambda person: person not in self.principals[voter], default=None)

    def _fault(self, seat: Seat, ballot: Ballot, principal: str) -> Reason | None:
        if untimely := self._untimely(ballot.at):
            return untimely
        if ballot.choice != SPOILED and ballot.choice not in list(Choice):
            return Reason.BAD_CHOICE
        held = self.held.get(self._key(seat, ballot))
        if held and (held[1] != SPOILED or ballot.choice == SPOILED):
            return Reason.DUPLICATE
        if self._over_limit(ballot.voter, principal):
            return Reason.PROXY_LIMIT
        uncounted = self.terms.rules.spoiled is SpoiledRule.NOT_PARTICIPATING
        return Reason.SPOILED if ballot.choice == SPOILED and uncounted else None

    def _untimely(self, at: datetime | None) -> Reason | None:
        if at is None:
            return None
        if self.terms.opens_at and at < self.terms.opens_at:
            return Reason.EARLY
        return Reason.LATE if self.terms.closes_at and at >= self.terms.closes_at else None

    def _over_limit(self, voter: str, principal: str) -> bool:
        limit, mine = self.terms.rules.proxy_limit, self.principals[voter]
        return limit is not None and principal not in mine | {voter} and len(mine) >= limit

    def _hold(self, index: int, seat: Seat, ballot: Ballot, principal: str) -> None:
        key = self._key(seat, ballot)
        if key in self.held:
            # Only a counted spoiled ballot gives way: the first valid one wins, and a spoiled one is none.
            self.rejected[self.held[key][2]] = Reason.SPOILED
        self.held[key] = (ballot.unit, ballot.choice, index)
        if principal != ballot.voter:
            self.principals[ballot.voter].add(principal)

    def _key(self, seat: Seat, ballot: Ballot) -> str:
        return ballot.unit if self.terms.rules.ballot_mode is BallotMode.PER_UNIT else seat.head
