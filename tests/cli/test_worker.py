"""The worker as a process of its own: it works, tells its figures where it is asked to, and ends when it is told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.cli.migrate import upgrade

TOKEN = "a token of forty letters for the watcher"
OPENER = build_opener(ProxyHandler({}))


def read(port: int, path: str = "/metrics", **headers: str) -> str:
    request = Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with OPENER.open(request, timeout=5) as answer:
        return str(answer.read().decode())


def status(port: int, path: str = "/metrics", **headers: str) -> int:
    try:
        read(port, path, **headers)
    except HTTPError as refused:
        refused.close()
        return refused.code
    return 200


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """A worker over a migrated database of its own, with these settings."""
    upgrade(f"sqlite:///{tmp_path / 'haoshangliang.db'}")
    started = []

    def begin(**settings: str) -> subprocess.Popen[bytes]:
        known = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "worker"],
            env={**known, "DATA_DIR": str(tmp_path), **settings},
            cwd=Path(__file__).parents[2],
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.wait()


def figures_of(port: int, process: subprocess.Popen[bytes]) -> dict[tuple[str, ...], float]:
    """As soon as every job has ended once."""
    for _ in range(300):
        assert process.poll() is None
        try:
            text = read(port)
        except URLError:
            text = ""
        if 'job="tidy"' in text:
            break
        time.sleep(0.1)
    samples = [line for family in text_string_to_metric_families(text) for line in family.samples]
    return {(line.name, *line.labels.values()): line.value for line in samples}


def test_a_worker_tells_its_figures_to_this_machine_and_ends_when_told(start, port) -> None:
    process = start(WORKER_METRICS_PORT=str(port), METRICS_TOKEN=TOKEN)
    found = figures_of(port, process)
    assert 0 <= found["haoshangliang_job_age_seconds", "votes"] < 60
    assert found["haoshangliang_database_up",] == 1
    assert found["haoshangliang_clock_believed",] == 1
    assert found["process_resident_memory_bytes",] > 1_000_000
    assert status(port, "/") == 404
    # Brought by a proxy: only with the token.
    far = {"X-Forwarded-For": "203.0.113.5"}
    assert status(port, **far) == 404
    assert status(port, **far, Authorization="Bearer wrong") == 404
    assert status(port, **far, Authorization=f"Bearer {TOKEN}") == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_without_a_port_it_serves_nothing(tmp_path) -> None:
    from app.config import Settings
    from app.jobs.metrics import serve
    from app.jobs.schedule import Worker

    settings = Settings(_env_file=None, data_dir=tmp_path)
    assert settings.worker_metrics_port == 0
    assert serve(cast(Worker, None), settings) is None
