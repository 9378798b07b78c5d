"""Opening a thread: from an accepted proposal only, with its notice, its moderators, and everyone told."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, Invalid, NotFound
from app.models.accounts import Grant
from app.models.deliberations import Thread, ThreadModerator, ThreadStage
from app.models.outbox import Message
from app.models.proposals import EventKind, Proposal, ProposalEvent, Seconding
from app.rules.accounts import Duty, Role
from app.rules.deliberations.stages import Stage
from app.rules.proposals.states import ProposalState
from app.services import trail
from app.services.deliberations import opening
from app.services.deliberations.staffing import Appointment, list_moderators, reappoint
from app.services.deliberations.threads import plan_of, read_thread, seat_of
from app.services.trail import Actor
from tests.fixtures.deliberations import make_proposal, stages_from


@pytest.fixture
def new(now):
    def build(**changes):
        given = {
            "id": uuid4(),
            "title": "电梯怎么装",
            "question": "装在哪里，怎么分摊？",
            "stages": stages_from(now),
        }
        return opening.NewThread(**{**given, **changes})

    return build


def run(session, world, proposal_id, thread, now, **changes):
    actor = Actor(world.chen_jie.account_id, "陈洁")
    where = {"estate_id": world.estate_id, "proposal_id": proposal_id, **changes}
    return opening.open_thread(session, **where, new=thread, actor=actor, now=now)


def grant(session, world, who, duty, now) -> None:
    session.add(
        Grant(
            account_id=who.account_id,
            estate_id=world.estate_id,
            role=Role.PARTY_MEMBER,
            duty=duty,
            granted_at=now,
        )
    )
    session.flush()


def test_an_accepted_proposal_is_deliberated_with_a_line_on_its_way(
    session, world, accepted, new, now
) -> None:
    thread_id = run(session, world, accepted, new(), now)
    proposal = session.get_one(Proposal, accepted)
    assert proposal.state is ProposalState.DELIBERATING
    event = session.exec(select(ProposalEvent)).one()
    assert (event.kind, event.link) == (EventKind.THREAD, f"deliberations/{thread_id}")
    view = read_thread(session, estate_id=world.estate_id, thread_id=thread_id, now=now)
    assert (view.stage, view.number, view.plan[0]) == (Stage.NOTICE, 1, (Stage.NOTICE, now))
    tags = {line.tag for line in trail.list_rows(session, estate_id=world.estate_id)}
    assert {"deliberations:thread:open", "proposals:proposal:move"} <= tags


def test_a_second_thread_about_the_same_proposal_gets_the_next_number(session, world, talk, new, now) -> None:
    second = run(session, world, talk.proposal_id, new(), now)
    assert session.get_one(Thread, second).number == 2
    assert len(session.exec(select(ProposalEvent)).all()) == 2


def test_the_form_sent_twice_opens_one_thread(session, world, accepted, new, now) -> None:
    thread = new()
    assert run(session, world, accepted, thread, now) == run(session, world, accepted, thread, now)
    assert len(session.exec(select(Thread)).all()) == 1


@pytest.mark.parametrize(
    "state",
    [
        ProposalState.GATHERING,
        ProposalState.DECLINED,
        ProposalState.VOTING,
        ProposalState.COMPLETED,
        ProposalState.WITHDRAWN,
    ],
)
def test_what_was_not_accepted_is_not_deliberated(session, world, new, now, state) -> None:
    proposal = make_proposal(session, world, now, state)
    with pytest.raises(Conflict):
        run(session, world, proposal, new(), now)


def test_another_estates_proposal_is_not_found(session, world, accepted, new, now) -> None:
    with pytest.raises(NotFound):
        run(session, world, accepted, new(), now, estate_id=world.other_estate_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " \u200b"}, "title"),
        ({"title": "长" * 61}, "title"),
        ({"question": ""}, "question"),
        ({"question": "长" * 2001}, "question"),
    ],
)
def test_a_thread_says_what_is_asked(session, world, accepted, new, now, changes, field) -> None:
    with pytest.raises(Invalid) as refused:
        run(session, world, accepted, new(**changes), now)
    assert refused.value.field == field


def test_less_than_three_days_of_notice_is_refused(session, world, accepted, new, now) -> None:
    early = now + timedelta(days=3) - timedelta(minutes=1)
    stages = ((Stage.OPINIONS, early), *stages_from(now)[1:])
    with pytest.raises(Invalid) as refused:
        run(session, world, accepted, new(stages=stages), now)
    assert refused.value.field == "opinions"
    assert session.exec(select(Thread)).all() == []


def test_author_seconders_and_moderators_are_told_once(session, world, accepted, new, now) -> None:
    for home in ("302", "501"):
        seconding = {"proposal_id": accepted, "given_to": accepted, "revision": 1, "at": now}
        unit_id, account_id = world.homes[home].unit_id, world.qian_er.account_id
        session.add(Seconding(unit_id=unit_id, account_id=account_id, **seconding))
    session.flush()
    appointment = Appointment(world.zhao_min.account_id, Duty.SUPERVISOR)
    run(session, world, accepted, new(moderators=(appointment,)), now)
    told = session.exec(select(Message.template, Message.account_id)).all()
    assert sorted(told) == sorted(
        [
            ("thread_moderator", world.zhao_min.account_id),
            ("thread_opened", world.li_na.account_id),
            ("thread_opened", world.qian_er.account_id),
        ]
    )


def test_who_lives_in_the_scope_moderates_with_his_interest_shown(session, world, accepted, new, now) -> None:
    grant(session, world, world.wang_wei, Duty.MEDIATOR, now)
    moderators = (
        Appointment(world.wang_wei.account_id, Duty.MEDIATOR),
        Appointment(world.zhao_min.account_id, Duty.SUPERVISOR),
    )
    thread_id = run(session, world, accepted, new(moderators=moderators), now)
    shown = {one.duty: one.interest for one in list_moderators(session, thread_id=thread_id)}
    assert shown == {Duty.MEDIATOR: True, Duty.SUPERVISOR: False}


@pytest.mark.parametrize("who", ["li_na", "chen_jie", "zhou_tao", "zhao_min"])
def test_only_a_party_member_moderates_and_only_in_his_duty(session, world, accepted, new, now, who) -> None:
    appointment = Appointment(world.people[who].account_id, Duty.MEDIATOR)
    with pytest.raises(Invalid) as refused:
        run(session, world, accepted, new(moderators=(appointment,)), now)
    assert refused.value.field == "moderators"


def test_moderators_are_replaced_and_only_the_new_one_is_told(session, world, talk, now) -> None:
    grant(session, world, world.wang_wei, Duty.MEDIATOR, now)
    appointments = [
        Appointment(world.zhao_min.account_id, Duty.SUPERVISOR),
        Appointment(world.wang_wei.account_id, Duty.MEDIATOR),
    ]
    for chosen in (appointments, appointments[1:]):
        reappoint(
            session,
            **talk.where,
            appointments=chosen,
            actor=talk.committee,
            now=now,
        )
    rows = session.exec(select(ThreadModerator.account_id)).all()
    assert rows == [world.wang_wei.account_id]
    told = session.exec(select(Message).where(Message.template == "thread_moderator")).all()
    assert len(told) == 2


def test_an_appointment_ends_with_the_duty(session, world, talk, now) -> None:
    seat = seat_of(session, **talk.where, account_id=world.zhao_min.account_id, now=now)
    assert seat.is_moderator
    held = session.exec(select(Grant).where(Grant.account_id == world.zhao_min.account_id)).one()
    held.ended_at = now
    session.flush()
    assert not seat_of(session, **talk.where, account_id=world.zhao_min.account_id, now=now).is_moderator


def go(session, talk, target, at, reason="") -> None:
    opening.go_to_stage(session, **talk.where, target=target, actor=talk.committee, now=at, reason=reason)


def test_a_stage_begun_early_is_a_line_on_the_proposals_way(session, talk) -> None:
    at = talk.begins[Stage.OPINIONS] + timedelta(days=1)
    go(session, talk, Stage.CONSENSUS, at)
    plan = dict(plan_of(session, talk.id))
    assert plan[Stage.CONSENSUS] == at
    assert Stage.MEETING not in plan
    assert plan[Stage.CLOSED] == talk.begins[Stage.CLOSED]
    last = session.exec(select(ProposalEvent).where(ProposalEvent.kind == EventKind.STAGE)).one()
    assert last.note == "形成共识"


def test_nothing_goes_back_and_the_notice_is_not_cut_short(session, talk, now) -> None:
    with pytest.raises(Conflict) as refused:
        go(session, talk, Stage.OPINIONS, now + timedelta(days=2))
    assert refused.value.code == "notice_too_short"
    with pytest.raises(Conflict) as refused:
        go(session, talk, Stage.OPINIONS, talk.begins[Stage.MEETING])
    assert refused.value.code == "bad_move"


def test_closing_early_needs_a_reason(session, talk) -> None:
    at = talk.begins[Stage.OPINIONS] + timedelta(hours=1)
    with pytest.raises(Invalid) as refused:
        go(session, talk, Stage.CLOSED, at)
    assert refused.value.field == "reason"
    go(session, talk, Stage.CLOSED, at, "提案人撤回了要求")
    assert list(dict(plan_of(session, talk.id))) == [Stage.NOTICE, Stage.OPINIONS, Stage.CLOSED]


def test_dates_to_come_can_be_changed_and_begun_ones_cannot(session, talk) -> None:
    at = talk.begins[Stage.OPINIONS] + timedelta(days=1)
    plan = list(plan_of(session, talk.id))
    later = [(stage, begins + timedelta(days=2) if begins > at else begins) for stage, begins in plan]
    where = {**talk.where, "actor": talk.committee, "now": at}
    opening.replan(session, **where, plan=later)
    assert list(plan_of(session, talk.id)) == later
    moved = [(stage, begins - timedelta(days=1)) for stage, begins in later]
    with pytest.raises(Conflict) as refused:
        opening.replan(session, **where, plan=moved)
    assert refused.value.code == "already_begun"
    assert len(session.exec(select(ThreadStage)).all()) == 5
