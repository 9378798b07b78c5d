"""The page of one order as every form on it comes back to it: the order, what this person may do, what was typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from fastapi import Request
from fastapi.responses import Response

from app.dependencies import Now, SessionDep, Visit
from app.errors import Refusal
from app.routers.forms import Errors, errors_of, visit_page
from app.rules.maintenance.rates import RATING_NAMES
from app.services.maintenance import appeals, confirming, photos, residents
from app.services.maintenance.options import Options, options_of
from app.services.maintenance.reading import OrderView, view_order
from app.services.maintenance.sight import Eye, Stub, eye_of, find_order, stub_of


@dataclass(frozen=True, slots=True)
class Typed:
    """What was sent with one of the page's forms; `form` is its name, "" while nothing was."""

    form: str = ""
    text: str = ""
    rating: str = ""
    answer: str = ""
    id: UUID = field(default_factory=uuid4)

    def said(self, form: str) -> str:
        """The words of that form, to be shown in it again."""
        return self.text if form == self.form else ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much each form takes."""

    words: int = confirming.MOST_TEXT
    note: int = residents.MOST_NOTE
    joining: int = residents.MOST_JOIN
    appeal: int = appeals.MOST_TEXT
    photos: int = photos.MOST_PHOTOS


@dataclass(frozen=True, slots=True)
class ShowPage:
    """`address` is the order's own, `desk` that of those who work on it; `committee` who is meant by it.

    `arrived` says what just brought the reader here: `filed`, `joined`, or "".
    """

    order: OrderView
    options: Options
    address: str
    desk: str
    committee: str
    typed: Typed
    limits: Limits
    ratings: tuple[tuple[str, str], ...]
    arrived: str
    errors: Errors


@dataclass(frozen=True, slots=True)
class HiddenPage:
    stub: Stub


def address_of(slug: str, order_id: UUID) -> str:
    return f"/e/{slug}/maintenance/{order_id}"


def desk_of(slug: str, order_id: UUID) -> str:
    return f"/desk/{slug}/orders/{order_id}"


def eye_at(session: SessionDep, visit: Visit, order_id: UUID) -> tuple[Eye, Stub | None]:
    """How the visitor looks at the order; raises `NotFound` where he may not know of it."""
    order = find_order(session, estate_id=visit.estate.id, order_id=order_id)
    account_id = visit.person.account_id if visit.person else None
    eye = eye_of(session, order, account_id=account_id, member=visit.standing.is_member)
    return eye, stub_of(order, eye)


def order_page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: Now,
    order_id: UUID,
    *,
    typed: Typed | None = None,
    arrived: str = "",
    refusal: Refusal | None = None,
) -> Response:
    """The page, or what is left of a hidden order."""
    eye, stub = eye_at(session, visit, order_id)
    if stub is not None:
        return visit_page(request, visit, "maintenance/hidden.html", HiddenPage(stub), tab="repairs")
    typed = typed or Typed()
    order = find_order(session, estate_id=visit.estate.id, order_id=order_id)
    data = ShowPage(
        order=view_order(session, order, eye, now=now),
        options=options_of(session, order, eye, resident=visit.standing.is_resident, now=now),
        address=address_of(visit.estate.slug, order_id),
        desk=desk_of(visit.estate.slug, order_id),
        committee=visit.estate.committee_name,
        typed=typed,
        limits=Limits(),
        ratings=tuple((rating.value, name) for rating, name in RATING_NAMES.items()),
        arrived=arrived,
        errors=errors_of(request, refusal, form=typed.form),
    )
    return visit_page(request, visit, "maintenance/show.html", data, tab="repairs", refusal=refusal)
