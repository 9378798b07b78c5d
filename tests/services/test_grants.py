"""Granted roles, accounts made for them, and what strangers see of a person."""

import threading
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from app.database import Database
from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.models.accounts import Account
from app.models.base import NO_ID
from app.models.trail import TrailRow
from app.rules.accounts import Duty, Role, mask_name, mask_phone
from app.services.accounts.grants import (
    duties_of,
    end_grant,
    grant_role,
    has_grant,
    list_grants,
    operators,
    roles_of,
)
from app.services.accounts.people import ensure_account, open_account
from app.services.trail import Actor

HERE, THERE = UUID(int=7), UUID(int=8)
BOSS = Actor(UUID(int=99), "李主任")


@pytest.fixture
def account(session: Session, now: datetime) -> UUID:
    return ensure_account(session, phone="13800000001", name="王小明", now=now)


def give(session, account, now, role=Role.COMMITTEE, duty=Duty.NONE, estate=HERE, actor=BOSS) -> UUID:
    return grant_role(
        session, account_id=account, estate_id=estate, role=role, duty=duty, actor=actor, now=now
    )


def test_a_role_reaches_its_estate_and_no_other(session, now, account):
    give(session, account, now)
    assert roles_of(session, account_id=account, estate_id=HERE) == {Role.COMMITTEE}
    assert roles_of(session, account_id=account, estate_id=THERE) == frozenset()
    assert roles_of(session, account_id=uuid4(), estate_id=HERE) == frozenset()


def test_an_operator_reaches_every_estate(session, now, account):
    give(session, account, now, role=Role.OPERATOR, estate=NO_ID)
    assert roles_of(session, account_id=account, estate_id=HERE) == {Role.OPERATOR}
    assert roles_of(session, account_id=account, estate_id=NO_ID) == {Role.OPERATOR}


def test_a_person_may_hold_several_roles_and_duties(session, now, account):
    give(session, account, now)
    give(session, account, now, role=Role.PARTY_MEMBER, duty=Duty.MEDIATOR)
    give(session, account, now, role=Role.PARTY_MEMBER, duty=Duty.EXPLAINER)
    assert roles_of(session, account_id=account, estate_id=HERE) == {Role.COMMITTEE, Role.PARTY_MEMBER}
    assert duties_of(session, account_id=account, estate_id=HERE) == {Duty.MEDIATOR, Duty.EXPLAINER}
    assert duties_of(session, account_id=account, estate_id=THERE) == frozenset()


@pytest.mark.parametrize(
    ("role", "duty", "estate"),
    [
        (Role.PARTY_MEMBER, Duty.NONE, HERE),
        (Role.COMMITTEE, Duty.MEDIATOR, HERE),
        (Role.OPERATOR, Duty.NONE, HERE),
        (Role.COMMITTEE, Duty.NONE, NO_ID),
        (Role.PARTY_MEMBER, Duty.MEDIATOR, NO_ID),
    ],
)
def test_a_duty_or_an_estate_that_does_not_go_with_the_role_is_refused(
    session, now, account, role, duty, estate
):
    with pytest.raises(Invalid):
        give(session, account, now, role=role, duty=duty, estate=estate)
    assert not has_grant(session, account_id=account)


def test_nobody_gives_himself_a_role(session, now, account):
    with pytest.raises(NotAllowed):
        give(session, account, now, actor=Actor(account, "王小明"))
    assert not has_grant(session, account_id=account)


def test_a_role_is_not_given_twice_and_the_trail_knows_of_one(session, now, account):
    give(session, account, now)
    with pytest.raises(Conflict):
        give(session, account, now)
    assert len(session.exec(select(TrailRow)).all()) == 1


def test_a_role_for_nobody_is_refused(session, now):
    with pytest.raises(NotFound):
        give(session, uuid4(), now)


def test_an_ended_role_is_gone_and_may_be_given_again(session, now, account):
    grant = give(session, account, now)
    end_grant(session, grant_id=grant, estate_id=HERE, actor=BOSS, now=now + timedelta(days=1), reason="换届")
    assert roles_of(session, account_id=account, estate_id=HERE) == frozenset()
    assert not has_grant(session, account_id=account)
    give(session, account, now + timedelta(days=2))
    assert roles_of(session, account_id=account, estate_id=HERE) == {Role.COMMITTEE}


def test_a_role_ends_once(session, now, account):
    grant = give(session, account, now)
    end_grant(session, grant_id=grant, estate_id=HERE, actor=BOSS, now=now)
    with pytest.raises(Conflict):
        end_grant(session, grant_id=grant, estate_id=HERE, actor=BOSS, now=now)


def test_a_role_of_another_estate_cannot_be_ended_from_here(session, now, account):
    grant = give(session, account, now, estate=THERE)
    with pytest.raises(NotFound):
        end_grant(session, grant_id=grant, estate_id=HERE, actor=BOSS, now=now)
    assert roles_of(session, account_id=account, estate_id=THERE) == {Role.COMMITTEE}


def test_giving_and_ending_a_role_stand_in_the_estates_trail(session, now, account):
    grant = give(session, account, now, role=Role.PARTY_MEMBER, duty=Duty.SUPERVISOR)
    end_grant(session, grant_id=grant, estate_id=HERE, actor=BOSS, now=now, reason="换届")
    rows = session.exec(select(TrailRow).where(TrailRow.estate_id == HERE).order_by(TrailRow.seq)).all()
    assert [(row.tag, row.actor_name, row.subject_id, row.reason) for row in rows] == [
        ("accounts:grant:give", "李主任", account, ""),
        ("accounts:grant:end", "李主任", account, "换届"),
    ]
    assert rows[0].new == rows[1].old == {"grant": str(grant), "role": "party_member", "duty": "supervisor"}


def test_the_last_operator_stays_however_he_is_ended(session, now, account):
    other = ensure_account(session, phone="13800000002", name="", now=now)
    first, second = (give(session, who, now, role=Role.OPERATOR, estate=NO_ID) for who in (account, other))
    end_grant(session, grant_id=first, estate_id=NO_ID, actor=BOSS, now=now)
    with pytest.raises(Conflict):
        end_grant(session, grant_id=second, estate_id=NO_ID, actor=BOSS, now=now)
    assert [line.account_id for line in operators(session)] == [other]


def test_an_operator_without_a_number_can_be_ended_and_does_not_count_as_the_other(session, now, account):
    other = ensure_account(session, phone="13800000002", name="", now=now)
    first, second = (give(session, who, now, role=Role.OPERATOR, estate=NO_ID) for who in (account, other))
    session.get_one(Account, account).phone = None
    session.flush()
    with pytest.raises(Conflict):
        end_grant(session, grant_id=second, estate_id=NO_ID, actor=BOSS, now=now)
    end_grant(session, grant_id=first, estate_id=NO_ID, actor=BOSS, now=now)
    assert [line.account_id for line in operators(session)] == [other]


def test_the_list_shows_live_grants_of_this_estate_only(session, now, account):
    grant = give(session, account, now)
    give(session, account, now, estate=THERE)
    gone = give(session, account, now, role=Role.AUDITOR)
    end_grant(session, grant_id=gone, estate_id=HERE, actor=BOSS, now=now)
    (line,) = list_grants(session, estate_id=HERE)
    assert (line.id, line.account_id, line.name, line.role) == (grant, account, "王小明", Role.COMMITTEE)


def test_the_same_role_given_by_two_at_once_is_given_once(database: Database, now):
    with database.transaction() as session:
        account = ensure_account(session, phone="13800000001", name="", now=now)
    refused: list[bool] = []
    start = threading.Barrier(2)

    def work() -> None:
        start.wait()
        try:
            with database.transaction() as session:
                give(session, account, now)
        except Conflict:
            refused.append(True)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session(writing=False) as session:
        assert len(list_grants(session, estate_id=HERE)) == len(refused) == 1


def test_a_phone_has_one_account_and_its_name_is_not_overwritten(session, now):
    first = ensure_account(session, phone="13800000001", name="", now=now)
    assert ensure_account(session, phone="+86 138 0000 0001", name="王小明", now=now) == first
    assert ensure_account(session, phone="13800000001", name="别人", now=now) == first
    assert session.get_one(Account, first).name == "王小明"


def test_text_that_is_no_phone_makes_no_account(session, now):
    with pytest.raises(Invalid):
        ensure_account(session, phone="王小明", name="王小明", now=now)
    assert session.exec(select(Account)).all() == []


def test_an_account_without_a_phone_needs_a_name_and_leaves_a_trail_row(session, now):
    with pytest.raises(Invalid):
        open_account(session, name=" ", actor=BOSS, estate_id=HERE, now=now)
    made = [open_account(session, name="赵奶奶", actor=BOSS, estate_id=HERE, now=now) for _ in range(2)]
    assert len(set(made)) == 2
    assert len(session.exec(select(TrailRow).where(TrailRow.tag == "accounts:account:open")).all()) == 2


@pytest.mark.parametrize(
    ("name", "shown"), [("王小明", "王**"), ("王芳", "王**"), ("欧阳修", "欧**"), (" ", ""), ("", "")]
)
def test_a_masked_name_hides_all_but_the_first_character_and_its_length(name, shown):
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"), [("+8613812341234", "138****1234"), (None, ""), ("", ""), ("+8610086", "****")]
)
def test_a_masked_phone_hides_its_middle(phone, shown):
    assert mask_phone(phone) == shown
