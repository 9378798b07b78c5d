"""Deliberations: residents report a post or a proposal, once each, and hear what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from app.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from app.models.base import table_of
from app.models.deliberations import ContentReport, Post, PostState
from app.models.outbox import Channel
from app.models.search import SubjectKind
from app.rules.deliberations.moderation import ReportKind, clean_report
from app.services import outbox
from app.services.accounts.limits import hit
from app.services.deliberations.cases import Case, Target, get_case
from app.services.deliberations.threads import has_voice, reads_only
from app.services.estates.standing import standing_of

# Enough for one bad evening, too few to bury the moderators.
MOST_A_DAY = 20
_MOST_SHOWN = 50
_MOST_TOLD = 500

_POST, _REPORT = table_of(Post), table_of(ContentReport)


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What was reported; moderators are not told by whom."""

    why: ReportKind
    text: str
    at: datetime
    resolved_at: datetime | None


def read_kind(typed: str) -> ReportKind:
    if typed not in set(ReportKind):
        raise Invalid(N_("请选择是什么问题"), field="why")
    return ReportKind(typed)


def get_reportable(session: Session, *, estate_id: UUID, target: Target, account_id: UUID) -> Case:
    """What a resident may report: content he can read that is not his own.

    Raises `NotFound` for what is not public, `Conflict` (`hidden`) for what is hidden already, `NotAllowed` (`own_content`,
    `reads_only`).
    """
    case = get_case(session, estate_id=estate_id, target=target)
    if not has_voice(standing_of(session, estate_id=estate_id, account_id=account_id)):
        raise reads_only()
    if case.author_id == account_id:
        raise NotAllowed(N_("这是您自己发的内容，不用举报"), code="own_content")
    hidden = case.post.state is PostState.HIDDEN if case.post else case.proposal.hidden_at is not None
    if hidden:
        raise Conflict(N_("这条内容已经被隐藏，不用再举报"), code="hidden")
    if case.post and case.post.state is not PostState.VISIBLE:
        raise NotFound(N_("没有找到这条发言"))
    return case


def report_content(
    session: Session,
    *,
    estate_id: UUID,
    target: Target,
    account_id: UUID,
    why: str,
    text: str,
    now: datetime,
) -> bool:
    """Note a report; False when this person has reported the same thing before, which adds nothing.

    Raises as `get_reportable` does, `Invalid` for a kind that is none or words that are missing, and `TooMany`.
    """
    case = get_reportable(session, estate_id=estate_id, target=target, account_id=account_id)
    kind = read_kind(why)
    words = clean_report(kind, text)
    connection = session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = ContentReport(
        estate_id=estate_id,
        kind=case.kind,
        subject_id=case.subject_id,
        reporter_id=account_id,
        why=kind,
        text=words,
        at=now,
    )
    added = connection.execute(
        insert(_REPORT)
        .values(**row.model_dump())
        .on_conflict_do_nothing(index_elements=["kind", "subject_id", "reporter_id"])
        .execution_options(preserve_rowcount=True)
    )
    if added.rowcount != 1:
        return False
    key = f"report:{account_id}"
    hit(session, key=key, limit=MOST_A_DAY, window=timedelta(days=1), now=now)
    if case.post:
        change = _POST.c.reports + 1
        connection.execute(sa.update(_POST).where(_POST.c.id == case.post.id).values(reports=change))
        session.expire(case.post)
    return True


def has_reported(session: Session, *, case: Case, account_id: UUID) -> bool:
    query = select(ContentReport.id).where(
        ContentReport.kind == case.kind,
        ContentReport.subject_id == case.subject_id,
        ContentReport.reporter_id == account_id,
    )
    return session.exec(query).first() is not None


def list_reports(session: Session, *, kind: SubjectKind, subject_id: UUID) -> Sequence[ReportLine]:
    """The newest reports of a thing, open and resolved."""
    query = (
        select(ContentReport)
        .where(ContentReport.kind == kind, ContentReport.subject_id == subject_id)
        .order_by(col(ContentReport.at).desc(), col(ContentReport.id))
        .limit(_MOST_SHOWN)
    )
    return [ReportLine(row.why, row.text, row.at, row.resolved_at) for row in session.exec(query)]


def count_open(session: Session, *, kind: SubjectKind, subject_id: UUID) -> int:
    query = select(sa.func.count()).where(
        ContentReport.kind == kind,
        ContentReport.subject_id == subject_id,
        col(ContentReport.resolved_at).is_(None),
    )
    return int(session.exec(query).one())


def resolve_reports(session: Session, case: Case, *, upheld: bool, now: datetime) -> None:
    """Close the open reports of a locked case and tell each reporter, who stays unnamed, how it ended."""
    still_open = (
        _REPORT.c.kind == case.kind,
        _REPORT.c.subject_id == case.subject_id,
        _REPORT.c.resolved_at.is_(None),
    )
    connection = session.connection()
    reports = connection.execute(
        sa.select(_REPORT.c.id, _REPORT.c.reporter_id).where(*still_open).limit(_MOST_TOLD)
    ).all()
    connection.execute(sa.update(_REPORT).where(*still_open).values(resolved_at=now))
    if case.post:
        case.post.reports = 0
        session.add(case.post)
    outbox.post_all(
        session,
        [
            outbox.Draft(
                key=f"report:{report.id}",
                template="report_settled",
                now=now,
                account_id=report.reporter_id,
                estate_id=case.estate_id,
                channel=Channel.INBOX,
                values={"title": case.title, "upheld": upheld},
                link="moderation",
            )
            for report in reports
        ],
    )
