"""`worker`: the timed work in a process of its own; any number may run on PostgreSQL."""

from __future__ import annotations

import signal

from app import logs
from app.clock import steady, utc_now
from app.config import Settings
from app.database import Database
from app.jobs import metrics
from app.jobs.schedule import Worker
from app.rules.drift import ClockWatch


def run(_argv: list[str]) -> int:
    settings = Settings()
    logs.set_up()
    database = Database(settings.resolved_database_url(), pool_size=2)
    watch = ClockWatch(utc_now, steady)
    worker = Worker(database, settings, settings.resolved_secret(), utc_now, watch=watch)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: worker.request_stop())
    figures = metrics.serve(worker, settings)
    worker.run()
    if figures:
        figures.close()
    database.close()
    return 0
