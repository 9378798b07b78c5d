"""Joining and leaving, answering a question, taking back, sending back: by whom, in which state, and until when."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlmodel import Session, select

from app.errors import Invalid, NotFound, Refusal
from app.models.maintenance.orders import Joiner, OrderMove
from app.models.maintenance.photos import OrderPhoto
from app.rules.maintenance.clocks import Pause
from app.rules.maintenance.pauses import PauseReason
from app.rules.maintenance.states import Cause, OrderState
from app.rules.maintenance.workcalendar import day_of, midnight
from app.services.deliberations.attaching import Upload
from app.services.maintenance import residents
from app.services.maintenance.mine import PAGE, Share, list_mine, list_waiting
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.fixtures.world import Somebody


def picture() -> Upload:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(written, "PNG")
    return Upload("灯.png", written.getvalue())


def refused(deed: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        deed()
    return refusal.value.code


@pytest.fixture
def who(upkeep: Upkeep, now: datetime) -> Callable[..., dict[str, object]]:
    """The arguments every deed takes."""

    def arguments(order_id: UUID, person: Somebody, **more: object) -> dict[str, object]:
        return {
            "estate_id": upkeep.world.estate_id,
            "order_id": order_id,
            "actor": actor_of(person),
            "now": now,
            **more,
        }

    return arguments


def ask(session: Session, upkeep: Upkeep, order_id: UUID, now: datetime) -> None:
    upkeep.take(
        session,
        order_id,
        OrderState.NEED_INFO,
        Cause.PARTY,
        upkeep.world.ma_chao,
        now,
        note="是哪一层？",
        reason=PauseReason.INFORMATION,
        pause=Pause(now, now + timedelta(days=7)),
    )


def close(session: Session, upkeep: Upkeep, order_id: UUID, now: datetime) -> None:
    world, take = upkeep.world, upkeep.take
    take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    take(session, order_id, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now, proof=True)
    take(session, order_id, OrderState.CONFIRMED, Cause.REPORTER, world.li_na, now)


def test_joining_and_leaving_count_once_each(session: Session, upkeep: Upkeep, now: datetime) -> None:
    order_id = upkeep.report(session, now)
    asked = {
        "estate_id": upkeep.world.estate_id,
        "order_id": order_id,
        "account_id": upkeep.world.wang_wei.account_id,
        "now": now,
    }
    for _ in range(2):
        residents.join_order(session, text="也不亮", **asked)  # type: ignore[arg-type]
    assert upkeep.order(session, order_id).joiners == 1
    for _ in range(2):
        residents.leave_order(session, **asked)  # type: ignore[arg-type]
    assert upkeep.order(session, order_id).joiners == 0
    assert session.exec(select(Joiner)).all() == []


def test_nobody_leaves_what_is_over(session: Session, upkeep: Upkeep, now: datetime) -> None:
    order_id = upkeep.report(session, now)
    asked = {
        "estate_id": upkeep.world.estate_id,
        "order_id": order_id,
        "account_id": upkeep.world.wang_wei.account_id,
        "now": now,
    }
    residents.join_order(session, text="", **asked)  # type: ignore[arg-type]
    close(session, upkeep, order_id, now)
    assert refused(lambda: residents.leave_order(session, **asked)) == "closed"  # type: ignore[arg-type]
    assert upkeep.order(session, order_id).joiners == 1


def test_a_fault_inside_a_flat_is_nobody_elses(
    session: Session, upkeep: Upkeep, now: datetime, who: Callable[..., dict[str, object]]
) -> None:
    order_id = upkeep.report(session, now, unit_id=upkeep.world.homes["301"].unit_id)
    close(session, upkeep, order_id, now)
    neighbour = upkeep.world.wang_wei
    for deed in (
        lambda: residents.reopen_order(session, **who(order_id, neighbour, note="漏", photos=())),  # type: ignore[arg-type]
        lambda: residents.withdraw_order(session, **who(order_id, neighbour, note="")),  # type: ignore[arg-type]
        lambda: residents.answer_question(session, **who(order_id, neighbour, text="漏", photos=())),  # type: ignore[arg-type]
    ):
        with pytest.raises(NotFound):
            deed()


def test_an_answer_brings_the_order_back_to_the_party_that_asked(
    session: Session, upkeep: Upkeep, now: datetime, who: Callable[..., dict[str, object]]
) -> None:
    order_id = upkeep.report(session, now)
    ask(session, upkeep, order_id, now)
    assert [one.id for one in _waiting(session, upkeep, upkeep.world.li_na, now)] == [order_id]
    with pytest.raises(Invalid) as refusal:
        residents.answer_question(session, **who(order_id, upkeep.world.li_na, text=" ", photos=()))  # type: ignore[arg-type]
    assert refusal.value.field == "text"
    residents.answer_question(session, **who(order_id, upkeep.world.li_na, text="二楼", photos=[picture()]))  # type: ignore[arg-type]
    order = upkeep.order(session, order_id)
    assert (order.state, order.party_id) == (OrderState.ASSIGNED, upkeep.manager)
    last = session.exec(select(OrderMove).order_by(OrderMove.seq.desc())).first()  # type: ignore[attr-defined]
    assert last is not None
    assert (last.note, last.cause) == ("二楼", Cause.REPORTER)
    assert len(session.exec(select(OrderPhoto)).all()) == 1
    assert _waiting(session, upkeep, upkeep.world.li_na, now) == []
    assert (
        refused(
            lambda: residents.answer_question(
                session, **who(order_id, upkeep.world.li_na, text="二楼", photos=())
            )
        )  # type: ignore[arg-type]
        == "not_asked"
    )


def test_only_who_reported_or_joined_answers_a_question(
    session: Session, upkeep: Upkeep, now: datetime, who: Callable[..., dict[str, object]]
) -> None:
    order_id = upkeep.report(session, now)
    ask(session, upkeep, order_id, now)
    assert (
        refused(
            lambda: residents.answer_question(
                session, **who(order_id, upkeep.world.wang_wei, text="二楼", photos=())
            )
        )  # type: ignore[arg-type]
        == "not_your_move"
    )


def test_what_neighbours_joined_is_not_taken_back(
    session: Session, upkeep: Upkeep, now: datetime, who: Callable[..., dict[str, object]]
) -> None:
    world = upkeep.world
    order_id = upkeep.report(session, now)
    joining = {"estate_id": world.estate_id, "order_id": order_id, "account_id": world.wang_wei.account_id}
    residents.join_order(session, text="", now=now, **joining)  # type: ignore[arg-type]
    assert (
        refused(lambda: residents.withdraw_order(session, **who(order_id, world.li_na, note=""))) == "joined"
    )  # type: ignore[arg-type]
    residents.leave_order(session, now=now, **joining)  # type: ignore[arg-type]
    assert (
        refused(lambda: residents.withdraw_order(session, **who(order_id, world.wang_wei, note="")))  # type: ignore[arg-type]
        == "not_your_move"
    )
    residents.withdraw_order(session, **who(order_id, world.li_na, note="自己亮了"))  # type: ignore[arg-type]
    assert upkeep.order(session, order_id).state is OrderState.WITHDRAWN


def test_the_reporter_sends_a_closed_repair_back_with_a_reason_and_in_time(
    session: Session, upkeep: Upkeep, now: datetime, who: Callable[..., dict[str, object]]
) -> None:
    li_na = upkeep.world.li_na
    order_id = upkeep.report(session, now)
    assert refused(lambda: _reopen(session, who, order_id, li_na)) == "not_closed"
    close(session, upkeep, order_id, now)
    assert refused(lambda: _reopen(session, who, order_id, li_na, note=" ")) == "no_note"
    assert refused(lambda: _reopen(session, who, order_id, upkeep.world.wang_wei)) == "not_your_move"
    late = midnight(day_of(now) + timedelta(days=31))
    assert refused(lambda: _reopen(session, who, order_id, li_na, now=late)) == "reopen_late"
    _reopen(session, who, order_id, li_na, now=late - timedelta(seconds=1), photos=[picture()])
    assert upkeep.order(session, order_id).state is OrderState.REOPENED
    assert refused(lambda: _reopen(session, who, order_id, li_na)) == "not_closed"


def _reopen(
    session: Session,
    who: Callable[..., dict[str, object]],
    order_id: UUID,
    person: Somebody,
    **changes: object,
) -> None:
    told = {"note": "又灭了", "photos": (), **changes}
    residents.reopen_order(session, **who(order_id, person, **told))  # type: ignore[arg-type]


def _waiting(session: Session, upkeep: Upkeep, person: Somebody, now: datetime) -> list[object]:
    return list(
        list_waiting(session, estate_id=upkeep.world.estate_id, account_id=person.account_id, now=now)
    )


def test_each_share_of_my_orders_is_its_own_and_goes_on_where_a_page_ended(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    world = upkeep.world
    own = [upkeep.report(session, now + timedelta(minutes=n), id=uuid4()) for n in range(PAGE + 2)]
    filed = upkeep.report(session, now, by=world.wang_wei, filed_by=world.li_na.account_id)
    joined = upkeep.report(session, now, by=world.qian_er)
    residents.join_order(
        session,
        estate_id=world.estate_id,
        order_id=joined,
        account_id=world.li_na.account_id,
        text="",
        now=now,
    )

    def mine(share: Share, before: UUID | None = None, estate_id: UUID = world.estate_id) -> list[UUID]:
        account_id = world.li_na.account_id
        lines = list_mine(
            session, estate_id=estate_id, account_id=account_id, share=share, now=now, before=before
        )
        return [line.id for line in lines]

    assert mine(Share.REPORTED) == own[::-1][: PAGE + 1]
    assert mine(Share.REPORTED, own[2]) == own[1::-1]
    assert (mine(Share.JOINED), mine(Share.FILED)) == ([joined], [filed])
    assert mine(Share.REPORTED, estate_id=world.other_estate_id) == []
