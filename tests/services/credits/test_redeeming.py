"""Redemptions: points and stock move together, once, however many ask at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from app.database import Database
from app.errors import Conflict, Invalid, NotFound, Refusal, TooMany
from app.models.credits import CreditEntry, CreditRedemption, CreditReward
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.credits.reasons import Reason
from app.rules.credits.redemptions import RedemptionState
from app.services.credits import granting, ledger, members, redeeming, rewards
from app.services.trail import Actor
from app.templating import render_message
from tests.fixtures.world import Somebody, World


@dataclass
class Shop:
    """One reward of 10 points, of which `stock` are there."""

    world: World
    now: datetime
    actor: Actor
    reward_id: UUID = field(default_factory=uuid4)

    def open(self, session: Session, stock: int | None = 3) -> None:
        rewards.add_reward(
            session,
            estate_id=self.world.estate_id,
            reward_id=self.reward_id,
            title="一提纸巾",
            points=10,
            stock=stock,
            how="工作日上午到居委会",
            valid_until=None,
            actor=self.actor,
            now=self.now,
        )

    def rich(self, session: Session, who: Somebody, points: int) -> None:
        where = {"estate_id": self.world.estate_id, "account_id": who.account_id}
        members.join(session, **where, is_resident=True, agreed=True, now=self.now)
        if points:
            ledger.write_entry(
                session,
                ledger.lock_joined(session, **where),
                reason=Reason.MEETING,
                subject=f"meeting:{uuid4()}",
                amount=points,
                now=self.now,
                on_day=ledger.day_of(self.now),
            )

    def ask(self, session: Session, who: Somebody, id: UUID | None = None) -> UUID:
        return redeeming.ask_for(
            session,
            estate_id=self.world.estate_id,
            reward_id=self.reward_id,
            redemption_id=id or uuid4(),
            account_id=who.account_id,
            now=self.now,
        )

    def balance(self, session: Session, who: Somebody) -> int:
        return ledger.balance_of(session, estate_id=self.world.estate_id, account_id=who.account_id)

    def stock(self, session: Session) -> int | None:
        return session.get_one(CreditReward, self.reward_id, populate_existing=True).stock


@pytest.fixture
def shop(world: World, now: datetime) -> Shop:
    return Shop(world, now, Actor(world.chen_jie.account_id, "陈洁"))


def together(database: Database, deeds: list[Callable[[Session], object]]) -> list[str]:
    """Each deed in its own transaction at the same moment; "" or the code of the refusal, in their order."""
    start, said = threading.Barrier(len(deeds)), [""] * len(deeds)

    def work(place: int) -> None:
        start.wait()
        try:
            with database.transaction() as session:
                deeds[place](session)
        except Refusal as refusal:
            said[place] = refusal.code

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_two_requests_at_once_never_spend_more_than_there_is_nor_hand_out_more_than_there_is(
    database: Database, shop: Shop, world
) -> None:
    with database.transaction() as session:
        shop.open(session, stock=1)
        shop.rich(session, world.li_na, 15)
        shop.rich(session, world.wang_wei, 15)
    poor = together(database, [lambda s: shop.ask(s, world.li_na), lambda s: shop.ask(s, world.li_na)])
    assert sorted(poor)[0] == ""
    assert sorted(poor)[1] in {"too_few", "sold_out"}
    with database.transaction() as session:
        assert (shop.balance(session, world.li_na), shop.stock(session)) == (5, 0)
        mine = redeeming.list_mine(session, estate_id=world.estate_id, account_id=world.li_na.account_id)
        redeeming.cancel(
            session,
            estate_id=world.estate_id,
            redemption_id=mine[0].id,
            account_id=world.li_na.account_id,
            now=shop.now,
        )
    last = together(database, [lambda s: shop.ask(s, world.li_na), lambda s: shop.ask(s, world.wang_wei)])
    assert sorted(last) == ["", "sold_out"]
    one = uuid4()
    with database.transaction() as session:
        assert shop.stock(session) == 0
        rewards.change_reward(
            session,
            estate_id=world.estate_id,
            reward_id=shop.reward_id,
            stock=None,
            how="到居委会",
            valid_until=None,
            off=False,
            actor=shop.actor,
            now=shop.now,
        )
        shop.rich(session, world.qian_er, 25)
    same = together(database, [lambda s: shop.ask(s, world.qian_er, one) for _ in range(2)])
    with database.session(writing=False) as session:
        assert same == ["", ""]
        assert shop.balance(session, world.qian_er) == 15


def test_handed_over_cancelled_and_refused_end_it_once_and_only_an_end_without_the_thing_gives_back(
    session: Session, shop: Shop, world
) -> None:
    where = {"estate_id": world.estate_id, "now": shop.now}
    shop.open(session, stock=3)
    shop.rich(session, world.li_na, 35)
    taken, refused, dropped = (shop.ask(session, world.li_na) for _ in range(3))
    assert (shop.balance(session, world.li_na), shop.stock(session)) == (5, 0)
    with pytest.raises(NotFound):
        redeeming.cancel(session, **where, redemption_id=dropped, account_id=world.wang_wei.account_id)
    with pytest.raises(Invalid):
        redeeming.refuse(session, **where, redemption_id=refused, reason="无", actor=shop.actor)
    own = Actor(world.li_na.account_id, "李娜")
    with pytest.raises(Conflict, match="您自己"):
        redeeming.hand_over(session, **where, redemption_id=taken, actor=own)
    for _ in range(2):
        redeeming.hand_over(session, **where, redemption_id=taken, actor=shop.actor)
        redeeming.refuse(session, **where, redemption_id=refused, reason="这一批货没有到", actor=shop.actor)
        redeeming.cancel(session, **where, redemption_id=dropped, account_id=world.li_na.account_id)
    assert (shop.balance(session, world.li_na), shop.stock(session)) == (25, 2)
    with pytest.raises(Conflict, match="处理过"):
        redeeming.cancel(session, **where, redemption_id=taken, account_id=world.li_na.account_id)
    tags = [row.tag for row in session.exec(select(TrailRow).order_by(TrailRow.seq))]
    assert tags == ["credits:reward:add", "credits:redemption:hand_over", "credits:redemption:refuse"]
    message = session.exec(select(Message)).one()
    for language in ("zh", "en"):
        said = render_message(message.template, message.values, language=language)
        assert "这一批货没有到" in said
        assert len(said) <= 200


def test_too_many_that_wait_what_is_off_and_a_member_no_more_are_refused(
    session: Session, shop: Shop, world
) -> None:
    shop.open(session, stock=None)
    with pytest.raises(Conflict, match="还没有加入"):
        shop.ask(session, world.li_na)
    shop.rich(session, world.li_na, 100)
    for _ in range(redeeming.MOST_WAITING):
        shop.ask(session, world.li_na)
    with pytest.raises(TooMany):
        shop.ask(session, world.li_na)
    rewards.change_reward(
        session,
        estate_id=world.estate_id,
        reward_id=shop.reward_id,
        stock=None,
        how="到居委会",
        valid_until=None,
        off=True,
        actor=shop.actor,
        now=shop.now,
    )
    shop.rich(session, world.wang_wei, 100)
    with pytest.raises(Conflict) as refused:
        shop.ask(session, world.wang_wei)
    assert refused.value.code == "not_offered"
    where = {"estate_id": world.estate_id, "account_id": world.li_na.account_id, "now": shop.now}
    members.leave(session, **where)
    with pytest.raises(Conflict, match="没领取"):
        members.erase(session, **where)


def test_points_put_aside_do_not_escape_a_reversal_and_the_person_is_told_why(
    session: Session, shop: Shop, world
) -> None:
    who = world.li_na
    where = {"estate_id": world.estate_id, "account_id": who.account_id}
    shop.open(session, stock=3)
    shop.rich(session, who, 10)
    shop.rich(session, who, 25)
    asked = [shop.ask(session, who), shop.ask(session, who)]

    def waiting() -> int:
        rows = [session.get_one(CreditRedemption, one) for one in asked]
        return sum(row.state is RedemptionState.WAITING for row in rows)

    _reverse_one(session, shop, who, 1)  # ten of the fifteen left: nothing need end
    assert (shop.balance(session, who), waiting(), shop.stock(session)) == (5, 2, 1)
    _reverse_one(session, shop, who, 0)
    assert (shop.balance(session, who), waiting(), shop.stock(session)) == (0, 0, 3)
    for one in asked:
        with pytest.raises(Conflict, match="处理过"):
            redeeming.cancel(session, **where, redemption_id=one, now=shop.now)
    assert shop.balance(session, who) == 0
    told = session.exec(select(Message).where(Message.template == "credits_refused")).all()
    assert len(told) == 2
    for language in ("zh", "en"):
        assert len(render_message(told[0].template, told[0].values, language=language)) <= 200
    assert "有一笔积分被扣回" in render_message(told[0].template, told[0].values)


STEPS = st.lists(
    st.tuples(st.sampled_from(["give", "ask", "cancel", "refuse", "hand", "reverse"]), st.integers(0, 5)),
    max_size=25,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_after_any_course_of_deeds_the_sum_of_the_lines_is_the_balance_and_stock_is_accounted_for(
    session: Session, shop: Shop, world, steps: list[tuple[str, int]]
) -> None:
    shop.reward_id, asked = uuid4(), []
    where = {"estate_id": world.estate_id, "now": shop.now}
    who = world.li_na
    shop.open(session, stock=4)
    shop.rich(session, who, 0)
    for step, number in steps:
        with suppress(Conflict, TooMany):
            if step == "give":
                shop.rich(session, who, number * 5)
            elif step == "ask":
                asked.append(shop.ask(session, who))
            elif step == "reverse":
                _reverse_one(session, shop, who, number)
            elif asked:
                one = {"redemption_id": asked[number % len(asked)]}
                if step == "cancel":
                    redeeming.cancel(session, **where, **one, account_id=who.account_id)
                elif step == "refuse":
                    redeeming.refuse(session, **where, **one, reason="没有货可以换了", actor=shop.actor)
                else:
                    redeeming.hand_over(session, **where, **one, actor=shop.actor)
    query = select(CreditEntry).where(CreditEntry.account_id == who.account_id)
    lines = session.exec(query.order_by(CreditEntry.seq)).all()
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert shop.balance(session, who) == sum(line.amount for line in lines) >= 0
    states = [
        one.state.value
        for one in redeeming.list_mine(session, estate_id=world.estate_id, account_id=who.account_id)
        if one.id in asked
    ]
    assert shop.stock(session) == 4 - states.count("waiting") - states.count("handed_over")
    session.rollback()


def _reverse_one(session: Session, shop: Shop, who: Somebody, number: int) -> None:
    where = {"estate_id": shop.world.estate_id, "account_id": who.account_id}
    lines = [line for line in ledger.read_entries(session, **where, size=99).rows if line.reversible]
    if lines:
        entry = session.get_one(CreditEntry, lines[number % len(lines)].id)
        member = ledger.lock_joined(session, **where)
        granting.reverse(session, member, entry, now=shop.now, note="更正")
