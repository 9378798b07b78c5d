"""The documents of GeoReport v2: services, definitions, requests, tokens, errors and discovery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.errors import N_
from app.rules.maintenance.emergencies import EMERGENCIES, Danger, Phone, phones_for
from app.rules.maintenance.kinds import FAMILY_NAMES, Category
from app.rules.maintenance.open311.instants import show_changeset, show_instant
from app.rules.maintenance.open311.listing import status_in
from app.rules.maintenance.open311.writing import Degrees, Document, Format, Items, Value
from app.rules.maintenance.questions import Datatype, Question
from app.rules.maintenance.states import CLOSED, OrderState

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
MIME_TYPES = {Format.XML: "text/xml", Format.JSON: "application/json"}

# Translates a marked Chinese word into the language of the answer.
Say = Callable[[str], str]

ANSWER_FORMS = {
    Datatype.STRING: N_("一行文字，最多200个字"),
    Datatype.NUMBER: N_("数字"),
    Datatype.DATETIME: N_("带时区的时间，例如 2026-11-23T09:00:00+08:00"),
    Datatype.TEXT: N_("文字，最多4000个字"),
    Datatype.ONE: N_("选一项"),
    Datatype.MANY: N_("可以选几项"),
}


class EndpointType(StrEnum):
    PRODUCTION = "production"
    TEST = "test"


def services_document(categories: Iterable[Category], say: Say) -> Document:
    """Every service takes a report at once and answers with its number: all are `realtime`."""
    return Document("services", Items("service", tuple(_service(one, say) for one in categories)))


def _service(category: Category, say: Say) -> Mapping[str, Value]:
    return {
        "service_code": category.key,
        "service_name": say(category.title),
        "description": say(category.hint),
        "metadata": bool(category.questions or category.dangers),
        "type": "realtime",
        "keywords": ",".join(category.keywords),
        "group": say(FAMILY_NAMES[category.family]),
    }


def definition_document(
    category: Category, say: Say, local: Mapping[Danger, Sequence[Phone]] | None = None
) -> Document:
    """The questions of a service, after what to ring first; `local` are the estate's own numbers."""
    notices = [_notice(danger, say, local or {}) for danger in category.dangers]
    asked = [_attribute(question, say) for question in category.questions]
    attributes = tuple({**one, "order": order} for order, one in enumerate([*notices, *asked], 1))
    return Document(
        "service_definition",
        {"service_code": category.key, "attributes": Items("attribute", attributes)},
    )


def _notice(danger: Danger, say: Say, local: Mapping[Danger, Sequence[Phone]]) -> dict[str, Value]:
    emergency = EMERGENCIES[danger]
    numbers = "；".join(f"{say(phone.name)} {phone.number}" for phone in phones_for(danger, local))
    text = f"{say(emergency.title)}：{say(emergency.todo)}。{numbers}"
    shown = Question(f"danger_{danger.value}", text, Datatype.STRING, variable=False)
    return _attribute(shown, str)


def _attribute(question: Question, say: Say) -> dict[str, Value]:
    values = tuple({"key": value.key, "name": say(value.name)} for value in question.values)
    return {
        "variable": question.variable,
        "code": question.code,
        "datatype": question.datatype.value,
        "required": question.required,
        "datatype_description": say(ANSWER_FORMS[question.datatype]) if question.variable else None,
        "order": 0,
        "description": say(question.title),
        "values": Items("value", values),
    }


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One published request. There is no field for who reported it, and none may be added.

    `lat` and `long` are of the building's middle in millionths of a degree, `address` is without the flat;
    texts are said already. `changed_at` is the last change of any kind, `closed_at` the closing.
    """

    id: str
    state: OrderState
    service_code: str
    service_name: str
    filed_at: datetime
    changed_at: datetime
    closed_at: datetime | None = None
    expected_at: datetime | None = None
    status_notes: str = ""
    description: str = ""
    agency: str = ""
    notice: str = ""
    address: str = ""
    address_id: str = ""
    zipcode: str = ""
    lat: int | None = None
    long: int | None = None
    media_url: str = ""


def requests_document(rows: Iterable[RequestRow]) -> Document:
    """The list of requests, of one as well as of none; every field is always there."""
    return Document("service_requests", Items("request", tuple(map(_request, rows))))


def updated_at(row: RequestRow) -> datetime:
    """For a closed request its closing, which no later rating or note moves."""
    return row.closed_at if row.state in CLOSED and row.closed_at is not None else row.changed_at


def _request(row: RequestRow) -> Mapping[str, Value]:
    return {
        "service_request_id": row.id,
        "status": status_in(row.state).value,
        "status_notes": row.status_notes,
        "service_name": row.service_name,
        "service_code": row.service_code,
        "description": row.description,
        "agency_responsible": row.agency,
        "service_notice": row.notice,
        "requested_datetime": show_instant(row.filed_at),
        "updated_datetime": show_instant(updated_at(row)),
        "expected_datetime": show_instant(row.expected_at) if row.expected_at else None,
        "address": row.address,
        "address_id": row.address_id,
        "zipcode": row.zipcode,
        "lat": None if row.lat is None else Degrees(row.lat),
        "long": None if row.long is None else Degrees(row.long),
        "media_url": row.media_url,
    }


def created_document(request_id: str, notice: str) -> Document:
    """The answer to a new request: its number, never a token, and what to expect."""
    created: Mapping[str, Value] = {
        "service_request_id": request_id,
        "service_notice": notice,
        "account_id": None,
    }
    return Document("service_requests", Items("request", (created,)))


def token_document(token: str, request_id: str) -> Document:
    return Document(
        "service_requests", Items("request", ({"service_request_id": request_id, "token": token},))
    )


def errors_document(errors: Iterable[tuple[int, str]]) -> Document:
    """Pairs of a code and a sentence for the person who uses the client."""
    shown = tuple({"code": str(code), "description": text} for code, text in errors)
    return Document("errors", Items("error", shown))


def discovery_document(
    *, changed_at: datetime, contact: str, key_service: str, url: str, kind: EndpointType
) -> Document:
    """`changed_at` is when the services or a definition last changed, never the present."""
    changeset = show_changeset(changed_at)
    endpoint: Mapping[str, Value] = {
        "specification": SPECIFICATION,
        "url": url,
        "changeset": changeset,
        "type": kind.value,
        "formats": Items("format", tuple(MIME_TYPES[form] for form in Format)),
    }
    return Document(
        "discovery",
        {
            "changeset": changeset,
            "contact": contact,
            "key_service": key_service,
            "endpoints": Items("endpoint", (endpoint,)),
        },
    )
