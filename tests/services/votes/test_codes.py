"""Household codes: printed once, kept as a hash, voided by the next letter, used with the right name, dead after five wrong ones."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlmodel import col, select

from app.errors import Refusal
from app.models.estates import Owner
from app.models.trail import TrailRow
from app.models.votes.codes import HouseholdCode
from app.models.votes.paper import Delivery, DeliveryWay
from app.services.trail import Actor
from app.services.votes import codes, codes_using
from app.services.votes.codes_letters import LetterHead, draw_letters
from tests.fixtures.world import make_person

NAME_401 = "业主401"


class Post:
    """Letters of one vote, one minute after its opening."""

    def __init__(self, session, world, vote) -> None:
        self.session, self.world, self.vote = session, world, vote
        self.now = vote.opens_at + timedelta(minutes=1)

    def print(self, home: str | None = None, *, building="", again=False) -> list[codes.PlainLetter]:
        return codes.print_letters(
            self.session,
            estate_id=self.vote.estate_id,
            vote_id=self.vote.id,
            building=building,
            unit_id=self.world.homes[home].unit_id if home else None,
            again=again,
            actor=Actor(self.world.chen_jie.account_id, "chen_jie"),
            now=self.now,
            secret=self.vote.secret,
        )

    def use(self, code: str, name=NAME_401, who=None, estate_id=None, address="1.2.3.4"):
        person = who or self.world.stranger
        return codes_using.use_letter(
            self.session,
            estate_id=estate_id or self.vote.estate_id,
            code=code,
            name=name,
            actor=Actor(person.account_id, person.name),
            address=address,
            now=self.now,
            secret=self.vote.secret,
        )

    def owner(self, home="401") -> Owner:
        return self.session.get_one(Owner, self.world.homes[home].owner_id, populate_existing=True)

    def tags(self) -> list[str]:
        query = select(TrailRow.tag).where(col(TrailRow.tag).startswith("votes:code"))
        return list(self.session.exec(query.order_by(col(TrailRow.seq))))


@pytest.fixture
def post(session, world, vote) -> Post:
    return Post(session, world, vote)


def code_of(scanned) -> str:
    assert scanned.refusal is not None
    return scanned.refusal.code


def test_each_home_gets_a_letter_once_and_its_code_is_nowhere_in_the_database(post) -> None:
    letters = post.print()
    assert len(letters) == len({letter.code for letter in letters}) == 12
    assert all(re.fullmatch(r"([0-9A-Z]{4}-){4}[0-9A-Z*~$=]", letter.code) for letter in letters)
    rows = post.session.exec(select(HouseholdCode)).all()
    stored = " ".join(str(row.model_dump()) for row in rows)
    assert not any(letter.code in stored or letter.code.replace("-", "") in stored for letter in letters)
    with pytest.raises(Refusal) as error:
        post.print()
    assert error.value.code == "nothing_to_print"
    assert post.tags() == ["votes:code:print"]


def test_the_right_name_binds_the_phone_counts_as_delivery_and_leads_to_the_ballot(post) -> None:
    [letter] = post.print("401")
    scanned = post.use(letter.code)
    assert (scanned.refusal, scanned.home, scanned.is_open) == (None, "3号楼1单元401室", True)
    assert post.owner().account_id == post.world.stranger.account_id
    delivery = post.session.exec(select(Delivery)).one()
    assert (delivery.way, delivery.unit_id, delivery.recorded_by) == (
        DeliveryWay.LETTER,
        scanned.unit_id,
        None,
    )
    assert post.tags() == ["votes:code:print", "votes:code:use"]
    assert code_of(post.use(letter.code)) == "code_used"


def test_a_code_may_be_typed_as_people_type(post) -> None:
    [letter] = post.print("401")
    typed = letter.code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert post.use(typed).refusal is None


def test_a_new_letter_voids_the_old_one(post) -> None:
    [old], [new] = post.print("401"), post.print("401")
    assert code_of(post.use(old.code)) == "wrong_code"
    assert post.use(new.code).refusal is None


def test_a_code_of_another_estate_is_a_wrong_one(post) -> None:
    [letter] = post.print("401")
    assert code_of(post.use(letter.code, estate_id=post.world.other_estate_id)) == "wrong_code"


def test_a_letter_tried_ten_times_is_dead_after_the_fifth_and_the_trail_says_so(post) -> None:
    [letter] = post.print("401")
    came = [code_of(post.use(letter.code, f"不是他{number}")) for number in range(10)]
    assert came == ["wrong_name"] * 4 + ["code_dead"] + ["wrong_code"] * 5
    assert code_of(post.use(letter.code)) == "wrong_code"
    assert post.owner().account_id is None
    assert post.tags() == ["votes:code:print", "votes:code:dead"]


def test_a_code_of_no_letter_leaves_a_row_a_minute_and_person_and_never_the_code(post, session) -> None:
    [letter] = post.print("401")
    other = post.world.li_na
    for who, minutes in ((None, 0), (None, 0.5), (other, 0), (None, 1)):
        at = post.now
        post.now += timedelta(minutes=minutes)
        assert code_of(post.use("ABCD-EFGH-JKMN-PQRS-T", who=who)) == "wrong_code"
        post.now = at
    # A letter that is there, with a wrong name, is counted on the letter itself.
    assert code_of(post.use(letter.code, name="王五")) == "wrong_name"
    rows = session.exec(
        select(TrailRow).where(TrailRow.tag == "votes:code:wrong").order_by(TrailRow.seq)
    ).all()
    assert [row.actor_id for row in rows] == [
        person.account_id for person in (post.world.stranger, other, post.world.stranger)
    ]
    assert not any(row.old or row.new or row.reason or row.subject_kind for row in rows)


def test_no_refusal_says_whose_home_a_letter_is_for(post) -> None:
    [letter] = post.print("401")
    for typed, name in ((letter.code, "别人"), (letter.code[:-1] + "0", NAME_401)):
        told = str(post.use(typed, name).refusal)
        assert "401" not in told
        assert "3号楼" not in told


def test_an_owner_bound_to_another_account_is_left_to_the_desk(post) -> None:
    [letter] = post.print("301")
    assert code_of(post.use(letter.code, "li_na")) == "already_bound"
    assert post.owner("301").account_id == post.world.li_na.account_id
    assert post.use(letter.code, "li_na", post.world.li_na).refusal is None


def test_an_address_that_guesses_is_stopped(post) -> None:
    for _ in range(codes_using.FAILURES_ADDRESS_HOUR):
        assert code_of(post.use("ABCD-ABCD-ABCD-ABCD-0")) == "wrong_code"
    assert code_of(post.use("ABCD-ABCD-ABCD-ABCD-0")) == "toomany"
    assert code_of(post.use("ABCD-ABCD-ABCD-ABCD-0", address="4.3.2.1")) == "wrong_code"


@pytest.mark.parametrize(("code", "name"), [("", NAME_401), ("ABCD", ""), ("ABCD", "名" * 80)])
def test_an_empty_or_endless_form_is_refused_and_counts_nothing(post, code, name) -> None:
    with pytest.raises(Refusal):
        post.use(code, name)


def test_a_letter_scanned_after_the_close_binds_and_is_no_delivery_any_more(post) -> None:
    [letter] = post.print("401")
    post.now = post.vote.closes_at + timedelta(days=1)
    assert post.use(letter.code).refusal is None
    assert post.session.exec(select(Delivery)).all() == []


def test_the_desk_sees_how_many_letters_are_out_scanned_and_missing(post) -> None:
    [letter] = post.print("401")
    [stand] = codes.stand_of_letters(post.session, vote_id=post.vote.id)
    assert (stand.homes, stand.waiting, stand.used, stand.missing) == (12, 1, 0, 11)
    post.use(letter.code)
    [stand] = codes.stand_of_letters(post.session, vote_id=post.vote.id)
    assert (stand.waiting, stand.used, stand.missing) == (0, 1, 11)
    assert len(post.print()) == 11


def test_two_phones_with_one_letter_bind_one_person(database, world, vote, now) -> None:
    with database.transaction() as session:
        second = make_person(session, "lao_wang", "+8613900003001", now)
        [letter] = Post(session, world, vote).print("401")
    start = Barrier(2)

    def run(person) -> str:
        start.wait()
        with database.transaction() as session:
            came = Post(session, world, vote).use(letter.code, who=person)
            return came.refusal.code if came.refusal else ""

    with ThreadPoolExecutor(2) as pool:
        came = sorted(pool.map(run, [world.stranger, second]))
    assert came == ["", "code_used"]


def test_two_prints_of_one_home_at_once_leave_one_living_code(database, world, vote) -> None:
    start = Barrier(2)

    def run(_: int) -> None:
        start.wait()
        with database.transaction() as session:
            Post(session, world, vote).print("401")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, range(2)))
    with database.session(writing=False) as session:
        rows = session.exec(select(HouseholdCode)).all()
    assert sorted(row.voided_at is None for row in rows) == [False, True]


def test_letters_are_one_page_each(post) -> None:
    letters = post.print()[:3]
    head = LetterHead(
        estate="幸福里小区",
        committee="幸福里居委会",
        phone="0512-65550101",
        title="3号楼1单元加装电梯",
        opens_at=post.vote.opens_at,
        closes_at=post.vote.closes_at,
        page="https://vote.example.cn/e/xingfuli/letters",
    )
    sheet = draw_letters(letters, head)
    assert sheet.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b(?!s)", sheet)) == 3
