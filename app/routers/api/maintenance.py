"""The published figures of an estate's repairs, what came back after a repair, and what services cost."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from app.dependencies import Now, SessionDep
from app.routers.api.asking import EstateDep, Plain, SayDep
from app.routers.api.shapes import Asked, Fen, Instant, Month, Page, Shape
from app.rules.maintenance.contractors import Line
from app.rules.maintenance.costs import MoneySource
from app.rules.maintenance.fees import Collected, read_month
from app.rules.maintenance.rates import Rate, Rates, month_of
from app.rules.maintenance.states import OrderState
from app.services.estates.standing import EstateView
from app.services.maintenance.chains import ChainView, read_chains
from app.services.maintenance.fees.prices import ServiceView, earlier_prices, services_in
from app.services.maintenance.fees.reading import collected_in
from app.services.maintenance.rates import Group, Published, read_published

router = APIRouter(prefix="/estates/{slug}/maintenance", tags=["maintenance"])


class Share(Shape):
    """A count over a count; the per mille is for display, rounded down, and null below five."""

    count: int
    of: int
    per_mille: int | None


class RateGroup(Shape):
    """The rates of one party, building or month."""

    name: str
    answered: Share
    resolved: Share
    satisfied: Share
    rated: Share


class Contractor(Shape):
    """What went wrong with what one contractor built, and how it was put right."""

    name: str
    faults: int = Field(description="Orders about its work in a year.")
    households: int = Field(description="Dwellings in what it built; 0 where none is registered.")
    in_warranty: Share
    reworked: Share
    overdue: Share
    repaired: int
    median_days: int | None = Field(
        description="From report to repair, days begun counted; null without any."
    )


class Cost(Shape):
    """What one source paid in one quarter by invoice."""

    quarter: str = Field(description="In Beijing time.", examples=["2026-4"])
    source: MoneySource
    amount_fen: Fen


class Figures(Shape):
    """All figures as they stood when last computed, of one year's orders."""

    computed_at: Instant
    since: Instant = Field(description="Orders filed from then on are counted.")
    filed: int
    open: int
    overdue: int = Field(description="Of the open ones.")
    came_back: int = Field(description="Faults that were there again after a repair.")
    answered: Share = Field(description="Answered in time, of those whose time has come.")
    resolved: Share = Field(description="Put right at once and confirmed by residents, of those finished.")
    satisfied: Share = Field(description="Rated satisfied by residents, of those they rated.")
    rated: Share = Field(description="Rated by residents, of those finished.")
    reworked: Share = Field(description="Put right after being sent back, of those finished.")
    called_back: Share = Field(description="Satisfied when staff asked, of those they reached.")
    not_reached: int = Field(description="Whom staff did not reach.")
    by_party: list[RateGroup]
    by_building: list[RateGroup]
    by_month: list[RateGroup] = Field(description="By the month of filing, the newest first.")
    contractors: list[Contractor]
    costs: list[Cost]


class FiguresAnswer(Shape):
    """The figures, and where the rows behind them are."""

    figures: Figures | None = Field(description="Computed hourly; null before the first order's hour.")
    page: Page
    orders_csv: Annotated[str, Field(description="One month's public orders as CSV; `?month=2026-11`.")]


class ChainOrder(Shape):
    """One order of a chain."""

    number: int = Field(description="Its `service_request_id` in Open311.")
    category: str
    state: OrderState
    filed_at: Instant
    page: Page


class Chain(Shape):
    """A fault that came back."""

    title: str
    place: str = Field(
        description="The narrowest place all its orders share, never inside a flat; may be empty."
    )
    times: int = Field(description="Orders within the year, also those not listed here.")
    first_at: Instant
    last_at: Instant
    open: bool
    orders: list[ChainOrder] = Field(description="The latest first, at most ten.")


class ChainsAnswer(Shape):
    """What came back after a repair within a year, the most often first; at most twenty."""

    computed_at: Instant | None = Field(description="Null before the first order's hour.")
    since: Instant | None
    chains: list[Chain]


class CollectedFees(Shape):
    """What came in for a service in a month."""

    homes_due: int = Field(description="Homes that were charged and not relieved.")
    homes_paid: int
    homes_relieved: int
    due_fen: Fen
    paid_fen: Fen
    relieved_fen: Fen


class Price(Shape):
    """A service at one price."""

    title: str
    unit: Annotated[str, Field(description="`home` or `square_metre`, a month.")]
    price_fen: Fen
    first_month: Month
    last_month: Month | None = Field(description="Null while it goes on.")


class Service(Price):
    """A service in the month asked for."""

    text: str = Field(description="What is done for it; may be empty.")
    party: str = Field(description="Who does it; may be empty.")
    document: str = Field(description="On what decision the price stands; may be empty.")
    vote_title: str | None = Field(description="The vote it stands on; null for none.")
    charged: bool = Field(description="Whether anybody was charged in this month.")
    collected: CollectedFees | None = Field(
        description="Null where nobody was charged, and where fewer than five homes were: it would point at one."
    )


class FeesAnswer(Shape):
    """The services of a month."""

    month: Month
    services: list[Service]
    earlier_prices: list[Price] = Field(description="Prices that had ended when the month began.")


class FeesAsked(Asked):
    """Which month."""

    month: str = Field(
        "", max_length=7, description="As `2026-11`; none, or one to come, is the present one."
    )


@router.get("/figures", dependencies=[Plain], summary="Rates, contractors and costs of a year")
def show_figures(estate: EstateDep, session: SessionDep) -> FiguresAnswer:
    published = read_published(session, estate_id=estate.id)
    root = f"/e/{estate.slug}/maintenance"
    return FiguresAnswer(
        figures=_figures(published) if published else None,
        page=f"{root}/rates",
        orders_csv=f"{root}/orders.csv",
    )


@router.get("/chains", dependencies=[Plain], summary="Faults that came back")
def show_chains(estate: EstateDep, session: SessionDep, say: SayDep) -> ChainsAnswer:
    found = read_chains(session, estate_id=estate.id)
    return ChainsAnswer(
        computed_at=found.at if found else None,
        since=found.since if found else None,
        chains=[_chain(estate, one, say) for one in found.chains] if found else [],
    )


@router.get("/fees", summary="What services cost in a month, and how much was collected")
def show_fees(
    estate: EstateDep, session: SessionDep, now: Now, asked: Annotated[FeesAsked, Query()]
) -> FeesAnswer:
    current = month_of(now)
    month = min(read_month(asked.month), current) if asked.month else current
    collected = collected_in(session, estate_id=estate.id, month=month)
    return FeesAnswer(
        month=month,
        services=[
            _service(one, collected.get(one.id))
            for one in services_in(session, estate_id=estate.id, month=month)
        ],
        earlier_prices=[
            Price.model_validate(_price(one))
            for one in earlier_prices(session, estate_id=estate.id, month=month)
        ],
    )


def _share(rate: Rate) -> Share:
    return Share(count=rate.top, of=rate.n, per_mille=rate.tenths())


def _figures(published: Published) -> Figures:
    rates = published.all
    return Figures(
        computed_at=published.at,
        since=published.since,
        filed=published.filed,
        open=published.open,
        overdue=published.overdue,
        came_back=published.came_back,
        answered=_share(rates.answered),
        resolved=_share(rates.resolved),
        satisfied=_share(rates.satisfied),
        rated=_share(rates.rated),
        reworked=_share(rates.reworked),
        called_back=_share(rates.called_back),
        not_reached=rates.not_reached,
        by_party=[_group(one) for one in published.parties],
        by_building=[_group(one) for one in published.buildings],
        by_month=[_group(one) for one in published.months],
        contractors=[_contractor(one.name, one.line) for one in published.contractors],
        costs=[
            Cost(quarter=one.quarter, source=one.source, amount_fen=one.amount) for one in published.costs
        ],
    )


def _group(group: Group) -> RateGroup:
    """What the page's table has of a group, and no more."""
    rates: Rates = group.rates
    return RateGroup(
        name=group.name,
        answered=_share(rates.answered),
        resolved=_share(rates.resolved),
        satisfied=_share(rates.satisfied),
        rated=_share(rates.rated),
    )


def _contractor(name: str, line: Line) -> Contractor:
    return Contractor(
        name=name,
        faults=line.faults.faults,
        households=line.faults.households,
        in_warranty=_share(line.in_warranty),
        reworked=_share(line.reworked),
        overdue=_share(line.overdue),
        repaired=line.repaired,
        median_days=line.median_days,
    )


def _chain(estate: EstateView, chain: ChainView, say: SayDep) -> Chain:
    def page(order_id: UUID) -> str:
        return f"/e/{estate.slug}/maintenance/{order_id}"

    return Chain(
        title=say(chain.title),
        place=chain.place,
        times=chain.times,
        first_at=chain.first_at,
        last_at=chain.last_at,
        open=chain.is_open,
        orders=[
            ChainOrder(
                number=one.number,
                category=say(one.category),
                state=one.state,
                filed_at=one.filed_at,
                page=page(one.id),
            )
            for one in chain.orders
        ],
    )


def _price(service: ServiceView) -> dict[str, object]:
    return {
        "title": service.title,
        "unit": "square_metre" if service.by_area else "home",
        "price_fen": service.price,
        "first_month": service.first_month,
        "last_month": service.last_month or None,
    }


def _service(service: ServiceView, collected: Collected | None) -> Service:
    told = collected if collected and collected.may_be_public else None
    return Service.model_validate(
        {
            **_price(service),
            "text": service.text,
            "party": service.party,
            "document": service.document,
            "vote_title": service.vote or None,
            "charged": collected is not None,
            "collected": _collected(told) if told else None,
        }
    )


def _collected(collected: Collected) -> CollectedFees:
    return CollectedFees(
        homes_due=collected.by_homes.n,
        homes_paid=collected.homes_paid,
        homes_relieved=collected.homes_relieved,
        due_fen=collected.by_money.n,
        paid_fen=collected.paid,
        relieved_fen=collected.relieved,
    )
