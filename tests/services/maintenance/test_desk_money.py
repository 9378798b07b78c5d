"""What repairs cost, ready answers, and the vote that the maintenance fund needs."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import Session, select

from app.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge
from app.models.maintenance.orders import CostLine
from app.models.outbox import Message
from app.models.votes import ScopeLevel, Vote
from app.rules.maintenance.states import Cause, OrderState
from app.services.deliberations.attaching import Upload
from app.services.estates.units import lock_register
from app.services.maintenance import refusing, templates, voting
from app.services.maintenance.costs import NewCost, add_cost, list_costs, wants_vote
from app.services.maintenance.desk import Hand
from app.services.maintenance.working import accept_order
from app.services.votes import drafting
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.fixtures.world import Somebody

DAY = timedelta(days=1)


def hand(upkeep: Upkeep, order_id: UUID, who: Somebody, at: datetime) -> Hand:
    return Hand(estate_id=upkeep.world.estate_id, order_id=order_id, actor=actor_of(who), now=at)


def cost(stage: str, source: str, amount: str, **more: object) -> NewCost:
    return NewCost(id=uuid4(), stage=stage, source=source, amount=amount, **more)  # type: ignore[arg-type]


def test_a_sum_is_exact_to_the_fen_and_a_later_one_replaces_it(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order_id = upkeep.report(session, now)
    mine = hand(upkeep, order_id, upkeep.world.ma_chao, now)
    first = cost("estimate", "property_fee", "380.05")
    add_cost(session, mine, first)
    add_cost(session, mine, first)
    later = hand(upkeep, order_id, upkeep.world.ma_chao, now + DAY)
    add_cost(session, later, cost("estimate", "property_fee", "0.10"))
    found = list_costs(session, order_id=order_id)
    assert [(one.amount, one.stands) for one in found] == [(38005, False), (10, True)]
    assert not wants_vote(found)


@pytest.mark.parametrize(
    ("stage", "source", "amount", "field"),
    [
        ("", "residents", "1", "stage"),
        ("estimate", "casino", "1", "source"),
        ("estimate", "residents", "", "amount"),
        ("estimate", "residents", "-5", "amount"),
        ("estimate", "residents", "1.005", "amount"),
        ("estimate", "residents", "1e5", "amount"),
        ("estimate", "residents", "９９", "amount"),
        ("estimate", "residents", "9" * 13, "amount"),
    ],
)
def test_what_is_no_sum_is_refused(
    session: Session, upkeep: Upkeep, now: datetime, stage: str, source: str, amount: str, field: str
) -> None:
    order_id = upkeep.report(session, now)
    with pytest.raises(Invalid) as refusal:
        add_cost(session, hand(upkeep, order_id, upkeep.world.ma_chao, now), cost(stage, source, amount))
    assert refusal.value.field == field
    assert session.exec(select(CostLine)).all() == []


def test_what_is_approved_the_committee_says_and_papers_are_papers(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order_id = upkeep.report(session, now)
    party, committee = upkeep.world.ma_chao, upkeep.world.chen_jie
    with pytest.raises(NotAllowed):
        add_cost(session, hand(upkeep, order_id, party, now), cost("approved", "residents", "1"))
    add_cost(session, hand(upkeep, order_id, committee, now), cost("approved", "residents", "1"))
    fake = Upload("invoice.pdf", b"MZ not a pdf")
    with pytest.raises(Invalid) as refusal:
        add_cost(
            session, hand(upkeep, order_id, party, now), cost("invoice", "residents", "1", document=fake)
        )
    assert refusal.value.field == "document"
    huge = Upload("invoice.pdf", b"%PDF-" + b"0" * (10 * 1024 * 1024))
    with pytest.raises(TooLarge):
        add_cost(
            session, hand(upkeep, order_id, party, now), cost("invoice", "residents", "1", document=huge)
        )


def test_the_fund_pays_nothing_inside_a_flat(session: Session, upkeep: Upkeep, now: datetime) -> None:
    order_id = upkeep.report(session, now, unit_id=upkeep.world.homes["301"].unit_id)
    with pytest.raises(Invalid) as refusal:
        add_cost(
            session,
            hand(upkeep, order_id, upkeep.world.ma_chao, now),
            cost("estimate", "maintenance_fund", "100"),
        )
    assert refusal.value.code == "private_fund"


def funded(session: Session, upkeep: Upkeep, now: datetime) -> UUID:
    """An accepted order for which the fund is to pay."""
    order_id = upkeep.report(session, now)
    mine = hand(upkeep, order_id, upkeep.world.ma_chao, now)
    accept_order(
        session, mine, worker_name="马师傅", worker_number="", plan="整段更换线路", promised_at=now + DAY
    )
    add_cost(session, mine, cost("estimate", "maintenance_fund", "12600.50", note="线路老化"))
    return order_id


def open_vote(session: Session, upkeep: Upkeep, order_id: UUID, now: datetime, vote_id: UUID) -> UUID:
    lock_register(session, estate_id=upkeep.world.estate_id)
    return voting.open_vote(session, hand(upkeep, order_id, upkeep.world.chen_jie, now), vote_id=vote_id)


def test_an_order_becomes_a_draft_about_the_fund_and_each_names_the_other(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    order_id, vote_id = funded(session, upkeep, now), uuid4()
    for _ in range(2):
        assert open_vote(session, upkeep, order_id, now, vote_id) == vote_id
    vote = session.exec(select(Vote)).one()
    assert (vote.matter, vote.scope_level, vote.scope_building) == (5, ScopeLevel.ENTRANCE, "3")
    assert "12,600.50 元" in vote.text
    assert "第 1 号" in vote.text
    link = voting.order_of(session, estate_id=upkeep.world.estate_id, vote_id=vote_id)
    assert link is not None
    assert link.id == order_id
    told = session.exec(
        select(Message.template).where(Message.account_id == upkeep.world.ma_chao.account_id)
    ).all()
    assert "order_vote" in told
    with pytest.raises(Conflict) as refusal:
        open_vote(session, upkeep, order_id, now, uuid4())
    assert refusal.value.code == "vote_running"


def test_the_committees_own_order_waits_for_the_vote(session: Session, upkeep: Upkeep, now: datetime) -> None:
    order_id = upkeep.report(session, now)
    committee = hand(upkeep, order_id, upkeep.world.chen_jie, now)
    refusing.hand_order(session, committee, party_id=upkeep.committee, note="")
    accept_order(
        session, committee, worker_name="陈", worker_number="", plan="请人更换", promised_at=now + DAY
    )
    add_cost(session, committee, cost("approved", "maintenance_fund", "5000"))
    open_vote(session, upkeep, order_id, now, uuid4())
    assert upkeep.order(session, order_id).state is OrderState.WAITING


def test_a_draft_thrown_away_sets_the_order_free(session: Session, upkeep: Upkeep, now: datetime) -> None:
    order_id, vote_id = funded(session, upkeep, now), uuid4()
    open_vote(session, upkeep, order_id, now, vote_id)
    where = {
        "estate_id": upkeep.world.estate_id,
        "vote_id": vote_id,
        "actor": actor_of(upkeep.world.chen_jie),
        "now": now,
    }
    voting.forget_vote(session, **where)  # type: ignore[arg-type]
    drafting.discard_draft(session, **where)  # type: ignore[arg-type]
    assert upkeep.order(session, order_id).vote_id is None
    open_vote(session, upkeep, order_id, now, uuid4())


def test_no_vote_without_the_fund_by_a_party_or_for_what_is_over(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    plain = upkeep.report(session, now)
    with pytest.raises(Conflict) as refusal:
        open_vote(session, upkeep, plain, now, uuid4())
    assert refusal.value.code == "no_fund"
    order_id = funded(session, upkeep, now)
    with pytest.raises(NotAllowed):
        voting.open_vote(session, hand(upkeep, order_id, upkeep.world.ma_chao, now), vote_id=uuid4())
    upkeep.take(
        session, order_id, OrderState.DECLINED, Cause.COMMITTEE, upkeep.world.chen_jie, now, note="不办"
    )
    with pytest.raises(Conflict) as over:
        open_vote(session, upkeep, order_id, now, uuid4())
    assert over.value.code == "closed"


def keep(session: Session, upkeep: Upkeep, who: Somebody, now: datetime, **changes: object) -> UUID:
    told = {
        "estate_id": upkeep.world.estate_id,
        "template_id": uuid4(),
        "party_id": upkeep.manager,
        "category": "",
        "title": "等配件",
        "text": "配件已订，三天内到货。",
        "actor": actor_of(who),
        "now": now,
    }
    given = {**told, **changes}
    templates.add_template(session, **given)  # type: ignore[arg-type]
    return given["template_id"]  # type: ignore[return-value]


def titles(session: Session, upkeep: Upkeep, who: Somebody, category: str = "") -> list[str]:
    found = templates.list_templates(
        session, estate_id=upkeep.world.estate_id, account_id=who.account_id, category=category
    )
    return [one.title for one in found]


def test_a_party_keeps_its_answers_and_uses_those_for_all(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    mine = keep(session, upkeep, world.ma_chao, now)
    keep(session, upkeep, world.chen_jie, now, party_id=None, title="谢谢", category="lift")
    keep(session, upkeep, world.chen_jie, now, party_id=upkeep.builder, title="保修")
    assert titles(session, upkeep, world.ma_chao) == ["等配件", "谢谢"]
    assert titles(session, upkeep, world.ma_chao, "lighting") == ["等配件"]
    assert titles(session, upkeep, world.li_na) == ["谢谢"]
    where = {"estate_id": world.estate_id, "template_id": mine, "now": now}
    for _ in range(2):
        templates.retire_template(session, **where, actor=actor_of(world.ma_chao))  # type: ignore[arg-type]
    assert titles(session, upkeep, world.ma_chao) == ["谢谢"]


def test_nobody_writes_answers_for_another_party(session: Session, upkeep: Upkeep, now: datetime) -> None:
    world = upkeep.world
    for party in (None, upkeep.builder):
        with pytest.raises(NotAllowed):
            keep(session, upkeep, world.ma_chao, now, party_id=party)
    common = keep(session, upkeep, world.chen_jie, now, party_id=None)
    other = keep(session, upkeep, world.chen_jie, now, party_id=upkeep.builder)
    where = {"estate_id": world.estate_id, "now": now, "actor": actor_of(world.ma_chao)}
    with pytest.raises(NotAllowed):
        templates.retire_template(session, template_id=common, **where)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        templates.retire_template(session, template_id=other, **where)  # type: ignore[arg-type]
    for changed, field in (
        ({"title": " "}, "title"),
        ({"text": ""}, "text"),
        ({"category": "x"}, "category"),
    ):
        with pytest.raises(Invalid) as refusal:
            keep(session, upkeep, world.ma_chao, now, **changed)
        assert refusal.value.field == field
