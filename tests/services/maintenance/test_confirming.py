"""Who says that it is repaired, what follows, and whose word never counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.accounts import Grant
from app.models.estates import Relation, Residence
from app.models.maintenance.orders import OrderMove, RepairAnswer
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.accounts import Duty, Role
from app.rules.maintenance.confirmation import Answer, Verdict
from app.rules.maintenance.rates import Rating
from app.rules.maintenance.states import Cause, OrderState
from app.rules.maintenance.workcalendar import day_of, midnight
from app.services.maintenance.confirming import Word, answer_repair, rate_repair, settle_confirmation
from app.services.maintenance.residents import join_order
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.fixtures.world import Somebody

FIXED, NOT_FIXED = Answer.FIXED, Answer.NOT_FIXED
Says = Callable[..., Verdict]


@pytest.fixture
def order_id(session: Session, upkeep: Upkeep, now: datetime) -> UUID:
    """li_na's lamp, joined by wang_wei and qian_er, claimed repaired by ma_chao."""
    world, take = upkeep.world, upkeep.take
    made = upkeep.report(session, now)
    for neighbour in (world.wang_wei, world.qian_er):
        join(session, upkeep, made, neighbour, now)
    take(session, made, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    take(session, made, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now + timedelta(hours=1), proof=True)
    return made


def join(session: Session, upkeep: Upkeep, order_id: UUID, who: Somebody, at: datetime) -> None:
    join_order(
        session,
        estate_id=upkeep.world.estate_id,
        order_id=order_id,
        account_id=who.account_id,
        text="",
        now=at,
    )


def works_for_the_manager_and_lives_here(session: Session, upkeep: Upkeep, now: datetime) -> None:
    session.add(
        Residence(
            account_id=upkeep.world.ma_chao.account_id,
            unit_id=upkeep.world.homes["401"].unit_id,
            relation=Relation.TENANT,
            since=now,
        )
    )
    session.flush()


@pytest.fixture
def says(session: Session, upkeep: Upkeep, order_id: UUID, now: datetime) -> Says:
    def say(who: Somebody, answer: Answer, round: int = 0, **more: object) -> Verdict:
        return answer_repair(
            session,
            estate_id=more.pop("estate_id", upkeep.world.estate_id),  # type: ignore[arg-type]
            order_id=order_id,
            word=Word(answer=answer, round=round, **more),  # type: ignore[arg-type]
            actor=actor_of(who),
            now=now + timedelta(hours=2),
        )

    return say


def refused(deed: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        deed()
    return refusal.value.code


def test_the_reporters_yes_confirms_and_twice_is_once(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID
) -> None:
    li_na = upkeep.world.li_na
    assert says(li_na, FIXED, rating=Rating.SATISFIED) is Verdict.CONFIRM
    order = upkeep.order(session, order_id)
    assert (order.state, order.rating) == (OrderState.CONFIRMED, Rating.SATISFIED)
    assert says(li_na, FIXED) is Verdict.WAIT
    assert refused(lambda: says(li_na, NOT_FIXED)) == "not_asked"
    assert len(session.exec(select(RepairAnswer)).all()) == 1


def test_the_reporters_no_sends_it_back_even_without_a_word(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID
) -> None:
    assert says(upkeep.world.li_na, NOT_FIXED) is Verdict.REOPEN
    order = upkeep.order(session, order_id)
    assert (order.state, order.reopened) == (OrderState.REOPENED, 1)
    last = session.exec(select(OrderMove).where(OrderMove.state == OrderState.REOPENED)).one()
    assert (last.note, last.cause) == ("居民说没有修好", Cause.REPORTER)
    # The same tap once more is the same deed, not another repair sent back.
    assert says(upkeep.world.li_na, NOT_FIXED) is Verdict.WAIT
    assert order.reopened == 1


def test_one_neighbours_no_calls_the_committee_once_and_closes_nothing(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID
) -> None:
    assert says(upkeep.world.wang_wei, NOT_FIXED) is Verdict.REVIEW
    assert says(upkeep.world.li_na, FIXED) is Verdict.REVIEW
    assert upkeep.order(session, order_id).state is OrderState.REPAIRED
    told = session.exec(select(Message.account_id).where(Message.template == "order_disputed")).all()
    assert list(told) == [upkeep.world.chen_jie.account_id]


def test_two_neighbours_outvote_the_reporter_in_nobodys_name(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID
) -> None:
    says(upkeep.world.wang_wei, NOT_FIXED)
    says(upkeep.world.li_na, FIXED)
    assert says(upkeep.world.qian_er, NOT_FIXED) is Verdict.REOPEN
    last = session.exec(select(OrderMove).where(OrderMove.state == OrderState.REOPENED)).one()
    assert (last.cause, last.actor_name) == (Cause.SYSTEM, "系统")


def test_a_neighbour_who_changes_his_no_lets_it_be_confirmed(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID
) -> None:
    says(upkeep.world.wang_wei, NOT_FIXED)
    assert says(upkeep.world.wang_wei, FIXED) is Verdict.CONFIRM
    assert upkeep.order(session, order_id).state is OrderState.CONFIRMED


def test_the_party_never_confirms_its_own_work_though_it_lives_here_and_reported_it(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world, take = upkeep.world, upkeep.take
    works_for_the_manager_and_lives_here(session, upkeep, now)
    own = upkeep.report(session, now, by=world.ma_chao)
    take(session, own, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    take(session, own, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now, proof=True)
    asked = {"estate_id": world.estate_id, "order_id": own, "actor": actor_of(world.ma_chao), "now": now}
    yes = Word(answer=FIXED, round=0)
    assert refused(lambda: answer_repair(session, word=yes, **asked)) == "own_work"  # type: ignore[arg-type]
    rating = {"rating": Rating.SATISFIED, "answer": FIXED, "text": ""}
    assert refused(lambda: rate_repair(session, **rating, **asked)) == "own_work"  # type: ignore[arg-type]
    assert session.exec(select(RepairAnswer)).all() == []
    # That it is not repaired he may say of his own work too.
    no = Word(answer=NOT_FIXED, round=0)
    assert answer_repair(session, word=no, **asked) is Verdict.REOPEN  # type: ignore[arg-type]


def test_who_joined_after_the_claim_may_say_no_but_not_yes(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world, take = upkeep.world, upkeep.take
    made = upkeep.report(session, now)
    take(session, made, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    take(session, made, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now, proof=True)
    join(session, upkeep, made, world.wang_wei, now + timedelta(minutes=1))
    asked = {"estate_id": world.estate_id, "order_id": made, "actor": actor_of(world.wang_wei), "now": now}
    yes, no = Word(answer=FIXED, round=0), Word(answer=NOT_FIXED, round=0)
    assert refused(lambda: answer_repair(session, word=yes, **asked)) == "joined_late"  # type: ignore[arg-type]
    assert answer_repair(session, word=no, **asked) is Verdict.REVIEW  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["chen_jie", "ma_chao", "zhao_min", "sun_li"])
def test_who_neither_reported_nor_joined_has_no_word(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID, name: str
) -> None:
    assert refused(lambda: says(upkeep.world.people[name], FIXED)) == "not_resident"
    assert session.exec(select(RepairAnswer)).all() == []


def test_another_estates_committee_finds_no_such_order(session: Session, upkeep: Upkeep, says: Says) -> None:
    with pytest.raises(NotFound):
        says(upkeep.world.zhou_tao, FIXED, estate_id=upkeep.world.other_estate_id)


def test_a_page_of_an_earlier_repair_says_nothing_of_the_next(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID, now: datetime
) -> None:
    world = upkeep.world
    says(world.li_na, NOT_FIXED)
    later = now + timedelta(days=1)
    upkeep.take(session, order_id, OrderState.IN_PROGRESS, Cause.PARTY, world.ma_chao, later)
    upkeep.take(session, order_id, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, later, proof=True)
    assert refused(lambda: says(world.wang_wei, FIXED, round=0)) == "not_asked"
    assert says(world.wang_wei, FIXED, round=1) is Verdict.CONFIRM


def test_nobody_answers_and_the_system_closes_it_which_is_no_satisfaction(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID, now: datetime
) -> None:
    where = {"estate_id": upkeep.world.estate_id, "order_id": order_id}
    # Monday; seven days from the next one end on the midnight after the next Monday.
    assert not settle_confirmation(session, **where, now=now + timedelta(days=7, hours=13))
    assert settle_confirmation(session, **where, now=now + timedelta(days=7, hours=14))
    assert not settle_confirmation(session, **where, now=now + timedelta(days=8))
    order = upkeep.order(session, order_id)
    assert (order.state, order.rating) == (OrderState.AUTO_CLOSED, None)
    last = session.exec(select(OrderMove).order_by(OrderMove.seq.desc())).first()  # type: ignore[attr-defined]
    assert last is not None
    assert (last.cause, "没有人回答" in last.note) == (Cause.SYSTEM, True)
    assert refused(lambda: says(upkeep.world.li_na, FIXED)) == "not_asked"


def test_what_stays_disputed_is_closed_in_other_words(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID, now: datetime
) -> None:
    says(upkeep.world.wang_wei, NOT_FIXED)
    settle_confirmation(
        session, estate_id=upkeep.world.estate_id, order_id=order_id, now=now + timedelta(days=9)
    )
    last = session.exec(select(OrderMove).order_by(OrderMove.seq.desc())).first()  # type: ignore[attr-defined]
    assert last is not None
    assert "意见不一致" in last.note


def test_a_rating_is_the_reporters_else_the_latest_neighbours_and_of_the_latest_repair(
    session: Session, upkeep: Upkeep, says: Says, order_id: UUID, now: datetime
) -> None:
    world = upkeep.world
    says(world.wang_wei, FIXED, rating=Rating.FAIR)
    order = upkeep.order(session, order_id)
    assert order.rating is Rating.FAIR
    asked = {"estate_id": world.estate_id, "order_id": order_id, "text": "", "answer": FIXED}
    rate_repair(
        session, rating=Rating.SATISFIED, actor=actor_of(world.qian_er), now=now + timedelta(days=2), **asked
    )  # type: ignore[arg-type]
    assert order.rating is Rating.SATISFIED
    rate_repair(
        session, rating=Rating.DISSATISFIED, actor=actor_of(world.li_na), now=now + timedelta(days=1), **asked
    )  # type: ignore[arg-type]
    assert order.rating is Rating.DISSATISFIED
    upkeep.take(
        session,
        order_id,
        OrderState.REOPENED,
        Cause.REPORTER,
        world.li_na,
        now + timedelta(days=3),
        note="又灭了",
    )
    assert upkeep.order(session, order_id).rating is None


def test_a_rating_moves_nothing_needs_an_answer_and_has_its_time(
    session: Session, upkeep: Upkeep, order_id: UUID, now: datetime
) -> None:
    world = upkeep.world
    closed = now + timedelta(days=9)
    settle_confirmation(session, estate_id=world.estate_id, order_id=order_id, now=closed)

    def rate(at: datetime, **changes: object) -> None:
        told = {"rating": Rating.SATISFIED, "answer": FIXED, "text": "", **changes}
        rate_repair(
            session,
            estate_id=world.estate_id,
            order_id=order_id,
            actor=actor_of(world.li_na),
            now=at,
            **told,  # type: ignore[arg-type]
        )

    for missing in ("rating", "answer"):
        with pytest.raises(Invalid) as refusal:
            rate(closed, **{missing: None})
        assert refusal.value.field == missing
    until = midnight(day_of(closed) + timedelta(days=31))
    assert refused(lambda: rate(until)) == "reopen_late"
    rate(until - timedelta(seconds=1))
    assert upkeep.order(session, order_id).state is OrderState.AUTO_CLOSED


def test_a_megabyte_of_words_is_refused_and_nothing_is_written(
    session: Session, upkeep: Upkeep, says: Says
) -> None:
    before = len(session.exec(select(TrailRow)).all())
    with pytest.raises(Invalid) as refusal:
        says(upkeep.world.li_na, NOT_FIXED, text="漏" * 400_000)
    assert refusal.value.field == "text"
    assert len(session.exec(select(TrailRow)).all()) == before
    assert session.exec(select(RepairAnswer)).all() == []


def test_a_committee_that_holds_the_order_itself_does_not_confirm_it(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world, take = upkeep.world, upkeep.take
    made = upkeep.report(session, now, by=world.chen_jie)
    upkeep.order(session, made).party_id = upkeep.committee
    take(session, made, OrderState.ACCEPTED, Cause.PARTY, world.chen_jie, now)
    take(session, made, OrderState.REPAIRED, Cause.PARTY, world.chen_jie, now, proof=True)
    with pytest.raises(NotAllowed) as refusal:
        answer_repair(
            session,
            estate_id=world.estate_id,
            order_id=made,
            word=Word(answer=FIXED, round=0),
            actor=actor_of(world.chen_jie),
            now=now,
        )
    assert refusal.value.code == "own_work"


def test_before_the_claim_there_is_nothing_to_answer(session: Session, upkeep: Upkeep, now: datetime) -> None:
    made = upkeep.report(session, now)
    with pytest.raises(Conflict):
        answer_repair(
            session,
            estate_id=upkeep.world.estate_id,
            order_id=made,
            word=Word(answer=FIXED, round=0),
            actor=actor_of(upkeep.world.li_na),
            now=now,
        )


def test_a_grant_alone_does_not_make_a_neighbour(session: Session, upkeep: Upkeep, now: datetime) -> None:
    world = upkeep.world
    session.add(
        Grant(
            account_id=world.stranger.account_id,
            estate_id=world.estate_id,
            role=Role.PARTY_STAFF,
            duty=Duty.NONE,
            granted_at=now,
        )
    )
    session.flush()
    made = upkeep.report(session, now)
    with pytest.raises(NotAllowed) as refusal:
        join(session, upkeep, made, world.stranger, now)
    assert refusal.value.code == "not_resident"
