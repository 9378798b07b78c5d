"""A word that a column may newly hold: stored rows, their guards and the rows that point to them stay."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy.exc import DBAPIError

from app.cli.migrate import configuration
from app.database import Database

BEFORE, AFTER = "2026_11_23_consultation", "2026_11_23_publish_first"
ROW = (
    "INSERT INTO moderation_act (id, estate_id, number, act, kind, subject_id, seq, author_id, moderator_id, moderator_name, "
    "duty, interest, reason, days, at) VALUES (:id, :estate, :number, :act, :kind, :id, 0, :person, :person, '陈洁', 'none', "
    "false, '', 0, '2026-11-23 08:00:00+00:00')"
)


class Table:
    """The log of moderation at some migration."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection, self.number = connection, 0
        self.estate, self.person = self._some("estate", slug="words"), self._some("account")

    def _some(self, name: str, **given: object) -> object:
        """A row of a table with something in each column that needs it."""
        table = sa.Table(name, sa.MetaData(), autoload_with=self.connection)
        plain = {
            "INTEGER": 0,
            "BOOLEAN": False,
            "JSON": {},
            "DATETIME": sa.func.now(),
            "TIMESTAMP": sa.func.now(),
        }
        values = {
            column.name: plain.get(str(column.type).split("(")[0], "x")
            for column in table.columns
            if not column.nullable and column.server_default is None
        }
        key = self.key()
        self.connection.execute(table.insert().values({**values, **given, "id": key}))
        return key

    def key(self) -> object:
        return uuid4() if self.connection.dialect.name == "postgresql" else uuid4().hex

    def add(self, act: str, kind: str | None = None) -> object:
        self.number += 1
        where = {"id": self.key(), "estate": self.estate, "person": self.person}
        self.connection.execute(sa.text(ROW), {**where, "number": self.number, "act": act, "kind": kind})
        return where["id"]

    def acts(self) -> list[str]:
        query = sa.text("SELECT act FROM moderation_act ORDER BY number")
        return list(self.connection.execute(query).scalars())

    def refuses(self, statement: str) -> bool:
        try:
            with self.connection.begin_nested():
                self.connection.execute(sa.text(statement))
        except DBAPIError:
            return True
        return False


@pytest.fixture
def connection(database: Database) -> Iterator[sa.Connection]:
    with database.engine.connect() as opened:
        yield opened


def go(connection: sa.Connection, way: str, revision: str) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    getattr(command, way)(config, revision)


def test_going_back_from_approval_first_gets_its_own_word_and_nothing_else_changes(
    connection: sa.Connection,
) -> None:
    go(connection, "downgrade", BEFORE)
    log = Table(connection)
    log.add("restore", "post")
    muting = log.add("restore")
    mute = "INSERT INTO mute (act_id, estate_id, account_id, until) VALUES (:act, :estate, :person, :at)"
    at = {"act": muting, "estate": log.estate, "person": log.person, "at": "2026-11-24 08:00:00+00:00"}
    connection.execute(sa.text(mute), at)
    go(connection, "upgrade", AFTER)
    assert log.acts() == ["restore", "publish_first"]
    assert connection.execute(sa.text("SELECT count(*) FROM mute")).scalar_one() == 1
    log.add("publish_first")
    for change in (
        "UPDATE moderation_act SET reason = 'x'",
        "DELETE FROM moderation_act",
        "INSERT INTO moderation_act SELECT * FROM moderation_act",
    ):
        assert log.refuses(change), change
    with pytest.raises(DBAPIError), connection.begin_nested():
        log.add("nonsense")
    go(connection, "downgrade", BEFORE)
    assert log.acts() == ["restore"] * 3
    with pytest.raises(DBAPIError), connection.begin_nested():
        log.add("publish_first")
