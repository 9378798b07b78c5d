"""`worker`: the timed work in a process of its own; any number may run on PostgreSQL."""

from __future__ import annotations

import logging
import signal

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.jobs.schedule import Worker


def run(_argv: list[str]) -> int:
    settings = Settings()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    database = Database(settings.resolved_database_url(), pool_size=2)
    worker = Worker(database, settings, settings.resolved_secret(), utc_now)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: worker.request_stop())
    worker.run()
    database.close()
    return 0
