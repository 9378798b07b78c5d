"""Figures of an installation for Prometheus, and who may read them: what the web process and the worker tell alike."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address

from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from app.database import Database
from app.rules.drift import ClockWatch
from app.services.health import look_at_clock, read_figures

# What a proxy brought from elsewhere says so in its headers.
BROUGHT = frozenset({"x-forwarded-for", "forwarded", "x-real-ip", "via"})


def may_read(*, token: str, authorization: str, brought: bool, host: str) -> bool:
    """With the token, or from this very machine and by no proxy."""
    if token and hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
        return True
    try:
        return not brought and ip_address(host).is_loopback
    except ValueError:
        return False


def write_figures(
    database: Database, *, watch: ClockWatch | None, ended_at: Mapping[str, datetime], now: datetime
) -> bytes:
    """What waits and what stands still, in Prometheus' words; `ended_at` is when each job of a worker last ended well."""
    return generate_latest(_Found(_families(database, watch, ended_at, now)))


class _Found(Collector):
    """Figures that were read for this one answer."""

    def __init__(self, families: Iterable[GaugeMetricFamily]) -> None:
        self.families = list(families)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self.families


def _families(
    database: Database, watch: ClockWatch | None, ended_at: Mapping[str, datetime], now: datetime
) -> Iterator[GaugeMetricFamily]:
    pool = GaugeMetricFamily(
        "haoshangliang_database_connections", "Connections by pool and use.", labels=("pool", "use")
    )
    for name, size, used in database.pool_figures():
        pool.add_metric((name, "size"), size)
        pool.add_metric((name, "used"), used)
    yield pool
    figures = read_figures(database, now=now)
    yield GaugeMetricFamily("haoshangliang_database_up", "Whether the database answers.", figures is not None)
    if figures is not None:
        messages = GaugeMetricFamily(
            "haoshangliang_messages", "Text messages not sent, by why.", labels=("state",)
        )
        messages.add_metric(("waiting",), figures.waiting)
        messages.add_metric(("failed",), figures.failed)
        yield messages
        yield GaugeMetricFamily(
            "haoshangliang_message_oldest_seconds",
            "How long the text message due first has been due.",
            figures.oldest_seconds,
        )
    if watch:
        drift = look_at_clock(database, watch)
        yield GaugeMetricFamily(
            "haoshangliang_clock_drift_seconds",
            "How far this machine's clock has moved since the start, or stands off the database's.",
            drift.seconds,
        )
        yield GaugeMetricFamily(
            "haoshangliang_clock_believed",
            "Whether timed work goes on: 0 while the clock is off by more than it may.",
            not drift.fault,
        )
    if ended_at:
        ticks = GaugeMetricFamily(
            "haoshangliang_job_age_seconds",
            "Seconds since a job of the worker inside last ended well.",
            labels=("job",),
        )
        for name, at in sorted(ended_at.items()):
            ticks.add_metric((name,), (now - at).total_seconds())
        yield ticks
