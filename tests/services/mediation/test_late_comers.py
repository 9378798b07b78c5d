"""Who comes late to a case, goes from it, or may not know of it yet: what each reads, confirms and is told; on both databases."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.errors import Conflict, NotAllowed, NotFound
from app.models.accounts import Grant
from app.models.estates import Relation, Residence
from app.models.mediation import MediationCase, MediationFile
from app.models.outbox import Message
from app.rules.mediation.cases import Kind, Side, State
from app.services.mediation import (
    agreeing,
    clocks,
    consenting,
    mediators,
    opening,
    papers,
    preparing,
    reading,
    talking,
)
from app.services.trail import Actor
from tests.fixtures.mediation import TEXT, picture


def read(quarrel, somebody):
    return reading.read_case(quarrel.session, **quarrel.where(somebody))


def texts(quarrel, somebody) -> list[str]:
    return [one.text for one in read(quarrel, somebody).said]


def change_mediator(quarrel, world, clock) -> None:
    """wang_wei asks for another mediator, and chen_jie takes the case."""
    clock.forward(hours=1)
    mediators.release_case(quarrel.session, **quarrel.where(world.wang_wei), now=clock())
    mediators.wish_mediator(
        quarrel.session, **quarrel.where(world.li_na), wished_id=world.chen_jie.account_id, now=clock()
    )
    clock.forward(hours=1)
    quarrel.take(world.chen_jie)


def add_tenant(quarrel, world, clock) -> None:
    """qian_er of 501 becomes one of the other side."""
    preparing.add_party(
        quarrel.session,
        **quarrel.where(world.chen_jie),
        unit_id=world.homes["501"].unit_id,
        party_id=world.qian_er.account_id,
        side=Side.B,
        now=clock(),
    )


def ask(quarrel, world, clock) -> None:
    preparing.ask_parties(quarrel.session, **quarrel.where(world.chen_jie), now=clock())


def messages(session, somebody) -> int:
    return len(session.exec(select(Message).where(Message.account_id == somebody.account_id)).all())


def lapse(session, somebody, now) -> None:
    for grant in session.exec(select(Grant).where(Grant.account_id == somebody.account_id)):
        grant.ended_at = now
        session.add(grant)
    session.flush()


@pytest.fixture
def talked(quarrel, world, clock):
    """A talk with a word, a photo and a text, in which another mediator asks anew, now with a third party."""
    quarrel.start()
    clock.forward(hours=1)
    quarrel.say(world.li_na, "说过的话", photos=(("x.jpg", picture("grey")),))
    quarrel.draft()
    change_mediator(quarrel, world, clock)
    add_tenant(quarrel, world, clock)
    ask(quarrel, world, clock)
    return quarrel


@pytest.mark.parametrize("refuses", ["li_na", "wang_wei"])
def test_a_late_party_and_a_late_mediator_read_nothing_unless_all_consent_anew(
    talked, world, session, refuses
) -> None:
    talked.answer(world.qian_er)

    def ensure_nothing() -> None:
        for late in (world.qian_er, world.chen_jie):
            assert texts(talked, late) == []
            assert papers.read_agreement(session, **talked.where(late)) is None
        seen = read(talked, world.qian_er)
        assert (seen.claim, seen.photos, seen.acts) == (None, (), ())

    ensure_nothing()
    assert texts(talked, world.li_na) == texts(talked, world.wang_wei) == ["说过的话"]
    talked.answer(world.people[refuses], agrees=False)
    assert session.get_one(MediationCase, talked.case_id).state is State.WITHDRAWN
    ensure_nothing()
    assert texts(talked, world.li_na) == texts(talked, world.wang_wei) == ["说过的话"]


def test_a_late_party_who_could_read_reads_on_while_all_are_asked_anew(talked, world, session, clock) -> None:
    for name in ("li_na", "wang_wei", "qian_er"):
        talked.answer(world.people[name])
    assert texts(talked, world.qian_er) == texts(talked, world.chen_jie) == ["说过的话"]
    clock.forward(hours=1)
    mediators.release_case(session, **talked.where(world.chen_jie), now=clock())
    talked.take()
    preparing.ask_parties(session, **talked.where(world.zhao_min), now=clock())
    assert texts(talked, world.qian_er) == ["说过的话"]
    # Who mediated it once is a new mediator like any other.
    assert texts(talked, world.zhao_min) == []
    talked.answer(world.qian_er, agrees=False)
    assert texts(talked, world.qian_er) == ["说过的话"]


def test_another_mediator_reads_the_application_and_what_he_did_himself(talked, world, session) -> None:
    seen = read(talked, world.chen_jie)
    assert seen.claim is not None
    assert [act.act for act in seen.acts] == ["take", "party", "ask"]
    of_claim, of_talk = session.exec(
        select(MediationFile.file_id)
        .where(MediationFile.case_id == talked.case_id)
        .order_by(MediationFile.at)
    ).all()
    assert seen.photos == (of_claim,)
    where = talked.where(world.chen_jie)
    talking.read_case_file(session, **where, file_id=of_claim)
    with pytest.raises(NotFound):
        talking.read_case_file(session, **where, file_id=of_talk)
    for name in ("li_na", "wang_wei", "qian_er"):
        talked.answer(world.people[name])
    seen = read(talked, world.chen_jie)
    assert (len(seen.photos), seen.acts[0].act) == (2, "open")


def test_a_mediator_who_has_gone_is_replaced_while_it_is_being_confirmed(
    quarrel, world, session, clock
) -> None:
    quarrel.start()
    old = quarrel.draft()
    for somebody in (world.li_na, world.wang_wei, world.zhao_min):
        quarrel.confirm(somebody, old)
    lapse(session, world.zhao_min, clock())
    change_mediator(quarrel, world, clock)
    ask(quarrel, world, clock)
    for somebody in (world.li_na, world.wang_wei):
        quarrel.answer(somebody)
    agreement = papers.read_agreement(session, **quarrel.where(world.li_na))
    assert (agreement.is_void, agreement.i_signed) == (True, False)
    with pytest.raises(Conflict) as refused:
        quarrel.confirm(world.chen_jie, old)
    assert refused.value.code == "void"


def test_a_reopened_text_is_void_and_the_same_words_are_confirmed_as_a_new_version(
    quarrel, world, session, clock
) -> None:
    quarrel.start()
    old = quarrel.draft()
    with pytest.raises(Conflict) as same:
        quarrel.draft()
    assert same.value.code == "same_text"
    quarrel.confirm(world.li_na, old)
    agreeing.reopen_text(session, **quarrel.where(world.zhao_min), now=clock())
    shown = papers.read_agreement(session, **quarrel.where(world.li_na))
    assert (shown.is_void, shown.i_signed, [one.at for one in shown.signers]) == (True, False, [None] * 3)
    for somebody in (world.li_na, world.wang_wei):
        with pytest.raises(Conflict) as void:
            quarrel.confirm(somebody, old)
        assert void.value.code == "void"
    quarrel.agree()  # writes the same words
    agreement = papers.read_agreement(session, **quarrel.where(world.li_na))
    assert (agreement.version, agreement.text, agreement.all_signed) == (2, TEXT, True)
    assert not agreement.is_void


def test_who_was_only_thought_of_is_told_nothing_by_a_change_of_mediator(
    quarrel, world, session, clock
) -> None:
    quarrel.open()
    quarrel.take()
    add = {"unit_id": world.homes["302"].unit_id, "party_id": world.wang_wei.account_id, "side": Side.B}
    preparing.add_party(session, **quarrel.where(world.zhao_min), **add, now=clock())
    mediators.release_case(session, **quarrel.where(world.zhao_min), now=clock())
    chen_jie = world.chen_jie.account_id
    mediators.wish_mediator(session, **quarrel.where(world.li_na), wished_id=chen_jie, now=clock())
    mediators.decline_case(session, **quarrel.where(world.chen_jie), now=clock())
    clock.forward(hours=1)
    before = messages(session, world.li_na)
    quarrel.take()
    assert messages(session, world.li_na) == before + 1
    assert messages(session, world.wang_wei) == 0


def test_a_mediator_whose_grant_has_ended_is_told_nothing_more(quarrel, world, session, clock) -> None:
    quarrel.start()
    lapse(session, world.zhao_min, clock())
    before = messages(session, world.zhao_min)
    clock.forward(days=32)
    assert clocks.remind(session, case_id=quarrel.case_id, now=clock())
    quarrel.say(world.li_na)
    consenting.stop_case(session, **quarrel.where(world.wang_wei), now=clock())
    assert messages(session, world.zhao_min) == before


def test_ties_that_came_after_the_taking_are_found_when_both_are_asked(
    quarrel, world, session, clock
) -> None:
    def moves_to(room: str) -> None:
        session.add(
            Residence(
                account_id=world.zhao_min.account_id,
                unit_id=world.homes[room].unit_id,
                relation=Relation.FAMILY,
                since=clock(),
            )
        )
        session.flush()

    quarrel.open()
    quarrel.take()
    quarrel.prepare()
    where = quarrel.where(world.zhao_min)
    preparing.recall_asking(session, **where, now=clock())
    moves_to("601")
    clock.forward(minutes=1)
    preparing.ask_parties(session, **where, now=clock())
    assert [tie.value for tie in read(quarrel, world.li_na).interest] == ["entrance"]
    preparing.recall_asking(session, **where, now=clock())
    moves_to("302")
    with pytest.raises(NotAllowed):
        preparing.ask_parties(session, **where, now=clock() + timedelta(minutes=1))


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_form_sent_twice_at_once_is_one_case(quarrel, world, session, clock, monkeypatch, by_hand) -> None:
    form, wait = uuid4(), opening._opened_meanwhile

    def send() -> object:
        if not by_hand:
            return quarrel.open(form_id=form)
        actor = Actor(world.zhao_min.account_id, "zhao_min")
        values = {"kind": Kind.COST, "summary": "两家商量电梯电费怎么分", "actor": actor}
        return opening.open_by_hand(session, estate_id=world.estate_id, form_id=form, now=clock(), **values)

    def wait_for_the_other(*args) -> bool:
        # While this one waits for the lock, the same form arrives and is done first.
        monkeypatch.setattr(opening, "_opened_meanwhile", wait)
        send()
        return wait(*args)

    monkeypatch.setattr(opening, "_opened_meanwhile", wait_for_the_other)
    case_id = send()
    assert session.exec(select(MediationCase.id)).all() == [case_id]
