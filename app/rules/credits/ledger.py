"""Sums of a ledger: never below nothing, and what is taken back is no more than there is."""

from __future__ import annotations

from app.errors import N_, Conflict


def carried_on(balance: int, amount: int) -> int:
    """The balance after one more line. Raises `Conflict` (`too_few`) below nothing."""
    after = balance + amount
    if after < 0:
        raise Conflict(N_("积分不够，还差 %(missing)s 分"), code="too_few", missing=-after)
    return after


def taken_back(amount: int, balance: int) -> int:
    """The line that undoes a grant: points already spent are not asked back, nobody comes to owe any."""
    return -min(amount, balance)
