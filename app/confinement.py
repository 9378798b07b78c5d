"""Confinement: a request of an estate sees and writes no row of another on PostgreSQL, whatever a query forgets (decision 0025)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg.pq import ExecStatus
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.sql.visitors import InternalTraversal
from sqlmodel import Session

# What the policies ask for; while it is empty every row is seen.
SETTING = "haoshangliang.estate"
_RESET = f"RESET {SETTING}".encode()
_SET = sa.select(
    sa.func.set_config(
        SETTING, sa.bindparam("estate", type_=sa.Text), sa.bindparam("local", type_=sa.Boolean)
    )
)
# Kept with a session: that its statements are transactions of their own, and the estate it is confined to.
LASTING, _ESTATE = "confined_beyond_the_transaction", "confined_to"
# Kept with a connection: that the setting may stand, and that its end was asked for and the answer is still to be read.
_STANDS, _ENDING = "confined", "confinement_ends"


class _Confining(sa.ColumnElement[str]):
    """The setting as a column of the statement that finds the estate: set apart, it would be a trip of its own."""

    type = sa.Text()
    inherit_cache = True
    _traverse_internals = [("setting", InternalTraversal.dp_clauseelement)]

    def __init__(self, estate: sa.ColumnElement[UUID]) -> None:
        local = sa.bindparam("local", type_=sa.Boolean)
        self.setting = sa.func.set_config(sa.literal_column(f"'{SETTING}'"), sa.cast(estate, sa.Text), local)


@compiles(_Confining)
def _nothing(_element: _Confining, _compiler: Any, **_options: Any) -> str:
    return "NULL"


@compiles(_Confining, "postgresql")
def _as_function(element: _Confining, compiler: Any, **options: Any) -> str:
    made: str = compiler.process(element.setting, **options)
    return made


def confining(estate: sa.ColumnElement[UUID]) -> sa.ColumnElement[str]:
    """A column that confines what follows in the session to this estate; execute it with `begin(session)`'s values.

    It stands on the estate's row, so its statement itself may see the rows of all estates or of this one alone.
    """
    return _Confining(estate).label("confined")


def begin(session: Session) -> dict[str, object]:
    """The values for a statement with a column `confining`, which is about to be executed."""
    return {"local": _is_local(session, session.connection())}


def keep(session: Session, estate_id: UUID) -> None:
    """Such a statement has confined the session; what the session does after a rollback is confined too."""
    if session.get_bind().dialect.name == "postgresql":
        session.info[_ESTATE] = estate_id


@contextmanager
def everywhere(session: Session) -> Iterator[None]:
    """For the few deeds about an account in whichever estates it is, or a file that is no estate's: the block is not confined."""
    estate_id = session.info.get(_ESTATE)
    if estate_id is None:
        yield
        return
    session.flush()
    _say(session, session.connection(), "")
    try:
        yield
        session.flush()
    except DBAPIError:
        # Nothing can be said to a transaction that failed; with it, or its savepoint, ends what was said in it.
        raise
    except BaseException:
        _say(session, session.connection(), str(estate_id))
        raise
    _say(session, session.connection(), str(estate_id))


def _is_local(session: Session, connection: sa.Connection) -> bool:
    """Whether the transaction's end is the setting's; otherwise `release` ends it, also when what was asked fails now."""
    if session.info.get(LASTING):
        connection.info[_STANDS] = True
        return False
    return True


def _say(session: Session, connection: sa.Connection, estate: str) -> None:
    connection.execute(_SET, {"estate": estate, "local": _is_local(session, connection)})


@event.listens_for(Session, "after_begin")
def _confine_again(session: Session, transaction: SessionTransaction, connection: sa.Connection) -> None:
    """A refused form is rolled back and its page made anew, in a transaction that found no estate."""
    estate_id = session.info.get(_ESTATE)
    if estate_id is not None and not transaction.nested:
        _say(session, connection, str(estate_id))


def release(connection: Any, record: Any) -> None:
    """A connection that goes home is let go of its estate: asked here, answered while it lies idle, read by `collect`."""
    if connection is not None and record.info.pop(_STANDS, False):
        record.info[_ENDING] = True
        try:
            connection.pgconn.send_query(_RESET)
            connection.pgconn.flush()
        except psycopg.Error:
            pass  # there is no answer then, and `collect` refuses the connection


def collect(connection: Any, record: Any) -> None:
    """Before a connection is used again; raises `DisconnectionError` for one that may still be confined."""
    if record.info.pop(_ENDING, False):
        try:
            answer = connection.pgconn.get_result()
            ended = answer is not None and answer.status == ExecStatus.COMMAND_OK
            while connection.pgconn.get_result() is not None:
                ended = False
        except psycopg.Error as gone:
            raise sa.exc.DisconnectionError from gone
        if not ended:
            raise sa.exc.DisconnectionError("a connection was not let go of its estate")
