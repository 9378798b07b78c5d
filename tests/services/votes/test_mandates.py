"""Digital mandates: given, accepted, refused, revoked, used; by whom, how many, and in which order."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select

from app.errors import NotFound, Refusal
from app.models.accounts import Account
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import BallotCurrent, Vote
from app.models.votes.mandates import Mandate, MandateState
from app.rules.votes.questions import Answers
from app.rules.votes.states import ChangeRule, Choice
from app.services.trail import Actor
from app.services.votes import drafting, mandates, mandates_reading
from app.services.votes.casting import Receipt, cast_ballot
from tests.fixtures.crowd import faults_of
from tests.fixtures.votes import ElevatorVote
from tests.fixtures.world import World

FOR, AGAINST = (Choice.FOR,), (Choice.AGAINST,)
AGENT = "13900001006"  # qian_er, a tenant
SECOND = timedelta(seconds=1)


class Desk:
    """Mandates of one vote in short words; every deed one minute before the opening unless told otherwise."""

    def __init__(self, session, world: World, vote: ElevatorVote) -> None:
        self.session, self.world, self.vote = session, world, vote
        self.where = {"estate_id": vote.estate_id, "vote_id": vote.id}
        self.early = vote.opens_at - timedelta(minutes=1)

    def give(self, who="li_na", home="301", phone=AGENT, name="钱二", at=None, mandate_id=None) -> UUID:
        mandate_id = mandate_id or uuid4()
        mandates.give_mandate(
            self.session,
            **self.where,
            mandate_id=mandate_id,
            owner_id=self.world.homes[home].owner_id,
            phone=phone,
            name=name,
            actor=self.actor(who),
            now=at or self.early,
        )
        return mandate_id

    def actor(self, who: str) -> Actor:
        return Actor(self.world.people[who].account_id, who)

    def act(self, verb: str, mandate_id: UUID, who="qian_er", at=None, **where) -> None:
        deed = getattr(mandates, f"{verb}_mandate")
        where = {**self.where, **where}
        deed(self.session, **where, mandate_id=mandate_id, actor=self.actor(who), now=at or self.early)

    def cast(self, mandate_id: UUID, answers: Answers = FOR, minutes=1, who="qian_er", home="301") -> Receipt:
        at = self.vote.opens_at + timedelta(minutes=minutes)
        asked = mandates.agent_cast(
            **self.where,
            mandate_id=mandate_id,
            unit_id=self.world.homes[home].unit_id,
            account_id=self.world.people[who].account_id,
            answers=answers,
            key=uuid4().hex,
            received_at=at,
        )
        return cast_ballot(self.session, asked, read_clock=lambda: at, secret=self.vote.secret)

    def state(self, mandate_id: UUID) -> MandateState:
        return self.session.get_one(Mandate, mandate_id, populate_existing=True).state

    def told(self) -> set[str]:
        return set(self.session.exec(select(Message.template)))

    def tags(self) -> list[str]:
        query = select(TrailRow.tag).where(col(TrailRow.tag).startswith("votes:mandate"))
        return list(self.session.exec(query.order_by(col(TrailRow.seq))))


@pytest.fixture
def desk(session, world, vote) -> Desk:
    return Desk(session, world, vote)


def limit_to(session, vote, limit: int | None) -> None:
    """Nothing changes a noticed vote, so the test gives its rules while it is a draft in all but name."""
    row = session.get_one(Vote, vote.id)
    row.rules = {**row.rules, "proxy_limit": limit}
    session.flush()


def refused(call) -> str:
    with pytest.raises(Refusal) as error:
        call()
    return error.value.code


def test_a_mandate_is_offered_accepted_used_and_each_step_is_told_and_on_the_trail(desk) -> None:
    mine = desk.give()
    assert desk.state(mine) is MandateState.OFFERED
    desk.act("accept", mine)
    assert desk.state(mine) is MandateState.IN_FORCE
    assert desk.cast(mine).counts
    assert desk.state(mine) is MandateState.USED
    assert {"mandate_offered", "mandate_accepted", "ballot_cast"} <= desk.told()
    assert desk.tags() == ["votes:mandate:give", "votes:mandate:accept"]
    assert faults_of(desk.session, desk.vote.id, desk.vote.secret) == []


def test_no_message_and_no_trail_row_of_a_mandate_says_a_choice_or_a_second_name(desk) -> None:
    mine = desk.give()
    desk.act("accept", mine)
    desk.cast(mine, AGAINST)
    told = " ".join(str(message.values) for message in desk.session.exec(select(Message)))
    rows = " ".join(str(row.new) for row in desk.session.exec(select(TrailRow)))
    assert not any(word in told + rows for word in ("against", "反对"))
    assert "钱二" not in rows


def test_an_unknown_number_gets_the_same_answer_and_an_account_as_a_first_sign_in_would(desk) -> None:
    mine = desk.give(phone="13912345678", name="老王")
    assert desk.state(mine) is MandateState.OFFERED
    account = desk.session.exec(select(Account).where(Account.phone == "+8613912345678")).one()
    assert account.name == ""


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"phone": "12"}, "invalid"),
        ({"phone": "0512-65550101"}, "invalid"),
        ({"name": " "}, "invalid"),
        ({"phone": "13900001000"}, "own_number"),
        ({"home": "302"}, "not_owner"),
        ({"who": "chen_jie"}, "not_owner"),
    ],
)
def test_a_mandate_that_cannot_be_is_refused_and_nothing_is_kept(desk, typed, code) -> None:
    assert refused(lambda: desk.give(**typed)) == code
    assert desk.session.exec(select(Mandate)).all() == []


def test_an_owner_has_one_live_mandate_in_a_vote_and_may_name_another_after_it_ended(desk) -> None:
    mine = desk.give()
    assert refused(desk.give) == "already_given"
    desk.act("refuse", mine)
    again = desk.give()
    desk.act("revoke", again, "li_na")
    assert desk.give()


def test_the_form_sent_twice_is_one_mandate(desk) -> None:
    mine = desk.give()
    desk.give(mandate_id=mine)
    assert len(desk.session.exec(select(Mandate)).all()) == 1


def test_only_the_agent_accepts_and_only_the_owner_revokes(desk) -> None:
    mine = desk.give()
    for who in ("li_na", "wang_wei", "chen_jie", "zhou_tao"):
        with pytest.raises(NotFound):
            desk.act("accept", mine, who)
    for who in ("qian_er", "wang_wei", "chen_jie"):
        with pytest.raises(NotFound):
            desk.act("revoke", mine, who)


def test_a_mandate_of_another_vote_or_estate_is_not_found(desk, make_vote) -> None:
    other = make_vote()
    mine = desk.give()
    with pytest.raises(NotFound):
        desk.act("accept", mine, vote_id=other.id)
    with pytest.raises(NotFound):
        desk.act("accept", mine, estate_id=desk.world.other_estate_id)
    desk.act("accept", mine)
    elsewhere = Desk(desk.session, desk.world, other)
    assert refused(lambda: elsewhere.cast(mine)) == "no_mandate"


def test_a_used_mandate_is_not_revoked_but_the_owners_own_ballot_replaces_it(desk) -> None:
    mine = desk.give()
    desk.act("accept", mine)
    desk.cast(mine, AGAINST)
    opened = desk.vote.opens_at + timedelta(hours=1)
    assert refused(lambda: desk.act("revoke", mine, "li_na", opened)) == "mandate_used"
    home, owner = desk.world.homes["301"].unit_id, desk.world.li_na.account_id
    assert desk.vote.cast(desk.session, home, owner, Choice.FOR, opened).revision == 2
    assert refused(lambda: desk.cast(mine, AGAINST, 90)) == "owner_voted"


def test_under_once_a_mandate_is_used_once_for_a_home_and_the_owner_cannot_replace_it(
    session, world, make_vote
) -> None:
    desk = Desk(session, world, make_vote(change=ChangeRule.ONCE))
    mine = desk.give()
    desk.act("accept", mine)
    desk.cast(mine)
    assert refused(lambda: desk.cast(mine, minutes=2)) == "already_cast"
    home, owner = world.homes["301"].unit_id, world.li_na.account_id
    at = desk.vote.opens_at + timedelta(hours=1)
    assert refused(lambda: desk.vote.cast(session, home, owner, Choice.FOR, at)) == "already_cast"


def test_a_revoked_mandate_casts_nothing_and_revoking_twice_is_one_deed(desk) -> None:
    mine = desk.give()
    desk.act("accept", mine)
    desk.act("revoke", mine, "li_na")
    desk.act("revoke", mine, "li_na")
    assert refused(lambda: desk.cast(mine)) == "no_mandate"
    assert refused(lambda: desk.act("accept", mine)) == "mandate_over"
    assert desk.tags().count("votes:mandate:revoke") == 1


def test_staff_of_the_property_company_may_refuse_and_not_accept(desk) -> None:
    mine = desk.give(phone="13900001005", name="马超")
    assert refused(lambda: desk.act("accept", mine, "ma_chao")) == "staff_agent"
    desk.act("refuse", mine, "ma_chao")
    assert desk.state(mine) is MandateState.REFUSED


def test_nothing_moves_from_the_closing_second_on(desk) -> None:
    mine, late = desk.give(), desk.vote.closes_at
    assert refused(lambda: desk.act("accept", mine, at=late)) == "closed"
    desk.act("accept", mine, at=late - SECOND)
    assert refused(lambda: desk.act("revoke", mine, "li_na", late)) == "closed"
    assert refused(lambda: desk.give("wang_wei", "302", at=late)) == "closed"


def test_a_draft_has_no_mandates(session, world, make_vote) -> None:
    with pytest.raises(NotFound):
        Desk(session, world, make_vote(notice=False)).give()


def test_an_owner_names_a_few_numbers_a_day_and_no_more(desk) -> None:
    for number in range(mandates.OFFERS_A_DAY):
        desk.act("revoke", desk.give(phone=f"139123456{number:02}"), "li_na")
    assert refused(desk.give) == "toomany"


@pytest.fixture
def limited(database, world, make_vote):
    """A vote whose rules let an agent act for one owner, and two mandates offered to him."""
    vote = make_vote(notice=False)
    with database.transaction() as session:
        limit_to(session, vote, 1)
        noticed = vote.opens_at - timedelta(days=16)
        chen_jie = Actor(world.chen_jie.account_id, "chen_jie")
        drafting.give_notice(session, estate_id=vote.estate_id, vote_id=vote.id, actor=chen_jie, now=noticed)
        desk = Desk(session, world, vote)
        offered = [desk.give(), desk.give("wang_wei", "302")]
    return vote, offered


def test_an_agent_accepts_no_more_principals_than_the_rules_allow(session, world, limited) -> None:
    vote, (first, second) = limited
    desk = Desk(session, world, vote)
    desk.act("accept", first)
    desk.act("accept", first)
    assert refused(lambda: desk.act("accept", second)) == "proxy_limit"
    desk.act("revoke", first, "li_na")
    desk.act("accept", second)


def both(database, *deeds) -> list[str]:
    """Two deeds at once, each in a transaction of its own; what each was refused with, or ''."""
    start, came = Barrier(len(deeds)), [""] * len(deeds)

    def run(place: int) -> None:
        start.wait()
        try:
            with database.transaction() as session:
                deeds[place](session)
        except Refusal as refusal:
            came[place] = refusal.code

    threads = [Thread(target=run, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


def test_two_acceptances_at_the_limit_let_one_through(database, world, limited) -> None:
    vote, offered = limited
    deeds = [lambda session, one=one: Desk(session, world, vote).act("accept", one) for one in offered]
    assert sorted(both(database, *deeds)) == ["", "proxy_limit"]


def test_revoking_and_casting_at_once_ends_in_one_of_the_two(database, world, vote) -> None:
    with database.transaction() as session:
        desk = Desk(session, world, vote)
        mine = desk.give()
        desk.act("accept", mine)
    opened = vote.opens_at + timedelta(minutes=1)
    came = both(
        database,
        lambda session: Desk(session, world, vote).act("revoke", mine, "li_na", opened),
        lambda session: Desk(session, world, vote).cast(mine),
    )
    with database.session(writing=False) as session:
        cast = session.get(BallotCurrent, (vote.id, world.homes["301"].unit_id)) is not None
        state = Desk(session, world, vote).state(mine)
        assert faults_of(session, vote.id, vote.secret) == []
    assert (came, state, cast) in [
        (["", "no_mandate"], MandateState.REVOKED, False),
        (["mandate_used", ""], MandateState.USED, True),
    ]


def test_the_agent_reads_his_offer_and_the_owner_hers_and_others_nothing(desk) -> None:
    mine = desk.give()
    vote_id, people = desk.vote.id, desk.world.people
    [offer] = mandates_reading.offered_to(
        desk.session, vote_id=vote_id, account_id=people["qian_er"].account_id
    )
    assert (offer.id, offer.owner_name, offer.homes) == (mine, "li_na", ("3号楼1单元301室",))
    [giving] = mandates_reading.given_by(desk.session, vote_id=vote_id, account_id=people["li_na"].account_id)
    assert giving.live.agent_name == "钱二"
    for who in ("wang_wei", "chen_jie"):
        account_id = people[who].account_id
        assert mandates_reading.offered_to(desk.session, vote_id=vote_id, account_id=account_id) == []
