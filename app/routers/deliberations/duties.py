"""The party members: the public page of what each does in his duties, and the desk of what waits for him."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.dependencies import MemberVisit, ModeratorVisit, Now, SessionDep, SettingsDep, Visit
from app.errors import N_, NotAllowed, NotFound
from app.routers.forms import see_other, talk_page
from app.rules.accounts import DUTY_NAMES, Duty
from app.services.accounts.grants import duties_of
from app.services.deliberations import duties, party
from app.services.deliberations.duties import Contested, ProposalTask, Question
from app.services.deliberations.queue import Item, list_queue
from app.services.guides.asking import QuestionView, waiting_questions
from app.services.guides.cards import CardView, outdated_cards
from app.services.guides.marking import Unclear, unclear_cards
from app.services.mediation.mediators import list_waiting
from app.services.proposals.answering import sponsor
from app.services.votes.paper_counts import Pile as SheetPile
from app.services.votes.paper_counts import piles
from app.services.works.projects import OverdueTask, list_overdue_tasks
from app.services.works.waiting import IdleMinutes, list_idle_minutes

router = APIRouter()

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class PartyPage:
    """`desk` leads a party member to his own work, "" for others."""

    slug: str
    records: Sequence[party.Record]
    duty_names: dict[str, str]
    most: int
    desk: str


@dataclass(frozen=True, slots=True)
class DutyPage:
    """What waits in one duty; only the lists of that duty are filled. `cases` wait for a mediator: their number and no more."""

    slug: str
    address: str
    duty: Duty
    duty_names: dict[str, str]
    held: tuple[Duty, ...]
    unsponsored: Sequence[ProposalTask] = ()
    stale: Sequence[ProposalTask] = ()
    questions: Sequence[Question] = ()
    policy_questions: Sequence[QuestionView] = ()
    outdated: Sequence[CardView] = ()
    unclear: Sequence[Unclear] = ()
    reported: Sequence[Item] = ()
    contested: Sequence[Contested] = ()
    cases: int = 0
    overdue_answers: Sequence[ProposalTask] = ()
    overdue_tasks: Sequence[OverdueTask] = ()
    idle_minutes: Sequence[IdleMinutes] = ()
    sheets: Sequence[SheetPile] = ()


_NAMES = {duty.value: name for duty, name in DUTY_NAMES.items()}


@router.get("/e/{slug}/party")
def show_party(request: Request, visit: MemberVisit, session: SessionDep) -> Response:
    records = party.list_records(session, estate_id=visit.estate.id)
    mine = any(record.member.account_id == visit.actor.id for record in records)
    data = PartyPage(
        slug=visit.estate.slug,
        records=records,
        duty_names=_NAMES,
        most=party.MOST_COUNTED,
        desk=f"/desk/{visit.estate.slug}/duties" if mine else "",
    )
    return talk_page(request, visit, "deliberations/party.html", data)


def _held(visit: Visit, session: SessionDep) -> tuple[Duty, ...]:
    """The duties of this person; raises `NotAllowed` for a clerk without one."""
    held = duties_of(session, account_id=visit.actor.id, estate_id=visit.estate.id)
    if not held:
        raise NotAllowed(N_("这里是担任职责的党员的工作页，您没有担任职责"))
    return tuple(duty for duty in Duty if duty in held)


@router.get("/desk/{slug}/duties")
def show_duties(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, settings: SettingsDep
) -> Response:
    return _page(request, visit, session, now, settings, _held(visit, session)[0])


@router.get("/desk/{slug}/duties/{duty}")
def show_duty(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, settings: SettingsDep, duty: str
) -> Response:
    held = _held(visit, session)
    if duty not in held:
        raise NotFound(N_("您没有担任这项职责"))
    return _page(request, visit, session, now, settings, Duty(duty))


@router.post("/desk/{slug}/duties/sponsor/{proposal_id:uuid}")
def sponsor_proposal(visit: ModeratorVisit, session: SessionDep, now: Now, proposal_id: UUID) -> Response:
    sponsor(session, estate_id=visit.estate.id, proposal_id=proposal_id, actor=visit.actor, now=now)
    return see_other(f"/desk/{visit.estate.slug}/duties/{Duty.INITIATOR.value}")


def _page(
    request: Request, visit: Visit, session: SessionDep, now: Now, settings: SettingsDep, duty: Duty
) -> Response:
    frame = (
        visit.estate.slug,
        f"/desk/{visit.estate.slug}/duties",
        duty,
        _NAMES,
        _held(visit, session),
    )
    estate_id, me = visit.estate.id, visit.actor.id
    if duty is Duty.INITIATOR:
        data = DutyPage(
            *frame,
            unsponsored=duties.unsponsored(session, estate_id=estate_id, account_id=me, now=now),
            stale=duties.stale(session, estate_id=estate_id, account_id=me, now=now),
        )
    elif duty is Duty.EXPLAINER:
        data = DutyPage(
            *frame,
            questions=duties.open_questions(session, estate_id=estate_id, now=now),
            policy_questions=waiting_questions(session, estate_id=estate_id)[:_SHOWN],
            outdated=outdated_cards(session, estate_id=estate_id, now=now)[:_SHOWN],
            unclear=unclear_cards(session, estate_id=estate_id)[:_SHOWN],
        )
    elif duty is Duty.MEDIATOR:
        data = DutyPage(
            *frame,
            reported=list_queue(session, estate_id=estate_id, account_id=me)[:_SHOWN],
            contested=duties.contested_threads(session, estate_id=estate_id, now=now),
            cases=len(list_waiting(session, estate_id=estate_id, account_id=me)),
        )
    else:
        data = DutyPage(
            *frame,
            overdue_answers=duties.overdue_answers(session, estate_id=estate_id, account_id=me, now=now),
            overdue_tasks=list_overdue_tasks(session, estate_id=estate_id, now=now, limit=_SHOWN),
            idle_minutes=list_idle_minutes(session, estate_id=estate_id, limit=_SHOWN),
            sheets=piles(
                session, estate_id=estate_id, now=now, grace=timedelta(seconds=settings.close_grace_seconds)
            ),
        )
    return talk_page(request, visit, "deliberations/duty.html", data)
