"""How far a mute goes: the committee's over the estate, a moderator's over his thread, and nobody's over the staff."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from app.errors import Conflict, NotAllowed
from app.models.accounts import Grant
from app.rules.accounts import Duty, Role
from app.rules.deliberations.moderation import Act, Reach
from app.rules.deliberations.stages import Stage
from app.services.deliberations import log, muting
from app.services.deliberations.cases import Target
from app.services.deliberations.dossier import Dossier, read_dossier
from app.services.deliberations.opening import NewThread, open_thread
from app.services.deliberations.posting import NewPost, write_post
from app.services.deliberations.threads import find_mute, muted_until, seat_of
from app.services.trail import Actor
from tests.fixtures.deliberations import stages_from
from tests.fixtures.moderation import Bench
from tests.fixtures.world import Somebody


@pytest.fixture
def elsewhere(bench: Bench) -> UUID:
    """Another thread of the same estate, in which nobody is appointed."""
    new = NewThread(
        id=uuid4(),
        title="电梯费用怎么分",
        question="各层怎么分摊？",
        stages=stages_from(bench.talk.begins[Stage.NOTICE]),
    )
    open_thread(
        bench.session,
        estate_id=bench.world.estate_id,
        proposal_id=bench.talk.proposal_id,
        new=new,
        actor=Actor(bench.world.chen_jie.account_id, "陈洁"),
        now=bench.talk.begins[Stage.NOTICE],
    )
    return new.id


def write(bench: Bench, thread_id: UUID, who: Somebody, minutes: int = 0) -> None:
    write_post(
        bench.session,
        estate_id=bench.world.estate_id,
        thread_id=thread_id,
        post=NewPost(id=uuid4(), text="我再说一句。"),
        account_id=who.account_id,
        now=bench.now + timedelta(minutes=minutes),
    )


def dossier(bench: Bench, who: Somebody, target: Target) -> Dossier:
    where = {"estate_id": bench.world.estate_id, "target": target, "now": bench.now}
    return read_dossier(bench.session, **where, account_id=who.account_id)


def shown_to(bench: Bench, who: Somebody) -> list[str]:
    where = {"estate_id": bench.world.estate_id, "account_id": who.account_id, "now": bench.now}
    return [line.thread_title for line in muting.list_mutes(bench.session, **where)]


def test_a_moderators_mute_reaches_his_own_thread_and_no_other(bench: Bench, elsewhere: UUID) -> None:
    li_na = bench.world.li_na
    bench.act(bench.world.zhao_min, Act.MUTE, days=3)
    with pytest.raises(NotAllowed, match="在这次协商里被禁言"):
        write(bench, bench.talk.id, li_na)
    write(bench, elsewhere, li_na)
    person = {"estate_id": bench.world.estate_id, "account_id": li_na.account_id, "now": bench.now}
    assert muted_until(bench.session, **person) is None
    seat = seat_of(bench.session, thread_id=bench.talk.id, **person)
    assert (seat.muted_until, seat.muted_everywhere) == (bench.mutes()[0].until, False)
    assert "您在这次协商里被禁言 3 天" in bench.letters(li_na)[-1]


def test_the_committees_mute_reaches_the_whole_estate(bench: Bench, elsewhere: UUID) -> None:
    li_na = bench.world.li_na
    bench.act(bench.world.chen_jie, Act.MUTE, days=3)
    for thread_id in (bench.talk.id, elsewhere):
        with pytest.raises(NotAllowed, match="您目前被禁言"):
            write(bench, thread_id, li_na)
    person = {"estate_id": bench.world.estate_id, "account_id": li_na.account_id, "now": bench.now}
    assert muted_until(bench.session, **person) == bench.mutes()[0].until
    assert seat_of(bench.session, thread_id=elsewhere, **person).muted_everywhere
    assert "您在全小区被禁言 3 天" in bench.letters(li_na)[-1]


def test_the_longer_of_two_mutes_is_the_one_that_is_shown(bench: Bench, elsewhere: UUID) -> None:
    bench.act(bench.world.zhao_min, Act.MUTE, days=9)
    bench.act(bench.world.chen_jie, Act.MUTE, days=2)
    person = {
        "estate_id": bench.world.estate_id,
        "account_id": bench.world.li_na.account_id,
        "now": bench.now,
    }
    longer, shorter = bench.mutes()
    here = find_mute(bench.session, **person, thread_id=bench.talk.id)
    there = find_mute(bench.session, **person, thread_id=elsewhere)
    assert here
    assert there
    assert (here.until, here.everywhere) == (longer.until, False)
    assert (there.until, there.everywhere) == (shorter.until, True)


def test_a_mute_within_a_longer_one_that_holds_there_already_is_refused(bench: Bench) -> None:
    bench.act(bench.world.chen_jie, Act.MUTE, days=5)
    for who in (bench.world.zhao_min, bench.wu_hao):
        with pytest.raises(Conflict) as refused:
            bench.act(who, Act.MUTE, days=5)
        assert refused.value.code == "already_muted"


@pytest.mark.parametrize("name", ["zhao_min", "gu_ying"])
def test_a_party_member_does_not_mute_over_a_proposal(bench: Bench, name: str) -> None:
    who = bench.gu_ying if name == "gu_ying" else bench.world.people[name]
    assert Act.MUTE not in dossier(bench, who, bench.proposal).acts
    with pytest.raises(NotAllowed) as refused:
        bench.act(who, Act.MUTE, bench.proposal)
    assert (refused.value.code, bench.mutes()) == ("not_estate_wide", [])
    bench.act(bench.world.chen_jie, Act.MUTE, bench.proposal)
    assert len(bench.mutes()) == 1


@pytest.mark.parametrize("role", [Role.COMMITTEE, Role.AUDITOR, Role.OPERATOR])
@pytest.mark.parametrize("judge", ["zhao_min", "chen_jie"])
def test_nobody_mutes_the_committee_or_the_street(bench: Bench, role: Role, judge: str) -> None:
    bench.act(bench.world.chen_jie, Act.WARN)
    add_role(bench, bench.world.li_na, role)
    who = bench.world.people[judge]
    seen = dossier(bench, who, bench.post)
    assert (seen.reach, Act.MUTE in seen.acts, Act.HIDE in seen.acts) == (None, False, True)
    with pytest.raises(NotAllowed) as refused:
        bench.act(who, Act.MUTE)
    assert (refused.value.code, bench.mutes()) == ("staff_not_muted", [])


def add_role(bench: Bench, who: Somebody, role: Role) -> None:
    bench.session.add(
        Grant(
            account_id=who.account_id,
            estate_id=bench.world.estate_id,
            role=role,
            duty=Duty.NONE,
            granted_at=bench.now,
        )
    )
    bench.session.flush()


def test_the_form_says_how_far_the_mute_would_go(bench: Bench) -> None:
    assert dossier(bench, bench.world.zhao_min, bench.post).reach is Reach.THREAD
    assert dossier(bench, bench.world.chen_jie, bench.post).reach is Reach.ESTATE


def test_a_moderator_ends_the_mutes_of_his_thread_and_not_those_of_the_estate(bench: Bench) -> None:
    world = bench.world
    number = bench.act(world.chen_jie, Act.MUTE, days=5)
    where = {"estate_id": world.estate_id, "number": number}
    with pytest.raises(NotAllowed) as refused:
        muting.end_mute(bench.session, **where, order=bench.order(world.zhao_min))
    assert refused.value.code == "not_estate_wide"
    assert (shown_to(bench, world.zhao_min), shown_to(bench, bench.wu_hao)) == ([], [""])
    muting.end_mute(bench.session, **where, order=bench.order(bench.wu_hao))
    number = bench.act(world.zhao_min, Act.MUTE, days=5)
    assert shown_to(bench, world.zhao_min) == shown_to(bench, world.chen_jie) == ["3号楼1单元加装电梯怎么装"]
    assert shown_to(bench, bench.gu_ying) == []
    muting.end_mute(
        bench.session, estate_id=world.estate_id, number=number, order=bench.order(world.zhao_min)
    )
    write(bench, bench.talk.id, world.li_na, minutes=5)


def test_the_log_says_how_far_each_mute_goes(bench: Bench) -> None:
    bench.act(bench.world.zhao_min, Act.MUTE, days=2)
    bench.act(bench.world.chen_jie, Act.MUTE, days=3)
    bench.act(bench.world.chen_jie, Act.MUTE, bench.proposal, days=4)
    where = {"estate_id": bench.world.estate_id, "viewer_id": bench.world.wang_wei.account_id}
    assert [line.is_everywhere for line in log.list_log(bench.session, **where).rows] == [True, True, False]
