"""Warranty by item: the least the law gives, what the contract adds, and whether a report was filed in time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from app.errors import N_, Invalid
from app.rules.maintenance.workcalendar import day_of

# Days before the end at which residents are asked to look once more.
REMINDERS = (90, 30)
MOST_YEARS = 100
FEBRUARY = 2


class WarrantyClass(StrEnum):
    STRUCTURE = "structure"
    WATERPROOFING = "waterproofing"
    HEATING = "heating"
    COOLING = "cooling"
    INSTALLATION = "installation"
    INSULATION = "insulation"
    AGREED = "agreed"


class Unit(StrEnum):
    YEARS = "years"
    SEASONS = "seasons"


class WarrantyTerm(NamedTuple):
    amount: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class ClassRule:
    """`least` is the statutory minimum, None where design or contract names the years; titles are marked Chinese."""

    title: str
    unit: Unit
    least: int | None
    source: str


_ART_40 = N_("《建设工程质量管理条例》第四十条")
# Minimum terms: 建设工程质量管理条例 art. 40 para. 1 (1) to (4) and para. 2; insulation: 民用建筑节能条例 art. 23.
CLASSES: dict[WarrantyClass, ClassRule] = {
    WarrantyClass.STRUCTURE: ClassRule(
        N_("基础设施、地基基础和主体结构（设计文件规定的合理使用年限）"), Unit.YEARS, None, _ART_40
    ),
    WarrantyClass.WATERPROOFING: ClassRule(
        N_("屋面防水、有防水要求的卫生间和房间、外墙面防渗漏"), Unit.YEARS, 5, _ART_40
    ),
    WarrantyClass.HEATING: ClassRule(N_("供热系统"), Unit.SEASONS, 2, _ART_40),
    WarrantyClass.COOLING: ClassRule(N_("供冷系统"), Unit.SEASONS, 2, _ART_40),
    WarrantyClass.INSTALLATION: ClassRule(N_("电气管线、给排水管道、设备安装和装修"), Unit.YEARS, 2, _ART_40),
    WarrantyClass.INSULATION: ClassRule(N_("保温工程"), Unit.YEARS, 5, N_("《民用建筑节能条例》第二十三条")),
    WarrantyClass.AGREED: ClassRule(N_("其他项目（按合同约定）"), Unit.YEARS, None, _ART_40),
}


# Which kinds of fault an item of the class can be the cause of, by the keys of the categories; a class that is not named
# covers whatever belongs to its family. A roof's waterproofing says nothing of the door downstairs.
_CAUSES: dict[WarrantyClass, frozenset[str]] = {
    WarrantyClass.WATERPROOFING: frozenset({"roof_leak", "outer_wall"}),
    WarrantyClass.INSULATION: frozenset({"outer_wall"}),
    WarrantyClass.HEATING: frozenset({"heat_gas"}),
}


def may_cause(kind: WarrantyClass, category: str) -> bool:
    """Whether a fault of the category can come from an item of the class; "" is a fault whose category is not known yet."""
    return not category or category in _CAUSES.get(kind, {category})


class Season(NamedTuple):
    """One heating or cooling season of the city's table, last day included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Item:
    """One renovated item. `accepted_on` is the day it passed completion acceptance, None before that.

    `agreed` is the contract's amount in the class's unit, or the design life of a structure. What was repaired
    by contract is an item of its own.
    """

    kind: WarrantyClass
    accepted_on: date | None
    agreed: int | None = None


class Cover(StrEnum):
    """NOT_ACCEPTED: still the contractor's. UNKNOWN: no term of law, and none of the contract was recorded."""

    NOT_ACCEPTED = "not_accepted"
    COVERED = "covered"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


COVER_NAMES = {
    Cover.NOT_ACCEPTED: N_("还没有竣工验收合格，由施工单位负责"),
    Cover.COVERED: N_("在保修期内，由施工单位免费维修"),
    Cover.EXPIRED: N_("已过保修期"),
    Cover.UNKNOWN: N_("没有登记保修期，请居委会核实合同"),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the contractor answers; `last_day` is included, and provisional while the season table is short."""

    cover: Cover
    last_day: date | None = None
    provisional: bool = False

    @property
    def contractor_pays(self) -> bool:
        """The contractor repairs and pays for the damage (建设工程质量管理条例 art. 41)."""
        return self.cover in (Cover.NOT_ACCEPTED, Cover.COVERED)


def ensure_agreed(kind: WarrantyClass, agreed: int | None) -> None:
    """A contract may give more than the law, never less.

    Raises `Invalid` (`warranty_short`), or (`warranty_missing`) where the law leaves the term to design or contract.
    """
    rule = CLASSES[kind]
    if agreed is None:
        if rule.least is None:
            raise Invalid(
                N_("请填写设计使用年限或合同约定的保修年数"), code="warranty_missing", field="warranty"
            )
        return
    least = rule.least or 1
    if type(agreed) is not int or not least <= agreed <= MOST_YEARS:
        raise Invalid(
            N_("保修期不能短于法定的 %(least)s，也不能超过 %(most)s，请对照保修书填写"),
            code="warranty_short",
            field="warranty",
            least=least,
            most=MOST_YEARS,
        )


def term_of(item: Item) -> WarrantyTerm | None:
    """The longer of law and contract; None where neither is known."""
    rule = CLASSES[item.kind]
    amounts = [amount for amount in (rule.least, item.agreed) if amount is not None]
    return WarrantyTerm(max(amounts), rule.unit) if amounts else None


def decide(item: Item, filed_at: datetime, seasons: Sequence[Season] = ()) -> Decision:
    """Whether the item was under warranty on the day in Beijing when the report was filed, however long repair takes.

    It runs from the day of passing completion acceptance (art. 40 para. 3), whose own day is not counted
    (Civil Code arts. 201, 202). `seasons` are the city's, of the item's kind.
    """
    if item.accepted_on is None:
        return Decision(Cover.NOT_ACCEPTED)
    term = term_of(item)
    if term is None:
        return Decision(Cover.UNKNOWN)
    last, provisional = last_day(item.accepted_on, term, seasons)
    cover = Cover.COVERED if day_of(filed_at) <= last else Cover.EXPIRED
    return Decision(cover, last, provisional)


def decide_any(items: Iterable[Item], filed_at: datetime, seasons: Sequence[Season] = ()) -> Decision | None:
    """The decision that lasts longest of an item and its later repairs; None of no items."""
    order = (Cover.UNKNOWN, Cover.EXPIRED, Cover.COVERED, Cover.NOT_ACCEPTED)
    decisions = [decide(item, filed_at, seasons) for item in items]
    return max(decisions, key=lambda one: (order.index(one.cover), one.last_day or date.min), default=None)


def last_day(accepted_on: date, term: WarrantyTerm, seasons: Sequence[Season]) -> tuple[date, bool]:
    """The last day of the warranty, and whether it is only an upper bound.

    Only seasons that begin after acceptance are whole ones. While the table does not reach far enough, so many
    years and one more hold them surely, and the day is provisional.
    """
    if term.unit is Unit.YEARS:
        return years_later(accepted_on, term.amount), False
    whole = sorted(season for season in seasons if season.first > accepted_on)
    if len(whole) >= term.amount:
        return whole[term.amount - 1].last, False
    return years_later(accepted_on, term.amount + 1), True


def years_later(day: date, years: int) -> date:
    """The corresponding day, or the last of the month where there is none (Civil Code art. 202)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, FEBRUARY, 28)


def reminder_due(last: date, today: date, sent: Collection[int]) -> int | None:
    """Which reminder to send now, 90 or 30 days before the end: the later one alone when both are owed."""
    left = last - today
    if left < timedelta(0):
        return None
    owed = [days for days in REMINDERS if left <= timedelta(days=days)]
    nearest = min(owed, default=None)
    return None if nearest in sent else nearest
