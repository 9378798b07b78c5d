"""Fees: what a home owes for a month, which months there are, and how much of what was due has been collected."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from app.errors import N_, Invalid
from app.rules.maintenance.rates import LEAST_FOR_PERCENT, Rate
from app.rules.quantities import parse_money

# Ten thousand yuan a home, or a square metre, in fen: whatever is above is a slip of the pen.
MOST_PRICE = 10_000_00
MOST_MONTHS = 36
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


def charge(price: int, area: int, *, by_area: bool) -> int:
    """Fen that one home owes for one month.

    A price for a home is owed as it stands. One for a square metre is multiplied by the registered area (hundredths
    of a square metre), and the product is rounded to the fen once, half a fen upwards; homes are rounded one by one.
    """
    return (price * area + 50) // 100 if by_area else price


def read_price(text: str) -> int:
    """Fen from yuan as typed; raises `Invalid` naming `price` for what is no price, nothing, or above the most."""
    try:
        price = parse_money(text.strip())
    except Invalid as refusal:
        raise Invalid(refusal.message, code=refusal.code, field="price", **refusal.values) from None
    if not 0 < price <= MOST_PRICE:
        raise Invalid(
            N_("价格请填 0.01 到 %(most)s 元之间的数"),
            code="bad_price",
            field="price",
            most=MOST_PRICE // 100,
        )
    return price


def read_month(text: str, *, field: str = "month") -> str:
    """`2026-11` as it stands; raises `Invalid` (`bad_month`) for anything else."""
    if not _MONTH.fullmatch(text.strip()):
        raise Invalid(N_("月份请写成“2026-11”这样"), code="bad_month", field=field)
    return text.strip()


def month_after(month: str, by: int = 1) -> str:
    """The month so many after, or before."""
    place = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{place // 12}-{place % 12 + 1:02d}"


def months_between(first: str, last: str) -> int:
    """How many months from the first to the last, both counted; less than one when they stand the wrong way round."""
    return (int(last[:4]) - int(first[:4])) * 12 + int(last[5:]) - int(first[5:]) + 1


def first_day(month: str) -> date:
    return date(int(month[:4]), int(month[5:]), 1)


def last_day(month: str) -> date:
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, calendar.monthrange(year, number)[1])


@dataclass(frozen=True, slots=True)
class Collected:
    """What was charged for a service in a month and what of it came in; money in fen."""

    homes: int
    homes_paid: int
    homes_relieved: int
    charged: int
    paid: int
    relieved: int

    @property
    def by_homes(self) -> Rate:
        """Homes that have paid, of those that are not relieved."""
        return Rate(self.homes_paid, self.homes - self.homes_relieved)

    @property
    def by_money(self) -> Rate:
        """Fen paid, of those not relieved."""
        return Rate(self.paid, self.charged - self.relieved)

    @property
    def may_be_public(self) -> bool:
        """Below five homes a number tells a neighbour who has not paid."""
        return self.by_homes.n >= LEAST_FOR_PERCENT
