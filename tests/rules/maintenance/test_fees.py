"""Fees: the charge of a home to the fen, months, rates with their numbers, and sheets of paid homes."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.rules.estates.addresses import Home
from app.rules.estates.rows import GridRow
from app.rules.maintenance.fee_sheet import MOST_ROWS, read_paid
from app.rules.maintenance.fees import (
    Collected,
    charge,
    first_day,
    last_day,
    month_after,
    months_between,
    read_month,
    read_price,
)
from app.rules.maintenance.rates import Rate


@pytest.mark.parametrize(
    ("price", "area", "amount"),
    [
        (60, 8000, 4800),  # 0.60 yuan × 80.00 m²
        (60, 6235, 3741),
        (1, 50, 1),  # half a fen is a fen
        (1, 49, 0),
        (55, 7890, 4340),  # 43.395 yuan
        (33, 7777, 2566),  # 25.6641 yuan
    ],
)
def test_a_square_metre_price_is_rounded_once_half_a_fen_upwards(price: int, area: int, amount: int) -> None:
    assert charge(price, area, by_area=True) == amount


@given(st.integers(0, 10**6), st.integers(1, 10**7))
def test_the_rounding_is_that_of_exact_decimals(price: int, area: int) -> None:
    exact = Decimal(price) * Decimal(area) / Decimal(100)
    assert charge(price, area, by_area=True) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert charge(price, area, by_area=False) == price


@pytest.mark.parametrize("text", ["0", "0.00", "-1", "1.234", "1e3", "", "免费", "10000.01"])
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_price(text)
    assert refusal.value.field == "price"
    assert (read_price(" 0.60 "), read_price("10000")) == (60, 1_000_000)


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "1999-12", "11/2026", "", "2026-11-01", "２０２６-11"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_month(text)


def test_months_are_counted_across_years() -> None:
    assert (month_after("2026-12"), month_after("2026-01", -1)) == ("2027-01", "2025-12")
    assert (months_between("2026-11", "2027-01"), months_between("2027-01", "2026-12")) == (3, 0)
    assert (first_day("2028-02"), last_day("2028-02")) == (date(2028, 2, 1), date(2028, 2, 29))


def test_the_relieved_stand_outside_the_rate_and_below_five_homes_it_is_not_public() -> None:
    collected = Collected(homes=12, homes_paid=9, homes_relieved=2, charged=12000, paid=9000, relieved=2000)
    assert (collected.by_homes, collected.by_money) == (Rate(9, 10), Rate(9000, 10000))
    assert collected.may_be_public
    few = Collected(homes=6, homes_paid=4, homes_relieved=2, charged=1, paid=0, relieved=0)
    assert not few.may_be_public


def rows(*lines: tuple[str, ...]) -> list[GridRow]:
    return [GridRow("表", place, line) for place, line in enumerate(lines, start=1)]


def test_a_sheet_is_read_by_its_heading_wherever_it_stands() -> None:
    read = read_paid(
        rows(
            ("十一月保洁费",),
            ("房号", "楼栋", "单元", "收据号", "实收金额"),
            ("301", "3栋", "一单元", "A-001", "1,048.50元"),
        )
    )
    (row,) = read
    assert (row.home, row.receipt, row.amount, row.number) == (Home("3", "1", "301"), "A-001", 104850, 3)
    (other,) = read_paid(rows(("地址", "收据号"), ("3-1-302", "7")))
    assert (other.home, other.amount, other.problem) == (Home("3", "1", "302"), None, None)


def test_a_row_that_cannot_be_read_says_why_and_the_others_stay() -> None:
    read = read_paid(
        rows(
            ("地址", "收据号", "金额"),
            ("3-1-301", "", "10"),
            ("3-1-302", "=A1", "10"),
            ("哪里", "1", "10"),
            ("3-1-302", "2", "十元"),
            ("3-1-401", "长" * 61, ""),
            ("3-1-402", "3", ""),
        )
    )
    assert [row.problem.field if row.problem else "" for row in read] == [
        "receipt",
        "receipt",
        "address",
        "amount",
        "receipt",
        "",
    ]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([("甲", "乙")], "no_heading"),
        ([("地址", "金额"), ("3-1-301", "5")], "no_heading"),
        ([("地址", "收据号")], "no_rows"),
        ([("地址", "收据号")] + [("3-1-301", "1")] * (MOST_ROWS + 1), "too_many"),
        ([], "no_heading"),
    ],
)
def test_a_sheet_without_heading_or_rows_or_with_too_many_is_refused(
    lines: list[tuple[str, ...]], code: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        read_paid(rows(*lines))
    assert (refusal.value.code, refusal.value.field) == (code, "file")
