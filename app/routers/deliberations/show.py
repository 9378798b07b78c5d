"""Deliberations: one thread to read: its stages, its posts a page at a time, what is new, and the whole of it on paper."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import MemberVisit, Now, SessionDep
from app.errors import N_, NotFound
from app.routers.deliberations.forms import PostForm, empty_form
from app.routers.deliberations.frames import Room, enter, number_of
from app.routers.forms import see_other, talk_page
from app.routers.guides.frames import Beside, policy_beside
from app.rules.deliberations.stages import Stage
from app.rules.deliberations.stances import Stance
from app.rules.guides.links import SubjectKind
from app.services.deliberations import reading
from app.services.deliberations.cases import HIGHEST
from app.services.deliberations.dressing import PostView
from app.services.deliberations.listing import ProposalCard, proposal_of, read_beside
from app.services.deliberations.live import Mark, last_act, read_live
from app.services.deliberations.reading import Block, Order, PostsPage, Wish
from app.services.deliberations.staffing import Moderator, list_moderators
from app.services.guides.linking import Subject
from app.templating import page

router = APIRouter(prefix="/e/{slug}/deliberations/{thread_id}")
UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class ShowPage:
    """A thread with one page of its posts. `only` and `order` are the filter; `mark` is how far this page has been read.

    `live_address` is where to ask for what comes from now on.
    """

    room: Room
    proposal: ProposalCard
    moderators: list[Moderator]
    has_minutes: bool
    posts: PostsPage
    only: str
    order: Order
    older: str
    newer: str
    read_up_to: int
    unread: int
    mark: int
    live_address: str
    form: PostForm
    guides: Beside
    most_counted: int


@dataclass(frozen=True, slots=True)
class RepliesPage:
    """One top post with fifty of its replies."""

    room: Room
    block: Block
    more: str
    after: int
    read_up_to: int


@dataclass(frozen=True, slots=True)
class NewPage:
    """Posts that came since, in one list; `mark` is the last of them."""

    room: Room
    posts: list[PostView]
    mark: int
    more: bool


@dataclass(frozen=True, slots=True)
class LivePage:
    """The inside of the live part: posts that came while the page was open."""

    room: Room
    posts: list[PostView]


@dataclass(frozen=True, slots=True)
class PrintPage:
    """A part of the thread on paper."""

    room: Room
    proposal: ProposalCard
    moderators: list[Moderator]
    blocks: list[Block]
    part: int
    parts: int


def _wish(only: str, order: str, after: str, before: str) -> Wish:
    return Wish(
        order=Order(order) if order in set(Order) else Order.OLDEST,
        stance=Stance(only) if only in set(Stance) else None,
        unanswered=only == UNANSWERED,
        after=after,
        before=before,
    )


@router.get("")
def show_thread(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    only: str = "",
    order: str = "",
    after: str = "",
    before: str = "",
) -> HTMLResponse:
    room = enter(session, visit, thread_id, now)
    wish = _wish(only, order, after, before)
    where = {"estate_id": visit.estate.id, "thread_id": thread_id}
    since = Mark(room.thread.last_seq, last_act(session, estate_id=visit.estate.id))
    posts = reading.read_page(session, **where, reader=room.reader, wish=wish)
    beside = read_beside(session, thread_id=thread_id, account_id=visit.actor.id)
    up_to = beside.read_up_to
    kept = {"only": only if wish.stance or wish.unanswered else "", "order": wish.order.value}
    data = ShowPage(
        room=room,
        proposal=beside.proposal,
        moderators=list_moderators(session, thread_id=thread_id),
        has_minutes=beside.has_minutes,
        posts=posts,
        only=kept["only"],
        order=wish.order,
        older=f"{room.address}?{urlencode({**kept, 'after': posts.older})}" if posts.older else "",
        newer=f"{room.address}?{urlencode({**kept, 'before': posts.newer})}" if posts.newer else "",
        read_up_to=up_to,
        unread=room.thread.last_seq - up_to,
        mark=_mark(room, wish, posts, up_to),
        live_address=_live(room, since),
        form=empty_form(),
        guides=policy_beside(session, visit, Subject(SubjectKind.THREAD, thread_id, room.thread.title), now),
        most_counted=reading.MOST_COUNTED,
    )
    return talk_page(request, visit, "deliberations/show.html", data)


def _live(room: Room, since: Mark) -> str:
    return f"{room.address}/new?{urlencode({'after': since.seq, 'act': since.act})}"


def _mark(room: Room, wish: Wish, posts: PostsPage, up_to: int) -> int:
    """How far somebody has read who has read this page, 0 when it is no further than before."""
    last = room.thread.last_seq
    if wish.order is Order.NEWEST and not (wish.after or wish.before or wish.stance or wish.unanswered):
        reached = last
    elif not wish.is_plain or not posts.blocks:
        reached = 0
    else:
        reached = posts.blocks[-1].post.seq if posts.older else last
    return reached if reached > up_to else 0


@router.get("/posts/{seq}")
def find_post(visit: MemberVisit, session: SessionDep, now: Now, thread_id: UUID, seq: int) -> Response:
    room = enter(session, visit, thread_id, now)
    top, is_first = reading.place_of(session, thread_id=thread_id, reader=room.reader, seq=number_of(seq))
    if not is_first:
        return see_other(f"{room.address}/posts/{top}/replies?after={seq - 1}#p{seq}")
    return see_other(f"{room.address}{f'?after={top - 1}-0' if top > 1 else ''}#p{seq}")


@router.get("/posts/{seq}/replies")
def show_replies(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    seq: int,
    after: int = 0,
) -> HTMLResponse:
    room = enter(session, visit, thread_id, now)
    block, last = reading.read_replies(
        session,
        estate_id=visit.estate.id,
        thread_id=thread_id,
        reader=room.reader,
        seq=number_of(seq),
        after=number_of(after),
    )
    more = f"{room.address}/posts/{seq}/replies?after={last}" if last else ""
    up_to = reading.read_up_to(session, thread_id=thread_id, account_id=visit.actor.id)
    return talk_page(
        request, visit, "deliberations/replies.html", RepliesPage(room, block, more, after, up_to)
    )


@router.get("/unread")
def show_unread(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, thread_id: UUID
) -> HTMLResponse:
    room = enter(session, visit, thread_id, now)
    up_to = reading.read_up_to(session, thread_id=thread_id, account_id=visit.actor.id)
    posts = reading.read_new(
        session, estate_id=visit.estate.id, thread_id=thread_id, reader=room.reader, after=up_to
    )
    more = len(posts) == reading.MOST_NEW
    mark = posts[-1].seq if more else room.thread.last_seq
    return talk_page(request, visit, "deliberations/unread.html", NewPage(room, posts, mark, more))


@router.get("/new")
def show_new(
    request: Request,
    visit: MemberVisit,
    session: SessionDep,
    now: Now,
    thread_id: UUID,
    after: int = 0,
    act: int = HIGHEST,
) -> Response:
    """The inside of the live part of the page: what came since the post and the act of these numbers, and where to ask next."""
    room = enter(session, visit, thread_id, now)
    if room.thread.stage is Stage.CLOSED:
        return Response(status_code=204)
    posts, mark = read_live(
        session,
        estate_id=visit.estate.id,
        thread_id=thread_id,
        reader=room.reader,
        since=Mark(number_of(after), min(act, HIGHEST)),
    )
    answer: Response = Response("", media_type="text/html; charset=utf-8")
    if posts:
        data = LivePage(room, posts)
        answer = page(request, "deliberations/new.html", data, estate=visit.estate)
    answer.headers["Live-Next"] = _live(room, mark)
    return answer


@router.get("/print")
def print_thread(
    request: Request, visit: MemberVisit, session: SessionDep, now: Now, thread_id: UUID, part: int = 1
) -> HTMLResponse:
    room = enter(session, visit, thread_id, now)
    parts = max(1, -(-room.thread.last_seq // reading.PRINTED))
    if not 1 <= part <= parts:
        raise NotFound(N_("没有找到这一页"))
    blocks = reading.read_part(
        session, estate_id=visit.estate.id, thread_id=thread_id, reader=room.reader, part=part
    )
    data = PrintPage(
        room=room,
        proposal=proposal_of(session, proposal_id=room.thread.proposal_id),
        moderators=list_moderators(session, thread_id=thread_id),
        blocks=blocks,
        part=part,
        parts=parts,
    )
    return talk_page(request, visit, "deliberations/print.html", data)
