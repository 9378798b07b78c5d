"""The service under a clock that a test sets: `python -m tests.browser.shifted PORT`; the shift lies in a file of the data directory."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

import uvicorn

from app.clock import utc_now
from app.config import Settings
from app.main import create_app

SHIFT = "clock-shift"


def serve(port: int) -> None:
    settings = Settings()
    shift = settings.data_dir / SHIFT

    def clock() -> datetime:
        return utc_now() + timedelta(seconds=float(shift.read_text()))

    uvicorn.run(
        create_app(settings, clock=clock),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        loop="asyncio",
        http="httptools",
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]))
