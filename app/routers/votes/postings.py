"""The log of what hung on which board: written at the desk, its dates and boards read by everybody on the vote's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep
from app.errors import Refusal
from app.routers.estates.frames import read_upload
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.votes.frames import desk_address, desk_page
from app.rules.calendar import BEIJING
from app.services.files import MAX_FILE
from app.services.outcomes import posters, postings
from app.services.outcomes.postings import NewPosting, PostingLine
from app.services.votes import reading
from app.services.votes.reading import VoteSheet

router = APIRouter(prefix="/desk/{slug}/votes/{vote_id}/postings")


@dataclass(frozen=True, slots=True)
class PostingsPage:
    """What hung where, and the form for one more sheet; `hashes` is what each sheet of now bears, in the order of a vote."""

    vote: VoteSheet
    lines: list[PostingLine]
    hashes: dict[str, str]
    posting_id: UUID
    kind: str
    board: str
    posted_on: str
    printed: str
    lost: bool
    errors: Errors
    address: str
    public: str
    files: str


def _page(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: datetime,
    vote_id: UUID,
    *,
    told: NewPosting | None = None,
    refusal: Refusal | None = None,
) -> Response:
    where = {"estate_id": visit.estate.id, "vote_id": vote_id}
    vote = reading.read_vote(session, **where, now=now)
    hashes = {kind.value: digest for kind, digest in posters.hashes_of(session, **where).items()}
    data = PostingsPage(
        vote=vote,
        lines=postings.list_for_desk(session, vote_id=vote_id),
        hashes=hashes,
        posting_id=told.id if told else uuid4(),
        kind=told.kind if told else next(reversed(hashes), ""),
        board=told.board if told else "",
        posted_on=told.posted_on if told else now.astimezone(BEIJING).date().isoformat(),
        printed=told.printed if told else "",
        lost=bool(told and told.photo),
        errors=errors_of(request, refusal),
        address=desk_address(visit.estate.slug, vote_id),
        public=f"/e/{visit.estate.slug}/votes/{vote_id}",
        files=f"/e/{visit.estate.slug}/files",
    )
    return desk_page(request, visit, "votes/desk_postings.html", data, refusal=refusal)


@router.get("")
def show_postings(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, vote_id: UUID
) -> Response:
    return _page(request, visit, session, now, vote_id)


@router.post("")
def record_posting(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    vote_id: UUID,
    id: Annotated[UUID, Form()],
    kind: Annotated[str, Form(max_length=20)] = "",
    board: Annotated[str, Form(max_length=400)] = "",
    posted_on: Annotated[str, Form(max_length=40)] = "",
    printed: Annotated[str, Form(max_length=200)] = "",
    photo: Annotated[UploadFile | str | None, File()] = None,
) -> Response:
    content, name = read_upload(photo, most=MAX_FILE)
    told = NewPosting(id, kind, board, posted_on, printed, content, name)
    with attempt(session) as tried:
        postings.record_posting(
            session, estate_id=visit.estate.id, vote_id=vote_id, told=told, actor=visit.actor, now=now
        )
    if tried.refusal:
        return _page(request, visit, session, now, vote_id, told=told, refusal=tried.refusal)
    return see_other(f"{desk_address(visit.estate.slug, vote_id)}/postings")
