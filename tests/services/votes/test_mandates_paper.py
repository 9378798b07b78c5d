"""Mandates on paper: letters, guardians and heirs; entered by one, checked by another, never by the agent himself."""

import io
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlmodel import col, select

from app.errors import Invalid, NotFound, Refusal
from app.models.accounts import Account, Grant
from app.models.estates import Unit
from app.models.files import StoredFile
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes.mandates import Mandate, MandateState
from app.rules.accounts import Duty, Role
from app.rules.votes.states import Choice
from app.services.trail import Actor
from app.services.votes import drafting, mandates, mandates_paper, mandates_reading
from app.services.votes.casting import cast_ballot
from tests.fixtures.world import make_person


def picture() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(written, "PNG")
    return written.getvalue()


class Papers:
    """The desk's side of one vote; he_fang is the second person on the committee."""

    def __init__(self, session, world, vote, now) -> None:
        self.session, self.world, self.vote = session, world, vote
        self.he_fang = make_person(session, "he_fang", "+8613900002001", now)
        session.add(
            Grant(
                account_id=self.he_fang.account_id,
                estate_id=world.estate_id,
                role=Role.COMMITTEE,
                duty=Duty.NONE,
                granted_at=now,
            )
        )
        session.flush()
        self.at = vote.opens_at - timedelta(minutes=1)
        self.where = {"estate_id": vote.estate_id, "vote_id": vote.id}
        self.people = {**world.people, "he_fang": self.he_fang}

    def actor(self, who: str) -> Actor:
        return Actor(self.people[who].account_id, who)

    def enter(
        self,
        kind="letter",
        home="301",
        phone="13900001006",
        name="钱二",
        scan: bytes | None = None,
        who="chen_jie",
        mandate_id=None,
    ) -> UUID:
        mandate_id, place = mandate_id or uuid4(), self.world.homes[home]
        mandates_paper.enter_paper(
            self.session,
            **self.where,
            mandate_id=mandate_id,
            kind=kind,
            unit_id=place.unit_id,
            owner_id=place.owner_id,
            phone=phone,
            name=name,
            scan=picture() if scan is None else scan,
            scan_name="委托书.png",
            actor=self.actor(who),
            now=self.at,
        )
        return mandate_id

    def check(self, mandate_id: UUID, who="he_fang", approve=True, reason="") -> None:
        mandates_paper.check_paper(
            self.session,
            **self.where,
            mandate_id=mandate_id,
            approve=approve,
            reason=reason,
            actor=self.actor(who),
            now=self.at,
        )

    def state(self, mandate_id: UUID) -> MandateState:
        return self.session.get_one(Mandate, mandate_id, populate_existing=True).state

    def cast(self, mandate_id: UUID, home="301") -> bool:
        at = self.vote.opens_at
        asked = mandates.agent_cast(
            **self.where,
            mandate_id=mandate_id,
            unit_id=self.world.homes[home].unit_id,
            account_id=self.world.qian_er.account_id,
            answers=(Choice.FOR,),
            key=uuid4().hex,
            received_at=at,
        )
        return cast_ballot(self.session, asked, read_clock=lambda: at, secret=self.vote.secret).counts


@pytest.fixture
def papers(session, world, vote, now) -> Papers:
    return Papers(session, world, vote, now)


def refused(call) -> str:
    with pytest.raises(Refusal) as error:
        call()
    return error.value.code


@pytest.mark.parametrize("kind", ["letter", "guardian"])
def test_a_paper_is_in_force_when_a_second_person_has_checked_it(papers, kind) -> None:
    mine = papers.enter(kind)
    assert papers.state(mine) is MandateState.OFFERED
    assert refused(lambda: papers.cast(mine)) == "no_mandate"
    papers.check(mine)
    assert papers.cast(mine)
    told = set(papers.session.exec(select(Message.template)))
    assert {"mandate_entered", "mandate_checked", "mandate_in_force"} <= told
    tags = papers.session.exec(select(TrailRow.tag).where(col(TrailRow.tag).startswith("votes:mandate")))
    assert list(tags) == ["votes:mandate:enter", "votes:mandate:check"]


def test_the_scan_is_private_and_drawn_anew(papers) -> None:
    mandate = papers.session.get_one(Mandate, papers.enter())
    file = papers.session.get_one(StoredFile, mandate.file_id)
    assert (file.private, file.media_type) == (True, "image/jpeg")


def test_who_entered_a_paper_does_not_check_it_and_the_agent_does_neither(papers) -> None:
    mine = papers.enter()
    assert refused(lambda: papers.check(mine, "chen_jie")) == "same_person"
    assert refused(lambda: papers.enter(home="302", phone="13900001002", name="陈洁")) == "own_agent"
    by_other = papers.enter(home="302", phone="13900002001", name="何芳")
    assert refused(lambda: papers.check(by_other, "he_fang")) == "own_agent"


def test_a_paper_that_does_not_hold_is_refused_with_a_reason_and_stays_refused(papers) -> None:
    mine = papers.enter()
    assert refused(lambda: papers.check(mine, approve=False, reason="无")) == "invalid"
    papers.check(mine, approve=False, reason="签名与名册留存的不一致")
    assert papers.state(mine) is MandateState.REFUSED
    papers.check(mine, approve=True)
    assert papers.state(mine) is MandateState.REFUSED
    assert papers.enter()


@pytest.mark.parametrize("scan", [b"", b"no picture", b"%PDF-1.4"])
def test_a_scan_that_is_no_picture_is_refused(papers, scan) -> None:
    with pytest.raises(Invalid) as error:
        papers.enter(scan=scan)
    assert error.value.field == "scan"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"kind": "digital"}, "invalid"),
        ({"kind": "heir"}, "not_heirs"),
        ({"phone": "", "name": "谁也不是"}, "no_agent"),
        ({"phone": "abc"}, "invalid"),
        ({"phone": "13900001000", "name": "李娜"}, "own_number"),
        ({"phone": "13900001005", "name": "马超"}, "staff_agent"),
    ],
)
def test_what_cannot_be_a_paper_is_refused(papers, typed, code) -> None:
    assert refused(lambda: papers.enter(**typed)) == code


def test_an_agent_without_a_number_is_found_by_his_name_among_the_owners(papers) -> None:
    mandate = papers.session.get_one(Mandate, papers.enter(phone="", name="wang_wei"))
    assert mandate.agent_id == papers.world.wang_wei.account_id


def test_the_desk_ends_a_letter_with_a_reason_and_no_digital_mandate(papers) -> None:
    mine = papers.enter()
    where = {**papers.where, "actor": papers.actor("chen_jie"), "now": papers.at}
    mandates.revoke_at_desk(papers.session, **where, mandate_id=mine, reason="业主到窗口要求撤销")
    assert papers.state(mine) is MandateState.REVOKED
    digital = uuid4()
    mandates.give_mandate(
        papers.session,
        **papers.where,
        mandate_id=digital,
        owner_id=papers.world.homes["301"].owner_id,
        phone="13900001006",
        name="钱二",
        actor=papers.actor("li_na"),
        now=papers.at,
    )
    end = lambda: mandates.revoke_at_desk(papers.session, **where, mandate_id=digital, reason="不想要了吧")  # noqa: E731
    assert refused(end) == "not_paper"


def test_a_paper_of_another_estate_is_not_found(papers) -> None:
    mine = papers.enter()
    papers.where = {**papers.where, "estate_id": papers.world.other_estate_id}
    with pytest.raises(NotFound):
        papers.check(mine)


def test_papers_that_wait_are_counted_for_the_desk_and_shown_to_no_agent_yet(papers) -> None:
    mine, estate_id = papers.enter(), papers.vote.estate_id
    agent = {"vote_id": papers.vote.id, "account_id": papers.world.qian_er.account_id}
    assert mandates_reading.count_unchecked(papers.session, estate_id=estate_id) == 1
    assert mandates_reading.offered_to(papers.session, **agent) == []
    papers.check(mine)
    assert mandates_reading.count_unchecked(papers.session, estate_id=estate_id) == 0
    assert len(mandates_reading.offered_to(papers.session, **agent)) == 1


@pytest.fixture
def inherited(database, world, make_vote, now):
    """A vote on whose roll home 301 waits for its heirs."""
    vote = make_vote(notice=False)
    with database.transaction() as session:
        session.get_one(Unit, world.homes["301"].unit_id).heirs_proving = True
        session.flush()
        noticed = vote.opens_at - timedelta(days=16)
        chen_jie = Actor(world.chen_jie.account_id, "chen_jie")
        drafting.give_notice(session, estate_id=vote.estate_id, vote_id=vote.id, actor=chen_jie, now=noticed)
    return vote


def test_an_heir_votes_on_proof_for_that_home_alone(session, world, inherited, now) -> None:
    papers = Papers(session, world, inherited, now)
    assert refused(lambda: papers.enter("letter")) == "not_heirs"
    mine = papers.enter("heir", name="李小娜")
    assert refused(lambda: papers.enter("heir", phone="13900009999", name="李二")) == "already_given"
    papers.check(mine)
    assert refused(lambda: papers.cast(mine, "302")) == "no_mandate"
    assert papers.cast(mine)


def test_the_limit_counts_what_owners_gave_and_no_heirs_or_guardians(session, world, inherited, now) -> None:
    papers = Papers(session, world, inherited, now)
    papers.check(papers.enter("heir"))
    mine = papers.enter("letter", "302")
    vote = mandates_paper.lock_running(session, **papers.where, now=papers.at)
    vote.rules = {**vote.rules, "proxy_limit": 1}
    mandates.ensure_may_be_agent(session, vote, session.get_one(Mandate, mine))


def test_an_account_made_for_an_agent_has_the_name_on_the_letter(papers) -> None:
    papers.enter(phone="13987654321", name="赵六")
    account = papers.session.exec(select(Account).where(Account.phone == "+8613987654321")).one()
    assert account.name == "赵六"
