"""The lists of the desk: the committee's triage by piles and filters, a party's work list, and that list on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.dependencies import Now, PartyVisit, SessionDep, Visit
from app.errors import N_
from app.routers.maintenance.desk_fields import read_key, read_whole
from app.routers.maintenance.desk_frames import desk_page, list_address
from app.rules.estates.labels import building_label
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.states import STATE_NAMES, OrderState
from app.services.estates.units import list_buildings
from app.services.maintenance import triage, worklist
from app.services.maintenance.templates import scribe_of
from app.services.maintenance.triage import MOST_COUNTED, Asked, Pile, TriagePage
from app.services.maintenance.worklist import Part, WorkPart

router = APIRouter(prefix="/desk/{slug}/orders")

PILE_NAMES = {
    Pile.RULE: N_("等待裁定"),
    Pile.OVERDUE: N_("超期"),
    Pile.INFO: N_("等待补充"),
    Pile.UNACCEPTED: N_("没有单位接单"),
    Pile.OPEN: N_("全部未办结"),
}
PART_NAMES = {
    Part.NEW: N_("等您接单"),
    Part.DOING: N_("正在处理的"),
    Part.WAITING: N_("等待中"),
    Part.PASSED_ON: N_("首接转出，还没人接"),
    Part.REPAIRED: N_("修好了，等居民确认"),
}

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TriageListPage:
    """`piles` are (marked word, height, address, current); `held` the height of the reports not looked at yet."""

    address: str
    held: str
    piles: tuple[tuple[str, str, str, bool], ...]
    found: TriagePage
    asked: Asked
    parties: Options
    buildings: tuple[tuple[str, str], ...]
    categories: Options
    states: Options
    older: str


@dataclass(frozen=True, slots=True)
class WorkListPage:
    """`parties` are the names of those one works for; `older` by part, "" at the end."""

    address: str
    parties: tuple[str, ...]
    parts: tuple[WorkPart, ...]
    names: Mapping[Part, str]
    older: Mapping[Part, str]
    whole: bool
    now: datetime


def height(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


@router.get("")
def show_orders(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    pile: Annotated[str, Query(max_length=20)] = "",
    party: Annotated[str, Query(max_length=40)] = "",
    building: Annotated[str | None, Query(max_length=20)] = None,
    category: Annotated[str, Query(max_length=40)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    overdue: Annotated[str, Query(max_length=5)] = "",
    before: Annotated[str, Query(max_length=12)] = "",
) -> Response:
    """The committee triages; whoever works for a party sees that party's work."""
    if not visit.standing.is_committee:
        return _work(request, visit, session, now)
    buildings = tuple(line.building for line in list_buildings(session, estate_id=visit.estate.id))
    asked = Asked(
        pile=Pile(pile) if pile in set(Pile) else Pile.OPEN,
        party_id=read_key(party),
        building=building if building in buildings else None,
        category=category if category in CATEGORIES else "",
        state=OrderState(state) if state in set(OrderState) else None,
        overdue=bool(overdue),
        **({"before": last} if (last := read_whole(before)) else {}),
    )
    found = triage.list_triage(session, estate_id=visit.estate.id, asked=asked, now=now)
    address = list_address(visit.estate.slug)
    data = TriageListPage(
        address=address,
        held=height(triage.count_held(session, estate_id=visit.estate.id)),
        piles=_piles(session, visit, now, asked),
        found=found,
        asked=asked,
        parties=_parties(session, visit),
        buildings=tuple((name, building_label(name)) for name in buildings),
        categories=tuple((one.key, one.title) for one in CATEGORIES.values()),
        states=tuple((one.value, name) for one, name in STATE_NAMES.items()),
        older=f"{address}?{urlencode({**_kept(asked), 'before': found.before})}" if found.before else "",
    )
    return desk_page(request, visit, "maintenance/desk_triage.html", data, staff=True)


def _piles(
    session: SessionDep, visit: Visit, now: datetime, asked: Asked
) -> tuple[tuple[str, str, str, bool], ...]:
    counts = triage.count_piles(session, estate_id=visit.estate.id, now=now)
    address = list_address(visit.estate.slug)
    return tuple(
        (PILE_NAMES[pile], height(count), f"{address}?pile={pile}", pile is asked.pile)
        for pile, count in counts.items()
    )


def _parties(session: SessionDep, visit: Visit) -> Options:
    scribe = scribe_of(session, estate_id=visit.estate.id, account_id=visit.actor.id)
    return tuple((str(key), name) for key, name in scribe.parties)


def _kept(asked: Asked) -> dict[str, str]:
    given = {
        "pile": asked.pile.value,
        "party": str(asked.party_id or ""),
        "building": asked.building or "",
        "category": asked.category,
        "state": asked.state.value if asked.state else "",
        "overdue": "yes" if asked.overdue else "",
    }
    return {key: value for key, value in given.items() if value}


@router.get("/work")
def show_work(
    request: Request,
    visit: PartyVisit,
    session: SessionDep,
    now: Now,
    part: Annotated[str, Query(max_length=20)] = "",
    after: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Everything at a glance, or one part from a mark on."""
    return _work(request, visit, session, now, part=part, after=after)


def _work(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    *,
    part: str = "",
    after: str = "",
    template: str = "maintenance/desk_work.html",
) -> Response:
    mine = worklist.my_parties(session, estate_id=visit.estate.id, account_id=visit.actor.id)
    estate_id, parties = visit.estate.id, [key for key, _ in mine]
    if part in set(Part):
        parts = [
            worklist.read_part(
                session, estate_id=estate_id, parties=parties, part=Part(part), now=now, after=after
            )
        ]
    else:
        parts = worklist.read_work(session, estate_id=estate_id, parties=parties, now=now)
    address = f"{list_address(visit.estate.slug)}/work"
    data = WorkListPage(
        address=address,
        parties=tuple(name for _, name in mine),
        parts=tuple(parts),
        names=PART_NAMES,
        older={
            one.part: f"{address}?{urlencode({'part': one.part.value, 'after': one.after})}"
            if one.after
            else ""
            for one in parts
        },
        whole=part not in set(Part),
        now=now,
    )
    return desk_page(request, visit, template, data)


@router.get("/print")
def print_work(request: Request, visit: PartyVisit, session: SessionDep, now: Now) -> Response:
    """The same list on paper, to take along."""
    return _work(request, visit, session, now, template="maintenance/desk_work_print.html")
