"""The code of a sticker: members go to their form, anybody else may report without an account and follow it by a link."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from app.dependencies import (
    AddressDep,
    MaybePerson,
    Now,
    SecretDep,
    SessionDep,
    SettingsDep,
    counts_pictures,
)
from app.errors import N_, Invalid, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other, with_wait
from app.routers.maintenance.report import address_of
from app.routers.maintenance.report_forms import (
    GROUPS,
    CategoryGroup,
    ReportForm,
    SentReport,
    faults,
    suggested,
)
from app.routers.refusals import status_of
from app.rules.maintenance.categories import CATEGORIES, category_of
from app.rules.maintenance.kinds import Category
from app.rules.maintenance.questions import dangers_in
from app.services.estates.standing import EstateView, get_estate, standing_of
from app.services.maintenance.answering import Answering, preview_answer
from app.services.maintenance.emergencies import Call, list_calls
from app.services.maintenance.following import Followed, follow_report
from app.services.maintenance.near import NearOrder, find_near
from app.services.maintenance.reporting import count_pictures, report_by_sticker
from app.services.maintenance.spots import Spot, read_code
from app.templating import page

router = APIRouter()


@dataclass(frozen=True, slots=True)
class StickerPage:
    """Where it hangs, the way in, and what can be reported without one."""

    address: str
    spot: Spot
    signed_in: bool
    words: str
    groups: tuple[CategoryGroup, ...]
    suggested: tuple[Category, ...]
    calls: tuple[Call, ...]
    errors: Errors


@dataclass(frozen=True, slots=True)
class StrangerPage:
    """The form of somebody without an account."""

    address: str
    back: str
    spot: Spot
    category: Category
    calls: tuple[Call, ...]
    blocked: Call | None
    answering: Answering
    near: list[NearOrder]
    form: ReportForm
    errors: Errors


@dataclass(frozen=True, slots=True)
class FollowPage:
    """A report as its secret link shows it; `link` is the whole address, to be kept."""

    followed: Followed
    link: str
    fresh: bool


@router.get("/q/{code}")
def open_sticker(
    request: Request,
    session: SessionDep,
    person: MaybePerson,
    code: str,
    words: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    estate, spot = _place_of(session, code)
    if person is not None:
        known = standing_of(session, estate_id=estate.id, account_id=person.account_id)
        if known.is_member:
            return see_other(f"{address_of(estate.slug)}?place={spot.value}")
    return _sticker_page(request, session, estate, spot, words, signed_in=person is not None)


def _place_of(session: SessionDep, code: str) -> tuple[EstateView, Spot]:
    estate_id, spot = read_code(session, code=code)
    return get_estate(session, estate_id=estate_id), spot


def _sticker_page(
    request: Request,
    session: SessionDep,
    estate: EstateView,
    spot: Spot,
    words: str,
    *,
    signed_in: bool,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    data = StickerPage(
        address=f"/q/{spot.value}",
        spot=spot,
        signed_in=signed_in,
        words=words,
        groups=GROUPS,
        suggested=suggested(words),
        calls=list_calls(session, estate_id=estate.id),
        errors=errors_of(request, refusal),
    )
    status = status_of(refusal) if refusal else 200
    return page(request, "maintenance/sticker.html", data, estate=estate, tab="repairs", status=status)


@router.get("/q/{code}/report")
def ask_stranger(
    request: Request,
    session: SessionDep,
    person: MaybePerson,
    now: Now,
    code: str,
    category: Annotated[str, Query(max_length=40)] = "",
    words: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    estate, spot = _place_of(session, code)
    if category not in CATEGORIES:
        missing = Invalid(N_("请选择是什么坏了，都不合适就选“其他”"), field="category")
        return _sticker_page(
            request, session, estate, spot, words, signed_in=person is not None, refusal=missing
        )
    form = ReportForm(
        uuid4(), place=spot.value, category=category, text=words, token=secrets.token_urlsafe(32)
    )
    return _stranger_page(request, session, estate, spot, form, now)


def _stranger_page(
    request: Request,
    session: SessionDep,
    estate: EstateView,
    spot: Spot,
    form: ReportForm,
    now: datetime,
    refusal: Refusal | None = None,
) -> HTMLResponse:
    category = category_of(form.category)
    told = list_calls(
        session, estate_id=estate.id, dangers=dangers_in(category.questions, form.answers) if refusal else ()
    )
    where = {"estate_id": estate.id, "place_id": spot.place_id}
    data = StrangerPage(
        address=f"/q/{spot.value}/report",
        back=f"/q/{spot.value}",
        spot=spot,
        category=category,
        calls=list_calls(session, estate_id=estate.id, dangers=category.dangers),
        blocked=next((call for call in told if call.blocking), None),
        answering=preview_answer(session, **where, category=category.key, now=now),
        near=find_near(session, **where, category=category.key, text=form.text, account_id=None, now=now),
        form=form,
        errors=errors_of(request, *faults(form, refusal)),
    )
    status = status_of(refusal) if refusal else 200
    response = page(request, "maintenance/stranger.html", data, estate=estate, tab="repairs", status=status)
    return with_wait(response, refusal)


@router.post("/q/{code}/report")
@counts_pictures(count_pictures)
def send_stranger(
    request: Request,
    session: SessionDep,
    now: Now,
    secret: SecretDep,
    address: AddressDep,
    code: str,
    sent: SentReport,
) -> Response:
    form = replace(sent.form, place=code, token=sent.form.token[:60])
    with attempt(session) as tried:
        report_by_sticker(
            session,
            told=replace(sent, form=form).told(),
            token=form.token,
            address=address,
            secret=secret,
            now=now,
        )
    if tried.refusal is None:
        return see_other(f"/r/{form.token}?filed=1")
    if form.category not in CATEGORIES:
        raise tried.refusal
    estate, spot = _place_of(session, code)
    return _stranger_page(request, session, estate, spot, form, now, tried.refusal)


@router.get("/r/{token}")
def follow(
    request: Request, session: SessionDep, settings: SettingsDep, token: str, filed: str = ""
) -> HTMLResponse:
    followed = follow_report(session, token=token)
    data = FollowPage(
        followed=followed, link=f"{settings.public_url.rstrip('/')}/r/{token}", fresh=bool(filed)
    )
    return page(request, "maintenance/follow.html", data, estate=followed.estate, tab="repairs")
