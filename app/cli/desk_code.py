"""`desk-code`: print a one-time code for somebody with a role who gets no text messages; an operator answers for it by name."""

from __future__ import annotations

import argparse
import sys

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.errors import Refusal
from app.services.estates.desk_codes import print_server_code


def run(argv: list[str]) -> int:
    """Exit 2 for a call that cannot be read, 1 for one that is refused."""
    parser = argparse.ArgumentParser(prog="python -m app desk-code")
    parser.add_argument("phone", help="the number of the person's account")
    parser.add_argument("--by", required=True, help="the number of the operator who has seen the person")
    parser.add_argument("--reason", required=True, help="how he was recognised; stands in the trail")
    given = parser.parse_args(argv)
    settings = Settings()
    database = Database(settings.resolved_database_url())
    try:
        with database.transaction() as session:
            code = print_server_code(
                session,
                phone=given.phone,
                by=given.by,
                reason=given.reason,
                now=utc_now(),
                secret=settings.resolved_secret(),
            )
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    finally:
        database.close()
    print(code)
    return 0
