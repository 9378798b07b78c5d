"""What everybody may see: the drawing by open faults, the list, three rates with their numbers, the sheet, the data."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from app.database import Database
from app.jobs import openness
from app.models.maintenance.parties import Party
from app.rules.maintenance.states import Cause, OrderState
from app.services.maintenance.rates import read_published
from tests.fixtures.maintenance import Upkeep
from tests.fixtures.web import Browser

HOME = "/e/xingfuli/maintenance"


def repaired(upkeep: Upkeep, session: Session, now: datetime) -> None:
    """One lamp, mended by ma_chao and confirmed by li_na."""
    order_id = upkeep.report(session, now)
    world, take = upkeep.world, upkeep.take
    take(session, order_id, OrderState.ACCEPTED, Cause.PARTY, world.ma_chao, now)
    take(session, order_id, OrderState.REPAIRED, Cause.PARTY, world.ma_chao, now, proof=True)
    take(session, order_id, OrderState.CONFIRMED, Cause.REPORTER, world.li_na, now)


def test_a_passer_by_sees_what_is_open_and_nobodys_name(
    web: Callable[..., Browser], database: Database, upkeep: Upkeep, now: datetime
) -> None:
    with database.transaction() as session:
        upkeep.report(session, now)
        upkeep.report(session, now, unit_id=upkeep.world.homes["301"].unit_id, text="家里水管漏")
        upkeep.report(session, now, reporter_id=None, held=True, text="没有账号的人报的")
    page = web().get(HOME).text
    assert "第 1 号" in page
    assert "第 2 号" not in page
    assert "第 3 号" not in page
    assert "没办结 1 件" in page
    assert "li_na" not in page


def test_the_list_is_narrowed_to_a_building_and_to_what_is_open(
    web: Callable[..., Browser], database: Database, upkeep: Upkeep, now: datetime
) -> None:
    with database.transaction() as session:
        repaired(upkeep, session, now)
        upkeep.report(
            session, now, place_id=upkeep.grounds, category="green_damage", answers={"tree_falling": ["no"]}
        )
    visitor = web()
    assert "第 2 号" not in visitor.get(f"{HOME}?building=3").text
    assert "第 1 号" not in visitor.get(f"{HOME}?state=open").text
    assert "第 2 号" in visitor.get(f"{HOME}?building=-").text
    assert visitor.get(f"{HOME}?before=x&category=nothing").status_code == 200


def test_a_long_list_goes_on_below_the_last_number(
    web: Callable[..., Browser], database: Database, upkeep: Upkeep, now: datetime
) -> None:
    with database.transaction() as session:
        for _ in range(22):
            upkeep.report(session, now)
    visitor = web()
    assert "before=3" in visitor.get(HOME).text
    second = visitor.get(f"{HOME}?before=3").text
    assert "第 2 号" in second
    assert "第 3 号" not in second


def test_rates_show_their_numbers_and_no_percentage_under_five(
    web: Callable[..., Browser], database: Database, upkeep: Upkeep, now: datetime
) -> None:
    with database.transaction() as session:
        repaired(upkeep, session, now)
    later = now + timedelta(days=3)
    openness.tick(database, now=later)
    page = web().get(f"{HOME}/rates").text
    assert "1/1（不足 5 件，不算百分比）" in page
    assert "100" not in page


def test_the_figures_are_computed_once_an_hour(
    database: Database, session: Session, upkeep: Upkeep, now: datetime
) -> None:
    with database.transaction() as first:
        upkeep.report(first, now)
    # The estate, and the services of Open311 for the first time.
    assert openness.tick(database, now=now) == 2
    assert openness.tick(database, now=now + timedelta(minutes=59)) == 0
    assert openness.tick(database, now=now + timedelta(minutes=60)) == 1
    published = read_published(session, estate_id=upkeep.world.estate_id)
    assert published is not None
    assert (published.filed, published.open) == (1, 1)


def test_who_built_the_roof_has_a_line_with_faults_to_a_hundred_households(
    web: Callable[..., Browser], database: Database, upkeep: Upkeep, now: datetime
) -> None:
    with database.transaction() as session:
        upkeep.report(session, now, category="roof_leak", text="顶楼渗水")
    openness.tick(database, now=now)
    page = web().get(f"{HOME}/contractors").text
    assert "建安公司" in page
    # One fault, twelve homes in the building.
    assert "8.4" in page


def test_the_monthly_sheet_tells_what_is_late(
    web: Callable[..., Browser], database: Database, upkeep: Upkeep, now: datetime, clock: object
) -> None:
    with database.transaction() as session:
        upkeep.report(session, now - timedelta(days=10))
    page = web().get(f"{HOME}/poster?month=2026-11").text
    assert "现在超期没办结的" in page
    assert "安居物业" in page
    assert web().get(f"{HOME}/poster?month=2026-13").status_code == 422


def test_the_data_holds_every_listed_order_and_no_formula(
    web: Callable[..., Browser], database: Database, upkeep: Upkeep, now: datetime
) -> None:
    with database.transaction() as session:
        upkeep.report(session, now)
        upkeep.report(session, now, unit_id=upkeep.world.homes["301"].unit_id)
        session.get_one(Party, upkeep.manager).name = "\t=cmd|' /C calc'!A0"
    answer = web().get(f"{HOME}/orders.csv?month=2026-11")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row[0] for row in rows] == ["工单号", "1"]
    assert rows[1][4:6] == ["已派单", "'\t=cmd|' /C calc'!A0"]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@pytest.mark.parametrize("tail", ["", "/rates", "/contractors", "/poster", "/orders.csv"])
def test_an_estate_that_has_no_orders_yet_has_its_pages(
    web: Callable[..., Browser], upkeep: Upkeep, tail: str
) -> None:
    assert web().get(f"{HOME}{tail}").status_code == 200
    assert web().get(f"/e/nanyuan/maintenance{tail}").status_code == 200
    assert web().get(f"/e/nowhere/maintenance{tail}").status_code == 404
