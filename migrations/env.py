"""Alembic's door: the same metadata on both databases, batch mode for SQLite, one transaction a migration."""

from alembic import context
from sqlmodel import SQLModel

import app.models  # noqa: F401 — registers the tables
from app.config import Settings
from app.database import Database

connection = context.config.attributes.get("connection")


def run(connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if connection is not None:
    run(connection)
else:
    database = Database(Settings().resolved_database_url())
    with database.engine.connect() as opened:
        run(opened)
        opened.commit()
    database.close()
