"""Votes: the homes whose ballot a person may cast, each with his own ballot, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session

from app.models.base import table_of
from app.models.estates import Owner
from app.models.votes import BallotChannel, BallotEvent, RollVoter, Vote
from app.rules.votes.questions import Answers
from app.services.votes import counting, roll
from app.services.votes.sealing import keyring

ENTRY, BALLOT = counting.ENTRY, counting.BALLOT
EVENT, VOTE, VOTER, OWNER = table_of(BallotEvent), table_of(Vote), table_of(RollVoter), table_of(Owner)


@dataclass(frozen=True, slots=True)
class MyHome:
    """A home whose ballot the reader may cast, once nothing `waits` for a check, and his ballot if there is one."""

    unit_id: UUID
    label: str
    floor: int
    area: int
    share: int | None
    answers: Answers | None = None
    receipt: str = ""
    revision: int = 0
    cast_at: datetime | None = None
    # What an agent chose is shown to nobody, his principal included.
    by_agent: bool = False
    waits: bool = False

    @property
    def choice(self) -> str | None:
        """The first answer: all of it where one question was put."""
        return self.answers[0] if self.answers else None


# Read for every ballot page and list, so each is built once and is one statement. Of a vote, what moves after the notice.
STATE = (
    VOTE.c.state,
    VOTE.c.opens_at,
    VOTE.c.closes_at,
    VOTE.c.sealed_at,
    VOTE.c.objections_until,
    VOTE.c.final_at,
    VOTE.c.annul_reason,
    VOTE.c.head_hash,
)
_HOME = (
    *STATE,
    ENTRY.c.unit_id,
    ENTRY.c.building,
    ENTRY.c.entrance,
    ENTRY.c.floor,
    ENTRY.c.room,
    ENTRY.c.area,
    ENTRY.c.share,
    BALLOT.c.sealed_choice,
    BALLOT.c.channel,
    BALLOT.c.revision,
    EVENT.c.receipt,
    EVENT.c.recorded_at,
    (OWNER.c.waits_since > VOTE.c.noticed_at).label("waits"),
)


def homes_of(statement: sa.Select[Any], account_id: sa.ColumnElement[UUID]) -> sa.Select[Any]:
    """A row for each home on the roll of a noticed vote that an account votes for, with the ballot that stands."""
    return (
        statement.add_columns(*_HOME)
        .join(ENTRY, ENTRY.c.vote_id == VOTE.c.id)
        .join(
            VOTER,
            sa.and_(
                # Not the bare column: SQLite would begin with its index and read the whole roll, and not with
                # the few owners that the reader is.
                sa.func.coalesce(VOTER.c.vote_id, VOTER.c.vote_id) == ENTRY.c.vote_id,
                VOTER.c.unit_id == ENTRY.c.unit_id,
                VOTER.c.revision == ENTRY.c.revision,
            ),
        )
        .join(OWNER, OWNER.c.id == VOTER.c.owner_id)
        .outerjoin(BALLOT, sa.and_(BALLOT.c.vote_id == ENTRY.c.vote_id, BALLOT.c.unit_id == ENTRY.c.unit_id))
        .outerjoin(EVENT, sa.and_(EVENT.c.vote_id == BALLOT.c.vote_id, EVENT.c.seq == BALLOT.c.seq))
        .where(
            ENTRY.c.vote_id == sa.bindparam("vote_id"),
            VOTE.c.noticed_at.is_not(None),
            OWNER.c.account_id == account_id,
            *roll.ON_ROLL,
        )
        .order_by(ENTRY.c.building, ENTRY.c.entrance, ENTRY.c.floor, ENTRY.c.room)
    )


HOMES = homes_of(sa.select().select_from(VOTE), sa.bindparam("account_id")).where(
    VOTE.c.estate_id == sa.bindparam("estate_id")
)


def my_homes(
    session: Session, *, estate_id: UUID, vote_id: UUID, account_id: UUID, secret: bytes | None
) -> list[MyHome]:
    """The homes this person votes for, each with his own ballot; without the secret its choice stays sealed."""
    where = {"estate_id": estate_id, "vote_id": vote_id, "account_id": account_id}
    return homes_in(vote_id, session.connection().execute(HOMES, where), secret)


def homes_in(vote_id: UUID, rows: Iterable[Any], secret: bytes | None) -> list[MyHome]:
    # A person may stand in the register as two owners of one home.
    homes: dict[UUID, MyHome] = {}
    for row in sorted(rows, key=lambda row: bool(row.waits)):
        homes.setdefault(row.unit_id, _home(vote_id, row, secret))
    return list(homes.values())


def _home(vote_id: UUID, row: Any, secret: bytes | None) -> MyHome:
    return MyHome(
        unit_id=row.unit_id,
        label=roll.home_label(row),
        floor=row.floor,
        area=row.area,
        share=row.share,
        answers=keyring(secret, vote_id).unseal_answers(row.sealed_choice, row.unit_id.bytes)
        if secret and row.sealed_choice and row.channel != BallotChannel.PROXY and not row.waits
        else None,
        receipt=row.receipt or "",
        revision=row.revision or 0,
        cast_at=row.recorded_at,
        by_agent=row.channel == BallotChannel.PROXY,
        waits=bool(row.waits),
    )
