"""`desk-code`: print a one-time code for somebody with a role who gets no text messages; an operator answers for it by name."""

from __future__ import annotations

import argparse

from sqlmodel import Session

from app.cli.at_number import carry_out
from app.clock import utc_now
from app.config import Settings
from app.services.estates.desk_codes import print_server_code


def run(argv: list[str]) -> int:
    """Exit 2 for a call that cannot be read, 1 for one that is refused."""
    parser = argparse.ArgumentParser(prog="python -m app desk-code")
    parser.add_argument("phone", help="the number of the person's account")
    parser.add_argument("--by", required=True, help="the number of the operator who has seen the person")
    parser.add_argument("--reason", required=True, help="how he was recognised; stands in the trail")
    given = parser.parse_args(argv)
    settings = Settings()

    def act(session: Session) -> str:
        return print_server_code(
            session,
            phone=given.phone,
            by=given.by,
            reason=given.reason,
            now=utc_now(),
            secret=settings.resolved_secret(),
        )

    return carry_out(act, settings)
