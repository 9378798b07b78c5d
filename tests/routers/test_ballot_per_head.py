"""One ballot a head: who has voted with one of his homes has voted with all of them, on every page that counts them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.models.estates import Ownership
from app.models.votes import Vote
from app.rules.votes.states import Choice
from app.services.trail import Actor
from app.services.votes import drafting, elevation, reading, reminders
from tests.routers.test_permission_matrix import keep_signed_in


@pytest.fixture
def make_shared(database, world, make_vote, now):
    """li_na holds 301 and 401 alike; of ten other homes each has its own owner."""

    def make(mode: str):
        vote = make_vote(notice=False)
        first, second = world.homes["301"], world.homes["401"]
        with database.transaction() as session:
            session.delete(session.get_one(Ownership, (second.unit_id, second.owner_id)))
            session.add(Ownership(unit_id=second.unit_id, owner_id=first.owner_id))
            draft = session.get_one(Vote, vote.id)
            draft.rules = {**draft.rules, "ballot_mode": mode}
            session.flush()
            actor = Actor(world.chen_jie.account_id, "chen_jie")
            drafting.give_notice(session, estate_id=world.estate_id, vote_id=vote.id, actor=actor, now=now)
        at = vote.opens_at + timedelta(minutes=1)
        with database.transaction() as session:
            vote.cast(session, first.unit_id, world.li_na.account_id, Choice.FOR, at)
        return vote

    return make


@pytest.mark.parametrize(
    ("mode", "area", "homes", "waiting"),
    [("per_head", "160.00", 2, 0), ("per_unit", "80.00", 1, 1)],
)
def test_turnout_reminders_and_waiting_homes_follow_the_ballot_mode(
    web, world, database, clock, make_shared, mode, area, homes, waiting
) -> None:
    vote = make_shared(mode)
    clock.instant = at = vote.opens_at + timedelta(minutes=2)
    keep_signed_in(database, clock)
    for page in (
        web(world.li_na).get(f"/e/{world.slug}/votes/{vote.id}/progress").text,
        web(world.chen_jie).get(f"/desk/{world.slug}/votes/{vote.id}").text,
    ):
        told = re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", page))
        assert f"{area}平方米" in told
        assert f"{homes}/12套" in told
        assert ("一人一票" in told) == (mode == "per_head")
    with database.session(writing=False) as session:
        absent = reminders.absent_homes(session, vote=session.get_one(Vote, vote.id))
        assert len(absent) == 12 - homes
        [entrance] = elevation.draw_elevation(session, vote_id=vote.id, per_head=mode == "per_head")
        cells = [cell.state for floor in entrance.floors for cell in floor.homes]
        assert cells.count("voted") == homes
        account = world.li_na.account_id
        [line] = reading.list_votes(session, estate_id=world.estate_id, account_id=account, now=at)
        assert (line.mine, line.waiting) == (2, waiting)
