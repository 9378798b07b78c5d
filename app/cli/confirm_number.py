"""`confirm-number`: say that a number is still its holder's; the way for an operator whom no other can vouch for."""

from __future__ import annotations

import argparse

from app.cli.at_number import act_at_number
from app.services.accounts.proofs import confirm_phone


def run(argv: list[str]) -> int:
    """Exit 2 for a call that cannot be read, 1 for one that is refused."""
    parser = argparse.ArgumentParser(prog="python -m app confirm-number")
    parser.add_argument("phone", help="the number the person signs in with")
    parser.add_argument("--reason", required=True, help="how you know; stands in the trail")
    given = parser.parse_args(argv)
    return act_at_number(confirm_phone, phone=given.phone, reason=given.reason, said="confirmed")
