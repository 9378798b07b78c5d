"""Open311 GeoReport v2 at `/open311/v2`: an app of its own, because its refusals have another shape and its forms no token."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.dependencies import Now, SessionDep, SettingsDep
from app.errors import N_, Invalid, NotFound, Refusal, TooMany
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.open311 import documents, parameters, posting
from app.rules.maintenance.open311.listing import Query, read_query
from app.rules.maintenance.open311.parameters import Parameters
from app.rules.maintenance.open311.writing import CONTENT_TYPES, Document, Format, write
from app.services.maintenance import clients, open311
from app.services.maintenance.open311 import Jurisdiction
from app.templating import language_of, translate

log = logging.getLogger("haoshangliang.open311")

ROOT = "/open311/v2"
_UNKNOWN = N_("这个地址不存在；可用的地址见 discovery")
_TAKEN = N_("已收到，编号 %(number)s；谁负责、到哪一天为止，用这个编号查询")
_CUT = N_("提交的内容没有传完，什么也没有改动，请再提交一次")
_FAULT = N_("这次没有成功，什么也没有改动，请过一会儿再试")

router = APIRouter()
READ = ["GET", "HEAD"]


def _say(request: Request, sentence: str) -> str:
    return translate(sentence, {}, language_of(request))


def _answer(document: Document, form: Format, status: int = 200) -> Response:
    return Response(
        write(document, form),
        status_code=status,
        media_type=CONTENT_TYPES[form],
        # Anybody's page may show what is public anyway; a key is never a cookie.
        headers={"Access-Control-Allow-Origin": "*"},
    )


def _refuse(request: Request, faults: Iterable[Refusal], status: int | None = None) -> Response:
    """Every fault in the shape of the contract and in the form that was asked for."""
    found = list(faults)
    code = status or min(parameters.status_of(fault) for fault in found)
    sentences = [(code, translate(fault.message, fault.values, language_of(request))) for fault in found]
    form = parameters.format_of(request.url.path)
    response = _answer(documents.errors_document(sentences), form, code)
    for fault in found:
        if isinstance(fault, TooMany):
            response.headers["Retry-After"] = str(fault.values.get("seconds", 60))
    return response


def _many(pairs: Iterable[tuple[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


def _query(request: Request) -> Parameters:
    return _many(request.query_params.multi_items())


QueryDep = Annotated[Parameters, Depends(_query)]


async def _body(request: Request) -> Parameters:
    parameters.ensure_form(request.headers.get("content-type", ""))
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            parameters.ensure_size(len(body))
    except ClientDisconnect:
        raise Invalid(_CUT) from None
    return parameters.read_form(bytes(body))


# Named before the session in a handler: whoever sends slowly must not hold a turn at the database meanwhile.
BodyDep = Annotated[Parameters, Depends(_body)]


def _estate(session: SessionDep, given: Parameters) -> Jurisdiction:
    known = open311.jurisdictions(session)
    if not known:
        raise NotFound(N_("这里还没有小区"), code="unknown_jurisdiction")
    return known[parameters.jurisdiction_of(given, known)]


@router.api_route("/discovery.{suffix}", methods=READ)
def discover(session: SessionDep, settings: SettingsDep, suffix: str) -> Response:
    _, form = parameters.split_format(f"discovery.{suffix}")
    estates = open311.jurisdictions(session).values()
    contact = "；".join(f"{estate.name} {estate.phone}".strip() for estate in estates)
    document = documents.discovery_document(
        changed_at=open311.services_changed_at(session),
        contact=contact or settings.public_url,
        key_service=contact or settings.public_url,
        url=f"{settings.public_url.rstrip('/')}{ROOT}",
        kind=documents.EndpointType.TEST if settings.demo else documents.EndpointType.PRODUCTION,
    )
    return _answer(document, form)


@router.api_route("/services.{suffix}", methods=READ)
def list_services(request: Request, session: SessionDep, given: QueryDep, suffix: str) -> Response:
    _, form = parameters.split_format(f"services.{suffix}")
    _estate(session, given)
    return _answer(documents.services_document(CATEGORIES.values(), partial(_say, request)), form)


@router.api_route("/services/{tail}", methods=READ)
def show_service(request: Request, session: SessionDep, given: QueryDep, tail: str) -> Response:
    code, form = parameters.split_format(tail)
    estate = _estate(session, given)
    service = posting.service_of(code, CATEGORIES)
    local = open311.local_phones(session, estate_id=estate.id)
    return _answer(documents.definition_document(service, partial(_say, request), local), form)


@router.api_route("/requests.{suffix}", methods=READ)
def list_requests(
    request: Request, session: SessionDep, settings: SettingsDep, now: Now, given: QueryDep, suffix: str
) -> Response:
    _, form = parameters.split_format(f"requests.{suffix}")
    estate = _estate(session, given)
    rows = open311.list_requests(
        session,
        estate=estate,
        query=read_query(given, now),
        public_url=settings.public_url,
        say=partial(_say, request),
    )
    return _answer(documents.requests_document(rows), form)


@router.api_route("/requests/{tail}", methods=READ)
def show_request(
    request: Request, session: SessionDep, settings: SettingsDep, given: QueryDep, tail: str
) -> Response:
    number, form = parameters.split_format(tail)
    estate = _estate(session, given)
    rows = open311.list_requests(
        session,
        estate=estate,
        query=Query(ids=(number,)),
        public_url=settings.public_url,
        say=partial(_say, request),
    )
    if not rows:
        raise NotFound(N_("没有这张工单"), code="unknown_request")
    return _answer(documents.requests_document(rows), form)


@router.api_route("/tokens/{tail}", methods=READ)
def show_token(session: SessionDep, given: QueryDep, tail: str) -> Response:
    token, form = parameters.split_format(tail)
    estate = _estate(session, given)
    number = open311.request_of_token(session, estate_id=estate.id, token=token)
    return _answer(documents.token_document(token, number), form)


@router.post("/requests.{suffix}")
def post_request(
    request: Request, body: BodyDep, query: QueryDep, session: SessionDep, now: Now, suffix: str
) -> Response:
    _, form = parameters.split_format(f"requests.{suffix}")
    # Old clients send the jurisdiction and the key in the address.
    named = parameters.value_of(body, "jurisdiction_id") or parameters.value_of(query, "jurisdiction_id")
    estate = _estate(session, {"jurisdiction_id": [named]})
    actor = clients.admit(session, estate_id=estate.id, key=parameters.key_of(body, query), now=now)
    faults = posting.faults_of(body, CATEGORIES)
    if faults:
        session.rollback()
        return _refuse(request, faults)
    sent = posting.read_posting(body, CATEGORIES)
    order = open311.post_request(session, sent, estate=estate, actor=actor, now=now)
    notice = translate(_TAKEN, {"number": order.number}, language_of(request))
    return _answer(documents.created_document(str(order.number), notice), form)


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    # The contract knows no limit in front of it; that one is everybody's, and every client's library knows it.
    return _refuse(request, [error], 429 if error.code == "flood" else None)


async def _on_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _refuse(request, [NotFound(_UNKNOWN)], 404 if status in {404, 405} else 400)


async def _on_malformed(request: Request, _error: Exception) -> Response:
    return _refuse(request, [NotFound(_UNKNOWN)], 400)


async def _on_fault(request: Request, error: Exception) -> Response:
    log.error("open311 failed", exc_info=error)
    return _refuse(request, [NotFound(_FAULT)], 500)


def build() -> FastAPI:
    """The app to be mounted; it shares the state of the one it is mounted in."""
    app = FastAPI(
        title="Open311 GeoReport v2",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.include_router(router)
    handlers: dict[Any, Any] = {
        Refusal: _on_refusal,
        HTTPException: _on_http,
        RequestValidationError: _on_malformed,
        Exception: _on_fault,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
    return app
