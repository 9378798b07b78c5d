"""The demo: loaded once, and with something to see for the people it offers."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from sqlmodel import col, select

from app.cli import demo
from app.clock import utc_now
from app.database import Database
from app.models.accounts import Account
from app.models.credits import CreditHonour, CreditRedemption
from app.models.estates import RepresentativeNaming
from app.models.guides import GuideQuestion
from app.models.maintenance.fees import ChargeState, FeeCharge, FeeTotal, Hardship, ServiceDeed
from app.models.maintenance.orders import OrderAppeal, WorkOrder
from app.models.mediation import MediationCase, MediationOffer
from app.models.meetings import Meeting
from app.models.surveys import AnswerSheet, Survey
from app.rules.credits.redemptions import RedemptionState
from app.rules.estates.representatives import NamingState
from app.rules.guides.questions import QuestionState
from app.rules.mediation.cases import State
from app.rules.mediation.offers import OfferState
from app.rules.meetings.states import MeetingState
from app.rules.surveys.kinds import Channel
from app.services.guides.cards import list_published, outdated_cards
from app.services.maintenance.fees.reading import my_fees
from app.services.surveys.results import figures


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


def test_policy_is_explained_and_one_question_waits(session) -> None:
    estate_id, now = session.exec(select(Survey.estate_id)).first(), utc_now()
    cards = list_published(session, estate_id=estate_id, now=now)
    (old,) = outdated_cards(session, estate_id=estate_id, now=now)
    assert [card.outdated for card in cards].count(False) >= 4
    assert old.id in {card.id for card in cards}
    states = Counter(session.exec(select(GuideQuestion.state)).all())
    assert states == {QuestionState.ANSWERED: 2, QuestionState.WAITING: 1}


def test_a_survey_runs_and_another_can_be_read_by_groups(session) -> None:
    closed, running = session.exec(select(Survey).order_by(col(Survey.number))).all()
    assert closed.closes_at < utc_now() < running.closes_at
    channels = Counter(session.exec(select(AnswerSheet.channel)).all())
    assert min(channels[Channel.PHONE], channels[Channel.DOOR]) > 10
    shown = figures(session, estate_id=closed.estate_id, survey_id=closed.id)
    assert {table.way for figure in shown for table in figure.tables} >= {"building"}


def test_meetings_mediation_credits_and_a_naming_each_wait_for_somebody(session) -> None:
    meetings = set(session.exec(select(Meeting.state)).all())
    assert meetings == {MeetingState.INVITED, MeetingState.RECORD, MeetingState.CONFIRMED}
    assert set(session.exec(select(MediationCase.state)).all()) == {State.TALKING, State.AGREED}
    assert OfferState.OPEN in session.exec(select(MediationOffer.state)).all()
    assert session.exec(select(CreditRedemption.state)).one() is RedemptionState.WAITING
    assert len(session.exec(select(CreditHonour)).all()) == 2
    assert session.exec(select(RepresentativeNaming.state)).one() is NamingState.OPEN
