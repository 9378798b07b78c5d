"""Proposals: the pictures of a draft, made anew without place or device, as many as a reader looks at."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, select

from app.errors import N_, Invalid
from app.models.proposals import Proposal, ProposalPhoto
from app.services import files

MOST_PHOTOS = 6


def add_photos(
    session: Session, *, proposal: Proposal, uploads: Sequence[tuple[str, bytes]], by: UUID, now: datetime
) -> None:
    """Store (name, bytes) behind those already there; the caller has made sure that it is his draft.

    Raises `Invalid` for more than six and for what is no picture, `TooLarge`; all name the field `photos`.
    """
    query = select(sa.func.count(), sa.func.max(ProposalPhoto.position)).where(
        ProposalPhoto.proposal_id == proposal.id
    )
    present, last = session.exec(query).one()
    if present + len(uploads) > MOST_PHOTOS:
        raise Invalid(
            N_("一个议题最多 %(most)s 张照片，已有 %(present)s 张，请少选几张"),
            code="too_many_photos",
            field="photos",
            most=MOST_PHOTOS,
            present=present,
        )
    for position, (name, content) in enumerate(uploads, start=(last or 0) + 1):
        file_id = files.store_image(
            session,
            estate_id=proposal.estate_id,
            name=name,
            content=content,
            uploaded_by=by,
            now=now,
            private=False,
            field="photos",
        )
        session.add(ProposalPhoto(proposal_id=proposal.id, file_id=file_id, position=position))
    session.flush()


def remove_photos(session: Session, *, proposal: Proposal, file_ids: Collection[UUID]) -> None:
    """Take pictures of this proposal away with their bytes; ids that are not its own are passed over."""
    for file_id in file_ids:
        photo = session.get(ProposalPhoto, (proposal.id, file_id))
        if photo is not None:
            session.delete(photo)
            session.flush()
            files.delete_file(session, estate_id=proposal.estate_id, file_id=file_id)
