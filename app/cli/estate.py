"""`estate`: open an estate; its committee worker is then named with `grant`."""

from __future__ import annotations

import argparse
import sys

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.errors import Refusal
from app.services.estates.standing import create_estate


def run(argv: list[str]) -> int:
    """Exit 2 for a call that cannot be read, 1 for a slug that is bad or taken."""
    parser = argparse.ArgumentParser(prog="python -m app estate")
    parser.add_argument("slug", help="the address, /e/SLUG: small letters, digits and hyphens")
    parser.add_argument("name", help="幸福里小区")
    parser.add_argument("--address", default="")
    parser.add_argument("--committee", default="", help="幸福里社区居民委员会")
    parser.add_argument("--phone", default="", help="the desk's telephone, shown on every page")
    parser.add_argument("--desk", default="", help="where the desk is")
    parser.add_argument("--hours", default="", help="when it is open")
    given = parser.parse_args(argv)
    database = Database(Settings().resolved_database_url())
    try:
        with database.transaction() as session:
            create_estate(
                session,
                slug=given.slug,
                name=given.name,
                now=utc_now(),
                address=given.address,
                committee_name=given.committee,
                desk_phone=given.phone,
                desk_address=given.desk,
                desk_hours=given.hours,
            )
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    finally:
        database.close()
    print(f"opened: /e/{given.slug}")
    return 0
