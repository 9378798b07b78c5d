"""A case from the application to the agreement in force, and every way it may end before; on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.errors import Conflict, Invalid, NotAllowed, NotFound
from app.jobs import mediation as job
from app.models.accounts import Grant
from app.models.estates import Relation, Residence
from app.models.mediation import MediationCase, MediationLog, MediationOffer
from app.models.outbox import Message
from app.models.trail import TrailRow
from app.rules.mediation.agreements import CourtMark
from app.rules.mediation.cases import Kind, Seat, State
from app.rules.mediation.checks import CheckState
from app.rules.mediation.conflicts import Interest
from app.rules.mediation.offers import OfferKind, OfferState, OfferVerb
from app.services.mediation import (
    agreeing,
    consenting,
    mediators,
    opening,
    papers,
    performing,
    preparing,
    reading,
)
from app.services.mediation.access import enter_case
from app.services.mediation.counting import CaseCount, count_cases
from app.services.mediation.printing import Head, draw_agreement
from app.services.trail import Actor
from tests.fixtures.mediation import MARK, TEXT, pdf_text


def read(quarrel, somebody):
    return reading.read_case(quarrel.session, **quarrel.where(somebody))


def state_of(quarrel) -> State:
    return quarrel.session.get_one(MediationCase, quarrel.case_id).state


def test_from_the_application_to_an_agreement_in_force(quarrel, world, clock, session) -> None:
    form = uuid4()
    first = quarrel.open(form_id=form)
    assert quarrel.open(form_id=form) == first  # sent twice is one case
    # Before anybody took it, its mediator-to-be knows a kind and a day.
    (line,) = mediators.list_waiting(session, estate_id=world.estate_id, account_id=world.zhao_min.account_id)
    assert (line.id, line.kind, line.is_wish) == (first, Kind.LIGHT, False)
    with pytest.raises(NotFound):
        read(quarrel, world.zhao_min)
    quarrel.take()
    quarrel.prepare()
    quarrel.answer(world.li_na)
    assert state_of(quarrel) is State.ASKING
    # The other side is shown what it needs to decide, and nothing of what the applicant told the mediator.
    asked = read(quarrel, world.wang_wei)
    assert asked.summary
    assert (asked.claim, asked.photos, asked.told, asked.said, asked.acts) == (None, (), "", (), ())
    quarrel.answer(world.wang_wei)
    seen = read(quarrel, world.wang_wei)
    assert seen.state is State.TALKING
    assert (seen.claim.distance, len(seen.photos), seen.seat) == (320, 1, Seat.B)
    quarrel.say(world.wang_wei, "可以换隔音玻璃", is_response=True)
    clock.forward(minutes=1)
    quarrel.say(world.li_na, "多谢", is_response=True)
    assert [(one.seat, one.is_response) for one in read(quarrel, world.zhao_min).said] == [
        (Seat.B, True),
        (Seat.A, False),  # only the other side responds to a claim
    ]
    offer = quarrel.offer(world.wang_wei, kind=OfferKind.GLASS, amount=0, text="换隔音玻璃")
    quarrel.decide(world.li_na, offer)
    clock.forward(hours=1)
    quarrel.agree()
    case = session.get_one(MediationCase, quarrel.case_id)
    assert (case.state, case.effective_on) == (State.AGREED, clock().date())
    court = papers.read_court(session, **quarrel.where(world.li_na), now=clock())
    assert court.days_left == 31  # thirty days and today, 23 December being a Wednesday
    agreement = papers.read_agreement(session, **quarrel.where(world.wang_wei))
    assert (agreement.all_signed, agreement.scan is not None, agreement.text) == (True, True, TEXT)
    assert [act.act for act in read(quarrel, world.li_na).acts][-1] == "effect"
    assert count_cases(session, estate_id=world.estate_id) == [CaseCount(2026, State.AGREED, 1)]
    # The trail of the estate knows nothing, and no message names anything.
    assert session.exec(select(TrailRow)).all() == []
    for message in session.exec(select(Message)):
        assert (message.template, message.link) == ("matter_news", "matters")
        assert message.values == {"estate": "幸福里小区"}
        assert str(quarrel.case_id) not in message.key


def test_one_refusal_ends_it_and_what_both_could_read_stays(quarrel, world, session) -> None:
    quarrel.open()
    quarrel.take()
    quarrel.prepare()
    quarrel.answer(world.wang_wei, agrees=False)
    quarrel.answer(world.wang_wei, agrees=False)  # twice is once
    assert state_of(quarrel) is State.WITHDRAWN
    with pytest.raises(Conflict):
        quarrel.answer(world.li_na)
    seen = read(quarrel, world.wang_wei)
    assert (seen.claim, seen.photos) == (None, ())
    assert read(quarrel, world.li_na).claim is not None
    # Nobody is written down as the one who would not.
    log = session.exec(select(MediationLog).where(MediationLog.act == "stop")).one()
    assert log.account_id is None
    assert [party.answer for party in read(quarrel, world.li_na).parties if not party.is_me] == [""]


def test_a_party_stops_in_the_middle_and_nobody_loses_or_gains_a_word(quarrel, world, session) -> None:
    quarrel.start()
    quarrel.say(world.li_na, "说过的话")
    offer = quarrel.offer(world.wang_wei)
    digest = quarrel.draft()
    quarrel.confirm(world.li_na, digest)
    consenting.stop_case(session, **quarrel.where(world.wang_wei), now=quarrel.clock())
    consenting.stop_case(session, **quarrel.where(world.wang_wei), now=quarrel.clock())
    assert state_of(quarrel) is State.WITHDRAWN
    for person in (world.li_na, world.wang_wei, world.zhao_min):
        assert [one.text for one in read(quarrel, person).said] == ["说过的话"]
        assert papers.read_agreement(session, **quarrel.where(person)).digest == digest
    for late in (
        lambda: quarrel.say(world.li_na),
        lambda: quarrel.offer(world.li_na),
        lambda: quarrel.decide(world.li_na, offer),
        lambda: quarrel.confirm(world.zhao_min, digest),
        quarrel.draft,
        lambda: consenting.stop_case(session, **quarrel.where(world.sun_li), now=quarrel.clock()),
    ):
        with pytest.raises((Conflict, NotFound)):
            late()
    with pytest.raises(NotFound):
        read(quarrel, world.chen_jie)


def test_no_agreement_ends_with_a_word_for_both_and_only_by_the_mediator(quarrel, world, session) -> None:
    quarrel.start()
    with pytest.raises(NotAllowed):
        consenting.fail_case(
            session, **quarrel.where(world.li_na), conclusion="谈不下去了", now=quarrel.clock()
        )
    with pytest.raises(Invalid):
        consenting.fail_case(session, **quarrel.where(world.zhao_min), conclusion=" ", now=quarrel.clock())
    consenting.fail_case(
        session, **quarrel.where(world.zhao_min), conclusion="距离上没有谈拢", now=quarrel.clock()
    )
    assert read(quarrel, world.wang_wei).conclusion == "距离上没有谈拢"


def test_an_offer_is_answered_once_by_the_other_side_and_before_its_day_is_over(
    quarrel, world, clock, session
) -> None:
    quarrel.start()
    offer = quarrel.offer(world.wang_wei)
    with pytest.raises(NotAllowed):
        quarrel.decide(world.wang_wei, offer)
    with pytest.raises(NotAllowed):
        quarrel.decide(world.zhao_min, offer)
    quarrel.decide(world.li_na, offer)
    quarrel.decide(world.li_na, offer)
    with pytest.raises(Conflict):
        quarrel.decide(world.wang_wei, offer, OfferVerb.WITHDRAW)
    taken_back = quarrel.offer(world.wang_wei)
    quarrel.decide(world.wang_wei, taken_back, OfferVerb.WITHDRAW)
    with pytest.raises(Conflict, match="撤回"):
        quarrel.decide(world.li_na, taken_back)
    late = quarrel.offer(world.wang_wei)
    clock.forward(days=1)
    with pytest.raises(Conflict, match="有效期"):
        quarrel.decide(world.li_na, late)
    shown = papers.list_offers(session, **quarrel.where(world.li_na), now=clock())
    assert [offer.state for offer in shown].count(OfferState.EXPIRED) == 1
    # Whatever a program would write, the database keeps an answered offer as it is.
    with pytest.raises(DBAPIError), session.begin_nested():
        session.connection().execute(
            sa.update(MediationOffer).where(MediationOffer.id == offer).values(amount=1)
        )


def test_a_text_that_is_being_confirmed_is_frozen_and_a_new_one_asks_all_again(
    quarrel, world, session, clock
) -> None:
    quarrel.start()
    old = quarrel.draft()
    for changes, error in (
        ({"name": "别人"}, Invalid),
        ({"agrees": False}, Invalid),
    ):
        with pytest.raises(error):
            quarrel.confirm(world.li_na, old, **changes)
    assert state_of(quarrel) is State.TALKING
    quarrel.confirm(world.li_na, old)
    quarrel.confirm(world.li_na, old)
    with pytest.raises(Conflict):
        quarrel.draft(TEXT + "改一个字")
    with pytest.raises(DBAPIError), session.begin_nested():
        session.connection().execute(
            sa.text(
                "INSERT INTO mediation_agreement SELECT "
                f"'{uuid4().hex}', case_id, 2, text, digest, account_id, at FROM mediation_agreement"
            )
            if session.get_bind().dialect.name == "sqlite"
            else sa.text(
                "INSERT INTO mediation_agreement SELECT "
                "gen_random_uuid(), case_id, 2, text, digest, account_id, at FROM mediation_agreement"
            )
        )
    paper = agreeing.Paper("x.jpg", b"x", clock().date())
    with pytest.raises(Conflict) as refused:
        agreeing.take_effect(session, **quarrel.where(world.zhao_min), paper=paper, now=clock())
    assert refused.value.code == "not_all"
    agreeing.reopen_text(session, **quarrel.where(world.zhao_min), now=clock())
    new = quarrel.draft(TEXT + "改一个字")
    with pytest.raises(Conflict) as refused:
        quarrel.confirm(world.wang_wei, old)
    assert refused.value.code == "other_text"
    quarrel.confirm(world.wang_wei, new)
    agreement = papers.read_agreement(session, **quarrel.where(world.li_na))
    assert (agreement.version, agreement.i_signed, agreement.all_signed) == (2, False, False)


def test_after_the_agreement_the_court_and_the_checks_have_their_order(
    quarrel, world, session, clock
) -> None:
    quarrel.start()
    quarrel.agree()
    li_na, today = quarrel.where(world.li_na), clock().date()

    def mark(where, mark, on) -> None:
        performing.mark_court(session, **where, mark=mark, on=on, note="", now=clock())

    with pytest.raises(Conflict):
        mark(li_na, CourtMark.CONFIRMED, today)
    clock.forward(days=40)
    with pytest.raises(Conflict) as late:
        mark(li_na, CourtMark.APPLIED, today + timedelta(days=35))
    assert late.value.code == "too_late"
    mark(li_na, CourtMark.APPLIED, today + timedelta(days=5))
    with pytest.raises(Conflict):
        mark(quarrel.where(world.wang_wei), CourtMark.APPLIED, today + timedelta(days=6))
    mark(quarrel.where(world.wang_wei), CourtMark.CONFIRMED, today + timedelta(days=15))
    check, mediator = uuid4(), quarrel.where(world.zhao_min)
    due = clock().date() + timedelta(days=3)
    with pytest.raises(NotAllowed):
        performing.add_check(session, **li_na, check_id=check, due_on=due, what="看隔音窗", now=clock())
    performing.add_check(session, **mediator, check_id=check, due_on=due, what="看隔音窗", now=clock())
    performing.remark(session, **li_na, check_id=check, remark_id=uuid4(), text="装了一半", now=clock())
    with pytest.raises(Invalid):
        performing.settle_check(
            session, **mediator, check_id=check, found=CheckState.PARTLY, note="", now=clock()
        )
    performing.settle_check(
        session, **mediator, check_id=check, found=CheckState.PARTLY, note="还差厨房", now=clock()
    )
    with pytest.raises(Conflict):
        performing.settle_check(
            session, **mediator, check_id=check, found=CheckState.PERFORMED, note="", now=clock()
        )
    (shown,) = papers.list_checks(session, **li_na, now=clock())
    assert (shown.state, shown.note, [text for _, text, _ in shown.remarks]) == (
        CheckState.PARTLY,
        "还差厨房",
        ["装了一半"],
    )


def test_a_mediator_with_a_tie_shows_it_or_stays_out(quarrel, world, session, now) -> None:
    def lives_in(name: str, room: str) -> None:
        session.add(
            Residence(
                account_id=world.people[name].account_id,
                unit_id=world.homes[room].unit_id,
                relation=Relation.FAMILY,
                since=now,
            )
        )
        session.flush()

    quarrel.open()
    lives_in("zhao_min", "601")
    with pytest.raises(Conflict) as refused:
        quarrel.take()
    assert refused.value.code == "undisclosed"
    quarrel.take(disclose=True)
    quarrel.prepare()
    assert read(quarrel, world.wang_wei).interest == (Interest.ENTRANCE,)
    # To be of one of the homes is no matter of showing it.
    lives_in("zhao_min", "302")
    quarrel.open(world.wang_wei)
    with pytest.raises(NotAllowed):
        quarrel.take(disclose=True)
    # One's own application does not even wait for oneself.
    quarrel.open(world.zhao_min, wished_id=world.chen_jie.account_id)
    with pytest.raises(NotFound):
        quarrel.take(disclose=True)


def test_another_mediator_waits_for_consent_like_the_first(quarrel, world, session, clock) -> None:
    quarrel.start()
    quarrel.say(world.li_na, "说过的话")
    clock.forward(hours=1)
    mediators.release_case(session, **quarrel.where(world.wang_wei), now=clock())
    with pytest.raises(NotFound):
        read(quarrel, world.zhao_min)
    mediators.wish_mediator(
        session, **quarrel.where(world.li_na), wished_id=world.chen_jie.account_id, now=clock()
    )
    with pytest.raises(NotFound):
        quarrel.take(world.zhao_min)  # it asks for somebody else
    quarrel.take(world.chen_jie)
    assert read(quarrel, world.chen_jie).said == ()
    preparing.ask_parties(session, **quarrel.where(world.chen_jie), now=clock())
    for person in (world.li_na, world.wang_wei):
        assert read(quarrel, person).said[0].text == "说过的话"
        quarrel.answer(person)
    assert read(quarrel, world.chen_jie).said[0].text == "说过的话"
    # Whose grant has ended has no seat any more.
    grant = session.exec(select(Grant).where(Grant.account_id == world.chen_jie.account_id)).one()
    grant.ended_at = clock()
    session.add(grant)
    session.flush()
    with pytest.raises(NotFound):
        read(quarrel, world.chen_jie)
    assert reading.list_mine(session, estate_id=world.estate_id, account_id=world.chen_jie.account_id) == []


def test_whoever_was_named_by_mistake_is_taken_off_before_he_learns_of_it(
    quarrel, world, session, clock
) -> None:
    quarrel.open()
    quarrel.take()
    quarrel.prepare()
    quarrel.answer(world.li_na)
    preparing.recall_asking(session, **quarrel.where(world.zhao_min), now=clock())
    with pytest.raises(NotFound):
        read(quarrel, world.wang_wei)
    preparing.remove_party(
        session,
        **quarrel.where(world.zhao_min),
        party_id=world.wang_wei.account_id,
        now=clock(),
    )
    with pytest.raises(Conflict) as refused:
        preparing.ask_parties(session, **quarrel.where(world.zhao_min), now=clock())
    assert refused.value.code == "one_side"
    with pytest.raises(Conflict):
        preparing.remove_party(
            session, **quarrel.where(world.zhao_min), party_id=world.li_na.account_id, now=clock()
        )


def test_who_may_apply_and_for_what(quarrel, world, session) -> None:
    with pytest.raises(NotAllowed):
        quarrel.open(world.ma_chao)
    with pytest.raises(NotFound):
        quarrel.open(objection_id=uuid4())
    for changes, field in (
        ({"text": "太短"}, "text"),
        ({"other": ""}, "other"),
        ({"distance": 10, "between": ""}, "between"),
        ({"distance": -1}, "distance"),
        ({"wished_id": world.sun_li.account_id}, "mediator"),
        ({"photos": (("x.jpg", b"no picture"),)}, "photo"),
        ({"photos": (("x.jpg", b""),) * 7}, "photo"),
        ({"text": "长" * 5000}, "text"),
    ):
        with pytest.raises(Invalid) as refused, session.begin_nested():
            quarrel.open(**changes)
        assert refused.value.field == field
    for _ in range(5):
        quarrel.open(photos=())
    with pytest.raises(Exception, match="5 件事") as many:
        quarrel.open(photos=())
    assert many.value.code == "toomany"
    numbers = session.exec(select(MediationCase.number).order_by(MediationCase.number)).all()
    assert numbers == [1, 2, 3, 4, 5]


def test_a_mediator_enters_a_case_by_hand_and_drops_it_while_nobody_knows(
    quarrel, world, session, clock
) -> None:
    values = {
        "estate_id": world.estate_id,
        "form_id": uuid4(),
        "kind": Kind.COST,
        "summary": "两家商量电梯电费怎么分",
        "now": clock(),
    }
    for name, error in (("li_na", NotAllowed), ("sun_li", NotAllowed)):
        person = world.people[name]
        with pytest.raises(error):
            opening.open_by_hand(session, **values, actor=Actor(person.account_id, person.name))
    quarrel.case_id = opening.open_by_hand(
        session, **values, actor=Actor(world.zhao_min.account_id, "zhao_min")
    )
    consenting.stop_case(session, **quarrel.where(world.zhao_min), now=clock())
    assert state_of(quarrel) is State.WITHDRAWN


def test_time_alone_reminds_once_and_names_nothing(quarrel, world, session, database, clock) -> None:
    quarrel.start()
    session.commit()

    def told(name: str) -> int:
        with database.session(writing=False) as reader:
            query = select(Message).where(Message.account_id == world.people[name].account_id)
            return len(reader.exec(query).all())

    assert job.tick(database, now=clock()) == 0
    clock.forward(days=32)
    before = told("zhao_min")
    assert (job.tick(database, now=clock()), job.tick(database, now=clock())) == (1, 0)
    assert told("zhao_min") == before + 1
    with database.session(writing=True) as again:
        quarrel.session = again
        quarrel.agree()
        performing.add_check(
            again,
            **quarrel.where(world.zhao_min),
            check_id=uuid4(),
            due_on=clock().date() + timedelta(days=1),
            what="看隔音窗",
            now=clock(),
        )
        again.commit()
    clock.forward(days=1)
    assert (job.tick(database, now=clock()), job.tick(database, now=clock())) == (1, 0)
    before = told("li_na"), told("wang_wei")
    clock.forward(days=24)
    assert (job.tick(database, now=clock()), job.tick(database, now=clock())) == (1, 0)
    assert (told("li_na"), told("wang_wei")) == (before[0] + 1, before[1] + 1)


def test_nobody_without_a_seat_enters_by_any_service(quarrel, world) -> None:
    quarrel.start()
    outside = ("chen_jie", "sun_li", "ma_chao", "qian_er", "zhou_tao", "stranger")
    for name in outside:
        for lock in (False, True):
            with pytest.raises(NotFound) as refused:
                enter_case(quarrel.session, **quarrel.where(world.people[name]), lock=lock)
            with pytest.raises(NotFound) as nothing:
                enter_case(
                    quarrel.session,
                    **(quarrel.where(world.people[name]) | {"case_id": uuid4()}),
                    lock=lock,
                )
            assert str(refused.value) == str(nothing.value)
    # The other estate's address does not lead here either, even for the parties.
    with pytest.raises(NotFound):
        enter_case(quarrel.session, **(quarrel.where(world.li_na) | {"estate_id": world.other_estate_id}))


def test_the_paper_says_what_was_agreed_who_signs_and_for_whom_each_copy_is(quarrel, world, session) -> None:
    quarrel.start()
    quarrel.agree()
    agreement = papers.read_agreement(session, **quarrel.where(world.li_na))
    drawn = draw_agreement(agreement, Head("幸福里小区", "幸福里居委会", "采光", date(2026, 11, 23)))
    text = pdf_text(drawn)
    assert text.count("人民调解协议书") == 3
    for words in (MARK, "li_na", "wang_wei", "zhao_min", "2026-1", "按指印", "盖章", "调解委员会存档"):
        assert words in text
    assert agreement.digest[:32] in text
    assert draw_agreement(agreement, Head("幸福里小区", "幸福里居委会", "采光", date(2026, 11, 23))) == drawn
