"""The estates of an installation, and where each one's lists are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from app.dependencies import SessionDep
from app.routers.api.asking import EstateDep, Plain
from app.routers.api.shapes import Href, Listing, Page, Shape, Turning, cut, next_of
from app.services.estates.standing import EstateView, list_estates

router = APIRouter(tags=["estates"])


class EstateLine(Shape):
    """An estate in a list."""

    slug: str = Field(description="Its name in addresses; it never changes.")
    name: str = Field(description="Its name.")
    address: str = Field(description="Its street address; empty where none is kept.")
    href: Href


class EstateLinks(Shape):
    """Where the estate's lists are, as paths on this host."""

    votes: Href
    outcomes: Href
    guides: Href
    questions: Href
    figures: Href
    chains: Href
    fees: Href
    upkeep: Href
    feed: Annotated[str, Field(description="What is posted, as an Atom feed.")]
    open311: Annotated[str, Field(description="Reports, by GeoReport v2; `jurisdiction_id` is the slug.")]


class Estate(Shape):
    """One neighbourhood and its committee's office."""

    slug: str = Field(description="Its name in addresses; it never changes.")
    name: str = Field(description="Its name.")
    address: str = Field(description="Its street address; empty where none is kept.")
    committee: str = Field(description="The committee that runs it; empty where none is named.")
    desk_phone: str = Field(description="The committee's office by telephone; may be empty.")
    desk_address: str = Field(description="Where the office is; may be empty.")
    desk_hours: str = Field(description="When it is open, in words; may be empty.")
    page: Page
    links: EstateLinks


def root_of(estate: EstateView) -> str:
    """The address of an estate in this interface."""
    return f"/api/v1/estates/{estate.slug}"


@router.get("/estates", summary="All estates, by their names in addresses")
def list_all(
    request: Request, session: SessionDep, turning: Annotated[Turning, Query()]
) -> Listing[EstateLine]:
    known = sorted(list_estates(session), key=lambda estate: estate.slug)
    rows, more = cut([estate for estate in known if estate.slug > turning.word], turning)
    return Listing[EstateLine](
        items=[
            EstateLine(slug=one.slug, name=one.name, address=one.address, href=root_of(one)) for one in rows
        ],
        next=next_of(request, turning, rows[-1].slug) if more else None,
    )


@router.get("/estates/{slug}", dependencies=[Plain], summary="One estate")
def show_estate(estate: EstateDep) -> Estate:
    root = root_of(estate)
    return Estate(
        slug=estate.slug,
        name=estate.name,
        address=estate.address,
        committee=estate.committee_name,
        desk_phone=estate.desk_phone,
        desk_address=estate.desk_address,
        desk_hours=estate.desk_hours,
        page=f"/e/{estate.slug}/outcomes",
        links=EstateLinks(
            votes=f"{root}/votes",
            outcomes=f"{root}/outcomes",
            guides=f"{root}/guides",
            questions=f"{root}/questions",
            figures=f"{root}/maintenance/figures",
            chains=f"{root}/maintenance/chains",
            fees=f"{root}/maintenance/fees",
            upkeep=f"{root}/maintenance/upkeep",
            feed=f"/feeds/{estate.slug}.atom",
            open311=f"/open311/v2/requests.json?jurisdiction_id={estate.slug}",
        ),
    )
