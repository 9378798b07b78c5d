"""The register by hand: every change has its reason in the trail, and nobody's ballot is lost by it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.errors import Conflict, Invalid, NotFound
from app.models.estates import Owner, Unit
from app.models.outbox import Message
from app.rules.estates.units import UnitKind, UnitStatus
from app.services.estates.applying import homes_to_keep
from app.services.estates.editing import HomeFacts, add_owner, edit_home, remove_owner
from app.services.estates.owners import edit_owner, merge_owners, unbind_owner
from app.services.estates.register import count_register, find_homes, get_home, list_homes, list_ownerless
from app.services.estates.units import list_buildings, list_rooms
from app.services.trail import Actor, first_broken_row, list_rows
from tests.fixtures.votes import ElevatorVote
from tests.fixtures.world import World

WHY = "凭不动产权证更正"
FACTS = HomeFacts(area=8000, floor=3, kind=UnitKind.DWELLING, status=UnitStatus.NORMAL)


@dataclass
class Clerk:
    """chen_jie with the register of 幸福里 open."""

    session: Session
    world: World
    now: datetime

    def do(self, act: Callable[..., Any], **options: Any) -> Any:
        given = {"estate_id": self.world.estate_id, "reason": WHY, "now": self.now}
        actor = Actor(self.world.chen_jie.account_id, "陈洁")
        return act(self.session, actor=actor, **{**given, **options})

    def unit(self, room: str) -> UUID:
        return self.world.homes[room].unit_id

    def owner(self, room: str) -> UUID:
        return self.world.homes[room].owner_id

    def names(self, room: str) -> list[str]:
        sheet = get_home(self.session, estate_id=self.world.estate_id, unit_id=self.unit(room))
        return [owner.name for owner in sheet.home.owners]

    def tags(self) -> list[str]:
        return [line.tag for line in list_rows(self.session, estate_id=self.world.estate_id)]

    def letters(self, account_id: UUID) -> list[str]:
        return list(self.session.exec(select(Message.template).where(Message.account_id == account_id)))


@pytest.fixture
def clerk(session: Session, world: World, now: datetime) -> Clerk:
    return Clerk(session, world, now)


def test_a_correction_is_in_the_trail_with_old_new_and_reason(clerk: Clerk) -> None:
    facts = replace(FACTS, area=8123, status=UnitStatus.UNSOLD)
    assert clerk.do(edit_home, unit_id=clerk.unit("301"), facts=facts)
    line = list_rows(clerk.session, estate_id=clerk.world.estate_id)[0]
    assert (line.tag, line.reason) == ("estates:home:edit", WHY)
    assert "area＝8000" in line.old
    assert "area＝8123" in line.new
    assert first_broken_row(clerk.session, estate_id=clerk.world.estate_id) is None


def test_saving_without_a_change_leaves_no_trace(clerk: Clerk) -> None:
    assert not clerk.do(edit_home, unit_id=clerk.unit("301"), facts=FACTS)
    assert clerk.tags() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"area": 0}, "area"),
        ({"area": -1}, "area"),
        ({"area": 10_000_001}, "area"),
        ({"floor": 200}, "floor"),
        ({"remark": "长" * 201}, "remark"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(clerk: Clerk, change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        clerk.do(edit_home, unit_id=clerk.unit("301"), facts=replace(FACTS, **change))
    assert refused.value.field == field


@pytest.mark.parametrize("reason", ["", "   ", "更正", "\u200b\u200b\u200b\u200b\u200b"])
def test_no_change_without_a_reason(clerk: Clerk, reason: str) -> None:
    acts: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (edit_home, {"unit_id": clerk.unit("301"), "facts": FACTS}),
        (add_owner, {"unit_id": clerk.unit("301"), "name": "王", "phone": ""}),
        (remove_owner, {"unit_id": clerk.unit("301"), "owner_id": clerk.owner("301")}),
        (edit_owner, {"owner_id": clerk.owner("301"), "name": "王", "phone": ""}),
        (unbind_owner, {"owner_id": clerk.owner("301")}),
        (merge_owners, {"owner_id": clerk.owner("301"), "other_id": clerk.owner("302")}),
    ]
    for act, options in acts:
        with pytest.raises(Invalid) as refused:
            clerk.do(act, **options, reason=reason)
        assert refused.value.field == "reason"


def test_only_an_owner_of_the_home_represents_it(clerk: Clerk) -> None:
    with pytest.raises(Invalid):
        clerk.do(
            edit_home, unit_id=clerk.unit("301"), facts=replace(FACTS, representative_id=clerk.owner("302"))
        )
    assert clerk.do(
        edit_home, unit_id=clerk.unit("301"), facts=replace(FACTS, representative_id=clerk.owner("301"))
    )
    clerk.do(remove_owner, unit_id=clerk.unit("301"), owner_id=clerk.owner("301"))
    assert clerk.session.get_one(Unit, clerk.unit("301")).representative_id is None


def test_name_and_number_agreeing_is_the_same_owner(clerk: Clerk) -> None:
    phone = clerk.world.li_na.phone
    added = clerk.do(add_owner, unit_id=clerk.unit("401"), name="li_na", phone=phone)
    assert added == clerk.owner("301")
    assert clerk.do(add_owner, unit_id=clerk.unit("401"), name="li_na", phone=phone) == added
    assert clerk.names("401") == ["业主401", "li_na"]
    assert clerk.tags() == ["estates:home:add_owner"]


def test_a_name_without_a_number_is_somebody_new(clerk: Clerk) -> None:
    assert clerk.do(add_owner, unit_id=clerk.unit("401"), name="li_na", phone="") != clerk.owner("301")


def test_an_owner_taking_anothers_name_and_number_must_be_joined_with_him(clerk: Clerk) -> None:
    with pytest.raises(Conflict, match="合并"):
        clerk.do(edit_owner, owner_id=clerk.owner("401"), name="li_na", phone=clerk.world.li_na.phone)


def test_a_changed_number_is_normal_form_and_masked_in_the_trail(clerk: Clerk) -> None:
    assert clerk.do(edit_owner, owner_id=clerk.owner("401"), name="周强", phone="137 0000 9999")
    assert clerk.session.get_one(Owner, clerk.owner("401")).phone == "+8613700009999"
    assert "9999" in list_rows(clerk.session, estate_id=clerk.world.estate_id)[0].new
    assert "13700009999" not in list_rows(clerk.session, estate_id=clerk.world.estate_id)[0].new
    with pytest.raises(Invalid) as refused:
        clerk.do(edit_owner, owner_id=clerk.owner("401"), name="周强", phone="12345")
    assert refused.value.field == "phone"


def test_a_removed_owner_goes_unless_he_is_bound_and_is_told_if_he_is(clerk: Clerk) -> None:
    for room in ("301", "401"):
        clerk.do(remove_owner, unit_id=clerk.unit(room), owner_id=clerk.owner(room))
        assert clerk.names(room) == []
    assert clerk.session.get(Owner, clerk.owner("301")) is not None
    assert clerk.session.get(Owner, clerk.owner("401")) is None
    assert clerk.letters(clerk.world.li_na.account_id) == ["home_taken_off"]
    assert [home.room for home in list_ownerless(clerk.session, estate_id=clerk.world.estate_id)] == [
        "301",
        "401",
    ]


def test_unbinding_tells_the_person_and_twice_is_once(clerk: Clerk) -> None:
    for _ in range(2):
        clerk.do(unbind_owner, owner_id=clerk.owner("301"))
    assert clerk.session.get_one(Owner, clerk.owner("301")).account_id is None
    assert clerk.letters(clerk.world.li_na.account_id) == ["owner_unbound"]
    assert clerk.tags() == ["estates:owner:unbind"]


def _second_li_na(clerk: Clerk) -> UUID:
    added: UUID = clerk.do(add_owner, unit_id=clerk.unit("401"), name="li_na", phone="13700001111")
    return added


def test_joined_owners_share_homes_numbers_and_account(clerk: Clerk) -> None:
    other = _second_li_na(clerk)
    sheet = get_home(clerk.session, estate_id=clerk.world.estate_id, unit_id=clerk.unit("301"))
    assert [(line.id, homes) for _, line, homes in sheet.namesakes] == [(other, "3号楼1单元401室")]
    clerk.do(merge_owners, owner_id=other, other_id=clerk.owner("301"))
    joined = clerk.session.get_one(Owner, other)
    assert joined.account_id == clerk.world.li_na.account_id
    assert (joined.phone, joined.other_phones) == ("+8613700001111", f" {clerk.world.li_na.phone} ")
    assert clerk.session.get(Owner, clerk.owner("301")) is None
    assert (clerk.names("301"), clerk.names("401")) == (["li_na"], ["业主401", "li_na"])


def test_owners_of_two_names_or_two_accounts_are_not_joined(clerk: Clerk) -> None:
    with pytest.raises(Conflict, match="姓名不同"):
        clerk.do(merge_owners, owner_id=clerk.owner("301"), other_id=clerk.owner("401"))
    other = clerk.session.get_one(Owner, _second_li_na(clerk))
    other.account_id = clerk.world.wang_wei.account_id
    with pytest.raises(Conflict, match="不同的账户"):
        clerk.do(merge_owners, owner_id=clerk.owner("301"), other_id=other.id)


def test_a_row_named_on_a_roll_stays_and_opens_the_same_persons_ballot(
    clerk: Clerk, vote: ElevatorVote
) -> None:
    other = _second_li_na(clerk)
    clerk.do(merge_owners, owner_id=other, other_id=clerk.owner("301"))
    kept = clerk.session.get_one(Owner, clerk.owner("301"))
    assert kept.account_id == clerk.world.li_na.account_id == clerk.session.get_one(Owner, other).account_id
    clerk.do(remove_owner, unit_id=clerk.unit("402"), owner_id=clerk.owner("402"))
    assert clerk.session.get(Owner, clerk.owner("402")) is not None


def test_homes_on_a_roll_or_lived_in_are_kept(clerk: Clerk, vote: ElevatorVote) -> None:
    kept = homes_to_keep(clerk.session, estate_id=clerk.world.estate_id)
    assert {"3-1-101", "3-1-501", "3-1-602"} <= kept
    assert homes_to_keep(clerk.session, estate_id=clerk.world.other_estate_id) == frozenset()


def test_without_the_right_names_and_numbers_are_masked(clerk: Clerk) -> None:
    for masked, name in ((True, "l**"), (False, "li_na")):
        homes = list_homes(clerk.session, estate_id=clerk.world.estate_id, building="3", masked=masked)
        owner = next(home for home in homes if home.room == "301").owners[0]
        assert owner.name == name
        assert ("****" in owner.phones[0]) is masked


def test_a_home_is_found_by_room_name_or_end_of_a_number(clerk: Clerk) -> None:
    for text, rooms in (
        ("301", ["301"]),
        ("li_", ["301"]),
        ("4020", ["402"]),
        ("%", []),
        ("", []),
        ("999", []),
    ):
        found = find_homes(clerk.session, estate_id=clerk.world.estate_id, text=text)
        assert [home.room for home in found] == rooms


def test_buildings_are_listed_as_they_stand_and_rooms_tell_no_owner(clerk: Clerk) -> None:
    for name in ("10", "2", "地下"):
        clerk.session.add(
            Unit(
                estate_id=clerk.world.estate_id,
                building=name,
                floor=1,
                room="1",
                area=100,
                kind=UnitKind.DWELLING,
                status=UnitStatus.NORMAL,
            )
        )
    buildings = list_buildings(clerk.session, estate_id=clerk.world.estate_id)
    assert [line.building for line in buildings] == ["2", "3", "10", "地下"]
    assert (buildings[1].homes, buildings[1].area) == (12, 96_000)
    rooms = list_rooms(clerk.session, estate_id=clerk.world.estate_id, building="3", entrance="1")
    assert rooms[0] == (clerk.unit("101"), "101")
    count = count_register(clerk.session, estate_id=clerk.world.estate_id)
    assert (count.homes, count.ownerless, count.owners, count.bound) == (15, 3, 12, 2)


def test_nothing_of_another_estate_is_found(clerk: Clerk) -> None:
    elsewhere = {"estate_id": clerk.world.other_estate_id}
    unit, owner = {"unit_id": clerk.unit("301")}, {"owner_id": clerk.owner("301")}
    with pytest.raises(NotFound):
        get_home(clerk.session, **elsewhere, **unit)
    acts: list[tuple[Callable[..., Any], dict[str, Any]]] = [
        (edit_home, {**unit, "facts": FACTS}),
        (add_owner, {**unit, "name": "王", "phone": ""}),
        (remove_owner, {**unit, **owner}),
        (edit_owner, {**owner, "name": "王", "phone": ""}),
        (unbind_owner, owner),
        (merge_owners, {**owner, "other_id": clerk.owner("302")}),
    ]
    for act, options in acts:
        with pytest.raises(NotFound):
            clerk.do(act, **elsewhere, **options)
