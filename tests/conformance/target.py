"""A GeoReport v2 server as a client sees it: what it is asked over HTTP, and its answers in one shape from both forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

import httpx
from defusedxml import ElementTree

CONTENT_TYPES = {"xml": "text/xml", "json": "application/json"}
FORM = "application/x-www-form-urlencoded; charset=utf-8"
# Elements that hold a list of one kind of element, and of which JSON makes an array.
_LISTS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "endpoints": "endpoint",
    "formats": "format",
}
_BOOLEANS = {"metadata", "variable", "required"}


@dataclass(frozen=True)
class Answer:
    """`content` is what a JSON client would read, made from XML where XML was asked for."""

    status: int
    content: Any
    text: str
    headers: httpx.Headers


@dataclass(frozen=True)
class Target:
    """Where the contract begins (`url`, without a slash at the end), and what a client was given to use it.

    `key` is "" where nothing may be sent, `jurisdiction` "" where there is only one, `spot` is a place in it, and
    `address_id` one that the server knows.
    """

    url: str
    http: httpx.Client
    key: str = ""
    jurisdiction: str = ""
    spot: tuple[str, str] = ("", "")
    address_id: str = ""
    _seen: dict[str, Any] = field(default_factory=dict)

    def _with_jurisdiction(self, sent: dict[str, Any]) -> dict[str, Any]:
        named = {"jurisdiction_id": self.jurisdiction} if self.jurisdiction else {}
        return {name: value for name, value in {**named, **sent}.items() if value is not None}

    def get(self, path: str, form: str, **query: str | None) -> Answer:
        return read(self.http.get(f"{self.url}/{path}.{form}", params=self._with_jurisdiction(query)), form)

    def post(self, form: str, **body: Any) -> Answer:
        """A report; `service_code`, its required answers, a place and the key are there unless said otherwise."""
        service = body.get("service_code", "") or self.service["service_code"]
        given = {"api_key": self.key, **self.service, "service_code": service, **body}
        if not {"lat", "long", "address_string", "address_id"} & body.keys():
            given["address_string"] = "conformance test"
        answer = self.http.post(
            f"{self.url}/requests.{form}",
            data=self._with_jurisdiction(given),
            headers={"content-type": FORM},
        )
        return read(answer, form)

    def file(self, form: str, **body: Any) -> str:
        """The id of a report that must be taken."""
        answer = self.post(form, **body)
        assert answer.status in {200, 201}, answer.text
        (made,) = answer.content
        if made.get("service_request_id") in {None, ""}:
            (made,) = self.get(f"tokens/{made['token']}", form).content
        return str(made["service_request_id"])

    @property
    def services(self) -> list[dict[str, Any]]:
        return list(self._once("services", lambda: self.get("services", "json").content))

    @property
    def service(self) -> dict[str, Any]:
        """The first service that can be reported without a required answer, or else with the first of each."""
        return dict(self._once("service", self._find_service))

    def _find_service(self) -> dict[str, Any]:
        found = []
        for one in self.services:
            needed = self.required(one)
            found.append((len(needed), {"service_code": str(one["service_code"]), **needed}))
        return min(found, key=lambda pair: pair[0])[1]

    def required(self, service: dict[str, Any]) -> dict[str, str]:
        if not service["metadata"]:
            return {}
        definition = self.get(f"services/{service['service_code']}", "json").content
        return {
            f"attribute[{one['code']}]": _any_answer(one)
            for one in definition["attributes"]
            if one["required"] and one["variable"]
        }

    def _once(self, name: str, make: Any) -> Any:
        if name not in self._seen:
            self._seen[name] = make()
        return self._seen[name]


def _any_answer(attribute: dict[str, Any]) -> str:
    if attribute["values"]:
        # The last is the harmless one where the first says that there is danger.
        return str(attribute["values"][-1]["key"])
    return {"number": "1", "datetime": "2026-11-23T09:00:00+08:00"}.get(attribute["datatype"], "x")


def read(answer: httpx.Response, form: str) -> Answer:
    """Every answer, a refusal too, is in the form asked for, in UTF-8 and says so."""
    kind, _, parameters = answer.headers["content-type"].partition(";")
    assert kind.strip() == CONTENT_TYPES[form], answer.text[:200]
    assert parameters.strip().lower() == "charset=utf-8"
    text = answer.content.decode("utf-8")
    content = answer.json() if form == "json" else _read_xml(text)
    return Answer(answer.status_code, content, text, answer.headers)


def _read_xml(text: str) -> Any:
    head = text.lstrip("\ufeff").split("?>", 1)[0].lower()
    assert head.startswith("<?xml")
    assert "utf-8" in head
    # Refuses entities, external ones above all, and document types that declare them.
    return _plain(ElementTree.fromstring(text.encode()))


def _plain(element: Element) -> Any:
    assert not element.tag.startswith("{"), "no namespaces"
    if element.tag in _LISTS:
        assert {child.tag for child in element} <= {_LISTS[element.tag]}
        return [_plain(child) for child in element]
    if len(element):
        return {child.tag: _plain(child) for child in element}
    if element.tag in _BOOLEANS:
        return {"true": True, "false": False}[str(element.text)]
    return element.text or None


def instant(text: str) -> datetime:
    """A time of the contract: never without a zone."""
    assert "T" in text, text
    found = datetime.fromisoformat(text)
    assert found.tzinfo is not None, text
    return found
