"""Telephone numbers as people write them, in the one form in which they are stored and compared (E.164)."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

_HOME = "CN"
_HOME_CODE = 86
_WRITTEN = re.compile(r"(?:\+|00)?[0-9][0-9 ()-]{5,28}")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−─﹣－ー"), "-")


def read_phone(text: str) -> str | None:
    """E.164 of a mobile or fixed-line number, Chinese unless it begins with `+` or `00`; None if unreadable.

    Takes full-width digits, spaces, dashes and brackets; no letters: the library would turn them into digits.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).strip()
    if not _WRITTEN.fullmatch(plain):
        return None
    plain = re.sub(r"^00(?=[1-9])", "+", plain)
    if re.fullmatch(r"86[ -]?1[3-9][0-9 -]{9,13}", plain):
        plain = f"+{plain}"
    try:
        number = phonenumbers.parse(plain, _HOME)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_mobile(e164: str) -> bool:
    """Whether it is a mainland mobile number, the only kind a sign-in code is sent to."""
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return False
    return number.country_code == _HOME_CODE and phonenumbers.number_type(number) == PhoneNumberType.MOBILE
