"""The front door: all estates with one's own first, and the home page of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import MaybePerson, MemberVisit, Now, PartyVisit, SessionDep, SettingsDep
from app.routers.estates.cards import Card, cards_for
from app.routers.estates.frames import desk_page
from app.routers.estates.piles import Waiting, waiting_for, year_to_settle
from app.routers.forms import see_other
from app.rules.accounts import Role
from app.rules.estates.labels import home_label
from app.services.estates.homes import RELATION_NAMES, my_homes, places_of
from app.services.estates.register import RegisterCount, count_register
from app.services.estates.standing import EstateView, list_estates
from app.templating import page

router = APIRouter()


@dataclass(frozen=True, slots=True)
class EstatesPage:
    mine: tuple[EstateView, ...]
    others: tuple[EstateView, ...]


@dataclass(frozen=True, slots=True)
class EstatePage:
    """`homes` are the person's own here: label, area in hundredths, what he is to it as a msgid, and where he settles with
    its other owners who votes, empty without any.

    `is_party_staff` when he works for a firm or an office that repairs.
    """

    estate: EstateView
    cards: tuple[Card, ...]
    homes: tuple[tuple[str, int, str, str], ...]
    is_committee: bool
    is_party_staff: bool


@dataclass(frozen=True, slots=True)
class DeskPage:
    """`year` is the one whose working days are not settled, None when all are."""

    estate: EstateView
    waiting: tuple[Waiting, ...]
    year: int | None
    count: RegisterCount


@router.get("/")
def list_all(request: Request, session: SessionDep, person: MaybePerson) -> Response:
    mine = tuple(places_of(session, account_id=person.account_id)) if person else ()
    known = {estate.id for estate in mine}
    others = tuple(estate for estate in list_estates(session) if estate.id not in known)
    return page(request, "estates/list.html", EstatesPage(mine, others), tab="home")


@router.get("/e/{slug}")
def show_estate(request: Request, visit: MemberVisit, session: SessionDep, now: Now) -> Response:
    homes = my_homes(session, account_id=visit.actor.id)
    data = EstatePage(
        estate=visit.estate,
        cards=cards_for(request, visit, session, now),
        homes=tuple(
            (
                home_label(mine.home.building, mine.home.entrance, mine.home.room),
                mine.area,
                RELATION_NAMES[mine.relation],
                f"/e/{visit.estate.slug}/homes/{mine.unit_id}/representative" if mine.shared else "",
            )
            for mine in homes
            if mine.estate.id == visit.estate.id
        ),
        is_committee=visit.standing.is_committee,
        is_party_staff=Role.PARTY_STAFF in visit.standing.roles,
    )
    return page(
        request,
        "estates/show.html",
        data,
        estate=visit.estate,
        tab="home",
        staff=visit.standing.is_committee,
    )


@router.get("/desk/{slug}")
def show_desk(
    request: Request, visit: PartyVisit, session: SessionDep, now: Now, settings: SettingsDep
) -> Response:
    """The committee's piles; whoever works for a party has one list, and comes to it."""
    if not visit.standing.is_committee:
        return see_other(f"/desk/{visit.estate.slug}/orders/work")
    data = DeskPage(
        estate=visit.estate,
        waiting=waiting_for(request, visit, session, now, timedelta(seconds=settings.close_grace_seconds)),
        year=year_to_settle(session, now),
        count=count_register(session, estate_id=visit.estate.id),
    )
    return desk_page(request, visit, "estates/desk.html", data)
