"""A vote's life at random: every step against a plain dict, and the whole record checked after every step."""

from __future__ import annotations

import os
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import select

from app.database import Database
from app.errors import Conflict, Invalid, NotAllowed
from app.models.accounts import Account
from app.models.votes import BallotCurrent, ObjectionState, Vote, VoteResult
from app.rules.votes.figures import tally_document
from app.rules.votes.states import ChangeRule, Choice, State
from app.services import trail
from app.services.votes import casting, counting, objections
from app.services.votes.roll import current_entries
from tests.fixtures.crowd import events_of, faults_of, make_crowd, make_crowd_vote
from tests.fixtures.databases import Databases

CAMPAIGN = bool(os.environ.get("CAMPAIGN"))
GRACE = timedelta(seconds=60)
STREET_OFFICE = trail.Actor(UUID(int=1), "street office")
SECRET = b"a secret for tests only, forty bytes long"
HOMES = 5
homes, choices = st.integers(0, HOMES - 1), st.sampled_from(Choice)


class Crash(Exception):
    """The process ends here, before the commit."""


class VoteLife(RuleBasedStateMachine):
    """The model: `ballots` maps a home to its choice and revision, `keys` a form's key to its receipt."""

    databases: Databases
    start: object

    def __init__(self) -> None:
        super().__init__()
        self.url = self.databases.new()
        driven = self.url.replace("postgresql://", "postgresql+psycopg://")
        self.database = self.databases.lend(Database(driven))
        self.ballots: dict[int, tuple[Choice, int]] = {}
        self.keys: dict[str, tuple[int, Choice, casting.Receipt]] = {}
        self.objections: dict[object, ObjectionState] = {}
        self.opened = self.sealed = self.final = False

    def teardown(self) -> None:
        self.database.close()
        self.databases.drop(self.url)

    @initialize(
        change=st.sampled_from(ChangeRule),
        start=st.sampled_from(["noticed_at", "opens_at", "opens_at", "closes_at"]),
        off=st.sampled_from([-1, 0]),
    )
    def notice(self, change: ChangeRule, start: str, off: int) -> None:
        self.now, self.once = self.start, change is ChangeRule.ONCE
        with self.database.transaction() as session:
            self.crowd = make_crowd(session, HOMES, self.now)
            session.add(Account(id=STREET_OFFICE.id, name=STREET_OFFICE.name, created_at=self.now))
            self.vote = make_crowd_vote(session, self.crowd, now=self.now, secret=SECRET, change=change)
        if start != "noticed_at":
            self.now = getattr(self.vote, start) + timedelta(seconds=off)

    def is_open(self) -> bool:
        return self.vote.opens_at <= self.now < self.vote.closes_at and not self.sealed

    # The clock

    @rule(seconds=st.sampled_from([1, 59, 60, 3_600, 86_400, -1, -3_600]))
    def tick(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: not self.sealed)
    @rule(edge=st.sampled_from(["opens_at", "closes_at"]), off=st.sampled_from([-1, 0, 60]))
    def go_to(self, edge: str, off: int) -> None:
        self.now = max(self.now, getattr(self.vote, edge) + timedelta(seconds=off))

    @precondition(lambda self: self.now >= self.vote.closes_at)
    @rule()
    def the_worker_catches_up(self) -> None:
        self.now = max(self.now, self.vote.closes_at + GRACE)
        for _ in range(3):
            self.advance(crash=False)

    @precondition(lambda self: self.sealed and not self.final)
    @rule(off=st.sampled_from([-1, 0]))
    def go_to_the_end_of_objections(self, off: int) -> None:
        with self.database.session(writing=False) as session:
            until = session.get_one(Vote, self.vote.id).objections_until
        self.now = max(self.now, until + timedelta(seconds=off))
        self.advance(crash=False)

    # Casting

    def cast(self, home: int, choice: Choice, key: str, *, as_home: int | None = None, crash: bool = False):
        unit, person = self.crowd.homes[home], self.crowd.homes[home if as_home is None else as_home]
        with self.database.transaction() as session:
            receipt = self.vote.cast(session, unit.unit_id, person.account_id, choice, self.now, key)
            if crash:
                raise Crash
        return receipt

    @rule(ballots=st.lists(st.tuples(homes, choices), min_size=1, max_size=4))
    def some_cast_or_change(self, ballots: list[tuple[int, Choice]]) -> None:
        for home, choice in ballots:
            self.cast_or_change(home, choice)

    @precondition(lambda self: not self.sealed)
    @rule(ballots=st.lists(st.tuples(homes, choices), min_size=2, max_size=6))
    def a_day_of_voting(self, ballots: list[tuple[int, Choice]]) -> None:
        self.now = max(self.now, self.vote.opens_at)
        for home, choice in ballots:
            self.cast_or_change(home, choice)
            self.now += timedelta(hours=3)

    def cast_or_change(self, home: int, choice: Choice) -> None:
        key, before = uuid4().hex, self.ballots.get(home)
        if not self.is_open() or (self.once and before):
            with pytest.raises(Conflict) as refused:
                self.cast(home, choice, key)
            assert refused.value.code == self.expected_refusal()
            return
        receipt = self.cast(home, choice, key)
        assert receipt.revision == (before[1] + 1 if before else 1)
        self.opened = True
        self.ballots[home] = (choice, receipt.revision)
        self.keys[key] = (home, choice, receipt)

    def expected_refusal(self) -> str:
        if self.is_open():
            return "already_cast"
        return "not_open_yet" if self.now < self.vote.opens_at and not self.sealed else "closed"

    @precondition(lambda self: self.is_open())
    @rule(home=homes, choice=choices)
    def crash_before_the_commit(self, home: int, choice: Choice) -> None:
        if not (self.once and home in self.ballots):
            with pytest.raises(Crash):
                self.cast(home, choice, uuid4().hex, crash=True)

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def send_the_same_form_again(self, data) -> None:
        key = data.draw(st.sampled_from(sorted(self.keys)))
        home, choice, receipt = self.keys[key]
        assert self.cast(home, choice, key) == receipt
        other = Choice.AGAINST if choice is not Choice.AGAINST else Choice.FOR
        with pytest.raises(Invalid):
            self.cast(home, other, key)

    @rule(home=homes, choice=choices)
    def cast_for_the_neighbour(self, home: int, choice: Choice) -> None:
        with pytest.raises((NotAllowed, Conflict)):
            self.cast(home, choice, uuid4().hex, as_home=(home + 1) % HOMES)

    # The clock's deeds

    @rule(crash=st.booleans())
    def advance(self, crash: bool) -> None:
        after = self.expected_step()
        try:
            with self.database.transaction() as session:
                assert self.vote.advance(session, self.now) is (after is not None)
                if crash:
                    raise Crash
        except Crash:
            return
        self.opened |= after is State.OPEN
        self.sealed |= after is State.PRELIMINARY
        self.final |= after is State.FINAL

    def expected_step(self) -> State | None:
        if not self.opened:
            return State.OPEN if self.now >= self.vote.opens_at else None
        if not self.sealed:
            return State.PRELIMINARY if self.now >= self.vote.closes_at + GRACE else None
        blocked = set(self.objections.values()) & {ObjectionState.OPEN, ObjectionState.UPHELD}
        return State.FINAL if not (blocked or self.final) and self.objections_are_over() else None

    # Objections

    @rule(home=homes)
    def object_to_it(self, home: int) -> None:
        objection_id, raiser = uuid4(), self.crowd.homes[home]
        try:
            with self.database.transaction() as session:
                objections.raise_objection(
                    session,
                    estate_id=self.crowd.estate_id,
                    vote_id=self.vote.id,
                    objection_id=objection_id,
                    account_id=raiser.account_id,
                    text="公告的时间不够十五天，请重新公告。",
                    now=self.now,
                )
        except Conflict:
            assert not self.sealed or self.final or self.objections_are_over()
            return
        assert self.sealed
        assert not self.final
        self.objections[objection_id] = ObjectionState.OPEN

    def objections_are_over(self) -> bool:
        with self.database.session(writing=False) as session:
            return self.now >= session.get_one(Vote, self.vote.id).objections_until

    @precondition(lambda self: ObjectionState.OPEN in self.objections.values())
    @rule(data=st.data(), upheld=st.booleans())
    def rule_on_one(self, data, upheld: bool) -> None:
        waiting = sorted(
            (key for key, state in self.objections.items() if state is ObjectionState.OPEN), key=str
        )
        objection_id = data.draw(st.sampled_from(waiting))
        with self.database.transaction() as session:
            objections.rule_objection(
                session,
                estate_id=self.crowd.estate_id,
                vote_id=self.vote.id,
                objection_id=objection_id,
                upheld=upheld,
                ruling="公告从三日起张贴，到开始投票满十五天。",
                actor=STREET_OFFICE,
                now=self.now,
            )
        self.objections[objection_id] = ObjectionState.UPHELD if upheld else ObjectionState.DISMISSED

    # What holds after every step

    @invariant()
    def the_record_is_whole(self) -> None:
        with self.database.session(writing=False) as session:
            assert faults_of(session, self.vote.id, SECRET) == []
            assert trail.first_broken_row(session, estate_id=self.crowd.estate_id) is None
            for event in events_of(session, self.vote.id):
                if event.kind == "cast":
                    assert self.vote.opens_at <= event.received_at < self.vote.closes_at
        assert len({receipt.code for _, _, receipt in self.keys.values()}) == len(self.keys)

    @invariant()
    def the_database_agrees_with_the_model(self) -> None:
        with self.database.session(writing=False) as session:
            row = session.get_one(Vote, self.vote.id)
            steps = [State.NOTICED, State.OPEN, State.PRELIMINARY, State.FINAL]
            assert row.state is steps[self.opened + self.sealed + self.final]
            current = {ballot.unit_id: ballot.revision for ballot in session.exec(select(BallotCurrent))}
            assert current == {
                self.crowd.homes[home].unit_id: revision for home, (_, revision) in self.ballots.items()
            }
            weights = sum(entry.area for entry in current_entries(session, self.vote.id))
            assert weights == sum(home.area for home in self.crowd.homes)
            seen = counting.turnout(session, row)
            assert seen.homes_cast == len(self.ballots)
            assert seen.quorum.area.part == sum(self.crowd.homes[home].area for home in self.ballots)

    @invariant()
    def the_count_is_the_models_and_not_a_second_too_early(self) -> None:
        with self.database.session(writing=False) as session:
            row = session.get_one(Vote, self.vote.id)
            if not self.sealed and self.now < self.vote.closes_at + GRACE:
                with pytest.raises(Conflict):
                    counting.tally_of(session, row, now=self.now, grace=GRACE, secret=SECRET)
                return
            tally = counting.tally_of(session, row, now=self.now, grace=GRACE, secret=SECRET)
            said = [choice for choice, _ in self.ballots.values()]
            assert (tally.for_heads, tally.against_heads, tally.abstain_heads) == tuple(
                map(said.count, Choice)
            )
            for choice in Choice:
                area = sum(
                    self.crowd.homes[home].area for home, (one, _) in self.ballots.items() if one is choice
                )
                assert getattr(tally, f"{choice}_area") == area
            if self.sealed:
                sealed = session.get_one(VoteResult, self.vote.id)
                assert sealed.tally == tally_document(tally)


def run(databases: Databases, now, *, runs: int, steps: int) -> None:
    machine = type("VoteLifeOn" + databases.kind, (VoteLife,), {"databases": databases, "start": now})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not CAMPAIGN,
            database=None,
            # Shrinking runs for minutes; the suite says what failed, a campaign finds the shortest way there.
            phases=[Phase.generate, Phase.shrink] if CAMPAIGN else [Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_life_of_a_vote_on_sqlite(sqlite_databases, now) -> None:
    run(sqlite_databases, now, runs=2_000 if CAMPAIGN else 20, steps=60 if CAMPAIGN else 25)


def test_any_life_of_a_vote_on_postgresql(postgres_databases, now) -> None:
    run(postgres_databases, now, runs=300 if CAMPAIGN else 4, steps=60 if CAMPAIGN else 25)
