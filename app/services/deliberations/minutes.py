"""Deliberations: the minutes (协商纪要), drawn up from the statements, published once and then frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.base import table_of
from app.models.deliberations import Minutes, MinutesPoint, MinutesState, Statement, Thread
from app.models.proposals import EventKind, Proposal
from app.rules.accounts import Duty
from app.rules.calendar import BEIJING
from app.rules.deliberations import minutes as rules
from app.rules.deliberations.agreement import Verdict
from app.rules.deliberations.minutes import MOST_POINTS, MOST_TEXT, MOST_WHO, PointKind
from app.rules.deliberations.stages import Stage, Verb, ensure_open, stage_at
from app.rules.estates.labels import building_label, entrance_label
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.deliberations.audience import tell_people
from app.services.deliberations.statements import list_statements
from app.services.deliberations.threads import Seat, get_thread, lock_thread, plan_of, seat_of
from app.services.proposals.moving import lock_proposal, note_event
from app.services.trail import Actor

# Who draws up minutes beside the committee: those whose duty is to bring people together.
WRITERS = frozenset({Duty.INITIATOR, Duty.MEDIATOR})
MOST_PRESENT = 9_999

# What a statement becomes in the minutes; what is broadly rejected is worth keeping in the same words.
_KINDS = {
    Verdict.BROAD: PointKind.AGREED,
    Verdict.REJECTED: PointKind.RESERVATION,
    Verdict.CONTESTED: PointKind.OPEN,
    Verdict.DIVIDED: PointKind.OPEN,
    Verdict.TOO_FEW: PointKind.OPEN,
}
_REJECTED = "多数人不同意：“{text}”"


@dataclass(frozen=True, slots=True)
class PointView:
    """One point; `statement` is the number of the statement it came from, 0 for none."""

    kind: PointKind
    text: str
    who: str = ""
    by: date | None = None
    statement: int = 0


@dataclass(frozen=True, slots=True)
class MinutesView:
    """The minutes of a thread. `intact` is whether published ones still have the digest they were published with."""

    id: UUID
    thread_id: UUID
    proposal_id: UUID
    title: str
    scope: str
    held_on: date
    present: int
    points: tuple[PointView, ...]
    published_at: datetime | None
    digest: str
    intact: bool

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    def of_kind(self, kind: PointKind) -> list[PointView]:
        return [point for point in self.points if point.kind is kind]


@dataclass(frozen=True, slots=True)
class Typed:
    """The minutes as a form gives them."""

    held_on: date
    present: int
    points: Sequence[PointView]


def scope_words(proposal: Proposal) -> str:
    """How far a proposal reaches, in the Chinese of a document."""
    if not proposal.scope_building:
        return "全小区"
    return building_label(proposal.scope_building) + entrance_label(proposal.scope_entrance)


def may_write(seat: Seat) -> bool:
    return seat.is_committee or seat.duty in WRITERS


def read_minutes(session: Session, *, estate_id: UUID, thread_id: UUID) -> MinutesView | None:
    """The minutes of a thread, drafts too; None when nobody has begun them."""
    thread = get_thread(session, estate_id=estate_id, thread_id=thread_id)
    row = _row(session, thread_id)
    return _view(session, thread, row) if row else None


def read_published(session: Session, *, estate_id: UUID, thread_id: UUID) -> MinutesView:
    """The published minutes of a thread, or `NotFound`."""
    found = read_minutes(session, estate_id=estate_id, thread_id=thread_id)
    if found is None or not found.is_published:
        raise NotFound(N_("这次协商还没有公布纪要"))
    return found


def document(view: MinutesView) -> rules.Minutes:
    """The minutes as the rules hash and print them."""
    points = tuple(rules.Point(point.kind, point.text, point.who, point.by) for point in view.points)
    return rules.Minutes(view.title, view.scope, view.held_on, view.present, points)


def digest_of(view: MinutesView) -> str:
    """What the document is published under when it is published as it stands."""
    return rules.digest(document(view))


def start_minutes(
    session: Session, *, estate_id: UUID, thread_id: UUID, minutes_id: UUID, actor: Actor, now: datetime
) -> UUID:
    """Begin a draft with a point for every statement that stands; there is one to a thread, whoever begins it."""
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    plan = plan_of(session, thread_id)
    _ensure_writer(session, thread, actor, now, Verb.MINUTES)
    present = _row(session, thread_id)
    if present:
        return present.id
    met = [starts_at for stage, starts_at in plan if stage is Stage.MEETING and starts_at <= now]
    minutes = Minutes(
        id=minutes_id,
        estate_id=estate_id,
        thread_id=thread_id,
        state=MinutesState.DRAFT,
        held_on=(met or [now])[0].astimezone(BEIJING).date(),
        written_by=actor.id,
        changed_at=now,
    )
    session.add(minutes)
    session.flush()
    _put_points(session, thread, minutes, points_from_statements(session, thread, actor, now))
    _note(session, thread, "start", actor, now, {"minutes": str(minutes.id)})
    return minutes.id


def points_from_statements(session: Session, thread: Thread, actor: Actor, now: datetime) -> list[PointView]:
    """A point for every statement that stands, by the verdict of the marks on it."""
    standing = [
        statement
        for statement in list_statements(
            session, estate_id=thread.estate_id, thread_id=thread.id, account_id=actor.id, now=now
        )
        if statement.withdrawn_at is None
    ]
    points = []
    for statement in standing:
        verdict = statement.picture.verdict
        text = _REJECTED.format(text=statement.text) if verdict is Verdict.REJECTED else statement.text
        points.append(PointView(_KINDS[verdict], text, "", None, statement.number))
    order = list(PointKind)
    return sorted(points, key=lambda point: order.index(point.kind))


def save_minutes(
    session: Session, *, estate_id: UUID, thread_id: UUID, typed: Typed, actor: Actor, now: datetime
) -> MinutesView:
    """Store a draft as far as it has come. Raises `Conflict` (`frozen`) once it is published."""
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    _ensure_writer(session, thread, actor, now, Verb.MINUTES)
    minutes = _draft(session, thread)
    if not 0 <= typed.present <= MOST_PRESENT:
        raise Invalid(N_("到会人数请写 0 到 %(most)s 的整数"), field="present", most=MOST_PRESENT)
    if typed.held_on > now.astimezone(BEIJING).date():
        raise Invalid(N_("协商日期不能晚于今天"), field="held_on")
    minutes.held_on, minutes.present, minutes.changed_at = typed.held_on, str(typed.present), now
    session.add(minutes)
    points = [_clean(place, point) for place, point in enumerate(typed.points, 1)]
    _put_points(session, thread, minutes, points)
    return _view(session, thread, minutes)


def problems_of(view: MinutesView) -> list[Invalid]:
    """All that keeps a draft from being published, each with its field such as `who-2`."""
    return rules.problems(document(view).points, held_on=view.held_on)


def preview_minutes(
    session: Session, *, estate_id: UUID, thread_id: UUID, actor: Actor, now: datetime
) -> MinutesView:
    """The draft as it would be published, with its digest, for those who may write it.

    Raises `NotFound` without a draft, `Conflict` (`frozen`) once it is published, and the first of `problems_of`.
    """
    thread = get_thread(session, estate_id=estate_id, thread_id=thread_id)
    _ensure_writer(session, thread, actor, now, Verb.MINUTES)
    view = _view(session, thread, _draft(session, thread))
    rules.ensure_complete(document(view).points, held_on=view.held_on)
    return replace(view, digest=digest_of(view))


def publish_minutes(
    session: Session, *, estate_id: UUID, thread_id: UUID, seen: str, actor: Actor, now: datetime
) -> MinutesView:
    """Freeze the draft with its digest and tell everyone who took part; a second time changes nothing.

    `seen` is the digest of the preview that was looked at: raises `Conflict` (`changed`) when the draft is another by now,
    and the first of `problems_of`.
    """
    thread = lock_thread(session, estate_id=estate_id, thread_id=thread_id)
    _ensure_writer(session, thread, actor, now, Verb.PUBLISH)
    minutes = _row(session, thread_id)
    if minutes and minutes.state is MinutesState.PUBLISHED:
        return _view(session, thread, minutes)
    minutes = _draft(session, thread)
    view = _view(session, thread, minutes)
    rules.ensure_complete(document(view).points, held_on=view.held_on)
    if digest_of(view) != seen:
        raise Conflict(N_("预览以后纪要又改过了，请看过现在的内容再公布"), code="changed")
    minutes.state, minutes.digest = MinutesState.PUBLISHED, seen
    minutes.published_by, minutes.published_at, minutes.changed_at = actor.id, now, now
    session.add(minutes)
    session.flush()
    link = f"deliberations/{thread_id}/minutes"
    proposal = lock_proposal(session, estate_id=estate_id, proposal_id=thread.proposal_id)
    note_event(session, proposal, kind=EventKind.MINUTES, now=now, actor_name=actor.name, link=link)
    _note(session, thread, "publish", actor, now, {"minutes": str(minutes.id), "digest": minutes.digest})
    tell_people(
        session,
        estate_id=estate_id,
        proposal_id=proposal.id,
        subject_id=minutes.id,
        template="minutes_published",
        values={"title": thread.title},
        link=link,
        now=now,
    )
    return _view(session, thread, minutes)


def _row(session: Session, thread_id: UUID) -> Minutes | None:
    return session.exec(select(Minutes).where(Minutes.thread_id == thread_id)).one_or_none()


def _draft(session: Session, thread: Thread) -> Minutes:
    minutes = _row(session, thread.id)
    if minutes is None:
        raise NotFound(N_("这次协商还没有纪要草稿，请先起草"))
    if minutes.state is not MinutesState.DRAFT:
        raise Conflict(N_("协商纪要已经公布，不能再改；有新的情况请另开一次协商"), code="frozen")
    return minutes


def _ensure_writer(session: Session, thread: Thread, actor: Actor, now: datetime, verb: Verb) -> None:
    seat = seat_of(session, estate_id=thread.estate_id, thread_id=thread.id, account_id=actor.id, now=now)
    if not may_write(seat):
        raise NotAllowed(N_("协商纪要由居委会，或者这次协商的发起人、调解员起草和公布"))
    ensure_open(stage_at(plan_of(session, thread.id), now), verb)


def _clean(place: int, point: PointView) -> PointView:
    if place > MOST_POINTS:
        raise Invalid(
            N_("纪要最多 %(most)s 条，请合并相近的"), code="too_many_points", field="points", most=MOST_POINTS
        )
    text = clean_text(point.text, most=MOST_TEXT, field=f"text-{place}")
    who = clean_line(point.who, most=MOST_WHO, field=f"who-{place}")
    return PointView(point.kind, text, who, point.by, point.statement)


def _put_points(session: Session, thread: Thread, minutes: Minutes, points: Sequence[PointView]) -> None:
    query = select(Statement.number, Statement.id).where(Statement.thread_id == thread.id)
    numbers = dict(session.exec(query).all())
    session.flush()
    connection = session.connection()
    table = table_of(MinutesPoint)
    connection.execute(sa.delete(table).where(table.c.minutes_id == minutes.id))
    rows = [
        {
            "minutes_id": minutes.id,
            "position": position,
            "kind": point.kind,
            "text": point.text,
            "who": point.who,
            "due_on": point.by,
            "statement_id": numbers.get(point.statement),
        }
        for position, point in enumerate(points, 1)
    ]
    if rows:
        connection.execute(sa.insert(table), rows)


def _view(session: Session, thread: Thread, minutes: Minutes) -> MinutesView:
    query = (
        select(MinutesPoint, Statement.number)
        .join(Statement, col(Statement.id) == MinutesPoint.statement_id, isouter=True)
        .where(MinutesPoint.minutes_id == minutes.id)
        .order_by(col(MinutesPoint.position))
        .execution_options(populate_existing=True)
    )
    points = tuple(
        PointView(row.kind, row.text, row.who, row.due_on, number or 0) for row, number in session.exec(query)
    )
    proposal = session.get_one(Proposal, thread.proposal_id)
    view = MinutesView(
        id=minutes.id,
        thread_id=thread.id,
        proposal_id=proposal.id,
        title=thread.title,
        scope=scope_words(proposal),
        held_on=minutes.held_on,
        present=int(minutes.present or "0"),
        points=points,
        published_at=minutes.published_at,
        digest=minutes.digest,
        intact=True,
    )
    if minutes.state is MinutesState.DRAFT:
        return view
    return replace(view, intact=digest_of(view) == minutes.digest)


def _note(
    session: Session, thread: Thread, verb: str, actor: Actor, now: datetime, new: dict[str, object]
) -> None:
    trail.record(
        session,
        tag=f"deliberations:minutes:{verb}",
        actor=actor,
        now=now,
        estate_id=thread.estate_id,
        subject_kind="thread",
        subject_id=thread.id,
        new=new,
    )
