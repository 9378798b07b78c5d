"""Fees: prices that stand for their months, a month charged at one click, payments, relief, and totals that are sums."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from app.database import Database
from app.errors import Conflict, Invalid, NotAllowed, NotFound, Refusal
from app.models.base import NO_ID, table_of
from app.models.estates import Unit
from app.models.files import StoredFile
from app.models.maintenance.fees import ChargeState, FeeCharge, FeeTotal, Hardship, ServiceDeed
from app.models.trail import TrailRow
from app.rules.estates.units import UnitKind, UnitStatus
from app.rules.maintenance.fees import charge, month_after
from app.rules.maintenance.states import Cause, OrderState
from app.services.deliberations.attaching import Upload
from app.services.estates.applying import homes_to_keep
from app.services.maintenance.fees import charging, deeds, hiding, importing, prices, reading, relief
from app.services.maintenance.fees.prices import NewPrice, NewService
from app.services.trail import first_broken_row
from tests.fixtures.maintenance import Upkeep, actor_of
from tests.services.maintenance.test_rounds import due, finish, planned

MONTH = "2026-11"


def cleaning(upkeep: Upkeep, **changes: Any) -> NewService:
    """0.55 yuan a square metre from August 2026 on, by the manager."""
    service = NewService(
        id=uuid4(),
        title="楼道保洁",
        text="每天扫一次",
        party_id=upkeep.manager,
        basis="area",
        price="0.55",
        document="2026年第3号业主大会决定",
        vote_id=None,
        first_month="2026-08",
    )
    return replace(service, **changes)


def opened(session: Session, upkeep: Upkeep, now: datetime, **changes: Any) -> UUID:
    world = upkeep.world
    return prices.open_service(
        session,
        cleaning(upkeep, **changes),
        estate_id=world.estate_id,
        actor=actor_of(world.chen_jie),
        now=now,
    )


@pytest.fixture
def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def ask(session: Session, upkeep: Upkeep, now: datetime) -> Callable[..., Any]:
    """Calls a use case as the committee of the estate, unless told otherwise."""
    common = {
        "estate_id": upkeep.world.estate_id,
        "actor": actor_of(upkeep.world.chen_jie),
        "now": now,
    }

    def call(deed: Callable[..., Any], *given_: Any, **asked: Any) -> Any:
        return deed(session, *given_, **{**common, **asked})

    return call


@pytest.fixture
def service(session: Session, upkeep: Upkeep, now: datetime) -> UUID:
    return opened(session, upkeep, now)


def sums(session: Session) -> dict[tuple[UUID, str], tuple[int, ...]]:
    """The totals as they ought to be."""
    found: dict[tuple[UUID, str], list[int]] = {}
    for one in session.exec(select(FeeCharge)):
        line = found.setdefault((one.service_id, one.month), [0] * 6)
        paid, relieved = one.state is ChargeState.PAID, one.state is ChargeState.RELIEVED
        for place, value in enumerate(
            (1, paid, relieved, one.amount, paid * one.amount, relieved * one.amount)
        ):
            line[place] += value
    return {key: tuple(line) for key, line in found.items()}


def totals(session: Session) -> dict[tuple[UUID, str], tuple[int, ...]]:
    return {
        (one.service_id, one.month): (
            one.homes,
            one.homes_paid,
            one.homes_relieved,
            one.charged,
            one.paid,
            one.relieved,
        )
        for one in session.exec(select(FeeTotal))
    }


def states(session: Session, unit_id: UUID) -> dict[str, str]:
    rows = session.exec(select(FeeCharge).where(FeeCharge.unit_id == unit_id))
    return {one.month: one.state.value for one in rows}


def test_a_month_is_charged_once_and_only_to_dwellings_and_shops(
    session: Session, upkeep: Upkeep, ask, service: UUID
) -> None:
    def add(room: str, kind: UnitKind, area: int) -> None:
        session.add(
            Unit(
                estate_id=upkeep.world.estate_id,
                building="3",
                entrance="",
                floor=0,
                room=room,
                area=area,
                kind=kind,
                status=UnitStatus.UNSOLD,
            )
        )
        session.flush()

    add("商铺1", UnitKind.SHOP, 7890)
    add("车位1", UnitKind.PARKING, 1250)
    add("储藏1", UnitKind.STORAGE, 600)
    assert ask(charging.charge_month, service_id=service, month=MONTH) == 13
    assert ask(charging.charge_month, service_id=service, month=MONTH) == 0
    amounts = sorted(one.amount for one in session.exec(select(FeeCharge)))
    assert amounts == [4340] + [4400] * 12
    assert totals(session) == sums(session) == {(service, MONTH): (13, 0, 0, 57140, 0, 0)}
    add("商铺2", UnitKind.SHOP, 100)
    assert ask(charging.charge_month, service_id=service, month=MONTH) == 1
    assert totals(session) == sums(session)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(price=st.integers(1, 1_000_000), area=st.integers(1, 10_000_000))
def test_the_database_rounds_as_the_rule_does(
    database: Database, upkeep: Upkeep, now: datetime, price: int, area: int
) -> None:
    with database.session(writing=True) as session:
        home = session.get_one(Unit, upkeep.world.homes["301"].unit_id)
        home.area = area
        session.add(home)
        service = opened(
            session, upkeep, now, price=f"{price // 100}.{price % 100:02d}", title=f"服务{uuid4()}"
        )
        asked = {"estate_id": upkeep.world.estate_id, "actor": actor_of(upkeep.world.chen_jie), "now": now}
        charging.charge_month(session, service_id=service, month=MONTH, **asked)  # type: ignore[arg-type]
        charged = session.get_one(FeeCharge, (home.id, service, MONTH))
        assert charged.amount == charge(price, area, by_area=True)
        session.rollback()


def test_a_price_for_a_home_is_the_same_for_all(session: Session, upkeep: Upkeep, now: datetime, ask) -> None:
    service = opened(session, upkeep, now, basis="home", price="10")
    ask(charging.charge_month, service_id=service, month=MONTH)
    assert {one.amount for one in session.exec(select(FeeCharge))} == {1000}


@pytest.mark.parametrize("month", ["2026-12", "2026-07", "2026-1", ""])
def test_a_month_to_come_before_the_price_or_none_is_not_charged(
    session: Session, ask, service: UUID, month: str
) -> None:
    with pytest.raises(Refusal):
        ask(charging.charge_month, service_id=service, month=month)
    assert session.exec(select(FeeCharge.month)).all() == []


def test_a_months_first_instant_is_beijings(ask, service: UUID) -> None:
    ask(
        charging.charge_month, service_id=service, month="2026-12", now=datetime(2026, 11, 30, 16, tzinfo=UTC)
    )
    with pytest.raises(Invalid):
        ask(
            charging.charge_month,
            service_id=service,
            month="2027-01",
            now=datetime(2026, 12, 31, 15, 59, tzinfo=UTC),
        )


def test_a_new_price_is_a_new_row_and_charged_months_keep_theirs(
    session: Session, upkeep: Upkeep, ask, service: UUID
) -> None:
    ask(charging.charge_month, service_id=service, month="2026-10")
    new = NewPrice(
        id=uuid4(), basis="area", price="0.60", document="补充协议", vote_id=None, first_month="2026-11"
    )
    with pytest.raises(Conflict) as refusal:
        ask(prices.change_price, replace(new, first_month="2026-10"), service_id=service)
    assert refusal.value.code == "charged"
    later = ask(prices.change_price, new, service_id=service)
    assert ask(prices.change_price, new, service_id=service) == later
    estate_id = upkeep.world.estate_id
    (old_view,) = prices.services_in(session, estate_id=estate_id, month="2026-10")
    (new_view,) = prices.services_in(session, estate_id=estate_id, month="2026-11")
    assert (old_view.id, old_view.price, old_view.last_month) == (service, 55, "2026-10")
    assert (new_view.id, new_view.price, new_view.title) == (later, 60, "楼道保洁")
    assert prices.earlier_prices(session, estate_id=estate_id, month="2026-11") == [old_view]
    with pytest.raises(Conflict):
        ask(charging.charge_month, service_id=service, month=MONTH)
    assert ask(charging.charge_month, service_id=later, month=MONTH) == 12
    with pytest.raises(Conflict):
        ask(prices.change_price, replace(new, id=uuid4(), first_month="2027-01"), service_id=service)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 61}, "title"),
        ({"text": "长" * 501}, "text"),
        ({"basis": "floor"}, "basis"),
        ({"price": "-1"}, "price"),
        ({"document": ""}, "document"),
        ({"first_month": "2026-13"}, "first_month"),
    ],
)
def test_a_service_that_makes_no_sense_is_refused(
    session: Session, upkeep: Upkeep, now: datetime, changes: dict[str, str], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        opened(session, upkeep, now, **changes)
    assert refusal.value.field == field


def test_one_name_is_one_service_at_a_time(
    session: Session, upkeep: Upkeep, now: datetime, ask, service: UUID
) -> None:
    with pytest.raises(Invalid) as refusal:
        opened(session, upkeep, now)
    assert refusal.value.code == "same_title"
    assert opened(session, upkeep, now, id=service) == service
    ask(prices.end_service, service_id=service, last_month="2026-10")
    opened(session, upkeep, now, first_month="2026-11")
    with pytest.raises(Conflict):
        ask(prices.end_service, service_id=service, last_month="2026-10")


def test_a_charged_month_cannot_be_cut_off(ask, service: UUID) -> None:
    ask(charging.charge_month, service_id=service, month=MONTH)
    with pytest.raises(Conflict):
        ask(prices.end_service, service_id=service, last_month="2026-10")
    ask(prices.end_service, service_id=service, last_month=MONTH)


def test_nothing_of_another_estate_is_found(
    session: Session, upkeep: Upkeep, now: datetime, ask, service: UUID
) -> None:
    other = {"estate_id": upkeep.world.other_estate_id, "actor": actor_of(upkeep.world.zhou_tao)}
    home = upkeep.world.homes["301"].unit_id
    ask(charging.charge_month, service_id=service, month=MONTH)
    pair = [(service, MONTH)]
    for deed, asked in (
        (charging.charge_month, {"service_id": service, "month": MONTH}),
        (charging.pay, {"unit_id": home, "charges": pair, "receipt": "1"}),
        (charging.pay_many, {"service_id": service, "month": MONTH, "paid": [(home, "1")]}),
        (
            charging.undo_payment,
            {"unit_id": home, "service_id": service, "month": MONTH, "reason": "错"},
        ),
        (prices.end_service, {"service_id": service, "last_month": MONTH}),
    ):
        with pytest.raises(NotFound):
            ask(deed, **asked, **other)
    with pytest.raises(NotFound):
        reading.home_fees(session, estate_id=other["estate_id"], unit_id=home, month=MONTH)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        relief.find_home(session, estate_id=upkeep.world.other_estate_id, text="3-1-301")
    with pytest.raises(NotFound):
        opened(session, upkeep, now, title="另一项", vote_id=uuid4())
    assert reading.collected_in(session, estate_id=upkeep.world.other_estate_id, month=MONTH) == {}


def test_a_payment_counts_once_and_is_taken_back_with_a_reason(
    session: Session, upkeep: Upkeep, ask, service: UUID
) -> None:
    home = upkeep.world.homes["301"].unit_id
    ask(charging.charge_month, service_id=service, month=MONTH)
    asked = {"unit_id": home, "charges": [(service, MONTH), (service, MONTH)], "receipt": " A-0001 "}
    ask(charging.pay, **asked)
    ask(charging.pay, **asked)
    assert totals(session) == sums(session) == {(service, MONTH): (12, 1, 0, 52800, 4400, 0)}
    with pytest.raises(Conflict) as refusal:
        ask(charging.pay, **{**asked, "receipt": "A-0002"})
    assert refusal.value.code == "not_due"
    undo = {"unit_id": home, "service_id": service, "month": MONTH}
    with pytest.raises(Invalid):
        ask(charging.undo_payment, **undo, reason=" ")
    ask(charging.undo_payment, **undo, reason="登记到别家了")
    with pytest.raises(Conflict):
        ask(charging.undo_payment, **undo, reason="再来一次")
    assert totals(session) == sums(session) == {(service, MONTH): (12, 0, 0, 52800, 0, 0)}
    row = session.exec(select(TrailRow).where(TrailRow.tag == "maintenance:fee:undo")).one()
    assert (row.old["receipt"], row.reason) == ("A-0001", "登记到别家了")
    assert first_broken_row(session, estate_id=upkeep.world.estate_id) is None


def test_the_trail_names_no_home_and_no_hardship_reason(
    session: Session, upkeep: Upkeep, ask, service: UUID
) -> None:
    home = upkeep.world.homes["301"].unit_id
    ask(charging.charge_month, service_id=service, month=MONTH)
    ask(charging.pay, unit_id=home, charges=[(service, MONTH)], receipt="1")
    new = relief.NewHardship(
        id=uuid4(), home="3-1-302", reason="家里有病人", first_month=MONTH, last_month=MONTH
    )
    ask(relief.relieve, new)
    ids = {str(one.unit_id) for one in upkeep.world.homes.values()}
    for row in session.exec(select(TrailRow)):
        text = f"{row.subject_id} {row.old} {row.new} {row.reason}"
        assert "病人" not in text
        assert not any(unit in text for unit in ids)


@pytest.mark.parametrize(("receipt", "charges"), [("", True), ("长" * 61, True), ("=1", True), ("1", False)])
def test_a_payment_without_receipt_or_charge_is_refused(
    upkeep: Upkeep, ask, service: UUID, receipt: str, charges: bool
) -> None:
    ask(charging.charge_month, service_id=service, month=MONTH)
    with pytest.raises(Invalid):
        ask(
            charging.pay,
            unit_id=upkeep.world.homes["301"].unit_id,
            charges=[(service, MONTH)] if charges else [],
            receipt=receipt,
        )


def test_relief_reaches_what_is_unpaid_in_its_months_and_what_is_charged_later(
    session: Session, upkeep: Upkeep, ask, service: UUID
) -> None:
    home = upkeep.world.homes["301"].unit_id
    for month in ("2026-08", "2026-09", "2026-10"):
        ask(charging.charge_month, service_id=service, month=month)
    ask(charging.pay, unit_id=home, charges=[(service, "2026-09")], receipt="1")
    new = relief.NewHardship(
        id=uuid4(), home="3栋1单元301", reason="低保", first_month="2026-09", last_month="2026-12"
    )
    ask(relief.relieve, new)
    ask(relief.relieve, new)
    ask(charging.charge_month, service_id=service, month=MONTH)
    expected = {"2026-08": "due", "2026-09": "paid", "2026-10": "relieved", MONTH: "relieved"}
    assert states(session, home) == expected
    assert totals(session) == sums(session)
    # What is paid and taken back falls under the list as well.
    ask(charging.undo_payment, unit_id=home, service_id=service, month="2026-09", reason="退还")
    assert states(session, home)["2026-09"] == "relieved"
    ask(relief.end_relief, hardship_id=new.id, from_month=MONTH)
    assert states(session, home)["2026-10"] == "relieved"
    assert states(session, home)[MONTH] == "due"
    ask(relief.end_relief, hardship_id=new.id, from_month="2026-09")
    assert set(states(session, home).values()) == {"due"}
    assert session.exec(select(Hardship.id)).all() == []
    assert totals(session) == sums(session)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"home": "9-9-999"}, "home"),
        ({"home": "不知道"}, "home"),
        ({"home": "9" * 200}, "home"),
        ({"reason": " "}, "reason"),
        ({"reason": "长" * 501}, "reason"),
        ({"last_month": "2026-10"}, "last_month"),
        ({"last_month": "2030-01"}, "last_month"),
        ({"first_month": "十一月"}, "first_month"),
    ],
)
def test_a_hardship_that_makes_no_sense_is_refused(ask, changes: dict[str, str], field: str) -> None:
    new = relief.NewHardship(id=uuid4(), home="3-1-301", reason="低保", first_month=MONTH, last_month=MONTH)
    with pytest.raises(Invalid) as refusal:
        ask(relief.relieve, replace(new, **changes))
    assert refusal.value.field == field


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["charge", "pay", "undo", "relieve", "end", "import"]),
        st.sampled_from(["301", "302", "401"]),
        st.integers(0, 3),
        st.integers(0, 2),
    ),
    max_size=14,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=DEEDS)
def test_totals_are_the_sums_of_charges_whatever_is_done_in_whatever_order(
    database: Database, upkeep: Upkeep, now: datetime, acts: list[tuple[str, str, int, int]]
) -> None:
    asked: dict[str, Any] = {
        "estate_id": upkeep.world.estate_id,
        "actor": actor_of(upkeep.world.chen_jie),
        "now": now,
    }
    with database.session(writing=True) as session:
        service, listed = opened(session, upkeep, now), []

        def act(kind: str, room: str, place: int, length: int) -> None:
            month, home = month_after("2026-08", place), upkeep.world.homes[room].unit_id
            if kind == "charge":
                charging.charge_month(session, service_id=service, month=month, **asked)
            elif kind == "pay":
                charging.pay(session, unit_id=home, charges=[(service, month)], receipt="1", **asked)
            elif kind == "undo":
                charging.undo_payment(
                    session, unit_id=home, service_id=service, month=month, reason="错", **asked
                )
            elif kind == "import":
                charging.pay_many(session, service_id=service, month=month, paid=[(home, "2")], **asked)
            elif kind == "relieve":
                listed.append(uuid4())
                last = month_after(month, length)
                new = relief.NewHardship(
                    id=listed[-1], home=f"3-1-{room}", reason="低保", first_month=month, last_month=last
                )
                relief.relieve(session, new, **asked)
            elif listed:
                relief.end_relief(
                    session, hardship_id=listed[length % len(listed)], from_month=month, **asked
                )

        for one in acts:
            with suppress(Refusal):
                act(*one)
            assert totals(session) == sums(session)
        session.rollback()


def test_a_person_sees_his_own_homes_and_no_other(
    session: Session, upkeep: Upkeep, ask, service: UUID
) -> None:
    world = upkeep.world
    ask(charging.charge_month, service_id=service, month=MONTH)

    def homes(account_id: UUID) -> list[str]:
        found = reading.my_fees(session, estate_id=world.estate_id, account_id=account_id, month=MONTH)
        return [home.home for home in found]

    assert homes(world.li_na.account_id) == ["3号楼1单元301室"]
    assert homes(world.qian_er.account_id) == ["3号楼1单元501室"]
    for nobody in (world.chen_jie, world.ma_chao, world.zhao_min, world.stranger):
        assert homes(nobody.account_id) == []


def test_an_entrance_lists_what_each_home_owes(session: Session, upkeep: Upkeep, ask, service: UUID) -> None:
    home = upkeep.world.homes["301"].unit_id
    for month in ("2026-10", MONTH):
        ask(charging.charge_month, service_id=service, month=month)
    ask(charging.pay, unit_id=home, charges=[(service, MONTH)], receipt="1")
    lines = reading.homes_at(session, estate_id=upkeep.world.estate_id, building="3", entrance="1")
    found = {line.home: (line.charges_due, line.due) for line in lines}
    assert (found["3号楼1单元301室"], found["3号楼1单元302室"]) == ((1, 4400), (2, 8800))
    assert len(lines) == 12


def sheet(*lines: str) -> bytes:
    return "\n".join(("地址,收据号,金额", *lines)).encode()


def test_a_sheet_is_compared_first_and_written_on_confirmation(
    session: Session, upkeep: Upkeep, ask, service: UUID
) -> None:
    ask(charging.charge_month, service_id=service, month=MONTH)
    ask(charging.pay, unit_id=upkeep.world.homes["402"].unit_id, charges=[(service, MONTH)], receipt="0")
    content = sheet(
        "3-1-301,A1,44.00",
        "3-1-302,A2,",
        "3-1-301,A3,44",
        "3-1-401,A4,43.99",
        "3-1-402,A5,44",
        "9-1-101,A6,44",
        "3-1-501,,44",
    )
    preview = importing.preview_payments(
        session,
        estate_id=upkeep.world.estate_id,
        service_id=service,
        month=MONTH,
        file_name="缴费.csv",
        content=content,
    )
    assert [(line.home, line.receipt) for line in preview.ready] == [
        ("3号楼1单元301室", "A1"),
        ("3号楼1单元302室", "A2"),
    ]
    assert [line.row for line in preview.problems] == [4, 5, 6, 7, 8]
    assert totals(session)[service, MONTH][1] == 1
    paid = importing.unpack(importing.pack(preview.ready))
    asked = {"service_id": service, "month": MONTH, "paid": paid}
    assert ask(charging.pay_many, **asked) == 2
    assert ask(charging.pay_many, **asked) == 0
    assert totals(session) == sums(session)
    assert totals(session)[service, MONTH][1] == 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\0\0"),
        ("a.xlsx", b"PK\x03\x04broken"),
        ("a.pdf", b"%PDF-1.7"),
        ("a.csv", b"x,y"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused(
    session: Session, upkeep: Upkeep, service: UUID, name: str, content: bytes
) -> None:
    with pytest.raises(Refusal) as refusal:
        importing.preview_payments(
            session,
            estate_id=upkeep.world.estate_id,
            service_id=service,
            month=MONTH,
            file_name=name,
            content=content,
        )
    assert refusal.value.field == "file"


@pytest.mark.parametrize("text", ["", "nothing", f"{NO_ID}", f"{NO_ID} 1\n" * 2_001])
def test_what_no_page_of_ours_packed_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        importing.unpack(text)


def new_deed(service: UUID, **changes: Any) -> deeds.NewDeed:
    deed = deeds.NewDeed(id=uuid4(), service_id=service, month=MONTH, text="清洗了三栋楼道", photo=None)
    return replace(deed, **changes)


def test_deeds_are_told_by_the_party_that_does_them_or_the_committee(
    session: Session, upkeep: Upkeep, now: datetime, ask, service: UUID
) -> None:
    ma_chao = actor_of(upkeep.world.ma_chao)
    deed = new_deed(service)
    for _ in range(2):
        ask(deeds.tell_deed, deed, actor=ma_chao, committee=False)
    ask(deeds.tell_deed, new_deed(service), committee=True)
    assert len(deeds.deeds_of(session, estate_id=upkeep.world.estate_id, month=MONTH)[service]) == 2
    other = opened(session, upkeep, now, title="绿化", party_id=upkeep.builder)
    for wrong in (other, opened(session, upkeep, now, title="居委会的事", party_id=None)):
        with pytest.raises(NotAllowed):
            ask(deeds.tell_deed, new_deed(wrong), actor=ma_chao, committee=False)
    with pytest.raises(NotFound):
        ask(deeds.tell_deed, deed, estate_id=upkeep.world.other_estate_id, committee=True)
    assert len(session.exec(select(ServiceDeed.id)).all()) == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "长" * 501}, "text"),
        ({"month": "2026-12"}, "month"),
        ({"month": "2026-07"}, "month"),
        ({"month": "x"}, "month"),
        ({"photo": Upload("a.jpg", b"%PDF-1.7")}, "photo"),
    ],
)
def test_a_deed_that_makes_no_sense_is_refused(
    ask, service: UUID, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(deeds.tell_deed, new_deed(service, **changes), committee=True)
    assert refusal.value.field == field


def test_repairs_and_rounds_of_the_month_are_counted_by_themselves(
    session: Session, upkeep: Upkeep, now: datetime
) -> None:
    for _ in range(2):
        order_id = upkeep.report(session, now)
        upkeep.take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, upkeep.world.ma_chao, now)
        repaired = {"proof": True}
        upkeep.take(
            session, order_id, OrderState.REPAIRED, Cause.PARTY, upkeep.world.ma_chao, now, **repaired
        )
    upkeep.report(session, now)
    finish(session, upkeep, due(session, planned(session, upkeep, now))[0].id, now)
    asked = {"estate_id": upkeep.world.estate_id, "party_ids": [upkeep.manager, upkeep.builder]}
    work = deeds.work_of(session, month=MONTH, **asked)  # type: ignore[arg-type]
    assert work[upkeep.manager] == deeds.MonthWork(repaired=2, or_more=False, rounds=1)
    assert work[upkeep.builder] == deeds.MonthWork(repaired=0, or_more=False, rounds=0)
    later = deeds.work_of(session, month="2026-12", **asked)  # type: ignore[arg-type]
    assert later[upkeep.manager] == deeds.MonthWork(repaired=0, or_more=False, rounds=0)


def test_two_clicks_at_once_charge_each_home_once(database: Database, upkeep: Upkeep, now: datetime) -> None:
    with database.transaction() as session:
        service = opened(session, upkeep, now)
    asked = {"estate_id": upkeep.world.estate_id, "actor": actor_of(upkeep.world.chen_jie)}

    def click(place: int) -> int:
        with database.transaction() as session:
            at = now + timedelta(seconds=place)
            return charging.charge_month(session, service_id=service, month=MONTH, now=at, **asked)  # type: ignore[arg-type]

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(click, range(2))) == [0, 12]
    with database.session(writing=False) as session:
        assert totals(session) == sums(session)


def test_a_home_that_was_charged_or_relieved_or_had_a_fault_inside_stays_in_the_register(
    session: Session, upkeep: Upkeep, now: datetime, ask, service: UUID
) -> None:
    estate_id = upkeep.world.estate_id
    assert "3-1-401" not in homes_to_keep(session, estate_id=estate_id)
    upkeep.report(session, now, unit_id=upkeep.world.homes["401"].unit_id)
    new = relief.NewHardship(id=uuid4(), home="3-1-402", reason="低保", first_month=MONTH, last_month=MONTH)
    ask(relief.relieve, new)
    kept = homes_to_keep(session, estate_id=estate_id)
    assert {"3-1-401", "3-1-402"} <= kept
    assert "3-1-602" not in kept
    ask(charging.charge_month, service_id=service, month=MONTH)
    assert len(homes_to_keep(session, estate_id=estate_id)) == 12


def test_a_deed_is_hidden_with_a_reason_and_shown_again_and_both_leave_a_trace(
    session: Session, upkeep: Upkeep, ask, service: UUID, picture: bytes
) -> None:
    deed = new_deed(service, photo=Upload("a.jpg", picture))
    ask(deeds.tell_deed, deed, committee=True)
    named = {"service_id": service, "deed_id": deed.id}

    def seen(committee: bool) -> tuple[str, str, bool]:
        found = deeds.deeds_of(session, estate_id=upkeep.world.estate_id, month=MONTH, committee=committee)[
            service
        ]
        return found[0].text, found[0].hidden, found[0].photo_id is not None

    ask(hiding.hide_deed, reason="拍到了人脸", **named)
    assert seen(committee=False) == ("", "拍到了人脸", False)
    assert seen(committee=True) == ("清洗了三栋楼道", "拍到了人脸", True)
    assert session.exec(select(StoredFile.private)).one() is True
    with pytest.raises(Conflict):
        ask(hiding.hide_deed, reason="再隐藏一次", **named)
    ask(hiding.show_deed, reason="已确认没有人脸", **named)
    assert seen(committee=False) == ("清洗了三栋楼道", "", True)
    assert session.exec(select(StoredFile.private)).one() is False
    with pytest.raises(Conflict):
        ask(hiding.show_deed, reason="再恢复一次", **named)
    rows = session.exec(select(TrailRow).where(TrailRow.subject_id == deed.id).order_by(TrailRow.seq)).all()
    assert [(row.tag, row.reason) for row in rows] == [
        ("maintenance:deed:hide", "拍到了人脸"),
        ("maintenance:deed:show", "已确认没有人脸"),
    ]


def test_a_deed_of_another_service_or_estate_is_not_hidden_nor_any_without_a_reason(
    session: Session, upkeep: Upkeep, now: datetime, ask, service: UUID
) -> None:
    deed = new_deed(service)
    ask(deeds.tell_deed, deed, committee=True)
    other = opened(session, upkeep, now, title="绿化")
    for wrong in ({"service_id": other}, {"deed_id": uuid4()}, {"estate_id": upkeep.world.other_estate_id}):
        with pytest.raises(NotFound):
            ask(hiding.hide_deed, **{"service_id": service, "deed_id": deed.id, "reason": "不妥", **wrong})
    for reason in (" ", "长" * 501):
        with pytest.raises(Invalid) as refusal:
            ask(hiding.hide_deed, service_id=service, deed_id=deed.id, reason=reason)
        assert refusal.value.field == "reason"
    assert session.exec(select(ServiceDeed.hidden_at)).one() is None


def test_a_deed_may_be_hidden_but_its_words_never_change(session: Session, ask, service: UUID) -> None:
    deed = new_deed(service)
    ask(deeds.tell_deed, deed, committee=True)
    for change in ({"text": "什么也没做"}, {"month": "2026-10"}, {"photo_id": None}):
        with pytest.raises(DatabaseError), session.begin_nested():
            session.connection().execute(sa.update(table_of(ServiceDeed)).values(**change))
