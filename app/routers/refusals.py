"""Refusals as pages: the one table of statuses, and one handler for all of them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from app.errors import (
    N_,
    Conflict,
    Halted,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refusal,
    TooLarge,
    TooMany,
)
from app.routers.metrics import route_of
from app.services.accounts.sessions import Person
from app.templating import language_of, page, path_to_show, translate

log = logging.getLogger("haoshangliang.web")

STATUS: dict[type[Refusal], int] = {
    Invalid: 422,
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    TooMany: 429,
    Halted: 503,
}

_TITLES = {
    401: N_("请先登录"),
    403: N_("您不能做这件事"),
    404: N_("没有找到"),
    405: N_("没有找到"),
    409: N_("现在不能这样做"),
    413: N_("内容太大"),
    422: N_("内容需要修改"),
    429: N_("请稍等再试"),
    500: N_("系统出错了"),
    503: N_("暂时停用"),
}

_SENTENCES = {
    400: N_("提交的文字太长或格式不对。请返回上一页缩短后再提交"),
    404: N_("没有找到这个页面。可能网址不对，或者您没有这个小区的权限"),
    405: N_("这个地址不能这样打开。请从首页重新进入"),
    413: N_("内容超过了我们能接收的大小。请缩短文字或换一个小一些的文件"),
    422: N_("提交的内容不完整或格式不对。请返回上一页检查后再提交"),
    500: N_("这次没有成功，什么也没有改动。请过一会儿再试，或打电话给社区"),
}


_ADVICE = {
    409: N_("请回到刚才的页面看看最新的情况"),
    429: N_("这是为了防止有人冒用号码、反复试验证码、搜集住户资料或堵住系统，到时间会自动恢复"),
}

_SIGN_IN = N_("去登录")
_HOME = N_("回到首页")


@dataclass(frozen=True, slots=True)
class RefusalPage:
    """Title, the sentence, what else may help, and the way on."""

    title: str
    sentence: str
    advice: str
    back_href: str
    back_label: str


def refuse(request: Request, status: int, sentence: str) -> Response:
    """The refusal page in the visitor's language, inside the estate's frame when the visit is known."""
    language = language_of(request)
    title = translate(_TITLES.get(status, _TITLES[422]), {}, language)
    visit = getattr(request.state, "visit", None)
    estate = visit.estate if visit else None
    back_href, back_label = (
        ("/sign-in", _SIGN_IN) if status == 401 else (f"/e/{estate.slug}" if estate else "/", _HOME)
    )
    data = RefusalPage(
        title=title,
        sentence=sentence,
        advice=translate(_ADVICE[status], {}, language) if status in _ADVICE else "",
        back_href=back_href,
        back_label=translate(back_label, {}, language),
    )
    return page(request, "errors/refusal.html", data, estate=estate, status=status)


def sentence_of(request: Request, refusal: Refusal) -> str:
    """The refusal's sentence in the visitor's language."""
    return translate(refusal.message, refusal.values, language_of(request))


def status_of(refusal: Refusal) -> int:
    return next(code for kind, code in STATUS.items() if isinstance(refusal, kind))


def second_step(person: Person, onward: str) -> str:
    """Where a person shows the second factor, or sets one up, before he goes on."""
    address = "/sign-in/second" if person.has_second_factor else "/me/second-factor"
    return f"{address}?next={quote(onward)}"


def _may_open_with_factor(request: Request) -> str:
    """A role that is withheld might open what was refused: the way to show the factor, and from there back; else ""."""
    visit = getattr(request.state, "visit", None)
    if visit is None or visit.person is None or not visit.standing.withheld:
        return ""
    return second_step(visit.person, path_to_show(request))


async def _on_refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, Refusal):
        raise error
    if isinstance(error, NotSignedIn) and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", status_code=303)
    onward = _may_open_with_factor(request) if isinstance(error, NotAllowed | NotFound) else ""
    if onward:
        return RedirectResponse(onward, status_code=303)
    response = refuse(request, status_of(error), sentence_of(request, error))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.values.get("seconds", 60))
    return response


async def _on_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return refuse(
        request, status, translate(_SENTENCES.get(status, _SENTENCES[422]), {}, language_of(request))
    )


async def _on_malformed(request: Request, _error: Exception) -> Response:
    return refuse(request, 422, translate(_SENTENCES[422], {}, language_of(request)))


async def _on_fault(request: Request, _error: Exception) -> Response:
    # The server logs the fault itself; the address as it was asked for may hold what nobody else should read.
    log.error("%s %s failed", request.method, route_of(request.scope))
    return refuse(request, 500, translate(_SENTENCES[500], {}, language_of(request)))


def install(app: FastAPI) -> None:
    """Every refusal and every fault meets a page, never a bare JSON error."""
    handlers: dict[Any, Any] = {
        Refusal: _on_refusal,
        HTTPException: _on_http,
        RequestValidationError: _on_malformed,
        Exception: _on_fault,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
