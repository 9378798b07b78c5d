"""Ready answers of a party or of the whole estate, for one category or for all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.maintenance.parties import AnswerTemplate, Party
from app.rules.accounts import Role
from app.rules.maintenance.categories import category_of
from app.rules.text import clean_line, clean_text
from app.services import trail
from app.services.accounts.grants import roles_of
from app.services.maintenance.parties import find_party, parties_of
from app.services.trail import Actor

MOST_TITLE, MOST_TEXT = 40, 500
MOST_TEMPLATES = 200


@dataclass(frozen=True, slots=True)
class TemplateView:
    """A ready answer; `party` and `category` are "" where it is for all. `mine` when the reader may retire it."""

    id: UUID
    title: str
    text: str
    party: str
    category: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Scribe:
    """For whom a person may keep answers: the committee for everyone, party staff for their own parties."""

    committee: bool
    parties: tuple[tuple[UUID, str], ...]


def scribe_of(session: Session, *, estate_id: UUID, account_id: UUID) -> Scribe:
    if Role.COMMITTEE in roles_of(session, account_id=account_id, estate_id=estate_id):
        query = select(Party).where(Party.estate_id == estate_id, col(Party.ended_at).is_(None))
        every = session.exec(query.order_by(col(Party.name))).all()
        return Scribe(True, tuple((party.id, party.name) for party in every))
    mine = parties_of(session, estate_id=estate_id, account_id=account_id)
    return Scribe(False, tuple((party.id, party.name) for party in mine))


def list_templates(
    session: Session, *, estate_id: UUID, account_id: UUID, category: str = ""
) -> list[TemplateView]:
    """The answers a person may use, those of his party first; with a category those that fit it."""
    scribe = scribe_of(session, estate_id=estate_id, account_id=account_id)
    names = dict(scribe.parties)
    query = select(AnswerTemplate).where(
        AnswerTemplate.estate_id == estate_id,
        col(AnswerTemplate.retired_at).is_(None),
        col(AnswerTemplate.party_id).is_(None) | col(AnswerTemplate.party_id).in_(list(names)),
    )
    if category:
        query = query.where(col(AnswerTemplate.category).in_(("", category)))
    rows = session.exec(query.order_by(col(AnswerTemplate.title)).limit(MOST_TEMPLATES)).all()
    return [
        TemplateView(
            id=row.id,
            title=row.title,
            text=row.text,
            party=names.get(row.party_id, "") if row.party_id else "",
            category=category_of(row.category).title if row.category else "",
            mine=scribe.committee or row.party_id in names,
        )
        for row in sorted(rows, key=lambda row: row.party_id is None)
    ]


def add_template(
    session: Session,
    *,
    estate_id: UUID,
    template_id: UUID,
    party_id: UUID | None,
    category: str,
    title: str,
    text: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Keep an answer under the id of its form. Raises `Invalid` naming a field, `NotAllowed` for another party's."""
    scribe = scribe_of(session, estate_id=estate_id, account_id=actor.id)
    _ensure_writes(scribe, party_id)
    if party_id is not None:
        find_party(session, estate_id=estate_id, party_id=party_id)
    if category:
        category_of(category)
    present = session.get(AnswerTemplate, template_id)
    if present is not None:
        if present.estate_id != estate_id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return
    title = clean_line(title, most=MOST_TITLE, field="title")
    text = clean_text(text, most=MOST_TEXT, field="text")
    if not title:
        raise Invalid(N_("请给这条答复起个名字，例如“等配件”"), code="required", field="title")
    if not text:
        raise Invalid(N_("请写答复的内容"), code="required", field="text")
    session.add(
        AnswerTemplate(
            id=template_id,
            estate_id=estate_id,
            party_id=party_id,
            category=category,
            title=title,
            text=text,
        )
    )
    session.flush()
    _record(session, "maintenance:template:add", estate_id, template_id, title, actor, now)


def _ensure_writes(scribe: Scribe, party_id: UUID | None) -> None:
    if not scribe.committee and party_id not in dict(scribe.parties):
        raise NotAllowed(N_("只能给自己的单位设常用答复"), code="not_yours")


def retire_template(
    session: Session, *, estate_id: UUID, template_id: UUID, actor: Actor, now: datetime
) -> None:
    """Nobody is offered it any more; twice is once."""
    found = session.get(AnswerTemplate, template_id)
    scribe = scribe_of(session, estate_id=estate_id, account_id=actor.id)
    known = found is not None and found.estate_id == estate_id
    if (
        found is None
        or not known
        or not (scribe.committee or found.party_id in (None, *dict(scribe.parties)))
    ):
        raise NotFound(N_("没有找到这条常用答复"))
    _ensure_writes(scribe, found.party_id)
    if found.retired_at is None:
        found.retired_at = now
        session.add(found)
        session.flush()
        _record(session, "maintenance:template:retire", estate_id, template_id, found.title, actor, now)


def _record(
    session: Session, tag: str, estate_id: UUID, template_id: UUID, title: str, actor: Actor, now: datetime
) -> None:
    trail.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="answer_template",
        subject_id=template_id,
        new={"title": title},
    )
