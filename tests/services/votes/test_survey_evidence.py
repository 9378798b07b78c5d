"""What is sealed of a survey: its figures, and no result of a decision that it never was."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from app.models.votes import VoteResult
from app.rules.votes.evidence import canonical
from app.rules.votes.verification.bundle import unpack
from app.services.trail import Actor
from app.services.votes import recounts
from tests.fixtures.evidence import Kept, failed, findings_of, resealed
from tests.fixtures.papers import MENU

ANSWERS = ("for", "for", "for", "abstain", "abstain")


@pytest.fixture
def surveyed(database, world, make_paper_vote, secret) -> Kept:
    vote = make_paper_vote(MENU, survey=True)
    kept = Kept(database, vote, secret)
    kept.tick(vote.opens_at)
    home = world.homes["301"].unit_id
    kept.cast("301", home, world.li_na.account_id, ANSWERS, vote.opens_at + timedelta(minutes=1))
    kept.close()
    return kept


def sealed_again(kept: Kept, results: dict[int, str], *, full: bool) -> bytes:
    """The package as whoever has the key could write it: with these results, the first item's also on top."""
    files = unpack(kept.package(full=full))
    document = json.loads(files["result.json"])
    for place, word in results.items():
        document["tally"]["items"][place]["result"] = word
    if 0 in results:
        document["tally"]["result"] = results[0]
    return resealed({**files, "result.json": canonical(document)}, kept.secret)


def test_a_surveys_sealed_document_has_figures_and_no_result(session, world, surveyed) -> None:
    sealed = session.get_one(VoteResult, surveyed.id).tally
    assert (sealed["for_heads"], len(sealed["items"])) == (1, 5)
    assert "result" not in json.dumps(sealed)
    for full in (False, True):
        package = surveyed.package(full=full)
        assert failed(package) == []
        assert '"result"' not in unpack(package)["result.json"].decode()
    assert "5 项的面积和人数都和公布的一样" in findings_of(surveyed.package(full=True))["计票"].sentence
    recounts.order_recount(
        session,
        estate_id=world.estate_id,
        vote_id=surveyed.id,
        recount_id=uuid4(),
        actor=Actor(world.chen_jie.account_id, "chen_jie"),
        reason="有业主要求把票再数一遍",
        secret=surveyed.secret,
        now=surveyed.vote.closes_at + timedelta(days=1),
    )
    assert recounts.list_recounts(session, vote_id=surveyed.id)[0].same


def test_a_result_written_into_a_survey_later_is_found_and_an_old_survey_still_holds(surveyed) -> None:
    for full in (False, True):
        assert failed(sealed_again(surveyed, {1: "passed"}, full=full)) == ["计票"]
        assert failed(sealed_again(surveyed, dict.fromkeys(range(5), "passed"), full=full)) == ["计票"]
        # Sealed when surveys were counted like votes: every item has the result of its own figures.
        old = dict.fromkeys(range(5), "quorum_not_met")
        assert failed(sealed_again(surveyed, old, full=full)) == []


def test_a_vote_without_its_results_does_not_hold(closed) -> None:
    for full in (False, True):
        files = unpack(closed.package(full=full))
        document = json.loads(files["result.json"])
        del document["tally"]["result"]
        stripped = resealed({**files, "result.json": canonical(document)}, closed.secret)
        assert failed(stripped) == ["计票"]
