"""`serve`: run the web service, with the worker inside unless `WORKER=separate`."""

from __future__ import annotations

import logging

import uvicorn

from app.config import Settings
from app.main import create_app


def run(argv: list[str]) -> int:
    """`serve [--port N]`; host and port come from the settings otherwise."""
    settings = Settings()
    port = int(argv[argv.index("--port") + 1]) if "--port" in argv else settings.port
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    # No access log: it would hold addresses and paths of people who vote.
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=port,
        http="httptools",
        loop="asyncio",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=10,
        timeout_keep_alive=20,
    )
    return 0
