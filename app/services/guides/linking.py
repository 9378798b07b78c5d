"""Guides: put cards beside a proposal, a thread or a vote, and read those that stand there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, select

from app.errors import N_, Conflict, NotFound
from app.models.base import table_of
from app.models.guides import Guide, GuideLink, GuidePublication, GuideRevision
from app.rules.guides import links as rules
from app.rules.guides.cards import MOST_REASON, CardText, GuideKind, GuideState, is_outdated, today_of
from app.rules.guides.links import Publication, Standing, SubjectKind
from app.rules.text import clean_line
from app.services.guides.cards import lock_card, text_of
from app.services.guides.staff import Explainer
from app.services.trail import record

MOST_BESIDE = 12


@dataclass(frozen=True, slots=True)
class Subject:
    """What a card may stand beside, as its own room tells it. `noticed_at` is a vote's announcement, None before it."""

    kind: SubjectKind
    id: UUID
    title: str
    noticed_at: datetime | None = None
    ballots_are_in: bool = False


@dataclass(frozen=True, slots=True)
class Attached:
    """A card beside a subject. `at` and `reason` belong to what `standing` tells: added, changed (last) or withdrawn.

    `changes` are all changes since the announcement, or since it was put there later; `announced` is the revision that
    stood before the first of them, 0 without any.
    """

    guide_id: UUID
    kind: GuideKind
    title: str
    explainer: str
    badge: str
    outdated: bool
    standing: Standing
    at: datetime
    reason: str
    announced: int
    changes: Sequence[Publication]


_GUIDE, _LINK, _REVISION, _PUBLICATION = (
    table_of(model) for model in (Guide, GuideLink, GuideRevision, GuidePublication)
)
# A row for each time that a card beside the subject went out: few, and read in one go.
_BESIDE = (
    sa.select(
        _LINK.c.guide_id,
        _LINK.c.at.label("attached_at"),
        _LINK.c.reason.label("attached_why"),
        _GUIDE.c.state,
        _GUIDE.c.flagged_at,
        _GUIDE.c.withdrawn_at,
        _GUIDE.c.withdrawn_reason,
        _PUBLICATION.c.name.label("explainer"),
        _PUBLICATION.c.badge,
        _PUBLICATION.c.reason,
        _PUBLICATION.c.at.label("published_at"),
        _PUBLICATION.c.revision,
        *(_REVISION.c[field.name] for field in fields(CardText)),
    )
    .select_from(
        _LINK.join(_GUIDE, _GUIDE.c.id == _LINK.c.guide_id)
        .join(_PUBLICATION, _PUBLICATION.c.guide_id == _GUIDE.c.id)
        .join(
            _REVISION,
            sa.and_(_REVISION.c.guide_id == _GUIDE.c.id, _REVISION.c.revision == _PUBLICATION.c.revision),
        )
    )
    .where(
        _LINK.c.estate_id == sa.bindparam("estate_id"),
        _LINK.c.kind == sa.bindparam("kind"),
        _LINK.c.subject_id == sa.bindparam("subject_id"),
        _LINK.c.removed_at.is_(None),
    )
    .order_by(_LINK.c.at, _LINK.c.guide_id, _PUBLICATION.c.revision)
)


def cards_beside(session: Session, *, estate_id: UUID, subject: Subject, now: datetime) -> Sequence[Attached]:
    """In the order in which they were put there. A withdrawn card stays beside an announced vote, and nowhere else."""
    where = {"estate_id": estate_id, "kind": subject.kind, "subject_id": subject.id}
    rows = session.connection().execute(_BESIDE, where).all()
    found = [_attached(list(group), subject, now) for _, group in groupby(rows, key=lambda row: row.guide_id)]
    announced = subject.noticed_at is not None
    return [one for one in found if announced or one.standing is not Standing.WITHDRAWN]


def _attached(rows: list[Any], subject: Subject, now: datetime) -> Attached:
    last = rows[-1]
    went = [Publication(row.revision, row.published_at, text_of(row).words, row.reason) for row in rows]
    standing = rules.standing_of(
        went,
        attached_at=last.attached_at,
        withdrawn_at=last.withdrawn_at,
        noticed_at=subject.noticed_at,
    )
    then, changes = _changed(went, last, subject)
    at, reason = _why(standing, last, changes)
    return Attached(
        guide_id=last.guide_id,
        kind=last.kind,
        title=last.title,
        explainer=last.explainer,
        badge=last.badge,
        outdated=is_outdated(last.review_after, flagged=last.flagged_at is not None, today=today_of(now)),
        standing=standing,
        at=at,
        reason=reason,
        announced=then.revision if then and changes else 0,
        changes=changes,
    )


def _changed(
    went: Sequence[Publication], last: Any, subject: Subject
) -> tuple[Publication | None, Sequence[Publication]]:
    """What stood first beside an announced vote, and its changes; none are told of a card that is gone."""
    if subject.noticed_at is None or last.withdrawn_at is not None:
        return None, ()
    then = rules.first_text(went, attached_at=last.attached_at, noticed_at=subject.noticed_at)
    return then, rules.changes_since(went, then)


def _why(standing: Standing, last: Any, changes: Sequence[Publication]) -> tuple[datetime, str]:
    """When what the standing tells came about, and its reason; new days of checking are no change."""
    if standing is Standing.WITHDRAWN:
        return last.withdrawn_at, last.withdrawn_reason
    if standing is Standing.CHANGED_LATER:
        return changes[-1].at, changes[-1].reason
    return last.attached_at, last.attached_why


def attach_card(
    session: Session,
    *,
    estate_id: UUID,
    guide_id: UUID,
    link_id: UUID,
    subject: Subject,
    reason: str,
    explainer: Explainer,
    now: datetime,
) -> None:
    """Put a published card beside a subject of the same estate; one that stands there already stays as it is.

    Raises `Invalid` without the reason that an announced vote needs, `Conflict` for a vote whose ballots are in, a card
    that is not out, or a place that is full.
    """
    guide = lock_card(session, estate_id=estate_id, guide_id=guide_id)
    if guide.state is not GuideState.PUBLISHED:
        raise Conflict(N_("只能挂已经发布的政策卡"), code="not_published")
    if _standing_link(session, guide_id, subject) is not None:
        return
    reason = rules.ensure_may_attach(
        announced=subject.noticed_at is not None,
        ballots_are_in=subject.ballots_are_in,
        reason=clean_line(reason, most=MOST_REASON, field="reason"),
    )
    if len(cards_beside(session, estate_id=estate_id, subject=subject, now=now)) >= MOST_BESIDE:
        raise Conflict(N_("这里最多挂 %(most)s 张政策卡"), code="too_many_cards", most=MOST_BESIDE)
    link = GuideLink(
        id=link_id,
        estate_id=estate_id,
        guide_id=guide_id,
        kind=subject.kind,
        subject_id=subject.id,
        title=subject.title[:120],
        by=explainer.name,
        reason=reason,
        at=now,
    )
    try:
        with session.begin_nested():
            session.add(link)
    except IntegrityError:
        raise Conflict(N_("刚刚已经办过了，请刷新页面看看"), code="already_done") from None
    _record(session, link, "attach", explainer, now)


def detach_card(
    session: Session,
    *,
    estate_id: UUID,
    guide_id: UUID,
    subject: Subject,
    explainer: Explainer,
    now: datetime,
) -> None:
    """Take a card away again; twice is once. Raises `Conflict` once the vote was announced."""
    lock_card(session, estate_id=estate_id, guide_id=guide_id)
    link = _standing_link(session, guide_id, subject)
    if link is None:
        return
    rules.ensure_may_detach(announced=subject.noticed_at is not None)
    link.removed_at, link.removed_by = now, explainer.name
    session.add(link)
    _record(session, link, "detach", explainer, now)


def _standing_link(session: Session, guide_id: UUID, subject: Subject) -> GuideLink | None:
    query = select(GuideLink).where(
        GuideLink.guide_id == guide_id,
        GuideLink.kind == subject.kind,
        GuideLink.subject_id == subject.id,
        _LINK.c.removed_at.is_(None),
    )
    return session.exec(query).one_or_none()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card stands: the kind of the subject, its id, and its title when the card was put there."""

    kind: SubjectKind
    subject_id: UUID
    title: str


def places_of(session: Session, *, estate_id: UUID, guide_id: UUID) -> Sequence[Place]:
    """Every place where a card stands, for the desk: a draft of a vote is among them."""
    query = (
        sa.select(_LINK.c.kind, _LINK.c.subject_id, _LINK.c.title)
        .where(_LINK.c.estate_id == estate_id, _LINK.c.guide_id == guide_id, _LINK.c.removed_at.is_(None))
        .order_by(_LINK.c.at)
    )
    return [Place(*row) for row in session.connection().execute(query)]


def ensure_known(kind: str) -> SubjectKind:
    if kind not in set(SubjectKind):
        raise NotFound(N_("政策卡只能挂到议题、协商或者表决"))
    return SubjectKind(kind)


def _record(session: Session, link: GuideLink, verb: str, explainer: Explainer, now: datetime) -> None:
    record(
        session,
        tag=f"guides:card:{verb}",
        actor=explainer.actor,
        now=now,
        estate_id=link.estate_id,
        subject_kind="guide",
        subject_id=link.guide_id,
        new={"kind": link.kind.value, "subject": str(link.subject_id), "title": link.title},
        reason=link.reason,
    )
