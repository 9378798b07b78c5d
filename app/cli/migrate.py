"""`migrate`: bring the database to the newest schema, and its calendar to the newest notice."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.services.maintenance.calendar_loading import bring_up_to_date

ROOT = Path(__file__).parents[2]


def configuration() -> Config:
    """Alembic's configuration, wherever the command is started from."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def upgrade(url: str, target: str = "head") -> None:
    """Run the migrations on the database at `url`, in one connection."""
    database = Database(Settings(database_url=url).resolved_database_url())
    config = configuration()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, target)
        connection.commit()
    database.close()


def load_calendar(url: str) -> None:
    """Take over the years whose notice came with the library; the worker does the same with its first tick."""
    database = Database(url)
    with database.transaction() as session:
        bring_up_to_date(session, now=utc_now())
    database.close()


def run(argv: list[str]) -> int:
    settings = Settings()
    url, target = settings.resolved_database_url(), argv[0] if argv else "head"
    upgrade(url, target)
    if target == "head":
        load_calendar(url)
    return 0
