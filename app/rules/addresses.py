"""Whose network address proxies have written into a header."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

_WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::\d{1,5})?|([^:]+):\d{1,5}")


def forwarded_address(lines: Iterable[str], hops: int) -> str:
    """The address that the outermost of our own `hops` proxies saw; "" without any, or where none stands.

    Each proxy writes behind what it was sent the address it saw, into the same header line or a new one. Counted from
    the end, as many entries are true as there are proxies of ours; all before them may be anybody's invention.
    """
    entries = ",".join(lines).split(",")
    return _read(entries[-hops]) if 0 < hops <= len(entries) else ""


def _read(entry: str) -> str:
    """The address in its one spelling, a port taken off; "" for anything else."""
    entry = entry.strip()[:64]
    found = _WITH_PORT.fullmatch(entry)
    try:
        address = ip_address((found[1] or found[2]) if found else entry)
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        # The zone is a matter of the machine that wrote it, and could be any text.
        return str(address.ipv4_mapped or IPv6Address(int(address)))
    return str(address)
