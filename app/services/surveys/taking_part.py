"""Surveys: who has answered for himself, for the room that gives thanks for taking part."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from app.models.surveys import AnswerSheet
from app.rules.surveys.kinds import Channel


def answered_by(session: Session, *, estate_id: UUID, since: datetime) -> list[tuple[UUID, UUID, datetime]]:
    """(account, survey, when) for each person who answered himself since then: the first sheet only, and no answers."""
    query = (
        select(AnswerSheet.account_id, AnswerSheet.survey_id, AnswerSheet.received_at)
        .where(
            AnswerSheet.estate_id == estate_id,
            AnswerSheet.channel == Channel.PHONE,
            AnswerSheet.version == 1,
            col(AnswerSheet.received_at) >= since,
        )
        .order_by(col(AnswerSheet.received_at))
    )
    return [
        (account_id, survey_id, at)
        for account_id, survey_id, at in session.exec(query)
        if account_id is not None
    ]
