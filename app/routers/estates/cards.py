"""What awaits a person at an estate's home and the committee at its desk, gathered from every room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request

from app.dependencies import SessionDep, Visit
from app.errors import N_
from app.rules.maintenance.workcalendar import day_of
from app.rules.votes.states import State
from app.services.deliberations import piles as moderation
from app.services.estates.claims import count_pending
from app.services.estates.imports import count_open_imports
from app.services.estates.register import count_register
from app.services.maintenance import rounds_reading, triage
from app.services.maintenance.appeals import count_appeals
from app.services.maintenance.calendar import year_missing
from app.services.maintenance.triage import Pile
from app.services.proposals import board
from app.services.votes import desk, mandates_reading, objections, paper_counts, reading
from app.templating import language_of, moment, translate


@dataclass(frozen=True, slots=True)
class Card:
    """Something to do: what, why now, and where."""

    title: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pile on the desk, its height, and the height in words."""

    title: str
    count: int
    href: str
    words: str


def cards_for(request: Request, visit: Visit, session: SessionDep, now: datetime) -> tuple[Card, ...]:
    """Ballots to cast first, then rolls to check."""
    return tuple(_cards(request, visit, session, now))


def _cards(request: Request, visit: Visit, session: SessionDep, now: datetime) -> Iterator[Card]:
    language = language_of(request)
    votes = reading.list_votes(session, estate_id=visit.estate.id, account_id=visit.actor.id, now=now)
    root = f"/e/{visit.estate.slug}/votes"
    for vote in votes:
        if vote.waiting and vote.closes_at:
            text = translate(
                N_("您有 %(homes)s 套房还没有投票，%(until)s 截止"),
                {"homes": vote.waiting, "until": moment(vote.closes_at, language=language)},
                language,
            )
            yield Card(vote.title, text, f"{root}/{vote.id}")
    for vote in votes:
        if vote.state is State.NOTICED and vote.mine:
            text = translate(N_("公告中，请核对表决名册上您家的面积和姓名"), {}, language)
            yield Card(vote.title, text, f"{root}/{vote.id}/roll")


def waiting_for(
    request: Request, visit: Visit, session: SessionDep, now: datetime, grace: timedelta
) -> tuple[Waiting, ...]:
    """The desk's piles in the order of their haste."""
    estate_id, root, language = visit.estate.id, f"/desk/{visit.estate.slug}", language_of(request)
    votes = desk.list_desk_votes(session, estate_id=estate_id, now=now)
    talk = moderation.count_waiting(session, estate_id=estate_id)
    owed, overdue = board.count_owed(session, estate_id=estate_id, now=now)
    piles = (
        (N_("议题超期未答复"), overdue, "/proposals?column=owed"),
        (N_("议题等待答复"), owed, "/proposals?column=owed"),
        (N_("名册更正等待处理"), sum(vote.corrections for vote in votes), "/votes"),
        *_sheets(session, estate_id, now, grace),
        *_disputes(session, estate_id, now),
        *_repairs(session, estate_id, now),
        (N_("申诉等待决定"), talk.appeals, "/moderation/appeals"),
        (N_("举报等待处理"), talk.reported, "/moderation"),
        (N_("发言等待审核"), talk.unread, "/moderation"),
        (N_("房屋认领等待核实"), count_pending(session, estate_id=estate_id), "/claims"),
        (N_("名册导入等待确认"), count_open_imports(session, estate_id=estate_id), "/register/import"),
        (
            N_("没有登记业主的房屋"),
            count_register(session, estate_id=estate_id).ownerless,
            "/register?show=ownerless",
        ),
    )
    return tuple(
        Waiting(translate(title, {}, language), count, root + tail, _height(count, tail))
        for title, count, tail in piles
    )


def _disputes(session: SessionDep, estate_id: UUID, now: datetime) -> tuple[tuple[str, int, str], ...]:
    """What of the votes waits for a person of the committee."""
    objected = objections.count_pile(session, estate_id=estate_id, now=now)
    unchecked = mandates_reading.count_unchecked(session, estate_id=estate_id)
    return (
        (N_("表决异议超期没裁决"), objected.overdue, "/votes"),
        (N_("表决异议等待答复"), objected.waiting, "/votes"),
        (N_("书面委托等待核对"), unchecked, "/votes"),
    )


def _sheets(
    session: SessionDep, estate_id: UUID, now: datetime, grace: timedelta
) -> Iterator[tuple[str, int, str]]:
    """Returned paper ballots, vote by vote: each is entered by two people."""
    for pile in paper_counts.piles(session, estate_id=estate_id, now=now, grace=grace):
        yield N_("纸质表决票等待录入"), pile.all, f"/votes/{pile.vote_id}/paper"


def _repairs(session: SessionDep, estate_id: UUID, now: datetime) -> tuple[tuple[str, int, str], ...]:
    """What waits for the committee in the room of repairs."""

    def height(pile: Pile) -> int:
        return triage.count_pile(session, estate_id=estate_id, pile=pile, now=now)

    return (
        (N_("工单等待裁定"), height(Pile.RULE), "/orders?pile=rule"),
        (N_("工单超期"), height(Pile.OVERDUE), "/orders?pile=overdue"),
        (N_("工单没有单位接"), height(Pile.UNACCEPTED), "/orders?pile=unaccepted"),
        (N_("没有账号的报修等待核对"), triage.count_held(session, estate_id=estate_id), "/reports/held"),
        (N_("不服维修结果的申诉"), count_appeals(session, estate_id=estate_id), "/orders/appeals"),
        (N_("巡检过期没做"), rounds_reading.count_late(session, estate_id=estate_id, now=now), "/upkeep"),
    )


def year_to_settle(session: SessionDep, now: datetime) -> int | None:
    """The year that terms in working days are only guessed for, when there is one."""
    return year_missing(session, today=day_of(now))


def _height(count: int, tail: str) -> str:
    """Proposals and what neighbours say are counted only so far: nobody works down a hundred before looking again."""
    most = {
        "proposals": board.MOST_COUNTED,
        "moderation": moderation.MOST_COUNTED,
        "orders": triage.MOST_COUNTED,
        "reports": triage.MOST_COUNTED,
        "upkeep": rounds_reading.MOST_COUNTED,
    }
    limit = most.get(tail.split("?", maxsplit=1)[0].split("/")[1])
    return f"{limit}+" if limit is not None and count > limit else str(count)
