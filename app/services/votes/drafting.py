"""Votes: a draft, step by step, and the notice that freezes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotFound, Refusal
from app.models.base import table_of
from app.models.estates import Estate, Unit
from app.models.files import StoredFile
from app.models.votes import EventKind, ScopeLevel, Vote, VoteAttachment
from app.rules.calendar import BEIJING
from app.rules.text import clean_line, clean_text
from app.rules.votes.evidence import canonical
from app.rules.votes.matters import matter_of
from app.rules.votes.questions import read_paper
from app.rules.votes.rulesets import NATIONAL, RuleSet
from app.rules.votes.silence import ensure_silence, read_silence
from app.rules.votes.states import ChangeRule, LegalMode, State, move
from app.services import files, trail
from app.services.trail import Actor
from app.services.votes import chain, costs, origins, roll, telling

LEAST_TITLE = 4
MAX_TEXT = 10_000
MAX_ATTACHMENTS = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a draft cannot be noticed yet, and the step of the wizard that mends it."""

    step: str
    refusal: Refusal


# Every page of a vote asks these two, so they are built once.
_VOTE = select(Vote).where(Vote.id == sa.bindparam("vote_id"), Vote.estate_id == sa.bindparam("estate_id"))
_ATTACHMENTS = (
    sa.select(
        col(VoteAttachment.file_id),
        col(VoteAttachment.title),
        col(StoredFile.media_type),
        col(StoredFile.size),
        col(StoredFile.sha256),
    )
    .join(StoredFile, col(StoredFile.id) == VoteAttachment.file_id)
    .where(col(VoteAttachment.vote_id) == sa.bindparam("vote_id"))
    .order_by(col(VoteAttachment.position))
)


def get_vote(session: Session, *, estate_id: UUID, vote_id: UUID) -> Vote:
    """The vote, or `NotFound` when it is another estate's or none at all."""
    vote = session.exec(_VOTE, params={"vote_id": vote_id, "estate_id": estate_id}).one_or_none()
    if vote is None:
        raise NotFound(N_("没有找到这次表决"))
    return vote


def get_draft(session: Session, *, estate_id: UUID, vote_id: UUID) -> Vote:
    """The same, and `Conflict` (`frozen`) once the notice is out."""
    vote = get_vote(session, estate_id=estate_id, vote_id=vote_id)
    if vote.state is not State.DRAFT:
        raise Conflict(
            N_("公告已经发布，内容、范围、费用和规则都不能再改。要改只能作废后重新表决"), code="frozen"
        )
    return vote


def start_draft(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    title: str,
    matter: int,
    text: str,
    actor: Actor,
    now: datetime,
) -> UUID:
    """Open a draft under the id the form carried, so that a form sent twice makes one draft."""
    present = session.get(Vote, vote_id)
    if present is not None:
        if present.estate_id != estate_id or present.created_by != actor.id:
            raise Conflict(N_("这张表单已经用过，请重新打开页面"))
        return present.id
    title, text = _question(title, matter, text)
    # Locking the estate keeps two drafts at once from taking the same number.
    session.exec(select(Estate).where(Estate.id == estate_id).with_for_update(key_share=True)).one()
    number = (
        int(
            session.exec(
                select(sa.func.coalesce(sa.func.max(Vote.number), 0)).where(Vote.estate_id == estate_id)
            ).one()
        )
        + 1
    )
    rules = replace(NATIONAL, change=ChangeRule.UNTIL_CLOSE)
    vote = Vote(
        id=vote_id,
        estate_id=estate_id,
        number=number,
        title=title,
        matter=matter,
        text=text,
        scope_level=ScopeLevel.ESTATE,
        legal_mode=LegalMode.CONSULTATION,
        rules=rules.to_json(),
        cost={},
        state=State.DRAFT,
        created_by=actor.id,
        created_at=now,
    )
    session.add(vote)
    session.flush()
    trail.record(
        session,
        tag="votes:draft:start",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote.id,
        new={"title": title},
    )
    return vote.id


def _question(title: str, matter: int, text: str) -> tuple[str, str]:
    matter_of(matter)
    title = clean_line(title, most=80, field="title")
    text = clean_text(text, most=MAX_TEXT, field="text")
    if len(title) < LEAST_TITLE:
        raise Invalid(N_("请写表决的标题，例如“3号楼1单元加装电梯”"), field="title")
    if len(text) < 20:
        raise Invalid(N_("请把表决内容写清楚，至少 20 个字：做什么、在哪里、怎么做"), field="text")
    return title, text


def save_question(
    session: Session, *, estate_id: UUID, vote_id: UUID, title: str, matter: int, text: str
) -> None:
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    title, text = _question(title, matter, text)
    origins.ensure_same_text(session, vote, text)
    vote.title, vote.text, vote.matter = title, text, matter
    session.add(vote)


def save_scope(
    session: Session,
    *,
    estate_id: UUID,
    vote_id: UUID,
    level: ScopeLevel,
    building: str = "",
    entrance: str = "",
) -> None:
    """Set how far the vote reaches; raises `Invalid` for a building or entrance the register does not have."""
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    building, entrance = (building, entrance) if level is ScopeLevel.ENTRANCE else (building, "")
    if level is ScopeLevel.ESTATE:
        building = ""
    query = select(Unit.id).where(Unit.estate_id == estate_id).limit(1)
    if level is not ScopeLevel.ESTATE:
        query = query.where(Unit.building == building)
    if level is ScopeLevel.ENTRANCE:
        query = query.where(Unit.entrance == entrance)
    if session.exec(query).first() is None:
        raise Invalid(N_("名册里没有这个范围，请在图上重新选择"), field="scope")
    vote.scope_level, vote.scope_building, vote.scope_entrance = level, building, entrance
    session.add(vote)


def save_cost(session: Session, *, estate_id: UUID, vote_id: UUID, cost: Mapping[str, object]) -> None:
    """Store the cost table; it is computed once against the present register, so that a wrong table is refused now."""
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    vote.cost = dict(cost)
    roll.read_roll(session, vote, RuleSet.from_json(vote.rules))
    session.add(vote)


def add_attachment(session: Session, *, estate_id: UUID, vote_id: UUID, file_id: UUID, title: str) -> None:
    """A document more; one of the same content is there already when the form comes again, and is not kept twice."""
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    if _is_attached(session, vote.id, file_id):
        files.delete_file(session, estate_id=estate_id, file_id=file_id)
        return
    present = list_attachments(session, vote.id)
    if len(present) >= MAX_ATTACHMENTS:
        raise Invalid(N_("最多 %(most)s 个附件，请先删去一个"), field="file", most=MAX_ATTACHMENTS)
    session.add(
        VoteAttachment(
            vote_id=vote.id,
            file_id=file_id,
            title=clean_line(title, most=120, field="title"),
            position=len(present),
        )
    )
    session.flush()


def _is_attached(session: Session, vote_id: UUID, file_id: UUID) -> bool:
    present = select(VoteAttachment.file_id).where(VoteAttachment.vote_id == vote_id)
    same = select(StoredFile.sha256).where(StoredFile.id == file_id).scalar_subquery()
    found = select(StoredFile.id).where(col(StoredFile.id).in_(present), StoredFile.sha256 == same)
    return session.exec(found.where(StoredFile.id != file_id)).first() is not None


def remove_attachment(session: Session, *, estate_id: UUID, vote_id: UUID, file_id: UUID) -> None:
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    attachment = session.get(VoteAttachment, (vote.id, file_id))
    if attachment is not None:
        session.delete(attachment)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document of the question; `size` in bytes."""

    file_id: UUID
    title: str
    media_type: str
    size: int
    sha256: str


def list_attachments(session: Session, vote_id: UUID) -> list[Attachment]:
    rows = session.connection().execute(_ATTACHMENTS, {"vote_id": vote_id})
    return [Attachment(*row) for row in rows]


def discard_draft(session: Session, *, estate_id: UUID, vote_id: UUID, actor: Actor, now: datetime) -> None:
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    session.connection().execute(
        sa.delete(table_of(VoteAttachment)).where(col(VoteAttachment.vote_id) == vote_id)
    )
    origins.forget_origin(session, vote_id=vote_id)
    session.delete(vote)
    trail.record(
        session,
        tag="votes:draft:discard",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote_id,
        old={"title": vote.title},
    )


def problems(session: Session, vote: Vote, *, now: datetime) -> tuple[Sequence[roll.RollLine], list[Problem]]:
    """The roll as it would be frozen, and what still stands in the way of the notice."""
    found: list[Problem] = []
    rules = RuleSet.from_json(vote.rules)
    lines: Sequence[roll.RollLine] = ()
    try:
        lines = roll.read_roll(session, vote, rules)
        if not lines:
            found.append(Problem("scope", Invalid(N_("这个范围里没有可以表决的房屋，请重新选择范围"))))
    except Refusal as refusal:
        found.append(Problem("cost" if isinstance(refusal, costs.CostRefusal) else "scope", refusal))
    if vote.opens_at is None or vote.closes_at is None:
        found.append(Problem("terms", Invalid(N_("请先定好规则和投票时间"))))
    elif vote.opens_at < now + timedelta(days=rules.notice_days):
        found.append(
            Problem(
                "terms",
                Invalid(N_("公告要满 %(days)s 天才能开始投票，请把开始时间往后调"), days=rules.notice_days),
            )
        )
    try:
        ensure_silent(vote, now=now)
    except Refusal as refusal:
        found.append(Problem("terms", refusal))
    return lines, found


def ensure_silent(vote: Vote, *, now: datetime) -> None:
    """Raise `Invalid` where a draft lets the silent join the majority and may not: its question may have changed since."""
    silence = read_silence(vote.silent)
    if silence is not None:
        paper = read_paper(vote.title, vote.text, vote.matter, vote.questions)
        mode = LegalMode.CONSULTATION if vote.survey else vote.legal_mode
        ensure_silence(silence, paper, mode=mode, today=now.astimezone(BEIJING).date())


def give_notice(session: Session, *, estate_id: UUID, vote_id: UUID, actor: Actor, now: datetime) -> Vote:
    """Freeze text, scope, rules, cost table and roll, hash them, and tell the owners. Raises the first problem found."""
    locked = chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    session.refresh(vote)
    if locked is None or vote.state is not State.DRAFT:
        raise Conflict(N_("公告已经发布"), code="frozen")
    lines, found = problems(session, vote, now=now)
    if found:
        raise found[0].refusal
    roll.freeze(session, vote, lines)
    vote.roll_hash = roll.roll_hash([roll.line_hash(line) for line in lines])
    vote.text_hash = text_hash(vote, list_attachments(session, vote.id))
    vote.noticed_at = now
    vote.state = move(vote.state, State.NOTICED)
    session.add(vote)
    session.flush()
    details = {"text": vote.text_hash, "roll": vote.roll_hash, "homes": len(lines)}
    chain.append(session, locked, kind=EventKind.NOTICE, at=now, details=details)
    origins.follow_notice(session, vote, actor=actor, now=now)
    trail.record(
        session,
        tag="votes:notice:give",
        actor=actor,
        now=now,
        estate_id=estate_id,
        subject_kind="vote",
        subject_id=vote.id,
        new=details,
    )
    telling.tell_roll(
        session,
        estate_id=estate_id,
        vote_id=vote.id,
        template="vote_notice",
        values={"title": vote.title, "opens_at": vote.opens_at.isoformat() if vote.opens_at else ""},
        now=now,
    )
    return vote


def text_hash(vote: Vote, attachments: Sequence[Attachment]) -> str:
    """The hash of everything the notice posts."""
    return hashlib.sha256(canonical(text_document(vote, attachments))).hexdigest()


def text_document(vote: Vote, attachments: Sequence[Attachment]) -> dict[str, object]:
    """Everything the notice posts: question, scope, rules, cost, the window as it was then, the documents' own hashes."""
    closes_at = vote.closed_before or vote.closes_at
    document: dict[str, object] = {
        "title": vote.title,
        "matter": vote.matter,
        "text": vote.text,
        "scope": [vote.scope_level.value, vote.scope_building, vote.scope_entrance],
        "legal": [vote.legal_mode.value, vote.legal_basis],
        "rules": vote.rules,
        "cost": vote.cost,
        "window": [int(at.timestamp()) if at else 0 for at in (vote.opens_at, closes_at)],
        "attachments": [[attachment.title, attachment.sha256] for attachment in attachments],
    }
    # What a vote with one question has not keeps the hash of those noticed before there were others.
    more = {"questions": vote.questions, "silent": vote.silent, "survey": vote.survey}
    document.update({name: value for name, value in more.items() if value})
    return document
