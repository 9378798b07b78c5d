"""`migrate`: bring the database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config

from app.config import Settings
from app.database import Database

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


def run(argv: list[str]) -> int:
    settings = Settings()
    upgrade(settings.resolved_database_url(), argv[0] if argv else "head")
    return 0
