"""Deliberations: one thing as its judge sees it: the words around it, what was reported, and what its author did before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.deliberations import Post, PostFile, PostState
from app.models.files import StoredFile
from app.models.proposals import ProposalPhoto
from app.models.search import SubjectKind
from app.rules.deliberations.moderation import Act, Reach, word_hints
from app.services.deliberations.cases import Case, Target, get_case, judge_of
from app.services.deliberations.log import LogLine, acts_about
from app.services.deliberations.moderating import possible_acts, state_of
from app.services.deliberations.muting import reach_for
from app.services.deliberations.reports import ReportLine, list_reports
from app.services.deliberations.threads import Muted, find_mute
from app.services.proposals.people import Writer, show_people
from app.services.proposals.settings import read_settings

_AROUND = 3
_POST, _FILE, _PHOTO, _STORED = (table_of(model) for model in (Post, PostFile, ProposalPhoto, StoredFile))


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A post beside the judged one, `here` being that one itself."""

    seq: int
    text: str
    state: PostState
    at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that must be known to judge. `acts` are what may be done now; none for one's own content. `reach` is how far a mute by this judge goes.

    `muted` is what holds the author here already; `files` are (id, name, whether it is a picture).
    """

    kind: SubjectKind
    subject_id: UUID
    thread_id: UUID | None
    seq: int
    title: str
    text: str
    state: PostState
    at: datetime
    author: Writer
    muted: Muted | None
    mine: bool
    interest: bool
    hints: tuple[str, ...]
    files: tuple[tuple[UUID, str, bool], ...]
    around: tuple[Neighbour, ...]
    reports: Sequence[ReportLine]
    earlier: Sequence[LogLine]
    acts: tuple[Act, ...]
    reach: Reach | None


def read_dossier(
    session: Session, *, estate_id: UUID, target: Target, account_id: UUID, now: datetime
) -> Dossier:
    """Raises `NotFound` and `NotAllowed` (`not_moderator`); one's own content may be looked at, not judged."""
    case = get_case(session, estate_id=estate_id, target=target)
    judge = judge_of(session, case, account_id=account_id, now=now)
    mine = case.author_id == account_id
    people = show_people(
        session,
        estate_id=estate_id,
        account_ids=[case.author_id],
        viewer_id=account_id,
        with_homes=True,
    )
    words = read_settings(session, estate_id=estate_id).words
    reach, thread_id = reach_for(session, case, judge), case.thread.id if case.thread else None
    return Dossier(
        kind=case.kind,
        subject_id=case.subject_id,
        thread_id=thread_id,
        seq=case.seq,
        title=case.title,
        text=case.post.text if case.post else case.proposal.text,
        state=state_of(case),
        at=case.post.created_at if case.post else case.proposal.published_at or case.proposal.created_at,
        author=people[case.author_id],
        muted=find_mute(
            session, estate_id=estate_id, account_id=case.author_id, now=now, thread_id=thread_id
        ),
        mine=mine,
        interest=judge.interest,
        hints=tuple(word_hints(case.text, words)),
        files=_files(session, case),
        around=_around(session, case),
        reports=list_reports(session, kind=case.kind, subject_id=case.subject_id),
        earlier=acts_about(session, estate_id=estate_id, author_id=case.author_id, viewer_id=account_id),
        acts=()
        if mine
        else tuple(act for act in possible_acts(session, case) if act is not Act.MUTE or reach),
        reach=reach,
    )


def _files(session: Session, case: Case) -> tuple[tuple[UUID, str, bool], ...]:
    if case.post:
        query = (
            sa.select(_FILE.c.file_id, _FILE.c.title, _STORED.c.media_type)
            .select_from(_FILE.join(_STORED))
            .where(_FILE.c.post_id == case.post.id)
            .order_by(_FILE.c.position)
        )
        rows = session.connection().execute(query)
        return tuple((row.file_id, row.title, row.media_type.startswith("image/")) for row in rows)
    photos = (
        sa.select(_PHOTO.c.file_id)
        .where(_PHOTO.c.proposal_id == case.proposal.id)
        .order_by(_PHOTO.c.position)
    )
    return tuple((file_id, "", True) for file_id in session.connection().execute(photos).scalars())


def _around(session: Session, case: Case) -> tuple[Neighbour, ...]:
    """The posts with the nearest numbers, and the one it replies to or quotes."""
    if not case.post:
        return ()
    own = case.post
    near = range(own.seq - _AROUND, own.seq + _AROUND + 1)
    query = (
        sa.select(_POST.c.seq, _POST.c.text, _POST.c.state, _POST.c.created_at)
        .where(
            _POST.c.thread_id == own.thread_id,
            _POST.c.seq.in_([*near, own.parent_seq, own.quote_seq]),
        )
        .order_by(_POST.c.seq)
    )
    return tuple(
        Neighbour(row.seq, row.text, row.state, row.created_at, row.seq == own.seq)
        for row in session.connection().execute(query)
    )
