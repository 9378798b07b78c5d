"""`doctor`: a line for everything that can be wrong; reads only, and can be run at any time."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.services.doctor import Patient, examine

DOUBT, USAGE = 1, 2


def run(argv: Sequence[str]) -> int:
    """0 when all is well, 1 when something is in doubt, 2 for a call that cannot be read."""
    if argv:
        print("用法：doctor（没有参数）", file=sys.stderr)
        return USAGE
    settings = Settings()
    database = Database(settings.resolved_database_url())
    patient = Patient(
        database=database,
        data_dir=settings.data_dir,
        secret=settings.present_secret(),
        key_file=None if settings.secret_key else settings.data_dir / "secret.key",
        read_clock=utc_now,
    )
    try:
        doubts = 0
        for found in examine(patient):
            doubts += not found.well
            print(f"［{'好' if found.well else '疑'}］{found.sentence}。")
    finally:
        database.close()
    print(f"\n{f'有 {doubts} 处要看。' if doubts else '没有发现问题。'}")
    return DOUBT if doubts else 0
