"""An estate's own rules: a later one takes over from the day it begins, and no running clock ever changes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import Session, select

from app.errors import Conflict, Invalid, NotFound
from app.models.maintenance.clocks import ClockRule
from app.models.trail import TrailRow
from app.rules.maintenance.clockrules import ClockKind
from app.rules.maintenance.workcalendar import midnight
from app.services.maintenance.clock_rules import TypedRule, add_rule, end_rule
from app.services.maintenance.clocks import follow_history
from tests.fixtures.maintenance import Upkeep, actor_of


def typed(**changes: str) -> TypedRule:
    told = {
        "clock": "response",
        "measure": "working_days",
        "amount": "3",
        "source": "居民会议决定",
        "valid_from": "2026-11-24",
    }
    return TypedRule(**{**told, **changes})


@pytest.fixture
def asked(upkeep: Upkeep, now: datetime) -> dict[str, object]:
    return {"estate_id": upkeep.world.estate_id, "actor": actor_of(upkeep.world.chen_jie), "now": now}


def test_a_later_rule_that_fits_the_same_ends_the_earlier(session: Session, asked: dict[str, object]) -> None:
    add_rule(session, rule_id=uuid4(), typed=typed(), **asked)  # type: ignore[arg-type]
    later = typed(amount="2", valid_from="2026-12-10")
    add_rule(session, rule_id=uuid4(), typed=later, **asked)  # type: ignore[arg-type]
    # It fits fewer orders, so it ends nothing.
    urgent = typed(urgency="urgent", valid_from="2026-12-20")
    add_rule(session, rule_id=uuid4(), typed=urgent, **asked)  # type: ignore[arg-type]
    rows = session.exec(select(ClockRule).order_by(ClockRule.valid_from)).all()  # type: ignore[arg-type]
    assert [row.valid_to for row in rows] == [date(2026, 12, 9), None, None]


def test_two_rules_for_the_same_from_the_same_day_are_one_too_many(
    session: Session, asked: dict[str, object]
) -> None:
    add_rule(session, rule_id=uuid4(), typed=typed(), **asked)  # type: ignore[arg-type]
    with pytest.raises(Conflict) as refusal:
        add_rule(session, rule_id=uuid4(), typed=typed(amount="5"), **asked)  # type: ignore[arg-type]
    assert refusal.value.code == "same_day"


def test_a_form_sent_twice_is_one_rule_and_one_line_of_the_trail(
    session: Session, asked: dict[str, object]
) -> None:
    form = uuid4()
    for _ in range(2):
        add_rule(session, rule_id=form, typed=typed(), **asked)  # type: ignore[arg-type]
    tags = session.exec(select(TrailRow.tag).where(TrailRow.tag == "maintenance:rule:add")).all()
    assert len(tags) == 1


def test_an_open_order_keeps_its_term_when_a_rule_begins_and_when_it_ends(
    session: Session, upkeep: Upkeep, asked: dict[str, object], now: datetime
) -> None:
    open_order = upkeep.order(session, upkeep.report(session, now))
    rule_id = uuid4()
    add_rule(session, rule_id=rule_id, typed=typed(), **asked)  # type: ignore[arg-type]
    tomorrow = now + timedelta(days=1)
    follow_history(session, open_order, now=tomorrow)
    assert open_order.due_at == midnight(date(2026, 11, 25))
    next_order = upkeep.order(session, upkeep.report(session, tomorrow))
    assert next_order.due_at == midnight(date(2026, 11, 28))
    end_rule(session, rule_id=rule_id, last_day="2026-11-24", **{**asked, "now": tomorrow})  # type: ignore[arg-type]
    follow_history(session, next_order, now=tomorrow)
    assert next_order.due_at == midnight(date(2026, 11, 28))
    after = upkeep.order(session, upkeep.report(session, now + timedelta(days=2)))
    assert after.due_at == midnight(date(2026, 11, 27))


def test_the_end_of_a_rule_lies_not_in_the_past_nor_in_another_estate(
    session: Session, upkeep: Upkeep, asked: dict[str, object], now: datetime
) -> None:
    rule_id = uuid4()
    add_rule(session, rule_id=rule_id, typed=typed(), **asked)  # type: ignore[arg-type]
    later = {**asked, "now": now + timedelta(days=10)}
    for day in ("2026-12-02", "2026-11-23", "", "bald"):
        with pytest.raises(Invalid):
            end_rule(session, rule_id=rule_id, last_day=day, **later)  # type: ignore[arg-type]
    elsewhere = {**later, "estate_id": upkeep.world.other_estate_id}
    with pytest.raises(NotFound):
        end_rule(session, rule_id=rule_id, last_day="2026-12-10", **elsewhere)  # type: ignore[arg-type]
    end_rule(session, rule_id=rule_id, last_day="2026-12-03", **later)  # type: ignore[arg-type]
    much_later = {**asked, "now": now + timedelta(days=20)}
    with pytest.raises(Conflict):
        end_rule(session, rule_id=rule_id, last_day="2026-12-20", **much_later)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"amount": 9}, {"valid_from": date(2020, 1, 1)}, {"clock": ClockKind.REPAIR}]
)
def test_the_database_itself_keeps_a_rule_as_it_was(
    session: Session, asked: dict[str, object], change: dict[str, object]
) -> None:
    add_rule(session, rule_id=uuid4(), typed=typed(), **asked)  # type: ignore[arg-type]
    with pytest.raises(sa.exc.DBAPIError):
        session.connection().execute(sa.update(ClockRule).values(**change))


def test_a_party_of_another_estate_has_no_rule_here(
    session: Session, upkeep: Upkeep, asked: dict[str, object]
) -> None:
    elsewhere = {**asked, "estate_id": upkeep.world.other_estate_id}
    with pytest.raises(NotFound):
        add_rule(session, rule_id=uuid4(), typed=typed(party=str(upkeep.manager)), **elsewhere)  # type: ignore[arg-type]
