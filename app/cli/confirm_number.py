"""`confirm-number`: say that a number is still its holder's; the way for an operator whom no other can vouch for."""

from __future__ import annotations

import argparse
import sys

from app.clock import utc_now
from app.config import Settings
from app.database import Database
from app.errors import Refusal
from app.models.base import NO_ID
from app.services.accounts.people import find_account
from app.services.accounts.proofs import confirm_phone
from app.services.trail import Actor


def run(argv: list[str]) -> int:
    """Exit 2 for a call that cannot be read, 1 for one that is refused."""
    parser = argparse.ArgumentParser(prog="python -m app confirm-number")
    parser.add_argument("phone", help="the number the person signs in with")
    parser.add_argument("--reason", required=True, help="how you know; stands in the trail")
    given = parser.parse_args(argv)
    database = Database(Settings().resolved_database_url())
    try:
        with database.transaction() as session:
            account_id = find_account(session, phone=given.phone)
            actor = Actor(NO_ID, "命令行")
            confirm_phone(session, account_id=account_id, actor=actor, reason=given.reason, now=utc_now())
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    finally:
        database.close()
    print("confirmed")
    return 0
