"""The log of deliveries: what counts as served, what cannot have happened, and what a wrong form leaves behind: nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Refusal
from app.models.files import StoredFile
from app.models.trail import TrailRow
from app.models.votes import Vote
from app.models.votes.paper import Delivery
from app.rules.calendar import BEIJING
from app.services.trail import Actor
from app.services.votes import counting, deliveries
from app.services.votes.deliveries import DeliveryResult, DeliveryWay
from tests.fixtures.paper import picture

HAND, MAIL, BOARD, LETTER = (
    DeliveryWay.HAND,
    DeliveryWay.MAIL,
    DeliveryWay.BOARD,
    DeliveryWay.LETTER,
)
DELIVERED, REFUSED, ABSENT, POSTED = DeliveryResult


def refused(call) -> str:
    with pytest.raises(Refusal) as error:
        call()
    return error.value.code


@pytest.fixture
def deliver(session, world, vote, now):
    def deliver(home, way=HAND, result=DELIVERED, *, days=0, at=now, **more):
        return deliveries.record_delivery(
            session,
            **{
                "estate_id": vote.estate_id,
                "vote_id": vote.id,
                "unit_id": world.homes[home].unit_id,
                "way": way,
                "result": result,
                "on_day": (at + timedelta(days=days)).astimezone(BEIJING).date(),
                "actor": Actor(world.chen_jie.account_id, "chen_jie"),
                "now": at,
                **more,
            },
        )

    return deliver


def test_served_is_who_got_it_or_for_whom_it_was_posted_after_a_try(session, world, vote, deliver) -> None:
    deliver("101")
    deliver("102", MAIL, REFUSED)
    deliver("201", HAND, ABSENT)
    deliver("202", HAND, ABSENT)
    deliver("202", BOARD, POSTED)
    deliver("301", LETTER, DELIVERED, actor=None)
    served = counting.served_homes(session, session.get_one(Vote, vote.id))
    assert served == {world.homes[home].unit_id for home in ("101", "202", "301")}
    [block] = deliveries.deliveries_of(session, vote_id=vote.id)
    assert (block.label, len(block.homes), block.served, block.missing) == ("3号楼1单元", 12, 3, 9)
    # The owner's own scan is no act of staff.
    assert len(session.exec(select(TrailRow).where(TrailRow.tag == "votes:delivery:record")).all()) == 5


def test_posting_takes_the_place_of_delivery_only_after_a_try_that_failed(deliver) -> None:
    assert refused(lambda: deliver("101", BOARD, POSTED)) == "not_tried"
    deliver("101", HAND, REFUSED)
    deliver("101", BOARD, POSTED)


@pytest.mark.parametrize(
    ("way", "result"), [(HAND, POSTED), (BOARD, DELIVERED), (LETTER, ABSENT), (MAIL, POSTED)]
)
def test_not_every_result_comes_of_every_way(deliver, way, result) -> None:
    assert refused(lambda: deliver("101", way, result)) == "bad_result"


@pytest.mark.parametrize("days", [-1, 1])
def test_a_delivery_is_not_before_the_notice_and_not_in_the_future(deliver, days) -> None:
    assert refused(lambda: deliver("101", days=days)) == "bad_day"


def test_a_draft_a_closed_vote_and_a_home_off_the_roll_have_no_deliveries(
    session, world, make_vote, vote, deliver
) -> None:
    assert refused(lambda: deliver("101", at=vote.closes_at)) == "closed"
    assert refused(lambda: deliver("101", unit_id=uuid4())) == "notfound"
    assert refused(lambda: deliver("101", estate_id=world.other_estate_id)) == "notfound"


def test_a_draft_has_no_deliveries(session, make_vote, deliver) -> None:
    draft = make_vote(notice=False)
    assert refused(lambda: deliver("101", vote_id=draft.id)) == "not_noticed"
    assert session.exec(select(Delivery)).all() == []


def test_a_tap_sent_twice_is_one_delivery_and_its_id_serves_no_other_home(session, deliver) -> None:
    one = uuid4()
    assert deliver("101", delivery_id=one) == deliver("101", delivery_id=one) == one
    assert refused(lambda: deliver("102", delivery_id=one)) == "conflict"
    assert len(session.exec(select(Delivery)).all()) == 1


def test_note_and_photo_are_kept_private(session, vote, world, deliver) -> None:
    deliver("101", HAND, REFUSED, note="说已经用手机投了", photo=picture())
    home = deliveries.home_delivery(session, vote_id=vote.id, unit_id=world.homes["101"].unit_id)
    [one] = home.tries
    assert one.note == "说已经用手机投了"
    assert (home.served, home.failed) == (False, True)
    assert session.get_one(StoredFile, one.photo_id).private
    assert refused(lambda: deliver("102", photo=b"MZ")) == "invalid"
