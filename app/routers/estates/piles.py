"""What awaits the committee at its desk, gathered from every room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request

from app.dependencies import SessionDep, Visit
from app.errors import N_
from app.rules.maintenance.workcalendar import day_of
from app.services.credits.redeeming import count_waiting
from app.services.deliberations import piles as moderation
from app.services.estates.claims import count_pending
from app.services.estates.imports import count_open_imports
from app.services.estates.register import count_register
from app.services.estates.representatives_reading import count_for_paper
from app.services.guides.asking import waiting_questions
from app.services.guides.cards import outdated_cards
from app.services.maintenance import rounds_reading, triage
from app.services.maintenance.appeals import count_appeals
from app.services.maintenance.calendar import year_missing
from app.services.maintenance.triage import Pile
from app.services.meetings import awaiting
from app.services.proposals import board
from app.services.votes import (
    bindings,
    checkpoints,
    desk,
    extensions,
    mandates_reading,
    objections,
    paper_counts,
)
from app.templating import language_of, translate


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pile on the desk, its height, and the height in words."""

    title: str
    count: int
    href: str
    words: str


def waiting_for(
    request: Request, visit: Visit, session: SessionDep, now: datetime, grace: timedelta
) -> tuple[Waiting, ...]:
    """The desk's piles in the order of their haste."""
    estate_id, root, language = visit.estate.id, f"/desk/{visit.estate.slug}", language_of(request)
    votes = desk.list_desk_votes(session, estate_id=estate_id, now=now)
    talk = moderation.count_waiting(session, estate_id=estate_id)
    owed, overdue = board.count_owed(session, estate_id=estate_id, now=now)
    piles = (
        _alarms(session, estate_id),
        (N_("议题超期未答复"), overdue, "/proposals?column=owed"),
        (N_("议题等待答复"), owed, "/proposals?column=owed"),
        (N_("名册更正等待处理"), sum(vote.corrections for vote in votes), "/votes"),
        *_sheets(session, estate_id, now, grace),
        *_extensions(session, estate_id, now),
        *_disputes(session, estate_id, now),
        *_repairs(session, estate_id, now),
        *_people(session, estate_id, now),
        (N_("申诉等待决定"), talk.appeals, "/moderation/appeals"),
        (N_("举报等待处理"), talk.reported, "/moderation"),
        (N_("发言等待审核"), talk.unread, "/moderation"),
        (N_("房屋认领等待核实"), count_pending(session, estate_id=estate_id), "/claims"),
        (
            N_("推举表决代表等待书面确认"),
            count_for_paper(session, estate_id=estate_id),
            "/namings",
        ),
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


def _alarms(session: SessionDep, estate_id: UUID) -> tuple[str, int, str]:
    """Votes whose chain no longer holds: nothing on the desk has more haste."""
    alarmed = checkpoints.alarmed_votes(session, estate_id=estate_id)
    return N_("存证核对不通过"), len(alarmed), f"/votes/{alarmed[0]}" if len(alarmed) == 1 else "/votes"


def _disputes(session: SessionDep, estate_id: UUID, now: datetime) -> tuple[tuple[str, int, str], ...]:
    """What of the votes waits for a person of the committee."""
    objected = objections.count_pile(session, estate_id=estate_id, now=now)
    unchecked = mandates_reading.count_unchecked(session, estate_id=estate_id)
    return (
        (N_("表决异议超期没裁决"), objected.overdue, "/votes"),
        (N_("表决异议等待答复"), objected.waiting, "/votes"),
        (N_("书面委托等待核对"), unchecked, "/votes"),
        (N_("公告后的绑定等待核对"), bindings.count_bindings(session, estate_id=estate_id), "/bindings"),
    )


def _extensions(session: SessionDep, estate_id: UUID, now: datetime) -> Iterator[tuple[str, int, str]]:
    """Open votes that somebody wants to close later: another person confirms before the closing, or it lapses."""
    for vote_id in extensions.votes_with_waiting(session, estate_id=estate_id, now=now):
        yield N_("延长投票等待另一人确认"), 1, f"/votes/{vote_id}/extension"


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


def _people(session: SessionDep, estate_id: UUID, now: datetime) -> Iterator[tuple[str, int, str]]:
    """What residents asked, objected to or came for."""
    for meeting_id, count in awaiting.open_objections(session, estate_id=estate_id):
        yield N_("会议纪要异议等待答复"), count, f"/meetings/{meeting_id}/record"
    questions = waiting_questions(session, estate_id=estate_id)
    yield N_("政策提问等待解答"), len(questions), "/guides/questions"
    yield N_("可能已过时的政策"), len(outdated_cards(session, estate_id=estate_id, now=now)), "/guides"
    yield N_("积分兑换等待领取"), count_waiting(session, estate_id=estate_id), "/credits/redemptions"


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
