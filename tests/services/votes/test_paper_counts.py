"""All sheets add up, what waits is counted for the desk, and the sample is drawn once from a seed announced before."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.errors import Refusal
from app.models.trail import TrailRow
from app.models.votes import VoteResult
from app.rules.votes.samples import draw
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED
from app.services.votes import paper, paper_counts
from tests.fixtures.paper import GRACE

FOR, AGAINST = Choice.FOR, Choice.AGAINST


def refused(call) -> str:
    with pytest.raises(Refusal) as error:
        call()
    return error.value.code


@pytest.fixture
def full(cupboard):
    """One sheet of every fate: counted twice, spoiled, kept, disputed, returned, void, out twice."""
    cupboard.cast("101", FOR)
    cupboard.cast("102", AGAINST)
    cupboard.cast("201", SPOILED)
    disputed = cupboard.back("202")
    cupboard.enter(disputed, "chen_jie", FOR)
    cupboard.enter(disputed, "zhao_min", AGAINST)
    cupboard.enter(cupboard.back("301"), "chen_jie", FOR)
    cupboard.back("302")
    old = cupboard.printed("401")
    paper.void_sheet(
        cupboard.session, **cupboard.where, serial=old, reason="业主说票丢了",
        actor=cupboard.actor("chen_jie"), now=cupboard.now,
    )  # fmt: skip
    cupboard.printed("402")
    return cupboard


def test_the_parts_add_up_and_what_is_spoiled_is_known_after_the_count_only(session, full) -> None:
    before = full.balance(full.after(9))
    assert before == paper_counts.Reconciliation(
        issued=9, counted=3, kept=0, spoiled=None, disputed=1, returned=2, void=1, out=2
    )
    after = full.balance(full.vote.closes_at + GRACE)
    assert (after.counted, after.spoiled) == (2, 1)
    for found in (before, after):
        parts = (found.counted, found.kept, found.spoiled or 0, found.disputed, found.returned, found.void)
        assert sum(parts) + found.out == found.issued == 9


def test_kept_sheets_have_their_own_line(session, ruled) -> None:
    cupboard = ruled(clash="first")
    world = cupboard.world
    at = cupboard.after(1)
    cupboard.vote.cast(session, world.homes["301"].unit_id, world.li_na.account_id, FOR, at)
    cupboard.cast("301", AGAINST, minutes=2)
    assert cupboard.balance(cupboard.after(9)).kept == 1


def test_a_vote_without_paper_has_no_balance(session, cupboard) -> None:
    assert cupboard.balance(cupboard.after(1)) is None


def test_of_a_small_scope_the_spoiled_are_among_the_counted(session, full, monkeypatch) -> None:
    monkeypatch.setattr(paper_counts, "is_small", lambda heads: heads == 12)
    after = full.balance(full.vote.closes_at + GRACE)
    assert (after.counted, after.spoiled) == (3, None)


def test_what_waits_is_listed_with_whose_turn_it_is_and_counted_for_the_desk(session, full) -> None:
    vote, world = full.vote, full.world
    listed = paper_counts.queue(session, vote_id=vote.id, account_id=world.chen_jie.account_id)
    assert [(one.label[-4:], one.entries, one.disputed, one.mine) for one in listed] == [
        ("202室", 2, True, False),
        ("301室", 1, False, False),
        ("302室", 0, False, True),
    ]
    [pile] = paper_counts.piles(session, estate_id=vote.estate_id, now=full.after(9), grace=GRACE)
    assert (pile.vote_id, pile.first, pile.second, pile.third, pile.all) == (vote.id, 1, 1, 1, 3)
    late = vote.closes_at + GRACE
    assert paper_counts.piles(session, estate_id=vote.estate_id, now=late, grace=GRACE) == []
    assert paper_counts.piles(session, estate_id=world.other_estate_id, now=full.after(9), grace=GRACE) == []


def test_the_sample_is_drawn_once_after_the_count_and_says_what_the_record_says(session, full) -> None:
    vote, actor = full.vote, full.actor("chen_jie")
    where = {**full.where, "actor": actor, "now": vote.closes_at + timedelta(days=1)}
    assert refused(lambda: paper_counts.draw_sample(session, **where, seed="081706")) == "not_sealed"
    read = lambda: paper_counts.read_sample(session, **full.where, secret=vote.secret)  # noqa: E731
    assert read() is None
    assert vote.advance(session, vote.closes_at + timedelta(hours=1))
    session.expire_all()
    assert refused(lambda: paper_counts.draw_sample(session, **where, seed="  ")) == "invalid"
    for _ in range(2):
        paper_counts.draw_sample(session, **where, seed="081706")
    assert refused(lambda: paper_counts.draw_sample(session, **where, seed="081707")) == "drawn_before"
    assert len(session.exec(select(TrailRow).where(TrailRow.tag == paper_counts.DRAWN)).all()) == 1
    sample = read()
    head = session.get_one(VoteResult, vote.id).head_hash
    assert (sample.seed, sample.head, sample.sheets) == ("081706", head, 3)
    serials = [line.serial for line in sample.lines]
    assert serials == draw("081706", head, reversed(serials))
    assert {(line.label[-4:], line.answers) for line in sample.lines} == {
        ("101室", (FOR,)),
        ("102室", (AGAINST,)),
        ("201室", (SPOILED,)),
    }
