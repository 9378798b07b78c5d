"""Stored files by address: as attachments, pictures small for lists; private ones only for the committee and whoever uploaded them."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.dependencies import PersonDep, PublicVisit, SessionDep, Visit
from app.errors import N_, NotAllowed, NotFound
from app.services.accounts.sessions import Person
from app.services.files import StoredFileView, read_file, read_thumbnail
from app.services.votes.looks import is_sheet_picture

router = APIRouter()


@router.get("/e/{slug}/files/{file_id:uuid}")
def send_file(visit: PublicVisit, person: PersonDep, session: SessionDep, file_id: UUID) -> Response:
    return _send(visit, person, session, read_file(session, estate_id=visit.estate.id, file_id=file_id))


@router.get("/e/{slug}/files/{file_id:uuid}/small")
def send_thumbnail(visit: PublicVisit, person: PersonDep, session: SessionDep, file_id: UUID) -> Response:
    """The picture as lists show it; whatever has no thumbnail comes as it is."""
    return _send(visit, person, session, read_thumbnail(session, estate_id=visit.estate.id, file_id=file_id))


def _send(visit: Visit, person: Person, session: SessionDep, file: StoredFileView) -> Response:
    # What somebody put in while at work is the office's: without his second factor it is not his either.
    is_own = file.uploaded_by == person.account_id and not visit.standing.withheld
    # Whoever claims a home is not a member yet, and may look at his own photo all the same.
    if not (visit.standing.is_member or is_own):
        raise NotFound(N_("没有找到这个文件，可能已经删除"))
    if file.private and is_sheet_picture(session, file_id=file.id):
        # A ballot's picture says what a home chose: it is seen at its sheet, where the look is put down.
        raise NotFound(N_("没有找到这个文件，可能已经删除"))
    if file.private and not (visit.standing.is_committee or is_own):
        raise NotAllowed(N_("这个文件只有居委会和上传的人可以看"))
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "X-Content-Type-Options": "nosniff",
        },
    )
