"""A new request from a client: its service, one form of place, its answers, and one refusal for each fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.errors import N_, Invalid, NotFound, Refusal
from app.rules.maintenance import questions
from app.rules.maintenance.kinds import Category
from app.rules.maintenance.open311.parameters import Parameters, value_of
from app.rules.maintenance.open311.writing import MICRO
from app.rules.text import clean_line, clean_text

MOST_DESCRIPTION = 4_000
MOST_ADDRESS, MOST_ID, MOST_URL = 500, 200, 2_000
_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,64})\](?:\[\])?")
_DEGREES = re.compile(r"(-?)([0-9]{1,3})(?:\.([0-9]{1,20}))?")
_SENDER = {"email": 254, "device_id": 200, "account_id": 200, "first_name": 50, "last_name": 50, "phone": 30}


@dataclass(frozen=True, slots=True)
class Posting:
    """What was sent, cleaned. Coordinates are WGS84 in millionths of a degree, both or neither.

    `sender` is for the staff alone and is never published; `media_url` is a link to show, never to fetch.
    """

    category: Category
    lat: int | None = None
    long: int | None = None
    address: str = ""
    address_id: str = ""
    description: str = ""
    media_url: str = ""
    answers: Mapping[str, list[str]] = field(default_factory=dict)
    sender: Mapping[str, str] = field(default_factory=dict)


def faults_of(parameters: Parameters, categories: Mapping[str, Category]) -> list[Refusal]:
    """One refusal for each fault, the service's first; `read_posting` passes when there is none."""
    try:
        category = service_of(value_of(parameters, "service_code"), categories)
    except Refusal as fault:
        return [fault]
    readers: list[Callable[[], object]] = [
        lambda: _place(parameters),
        lambda: _description(parameters),
        lambda: _media_url(parameters),
        lambda: _sender(parameters),
    ]
    found = [one for read in readers if (one := _fault_of(read)) is not None]
    return [*found, *questions.faults_of(category.questions, attributes_of(parameters))]


def read_posting(parameters: Parameters, categories: Mapping[str, Category]) -> Posting:
    """The request as sent; raises the first of `faults_of`."""
    category = service_of(value_of(parameters, "service_code"), categories)
    lat, long, address, address_id = _place(parameters)
    return Posting(
        category=category,
        lat=lat,
        long=long,
        address=address,
        address_id=address_id,
        description=_description(parameters),
        media_url=_media_url(parameters),
        sender=_sender(parameters),
        answers=questions.read_answers(category.questions, attributes_of(parameters)),
    )


def service_of(code: str, categories: Mapping[str, Category]) -> Category:
    """Raises `Invalid` (`no_service_code`) for none, `NotFound` (`unknown_service_code`) for one that is not offered."""
    if not code:
        raise Invalid(N_("缺少参数 service_code"), code="no_service_code", field="service_code")
    if code not in categories:
        raise NotFound(
            N_("参数 service_code 指的报修类别不存在"), code="unknown_service_code", field="service_code"
        )
    return categories[code]


def attributes_of(parameters: Parameters) -> dict[str, list[str]]:
    """The answers by question, from `attribute[code]` and `attribute[code][]`, blank ones left out."""
    answers: dict[str, list[str]] = {}
    for name, values in parameters.items():
        if found := _ATTRIBUTE.fullmatch(name):
            answers.setdefault(found[1], []).extend(value for value in values if value.strip())
    return answers


def read_degrees(text: str, *, name: str, most: int) -> int:
    """Millionths of a degree, rounded to the nearest; raises `Invalid` (`bad_coordinate`) beyond `most` degrees."""
    found = _DEGREES.fullmatch(text)
    if found is not None:
        decimals = (found[3] or "").ljust(7, "0")
        micro = int(found[2]) * MICRO + int(decimals[:6]) + (decimals[6] >= "5")
        if micro <= most * MICRO:
            return -micro if found[1] else micro
    raise Invalid(
        N_("参数 %(name)s 请写成 -%(most)s 到 %(most)s 之间的度数"),
        code="bad_coordinate",
        field=name,
        name=name,
        most=most,
    )


def _fault_of(read: Callable[[], object]) -> Refusal | None:
    try:
        read()
    except Refusal as fault:
        return fault
    return None


def _place(parameters: Parameters) -> tuple[int | None, int | None, str, str]:
    lat, long = value_of(parameters, "lat"), value_of(parameters, "long")
    address = clean_line(value_of(parameters, "address_string"), most=MOST_ADDRESS, field="address_string")
    address_id = clean_line(value_of(parameters, "address_id"), most=MOST_ID, field="address_id")
    if bool(lat) is not bool(long):
        raise Invalid(
            N_("参数 lat 和 long 要一起写"), code="half_a_coordinate", field="long" if lat else "lat"
        )
    if not (lat or address or address_id):
        raise Invalid(
            N_("请写明地点：lat 和 long，或 address_string，或 address_id"),
            code="no_place",
            field="address_id",
        )
    if not lat:
        return None, None, address, address_id
    return (
        read_degrees(lat, name="lat", most=90),
        read_degrees(long, name="long", most=180),
        address,
        address_id,
    )


def _description(parameters: Parameters) -> str:
    return clean_text(value_of(parameters, "description"), most=MOST_DESCRIPTION, field="description")


def _media_url(parameters: Parameters) -> str:
    text = value_of(parameters, "media_url")
    if text and (len(text) > MOST_URL or not _is_public(text)):
        raise Invalid(
            N_("参数 media_url 请写一个以 http:// 或 https:// 开头的公开网址"),
            code="bad_url",
            field="media_url",
        )
    return text


def _is_public(text: str) -> bool:
    """A plain web address with a host name, without a name and password in it."""
    if any(character.isspace() or not character.isprintable() for character in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and "@" not in parts.netloc
    except ValueError:
        return False


def _sender(parameters: Parameters) -> dict[str, str]:
    read = {
        name: clean_line(value_of(parameters, name), most=most, field=name) for name, most in _SENDER.items()
    }
    return {name: value for name, value in read.items() if value}
