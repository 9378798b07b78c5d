"""The front door: all estates with one's own first, and the home page of one."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, MaybePerson, MemberVisit, Now, SessionDep
from app.routers.estates.cards import Card, Waiting, cards_for, waiting_for
from app.routers.estates.frames import desk_page
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
    """`homes` are the person's own here: label, area in hundredths, and what he is to it as a msgid."""

    estate: EstateView
    cards: tuple[Card, ...]
    homes: tuple[tuple[str, int, str], ...]
    is_committee: bool


@dataclass(frozen=True, slots=True)
class DeskPage:
    estate: EstateView
    waiting: tuple[Waiting, ...]
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
            )
            for mine in homes
            if mine.estate.id == visit.estate.id
        ),
        is_committee=visit.standing.is_committee,
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
def show_desk(request: Request, visit: CommitteeVisit, session: SessionDep, now: Now) -> Response:
    data = DeskPage(
        estate=visit.estate,
        waiting=waiting_for(request, visit, session, now),
        count=count_register(session, estate_id=visit.estate.id),
    )
    return desk_page(request, visit, "estates/desk.html", data)
