"""Two people key a sheet blind, a third decides; what it becomes beside a phone's ballot; two at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import col, select

from app.database import Database
from app.errors import Invalid, Refusal
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import BallotChannel, BallotCurrent, BallotEvent, EventKind
from app.models.votes.paper import PaperEntry, SheetState
from app.rules.votes.states import Choice
from app.rules.votes.tally import SPOILED
from app.services.votes import closing, paper
from app.services.votes.paper_entry import Came, read_sheet
from app.services.votes.sealing import keyring
from tests.fixtures.crowd import faults_of
from tests.fixtures.paper import Paper

FOR, AGAINST, ABSTAIN = Choice
DAY = 24 * 60


def refused(call) -> str:
    with pytest.raises(Refusal) as error:
        call()
    return error.value.code


def standing(session, cupboard, home="301"):
    keys = keyring(cupboard.vote.secret, cupboard.vote.id)
    unit = cupboard.world.homes[home].unit_id
    row = session.get(BallotCurrent, (cupboard.vote.id, unit), populate_existing=True)
    return row and (row.channel, keys.unseal_answers(row.sealed_choice, unit.bytes))


def phone(cupboard, choice=AGAINST, minutes=3):
    world = cupboard.world
    home, at = world.homes["301"].unit_id, cupboard.after(minutes)
    return cupboard.vote.cast(cupboard.session, home, world.li_na.account_id, choice, at)


def test_two_equal_entries_become_a_ballot_received_when_the_sheet_was_handed_in(session, cupboard) -> None:
    serial = cupboard.back(minutes=3)
    assert cupboard.enter(serial, "chen_jie", FOR, minutes=9).came is Came.FIRST
    assert standing(session, cupboard) is None
    done = cupboard.enter(serial, "zhao_min", FOR, minutes=11)
    assert (done.came, done.receipt.counts) == (Came.COUNTED, True)
    assert standing(session, cupboard) == (BallotChannel.PAPER, (FOR,))
    event = session.get_one(BallotEvent, (cupboard.vote.id, done.receipt.seq))
    assert (event.received_at, event.recorded_at) == (cupboard.after(3), cupboard.after(11))
    assert (cupboard.sheet(serial).state, cupboard.sheet(serial).seq) == (SheetState.COUNTED, event.seq)
    told = session.exec(select(Message).where(Message.template == "ballot_cast")).one()
    assert told.account_id == cupboard.world.li_na.account_id
    assert faults_of(session, cupboard.vote.id, cupboard.vote.secret) == []


def test_the_second_keyer_is_not_told_what_the_first_entered_and_the_rows_are_sealed(
    session, cupboard
) -> None:
    serial = cupboard.back()
    cupboard.enter(serial, "chen_jie", AGAINST)
    seen = read_sheet(
        session, vote_id=cupboard.vote.id, serial=serial, account_id=cupboard.world.zhao_min.account_id
    )
    assert "against" not in repr(seen)
    assert not seen.entered_by_reader
    [entry] = session.exec(select(PaperEntry)).all()
    assert AGAINST.encode() not in entry.sealed_choices
    keys = keyring(cupboard.vote.secret, cupboard.vote.id)
    assert keys.unseal_answers(entry.sealed_choices, entry.sheet_id.bytes) == (AGAINST,)
    said = " ".join(str(row.new) for row in session.exec(select(TrailRow)))
    assert "against" not in said


@pytest.mark.parametrize("third", [FOR, AGAINST, ABSTAIN])
def test_two_unequal_entries_wait_for_a_third_person_whose_entry_is_final(session, cupboard, third) -> None:
    serial = cupboard.back()
    cupboard.enter(serial, "chen_jie", FOR)
    assert cupboard.enter(serial, "zhao_min", AGAINST).came is Came.DISPUTED
    assert cupboard.state(serial) is SheetState.DISPUTED
    assert standing(session, cupboard) is None
    for one_of_the_two in ("chen_jie", "zhao_min"):
        assert refused(lambda who=one_of_the_two: cupboard.enter(serial, who, FOR)) == "same_person"
    assert cupboard.enter(serial, "he_fang", third).came is Came.COUNTED
    assert standing(session, cupboard) == (BallotChannel.PAPER, (third,))
    assert [entry.position for entry in session.exec(select(PaperEntry))] == [1, 2, 3]
    assert refused(lambda: cupboard.enter(serial, "sun_li", FOR)) == "sheet_done"


def test_one_person_never_keys_a_sheet_twice(session, cupboard) -> None:
    serial = cupboard.back()
    cupboard.enter(serial, "chen_jie", FOR)
    assert refused(lambda: cupboard.enter(serial, "chen_jie", FOR)) == "same_person"
    assert len(session.exec(select(PaperEntry)).all()) == 1


def test_a_sheet_that_is_out_or_void_is_not_keyed(session, cupboard) -> None:
    serial = cupboard.printed()
    assert refused(lambda: cupboard.enter(serial, "chen_jie")) == "not_returned"
    actor = cupboard.actor("chen_jie")
    paper.void_sheet(
        session, **cupboard.where, serial=serial, reason="被水泡了", actor=actor, now=cupboard.now
    )
    assert refused(lambda: cupboard.enter(serial, "chen_jie")) == "sheet_void"


@pytest.mark.parametrize("answers", [("yes",), (FOR, FOR)])
def test_an_entry_answers_the_paper(session, cupboard, answers) -> None:
    serial = cupboard.back()
    with pytest.raises(Invalid):
        cupboard.enter(serial, "chen_jie", *answers)


def test_a_spoiled_sheet_is_entered_as_spoiled(session, cupboard) -> None:
    assert cupboard.cast("302", SPOILED).came is Came.COUNTED
    assert standing(session, cupboard, "302") == (BallotChannel.PAPER, (SPOILED,))


@pytest.mark.parametrize(
    ("clash", "handed_in", "came", "counts"),
    [
        ("paper_locks", 1, Came.COUNTED, (BallotChannel.PAPER, (FOR,))),
        ("paper_locks", 4, Came.COUNTED, (BallotChannel.PAPER, (FOR,))),
        ("first", 1, Came.COUNTED, (BallotChannel.PAPER, (FOR,))),
        ("first", 4, Came.KEPT, (BallotChannel.PHONE, (AGAINST,))),
    ],
)
def test_phone_then_paper_by_the_published_rule_and_by_when_it_was_handed_in(
    session, ruled, clash, handed_in, came, counts
) -> None:
    cupboard = ruled(clash=clash)
    phone(cupboard, AGAINST, minutes=3)
    assert cupboard.cast("301", FOR, minutes=handed_in).came is came
    assert standing(session, cupboard) == counts
    templates = set(session.exec(select(Message.template)))
    assert ("ballot_kept" if came is Came.KEPT else "ballot_changed") in templates
    assert faults_of(session, cupboard.vote.id, cupboard.vote.secret) == []


@pytest.mark.parametrize("clash", ["paper_locks", "first"])
def test_after_paper_a_phone_is_refused_and_a_second_sheet_does_not_exist(session, ruled, clash) -> None:
    cupboard = ruled(clash=clash)
    cupboard.cast("301", FOR)
    assert refused(lambda: phone(cupboard)) == "paper_counts"
    assert standing(session, cupboard) == (BallotChannel.PAPER, (FOR,))


def test_without_days_for_paper_entering_ends_with_the_grace(session, cupboard) -> None:
    serial = cupboard.back(minutes=7 * DAY - 1)
    cupboard.enter(serial, "chen_jie", minutes=7 * DAY + 0.9)
    assert refused(lambda: cupboard.enter(serial, "zhao_min", minutes=7 * DAY + 1)) == "closed"
    untouched = cupboard.back("302", minutes=7 * DAY - 1)
    assert refused(lambda: cupboard.enter(untouched, "chen_jie", minutes=7 * DAY + 1)) == "closed"
    assert cupboard.state(serial) is SheetState.RETURNED


def test_with_days_for_paper_it_ends_at_midnight_of_the_last_and_the_count_waits(session, ruled) -> None:
    cupboard = ruled(paper_days=2)
    vote, serial = cupboard.vote, cupboard.printed()
    closing = 7 * DAY
    # Handed in on the last minute, written down the day after.
    cupboard.hand_in(serial, closing - 1, late=DAY)
    cupboard.enter(serial, "chen_jie", minutes=closing + DAY)
    for _ in range(2):
        vote.advance(session, vote.closes_at + timedelta(days=1))
    closed = select(BallotEvent).where(BallotEvent.kind == EventKind.CLOSE)
    assert session.exec(closed).first() is None
    assert cupboard.enter(serial, "zhao_min", minutes=closing + 2 * DAY).came is Came.COUNTED
    late = cupboard.printed("302", now=vote.opens_at)
    assert refused(lambda: cupboard.hand_in(late, closing, late=DAY)) == "closed"
    assert refused(lambda: cupboard.hand_in(late, closing - 1, late=4 * DAY)) == "closed"


def test_a_sheet_of_an_annulled_vote_is_not_keyed(session, cupboard) -> None:
    serial = cupboard.back()
    closing.annul_vote(
        session, **cupboard.where, actor=cupboard.actor("chen_jie"), reason="公告的内容写错了，重新来",
        now=cupboard.after(3),
    )  # fmt: skip
    assert refused(lambda: cupboard.enter(serial, "chen_jie")) == "annulled"


def race(database: Database, cupboard: Paper, serial: str, *entries: tuple[str, str]) -> list[object]:
    """Everybody keys at the same moment, in a thread and a transaction of his own."""
    start = threading.Barrier(len(entries))

    def key(who: str, answer: str) -> object:
        start.wait()
        try:
            with database.transaction() as own:
                return cupboard.enter(serial, who, answer, session=own).came
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(len(entries)) as pool:
        return sorted(pool.map(lambda entry: key(*entry), entries))


@pytest.mark.parametrize("second", [FOR, AGAINST])
def test_two_keyers_at_the_same_moment_come_one_after_the_other(
    database: Database, world, vote, now, second
) -> None:
    wide = Database(database.url, pool_size=8)
    with wide.transaction() as session:
        cupboard = Paper(session, world, vote, now)
        serials = [cupboard.back(home) for home in ("301", "302", "401", "402")]
    for serial in serials:
        answers = race(wide, cupboard, serial, ("chen_jie", FOR), ("zhao_min", second))
        assert answers == sorted([Came.FIRST, Came.COUNTED if second is FOR else Came.DISPUTED])
    with wide.session(writing=False) as session:
        rows = session.exec(select(PaperEntry).order_by(col(PaperEntry.position))).all()
        assert sorted(row.position for row in rows) == [1] * 4 + [2] * 4
        assert faults_of(session, vote.id, vote.secret) == []
    wide.close()


def test_the_same_person_on_two_telephones_keys_once_and_two_deciders_decide_once(
    database: Database, world, vote, now
) -> None:
    wide = Database(database.url, pool_size=8)
    with wide.transaction() as session:
        cupboard = Paper(session, world, vote, now)
        serial = cupboard.back()
    assert race(wide, cupboard, serial, ("chen_jie", FOR), ("chen_jie", AGAINST)) == ["first", "same_person"]
    with wide.transaction() as session:
        first = session.exec(select(PaperEntry)).one()
        keys = keyring(vote.secret, vote.id)
        said = keys.unseal_answers(first.sealed_choices, first.sheet_id.bytes)
        other = AGAINST if said == (FOR,) else FOR
        assert cupboard.enter(serial, "zhao_min", other, session=session).came is Came.DISPUTED
    assert race(wide, cupboard, serial, ("he_fang", FOR), ("sun_li", AGAINST)) == ["counted", "sheet_done"]
    with wide.session(writing=False) as session:
        assert faults_of(session, vote.id, vote.secret) == []
        assert len(session.exec(select(BallotEvent).where(BallotEvent.kind == EventKind.CAST)).all()) == 1
    wide.close()
