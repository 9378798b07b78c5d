"""The silent in the count: only who was served, only where one choice leads by both measures, and always both counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from app.models.estates import Unit
from app.models.votes import BallotChannel, Vote, VoteResult
from app.models.votes.evidence import Recount
from app.rules.calendar import BEIJING
from app.rules.outcomes.posters import notice_text
from app.rules.quantities import parse_area
from app.rules.votes.silence import Silence
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED, Result
from app.services import outcomes
from app.services.outcomes import Additions
from app.services.trail import Actor
from app.services.votes import counting, deliveries, drafting, recounts, results, terms
from app.services.votes.casting import Cast, cast_ballot
from app.services.votes.deliveries import DeliveryResult, DeliveryWay

VECTORS = Path(__file__).parents[3].parent / "shared" / "vectors" / "tally.json"
ASKED = ("V29", "V30", "V54")
SILENCE = Silence("送达后未投票的，计入多数意见一方", date(2025, 3, 1))
GRACE = timedelta(seconds=60)
ROOMS = [f"{floor}0{side}" for floor in range(1, 7) for side in (1, 2)]
FOR, AGAINST, ABSTAIN = Choice


@pytest.fixture
def actor(world) -> Actor:
    return Actor(world.chen_jie.account_id, "chen_jie")


@pytest.fixture
def hold(session, world, make_vote, actor, now) -> Callable[..., object]:
    """Hold a vote on an ordinary matter: who was served, what came back on paper; gives the vote after its closing."""

    def hold(served, ballots, *, silence=SILENCE, areas=None):
        vote = make_vote(notice=False)
        for room, area in (areas or {}).items():
            session.get_one(Unit, world.homes[room].unit_id).area = area
        where = {"estate_id": world.estate_id, "vote_id": vote.id}
        drafting.save_question(
            session, **where, title="修改议事规则", matter=3, text="更换业主委员会成员一名。" * 3
        )
        terms.set_silence(session, **where, silence=silence, actor=actor, now=now)
        drafting.give_notice(session, **where, actor=actor, now=now)
        for room in served:
            deliver(room, vote)
        vote.advance(session, vote.opens_at)
        for room, choice in ballots:
            asked = Cast(
                estate_id=world.estate_id,
                vote_id=vote.id,
                unit_id=world.homes[room].unit_id,
                account_id=world.chen_jie.account_id,
                answers=(choice,),
                key=uuid4().hex,
                received_at=vote.opens_at,
                channel=BallotChannel.PAPER,
            )
            cast_ballot(session, asked, read_clock=lambda: vote.opens_at, secret=vote.secret)
        return vote

    def deliver(room, vote):
        deliveries.record_delivery(
            session,
            estate_id=world.estate_id,
            vote_id=vote.id,
            unit_id=world.homes[room].unit_id,
            way=DeliveryWay.HAND,
            result=DeliveryResult.DELIVERED,
            on_day=now.astimezone(BEIJING).date(),
            actor=actor,
            now=now,
        )

    return hold


@pytest.fixture
def count(session):
    def count(vote):
        stored = session.get_one(Vote, vote.id, populate_existing=True)
        return counting.tally_of(session, stored, now=vote.closes_at + GRACE, grace=GRACE, secret=vote.secret)

    return count


def figures(tally) -> tuple[int, int, Result]:
    return tally.part_heads, tally.for_heads, tally.result


VECTORS_ASKED = [case for case in json.loads(VECTORS.read_text()) if case["id"] in ASKED]


@pytest.mark.parametrize("case", VECTORS_ASKED, ids=lambda case: case["id"])
def test_the_shared_vectors_come_out_the_same_through_notice_deliveries_ballots_and_count(
    case, hold, count
) -> None:
    areas = {row["unit"]: parse_area(row["area"]) for row in case["register"]}
    silence = SILENCE if case["rules"]["silent"] == "follow_majority" else None
    ballots = [(ballot["unit"], ballot["choice"]) for ballot in case["ballots"]]
    tally = count(hold(case["rules"]["served"], ballots, silence=silence, areas=areas))
    expected = case["expected"]
    for name in ("total", "part", "for"):
        assert getattr(tally, f"{name}_area") == parse_area(expected[f"{name}_area"])
        assert getattr(tally, f"{name}_heads") == expected[f"{name}_heads"]
    assert tally.result == expected["result"]


def test_the_vectors_are_all_there() -> None:
    assert [case["id"] for case in VECTORS_ASKED] == list(ASKED)


SIX_TO_ONE = [*((room, FOR) for room in ROOMS[:6]), ("401", AGAINST)]


def test_both_counts_are_given_and_the_unserved_stand_in_neither(hold, count) -> None:
    tally = count(hold(ROOMS[:-1], SIX_TO_ONE))
    assert figures(tally) == (11, 10, Result.PASSED)
    assert figures(tally.without_silent) == (7, 6, Result.QUORUM_NOT_MET)
    assert tally.total_heads - tally.part_heads == 1


def test_nobody_served_is_nobody_joined_and_both_counts_are_alike(hold, count) -> None:
    tally = count(hold([], SIX_TO_ONE))
    assert figures(tally) == figures(tally.without_silent) == (7, 6, Result.QUORUM_NOT_MET)


def test_a_refused_or_missed_delivery_is_no_service_and_a_posting_after_it_is(
    session, world, hold, count, actor, now
) -> None:
    vote = hold([], [])
    where = {"estate_id": world.estate_id, "vote_id": vote.id, "actor": actor}
    before = vote.opens_at - timedelta(days=2)
    day = before.astimezone(BEIJING).date()

    def tried(room, way, result):
        deliveries.record_delivery(
            session,
            **where,
            unit_id=world.homes[room].unit_id,
            way=way,
            result=result,
            on_day=day,
            now=before,
        )

    tried("101", DeliveryWay.HAND, DeliveryResult.REFUSED)
    tried("102", DeliveryWay.MAIL, DeliveryResult.ABSENT)
    tried("102", DeliveryWay.BOARD, DeliveryResult.POSTED)
    stored = session.get_one(Vote, vote.id)
    assert counting.served_homes(session, stored) == {world.homes["102"].unit_id}


def test_what_is_written_down_after_the_closing_is_no_service_whatever_day_it_names(
    session, world, hold, actor
) -> None:
    vote = hold([], [])
    # The log itself refuses what comes after the closing; were there such a row, the count would pass over it.
    for room, at, days in (("101", -1, 0), ("102", 1, 0), ("201", 1, 5)):
        session.add(
            deliveries.Delivery(
                vote_id=vote.id,
                unit_id=world.homes[room].unit_id,
                way=DeliveryWay.HAND,
                result=DeliveryResult.DELIVERED,
                on_day=vote.closes_at.astimezone(BEIJING).date() - timedelta(days=days),
                recorded_by=actor.id,
                recorded_at=vote.closes_at + timedelta(seconds=at),
            )
        )
    session.flush()
    stored = session.get_one(Vote, vote.id)
    assert counting.served_homes(session, stored) == {world.homes["101"].unit_id}


@pytest.mark.parametrize(
    ("ballots", "areas"),
    [
        # V55: nobody leads. V56: most heads are in favour, most of the area is against.
        ([("101", FOR), ("102", FOR), ("201", AGAINST), ("202", AGAINST)], {}),
        ([("101", FOR), ("102", FOR), ("201", AGAINST)], {"201": 30_000}),
        ([], {}),
        ([("101", SPOILED)], {}),
    ],
    ids=["tie", "opposite ways", "nobody voted", "only spoiled"],
)
def test_where_no_choice_leads_by_area_and_by_heads_nobody_is_added(hold, count, ballots, areas) -> None:
    tally = count(hold(ROOMS, ballots, areas=areas))
    assert figures(tally) == figures(tally.without_silent)
    assert tally.part_heads == sum(choice != SPOILED for _, choice in ballots)


def test_without_the_rule_deliveries_change_nothing_and_there_is_one_count(hold, count) -> None:
    tally = count(hold(ROOMS, SIX_TO_ONE, silence=None))
    assert figures(tally) == (7, 6, Result.QUORUM_NOT_MET)
    assert tally.without_silent is None


def test_the_sealed_result_the_recount_and_the_posting_have_both(session, world, hold, actor, now) -> None:
    vote = hold(ROOMS[:-1], SIX_TO_ONE)
    closed = vote.closes_at + GRACE
    assert vote.advance(session, closed)
    sealed = session.get_one(VoteResult, vote.id)
    both = sealed.tally["silent"]
    assert (both["without"]["part_heads"], both["with"]["part_heads"], sealed.tally["part_heads"]) == (
        7,
        11,
        11,
    )
    assert (both["without"]["result"], sealed.tally["result"]) == ("quorum_not_met", "passed")
    assert [row["for_heads"] for row in results.without_silent(sealed)] == [6]
    where = {"estate_id": world.estate_id, "vote_id": vote.id}
    recounts.order_recount(
        session, **where, reason="有业主要求重新计票一次，核对送达和选票。", actor=actor, now=closed,
        recount_id=uuid4(), secret=vote.secret,
    )  # fmt: skip
    assert session.exec(select(Recount)).one().same
    draft = outcomes.draft_outcome(
        session, **where, kind=outcomes.PublicationKind.PRELIMINARY,
        additions=Additions("按议事规则计票，两种结果并列公布。", (), 10), now=closed,
    )  # fmt: skip
    assert "计入了送达而没有投票的 4 人" in draft.text
    assert "不计入的结论：参与没有达到规定比例" in draft.text
    assert "结论：参与和同意都达到规定比例" in draft.text


def test_the_posted_notice_warns_and_names_the_rule_and_its_day(session, hold) -> None:
    vote = hold([], [])
    subject = outcomes.subject_of(session, session.get_one(Vote, vote.id))
    text = notice_text(subject, question="修改议事规则", posted_on=date(2026, 11, 23))
    assert "选票送达了而到截止没有投票的，计入多数一方" in text
    assert "业主大会 2025 年 3 月 1 日 通过的规则“送达后未投票的，计入多数意见一方”" in text
