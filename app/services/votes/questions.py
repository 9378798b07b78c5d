"""Votes: the questions on the paper of a draft, and whether it is a survey only.

A vote of one decision keeps no list: its own title, text and matter are the question. As soon as there is more to answer the
list is kept, `Vote.text` is about all of it, and `Vote.matter` is that of the first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from app.errors import N_, Conflict, Invalid
from app.models.votes import Vote
from app.rules.votes.evidence import canonical
from app.rules.votes.questions import MOST_QUESTIONS, Question, QuestionKind, read_paper
from app.rules.votes.states import LegalMode
from app.services.votes import chain
from app.services.votes.drafting import get_draft


@dataclass(frozen=True, slots=True)
class DraftPaper:
    """The questions of a draft; `stamp` changes with them, so that a form knows whether it was made from these."""

    title: str
    questions: tuple[Question, ...]
    survey: bool
    stamp: str


def paper_of_draft(session: Session, *, estate_id: UUID, vote_id: UUID) -> DraftPaper:
    """Raises `Conflict` (`frozen`) once the notice is out."""
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    paper = _paper(vote)
    return DraftPaper(vote.title, paper, vote.survey, _stamp(paper))


def listed_matter(session: Session, *, estate_id: UUID, vote_id: UUID) -> int | None:
    """The matter as the list of questions has it; None for a vote of one decision, whose form has it itself."""
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    return vote.matter if vote.questions else None


def save_question(
    session: Session, *, estate_id: UUID, vote_id: UUID, place: int, question: Question, stamp: str
) -> None:
    """Put a question in its place, from 0; the place after the last one adds it. The same form twice is once.

    Raises `Conflict` (`stale`) when the paper is another than the form was made from, `Invalid` for one too many or a title
    that is there already.
    """
    vote = _lock(session, estate_id, vote_id)
    paper = _paper(vote)
    if stamp != _stamp(paper) and place < len(paper) and paper[place] == question:
        return
    _ensure_fresh(paper, stamp, place, adding=True)
    if place >= MOST_QUESTIONS:
        raise Invalid(N_("一张表决票最多 %(most)s 个问题"), most=MOST_QUESTIONS)
    if any(other.title == question.title for at, other in enumerate(paper) if at != place):
        raise Invalid(N_("已经有一项是这个标题，请写得不一样"), field="title")
    _store(session, vote, [*paper[:place], question, *paper[place + 1 :]])


def remove_question(session: Session, *, estate_id: UUID, vote_id: UUID, place: int, stamp: str) -> None:
    """Take a question off; the last one stays. Raises `Conflict` (`stale`) like `save_question`."""
    vote = _lock(session, estate_id, vote_id)
    paper = _paper(vote)
    _ensure_fresh(paper, stamp, place)
    if len(paper) == 1:
        raise Invalid(N_("至少要有一项。不要这次表决了，请到预览页删去草稿"))
    _store(session, vote, [*paper[:place], *paper[place + 1 :]])


def move_question(
    session: Session, *, estate_id: UUID, vote_id: UUID, place: int, to: int, stamp: str
) -> None:
    """Put a question before or after its neighbour; beyond the ends it stays where it is."""
    vote = _lock(session, estate_id, vote_id)
    paper = list(_paper(vote))
    _ensure_fresh(paper, stamp, place)
    paper.insert(max(0, min(to, len(paper) - 1)), paper.pop(place))
    _store(session, vote, paper)


def set_survey(session: Session, *, estate_id: UUID, vote_id: UUID, survey: bool) -> None:
    """Make a draft a survey, which binds nobody and so has no legal basis, or a vote again."""
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    if vote.survey == survey:
        return
    vote.survey = survey
    if survey:
        vote.legal_mode, vote.legal_basis = LegalMode.CONSULTATION, ""
    session.add(vote)


def _lock(session: Session, estate_id: UUID, vote_id: UUID) -> Vote:
    chain.lock_vote(session, vote_id=vote_id, estate_id=estate_id)
    session.flush()
    vote = get_draft(session, estate_id=estate_id, vote_id=vote_id)
    session.refresh(vote)
    return vote


def _paper(vote: Vote) -> tuple[Question, ...]:
    # Without its text: as the first of several it would say again what stands above all of them.
    return read_paper(vote.title, "", vote.matter, vote.questions)


def _store(session: Session, vote: Vote, paper: Sequence[Question]) -> None:
    first = paper[0]
    vote.matter = first.matter
    if len(paper) == 1 and first.kind is QuestionKind.DECISION and not first.text:
        vote.title, vote.questions = first.title, []
    else:
        vote.questions = [question.to_json() for question in paper]
    session.add(vote)
    session.flush()


def _stamp(paper: Sequence[Question]) -> str:
    rows: list[object] = [question.to_json() for question in paper]
    return hashlib.sha256(canonical({"questions": rows})).hexdigest()[:16]


def _ensure_fresh(paper: Sequence[Question], stamp: str, place: int, *, adding: bool = False) -> None:
    if stamp != _stamp(paper) or not 0 <= place < len(paper) + adding:
        raise Conflict(N_("表决票刚刚有人改过，请看一看现在的样子，再改"), code="stale")
