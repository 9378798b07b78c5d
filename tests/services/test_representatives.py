"""Co-owners name who votes: all agree or nothing changes; posted rolls are corrected only through the desk."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from app.models.estates import Owner, RepresentativeConsent, RepresentativeNaming, Unit
from app.models.files import StoredFile
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.models.votes import RollCorrection
from app.rules.estates.representatives import NamingState
from app.services.estates import editing, representatives_reading
from app.services.estates.ownership import set_owners
from app.services.estates.representatives_reading import (
    awaiting_consent,
    count_for_paper,
    list_open_namings,
    read_representative,
)
from app.services.trail import Actor
from app.services.votes import corrections, representing, roll
from tests.fixtures.household import Household

WHY = "想由我自己来投票"


def told(session, template: str) -> set[object]:
    query = select(Message.account_id).where(Message.template == template)
    return set(session.exec(query))


def tags(session) -> list[str]:
    query = select(TrailRow.tag).where(col(TrailRow.tag).startswith("estates:naming"))
    return [tag.rsplit(":", 1)[1] for tag in session.exec(query.order_by(col(TrailRow.seq)))]


def test_the_register_changes_only_when_the_last_co_owner_has_agreed(
    household: Household, session, world
) -> None:
    household.add(session, "zhao_min")
    naming = household.propose(session, "li_na", for_whom="wang_wei")
    assert household.agree(session, "wang_wei", naming) is None
    assert household.agree(session, "wang_wei", naming) is None
    assert household.representative(session) is None
    assert household.agree(session, "zhao_min", naming) == world.li_na.account_id
    assert household.representative(session) == household.owners["wang_wei"]
    assert household.agree(session, "zhao_min", naming) is None
    everybody = {world.people[name].account_id for name in ("li_na", "wang_wei", "zhao_min")}
    assert told(session, "naming_asked") == everybody - {world.li_na.account_id}
    assert told(session, "naming_agreed") == everybody
    assert tags(session) == ["propose", "agree"]


def test_a_refusal_ends_it_with_a_reason_and_another_may_be_proposed(
    household: Household, session, world
) -> None:
    naming = household.propose(session, "li_na")
    with pytest.raises(NotAllowed):
        household.refuse(session, "li_na", naming)
    with pytest.raises(Invalid):
        household.refuse(session, "wang_wei", naming, reason="不")
    household.refuse(session, "wang_wei", naming)
    household.refuse(session, "wang_wei", naming)
    with pytest.raises(Conflict):
        household.agree(session, "wang_wei", naming)
    assert household.representative(session) is None
    last = household.sheet(session, "li_na").last
    assert (last.state, last.reason, last.ended_by) == (NamingState.REFUSED, WHY, "wang_wei")
    assert told(session, "naming_refused") == {world.li_na.account_id}
    # The household's own words are not in a record that others read.
    assert all(WHY not in row.reason for row in session.exec(select(TrailRow)))
    household.add(session, "zhao_min")
    again = household.propose(session, "wang_wei")
    household.agree(session, "li_na", again)
    household.refuse(session, "li_na", again)
    with pytest.raises(Conflict):
        household.agree(session, "zhao_min", again)


def test_a_buyer_does_not_read_what_the_owners_before_him_disagreed_on(
    household: Household, session, now
) -> None:
    naming = household.propose(session, "li_na")
    household.refuse(session, "wang_wei", naming)
    household.add(session, "zhao_min")
    assert household.sheet(session, "zhao_min").last
    unit = session.get_one(Unit, household.unit_id)
    ids = [household.owners["zhao_min"], household.owners["li_na"]]
    set_owners(session, unit=unit, owner_ids=ids, now=now)
    assert household.sheet(session, "zhao_min").last is None
    assert household.sheet(session, "li_na").last.reason == WHY


def test_the_desk_reads_all_open_namings_at_once(household: Household, session, world, monkeypatch) -> None:
    household.propose(session, "li_na")
    account_id = world.chen_jie.account_id
    monkeypatch.setattr(representatives_reading, "agreed_to", None)
    [line] = list_open_namings(session, estate_id=world.estate_id, account_id=account_id)
    assert ([owner.name for owner in line.owners], line.missing) == (["li_na", "wang_wei"], ("wang_wei",))


def test_the_proposer_alone_withdraws_and_three_a_day_are_enough(household: Household, session, now) -> None:
    for _ in range(3):
        naming = household.propose(session, "li_na")
        with pytest.raises(NotAllowed):
            household.withdraw(session, "wang_wei", naming)
        household.withdraw(session, "li_na", naming)
        household.withdraw(session, "li_na", naming)
    with pytest.raises(Conflict):
        household.agree(session, "wang_wei", naming)
    with pytest.raises(TooMany):
        household.propose(session, "li_na")
    household.propose(session, "li_na", at=now + timedelta(days=1, seconds=1))


def test_what_cannot_be_proposed_is_refused(household: Household, session, world) -> None:
    first = uuid4()
    household.propose(session, "li_na", naming_id=first)
    household.propose(session, "li_na", naming_id=first)
    assert len(session.exec(select(RepresentativeNaming)).all()) == 1
    for who in ("li_na", "wang_wei"):
        with pytest.raises(Conflict) as refused:
            household.propose(session, who)
        assert refused.value.code == "naming_open"
    household.withdraw(session, "li_na", first)
    with pytest.raises(Invalid):
        household.propose(session, "li_na", for_whom=None)
    with pytest.raises(Invalid):
        household.propose(session, "li_na", owner_id=world.homes["401"].owner_id)
    for outsider in ("qian_er", "chen_jie", "stranger"):
        with pytest.raises(NotAllowed):
            household.propose(session, outsider)
    with pytest.raises(Conflict) as refused:
        household.propose(session, "wang_wei", room="302")
    assert refused.value.code == "one_owner"


def test_co_owners_go_back_to_any_of_them(household: Household, session) -> None:
    household.settle(session, for_whom="li_na")
    naming = household.propose(session, "wang_wei", for_whom=None)
    household.agree(session, "li_na", naming)
    assert household.representative(session) is None


def test_other_owners_or_another_representative_void_an_open_naming(
    household: Household, session, world, now
) -> None:
    naming = household.propose(session, "li_na")
    ids = [*household.owners.values()]
    unit = session.get_one(Unit, household.unit_id)
    set_owners(session, unit=unit, owner_ids=ids[::-1], now=now)
    assert session.get_one(RepresentativeNaming, naming).state is NamingState.OPEN
    set_owners(session, unit=unit, owner_ids=[*ids, world.homes["401"].owner_id], now=now)
    assert session.get_one(RepresentativeNaming, naming).state is NamingState.VOID
    assert told(session, "naming_void") == {world.li_na.account_id}
    with pytest.raises(Conflict):
        household.agree(session, "wang_wei", naming)
    again = household.propose(session, "li_na")
    facts = editing.HomeFacts(unit.area, unit.floor, unit.kind, unit.status, representative_id=ids[0])
    desk = Actor(world.chen_jie.account_id, "chen_jie")
    where = {"estate_id": world.estate_id, "unit_id": unit.id}
    editing.edit_home(session, **where, facts=facts, reason="业主到窗口办理", actor=desk, now=now)
    assert session.get_one(RepresentativeNaming, again).state is NamingState.VOID


def test_an_account_parted_from_its_owner_agrees_for_nobody(household: Household, session, world) -> None:
    household.add(session, "zhao_min")
    naming = household.propose(session, "li_na")
    household.agree(session, "wang_wei", naming)
    session.get_one(Owner, household.owners["wang_wei"]).account_id = None
    session.flush()
    assert household.agree(session, "zhao_min", naming) is None
    assert household.sheet(session, "li_na").open.missing == ("wang_wei",)


def test_an_owner_without_an_account_needs_the_paper(household: Household, session, world) -> None:
    household.add_silent(session)
    naming = household.propose(session, "li_na")
    assert household.agree(session, "wang_wei", naming) is None
    assert count_for_paper(session, estate_id=world.estate_id) == 1
    with pytest.raises(Invalid) as refused:
        household.confirm(session, naming, scan=b"")
    assert refused.value.field == "scan"
    with pytest.raises(NotAllowed):
        household.confirm(session, naming, who="wang_wei")
    assert household.confirm(session, naming) == world.li_na.account_id
    assert household.confirm(session, naming) is None
    assert household.sheet(session, "wang_wei").last.state is NamingState.AGREED
    assert household.representative(session) == household.owners["li_na"]
    assert session.exec(select(StoredFile)).one().private
    assert told(session, "naming_paper") == {world.li_na.account_id, world.wang_wei.account_id}
    assert tags(session) == ["propose", "paper"]
    assert count_for_paper(session, estate_id=world.estate_id) == 0


def test_an_announced_vote_changes_only_when_staff_uphold_the_request(
    household: Household, session, world, vote, now
) -> None:
    naming = household.settle(session, for_whom="wang_wei")
    unit = household.unit_id
    where = {"estate_id": world.estate_id, "unit_id": unit}
    asked = {**where, "naming_id": naming, "account_id": world.li_na.account_id, "now": now}
    assert representing.ask_for_representative(session, **asked) == 1
    assert representing.ask_for_representative(session, **asked) == 0
    assert len(roll.entries_of_account(session, vote.id, world.li_na.account_id)) == 1
    [posted] = representing.posted_votes(session, **where, now=now)
    assert (posted.voters, posted.differs, posted.asked) == (("li_na", "wang_wei"), True, True)
    request = session.exec(select(RollCorrection)).one()
    corrections.uphold_correction(
        session,
        estate_id=world.estate_id,
        vote_id=vote.id,
        correction_id=request.id,
        actor=Actor(world.chen_jie.account_id, "chen_jie"),
        reason=corrections.REPRESENTATIVE_ANSWER,
        now=now,
    )
    assert roll.entries_of_account(session, vote.id, world.li_na.account_id) == []
    [posted] = representing.posted_votes(session, **where, now=now)
    assert (posted.voters, posted.differs, posted.asked) == (("wang_wei",), False, False)


def test_an_open_vote_goes_by_its_posted_roll(household: Household, session, world, vote) -> None:
    naming = household.settle(session, for_whom="wang_wei")
    where = {"estate_id": world.estate_id, "unit_id": household.unit_id, "now": vote.opens_at}
    ask = {**where, "naming_id": naming, "account_id": world.li_na.account_id}
    assert representing.ask_for_representative(session, **ask) == 0
    [posted] = representing.posted_votes(session, **where)
    assert (posted.differs, posted.asked) == (True, False)


def test_only_those_who_are_asked_and_have_not_answered_are_waited_for(
    household: Household, session, world
) -> None:
    naming = household.propose(session, "li_na")

    def asked(name: str) -> list[str]:
        account_id = world.people[name].account_id
        return [
            home for _, home in awaiting_consent(session, estate_id=world.estate_id, account_id=account_id)
        ]

    assert (asked("wang_wei"), asked("li_na"), asked("qian_er")) == (["3号楼1单元301室"], [], [])
    household.agree(session, "wang_wei", naming)
    assert asked("wang_wei") == []
    with pytest.raises(NotFound):
        read_representative(
            session,
            estate_id=world.other_estate_id,
            unit_id=household.unit_id,
            account_id=world.li_na.account_id,
        )


@pytest.mark.parametrize(
    "change",
    [
        sa.delete(RepresentativeConsent),
        sa.update(RepresentativeConsent).values(account_id=uuid4()),
        sa.delete(RepresentativeNaming),
        sa.update(RepresentativeNaming).values(owner_id=None),
        sa.update(RepresentativeNaming).values(reason="改写"),
    ],
    ids=["consent deleted", "consent changed", "naming deleted", "who was named", "after it ended"],
)
def test_the_database_keeps_what_was_agreed(household: Household, session, change) -> None:
    household.settle(session, for_whom="wang_wei")
    with pytest.raises(sa.exc.DatabaseError):
        session.connection().execute(change)
