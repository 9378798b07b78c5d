"""The demo: loaded once, and with something to see for the people it offers."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from sqlmodel import col, select

from app.cli import demo
from app.database import Database
from app.models.accounts import Account
from app.models.maintenance.fees import ChargeState, FeeCharge, FeeTotal, Hardship, ServiceDeed
from app.models.maintenance.orders import OrderAppeal, WorkOrder
from app.services.maintenance.fees.reading import my_fees


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATA_DIR", str(folder))
        assert demo.run([]) == 0
        assert demo.run([]) == 0
    return folder


@pytest.fixture
def session(folder):
    database = Database(f"sqlite:///{folder / 'haoshangliang.db'}")
    with database.session(writing=False) as session:
        yield session
    database.close()


def test_loaded_twice_it_is_there_once_with_its_people(folder, session) -> None:
    people = json.loads((folder / "demo-people.json").read_text(encoding="utf-8"))
    accounts = {str(account.id): account.name for account in session.exec(select(Account))}
    assert [accounts[person["account_id"]] for person in people] == [person["name"] for person in people]
    assert session.exec(select(OrderAppeal)).one()


def test_fees_are_paid_by_some_and_owed_by_others(session) -> None:
    states = Counter(session.exec(select(FeeCharge.state)).all())
    assert states[ChargeState.PAID] > states[ChargeState.DUE] > states[ChargeState.RELIEVED] > 0
    totals = session.exec(select(FeeTotal)).all()
    assert sum(total.homes for total in totals) == states.total()
    assert all(0 < total.homes_paid < total.homes for total in totals)
    assert session.exec(select(ServiceDeed.text)).all()
    assert session.exec(select(Hardship)).one()


def test_the_owner_to_sign_in_as_has_this_month_to_pay(session) -> None:
    owner = session.exec(select(Account).where(Account.name == "李秀英")).one()
    order = session.exec(select(WorkOrder)).first()
    newest = session.exec(select(FeeCharge.month).order_by(col(FeeCharge.month).desc())).first()
    (home,) = my_fees(session, estate_id=order.estate_id, account_id=owner.id, month=newest)
    assert home.due
    assert {charge.state for charge in home.charges if charge.month == newest} == {"due"}
    assert {charge.state for charge in home.charges if charge.month < newest} == {"paid"}


def test_one_order_carries_the_hotlines_number(session) -> None:
    numbers = session.exec(
        select(WorkOrder.hotline_number).where(col(WorkOrder.hotline_number).is_not(None))
    ).all()
    assert len(numbers) == 1
