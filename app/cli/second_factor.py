"""`second-factor`: take a lost second factor away from the command line; the way for an operator whom no other can help."""

from __future__ import annotations

import argparse

from app.cli.at_number import act_at_number
from app.services.accounts.second_factor import reset


def run(argv: list[str]) -> int:
    """Exit 2 for a call that cannot be read, 1 for one that is refused."""
    parser = argparse.ArgumentParser(prog="python -m app second-factor")
    parser.add_argument("deed", choices=["reset"])
    parser.add_argument("phone", help="the number the person signs in with")
    parser.add_argument(
        "--reason", required=True, help="stands in the trail and in the message to the person"
    )
    given = parser.parse_args(argv)
    return act_at_number(reset, phone=given.phone, reason=given.reason, said="reset")
