"""The clocks at the desk: the rules in force in words, a new one from tomorrow on, the end of one, and the estate's settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.dependencies import CommitteeVisit, Now, SessionDep, Visit
from app.errors import N_, Refusal
from app.routers.forms import Errors, attempt, errors_of, see_other
from app.routers.maintenance.register_frames import Options, any_or, options, register_page
from app.rules.maintenance.categories import CATEGORIES
from app.rules.maintenance.clockrules import CLOCK_NAMES, URGENCY_NAMES
from app.rules.maintenance.terms import MEASURE_NAMES, MOST_AMOUNT
from app.rules.maintenance.workcalendar import DAY, day_of
from app.services.maintenance.calendar import year_missing
from app.services.maintenance.clock_rules import (
    MOST_SOURCE,
    PLACES,
    RULED,
    RuleView,
    TypedRule,
    add_rule,
    default_rules,
    end_rule,
    own_rules,
)
from app.services.maintenance.estate_settings import (
    SettingsView,
    read_estate_settings,
    save_estate_settings,
)
from app.services.maintenance.party_register import list_parties

router = APIRouter(prefix="/desk/{slug}/clocks")

_NO_LIMIT = N_("不限")


@dataclass(frozen=True, slots=True)
class Words:
    """The marked names by which a rule is told."""

    clocks: dict[str, str]
    measures: dict[str, str]
    urgencies: dict[str, str]
    categories: dict[str, str]
    places: dict[str, str]


WORDS = Words(
    clocks={kind.value: CLOCK_NAMES[kind] for kind in RULED},
    measures={measure.value: name for measure, name in MEASURE_NAMES.items()},
    urgencies={urgency.value: name for urgency, name in URGENCY_NAMES.items()},
    categories={key: category.title for key, category in CATEGORIES.items()},
    places=PLACES,
)


@dataclass(frozen=True, slots=True)
class Choices:
    """The lists of the form for a rule."""

    clocks: Options
    measures: Options
    categories: Options
    urgencies: Options
    parties: Options
    places: Options


@dataclass(frozen=True, slots=True)
class ClocksPage:
    """Own rules that hold, will hold and held, the product's, and the two forms; `tomorrow` is the first day to choose."""

    address: str
    today: date
    tomorrow: date
    in_force: list[RuleView]
    coming: list[RuleView]
    over: list[RuleView]
    defaults: list[RuleView]
    words: Words
    choices: Choices
    id: str
    typed: TypedRule
    settings: SettingsView
    most: dict[str, int]
    missing: int | None
    saved: bool
    errors: Errors


@dataclass(frozen=True, slots=True)
class _Tried:
    """A form that was refused, with what was typed in it."""

    form: str = ""
    id: str = ""
    row: str = ""
    typed: TypedRule = field(default_factory=TypedRule)
    settings: SettingsView | None = None
    refusal: Refusal | None = None


def _address(visit: Visit) -> str:
    return f"/desk/{visit.estate.slug}/clocks"


def _choices(request: Request, visit: Visit, session: SessionDep) -> Choices:
    parties = [
        (str(party.id), party.name)
        for party in list_parties(session, estate_id=visit.estate.id)
        if party.ended_at is None
    ]
    return Choices(
        clocks=options(request, WORDS.clocks),
        measures=options(request, WORDS.measures),
        categories=options(request, WORDS.categories, first=_NO_LIMIT),
        urgencies=options(request, WORDS.urgencies, first=_NO_LIMIT),
        parties=any_or(request, parties),
        places=options(request, WORDS.places, first=_NO_LIMIT),
    )


def _page(
    request: Request,
    visit: Visit,
    session: SessionDep,
    now: datetime,
    *,
    saved: bool = False,
    tried: _Tried | None = None,
) -> Response:
    tried, today = tried or _Tried(), day_of(now)
    rules = own_rules(session, estate_id=visit.estate.id)
    live = [rule for rule in rules if not rule.is_over(today)]
    data = ClocksPage(
        address=_address(visit),
        today=today,
        tomorrow=today + DAY,
        in_force=[rule for rule in live if not rule.is_coming(today)],
        coming=[rule for rule in live if rule.is_coming(today)],
        over=[rule for rule in rules if rule.is_over(today)],
        defaults=default_rules(),
        words=WORDS,
        choices=_choices(request, visit, session),
        id=tried.id or str(uuid4()),
        typed=tried.typed,
        settings=tried.settings or read_estate_settings(session, estate_id=visit.estate.id),
        most={"amount": MOST_AMOUNT, "source": MOST_SOURCE},
        missing=year_missing(session, today=today),
        saved=saved,
        errors=errors_of(request, tried.refusal, form=tried.form, row=tried.row),
    )
    return register_page(request, visit, "maintenance/desk_clocks.html", data, refusal=tried.refusal)


@router.get("")
def show_clocks(
    request: Request, visit: CommitteeVisit, session: SessionDep, now: Now, saved: str = ""
) -> Response:
    return _page(request, visit, session, now, saved=bool(saved))


@router.post("/rules")
def add(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    id: Annotated[UUID, Form()],
    clock: Annotated[str, Form()] = "",
    measure: Annotated[str, Form()] = "",
    amount: Annotated[str, Form()] = "",
    category: Annotated[str, Form()] = "",
    urgency: Annotated[str, Form()] = "",
    party: Annotated[str, Form()] = "",
    place: Annotated[str, Form()] = "",
    source: Annotated[str, Form()] = "",
    valid_from: Annotated[str, Form()] = "",
) -> Response:
    typed = TypedRule(
        clock=clock,
        measure=measure,
        amount=amount,
        category=category,
        urgency=urgency,
        party=party,
        place=place,
        source=source,
        valid_from=valid_from,
    )
    with attempt(session) as tried:
        add_rule(session, estate_id=visit.estate.id, rule_id=id, typed=typed, actor=visit.actor, now=now)
    if tried.refusal:
        refused = _Tried("rule", str(id), typed=typed, refusal=tried.refusal)
        return _page(request, visit, session, now, tried=refused)
    return see_other(f"{_address(visit)}?saved=yes")


@router.post("/rules/{rule_id}/end")
def end(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    rule_id: UUID,
    last_day: Annotated[str, Form()] = "",
) -> Response:
    with attempt(session) as tried:
        end_rule(
            session,
            estate_id=visit.estate.id,
            rule_id=rule_id,
            last_day=last_day,
            actor=visit.actor,
            now=now,
        )
    if tried.refusal:
        refused = _Tried(row=str(rule_id), refusal=tried.refusal)
        return _page(request, visit, session, now, tried=refused)
    return see_other(f"{_address(visit)}?saved=yes")


@router.post("/settings")
def save(
    request: Request,
    visit: CommitteeVisit,
    session: SessionDep,
    now: Now,
    reopen_days: Annotated[str, Form()] = "",
    recurrence_days: Annotated[str, Form()] = "",
    zipcode: Annotated[str, Form()] = "",
) -> Response:
    typed = SettingsView(reopen_days, recurrence_days, zipcode)
    with attempt(session) as tried:
        save_estate_settings(session, estate_id=visit.estate.id, typed=typed, actor=visit.actor, now=now)
    if tried.refusal:
        refused = _Tried("settings", settings=typed, refusal=tried.refusal)
        return _page(request, visit, session, now, tried=refused)
    return see_other(f"{_address(visit)}?saved=yes")
