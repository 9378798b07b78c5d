"""Refusals as problem details (RFC 9457): a code for programs, a sentence for people, in the language that was asked for."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import Field
from starlette.exceptions import HTTPException

from app.errors import N_, Invalid, NotFound, Refusal, TooMany
from app.routers.api.asking import language_of
from app.routers.api.shapes import Shape
from app.routers.refusals import status_of
from app.templating import translate

log = logging.getLogger("haoshangliang.api")

MEDIA_TYPE = "application/problem+json"

_UNKNOWN = N_("这个地址不存在；可用的地址见 /api/v1/openapi.json")
_READ_ONLY = N_("这里只能读取（GET、HEAD）")
_FAULT = N_("这次没有成功，什么也没有改动，请过一会儿再试")
_STRANGE = N_("没有这样的参数，请对照接口说明")
_WRONG = N_("参数的值不对，请对照接口说明")


class Problem(Shape):
    """Why there is no answer."""

    type: str = Field(
        "about:blank", description="Always `about:blank`: the status and `code` say what it is."
    )
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    code: str = Field(
        description="Stable, for programs: `notfound`, `bad_cursor`, `unknown_parameter` and so on."
    )
    detail: str = Field(description="What is wrong and what to do, in Chinese or English by Accept-Language.")
    field: str | None = Field(None, description="The parameter at fault, where it is one.")


REFUSED: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such thing here, or none that the public may see."},
    422: {"model": Problem, "description": "A parameter is unknown or cannot be used."},
    429: {
        "model": Problem,
        "description": "Too many requests from this address; `Retry-After` says in how many seconds to come back.",
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}},
    },
}


def _answer(request: Request, status: int, refusal: Refusal) -> Response:
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        code=refusal.code,
        detail=translate(refusal.message, refusal.values, language_of(request)),
        field=refusal.field or None,
    )
    response = Response(problem.model_dump_json(), status_code=status, media_type=MEDIA_TYPE)
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.values.get("seconds", 60))
    return response


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _answer(request, status_of(error), error)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        response = _answer(request, 405, Invalid(_READ_ONLY, code="read_only"))
        response.headers["Allow"] = "GET, HEAD"
        return response
    if error.status_code == 404:
        return _answer(request, 404, NotFound(_UNKNOWN, code="unknown_address"))
    return _answer(request, error.status_code, Invalid(_WRONG, code="bad_request"))


async def _on_malformed(request: Request, error: Exception) -> Response:
    """Names the parameter and repeats nothing of what was sent, which may be long."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "extra_forbidden":
        return _answer(request, 422, Invalid(_STRANGE, code="unknown_parameter"))
    return _answer(request, 422, Invalid(_WRONG, code="bad_parameter", field=str(first["loc"][-1])))


async def _on_fault(request: Request, error: Exception) -> Response:
    log.error("api failed", exc_info=error)
    return _answer(request, 500, Invalid(_FAULT, code="fault"))


def install(app: FastAPI) -> None:
    handlers: dict[Any, Any] = {
        Refusal: _on_refusal,
        HTTPException: _on_http,
        RequestValidationError: _on_malformed,
        Exception: _on_fault,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
