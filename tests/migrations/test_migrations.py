"""Migrations: they make what the models say, on both databases, and go down and up again."""

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from app.cli.migrate import configuration
from app.database import Database


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """The full-text index is each database's own and stands in no model."""
    return not (kind in {"table", "index"} and (name or "").startswith("fts_search"))


def test_models_and_migrations_agree(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_every_migration_goes_down_and_up_again(database: Database) -> None:
    config = configuration()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
        command.upgrade(config, "head")
        assert "ballot_event" in sa.inspect(connection).get_table_names()


def test_every_check_constraint_of_the_models_is_in_the_database(database: Database) -> None:
    with database.engine.connect() as connection:
        inspector = sa.inspect(connection)
        for table in SQLModel.metadata.sorted_tables:
            declared = {c.name for c in table.constraints if isinstance(c, sa.CheckConstraint)}
            stored = {c["name"] for c in inspector.get_check_constraints(table.name)}
            assert declared <= stored, table.name
