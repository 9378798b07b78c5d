"""A load generator that costs little: raw HTTP/1.1 over kept connections, each request written as bytes beforehand."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass
class Load:
    """What one run gave; latencies in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def get(path: str, cookies: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n".encode()


def post(path: str, cookies: str, form: dict[str, str]) -> bytes:
    body = urlencode(form)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = int(head[9:12]), 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line[15:])
    return status, await reader.readexactly(length)


async def _run(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    load, waiting = Load(), iter(requests)
    deadline = time.perf_counter() + seconds

    async def caller() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            start = time.perf_counter()
            if start > deadline:
                break
            writer.write(request)
            status, _ = await read_answer(reader)
            load.latencies.append(time.perf_counter() - start)
            load.statuses[status] += 1
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(connections)))
    load.seconds = time.perf_counter() - start
    return load


def run(port: int, requests: Sequence[bytes], *, connections: int = 50, seconds: float = 10) -> Load:
    """Send the requests over so many connections, bounded in count and in time."""
    return asyncio.run(_run(port, requests, connections, seconds))


def fetch(port: int, request: bytes) -> tuple[int, bytes]:
    """One request; status and body."""

    async def one() -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        answer = await read_answer(reader)
        writer.close()
        return answer

    return asyncio.run(one())
