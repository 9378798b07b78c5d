"""What sign-in by SMS code and by desk code share: the limits, the result, and how a typed code is read."""

from __future__ import annotations

import ipaddress
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from uuid import UUID

from app.config import Settings
from app.errors import Refusal
from app.services.accounts.hashing import keyed_hash

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """How many codes are sent and how many wrong ones are taken."""

    sends_phone_day: int
    sends_address_day: int
    sends_site_day: int
    resend_seconds: int
    failures_phone_hour: int
    failures_site_hour: int
    # A carrier puts many homes behind one address, so this is far above what one person mistypes.
    failures_address_hour: int = 60
    # From this many codes in the hour on, an address is shown a picture first.
    pictures_address_hour: int = 5

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            sends_phone_day=settings.sms_per_phone_day,
            sends_address_day=settings.sms_per_address_day,
            sends_site_day=settings.sms_site_day,
            resend_seconds=settings.sms_resend_seconds,
            failures_phone_hour=settings.code_failures_per_phone_hour,
            failures_site_hour=settings.code_failures_site_hour,
        )


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Who signed in, or why not; exactly one of the two is set.

    A refusal is returned and not raised: raising rolls the transaction back, and the counted try with it.
    The caller commits first and shows the refusal afterwards.
    """

    account_id: UUID | None
    refusal: Refusal | None = None


def read_digits(text: str) -> str:
    """The digits of a typed code, full-width ones and gaps allowed; empty when anything else stands there."""
    folded = "".join(unicodedata.normalize("NFKC", text[:60]).split()).replace("-", "")
    return folded if folded.isascii() and folded.isdigit() else ""


def network_of(address: str) -> str:
    """Whom an address stands for: an IPv6 home owns a whole /64, so that counts as one."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))


def address_tag(secret: bytes, address: str) -> str:
    """What stands for a client in a limit's key."""
    return keyed_hash(secret, "address", network_of(address))
