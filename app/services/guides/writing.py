"""Guides: write a card, publish it, check it again, say that it is outdated, and withdraw it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from app.errors import N_, Conflict, Invalid
from app.models.guides import Guide, GuideLink, GuidePublication, GuideRevision
from app.rules.guides import cards as rules
from app.rules.guides.cards import CardText, GuideState
from app.rules.guides.links import SubjectKind
from app.rules.text import clean_line, clean_text
from app.services.guides.cards import lock_card, text_of
from app.services.guides.staff import Explainer
from app.services.trail import record


def clean_card(text: CardText) -> CardText:
    """The text as it is stored; raises `Invalid` for what is too long."""
    return replace(
        text,
        title=clean_line(text.title, most=rules.MOST_TITLE, field="title"),
        body=clean_text(text.body, most=rules.MOST_BODY, field="body"),
        source=clean_line(text.source, most=rules.MOST_SOURCE, field="source"),
        reference=clean_line(text.reference, most=rules.MOST_REFERENCE, field="reference"),
        address=clean_line(text.address, most=rules.MOST_ADDRESS, field="address"),
    )


def start_card(
    session: Session, *, estate_id: UUID, guide_id: UUID, text: CardText, explainer: Explainer, now: datetime
) -> None:
    """A draft under an id made with its form; sent twice it is the same draft."""
    text = clean_card(text)
    if not text.title:
        raise Invalid(N_("请写标题，一句话说清讲的是什么"), field="title")
    if _is_begun(session, guide_id, estate_id, explainer):
        return
    guide = Guide(
        id=guide_id,
        estate_id=estate_id,
        state=GuideState.DRAFT,
        revision=1,
        created_by=explainer.actor.id,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(guide)
    except IntegrityError:
        # Twice at the same moment: the other was first.
        _is_begun(session, guide_id, estate_id, explainer)
        return
    _add_revision(session, guide, text, explainer, now)
    _record(session, guide, "start", explainer, now, new={"title": text.title})


def _is_begun(session: Session, guide_id: UUID, estate_id: UUID, explainer: Explainer) -> bool:
    """Whether this very person began this very card; raises `Conflict` when the id is another's."""
    known = session.get(Guide, guide_id)
    if known is None:
        return False
    if known.estate_id == estate_id and known.created_by == explainer.actor.id:
        return True
    raise Conflict(N_("这张政策卡已经有了，请回到列表再新建"), code="card_exists")


def save_card(
    session: Session,
    *,
    estate_id: UUID,
    guide_id: UUID,
    revision: int,
    text: CardText,
    explainer: Explainer,
    now: datetime,
) -> int:
    """A further revision; the same text adds none. The number of the newest.

    `revision` is the one that was read: raises `Conflict` when somebody was faster, and for a withdrawn card.
    """
    guide = _open_card(session, estate_id, guide_id)
    text = clean_card(text)
    if not text.title:
        raise Invalid(N_("请写标题，一句话说清讲的是什么"), field="title")
    if text == text_of(session.get_one(GuideRevision, (guide.id, guide.revision))):
        return guide.revision
    if revision != guide.revision:
        raise Conflict(
            N_("在您修改的时候，别人也改了这张卡。请先看新的内容，再决定怎么改"), code="newer_text"
        )
    guide.revision += 1
    session.add(guide)
    session.flush()
    _add_revision(session, guide, text, explainer, now)
    return guide.revision


def publish_card(
    session: Session,
    *,
    estate_id: UUID,
    guide_id: UUID,
    revision: int,
    reason: str,
    explainer: Explainer,
    now: datetime,
) -> None:
    """What was previewed goes out under the explainer's name; twice is once. It clears what staff said of its age.

    Raises `Invalid` for what is missing, also for the reason that other words beside a vote need (`rules.guides.links`);
    `Conflict` when there is a newer text than the one that was previewed.
    """
    guide = _open_card(session, estate_id, guide_id)
    if guide.published_revision == revision:
        return
    if guide.revision != revision:
        raise Conflict(N_("预览以后，这张卡又改过。请看过新的内容再发布"), code="newer_text")
    text = text_of(session.get_one(GuideRevision, (guide.id, revision)))
    problems = rules.problems_of(text, today=rules.today_of(now))
    if problems:
        raise problems[0]
    reason = clean_line(reason, most=rules.MOST_REASON, field="reason")
    if _says_else(session, guide, text) and stands_beside_vote(session, guide_id=guide.id):
        reason = rules.read_reason(reason)
    _send_out(session, guide, text, reason, explainer, now)


def _says_else(session: Session, guide: Guide, text: CardText) -> bool:
    """Whether residents read other words than before; a card that was never out cannot stand beside anything."""
    if not guide.published_revision:
        return False
    return text_of(session.get_one(GuideRevision, (guide.id, guide.published_revision))).words != text.words


def stands_beside_vote(session: Session, *, guide_id: UUID) -> bool:
    """Whether any vote has this card beside it."""
    query = sa.select(col(GuideLink.id)).where(
        col(GuideLink.guide_id) == guide_id,
        col(GuideLink.kind) == SubjectKind.VOTE,
        col(GuideLink.removed_at).is_(None),
    )
    return session.connection().execute(query.limit(1)).first() is not None


def _send_out(
    session: Session, guide: Guide, text: CardText, reason: str, explainer: Explainer, now: datetime
) -> None:
    session.add(
        GuidePublication(
            guide_id=guide.id,
            revision=guide.revision,
            by=explainer.actor.id,
            name=explainer.name,
            badge=explainer.badge,
            reason=reason,
            at=now,
        )
    )
    old: dict[str, object] = {"revision": guide.published_revision}
    guide.state, guide.published_revision = GuideState.PUBLISHED, guide.revision
    guide.flagged_at, guide.flagged_by, guide.flagged_reason = None, "", ""
    session.add(guide)
    session.flush()
    new = {"revision": guide.revision, "title": text.title}
    _record(session, guide, "publish", explainer, now, old=old, new=new, reason=reason)


def confirm_checked(
    session: Session,
    *,
    estate_id: UUID,
    guide_id: UUID,
    revision: int,
    review_after: date,
    explainer: Explainer,
    now: datetime,
) -> None:
    """Somebody compared a published card with its source again and nothing changed: new days, the same words.

    Raises `Conflict` for a card that is not out, whose text on the page was not the newest, or which has a newer draft.
    """
    guide = _open_card(session, estate_id, guide_id)
    today = rules.today_of(now)
    if guide.state is not GuideState.PUBLISHED:
        raise Conflict(N_("这张卡还没有发布，不用重新核对"), code="not_published")
    if guide.revision != guide.published_revision:
        raise Conflict(N_("这张卡有还没发布的修改，请先看过修改再发布"), code="newer_text")
    text = text_of(session.get_one(GuideRevision, (guide.id, guide.revision)))
    again = replace(text, checked_on=today, review_after=review_after)
    if again == text and guide.flagged_at is None:
        return
    if revision != guide.revision:
        raise Conflict(N_("这张卡刚刚更新过，请看过新的内容再核对"), code="newer_text")
    problems = rules.problems_of(again, today=today)
    if problems:
        raise problems[0]
    guide.revision += 1
    session.add(guide)
    session.flush()
    _add_revision(session, guide, again, explainer, now)
    _send_out(session, guide, again, "", explainer, now)


def flag_card(
    session: Session, *, estate_id: UUID, guide_id: UUID, reason: str, explainer: Explainer, now: datetime
) -> None:
    """Say that a published card may be outdated; the first to say so is shown until it goes out again."""
    guide = lock_card(session, estate_id=estate_id, guide_id=guide_id)
    if guide.state is not GuideState.PUBLISHED:
        raise Conflict(N_("只有已经发布的政策卡可以标为过时"), code="not_published")
    reason = rules.read_reason(clean_line(reason, most=rules.MOST_REASON, field="reason"))
    if guide.flagged_at is not None:
        return
    guide.flagged_at, guide.flagged_by, guide.flagged_reason = now, explainer.name, reason
    session.add(guide)
    _record(session, guide, "flag", explainer, now, reason=reason)


def withdraw_card(
    session: Session, *, estate_id: UUID, guide_id: UUID, reason: str, explainer: Explainer, now: datetime
) -> None:
    """Take a card off the list for good, or drop a draft; the page stays and says why. Twice is once."""
    guide = lock_card(session, estate_id=estate_id, guide_id=guide_id)
    if guide.state is GuideState.WITHDRAWN:
        return
    reason = rules.read_reason(clean_line(reason, most=rules.MOST_REASON, field="reason"))
    old: dict[str, object] = {"state": guide.state.value}
    guide.state, guide.withdrawn_at = GuideState.WITHDRAWN, now
    guide.withdrawn_by, guide.withdrawn_reason = explainer.name, reason
    session.add(guide)
    _record(session, guide, "withdraw", explainer, now, old=old, reason=reason)


def _open_card(session: Session, estate_id: UUID, guide_id: UUID) -> Guide:
    guide = lock_card(session, estate_id=estate_id, guide_id=guide_id)
    if guide.state is GuideState.WITHDRAWN:
        raise Conflict(N_("这张卡已经撤下，不能再改。需要的话，请另写一张"), code="withdrawn")
    return guide


def _add_revision(
    session: Session, guide: Guide, text: CardText, explainer: Explainer, now: datetime
) -> None:
    values = {name: getattr(text, name) for name in CardText.__slots__}
    session.add(
        GuideRevision(guide_id=guide.id, revision=guide.revision, by=explainer.actor.id, at=now, **values)
    )
    session.flush()


def _record(
    session: Session,
    guide: Guide,
    verb: str,
    explainer: Explainer,
    now: datetime,
    *,
    old: dict[str, object] | None = None,
    new: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    record(
        session,
        tag=f"guides:card:{verb}",
        actor=explainer.actor,
        now=now,
        estate_id=guide.estate_id,
        subject_kind="guide",
        subject_id=guide.id,
        old=old,
        new=new,
        reason=reason,
    )
