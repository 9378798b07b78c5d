"""Sheets that waited while a restored backup was not accepted have a day left; without paper nothing is put off."""

from datetime import timedelta
from uuid import uuid4

from app.models.votes.paper import SheetState
from app.rules.votes.windows import paper_until
from app.services.trail import Actor
from app.services.votes import closing, restorations
from tests.fixtures.paper import GRACE

DAY = timedelta(days=1)


def restored(session, cupboard):
    """A backup of the third minute was restored, and accepted when all days for entering were long over."""
    closes_at = cupboard.vote.closes_at
    restorations.record_restoration(
        session, restoration_id=uuid4(), taken_at=cupboard.after(3), revision="x", now=closes_at - DAY
    )
    accepted = closes_at + 6 * DAY
    restorations.accept(session, actor=Actor(uuid4(), "运维"), reason="已经在楼道告知全体业主", now=accepted)
    session.expire_all()
    return accepted


def advance(session, cupboard, at) -> bool:
    return closing.advance(
        session, **cupboard.where, now=at, read_clock=lambda: at, grace=GRACE, secret=cupboard.vote.secret,
        is_rest_day=lambda day: False,
    )  # fmt: skip


def test_a_sheet_that_waited_is_entered_on_the_day_after_and_then_counted(session, ruled) -> None:
    cupboard = ruled(paper_days=2)
    assert advance(session, cupboard, cupboard.vote.opens_at)
    serial = cupboard.back()
    accepted = restored(session, cupboard)
    assert not advance(session, cupboard, accepted)
    minutes = (accepted + DAY - cupboard.vote.opens_at) / timedelta(minutes=1)
    cupboard.enter(serial, "chen_jie", minutes=minutes)
    cupboard.enter(serial, "zhao_min", minutes=minutes)
    assert cupboard.state(serial) is SheetState.COUNTED
    until = paper_until(accepted, 1)
    assert not advance(session, cupboard, until - timedelta(seconds=1))
    assert advance(session, cupboard, until)


def test_a_vote_that_has_no_days_for_paper_is_counted_at_once(session, ruled) -> None:
    cupboard = ruled(paper_days=0)
    assert advance(session, cupboard, cupboard.vote.opens_at)
    assert advance(session, cupboard, restored(session, cupboard))
