"""One clerk alone casts no ballot for an owner: whatever he binds after a notice waits for a second person."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import Invalid, NotAllowed, NotFound
from app.models.accounts import Account
from app.models.estates import BindingCause, Owner, Ownership, StaffBinding, Unit
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import BallotEvent, EventKind, RollEntry, Vote
from app.rules.votes.states import Choice, State
from app.services.estates import (
    applying,
    binding,
    checking,
    claim_desk,
    claims,
    editing,
    imports,
    owners,
    representatives,
    uploads,
)
from app.services.estates.workbooks import read_register
from app.services.trail import Actor
from app.services.votes import (
    bindings,
    codes,
    codes_using,
    corrections,
    counting,
    drafting,
    mandates,
)
from app.services.votes.reading_homes import my_homes
from tests.fixtures.votes import ElevatorVote
from tests.fixtures.world import World, make_person
from tests.services.test_claims import photo

FOR = Choice.FOR
SECRET = b"s" * 32


@dataclass
class Desk:
    """chen_jie is the clerk; 401's owner stays away, and `his` is an account that chen_jie can use."""

    session: Session
    world: World
    vote: ElevatorVote
    now: datetime

    def __post_init__(self) -> None:
        self.clerk = Actor(self.world.chen_jie.account_id, "陈洁")
        self.second = Actor(self.world.zhao_min.account_id, "赵敏")
        self.his = make_person(self.session, "his", "+8613911112222", self.now).account_id
        self.after = self.now + timedelta(hours=1)

    @property
    def owner(self) -> Owner:
        return self.session.get_one(Owner, self.world.homes["401"].owner_id)

    @property
    def where(self) -> dict[str, UUID]:
        return {"estate_id": self.world.estate_id}

    def claim(self, at: datetime | None = None, **changes: object) -> UUID:
        at = at or self.after
        claim_id = claims.submit_claim(
            self.session, **self.where, claim_id=uuid4(), account_id=self.his, relation="owner", name="业主401",
            unit_id=self.world.homes["401"].unit_id, note="", photo=photo(), photo_name="证.jpg", now=at,
        )  # fmt: skip
        claim_desk.approve_claim(
            self.session, **self.where, claim_id=claim_id, owner_id=self.owner.id, reason="", actor=self.clerk, now=at
        )  # fmt: skip
        return self.his

    def edit(self, at: datetime | None = None) -> UUID:
        owners.edit_owner(
            self.session, **self.where, owner_id=self.owner.id, name=self.owner.name, phone="13911112222",
            reason="业主说换了号码", actor=self.clerk, now=at or self.after,
        )  # fmt: skip
        self.confirm(self.his, self.owner.id)
        return self.his

    def confirm(self, account_id: UUID, owner_id: UUID) -> None:
        binding.confirm_home(
            self.session, **self.where, account_id=account_id, owner_id=owner_id, now=self.after + timedelta(hours=1)
        )  # fmt: skip

    def desk_account(self) -> UUID:
        self.code()
        account = self.owner.account_id
        assert account is not None
        return account

    def code(self, room: str = "401") -> None:
        home = self.world.homes[room]
        binding.print_owner_code(
            self.session, **self.where, unit_id=home.unit_id, owner_id=home.owner_id, reason="看了身份证原件",
            actor=self.clerk, now=self.after, secret=SECRET,
        )  # fmt: skip

    def code_of_a_bound_owner(self) -> UUID:
        account = Account(phone=self.owner.phone, created_at=self.now)
        self.session.add(account)
        self.session.flush()
        self.confirm(account.id, self.owner.id)
        self.code()
        return account.id

    def merge(self) -> UUID:
        other = editing.add_owner(
            self.session, **self.where, unit_id=self.world.homes["402"].unit_id, name=self.owner.name,
            phone="13911112222", reason="业主补登记", actor=self.clerk, now=self.after,
        )  # fmt: skip
        self.confirm(self.his, other)
        owners.merge_owners(
            self.session, **self.where, owner_id=self.owner.id, other_id=other, reason="是同一个人", actor=self.clerk,
            now=self.after,
        )  # fmt: skip
        return self.his

    def bring_in(self, lines: list[str], *, same: bool = False) -> None:
        content = "\n".join(["楼栋,单元,楼层,房号,建筑面积,业主,电话,备注", *lines]).encode()
        import_id = uuid4()
        uploads.start_import(
            self.session, **self.where, import_id=import_id, file_name="名册.csv", content=content,
            actor=self.clerk, now=self.after,
        )  # fmt: skip
        upload = uploads.lease_upload(self.session, now=self.after)
        assert upload is not None
        uploads.settle_read(self.session, upload=upload, parsed=read_register(content, file_name="名册.csv"))
        view = imports.get_import(self.session, **self.where, import_id=import_id)
        if same:
            assert view.plan is not None
            keys = [[person.key for person in double.persons] for double in view.plan.doubles]
            imports.decide(self.session, **self.where, import_id=import_id, seen=view.fingerprint, same=keys)
        came = applying.apply_import(
            self.session, **self.where, import_id=import_id, seen=view.fingerprint, actor=self.clerk, now=self.after
        )  # fmt: skip
        assert came is applying.Applied.WRITTEN

    def cast(self, account_id: UUID, room: str = "401") -> None:
        at = self.vote.opens_at + timedelta(hours=1)
        self.vote.cast(self.session, self.world.homes[room].unit_id, account_id, FOR, at)

    def ballots(self) -> int:
        query = select(sa.func.count()).where(
            BallotEvent.vote_id == self.vote.id, BallotEvent.kind == EventKind.CAST
        )
        return self.session.exec(query).one()

    def rows(self) -> list[StaffBinding]:
        return list(self.session.exec(select(StaffBinding).where(col(StaffBinding.checked_at).is_(None))))

    def check(self, who: Actor, **changes: object) -> None:
        for row in self.rows():
            given = {**self.where, "binding_id": row.id, "looked_at": "打原来的电话问过本人", **changes}
            checking.check_binding(self.session, **given, actor=who, now=self.after)

    def refused(self, account_id: UUID) -> str:
        with pytest.raises(NotAllowed) as caught:
            self.cast(account_id)
        return caught.value.code


@pytest.fixture
def desk(session: Session, world: World, vote: ElevatorVote, now: datetime) -> Desk:
    return Desk(session, world, vote, now)


WAYS: dict[str, Callable[[Desk], UUID]] = {
    "claim": Desk.claim,
    "phone": Desk.edit,
    "desk": Desk.desk_account,
    "desk_code": Desk.code_of_a_bound_owner,
    "merge": Desk.merge,
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@ways
def test_what_one_clerk_binds_after_the_notice_casts_nothing_until_another_has_checked(desk, way) -> None:
    account = way(desk)
    assert desk.refused(account) == "awaits_check"
    assert desk.ballots() == 0
    desk.check(desk.second)
    desk.cast(account)
    assert desk.ballots() == 1


@ways
def test_the_clerk_who_acted_does_not_check_it_himself(desk, way) -> None:
    account = way(desk)
    with pytest.raises(NotAllowed) as caught:
        desk.check(desk.clerk)
    assert caught.value.code == "own_act"
    assert desk.refused(account) == "awaits_check"


@ways
def test_nor_does_the_account_that_waits(desk, way) -> None:
    account = way(desk)
    with pytest.raises(NotAllowed) as caught:
        desk.check(Actor(account, "他"))
    assert caught.value.code == "own_act"


def test_a_check_says_what_was_looked_at_stays_in_its_estate_and_is_one_deed(desk, world) -> None:
    desk.claim()
    with pytest.raises(Invalid):
        desk.check(desk.second, looked_at="好")
    with pytest.raises(NotFound):
        desk.check(desk.second, estate_id=world.other_estate_id)
    [row] = desk.rows()
    desk.check(desk.second)
    checking.check_binding(
        desk.session,
        **desk.where,
        binding_id=row.id,
        looked_at="又看了一遍",
        actor=desk.second,
        now=desk.after,
    )
    assert desk.session.get_one(StaffBinding, row.id).looked_at == "打原来的电话问过本人"


def test_two_acts_of_two_clerks_wait_for_two_checks(desk) -> None:
    account = desk.claim()
    desk.after += timedelta(hours=1)
    desk.clerk, desk.second = desk.second, desk.clerk
    desk.code()
    first, second = sorted(desk.rows(), key=lambda row: row.acted_at)
    for row, who in ((second, desk.second), (first, desk.clerk)):
        assert desk.refused(account) == "awaits_check"
        checking.check_binding(
            desk.session, **desk.where, binding_id=row.id, looked_at="看过证件原件", actor=who, now=desk.after
        )  # fmt: skip
    desk.cast(account)


def test_one_check_settles_the_older_acts_of_the_same_clerk_and_not_a_later_one(desk) -> None:
    account = desk.claim()
    for _ in range(2):
        desk.after += timedelta(hours=1)
        desk.code()
    rows = sorted(desk.rows(), key=lambda row: row.acted_at)
    deed = {**desk.where, "looked_at": "看过证件原件", "actor": desk.second, "now": desk.after}
    checking.check_binding(desk.session, binding_id=rows[1].id, **deed)
    assert [row.id for row in desk.rows()] == [rows[2].id]
    assert desk.refused(account) == "awaits_check"
    checking.check_binding(desk.session, binding_id=rows[2].id, **deed)
    desk.cast(account)


def letter(desk: Desk, *, home: str | None = None, building: str = "", again: bool = False) -> str:
    """What the clerk opens of what he printed: the letter of 401."""
    letters = codes.print_letters(
        desk.session, **desk.where, vote_id=desk.vote.id, building=building, again=again,
        unit_id=desk.world.homes[home].unit_id if home else None, actor=desk.clerk, now=desk.after, secret=SECRET,
    )  # fmt: skip
    [code] = [one.code for one in letters if "401" in one.home]
    scanned = codes_using.use_letter(
        desk.session, **desk.where, code=code, name=desk.owner.name, actor=Actor(desk.his, "他"), address="1.2.3.4",
        now=desk.after, secret=SECRET,
    )  # fmt: skip
    assert scanned.refusal is None
    return code


def test_a_letter_printed_for_one_home_after_the_notice_waits_and_the_trail_names_the_home(desk) -> None:
    letter(desk, home="401")
    assert desk.refused(desk.his) == "awaits_check"
    row = desk.session.exec(select(TrailRow).where(TrailRow.tag == "votes:code:print")).one()
    assert row.new["homes"] == "3号楼1单元401室"
    told = desk.session.exec(select(Message.template).where(Message.phone == desk.owner.phone)).all()
    assert told == ["owner_bound"]
    desk.check(desk.second)
    desk.cast(desk.his)


def test_a_second_letter_waits_also_in_a_whole_batch(desk) -> None:
    codes.print_letters(
        desk.session, **desk.where, vote_id=desk.vote.id, building="", unit_id=None, again=False, actor=desk.clerk,
        now=desk.after, secret=SECRET,
    )  # fmt: skip
    letter(desk, again=True)
    assert desk.refused(desk.his) == "awaits_check"


def test_the_last_few_of_a_building_are_letters_for_chosen_homes(desk) -> None:
    for home in ("301", "302", "402"):
        codes.print_letters(
            desk.session, **desk.where, vote_id=desk.vote.id, building="", unit_id=desk.world.homes[home].unit_id,
            again=False, actor=desk.clerk, now=desk.after, secret=SECRET,
        )  # fmt: skip
    letter(desk, building="3")
    assert desk.refused(desk.his) == "awaits_check"


def test_a_letter_of_a_whole_building_lets_its_owner_cast_at_once(desk) -> None:
    letter(desk, building="3")
    desk.cast(desk.his)
    assert desk.ballots() == 1


def test_before_the_notice_one_clerk_suffices(session, world, make_vote, now) -> None:
    desk = Desk(session, world, make_vote(notice=False), now)
    account = desk.claim(at=now)
    actor = desk.clerk
    drafting.give_notice(
        session, estate_id=world.estate_id, vote_id=desk.vote.id, actor=actor, now=now + timedelta(minutes=1)
    )
    desk.cast(account)
    assert desk.ballots() == 1
    assert bindings.waiting_bindings(session, estate_id=world.estate_id) == []


def test_the_phone_that_stood_in_the_register_at_the_notice_votes_at_once(desk) -> None:
    account = Account(phone=desk.owner.phone, created_at=desk.now)
    desk.session.add(account)
    desk.session.flush()
    desk.confirm(account.id, desk.owner.id)
    desk.cast(account.id)
    assert (desk.ballots(), desk.rows()) == (1, [])


def test_who_was_bound_before_the_notice_still_votes_after_his_number_was_mended(desk, world) -> None:
    owner = world.homes["301"].owner_id
    owners.edit_owner(
        desk.session, **desk.where, owner_id=owner, name="李娜", phone="13911113333", reason="业主换了号码",
        actor=desk.clerk, now=desk.after,
    )  # fmt: skip
    desk.cast(world.li_na.account_id, "301")


def test_a_number_that_comes_with_an_upload_waits_too(desk, world) -> None:
    line = "3,1,4,402,80,业主402,{},"
    desk.bring_in([line.format("13911112222")], same=True)
    for owner in desk.session.exec(select(Owner).where(Owner.name == "业主402")).all():
        if owner.phone == "+8613911112222":
            desk.confirm(desk.his, owner.id)
    with pytest.raises(NotAllowed):
        desk.cast(desk.his, "402")
    assert desk.ballots() == 0


def test_an_owner_put_on_the_home_and_a_correction_take_two_people(desk, world) -> None:
    unit_id = world.homes["401"].unit_id
    editing.add_owner(
        desk.session, **desk.where, unit_id=unit_id, name="王伟", phone="13911112222", reason="共有人补登记",
        actor=desk.clerk, now=desk.after,
    )  # fmt: skip
    correction = corrections.ask_correction(
        desk.session, **desk.where, vote_id=desk.vote.id, correction_id=uuid4(), unit_id=unit_id,
        account_id=world.li_na.account_id, text="这一户漏了一位共有人", now=desk.after,
    )  # fmt: skip
    deed = {**desk.where, "vote_id": desk.vote.id, "correction_id": correction, "reason": "已按名册更正"}
    with pytest.raises(NotAllowed) as caught, desk.session.begin_nested():
        corrections.uphold_correction(desk.session, **deed, actor=desk.clerk, now=desk.after)
    assert caught.value.code == "own_change"
    corrections.uphold_correction(desk.session, **deed, actor=desk.second, now=desk.after)
    newcomer = desk.session.exec(select(Owner).where(Owner.name == "王伟")).one()
    desk.confirm(desk.his, newcomer.id)
    assert desk.refused(desk.his) == "awaits_check"


def upheld(desk: Desk, unit_id: UUID) -> str:
    """The clerk answers a correction of the home he changed; the refusal's code, and then another person answers it."""
    deed = {**desk.where, "vote_id": desk.vote.id, "reason": "已按名册更正", "now": desk.after}
    deed["correction_id"] = corrections.ask_correction(
        desk.session, **desk.where, vote_id=desk.vote.id, correction_id=uuid4(), unit_id=unit_id,
        account_id=desk.world.li_na.account_id, text="这一户登记得不对", now=desk.after,
    )  # fmt: skip
    with pytest.raises(NotAllowed) as caught, desk.session.begin_nested():
        corrections.uphold_correction(desk.session, **deed, actor=desk.clerk)
    corrections.uphold_correction(desk.session, **deed, actor=desk.second)
    return caught.value.code


def test_who_takes_an_owner_off_a_home_does_not_also_narrow_its_line(desk, world) -> None:
    home = world.homes["401"]
    editing.add_owner(
        desk.session, **desk.where, unit_id=home.unit_id, name="王伟", phone="13911112222", reason="共有人补登记",
        actor=desk.second, now=desk.after,
    )  # fmt: skip
    editing.remove_owner(
        desk.session, **desk.where, unit_id=home.unit_id, owner_id=home.owner_id, reason="已经卖房了",
        actor=desk.clerk, now=desk.after,
    )  # fmt: skip
    with pytest.raises(NotAllowed) as caught:
        bindings.ensure_others_hand(
            desk.session, vote=desk.session.get_one(Vote, desk.vote.id), unit_id=home.unit_id, actor=desk.clerk
        )  # fmt: skip
    assert caught.value.code == "own_change"


def test_who_changed_the_area_of_a_home_does_not_also_change_its_line(desk, world) -> None:
    unit = desk.session.get_one(Unit, world.homes["401"].unit_id)
    facts = editing.HomeFacts(
        floor=unit.floor, area=unit.area + 1000, kind=unit.kind, status=unit.status, heirs_proving=False,
        tenant=False, remark="", representative_id=None,
    )  # fmt: skip
    editing.edit_home(
        desk.session, facts=facts, **desk.where, unit_id=unit.id, reason="面积登记错了", actor=desk.clerk,
        now=desk.after,
    )  # fmt: skip
    assert upheld(desk, unit.id) == "own_change"


def test_who_waits_names_no_representative_and_agrees_to_none(desk, world) -> None:
    unit_id = world.homes["401"].unit_id
    other = editing.add_owner(
        desk.session, **desk.where, unit_id=unit_id, name="王伟", phone="", reason="共有人补登记",
        actor=desk.second, now=desk.now,
    )  # fmt: skip
    desk.session.get_one(Owner, other).account_id = world.wang_wei.account_id
    desk.claim()
    naming = {**desk.where, "unit_id": unit_id, "naming_id": uuid4(), "now": desk.after}
    with pytest.raises(NotAllowed) as caught:
        representatives.propose_representative(
            desk.session, **naming, owner_id=other, actor=Actor(desk.his, "他")
        )
    assert caught.value.code == "awaits_check"
    wang_wei = Actor(world.wang_wei.account_id, "王伟")
    representatives.propose_representative(desk.session, **naming, owner_id=desk.owner.id, actor=wang_wei)
    with pytest.raises(NotAllowed) as caught:
        representatives.agree_to_representative(desk.session, **naming, actor=Actor(desk.his, "他"))
    assert caught.value.code == "awaits_check"
    desk.check(desk.second)
    representatives.agree_to_representative(desk.session, **naming, actor=Actor(desk.his, "他"))


def test_what_keeps_a_ballot_of_a_finished_vote_hidden_stands_on_the_pile(desk) -> None:
    desk.session.get_one(Vote, desk.vote.id).state = State.FINAL
    desk.claim()
    [line] = bindings.waiting_bindings(desk.session, **desk.where)
    assert line.account_id == desk.his
    asked = {**desk.where, "vote_id": desk.vote.id, "account_id": desk.his, "secret": desk.vote.secret}
    assert my_homes(desk.session, **asked)[0].waits
    desk.check(desk.second)
    assert not my_homes(desk.session, **asked)[0].waits
    assert bindings.count_bindings(desk.session, **desk.where) == 0


def test_parting_the_account_and_letting_it_in_by_phone_does_not_lose_the_desk_code(desk) -> None:
    account = desk.code_of_a_bound_owner()
    owners.unbind_owner(
        desk.session,
        **desk.where,
        owner_id=desk.owner.id,
        reason="绑错了账户",
        actor=desk.clerk,
        now=desk.after,
    )
    desk.confirm(account, desk.owner.id)
    assert desk.refused(account) == "awaits_check"


def test_who_waits_gives_no_mandate(desk) -> None:
    desk.claim()
    with pytest.raises(NotAllowed) as caught:
        mandates.give_mandate(
            desk.session, **desk.where, vote_id=desk.vote.id, mandate_id=uuid4(), owner_id=desk.owner.id,
            name="朋友", phone="13911114444", actor=Actor(desk.his, "他"), now=desk.after,
        )  # fmt: skip
    assert caught.value.code == "awaits_check"


def test_who_waits_takes_no_mandate_back(desk) -> None:
    account = Account(phone=desk.owner.phone, created_at=desk.now)
    desk.session.add(account)
    desk.session.flush()
    desk.confirm(account.id, desk.owner.id)
    deed = {**desk.where, "vote_id": desk.vote.id, "mandate_id": uuid4(), "actor": Actor(account.id, "他")}
    mandates.give_mandate(
        desk.session, **deed, owner_id=desk.owner.id, name="朋友", phone="13911114444", now=desk.after
    )  # fmt: skip
    desk.code()
    with pytest.raises(NotAllowed) as caught:
        mandates.revoke_mandate(desk.session, **deed, now=desk.after)
    assert caught.value.code == "awaits_check"
    desk.check(desk.second)
    mandates.revoke_mandate(desk.session, **deed, now=desk.after)


def test_who_waits_sees_no_ballot_that_was_cast_before_him(desk, world) -> None:
    account = Account(phone=desk.owner.phone, created_at=desk.now)
    desk.session.add(account)
    desk.session.flush()
    desk.confirm(account.id, desk.owner.id)
    desk.cast(account.id)
    desk.code()
    asked = {**desk.where, "vote_id": desk.vote.id, "account_id": account.id, "secret": desk.vote.secret}
    [home] = my_homes(desk.session, **asked)
    assert (home.waits, home.answers) == (True, None)
    desk.check(desk.second)
    [home] = my_homes(desk.session, **asked)
    assert (home.waits, home.answers) == (False, (FOR,))


def test_the_number_that_goes_is_told_once_and_so_is_the_number_of_who_is_bound_by_another(desk) -> None:
    old = desk.owner.phone
    desk.edit()
    told = desk.session.exec(select(Message.template).where(Message.phone == old)).all()
    assert told == ["owner_number_gone"]


def test_the_registers_number_hears_of_a_claim(desk) -> None:
    desk.claim()
    told = desk.session.exec(select(Message.template).where(Message.phone == desk.owner.phone)).all()
    assert told == ["owner_bound"]


def test_checks_after_the_notice_are_counted_in_public(desk) -> None:
    desk.claim()
    assert bindings.count_bindings(desk.session, **desk.where) == 1
    assert bindings.count_checked(desk.session, vote_id=desk.vote.id) == 0
    desk.check(desk.second)
    assert bindings.count_bindings(desk.session, **desk.where) == 0
    assert bindings.count_checked(desk.session, vote_id=desk.vote.id) == 1


def test_what_was_done_and_checked_does_not_change_in_the_database(desk) -> None:
    desk.claim()
    desk.check(desk.second)
    for change in ("UPDATE staff_binding SET looked_at = ''", "DELETE FROM staff_binding"):
        with pytest.raises(sa.exc.DBAPIError), desk.session.begin_nested():
            desk.session.execute(sa.text(change))


def test_no_way_into_the_register_moves_the_roll_the_weights_or_the_base_of_turnout(desk, world) -> None:
    session, homes = desk.session, world.homes
    vote = drafting.get_vote(session, **desk.where, vote_id=desk.vote.id)

    def posted() -> object:
        entries = session.exec(
            select(
                RollEntry.unit_id, RollEntry.revision, RollEntry.area, RollEntry.entry_hash, RollEntry.struck
            )
            .where(RollEntry.vote_id == desk.vote.id)
            .order_by(col(RollEntry.unit_id), col(RollEntry.revision))
        ).all()
        return list(entries), vote.roll_hash, counting.turnout(session, vote)

    before = posted()
    common = {**desk.where, "actor": desk.clerk, "now": desk.vote.opens_at + timedelta(hours=1)}
    desk.claim()
    owners.unbind_owner(session, **common, owner_id=homes["301"].owner_id, reason="绑错了账户")
    owners.edit_owner(
        session,
        **common,
        owner_id=homes["302"].owner_id,
        name="王二",
        phone="13911115555",
        reason="名字登记错了",
    )
    unit = session.get_one(Unit, homes["501"].unit_id)
    facts = editing.HomeFacts(
        floor=unit.floor, area=99999, kind=unit.kind, status=unit.status, heirs_proving=True, tenant=False,
        remark="", representative_id=None,
    )  # fmt: skip
    editing.edit_home(session, facts=facts, **common, unit_id=unit.id, reason="面积登记错了")
    # A sale: who sold goes, who bought comes.
    editing.add_owner(
        session, **common, unit_id=homes["502"].unit_id, name="买家", phone="13911116666", reason="已经过户了"
    )
    editing.remove_owner(
        session, **common, unit_id=homes["502"].unit_id, owner_id=homes["502"].owner_id, reason="已经卖房了"
    )
    desk.merge()
    desk.bring_in(["3,1,6,601,120,新业主,13911117777,"])
    assert posted() == before
    assert session.exec(select(sa.func.count()).select_from(Ownership)).one() >= 12


def test_the_figures_of_participation_equal_the_log(desk, world) -> None:
    for room, person in (("301", world.li_na), ("302", world.wang_wei), ("301", world.li_na)):
        desk.cast(person.account_id, room)
    cast = select(BallotEvent.unit_id).where(
        BallotEvent.vote_id == desk.vote.id, BallotEvent.kind == EventKind.CAST
    )
    logged = set(desk.session.exec(cast).all())
    vote = drafting.get_vote(desk.session, **desk.where, vote_id=desk.vote.id)
    areas = desk.session.exec(
        select(sa.func.sum(RollEntry.area)).where(
            RollEntry.vote_id == desk.vote.id, col(RollEntry.unit_id).in_(logged)
        )
    ).one()
    turnout = counting.turnout(desk.session, vote)
    assert logged == {world.homes["301"].unit_id, world.homes["302"].unit_id}
    assert (turnout.homes_cast, turnout.quorum.area.part) == (2, areas)


def test_a_check_and_a_ballot_at_once_leave_one_ballot_or_a_refusal_and_never_a_fault(
    database, world, vote, now
) -> None:
    with database.transaction() as session:
        desk = Desk(session, world, vote, now)
        account = desk.claim()
        [row] = desk.rows()
        binding_id = row.id

    def look() -> str:
        with database.transaction() as session:
            checking.check_binding(
                session,
                estate_id=world.estate_id,
                binding_id=binding_id,
                looked_at="打原来的电话问过本人",
                actor=Actor(world.zhao_min.account_id, "赵敏"),
                now=now,
            )
        return "checked"

    def cast() -> str:
        try:
            with database.transaction() as session:
                vote.cast(session, world.homes["401"].unit_id, account, FOR, vote.opens_at)
        except NotAllowed as refusal:
            return refusal.code
        return "cast"

    with ThreadPoolExecutor(2) as pool:
        came = [future.result() for future in (pool.submit(look), pool.submit(cast))]
    assert came[0] == "checked"
    assert came[1] in {"cast", "awaits_check"}
    assert cast() == "cast"


def test_a_code_of_another_desk_that_a_check_meets_still_waits(database, world, vote, now) -> None:
    """The other estate's desk holds another register's lock: only the owner's row keeps the two apart."""
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer")
    with database.transaction() as session:
        desk = Desk(session, world, vote, now)
        account = desk.claim()
        [row] = desk.rows()
        binding_id, owner_id, after = row.id, desk.owner.id, desk.after

    def look() -> None:
        with database.transaction() as session:
            # A page reads the owner before its deed does.
            session.get(Owner, owner_id)
            checking.check_binding(
                session, estate_id=world.estate_id, binding_id=binding_id, looked_at="打原来的电话问过本人",
                actor=Actor(world.zhao_min.account_id, "赵敏"), now=after,
            )  # fmt: skip

    with ThreadPoolExecutor(1) as pool, database.transaction() as session:
        act = checking.Act(BindingCause.DESK_CODE, world.zhou_tao.account_id, after + timedelta(minutes=1))
        checking.rest_account_on(session, account_id=account, act=act)
        looking = pool.submit(look)
        with pytest.raises(TimeoutError):
            looking.result(timeout=1)
        session.commit()
        looking.result(timeout=20)
    with database.transaction() as session:
        assert session.get_one(Owner, owner_id).waits_since == act.at
