"""The moderators' desk: what waits, one thing with its context and the acts, and who is muted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import Response

from app.dependencies import ModeratorVisit, Now, SessionDep, Visit
from app.errors import N_, Invalid, Refusal
from app.routers.deliberations.moderation_frames import read_form_id, read_number
from app.routers.forms import Errors, attempt, errors_of, see_other, talk_page
from app.rules.deliberations.moderation import (
    MUTE_LEAST,
    MUTE_MOST,
    NEEDS_REASON,
    REASON_LEAST,
    REASON_MOST,
    REPORT_NAMES,
    Act,
)
from app.services.deliberations import muting
from app.services.deliberations.acts import Order
from app.services.deliberations.cases import Target
from app.services.deliberations.dossier import Dossier, read_dossier
from app.services.deliberations.moderating import judge_content
from app.services.deliberations.muting import MuteLine, list_mutes
from app.services.deliberations.queue import PAGE, Item, list_hints, list_queue
from app.services.deliberations.threads import ThreadView, read_thread

router = APIRouter(prefix="/desk/{slug}/moderation")


@dataclass(frozen=True, slots=True)
class Typed:
    """A form for an act as it was sent; `id` becomes the act's."""

    id: str = ""
    act: str = ""
    reason: str = ""
    days: str = ""


async def _typed(
    id: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
) -> Typed:
    return Typed(id, act, reason, days)


TypedDep = Annotated[Typed, Depends(_typed)]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """`older` is the address of the next page, "" at the end. Hints stand on the first page only."""

    address: str
    items: Sequence[Item]
    hints: Sequence[Item]
    older: str
    is_committee: bool


@dataclass(frozen=True, slots=True)
class ThingPage:
    """One thing and a form for each act that is possible; `typed` is what a refused form held."""

    address: str
    back: str
    public: str
    slug: str
    dossier: Dossier
    ids: dict[str, str]
    report_names: dict[str, str]
    needs_reason: frozenset[Act]
    bounds: dict[str, int]
    typed: Typed
    errors: Errors


@dataclass(frozen=True, slots=True)
class ThreadPage:
    address: str
    back: str
    thread: ThreadView
    id: str
    bounds: dict[str, int]
    typed: Typed
    errors: Errors


@dataclass(frozen=True, slots=True)
class MutesPage:
    address: str
    back: str
    slug: str
    mutes: Sequence[MuteLine]
    ids: dict[int, str]


_BOUNDS = {"least": REASON_LEAST, "most": REASON_MOST, "days_least": MUTE_LEAST, "days_most": MUTE_MOST}


def _order(visit: Visit, now: Now, typed: Typed) -> Order:
    return Order(id=read_form_id(typed.id), actor=visit.actor, now=now, reason=typed.reason)


def _act(typed: Typed) -> Act:
    if typed.act not in set(Act):
        raise Invalid(N_("请选择要做的处理"), field="act")
    return Act(typed.act)


def _mode(typed: Typed) -> Act:
    if typed.act not in {Act.PREAPPROVE, Act.PUBLISH_FIRST}:
        raise Invalid(N_("请选择要做的处理"), field="act")
    return Act(typed.act)


@router.get("")
def show_queue(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    after: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    address = f"/desk/{visit.estate.slug}/moderation"
    where = {"estate_id": visit.estate.id, "account_id": visit.actor.id}
    items = list_queue(session, **where, after=after)
    data = QueuePage(
        address=address,
        items=items[:PAGE],
        hints=list_hints(session, **where) if not after else (),
        older=f"{address}?{urlencode({'after': items[PAGE - 1].key})}" if len(items) > PAGE else "",
        is_committee=visit.standing.is_committee,
    )
    return talk_page(request, visit, "deliberations/queue.html", data)


def _thing(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    target: Target,
    typed: Typed | None = None,
    refusal: Refusal | None = None,
) -> Response:
    form = typed or Typed()
    errors = errors_of(request, refusal, form=form.act)
    dossier = read_dossier(
        session, estate_id=visit.estate.id, target=target, account_id=visit.actor.id, now=now
    )
    ids = {act.value: str(uuid4()) for act in dossier.acts}
    if form.act in ids and form.id:
        ids[form.act] = form.id
    data = ThingPage(
        address=_address(visit, target),
        back=f"/desk/{visit.estate.slug}/moderation",
        public=_public(visit, target),
        slug=visit.estate.slug,
        dossier=dossier,
        ids=ids,
        report_names={kind.value: name for kind, name in REPORT_NAMES.items()},
        needs_reason=NEEDS_REASON,
        bounds=_BOUNDS,
        typed=form,
        errors=errors,
    )
    return talk_page(request, visit, "deliberations/thing.html", data, refusal=refusal)


def _address(visit: Visit, target: Target) -> str:
    root = f"/desk/{visit.estate.slug}/moderation"
    if target.proposal_id:
        return f"{root}/proposals/{target.proposal_id}"
    return f"{root}/posts/{target.seq}?thread={target.thread_id}"


def _public(visit: Visit, target: Target) -> str:
    root = f"/e/{visit.estate.slug}"
    if target.proposal_id:
        return f"{root}/proposals/{target.proposal_id}"
    return f"{root}/deliberations/{target.thread_id}/posts/{target.seq}"


def _judge(
    request: Request, visit: Visit, session: SessionDep, now: Now, target: Target, typed: Typed
) -> Response:
    with attempt(session) as tried:
        judge_content(
            session,
            estate_id=visit.estate.id,
            target=target,
            act=_act(typed),
            order=_order(visit, now, typed),
            days=read_number(typed.days),
        )
    if tried.refusal:
        return _thing(request, visit, session, now, target, typed, tried.refusal)
    return see_other(_address(visit, target))


@router.get("/posts/{seq:int}")
def show_post(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    seq: int,
    thread: UUID | None = None,
) -> Response:
    if thread is None:
        # The address a change of language comes back to has lost the thread.
        return see_other(f"/desk/{visit.estate.slug}/moderation")
    return _thing(request, visit, session, now, Target(thread_id=thread, seq=seq))


@router.post("/posts/{seq:int}")
def judge_post(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    seq: int,
    thread: UUID,
    typed: TypedDep,
) -> Response:
    return _judge(request, visit, session, now, Target(thread_id=thread, seq=seq), typed)


@router.get("/proposals/{proposal_id:uuid}")
def show_proposal(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, proposal_id: UUID
) -> Response:
    return _thing(request, visit, session, now, Target(proposal_id=proposal_id))


@router.post("/proposals/{proposal_id:uuid}")
def judge_proposal(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    proposal_id: UUID,
    typed: TypedDep,
) -> Response:
    return _judge(request, visit, session, now, Target(proposal_id=proposal_id), typed)


def _thread(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    typed: Typed | None = None,
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "thread_id": thread_id}
    errors = errors_of(request, refusal)
    thread = read_thread(session, **where, now=now)
    muting.ensure_moderates(session, **where, account_id=visit.actor.id, now=now)
    back = f"/desk/{visit.estate.slug}/moderation"
    form = typed or Typed()
    data = ThreadPage(
        address=f"{back}/threads/{thread_id}",
        back=back,
        thread=thread,
        id=form.id or str(uuid4()),
        bounds=_BOUNDS,
        typed=form,
        errors=errors,
    )
    return talk_page(request, visit, "deliberations/thread_mode.html", data, refusal=refusal)


@router.get("/threads/{thread_id:uuid}")
def show_thread(
    request: Request, visit: ModeratorVisit, session: SessionDep, now: Now, thread_id: UUID
) -> Response:
    return _thread(request, visit, session, now, thread_id)


@router.post("/threads/{thread_id:uuid}")
def switch_thread(
    request: Request,
    visit: ModeratorVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    typed: TypedDep,
) -> Response:
    with attempt(session) as tried:
        muting.set_pre_approval(
            session,
            estate_id=visit.estate.id,
            thread_id=thread_id,
            on=_mode(typed) is Act.PREAPPROVE,
            order=_order(visit, now, typed),
        )
    if tried.refusal:
        return _thread(request, visit, session, now, thread_id, typed, tried.refusal)
    return see_other(f"/desk/{visit.estate.slug}/moderation/threads/{thread_id}")


@router.get("/mutes")
def show_mutes(request: Request, visit: ModeratorVisit, session: SessionDep, now: Now) -> Response:
    mutes = list_mutes(session, estate_id=visit.estate.id, account_id=visit.actor.id, now=now)
    back = f"/desk/{visit.estate.slug}/moderation"
    ids = {mute.number: str(uuid4()) for mute in mutes}
    data = MutesPage(f"{back}/mutes", back, visit.estate.slug, mutes, ids)
    return talk_page(request, visit, "deliberations/mutes.html", data)


@router.post("/mutes/{number:int}")
def end_mute(visit: ModeratorVisit, session: SessionDep, now: Now, number: int, typed: TypedDep) -> Response:
    order = _order(visit, now, typed)
    muting.end_mute(session, estate_id=visit.estate.id, number=number, order=order)
    return see_other(f"/desk/{visit.estate.slug}/moderation/mutes")
