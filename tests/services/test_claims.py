"""Claims: the phone agrees, or the committee looks at a certificate; nobody is displaced in silence."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlmodel import Session, select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.accounts import Account
from app.models.estates import Claim, ClaimState, Owner, Ownership, Residence
from app.models.files import StoredFile
from app.models.outbox import Message
from app.services.accounts.desk import redeem_desk_code
from app.services.accounts.guesses import CodeLimits
from app.services.estates import binding, claim_desk, claims
from app.services.estates.register import get_home
from app.services.estates.standing import standing_of
from app.services.trail import Actor, list_rows
from app.templating import render_message
from tests.fixtures.world import Somebody, World


def photo() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(written, "JPEG")
    return written.getvalue()


@dataclass
class Counter:
    """Both sides of the counter: whoever claims, and chen_jie behind it."""

    session: Session
    world: World
    now: datetime

    @property
    def clerk(self) -> Actor:
        return Actor(self.world.chen_jie.account_id, "陈洁")

    def submit(self, who: Somebody, room: str = "401", **changes: Any) -> UUID:
        given: dict[str, Any] = {
            "estate_id": self.world.estate_id,
            "claim_id": uuid4(),
            "account_id": who.account_id,
            "unit_id": self.world.homes[room].unit_id,
            "relation": "owner",
            "name": "周强",
            "note": "",
            "photo": photo(),
            "photo_name": "证.jpg",
            "now": self.now,
        }
        return claims.submit_claim(self.session, **{**given, **changes})

    def approve(self, claim_id: UUID, owner_id: UUID | None = None, reason: str = "", **changes: Any) -> None:
        given = {"estate_id": self.world.estate_id, "actor": self.clerk, "now": self.now}
        claim_desk.approve_claim(
            self.session, claim_id=claim_id, owner_id=owner_id, reason=reason, **{**given, **changes}
        )

    def refuse(self, claim_id: UUID, reason: str = "照片看不清楚", **changes: Any) -> None:
        given = {"estate_id": self.world.estate_id, "actor": self.clerk, "now": self.now}
        claim_desk.refuse_claim(self.session, claim_id=claim_id, reason=reason, **{**given, **changes})

    def confirm(self, account_id: UUID, owner_id: UUID) -> None:
        binding.confirm_home(
            self.session,
            estate_id=self.world.estate_id,
            account_id=account_id,
            owner_id=owner_id,
            now=self.now,
        )

    def account(self, phone: str | None) -> UUID:
        account = Account(phone=phone, created_at=self.now)
        self.session.add(account)
        self.session.flush()
        return account.id

    def owner(self, room: str) -> Owner:
        return self.session.get_one(Owner, self.world.homes[room].owner_id)

    def letters(self, account_id: UUID) -> list[str]:
        rows = self.session.exec(select(Message).where(Message.account_id == account_id))
        return [render_message(row.template, row.values) for row in rows]


@pytest.fixture
def counter(session: Session, world: World, now: datetime) -> Counter:
    return Counter(session, world, now)


def test_the_registered_phone_confirms_and_makes_an_owner(counter: Counter, world: World) -> None:
    account = counter.account(counter.owner("401").phone)
    matches = binding.find_matches(
        counter.session, estate_id=world.estate_id, phone=counter.owner("401").phone
    )
    assert [(match.name, match.homes) for match in matches] == [("业主401", ("3号楼1单元401室",))]
    for _ in range(2):
        counter.confirm(account, counter.owner("401").id)
    assert counter.owner("401").account_id == account
    assert counter.session.get_one(Account, account).name == "业主401"
    assert standing_of(counter.session, estate_id=world.estate_id, account_id=account).is_owner


def test_another_phone_confirms_nothing_and_no_phone_neither(counter: Counter, world: World) -> None:
    for account in (world.stranger.account_id, counter.account(None)):
        with pytest.raises(NotFound):
            counter.confirm(account, counter.owner("401").id)
    assert binding.find_matches(counter.session, estate_id=world.estate_id, phone=None) == []
    assert (
        binding.find_matches(
            counter.session, estate_id=world.other_estate_id, phone=counter.owner("401").phone
        )
        == []
    )


def test_of_two_names_with_one_phone_a_person_is_only_one(counter: Counter, world: World) -> None:
    phone = counter.owner("401").phone
    counter.owner("402").phone = phone
    account = counter.account(phone)
    assert len(binding.find_matches(counter.session, estate_id=world.estate_id, phone=phone)) == 2
    counter.confirm(account, counter.owner("402").id)
    with pytest.raises(Conflict, match="另一位业主"):
        counter.confirm(account, counter.owner("401").id)
    assert counter.owner("401").account_id is None


def test_a_second_number_of_an_owner_confirms_too(counter: Counter) -> None:
    counter.owner("401").other_phones = " +8613712345678 "
    account = counter.account("+8613712345678")
    counter.confirm(account, counter.owner("401").id)
    assert counter.owner("401").account_id == account


def test_whoever_confirms_second_does_not_displace_the_first(counter: Counter, world: World) -> None:
    counter.owner("301").phone = "+8613712345678"
    with pytest.raises(Conflict, match="已经绑定"):
        counter.confirm(counter.account("+8613712345678"), counter.owner("301").id)
    assert counter.owner("301").account_id == world.li_na.account_id


def test_a_co_owner_already_there_is_told_of_the_newcomer(counter: Counter, world: World) -> None:
    counter.session.add(
        Ownership(unit_id=world.homes["301"].unit_id, owner_id=counter.owner("401").id, position=1)
    )
    counter.confirm(counter.account(counter.owner("401").phone), counter.owner("401").id)
    assert any(
        "业** 刚刚以业主身份加入了 3号楼1单元301室" in text
        for text in counter.letters(world.li_na.account_id)
    )


def test_an_approved_owner_is_bound_told_and_the_photo_is_gone(counter: Counter, world: World) -> None:
    claim_id = counter.submit(world.stranger)
    assert counter.session.exec(select(StoredFile.private)).all() == [True]
    for _ in range(2):
        counter.approve(claim_id, counter.owner("401").id)
    assert counter.owner("401").account_id == world.stranger.account_id
    assert counter.session.exec(select(StoredFile)).all() == []
    assert counter.letters(world.stranger.account_id) == ["您对 3号楼1单元401室 的认领已经通过。"]
    tags = [line.tag for line in list_rows(counter.session, estate_id=world.estate_id)]
    assert tags == ["estates:claim:approve"]


def test_an_owner_must_be_picked_and_of_this_home(counter: Counter, world: World) -> None:
    claim_id = counter.submit(world.stranger)
    for owner_id in (None, counter.owner("402").id, uuid4()):
        with pytest.raises(Invalid) as refused:
            counter.approve(claim_id, owner_id, "看过产权证原件")
        assert refused.value.field == "owner_id"


def test_a_second_claimant_waits_until_the_first_is_unbound(counter: Counter, world: World) -> None:
    claim_id = counter.submit(world.stranger, "301")
    with pytest.raises(Conflict, match="解除原来的绑定"):
        counter.approve(claim_id, counter.owner("301").id)
    assert counter.owner("301").account_id == world.li_na.account_id


def test_an_heir_is_added_as_owner_only_with_a_reason(counter: Counter, world: World) -> None:
    claim_id = counter.submit(world.stranger, relation="heir", name="周小强")
    with pytest.raises(Invalid) as refused:
        counter.approve(claim_id)
    assert refused.value.field == "reason"
    counter.approve(claim_id, reason="公证处继承权公证书原件")
    home = get_home(counter.session, estate_id=world.estate_id, unit_id=world.homes["401"].unit_id).home
    assert [(owner.name, owner.bound_at is not None) for owner in home.owners] == [
        ("业主401", False),
        ("周小强", True),
    ]


@pytest.mark.parametrize("relation", ["tenant", "family"])
def test_tenants_and_family_become_residents_without_a_photo(
    counter: Counter, world: World, relation: str
) -> None:
    counter.approve(counter.submit(world.stranger, relation=relation, photo=b""))
    standing = standing_of(counter.session, estate_id=world.estate_id, account_id=world.stranger.account_id)
    assert (standing.is_resident, standing.is_owner) == (True, False)
    assert counter.session.get(Residence, (world.stranger.account_id, world.homes["401"].unit_id))


def test_a_refusal_has_a_reason_the_claimant_reads_and_the_photo_goes(counter: Counter, world: World) -> None:
    claim_id = counter.submit(world.stranger)
    with pytest.raises(Invalid):
        counter.refuse(claim_id, "不行")
    for _ in range(2):
        counter.refuse(claim_id)
    mine = claims.list_my_claims(
        counter.session, estate_id=world.estate_id, account_id=world.stranger.account_id
    )
    assert [(claim.state, claim.reason) for claim in mine] == [(ClaimState.REFUSED, "照片看不清楚")]
    assert "照片看不清楚" in counter.letters(world.stranger.account_id)[0]
    assert counter.session.exec(select(StoredFile)).all() == []
    with pytest.raises(Conflict):
        counter.approve(claim_id, counter.owner("401").id)
    assert counter.submit(world.stranger) != claim_id


def test_only_its_maker_takes_a_claim_back(counter: Counter, world: World) -> None:
    claim_id = counter.submit(world.stranger)
    with pytest.raises(NotFound):
        claims.withdraw_claim(
            counter.session,
            estate_id=world.estate_id,
            claim_id=claim_id,
            account_id=world.wang_wei.account_id,
        )
    for _ in range(2):
        claims.withdraw_claim(
            counter.session,
            estate_id=world.estate_id,
            claim_id=claim_id,
            account_id=world.stranger.account_id,
        )
    assert counter.session.exec(select(StoredFile)).all() == []
    with pytest.raises(Conflict):
        counter.refuse(claim_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"photo": b""}, "photo"),
        ({"photo": b"GIF89a"}, "photo"),
        ({"relation": "heir", "photo": b""}, "photo"),
        ({"relation": "king"}, "relation"),
        ({"name": " "}, "name"),
        ({"name": "长" * 51}, "name"),
        ({"note": "长" * 1001}, "note"),
        ({"unit_id": None}, "unit_id"),
    ],
)
def test_what_is_missing_is_named_at_its_field(
    counter: Counter, world: World, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        counter.submit(world.stranger, **changes)
    assert refused.value.field == field
    assert counter.session.exec(select(Claim)).all() == []


def test_a_claim_arriving_twice_is_one_and_asking_again_is_refused(counter: Counter, world: World) -> None:
    claim_id = counter.submit(world.stranger)
    assert counter.submit(world.stranger, claim_id=claim_id) == claim_id
    with pytest.raises(Conflict, match="正在等待核实"):
        counter.submit(world.stranger)


def test_nobody_claims_what_is_his_or_more_than_five_at_a_time(counter: Counter, world: World) -> None:
    with pytest.raises(Conflict, match="已经是"):
        counter.submit(world.li_na, "301")
    with pytest.raises(Conflict, match="已经登记住在"):
        counter.submit(world.qian_er, "501", relation="tenant")
    for room in ("101", "102", "201", "202", "401"):
        counter.submit(world.stranger, room)
    with pytest.raises(Conflict, match="5 个认领"):
        counter.submit(world.stranger, "402")


def test_nobody_decides_on_his_own_claim(counter: Counter, world: World) -> None:
    claim_id = counter.submit(world.chen_jie)
    for act in (lambda: counter.approve(claim_id, counter.owner("401").id), lambda: counter.refuse(claim_id)):
        with pytest.raises(NotAllowed):
            act()


def test_claims_of_another_estate_are_not_found(counter: Counter, world: World) -> None:
    claim_id = counter.submit(world.stranger)
    elsewhere = {"estate_id": world.other_estate_id}
    with pytest.raises(NotFound):
        claim_desk.get_claim(counter.session, claim_id=claim_id, **elsewhere)
    with pytest.raises(NotFound):
        counter.approve(claim_id, counter.owner("401").id, **elsewhere)
    with pytest.raises(NotFound):
        counter.refuse(claim_id, **elsewhere)
    with pytest.raises(NotFound):
        counter.submit(world.stranger, "402", **elsewhere)
    assert claim_desk.list_claims(counter.session, pending=True, **elsewhere) == []


def _print(counter: Counter, secret: bytes, room: str = "401", **changes: Any) -> str:
    home = counter.world.homes[room]
    given: dict[str, Any] = {
        "estate_id": counter.world.estate_id,
        "unit_id": home.unit_id,
        "owner_id": home.owner_id,
        "reason": "本人持身份证到场",
        "actor": counter.clerk,
        "now": counter.now,
        "secret": secret,
    }
    return binding.print_owner_code(counter.session, **{**given, **changes})


def _redeem(counter: Counter, code: str, secret: bytes) -> UUID | None:
    limits = CodeLimits(5, 20, 2000, 60, 10, 200)
    return redeem_desk_code(
        counter.session, code=code, address="1.2.3.4", now=counter.now, secret=secret, limits=limits
    ).account_id


def test_the_desk_lets_in_an_owner_without_sms(counter: Counter, world: World, secret: bytes) -> None:
    code = _print(counter, secret)
    account_id = counter.owner("401").account_id
    assert account_id
    assert _redeem(counter, code, secret) == account_id
    assert standing_of(counter.session, estate_id=world.estate_id, account_id=account_id).is_owner
    again = _print(counter, secret)
    assert counter.owner("401").account_id == account_id
    assert _redeem(counter, again, secret) == account_id
    lines = list_rows(counter.session, estate_id=world.estate_id)
    assert {"estates:owner:desk_code", "accounts:desk_code:print"} <= {line.tag for line in lines}


def test_a_code_needs_a_reason_and_an_owner_of_this_home(counter: Counter, secret: bytes) -> None:
    with pytest.raises(Invalid):
        _print(counter, secret, reason="")
    for changes in (
        {"owner_id": counter.owner("402").id},
        {"unit_id": counter.world.homes["402"].unit_id},
        {"estate_id": counter.world.other_estate_id},
    ):
        with pytest.raises(NotFound):
            _print(counter, secret, **changes)
    assert counter.owner("401").account_id is None
