"""What a program asks for: the estate, in which language, and nothing by cookie: a signed-in browser sees a stranger's view."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Annotated

from fastapi import Depends, Path, Request

from app.dependencies import SessionDep
from app.errors import N_, Invalid, NotFound
from app.services.estates.standing import EstateView, visit_estate
from app.templating import LANGUAGES, translate

_SLUG = re.compile(r"[a-z0-9-]{1,100}")
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def language_of(request: Request) -> str:
    """The best of our languages by Accept-Language; Chinese where none is named."""
    best, chosen = Decimal(0), "zh"
    for part in request.headers.get("accept-language", "")[:1000].split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().split("-")[0]
        if language in LANGUAGES and (found := _weight(weight)) > best:
            best, chosen = found, language
    return chosen


def _weight(text: str) -> Decimal:
    """How much a language is wanted: everything without a weight, nothing with one that is none."""
    given = text.replace(" ", "")
    found = _WEIGHT.fullmatch(given)
    return Decimal(found[1]) if found else Decimal(not given)


def slug_of(text: str) -> str:
    """An estate's name as addresses have it; raises `NotFound` for what can be none."""
    if not _SLUG.fullmatch(text):
        raise NotFound(N_("没有这个小区。请检查网址，或从首页进入"))
    return text


def _estate(
    session: SessionDep, slug: Annotated[str, Path(description="The estate as in `/e/{slug}`.")]
) -> EstateView:
    return visit_estate(session, slug=slug_of(slug))


EstateDep = Annotated[EstateView, Depends(_estate)]


async def _say(request: Request) -> Callable[[str], str]:
    return partial(_said, language_of(request))


def _said(language: str, sentence: str) -> str:
    return translate(sentence, {}, language) if sentence else ""


SayDep = Annotated[Callable[[str], str], Depends(_say)]


async def plainly(request: Request) -> None:
    """For an address without parameters."""
    if request.query_params:
        raise Invalid(N_("这个地址没有这样的参数，请对照接口说明"), code="unknown_parameter")


Plain = Depends(plainly)
